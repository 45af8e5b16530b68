// @ts-check
/** That nobody has confirmed who wrote a message, and why, in plain words. */

import { html } from "../../vendor/htm-preact.js";
import { useState } from "../../vendor/preact-hooks.js";
import { Icon } from "../shell/icon.js";
import { t, word } from "../words.js";
import { customer } from "./opened.js";

/** @param {any} entry */
export function proofOf(entry) {
  const point = (customer.value?.contact_points ?? []).find((/** @type {any} */ one) => one.id === entry.contact_point?.id);
  return entry.data?.proof ?? point?.proof ?? "";
}

/** @param {{entry: any}} props */
export function Unproven({ entry }) {
  const [open, setOpen] = useState(false);
  if (proofOf(entry) !== "none") return null;
  const said = entry.data?.authentication;
  const reason = typeof said === "string" ? said : (said?.reason ?? "");
  return html`<div class="unproven">
    <button class="plain badge" aria-expanded=${open ? "true" : "false"} onClick=${() => setOpen(!open)}><${Icon} name="shield-alert" />${t("unproven.badge")}</button>
    ${open ? html`<p class="quiet">${reason ? word("unproven", reason) : t("unproven.none")} ${t("unproven.meaning")}</p>` : ""}
  </div>`;
}
