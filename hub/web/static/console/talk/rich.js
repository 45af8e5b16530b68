// @ts-check
/** Formatted words of a message, drawn with the page's own elements: what is not on the list is only read. */

import { html } from "../../vendor/htm-preact.js";
import { useMemo } from "../../vendor/preact-hooks.js";
import { createElement } from "../../vendor/preact.js";
import { fileUrl } from "../api.js";
import { Prose } from "./prose.js";

const TAGS = new Set(["B", "STRONG", "I", "EM", "U", "INS", "S", "DEL", "CODE", "PRE", "BLOCKQUOTE", "BR", "P", "DIV", "UL", "OL", "LI", "SPAN", "SUB", "SUP", "HR"]);
/** A heading of a message is none of the page. */
const INSTEAD = /** @type {Record<string, string>} */ ({ H1: "strong", H2: "strong", H3: "strong" });
const SAFE = /^(https?|mailto|tel):/i;
const DEEPEST = 60;

/** A document that is never shown: nothing in it runs or is fetched; the page's policy wants no styles in it. @param {string} source */
export const parsed = (source) => new DOMParser().parseFromString(source.replace(/\sstyle="[^"]*"/gi, ""), "text/html").body;

/** @param {{source: string, files?: any[]}} props files: those that images may be */
export function Rich({ source, files = [] }) {
  const nodes = useMemo(() => [...parsed(source).childNodes], [source]);
  return nodes.map((node) => drawn(node, files, 0));
}

/** @param {Node} node @param {any[]} files @param {number} depth @returns {any} */
function drawn(node, files, depth) {
  if (node instanceof Text) return html`<${Prose} text=${node.data} />`;
  if (!(node instanceof Element) || depth > DEEPEST) return null;
  const inside = [...node.childNodes].map((one) => drawn(one, files, depth + 1));
  if (node.tagName === "A") return linked(node.getAttribute("href") ?? "", inside);
  if (node.tagName === "IMG") return pictured(node, files);
  if (["SCRIPT", "STYLE", "TEMPLATE"].includes(node.tagName)) return null;
  const tag = INSTEAD[node.tagName] ?? (TAGS.has(node.tagName) ? node.tagName.toLowerCase() : "");
  if (!tag) return inside;
  const attributes = node.classList.contains("spoiler") ? { class: "spoiler", tabindex: 0 } : null;
  return tag === "br" || tag === "hr" ? createElement(tag, null) : createElement(tag, attributes, inside);
}

/** @param {string} href @param {any} inside */
const linked = (href, inside) => (SAFE.test(href) ? html`<a href=${href} target="_blank" rel="noopener noreferrer">${inside}</a>` : inside);

/** Only a picture that is a file of the message. @param {Element} node @param {any[]} files */
function pictured(node, files) {
  const name = node.getAttribute("data-cid") ?? "";
  const file = files.find((one) => one.id === name || one.content_id === name);
  const alt = node.getAttribute("alt") ?? "";
  return file ? html`<img class="inline-picture" src=${fileUrl(file.id)} alt=${alt || file.name} loading="lazy" />` : alt;
}
