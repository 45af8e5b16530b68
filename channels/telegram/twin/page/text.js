// A message's words with what is bold, a link or a quote in them.

import { el } from "./dom.js";

const TAGS = {
  bold: "strong", italic: "em", underline: "u", strikethrough: "s", code: "code", pre: "pre",
  blockquote: "blockquote", expandable_blockquote: "blockquote",
};

/** The nodes of a text. `command(text)` is called when a command is clicked. */
export function drawn(text, entities = [], command = () => {}) {
  const sorted = [...entities].sort((one, other) => one.offset - other.offset || other.length - one.length);
  return part(text, 0, text.length, sorted, command);
}

function part(text, from, to, entities, command) {
  const nodes = [];
  let at = from;
  for (let index = 0; index < entities.length; index += 1) {
    const one = entities[index];
    const end = Math.min(one.offset + one.length, to);
    if (one.offset < at || end <= at) continue;
    if (one.offset > at) nodes.push(text.slice(at, one.offset));
    const inner = entities.slice(index + 1).filter((other) => other.offset < end);
    nodes.push(wrapped(one, text.slice(one.offset, end), part(text, one.offset, end, inner, command), command));
    at = end;
  }
  if (at < to) nodes.push(text.slice(at, to));
  return nodes;
}

function wrapped(one, said, inner, command) {
  const link = (href) => el("a", { href, target: "_blank", rel: "noreferrer" }, inner);
  switch (one.type) {
    case "text_link": return link(safe(one.url));
    case "url": return link(safe(said));
    case "email": return link(`mailto:${said}`);
    case "phone_number": return link(`tel:${said.replace(/[^+\d]/g, "")}`);
    case "mention": return el("span", { class: "mention" }, inner);
    case "bot_command": return el("button", { type: "button", class: "command", onclick: () => command(said) }, inner);
    case "spoiler": return spoiler(inner);
    default: return TAGS[one.type] ? el(TAGS[one.type], null, inner) : el("span", null, inner);
  }
}

function spoiler(inner) {
  const made = el("span", { class: "spoiler", tabindex: "0", role: "button", "aria-expanded": "false" }, inner);
  const show = () => {
    made.classList.add("shown");
    made.setAttribute("aria-expanded", "true");
  };
  made.addEventListener("click", show);
  made.addEventListener("keydown", ({ key }) => key === "Enter" && show());
  return made;
}

/** Only what leads to the web: a link from a bot must not run anything. */
function safe(url) {
  const whole = /^[a-z]+:/i.test(url) ? url : `http://${url}`;
  return /^(https?|mailto|tel|tg):/i.test(whole) ? whole : "about:blank";
}
