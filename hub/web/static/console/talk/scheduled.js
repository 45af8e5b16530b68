// @ts-check
/** A message that has not left yet: when it will, and what can still be done with it. */

import { html } from "../../vendor/htm-preact.js";
import { call } from "../api.js";
import { change, draft } from "../compose/draft.js";
import { held } from "../compose/send.js";
import { Icon } from "../shell/icon.js";
import { may } from "../session.js";
import { complain } from "../trouble.js";
import { shortMoment, t } from "../words.js";
import { put } from "./entries.js";
import { write } from "./writing.js";

/** What leaves this soon is only held for a moment. */
const SOON_MS = 10000;

/** @param {{entry: any}} props */
export function Scheduled({ entry }) {
  const at = entry.data?.send_at;
  const waits = entry.status === "scheduled" && held.value?.entry.id !== entry.id && !(at && Date.parse(at) - Date.now() < SOON_MS);
  if (!waits) return null;
  return html`<p class="scheduled">
    <${Icon} name="clock" /><span>${at ? t("scheduled.at", { time: shortMoment(at) }) : t("delivery.scheduled")}</span>
    ${may("messages:write") ? html`
      <button class="plain link" onClick=${() => sendNow(entry).catch(complain)}>${t("scheduled.now")}</button>
      <button class="plain link" onClick=${() => takeBack(entry).catch(complain)}>${t("scheduled.back")}</button>` : ""}
  </p>`;
}

/** @param {any} entry */
async function sendNow(entry) {
  const answer = await call("POST", `/messages/${entry.id}/send-now`, {});
  put(answer);
}

/** Cancelled, and its words are in the composer again. @param {any} entry */
export async function takeBack(entry) {
  const written = await call("DELETE", `/messages/${entry.id}`);
  put(written);
  const { subject = "", cc = [], bcc = [] } = written.data ?? {};
  change({
    text: [written.text, draft.value.text].filter(Boolean).join("\n\n"),
    html: draft.value.text ? "" : written.html.replace(/ data-cid="/g, ' src="cid:'),
    ...(draft.value.subject ? {} : { subject, cc, bcc }),
    files: [...written.files, ...draft.value.files],
  });
  write("reply");
}
