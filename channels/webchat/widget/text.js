// The words of a message with its links made clickable: only http, https and mailto, always as text.

import { el } from "./dom.js";

const LINK = /\bhttps?:\/\/[^\s<>"]+|\bwww\.[^\s<>"]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+/gi;
const SAFE = new Set(["http:", "https:", "mailto:"]);

/** A link's text without what belongs to the sentence around it. */
function trimmed(found) {
  const text = found.replace(/[.,;:!?'»…]+$/, "");
  // A bracket belongs to the address when it was opened there.
  return text.endsWith(")") && !text.includes("(") ? trimmed(text.slice(0, -1)) : text;
}

function address(text) {
  const whole = /^https?:/i.test(text) ? text : text.includes("@") ? `mailto:${text}` : `https://${text}`;
  try {
    const url = new URL(whole);
    return SAFE.has(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** Nodes to append. */
export function linked(text) {
  const nodes = [];
  let end = 0;
  for (const found of text.matchAll(LINK)) {
    const shown = trimmed(found[0]);
    const href = address(shown);
    if (!href) continue;
    nodes.push(text.slice(end, found.index));
    nodes.push(el("a", { href, target: "_blank", rel: "noreferrer" }, shown));
    end = found.index + shown.length;
  }
  nodes.push(text.slice(end));
  return nodes;
}
