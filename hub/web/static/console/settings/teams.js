// @ts-check
/** Teams: who belongs together, and the inboxes that are theirs alone. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { call } from "../api.js";
import { colleagues, inboxes, inboxName, loadPeople, may, operatorName, teams } from "../session.js";
import { Icon } from "../shell/icon.js";
import { fold, lay } from "../shell/sheet.js";
import { complain, offerUndo } from "../trouble.js";
import { listed, t } from "../words.js";
import { Field, Form, Several } from "./form.js";
import { Title } from "./parts.js";

export function Teams() {
  const admin = may("admin");
  return html`
    <${Title} title=${t("settings.teams")} hint=${t("teams.hint")} add=${admin ? t("teams.add") : ""} onAdd=${() => lay({ title: t("teams.add"), body: () => html`<${Edit} one=${null} />` })} />
    <ul class="plain-list cards">${teams.value.map((one) => html`<li key=${one.id} class="card-row">
      <${Icon} name="users" />
      <span class="grow"><strong>${one.name}</strong><span class="quiet">${one.members.length ? listed(one.members.map(operatorName)) : t("teams.nobody")}</span>
        ${one.routing === "round-robin" ? html`<span class="quiet">${t("teams.inTurn", { number: one.capacity })}</span>` : ""}
        <span class="quiet">${one.inboxes.length ? t("teams.inboxes", { names: listed(one.inboxes.map(inboxName)) }) : ""}</span></span>
      ${admin ? html`
        <button class="icon-button" aria-label=${t("teams.change", { name: one.name })} onClick=${() => lay({ title: t("teams.change", { name: one.name }), body: () => html`<${Edit} one=${one} />` })}><${Icon} name="pencil" /></button>
        <button class="icon-button" aria-label=${t("teams.remove", { name: one.name })} onClick=${() => remove(one).catch(complain)}><${Icon} name="trash-2" /></button>` : ""}
    </li>`)}</ul>
    ${teams.value.length ? "" : html`<p class="hint">${t("teams.none")}</p>`}
    ${admin ? html`<${Owners} />` : ""}
  `;
}

/** When the person responsible for a customer gets what they write. */
function Owners() {
  const [kept, setKept] = useState(/** @type {any} */ (null));
  useEffect(() => void call("GET", "/settings/routing").then(setKept).catch(complain), []);
  if (!kept) return null;
  const submit = async (/** @type {any} */ given) => setKept(await call("PATCH", "/settings/routing", given));
  return html`<${Form} submit=${submit} start=${kept}><${Field} name="owners" label=${t("teams.owners")} hint=${t("teams.ownersHint")} options=${[["active", t("teams.ownersActive")], ["present", t("teams.ownersPresent")], ["off", t("teams.ownersOff")]]} /><//>`;
}

/** @param {any} one */
async function remove(one) {
  await call("DELETE", `/teams/${one.id}`);
  await loadPeople();
  offerUndo(t("teams.removed", { name: one.name }), async () => {
    await call("POST", "/teams", { name: one.name, members: one.members, inboxes: one.inboxes, routing: one.routing, capacity: one.capacity });
    await loadPeople();
  });
}

/** @param {{one: any}} props */
function Edit({ one }) {
  /** @param {any} given */
  const submit = async (given) => {
    await (one ? call("PATCH", `/teams/${one.id}`, given) : call("POST", "/teams", given));
    await loadPeople();
    fold();
  };
  return html`<${Form} submit=${submit} start=${{ name: one?.name ?? "", members: one?.members ?? [], inboxes: one?.inboxes ?? [], routing: one?.routing ?? "by-hand", capacity: one?.capacity ?? 20 }}>
    <${Field} name="name" label=${t("teams.name")} required maxlength="200" />
    <${Several} name="members" label=${t("teams.members")} options=${colleagues.value.map((each) => [each.id, each.name])} />
    <${Several} name="inboxes" label=${t("teams.ownInboxes")} options=${inboxes.value.map((each) => [each.id, each.name])} />
    <${Field} name="routing" label=${t("teams.routing")} hint=${t("teams.routingHint")} options=${[["by-hand", t("teams.byHand")], ["round-robin", t("teams.roundRobin")]]} />
    <${Field} name="capacity" type="number" min="0" max="1000" required label=${t("teams.capacity")} hint=${t("teams.capacityHint")} />
  <//>`;
}
