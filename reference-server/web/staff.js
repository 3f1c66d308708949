"use strict";

const at = (id) => document.getElementById(id);
const cards = new Map(); // id → card
let live, media, session, participant, clinic;

function tell(text) {
  at("state").textContent = text;
}

function say(name, text) {
  const item = document.createElement("li");
  item.textContent = `${name}: ${text}`;
  at("messages").append(item);
}

async function signIn(username, password) {
  const answer = await fetch("/api/v1/sign-in", {
    method: "POST",
    body: JSON.stringify({ username, password }),
  });
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error.message);
  return body;
}

const acts = {
  join: (card) => live.request("call.join", { card: card.id }),
  leave: (card) => live.request("call.leave", { card: card.id }),
  hold: (card) => live.request("call.hold", { card: card.id }),
  end: (card) => live.request("call.end", { card: card.id }),
  remove: (card) => live.request("card.remove", { card: card.id, reason: "other" }),
  note: (card) => {
    const note = prompt("Note", card.note);
    return note === null ? null : live.request("card.note", { card: card.id, note });
  },
  chat: (card) => {
    const text = prompt("Message to the caller and the call");
    return text ? live.request("chat.send", { card: card.id, text }) : null;
  },
  transfer: async (card) => {
    const { clinics } = await live.request("transfer.targets", { card: card.id });
    const names = clinics.map((target, i) => `${i + 1}: ${target.name}`).join("\n");
    const choice = clinics[Number(prompt(`Transfer to\n${names || "(nowhere)"}`)) - 1];
    return choice ? live.request("card.transfer", { card: card.id, clinic: choice.id }) : null;
  },
};

function possible(card) {
  const mine = card.staff.some((member) => member.participant === participant);
  return {
    join: !mine && card.present,
    leave: mine,
    hold: card.state === "in_call",
    end: card.state !== "waiting",
  };
}

function draw(card) {
  const item = at("card").content.firstElementChild.cloneNode(true);
  const put = (name, text) => (item.querySelector(`[data-${name}]`).textContent = text);
  item.dataset.card = card.id;
  item.dataset.state = card.state;
  put("name", card.name);
  put("state", card.state.replace("_", " ") + (card.present ? "" : ", connection lost"));
  put("priority", card.priority === "none" ? "" : card.priority);
  put("details", Object.entries(card.details).map(([name, value]) => `${name}: ${value}`).join(" · "));
  put("note", card.note);
  put("staff", card.staff.length ? `with ${card.staff.map((member) => member.name).join(", ")}` : "");
  const may = possible(card);
  for (const button of item.querySelectorAll("[data-act]")) {
    const act = button.dataset.act;
    button.hidden = may[act] === false;
    button.onclick = () => Promise.resolve(acts[act](card)).then(() => tell(""), (error) => tell(error.message));
  }
  return item;
}

function render() {
  const items = [...cards.values()].map(draw);
  if (items.length === 0) items.push(Object.assign(document.createElement("li"), { textContent: "Nobody waits." }));
  at("cards").replaceChildren(...items);
  const mine = [...cards.values()].find((card) =>
    card.staff.some((member) => member.participant === participant));
  caseload.state = mine ? "in_call" : "ready";
  document.body.dataset.state = caseload.state;
}

async function watch(next) {
  if (clinic) await live.request("dashboard.unsubscribe", { clinic });
  clinic = next;
  cards.clear();
  const snapshot = await live.request("dashboard.subscribe", { clinic });
  for (const card of snapshot.cards) cards.set(card.id, card);
  render();
}

function listen() {
  live.on("card.changed", ({ card, clinic: where }) => {
    if (where !== clinic) return;
    cards.set(card.id, card);
    render();
  });
  live.on("card.removed", ({ card_id, clinic: where }) => {
    if (where !== clinic) return;
    cards.delete(card_id);
    render();
  });
  live.on("dashboard.cards", ({ cards: more }) => {
    for (const card of more) if (!cards.has(card.id)) cards.set(card.id, card);
    render();
  });
  live.on("card.message", ({ card_id, text }) => say(cards.get(card_id)?.name ?? "Caller", text));
  live.on("chat.message", ({ from, text }) => say(from.name, text));
  live.on("call.participants", ({ participants }) => media.people(participants));
  live.onclose = ({ code }) => {
    media.stop();
    at("desk").hidden = true;
    at("sign-in").hidden = false;
    tell(code === 4401 ? "Signed out." : "The connection was lost. Please sign in again.");
  };
}

async function start() {
  live = new Live();
  media = new Media(live, at("videos"));
  await live.open();
  listen();
  const me = await live.request("authenticate", { token: session.token });
  participant = caseload.participant = me.participant;
  const stream = await Media.capture();
  at("preview").srcObject = stream;
  await media.start(stream);
  caseload.pc = media.pc;

  const clinics = me.memberships.map((membership) => membership.clinic).filter(Boolean);
  at("clinic").replaceChildren(...clinics.map((one) => new Option(one.name, one.id)));
  at("clinic").onchange = () => watch(at("clinic").value).catch((error) => tell(error.message));
  at("sign-in").hidden = true;
  at("desk").hidden = false;
  if (clinics.length) await watch(clinics[0].id);
}

at("sign-in").onsubmit = async (event) => {
  event.preventDefault();
  tell("One moment …");
  try {
    session = await signIn(at("username").value, at("password").value);
    await start();
    tell("");
  } catch (error) {
    tell(`This did not work: ${error.message}.`);
  }
};
