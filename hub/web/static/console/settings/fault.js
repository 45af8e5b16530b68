// @ts-check
/** What the server found wrong, at its place in what was written. */

import { html } from "../../vendor/htm-preact.js";

/** @typedef {Record<string, string>} Faults by place: `conditions.all.0` */

/** What is wrong at a place, or inside it where nothing smaller shows it. @param {{faults: Faults, place: string, within?: boolean}} props */
export function Fault({ faults, place, within = false }) {
  const found = Object.entries(faults).filter(([where]) => where === place || (within && where.startsWith(`${place}.`)));
  return found.map(([where, what]) => html`<p class="fault" key=${where}>${what}</p>`);
}
