// @ts-check
/** The quick replies under a message of ours, and which of them was pressed. */

import { html } from "../../vendor/htm-preact.js";
import { Icon } from "../shell/icon.js";
import { t } from "../words.js";
import { every } from "./entries.js";

/** @param {{entry: any}} props */
export function Buttons({ entry }) {
  const list = entry.data?.buttons ?? [];
  if (!list.length) return null;
  const pressed = pressedOf(entry, list);
  return html`<span class="quick">${list.map((/** @type {any} */ one) => (one.value === pressed
    ? html`<span class="chip pressed" title=${t("button.pressed")}><${Icon} name="check" label=${t("button.pressed")} />${one.label}</span>`
    : html`<span class="chip">${one.label}</span>`))}</span>`;
}

/** The value that came back since, unless a later message of ours asked the same. @param {any} entry @param {any[]} list */
function pressedOf(entry, list) {
  const values = list.map((one) => one.value);
  for (const later of every()) {
    if (later.position <= entry.position) continue;
    if (later.direction === "inbound" && values.includes(later.data?.button)) return later.data.button;
    if ((later.data?.buttons ?? []).some((/** @type {any} */ one) => values.includes(one.value))) return "";
  }
  return "";
}
