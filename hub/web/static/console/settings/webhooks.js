// @ts-check
/** Other systems that are told what happens: where they are, how that goes, telling them again. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { all, call } from "../api.js";
import { address, go, place } from "../route.js";
import { Icon } from "../shell/icon.js";
import { fold, lay } from "../shell/sheet.js";
import { complain } from "../trouble.js";
import { shortMoment, t } from "../words.js";
import { Field, Form, Several } from "./form.js";
import { Copy, Title, useList } from "./parts.js";
import { Told } from "./told.js";

/** What there is to be told of; `*` is everything, also what a later release adds. */
const EVENTS = [
  "*", "message.created", "message.updated", "message.status_changed", "message.seen", "note.created", "activity.created",
  "conversation.opened", "conversation.updated", "conversation.due_changed", "conversation.timer_warned", "conversation.timer_breached", "customer.created", "customer.updated", "customer.reshaped",
  "order.created", "order.status_changed", "order.updated", "appointment.created", "appointment.moved", "appointment.updated",
  "appointment.cancelled", "appointment.missed", "appointment.completed", "appointment.answered", "custom.received", "rule.changed", "inbox.state_changed", "quarantine.added",
];
const NEW = { name: "", url: "", events: ["message.created"] };

export function Webhooks() {
  const [list, again] = useList(() => all("/webhooks"));
  const one = (list ?? []).find((each) => each.id === place.value.sub);
  if (one) return html`<${OneWebhook} key=${one.id} one=${one} again=${again} />`;
  return html`
    <${Title} title=${t("settings.webhooks")} hint=${t("webhooks.hint")} add=${t("webhooks.add")} onAdd=${() => lay({ title: t("webhooks.add"), body: () => html`<${NewWebhook} again=${again} />` })} />
    <ul class="plain-list cards">${(list ?? []).map((each) => html`<li key=${each.id}><a class="card-row" href=${address("settings", "webhooks", each.id)}>
      <${Icon} name="globe" /><span class="grow"><strong>${each.name}</strong><span class="quiet">${each.url}</span></span>
      ${each.pending ? html`<span class="quiet">${t("webhooks.pending", { count: each.pending })}</span>` : ""}
      ${each.failed ? html`<span class="bad">${t("webhooks.failed", { count: each.failed })}</span>` : ""}
      <${State} one=${each} /><${Icon} name="chevron-right" />
    </a></li>`)}</ul>
    ${list && !list.length ? html`<p class="hint">${t("webhooks.none")}</p>` : ""}
  `;
}

/** @type {Record<string, string>} */
const COLOURS = { on: "state-open", failing: "state-down", off: "" };

/** @param {{one: any}} props */
const State = ({ one }) => html`<span class="badge ${COLOURS[one.state]}">${t(`webhook.${one.state}`)}</span>`;

/** @param {{one: any, again: () => Promise<void>}} props */
function OneWebhook({ one, again }) {
  const [turn, setTurn] = useState(0);
  // How the last calls went changes by itself.
  useEffect(() => {
    const wait = setInterval(() => again().catch(complain), 10000);
    return () => clearInterval(wait);
  }, []);
  const told = () => setTurn(turn + 1);
  const test = async () => {
    await call("POST", `/webhooks/${one.id}/test`, {});
    setTimeout(told, 600);
  };
  const toggle = async () => {
    await call("PATCH", `/webhooks/${one.id}`, { enabled: !one.enabled });
    await again();
  };
  /** @param {string} title @param {any} Body */
  const ask = (title, Body) => lay({ title, body: () => html`<${Body} one=${one} again=${again} told=${told} />` });
  return html`
    <header class="settings-head"><a class="icon-button" href=${address("settings", "webhooks")} aria-label=${t("settings.webhooks")}><${Icon} name="arrow-left" /></a>
      <div class="grow"><h2>${one.name}</h2><p class="quiet">${one.url}</p></div><${State} one=${one} /></header>
    ${one.disabled_reason ? html`<div class="notice-box bad-box"><p>${t(`webhook-off.${one.disabled_reason}`)}</p></div>` : ""}
    ${one.state === "failing" ? html`<div class="notice-box bad-box"><p>${t("webhooks.failingSince", { time: shortMoment(one.failing_since) })}</p></div>` : ""}
    <dl class="facts wide-facts">
      <div><dt>${t("webhooks.events")}</dt><dd>${one.events.length ? one.events.join(", ") : t("webhooks.onlyRules")}</dd></div>
      <div><dt>${t("webhooks.last")}</dt><dd>${one.last_success_at ? shortMoment(one.last_success_at) : t("webhooks.never")}</dd></div>
      ${one.old_secret_until ? html`<div><dt>${t("webhooks.oldSecret")}</dt><dd>${shortMoment(one.old_secret_until)}</dd></div>` : ""}
    </dl>
    <p class="buttons">
      <button disabled=${!one.enabled} onClick=${() => test().catch(complain)}><${Icon} name="play" />${t("webhooks.test")}</button>
      <button disabled=${!one.enabled} onClick=${() => ask(t("webhooks.replay"), Replay)}><${Icon} name="history" />${t("webhooks.replay")}</button>
      <button onClick=${() => ask(t("webhooks.edit"), Edit)}><${Icon} name="pencil" />${t("webhooks.edit")}</button>
      <button onClick=${() => ask(t("webhooks.secret"), Secret)}><${Icon} name="key-round" />${t("webhooks.secret")}</button>
      <button onClick=${() => toggle().catch(complain)}>${t(one.enabled ? "webhooks.off" : "webhooks.on")}</button>
      <button onClick=${() => ask(t("webhooks.remove"), Remove)}><${Icon} name="trash-2" />${t("webhooks.remove")}</button>
    </p>
    <${Told} one=${one} turn=${turn} />
  `;
}

/** Fields that a new one and a changed one have alike. */
const fields = () => html`
  <${Field} name="name" label=${t("webhooks.name")} required maxlength="200" />
  <${Field} name="url" type="url" label=${t("webhooks.url")} hint=${t("webhooks.urlHint")} required maxlength="2000" />
  <${Several} name="events" label=${t("webhooks.events")} options=${EVENTS.map((event) => [event, event === "*" ? t("webhooks.everything") : event])} />`;

/** @param {{again: () => Promise<void>}} props */
function NewWebhook({ again }) {
  const [made, setMade] = useState(/** @type {any} */ (null));
  if (made) return html`<${Shown} secret=${made.secret} />`;
  /** @param {any} given */
  const submit = async (given) => {
    const created = await call("POST", "/webhooks", given);
    await again();
    setMade(created);
    go("settings", "webhooks", created.id);
  };
  return html`<${Form} submit=${submit} label=${t("webhooks.add")} start=${NEW}>${fields()}<//>`;
}

/** @param {{secret: string}} props */
const Shown = ({ secret }) => html`<p>${t("webhooks.once")}</p><${Copy} label=${t("webhooks.secretLabel")} text=${secret} /><div class="actions"><button class="main" onClick=${fold}>${t("form.done")}</button></div>`;

/** @param {{one: any, again: () => Promise<void>}} props */
function Edit({ one, again }) {
  /** @param {any} given */
  const submit = async (given) => {
    await call("PATCH", `/webhooks/${one.id}`, given);
    await again();
    fold();
  };
  return html`<${Form} submit=${submit} start=${{ name: one.name, url: one.url, events: one.events }}>${fields()}<//>`;
}

/** @param {{one: any, again: () => Promise<void>}} props */
function Secret({ one, again }) {
  const [made, setMade] = useState("");
  if (made) return html`<${Shown} secret=${made} />`;
  /** @param {any} given */
  const submit = async ({ hours }) => {
    setMade((await call("POST", `/webhooks/${one.id}/secret`, { overlap_hours: hours })).secret);
    await again();
  };
  return html`<${Form} submit=${submit} label=${t("webhooks.secretMake")} start=${{ hours: 24 }}><${Field} name="hours" type="number" min="0" max="720" label=${t("webhooks.overlap")} hint=${t("webhooks.overlapHint")} required /><//>`;
}

const HOUR_MS = 3600000;

/** A moment as the field of a form wants it. @param {number} when */
const local = (when) => new Date(when - new Date(when).getTimezoneOffset() * 60000).toISOString().slice(0, 16);

/** @param {{one: any, told: () => void}} props */
function Replay({ one, told }) {
  const [queued, setQueued] = useState(/** @type {number | null} */ (null));
  if (queued !== null) return html`<p role="status">${t("webhooks.queued", { count: queued })}</p><div class="actions"><button class="main" onClick=${fold}>${t("form.done")}</button></div>`;
  /** @param {any} given */
  const submit = async ({ since, until, again }) => {
    const answer = await call("POST", `/webhooks/${one.id}/replay`, { since: new Date(since).toISOString(), until: new Date(until).toISOString(), delivered_too: again });
    setQueued(answer.queued);
    told();
  };
  return html`<${Form} submit=${submit} label=${t("webhooks.replay")} start=${{ since: local(Date.now() - 24 * HOUR_MS), until: local(Date.now() + 60000), again: false }}>
    <${Field} name="since" type="datetime-local" label=${t("webhooks.since")} required />
    <${Field} name="until" type="datetime-local" label=${t("webhooks.until")} required />
    <${Field} name="again" type="checkbox" label=${t("webhooks.deliveredToo")} hint=${t("webhooks.replayHint")} />
  <//>`;
}

/** @param {{one: any, again: () => Promise<void>}} props */
function Remove({ one, again }) {
  const sure = async () => {
    await call("DELETE", `/webhooks/${one.id}`);
    fold();
    go("settings", "webhooks");
    await again();
  };
  return html`<p>${t("webhooks.removeHint", { name: one.name })}</p><div class="form"><div class="actions"><button onClick=${fold}>${t("deed.keep")}</button><button class="danger" onClick=${() => sure().catch(complain)}>${t("webhooks.remove")}</button></div></div>`;
}
