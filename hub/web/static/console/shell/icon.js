// @ts-check
/** One set of icons, and the glyph that tells a channel. */

import { html } from "../../vendor/htm-preact.js";
import { asset } from "../api.js";

/** @type {Map<string, (sign: Element | null) => void>} draws each: a copy of what was read once costs less than reading it anew, or a reference into another file */
const pens = new Map();

/** Before anything is drawn, so that no sign comes after its word. */
export async function loadIcons() {
  const source = await (await asset("vendor/icons.svg")).text();
  const sprite = new DOMParser().parseFromString(source, "image/svg+xml");
  for (const symbol of sprite.querySelectorAll("symbol")) pens.set(symbol.id, pen(document.importNode(symbol, true)));
}

/** @param {Element} symbol @returns {(sign: Element | null) => void} */
const pen = (symbol) => (sign) => sign?.replaceChildren(...symbol.cloneNode(true).childNodes);

/** @param {{name: string, label?: string}} props */
export const Icon = ({ name, label }) => html`<svg class="icon" width="16" height="16" viewBox="0 0 24 24" role=${label ? "img" : undefined} aria-label=${label} aria-hidden=${label ? undefined : "true"} ref=${pens.get(name)} />`;

/** @type {Record<string, string>} */
const glyphs = { email: "mail", telegram: "send", webchat: "message-circle", sms: "smartphone" };

/** @param {string | null | undefined} channel */
export const glyph = (channel) => glyphs[channel ?? ""] ?? "circle-dot";

/** The glyph of an address, which is that of the channel it is written on. @param {string} scheme */
export const glyphOf = (scheme) => glyph({ tel: "sms", smssender: "sms" }[/** @type {"tel"} */ (scheme)] ?? scheme);
