// Drawing messages: text is always set as text, never as markup.

import { locale, words } from "./words.js";

const TIME = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
const GROUP = 5 * 60_000;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function sameGroup(a, b) {
  return (
    a && b && a.direction === b.direction && a.author.name === b.author.name &&
    Math.abs(new Date(a.recorded_at) - new Date(b.recorded_at)) < GROUP
  );
}

function sameDay(a, b) {
  return a && new Date(a.recorded_at).toDateString() === new Date(b.recorded_at).toDateString();
}

function day(message) {
  const date = new Date(message.recorded_at);
  const today = date.toDateString() === new Date().toDateString();
  return element("div", "day", today ? words.today : DAY.format(date));
}

function file(one) {
  const link = element("a", "file", one.content_type.startsWith("image/") ? "" : one.name);
  link.href = one.url;
  link.target = "_blank";
  link.rel = "noopener";
  if (one.content_type.startsWith("image/")) {
    const image = element("img");
    image.src = one.url;
    image.alt = one.name;
    image.loading = "lazy";
    link.append(image);
  }
  return link;
}

function bubble(message) {
  const made = element("div", "bubble");
  if (message.deleted) {
    made.textContent = words.deleted;
    return made;
  }
  if (message.text) made.append(element("span", "text", message.text));
  for (const one of message.files) made.append(file(one));
  return made;
}

function mark(message) {
  if (message.state === "sending") return words.sending;
  if (message.state === "failed") return message.why || words.failed;
  return message.direction === "inbound" ? words.sent : "";
}

function meta(message, onRetry) {
  const made = element("div", "meta");
  const time = element("time", "", TIME.format(new Date(message.recorded_at)));
  time.dateTime = message.recorded_at;
  made.append(time);
  const text = mark(message);
  if (text) made.append(element("span", "mark", text));
  if (message.state === "failed") {
    const again = element("button", "", words.retry);
    again.type = "button";
    again.onclick = () => onRetry(message);
    made.append(again);
  }
  return made;
}

function row(message, before, next, { shown, onRetry }) {
  const mine = message.direction === "inbound";
  const made = element("div", `message ${mine ? "mine" : "theirs"}`);
  made.names = [message.id, message.client_id].filter(Boolean);
  if (!made.names.some((name) => shown.has(name))) made.classList.add("new");
  if (!sameGroup(before, message)) made.classList.add("first");
  if (!sameGroup(message, next)) made.classList.add("last");
  if (message.state === "failed") made.classList.add("failed");
  if (message.deleted) made.classList.add("deleted");
  if (!mine && !sameGroup(before, message) && message.author.name) {
    made.append(element("span", "author", message.author.name));
  }
  made.append(bubble(message), meta(message, onRetry));
  return made;
}

/** Bring `list` to show `messages`; rows that did not change stay the same elements. */
export function draw(list, messages, onRetry) {
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const kept = new Map([...list.children].map((one) => [one.drawn, one]));
  const shown = new Set([...list.children].flatMap((one) => one.names || []));
  const rows = [];
  messages.forEach((message, index) => {
    const [before, next] = [messages[index - 1], messages[index + 1]];
    const add = (key, make) => {
      const made = kept.get(key) || make();
      made.drawn = key;
      rows.push(made);
    };
    if (!sameDay(before, message)) {
      add(`day ${new Date(message.recorded_at).toDateString()}`, () => day(message));
    }
    const key = JSON.stringify([message, sameGroup(before, message), sameGroup(message, next)]);
    add(key, () => row(message, before, next, { shown, onRetry }));
  });
  if (!messages.length) rows.push(element("div", "hello", words.hello));
  rows.forEach((one, index) => {
    if (list.children[index] !== one) list.insertBefore(one, list.children[index] || null);
  });
  while (list.children.length > rows.length) list.lastChild.remove();
  if (atEnd) list.scrollTop = list.scrollHeight;
}

/** The quick replies under the newest message, when it has any. */
export function drawButtons(place, message, onPress) {
  const offered = message && message.direction === "outbound" ? message.buttons : [];
  place.replaceChildren(
    ...offered.map((one) => {
      const button = element("button", "", one.label);
      button.type = "button";
      button.onclick = () => onPress(message, one);
      return button;
    }),
  );
}
