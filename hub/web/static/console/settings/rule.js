// @ts-check
/** One rule: its words, what it did, for whom it did nothing and why, its earlier forms; changing and deleting it. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { call, query } from "../api.js";
import { nameOf, nameThem } from "../pages/names.js";
import { openCustomer } from "../pages/open-customer.js";
import { called } from "../person/address.js";
import { address, go } from "../route.js";
import { reason } from "../sentences.js";
import { Icon } from "../shell/icon.js";
import { choose } from "../shell/picker.js";
import { fold, lay } from "../shell/sheet.js";
import { complain } from "../trouble.js";
import { clock, day, listed, shortMoment, t, word } from "../words.js";
import { useList } from "./parts.js";
import { Builder } from "./rule-builder.js";
import { Told } from "./rule-told.js";
import { Switch } from "./rule-words.js";
import { showWhy } from "./rule-why.js";

const GOOD = ["fired", "waiting"];

/** @param {{one: any, again: () => Promise<void>}} props */
export function Rule({ one, again }) {
  const [editing, setEditing] = useState(false);
  if (editing) return html`<${Builder} one=${one} done=${async () => { await again(); setEditing(false); }} />`;
  const sure = async () => {
    await call("DELETE", `/rules/${one.id}`);
    fold();
    go("settings", "rules");
    await again();
  };
  const remove = () => lay({ title: t("rules.remove"), body: () => html`<p>${t("rules.removeHint", { name: one.name })}</p><div class="form"><div class="actions"><button onClick=${fold}>${t("deed.keep")}</button><button class="danger" onClick=${() => sure().catch(complain)}>${t("rules.remove")}</button></div></div>` });
  return html`
    <header class="settings-head"><a class="icon-button" href=${address("settings", "rules")} aria-label=${t("settings.rules")}><${Icon} name="arrow-left" /></a>
      <div class="grow"><h2>${one.name}</h2></div><${Switch} one=${one} again=${again} /></header>
    <p class="buttons">
      <button onClick=${() => setEditing(true)}><${Icon} name="pencil" />${t("rules.edit")}</button>
      <button onClick=${() => askWhom(one)}><${Icon} name="eye" />${t("rules.why")}</button>
      <button onClick=${remove}><${Icon} name="trash-2" />${t("rules.remove")}</button>
    </p>
    <${Told} one=${one} /><${Next} one=${one} /><${Firings} one=${one} /><${Skips} one=${one} /><${Earlier} one=${one} />
  `;
}

/** For whom did it not fire? @param {any} one */
function askWhom(one) {
  choose({
    title: t("rules.whom"),
    wide: true,
    empty: t("customers.nobody"),
    choices: [],
    find: async (text) => (await call("GET", `/customers${query({ q: text, limit: 20 })}`)).items.map((/** @type {any} */ who) => ({
      id: who.id, label: called(who), icon: "user", hint: who.contact_points.map((/** @type {any} */ point) => point.label || point.value).join(", "), run: () => showWhy(one, who),
    })),
  });
}

/** @param {{id: string}} props */
const ToCustomer = ({ id }) => html`<button class="plain link" onClick=${() => openCustomer(id).catch(complain)}>${nameOf(id)}</button>`;

/** What it will do: the reminders it has planned, the nearest first. @param {{one: any}} props */
function Next({ one }) {
  const [list, setList] = useState(/** @type {any[]} */ ([]));
  const [after, setAfter] = useState(/** @type {string | null} */ (null));
  /** @param {string | null} cursor */
  const load = async (cursor) => {
    const page = await call("GET", `/rules/${one.id}/next${query({ limit: 20, cursor })}`);
    nameThem(page.items.map((/** @type {any} */ each) => each.customer_id)).catch(complain);
    setList((before) => (cursor ? [...before, ...page.items] : page.items));
    setAfter(page.next);
  };
  useEffect(() => {
    const look = () => load(null).catch(complain);
    look();
    // What is planned follows a rule that was switched or changed a moment later.
    const later = setTimeout(look, 2000);
    return () => clearTimeout(later);
  }, [one.version, one.enabled]);
  if (one.enabled && !list.length) return null;
  return html`<section class="rule-next"><h3>${t("rules.next")}</h3><p class="quiet">${t(one.enabled ? "rules.nextHint" : "rules.nextOff")}</p>${!one.enabled ? "" : list.map((each, at) => html`${at && day(list[at - 1].due_at) === day(each.due_at) ? "" : html`<h4 class="quiet day-of">${day(each.due_at)}</h4>`}<div class="item" key=${each.id}>
    <${Icon} name="clock" /><span class="grow"><${ToCustomer} id=${each.customer_id} /><span class="quiet why">${[t(`object.${each.object.kind}`), each.object.number, shortMoment(each.moment)].filter(Boolean).join(" · ")}</span></span>
    <time class="quiet" datetime=${each.due_at} title=${shortMoment(each.due_at)}>${clock(each.due_at)}</time></div>`)}
    ${one.enabled && after ? html`<p class="hint"><button onClick=${() => load(after).catch(complain)}>${t("list.more")}</button></p>` : ""}
  </section>`;
}

/** @param {{one: any}} props */
function Firings({ one }) {
  const [list] = useList(() => named(`/rules/${one.id}/firings?limit=50`));
  return html`<section><h3>${t("rules.did")}</h3>
    ${list && !list.length ? html`<p class="quiet">${t("rules.never")}</p>` : ""}
    ${(list ?? []).map((each, at) => html`${at && day(list?.[at - 1].at) === day(each.at) ? "" : html`<h4 class="quiet day-of">${day(each.at)}</h4>`}<details class="fact" key=${each.id}>
      <summary><${Icon} name=${each.outcome === "fired" ? "check" : each.outcome === "waiting" ? "clock" : "circle-alert"} label=${word("firing", each.outcome)} />
        <span class="grow ${GOOD.includes(each.outcome) ? "" : "bad"}">${each.customer_id ? html`<${ToCustomer} id=${each.customer_id} />` : ""}<span class="quiet why">${summary(each)}</span></span>
        <time class="quiet" title=${shortMoment(each.at)}>${clock(each.at)}</time></summary>
      <ul class="plain-list quiet">${each.actions.map((/** @type {any} */ step) => html`<li>${t(`rule-action.${step.action}`)}: ${word("firing", step.outcome)}${step.reason ? `, ${reason(step.reason)}` : ""}</li>`)}</ul>
    </details>`)}
  </section>`;
}

/** What it did in a few words; how it ended where that is not what one expects. @param {any} firing */
function summary(firing) {
  const did = listed(firing.actions.filter((/** @type {any} */ step) => GOOD.includes(step.outcome)).map((/** @type {any} */ step) => t(`rule-action.${step.action}`)));
  return [
    about(firing),
    firing.outcome === "fired" ? did : word("firing", firing.outcome),
    firing.reason ? reason(firing.reason) : "",
    firing.continues_at ? t("rules.continues", { time: shortMoment(firing.continues_at) }) : "",
  ].filter(Boolean).join(" · ");
}

/** "Order 1043". @param {any} one */
const about = (one) => (one.object?.number ? `${t(`object.${one.object.kind}`)} ${one.object.number}` : "");

/** What happened to customers, with their names. @param {string} path @returns {Promise<any[]>} */
async function named(path) {
  const { items } = await call("GET", path);
  nameThem(items.map((/** @type {any} */ one) => one.customer_id)).catch(complain);
  return items;
}

/** @param {{one: any}} props */
function Skips({ one }) {
  const [list] = useList(() => named(`/rules/${one.id}/skips?limit=20`));
  if (!list?.length) return null;
  return html`<section><h3>${t("rules.skips")}</h3>${list.map((each) => html`<div class="item" key=${`${each.customer_id}-${each.at}`}>
    <${Icon} name="x" /><span class="grow"><${ToCustomer} id=${each.customer_id} /><span class="quiet why">${[about(each), t(`skip.${each.outcome}`)].filter(Boolean).join(" · ")}</span></span>
    <button class="plain link" onClick=${() => showWhy(one, { id: each.customer_id, name: nameOf(each.customer_id) }, each.object?.id)}>${t("rules.whyThis")}</button><time class="quiet">${shortMoment(each.at)}</time>
  </div>`)}</section>`;
}

/** @param {{one: any}} props */
function Earlier({ one }) {
  const [list] = useList(async () => (await call("GET", `/rules/${one.id}/versions`)).items);
  if (!list?.length) return null;
  return html`<section><h3>${t("rules.versions")}</h3>${list.map((each) => html`<details class="fact" key=${each.version}>
    <summary><${Icon} name="history" /><span class="grow">${t("rules.version", { number: each.version })}</span><time class="quiet">${shortMoment(each.at)}</time></summary>
    <pre class="code" tabindex="0">${JSON.stringify(each.spec, null, 2)}</pre>
  </details>`)}</section>`;
}
