// @ts-check
/** One line at the foot of the page: what went wrong, or what can be taken back. */

import { html } from "../../vendor/htm-preact.js";
import { online } from "../live.js";
import { trouble, undo, undoable } from "../trouble.js";
import { t } from "../words.js";
import { Icon } from "./icon.js";

export function Status() {
  return html`<div class="status-place">
    ${trouble.value ? html`<div class="status bad" role="alert">
      <span>${trouble.value.text} ${trouble.value.remedy}</span>
      <button class="plain" onClick=${() => (trouble.value = null)} aria-label=${t("status.dismiss")}><${Icon} name="x" /></button>
    </div>` : ""}
    ${online.value ? "" : html`<div class="status" role="status"><span>${t("status.offline")}</span></div>`}
    ${undoable.value ? html`<div class="status" role="status">
      <span>${undoable.value.text}</span>
      <button class="plain" onClick=${undo}>${t("do.undo")} <kbd>z</kbd></button>
    </div>` : ""}
  </div>`;
}
