// @ts-check
/** Files on their way into a message: by button, drop or paste, each with its progress. */

import { signal } from "../../vendor/preact-signals.js";
import { html } from "../../vendor/htm-preact.js";
import { upload } from "../api.js";
import { Icon } from "../shell/icon.js";
import { complain, trouble } from "../trouble.js";
import { size, t } from "../words.js";
import { change, draft } from "./draft.js";
import { pictured } from "./rich-text.js";
import { route } from "./routes.js";

/** @type {import("../../vendor/preact-signals.js").Signal<{id: number, name: string, part: number, stop: () => void}[]>} */
export const uploads = signal([]);
let count = 0;

/** What the way it takes cannot carry is said before it is sent. @param {File} file */
function obstacle(file) {
  const can = route()?.capabilities;
  if (!can || draft.value.note) return "";
  if (!can.files) return t("attach.none");
  if (can.max_file_bytes && file.size > can.max_file_bytes) return t("attach.large", { name: file.name, size: size(can.max_file_bytes) });
  return "";
}

/** A picture that goes among the words; null: it cannot. @param {File} file */
export async function picture(file) {
  const no = obstacle(file);
  if (no) trouble.value = { text: no, remedy: "" };
  return no ? null : bring(file).catch((error) => (complain(error), null));
}

/** @param {Iterable<File>} files */
export function attach(files) {
  for (const file of files) {
    const no = obstacle(file);
    if (no) trouble.value = { text: no, remedy: "" };
    else bring(file).catch(complain);
  }
}

/** @param {File} file */
export async function bring(file) {
  const stop = new AbortController();
  const id = ++count;
  uploads.value = [...uploads.value, { id, name: file.name, part: 0, stop: () => stop.abort() }];
  stop.signal.addEventListener("abort", () => drop(id));
  try {
    const stored = await upload(file, (part) => (uploads.value = uploads.value.map((one) => (one.id === id ? { ...one, part } : one))), stop.signal);
    change({ files: [...draft.value.files, stored] });
    return stored;
  } finally {
    drop(id);
  }
}

/** @param {number} id */
const drop = (id) => (uploads.value = uploads.value.filter((one) => one.id !== id));

export function Attachments() {
  const among = new Set(pictured(draft.value.html));
  const files = draft.value.files.filter((file) => !among.has(file.id));
  if (!files.length && !uploads.value.length) return null;
  return html`<ul class="attachments" aria-label=${t("attach.label")}>
    ${files.map((file) => html`<li key=${file.id} class="chip"><${Icon} name="paperclip" />${file.name} <span class="quiet">${size(file.size)}</span>
      <button type="button" class="plain" aria-label=${t("attach.remove", { name: file.name })} onClick=${() => change({ files: draft.value.files.filter((one) => one.id !== file.id) })}><${Icon} name="x" /></button></li>`)}
    ${uploads.value.map((one) => html`<li key=${one.id} class="chip">${one.name} <progress max="1" value=${one.part} aria-label=${one.name}></progress>
      <button type="button" class="plain" aria-label=${t("attach.stop", { name: one.name })} onClick=${one.stop}><${Icon} name="x" /></button></li>`)}
  </ul>`;
}
