// @ts-check
/** Saved replies: what is said often, under a short word. */

import { html } from "../../vendor/htm-preact.js";
import { all, call } from "../api.js";
import { may, teams } from "../session.js";
import { Icon } from "../shell/icon.js";
import { fold, lay } from "../shell/sheet.js";
import { complain, offerUndo } from "../trouble.js";
import { t } from "../words.js";
import { Field, Form } from "./form.js";
import { Title, useList } from "./parts.js";

export function Replies() {
  const [list, again] = useList(() => all("/saved-replies"));
  const shared = may("shared:write");
  /** @param {any} one */
  const remove = async (one) => {
    await call("DELETE", `/saved-replies/${one.id}`);
    await again();
    const { name, text, shortcut, mine, team } = one;
    offerUndo(t("replies.removed", { name }), async () => {
      await call("POST", "/saved-replies", { name, text, shortcut, mine, ...(team ? { team: team.id } : {}) });
      await again();
    });
  };
  /** @param {any} one */
  const edit = (one) => lay({ title: t(one ? "replies.change" : "replies.add"), body: () => html`<${Edit} one=${one} shared=${shared} again=${again} />` });
  return html`
    <${Title} title=${t("settings.replies")} hint=${t("replies.hint")} add=${may("messages:write") ? t("replies.add") : ""} onAdd=${() => edit(null)} />
    <ul class="plain-list cards">${(list ?? []).map((one) => html`<li key=${one.id} class="card-row">
      <span class="grow"><strong>${one.name}</strong> ${one.shortcut ? html`<kbd>/${one.shortcut}</kbd>` : ""} <span class="badge">${one.mine ? t("replies.mine") : (one.team?.name ?? t("replies.everybody"))}</span><span class="quiet one-line">${one.text}</span></span>
      ${one.mine || shared ? html`
        <button class="icon-button" aria-label=${t("replies.changeOne", { name: one.name })} onClick=${() => edit(one)}><${Icon} name="pencil" /></button>
        <button class="icon-button" aria-label=${t("replies.remove", { name: one.name })} onClick=${() => remove(one).catch(complain)}><${Icon} name="trash-2" /></button>` : ""}
    </li>`)}</ul>
    ${list && !list.length ? html`<p class="hint">${t("replies.none")}</p>` : ""}
  `;
}

/** @param {{one: any, shared: boolean, again: () => Promise<void>}} props */
function Edit({ one, shared, again }) {
  /** @param {any} given */
  const submit = async ({ name, shortcut, text, whose }) => {
    const common = { name, shortcut: shortcut.replace(/^\//, ""), text };
    if (one) await call("PATCH", `/saved-replies/${one.id}`, one.mine ? common : { ...common, team: whose === "all" ? null : whose });
    else await call("POST", "/saved-replies", { ...common, mine: whose === "me", ...(whose === "me" || whose === "all" ? {} : { team: whose }) });
    await again();
    fold();
  };
  const whose = [...(one ? [] : [["me", t("replies.mine")]]), ...(shared ? [["all", t("replies.everybody")], ...teams.value.map((team) => [team.id, team.name])] : [])];
  return html`<${Form} submit=${submit} start=${{ name: one?.name ?? "", shortcut: one?.shortcut ?? "", text: one?.text ?? "", whose: one ? (one.team?.id ?? "all") : "me" }}>
    <${Field} name="name" label=${t("replies.name")} required />
    <${Field} name="shortcut" label=${t("replies.shortcut")} hint=${t("replies.shortcutHint")} maxlength="50" />
    <${Field} name="text" label=${t("replies.text")} long required hint=${t("replies.fields", { fields: "{{ customer.name }}, {{ operator.name }}" })} />
    ${whose.length > 1 && !one?.mine ? html`<${Field} name="whose" label=${t("replies.whose")} options=${whose} />` : ""}
  <//>`;
}
