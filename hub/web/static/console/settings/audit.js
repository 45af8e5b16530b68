// @ts-check
/** Who changed what of what, when, from where. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useRef, useState } from "../../vendor/preact-hooks.js";
import { all, call, query } from "../api.js";
import { nameOf, nameThem } from "../pages/names.js";
import { address } from "../route.js";
import { inboxName, operatorName, operators, teams } from "../session.js";
import { complain } from "../trouble.js";
import { listed, shortMoment, t, word } from "../words.js";
import { Title, useList } from "./parts.js";

/** Where each kind of thing is shown. @type {Record<string, (id: string) => string>} */
const PAGES = {
  conversation: (id) => address("inbox", id),
  customer: (id) => address("customers", id),
  inbox: (id) => address("settings", "inboxes", id),
  rule: (id) => address("settings", "rules", id),
};
/** What has a name that everybody knows. @type {Record<string, (id: string) => string>} */
const NAMES = {
  inbox: inboxName,
  operator: operatorName,
  team: (id) => teams.value.find((one) => one.id === id)?.name ?? "",
};
/** What may be gone by now: the record says how it was called then. @type {Record<string, (detail: any) => string>} */
const TOLD = {
  rule: (detail) => detail.name ?? "",
  token: (detail) => detail.name ?? "",
  webhook: (detail) => detail.name ?? "",
  template: (detail) => word("template", detail.template ?? ""),
};

/** Whose record, or whose conversation, it was. @param {any} one */
const customerOf = (one) => (one.object.kind === "customer" ? one.object.id : (one.detail.customer ?? null));

export function Audit() {
  const [list, setList] = useState(/** @type {any[] | null} */ (null));
  const [next, setNext] = useState(/** @type {string | null} */ (null));
  const [actor, setActor] = useState("");
  const asked = useRef(actor);
  const [tokens] = useList(() => all("/tokens"));
  /** A person, a program by the name of its token, or the hub. @param {any} actor */
  const who = (actor) => operatorName(actor.id) || tokens?.find((one) => one.id === actor.id)?.name || word("actor", actor.kind);
  /** @param {string | null} cursor */
  const load = async (cursor) => {
    const page = await call("GET", `/audit${query({ limit: 50, actor, cursor })}`);
    if (asked.current !== actor) return;
    nameThem(page.items.map(customerOf)).catch(complain);
    setList((before) => (cursor ? [...(before ?? []), ...page.items] : page.items));
    setNext(page.next);
  };
  useEffect(() => {
    asked.current = actor;
    load(null).catch(complain);
  }, [actor]);
  return html`
    <${Title} title=${t("settings.audit")} hint=${t("audit.hint")} />
    <p class="field"><select aria-label=${t("audit.who")} value=${actor} onChange=${(/** @type {any} */ event) => setActor(event.target.value)}>
      <option value="">${t("audit.everybody")}</option>
      <${Actors} label=${t("settings.operators")} list=${operators.value} />
      <${Actors} label=${t("settings.tokens")} list=${tokens ?? []} />
    </select></p>
    ${list && !list.length ? html`<p class="hint">${t("audit.none")}</p>` : html`<div class="table-frame" tabindex="0" role="group" aria-label=${t("settings.audit")}><table class="audit">
      <thead><tr><th>${t("audit.when")}</th><th>${t("audit.who")}</th><th>${t("audit.what")}</th><th class="less">${t("audit.where")}</th></tr></thead>
      <tbody>${(list ?? []).map((one) => html`<tr key=${one.id}><td class="moment quiet">${shortMoment(one.at)}</td><td>${who(one.actor)}</td>
        <td><${Deed} one=${one} /></td><td class="quiet less">${one.address}</td></tr>`)}</tbody>
    </table>
    ${next ? html`<p class="hint"><button onClick=${() => load(next).catch(complain)}>${t("list.more")}</button></p>` : ""}</div>`}
  `;
}

/** Whose record can be looked at. @param {{label: string, list: any[]}} props */
const Actors = ({ label, list }) => (list.length ? html`<optgroup label=${label}>${list.map((one) => html`<option value=${one.id}>${one.name || one.email}</option>`)}</optgroup>` : "");

/** What was done, to what, and which parts of it. @param {{one: any}} props */
function Deed({ one }) {
  const { kind, id } = one.object;
  const said = word("audit-action", one.action);
  const parts = (one.detail.changed ?? []).map((/** @type {string} */ name) => word("audit-part", name));
  const whose = customerOf(one);
  const name = whose ? nameOf(whose) : id ? (NAMES[kind]?.(id) ?? TOLD[kind]?.(one.detail) ?? "") : "";
  if (one.action === "rule.switched") parts.push(t(one.detail.enabled ? "audit.on" : "audit.off"));
  return html`${id && PAGES[kind] && !one.action.endsWith(".deleted") ? html`<a href=${PAGES[kind](id)}>${said}</a>` : said}${name ? html` · ${name}` : ""}${parts.length ? html`<span class="quiet why">${listed(parts)}</span>` : ""}`;
}
