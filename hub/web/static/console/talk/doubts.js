// @ts-check
/** What to know before one believes a message: whose number it may be by now, and what did not come with it. */

import { html } from "../../vendor/htm-preact.js";
import { Icon } from "../shell/icon.js";
import { dayWithin, t } from "../words.js";

/** @param {{entry: import("./entries.js").Entry}} props */
export function Doubts({ entry }) {
  const { silent_since: since, missing_files: missing = [] } = entry.data ?? {};
  if (!since && !missing.length) return null;
  return html`
    ${since ? html`<p class="doubt"><${Icon} name="shield-alert" /><span>${t("doubt.silent", { day: dayWithin(since) })}</span></p>` : ""}
    ${missing.map((/** @type {any} */ one) => html`<p class="doubt"><${Icon} name="file" /><span>${t("doubt.missing", { kind: one.content_type || t("mail.nameless"), why: one.why })}</span></p>`)}`;
}
