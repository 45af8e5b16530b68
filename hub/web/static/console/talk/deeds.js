// @ts-check
/** What can be done with one message: answer just this one, react, mend it, take it back, as its channel lets us. */

import { html } from "../../vendor/htm-preact.js";
import { call } from "../api.js";
import { answer } from "../compose/answering.js";
import { inboxCan, may } from "../session.js";
import { Field, Form } from "../settings/form.js";
import { Icon } from "../shell/icon.js";
import { choose } from "../shell/picker.js";
import { fold, lay } from "../shell/sheet.js";
import { complain } from "../trouble.js";
import { t } from "../words.js";
import { put } from "./entries.js";
import { partings } from "./grouping.js";
import { ableToReact, pickReaction } from "./reactions.js";

const LEFT = ["sent", "delivered", "read"];

/** @param {{entry: any}} props */
export function Deeds({ entry }) {
  if (entry.kind !== "message" || entry.deleted || entry.pending) return null;
  const reacts = ableToReact(entry);
  if (!reacts && !choices(entry).some((one) => one.id !== "copy")) return null;
  return html`<p class="deeds">
    ${reacts ? html`<button class="plain small-button wide" aria-label=${t("reaction.give")} title=${t("reaction.give")} onClick=${(/** @type {any} */ event) => pickReaction(entry, event.currentTarget)}><${Icon} name="smile" /></button>` : ""}
    <button class="plain small-button" aria-label=${t("deed.more")} title=${t("deed.more")} onClick=${(/** @type {any} */ event) => offer(entry, event.currentTarget)}><${Icon} name="ellipsis" /></button>
  </p>`;
}

/** @param {any} entry @param {Element} anchor */
function offer(entry, anchor) {
  const react = { id: "react", label: t("reaction.give"), icon: "smile", run: () => pickReaction(entry, anchor) };
  choose({ title: t("deed.more"), anchor, choices: [...(ableToReact(entry) ? [react] : []), ...choices(entry)] });
}

/** @param {any} entry @returns {import("../shell/picker.js").Choice[]} */
function choices(entry) {
  const write = may("messages:write");
  const ours = entry.direction === "outbound" && LEFT.includes(entry.status);
  return [
    ...(write && inboxCan(entry.inbox_id, "replies") ? [{ id: "answer", label: t("deed.answer"), icon: "corner-up-left", run: () => answer(entry) }] : []),
    ...(write && ours && entry.text && !entry.html && inboxCan(entry.inbox_id, "edits") ? [{ id: "edit", label: t("deed.edit"), icon: "pencil", run: () => mend(entry) }] : []),
    ...(write && ours && inboxCan(entry.inbox_id, "deletes") ? [{ id: "delete", label: t("deed.delete"), icon: "trash-2", run: () => takeBack(entry) }] : []),
    ...(write ? partings(entry) : []),
    ...(entry.text ? [{ id: "copy", label: t("deed.copy"), icon: "copy", run: () => navigator.clipboard.writeText(entry.text) }] : []),
  ];
}

/** Other words, at the customer's too. @param {any} entry */
function mend(entry) {
  /** @param {any} given */
  const submit = async ({ text }) => {
    put(await call("PATCH", `/messages/${entry.id}`, { text }));
    fold();
  };
  lay({ title: t("deed.edit"), body: () => html`<${Form} submit=${submit} start=${{ text: entry.text }}><${Field} name="text" label=${t("deed.words")} hint=${t("deed.editHint")} long required /><//>` });
}

/** There is no undo at the customer's: so it is asked for twice. @param {any} entry */
function takeBack(entry) {
  const sure = async () => {
    fold();
    put(await call("DELETE", `/messages/${entry.id}`));
  };
  lay({
    title: t("deed.delete"),
    body: () => html`<blockquote class="said">${entry.text || t("entry.files", { count: entry.files.length })}</blockquote><p class="quiet">${t("deed.deleteHint")}</p>
      <div class="form"><div class="actions"><button onClick=${fold}>${t("deed.keep")}</button><button class="danger" onClick=${() => sure().catch(complain)}>${t("deed.delete")}</button></div></div>`,
  });
}
