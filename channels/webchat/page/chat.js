// The chat page: what was said, what is being sent, and the composer. A message shows at once and
// is repeated under the same client_id until the hub has it.

import { Connection, Refused } from "./connection.js";
import { store } from "./store.js";
import { draw, drawButtons } from "./view.js";
import { locale, words } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  send: "M4 12 20 4l-5 16-4-7zM11 13 20 4",
  attach: "M20 11.5 12 19.5a5 5 0 0 1-7-7l8.5-8.5a3.3 3.3 0 0 1 4.7 4.7L9.7 17a1.7 1.7 0 0 1-2.4-2.4L15 7",
};

const at = (id) => document.getElementById(id);
const [list, quick, state, text, file] = ["messages", "quick", "state", "text", "file"].map(at);
const connection = new Connection();
const known = new Map(); // id → message, as the hub has it
const unsent = new Map(); // client_id → message, ours until acknowledged
const pressed = new Set(); // ids of messages whose buttons were used
let typingUntil = 0;
let typingSaid = 0;

function all() {
  const recorded = [...known.values()].sort((a, b) => a.position - b.position);
  const heard = new Set(recorded.map((one) => one.client_id).filter(Boolean));
  return [...recorded, ...[...unsent.values()].filter((one) => !heard.has(one.client_id))];
}

function show() {
  const messages = all();
  draw(list, messages, (message) => deliver(unsent.get(message.client_id)));
  const newest = messages.at(-1);
  drawButtons(quick, pressed.has(newest?.id) ? null : newest, press);
  const typing = Date.now() < typingUntil;
  state.textContent = typing ? words.typing : connection.live ? "" : words.connecting;
  state.hidden = !state.textContent;
}

function learn(message) {
  known.set(message.id, message);
  if (connection.last === null || message.position > connection.last) {
    connection.last = message.position;
  }
  if (message.client_id) settle(message.client_id);
}

function settle(clientId) {
  unsent.delete(clientId);
  store.forget(clientId);
}

function markRead() {
  const newest = [...known.values()].filter((one) => one.direction === "outbound").at(-1);
  if (!newest || document.hidden || newest.status === "read" || newest.readSaid) return;
  newest.readSaid = connection.say({ type: "read", position: newest.position });
}

const frames = {
  async ready() {
    // Also what changed while we were away: an edit, a deletion, a status.
    const page = await connection.request("messages?limit=100").catch(() => ({ items: [] }));
    page.items.forEach(learn);
    acknowledge(page.items);
    [...unsent.values()].filter((one) => one.state === "sending").forEach(deliver);
  },
  message(message) {
    if (message.direction === "outbound") typingUntil = 0;
    learn(message);
    acknowledge([message]);
  },
  status({ id, status }) {
    if (known.has(id)) known.get(id).status = status;
  },
  accepted({ client_id: clientId, id, position }) {
    const message = unsent.get(clientId);
    if (!message) return;
    learn({ ...message, id, position, state: undefined, client_id: clientId });
  },
  refused({ client_id: clientId, code, retry_after: wait }) {
    const message = unsent.get(clientId);
    if (message) fail(message, code, wait);
  },
  typing() {
    typingUntil = Date.now() + 6000;
    setTimeout(show, 6100);
  },
};

function acknowledge(messages) {
  for (const one of messages) {
    if (one.direction === "outbound" && !["delivered", "read"].includes(one.status)) {
      connection.say({ type: "delivered", id: one.id });
    }
  }
  markRead();
}

function fail(message, code, wait) {
  if (wait) {
    // The hub says when: try again then, at most once a second.
    setTimeout(() => deliver(message), Math.max(1, wait) * 1000);
    return;
  }
  message.state = "failed";
  message.why = code === "too-large" ? words.tooLarge : words.refused;
  show();
}

function deliver(message) {
  if (!message || !unsent.has(message.client_id)) return;
  message.state = "sending";
  connection.say({
    type: "message",
    client_id: message.client_id,
    text: message.text,
    files: message.files.map((one) => one.id),
  });
  show();
}

function compose(words_, files = []) {
  const message = {
    client_id: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`,
    direction: "inbound",
    text: words_,
    files,
    buttons: [],
    author: { name: "" },
    status: "",
    deleted: false,
    state: "sending",
    recorded_at: new Date().toISOString(),
  };
  unsent.set(message.client_id, message);
  store.remember(message);
  deliver(message);
  list.scrollTop = list.scrollHeight;
}

function press(message, button) {
  if (!connection.say({ type: "button", id: message.id, value: button.value })) return;
  pressed.add(message.id);
  show();
}

async function upload(chosen) {
  const body = new FormData();
  body.append("file", chosen);
  state.hidden = false;
  state.textContent = words.sending;
  try {
    compose("", [await connection.request("files", { method: "POST", body })]);
  } catch (error) {
    const known_ = { 413: words.tooLarge, 429: words.tooFast };
    state.textContent = (error instanceof Refused && known_[error.status]) || words.refused;
  }
}

function grow() {
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight}px`;
  at("send").disabled = !text.value.trim();
}

function submit(event) {
  event?.preventDefault();
  if (!text.value.trim()) return;
  compose(text.value);
  text.value = store.draft = "";
  grow();
  text.focus();
}

function icon(id, label) {
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[id]);
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.append(path);
  at(id).append(svg);
  at(id).title = label;
  at(id).setAttribute("aria-label", label);
}

function prepare() {
  document.documentElement.lang = locale;
  icon("send", words.send);
  icon("attach", words.attach);
  text.placeholder = words.write;
  text.setAttribute("aria-label", words.write);
  list.setAttribute("aria-label", words.messages);
  quick.setAttribute("aria-label", words.replies);
  text.value = store.draft;
  for (const message of store.unsent) unsent.set(message.client_id, { ...message, state: "sending" });
  grow();
}

at("composer").addEventListener("submit", submit);
at("attach").addEventListener("click", () => file.click());
file.addEventListener("change", () => {
  if (file.files[0]) upload(file.files[0]);
  file.value = "";
});
text.addEventListener("input", () => {
  store.draft = text.value;
  grow();
  if (Date.now() - typingSaid > 3000 && connection.say({ type: "typing" })) typingSaid = Date.now();
});
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
});
document.addEventListener("visibilitychange", markRead);
connection.addEventListener("frame", async ({ detail }) => {
  await frames[detail.type]?.(detail);
  show();
});
connection.addEventListener("lost", show);
connection.addEventListener("closed", () => {
  state.hidden = false;
  state.textContent = words.closed;
});

prepare();
show();
connection.start();
