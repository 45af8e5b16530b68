// @ts-check
/** What is sent by itself: each rule in plain words, whether it is on, and what it has done. */

import { html } from "../../vendor/htm-preact.js";
import { useState } from "../../vendor/preact-hooks.js";
import { all, call } from "../api.js";
import { Icon } from "../shell/icon.js";
import { lay } from "../shell/sheet.js";
import { reason } from "../sentences.js";
import { complain } from "../trouble.js";
import { shortMoment, t, word } from "../words.js";
import { openCustomer } from "../pages/open-customer.js";
import { fold } from "../shell/sheet.js";
import { Title, useList } from "./parts.js";

const SPEC = ["name", "trigger", "conditions", "actions", "key", "late"];

export function Rules() {
  const [list, again] = useList(() => all("/rules"));
  /** @param {any} one */
  const toggle = async (one) => {
    const spec = Object.fromEntries(SPEC.filter((name) => one[name] !== null && one[name] !== undefined).map((name) => [name, one[name]]));
    await call("PUT", "/rules", { ...spec, enabled: !one.enabled });
    await again();
  };
  return html`
    <${Title} title=${t("settings.rules")} hint=${t("rules.hint")} />
    <ul class="plain-list cards">${(list ?? []).map((one) => html`<li key=${one.id} class="card-row">
      <${Icon} name="workflow" /><span class="grow"><strong>${one.name}</strong><span class="quiet">${sentence(one)}</span></span>
      <label class="check"><input type="checkbox" role="switch" checked=${one.enabled} onChange=${() => toggle(one).catch(complain)} /> ${t("rules.on")}<span class="unseen">: ${one.name}</span></label>
      <button onClick=${() => lay({ title: one.name, body: () => html`<${Firings} one=${one} />` })}>${t("rules.did")}</button>
    </li>`)}</ul>
    ${list && !list.length ? html`<p class="hint">${t("rules.none")}</p>` : ""}
  `;
}

/** "When an order's status changes: sends order-status". @param {any} one */
function sentence(one) {
  const trigger = one.trigger.on ? word("trigger", one.trigger.on) : JSON.stringify(one.trigger);
  const sends = one.actions.filter((/** @type {any} */ each) => each.send).map((/** @type {any} */ each) => each.send.template ?? each.send.text);
  return t("rules.sentence", { trigger, sends: sends.join(", ") });
}

/** @param {{one: any}} props */
function Firings({ one }) {
  const [list] = useList(async () => (await call("GET", `/rules/${one.id}/firings?limit=50`)).items);
  const [raw, setRaw] = useState(false);
  return html`
    ${list && !list.length ? html`<p class="hint">${t("rules.never")}</p>` : ""}
    <ul class="plain-list">${(list ?? []).map((each) => html`<li key=${each.id} class="item">
      <${Icon} name=${each.outcome === "fired" ? "check" : "circle-alert"} /><span class="grow">${word("firing", each.outcome)}${each.reason ? html`<span class="quiet why">${reason(each.reason)}</span>` : ""}</span>
      ${each.customer_id ? html`<button class="plain link" onClick=${() => { fold(); openCustomer(each.customer_id).catch(complain); }}>${t("orders.customer")}</button>` : ""}<time class="quiet">${shortMoment(each.at)}</time>
    </li>`)}</ul>
    <button class="plain link" onClick=${() => setRaw(!raw)}>${t("rules.spec")}</button>
    ${raw ? html`<pre class="code" tabindex="0">${JSON.stringify(Object.fromEntries(SPEC.map((name) => [name, one[name]])), null, 2)}</pre>` : ""}
  `;
}
