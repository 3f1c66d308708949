"use strict";

const at = (id) => document.getElementById(id);
const link = decodeURIComponent(location.pathname.split("/").pop());
const key = `caseload:${link}`; // the token by which this tab comes back
const words = {
  new: "",
  connecting: "One moment …",
  waiting: "Thank you. You are in the waiting area; somebody will join you here.",
  in_call: "You are in the call.",
  on_hold: "You are on hold. Please stay, somebody will be back.",
  lost: "The connection was lost. Trying to come back …",
  ended: "The call is over. You may close this page.",
};

let live, media, stream;

function show(state) {
  caseload.state = state;
  document.body.dataset.state = state;
  at("state").textContent = words[state];
  at("entry").hidden = !["new", "ended"].includes(state);
  at("call").hidden = ["new", "ended", "connecting"].includes(state);
}

function say(name, text) {
  const item = document.createElement("li");
  item.textContent = `${name}: ${text}`;
  at("messages").append(item);
}

function finish() {
  sessionStorage.removeItem(key);
  media?.stop();
  stream?.getTracks().forEach((track) => track.stop());
  live.onclose = () => {};
  live.close();
  show("ended");
}

function listen() {
  live.on("space.changed", ({ state, clinic }) => {
    if (clinic) at("clinic").textContent = clinic.name;
    if (state === "ended") finish();
    else show(state);
  });
  live.on("call.participants", ({ participants }) => media.people(participants));
  live.on("chat.message", ({ from, text }) => say(from.name, text));
  live.onclose = ({ code }) => {
    media?.stop();
    if (code === 4409) show("ended"); // open in another tab
    else comeBack();
  };
}

// By the token, if this tab has one. A server that does not know it has begun anew: then as a newcomer.
async function present(entry) {
  const token = sessionStorage.getItem(key);
  if (token) {
    try {
      return await live.request("enter", { ...entry, token });
    } catch (error) {
      if (error.data?.class !== "hidden") throw error;
      sessionStorage.removeItem(key);
    }
  }
  return live.request("enter", entry);
}

async function enter() {
  live = new Live();
  media = new Media(live, at("videos"));
  await live.open();
  listen();
  const entry = { link, name: at("name").value.trim() || "Guest" };
  if (at("reason").value.trim()) entry.details = { reason: at("reason").value.trim() };
  const result = await present(entry);
  sessionStorage.setItem(key, result.token);
  at("clinic").textContent = result.clinic.name;
  caseload.participant = result.participant;
  caseload.space = result.space;
  show(result.state);
  await media.start(stream);
  caseload.pc = media.pc;
}

async function comeBack() {
  show("lost");
  for (let wait = 300; wait < 10000; wait *= 2) {
    await new Promise((resolve) => setTimeout(resolve, wait));
    try {
      return await enter();
    } catch (error) {
      live.onclose = () => {};
      live.close();
      if (error.data?.class === "gone" || error.data?.class === "hidden") break;
    }
  }
  finish();
}

at("entry").onsubmit = async (event) => {
  event.preventDefault();
  show("connecting");
  stream = await Media.capture();
  at("preview").srcObject = stream;
  try {
    await enter();
  } catch (error) {
    if (caseload.state === "lost") return; // the connection went while media began: comeBack is at it
    show("new");
    at("state").textContent = `This did not work: ${error.message}.`;
  }
};

at("chat").onsubmit = async (event) => {
  event.preventDefault();
  const text = at("text").value.trim();
  at("text").value = "";
  if (!text) return;
  await live.request("chat.send", { text });
  say("You", text);
};

at("leave").onclick = async () => {
  await live.request("space.leave").catch(() => {});
  finish();
};

show("new");
