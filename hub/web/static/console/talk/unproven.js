// @ts-check
/** That nobody has confirmed who wrote a message, and why, in plain words. */

import { html } from "../../vendor/htm-preact.js";
import { useState } from "../../vendor/preact-hooks.js";
import { Icon } from "../shell/icon.js";
import { t, word } from "../words.js";
import { customer } from "./opened.js";

/** Whether nobody vouches for who wrote this: by this message alone, an address keeps its best proof. @param {any} entry */
function unproven(entry) {
  const checked = entry.data?.authentication;
  if (checked) return !checked.proven;
  const point = (customer.value?.contact_points ?? []).find((/** @type {any} */ one) => one.id === entry.contact_point?.id);
  return (entry.data?.proof ?? point?.proof) === "none";
}

/** @param {{entry: any}} props */
export function Unproven({ entry }) {
  const [open, setOpen] = useState(false);
  if (!unproven(entry)) return null;
  const { reason = "", server = "" } = entry.data?.authentication ?? {};
  return html`<div class="unproven">
    <button class="plain badge" aria-expanded=${open ? "true" : "false"} onClick=${() => setOpen(!open)}><${Icon} name="shield-alert" />${t("unproven.badge")}</button>
    ${open ? html`<p class="quiet">${word("unproven", reason || "none", { server })} ${t("unproven.meaning")}</p>` : ""}
  </div>`;
}
