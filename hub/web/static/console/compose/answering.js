// @ts-check
/** Which message the reply is to: named above the pen, and shown at the customer's where the channel can. */

import { html } from "../../vendor/htm-preact.js";
import { Icon } from "../shell/icon.js";
import { write } from "../talk/writing.js";
import { t } from "../words.js";
import { change, draft } from "./draft.js";
import { use } from "./routes.js";

/** An answer stands in the chat of what it answers. @param {any} entry */
export function answer(entry) {
  change({ note: false, answers: { id: entry.id, said: entry.text || t("entry.files", { count: entry.files?.length ?? 1 }) } });
  write("reply");
  return use(entry.contact_point.id);
}

export function Answering() {
  const one = draft.value.answers;
  if (!one || draft.value.note) return null;
  return html`<p class="answering"><${Icon} name="corner-up-left" /><span class="one-line grow">${t("deed.answering", { said: one.said })}</span>
    <button type="button" class="icon-button" onClick=${() => change({ answers: null })} aria-label=${t("deed.answerNot")} title=${t("deed.answerNot")}><${Icon} name="x" /></button></p>`;
}
