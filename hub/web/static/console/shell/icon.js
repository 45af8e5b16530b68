// @ts-check
/** One set of icons, and the glyph that tells a channel. */

import { html } from "../../vendor/htm-preact.js";
import { base } from "../api.js";

/** @param {{name: string, label?: string}} props */
export const Icon = ({ name, label }) => html`
  <svg class="icon" width="16" height="16" role=${label ? "img" : undefined} aria-label=${label} aria-hidden=${label ? undefined : "true"}>
    <use href="${base}/static/vendor/icons.svg#${name}" />
  </svg>
`;

/** @type {Record<string, string>} */
const glyphs = { email: "mail", telegram: "send", webchat: "message-circle", sms: "smartphone" };

/** @param {string | null | undefined} channel */
export const glyph = (channel) => glyphs[channel ?? ""] ?? "circle-dot";

/** The glyph of an address, which is that of the channel it is written on. @param {string} scheme */
export const glyphOf = (scheme) => glyph({ tel: "sms", smssender: "sms" }[/** @type {"tel"} */ (scheme)] ?? scheme);
