// A client that somebody else wrote: it knows docs/protocol.md and nothing else of this project. A patient enters by a
// clinic's link, the nurse lets them in and sends them on, the other clinic's doctor sees them arrive.
//   node visit.mjs http://127.0.0.1:8443 LINK NURSE DOCTOR PASSWORD
// Prints what each of the three saw, one line of JSON; exit 1 when something did not come.

import { randomBytes } from "node:crypto";
import http from "node:http";

const [base, link, nurseName, doctorName, password] = process.argv.slice(2);
const PATIENCE_MS = 10000;

// ---- a WebSocket (RFC 6455), as far as this protocol needs one: text, masked, unfragmented ----

function frame(text) {
  const payload = Buffer.from(text), mask = randomBytes(4);
  const head = payload.length < 126 ? [0x81, 0x80 | payload.length] : [0x81, 0x80 | 126, payload.length >> 8, payload.length & 255];
  payload.forEach((byte, i) => { payload[i] = byte ^ mask[i % 4]; });
  return Buffer.concat([Buffer.from(head), mask, payload]);
}

// The first whole frame of what has come: { opcode, payload, size }, or nothing yet.
function parse(data) {
  if (data.length < 2) return null;
  let length = data[1] & 127, at = 2;
  if (length === 126) { length = data.length >= 4 ? data.readUInt16BE(2) : Infinity; at = 4; }
  if (length === 127) { length = data.length >= 10 ? Number(data.readBigUInt64BE(2)) : Infinity; at = 10; }
  return data.length >= at + length ? { opcode: data[0] & 15, payload: data.subarray(at, at + length), size: at + length } : null;
}

class Connection {
  static open() {
    return new Promise((resolve, reject) => {
      const request = http.request(base + "/live", { headers: {
        Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": randomBytes(16).toString("base64") } });
      request.on("upgrade", (_, socket, head) => resolve(new Connection(socket, head)));
      request.on("response", (answer) => reject(new Error(`/live answers ${answer.statusCode}`)));
      request.on("error", reject);
      request.end();
    });
  }

  constructor(socket, head) {
    this.socket = socket;
    this.data = head;
    this.heard = []; // messages that nobody has waited for yet
    this.waiting = [];
    this.lastId = 0;
    socket.on("data", (piece) => { this.data = Buffer.concat([this.data, piece]); this.read(); });
    this.read();
  }

  read() {
    for (let one; (one = parse(this.data)); this.data = this.data.subarray(one.size)) {
      if (one.opcode === 1) this.heard.push(JSON.parse(one.payload));
    }
    this.waiting = this.waiting.filter((look) => !look());
  }

  // The first message that fits, also one that came before.
  wait(what, fits) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${what} did not come`)), PATIENCE_MS);
      const look = () => {
        const index = this.heard.findIndex(fits);
        if (index < 0) return false;
        clearTimeout(timer);
        resolve(this.heard.splice(index, 1)[0]);
        return true;
      };
      if (!look()) this.waiting.push(look);
    });
  }

  async call(method, params) {
    const id = ++this.lastId;
    this.socket.write(frame(JSON.stringify({ jsonrpc: "2.0", id, method, params })));
    const answer = await this.wait(`the answer to ${method}`, (message) => message.id === id);
    if (answer.error) throw new Error(`${method}: ${answer.error.data.class}: ${answer.error.message}`);
    return answer.result;
  }

  async hear(method, fits = () => true) {
    return (await this.wait(method, (message) => message.method === method && fits(message.params))).params;
  }
}

// ---- the three people ----

async function signIn(username) {
  const answer = await fetch(base + "/api/v1/sign-in", { method: "POST", body: JSON.stringify({ username, password }) });
  if (answer.status !== 200) throw new Error(`sign-in of ${username}: status ${answer.status}`);
  return answer.json();
}

async function onDuty(username, role) {
  const session = await signIn(username);
  const clinic = session.memberships.find((membership) => membership.role === role).clinic;
  const connection = await Connection.open();
  await connection.call("authenticate", { token: session.token });
  await connection.call("dashboard.subscribe", { clinic: clinic.id });
  return { connection, clinic };
}

async function visit() {
  const nurse = await onDuty(nurseName, "team_member"), doctor = await onDuty(doctorName, "team_member");
  const patient = await Connection.open();
  const entry = await patient.call("enter", { link, name: "A stranger" });

  const { card } = await nurse.connection.hear("card.changed", (change) => change.cause === "entered" && change.card.space === entry.space);
  await nurse.connection.call("call.join", { card: card.id });
  const admitted = await patient.hear("space.changed", (change) => change.state === "in_call");

  const targets = (await nurse.connection.call("transfer.targets", { card: card.id })).clinics;
  const target = targets.find((clinic) => clinic.id === doctor.clinic.id);
  await nurse.connection.call("card.transfer", { card: card.id, clinic: target.id });
  const moved = await patient.hear("space.changed", (change) => change.reason === "transferred");
  const arrival = await doctor.connection.hear("card.changed", (change) => change.cause === "transferred");
  await nurse.connection.hear("card.removed", (change) => change.card_id === card.id);

  console.log(JSON.stringify({
    patient: [entry.state, admitted.state, moved.state, moved.clinic.name],
    nurse: [card.state, card.name],
    doctor: [arrival.card.state, arrival.card.transferred_from.name],
  }));
}

visit().then(() => process.exit(0), (problem) => {
  console.error(problem.message);
  process.exit(1);
});
