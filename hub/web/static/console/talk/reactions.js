// @ts-check
/** The signs that were put on a message: the customer's, and ours. */

import { html } from "../../vendor/htm-preact.js";
import { t } from "../words.js";

/** @param {{entry: any}} props */
export function Reactions({ entry }) {
  const given = Object.entries(entry.reactions ?? {});
  if (!given.length) return null;
  return html`<p class="reactions">${given.map(([who, sign]) => html`<span class="chip" title=${whose(who)}>${sign}</span>`)}</p>`;
}

/** @param {string} who */
const whose = (who) => (who === "customer" ? t("reaction.customer") : t("reaction.us"));
