"use strict";

/* JSON-RPC 2.0 over the live WebSocket of docs/protocol.md. */
class Live {
  constructor() {
    this.waiting = new Map(); // id → {resolve, reject}
    this.handlers = new Map(); // notification → function
    this.lastId = 0;
    this.onclose = () => {};
  }

  open() {
    const url = new URL("/live", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    this.socket = new WebSocket(url);
    this.socket.onmessage = (event) => this.receive(JSON.parse(event.data));
    this.socket.onclose = (event) => {
      for (const { reject } of this.waiting.values()) reject(new Error("connection lost"));
      this.waiting.clear();
      this.onclose(event);
    };
    return new Promise((resolve, reject) => {
      this.socket.onopen = () => resolve();
      this.socket.onerror = () => reject(new Error("no connection"));
    });
  }

  on(notification, handler) {
    this.handlers.set(notification, handler);
  }

  request(method, params = {}) {
    const id = ++this.lastId;
    this.socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject }));
  }

  receive(message) {
    if (message.method) {
      this.handlers.get(message.method)?.(message.params);
      return;
    }
    const request = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (!request) return;
    if (message.error) {
      request.reject(Object.assign(new Error(message.error.message), message.error));
    } else {
      request.resolve(message.result);
    }
  }

  close() {
    this.socket?.close(1000);
  }
}
