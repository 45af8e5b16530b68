// @ts-check
/** Inboxes: their state and last error, a form drawn from the channel's schema, a live check, what to put on a site. */

import { html } from "../../vendor/htm-preact.js";
import { signal } from "../../vendor/preact-signals.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { call } from "../api.js";
import { address, go, place } from "../route.js";
import { inboxes, loadInboxes, may } from "../session.js";
import { glyph, Icon } from "../shell/icon.js";
import { linked } from "../shell/linked.js";
import { fold, lay } from "../shell/sheet.js";
import { complain } from "../trouble.js";
import { shortMoment, t, word } from "../words.js";
import { Field, Form } from "./form.js";
import { Guide } from "./guide.js";
import { worded } from "./known.js";
import { Copy, Title } from "./parts.js";
import { fields, fromForm, SchemaFields, toForm } from "./schema.js";

export function Inboxes() {
  const one = inboxes.value.find((each) => each.id === place.value.sub);
  if (one) return html`<${OneInbox} key=${one.id} one=${one} />`;
  return html`
    <${Title} title=${t("settings.inboxes")} hint=${t("inboxes.hint")} add=${may("inboxes:admin") ? t("inboxes.add") : ""} onAdd=${() => lay({ title: t("inboxes.add"), body: NewInbox })} />
    <ul class="plain-list cards">${inboxes.value.map((each) => html`<li key=${each.id}><a class="card-row" href=${address("settings", "inboxes", each.id)}>
      <${Icon} name=${glyph(each.channel)} /><span class="grow"><strong>${each.name}</strong><span class="quiet">${word("channel", each.channel)}</span></span><${State} one=${each} /><${Icon} name="chevron-right" />
    </a></li>`)}</ul>
    ${inboxes.value.length ? "" : html`<p class="hint">${t("inboxes.none")}</p>`}
  `;
}

/** @param {{one: any}} props */
const State = ({ one }) => html`<span class="badge state-${one.state}">${word("inbox", one.state)}</span>`;

/** @param {{one: any}} props */
function OneInbox({ one }) {
  const admin = may("inboxes:admin");
  return html`
    <header class="settings-head"><a class="icon-button" href=${address("settings", "inboxes")} aria-label=${t("settings.inboxes")}><${Icon} name="arrow-left" /></a>
      <div class="grow"><h2>${one.name}</h2><p class="quiet">${word("channel", one.channel)} · ${t("inboxes.since", { time: shortMoment(one.state_at) })}</p></div><${State} one=${one} /></header>
    ${one.detail ? html`<div class="notice-box ${one.state === "open" ? "" : "bad-box"}"><p>${one.detail}</p>${one.remedy ? html`<p class="quiet">${linked(one.remedy)}</p>` : ""}</div>` : ""}
    ${admin ? html`<${Check} one=${one} />` : ""}
    ${one.urls.chat ? html`<section><h3>${t("inboxes.embed")}</h3><p class="quiet">${t("inboxes.embedHint")}</p><${Copy} long label=${t("inboxes.snippet")} text=${snippet(one)} /><p><a href=${one.urls.chat} target="_blank" rel="noopener">${t("inboxes.tryChat")} <${Icon} name="external-link" /></a></p></section>` : ""}
    ${one.urls.webhook && !SELF_MADE.includes(one.channel) ? html`<section><h3>${t("inboxes.addresses")}</h3><p class="quiet">${t("inboxes.addressesHint")}</p><${Copy} label=${t("inboxes.webhook")} text=${one.urls.webhook} />${one.urls.status ? html`<${Copy} label=${t("inboxes.status")} text=${one.urls.status} />` : ""}</section>` : ""}
    ${admin && one.settings ? html`<section><h3>${t("inboxes.settings")}</h3><${Change} one=${one} /></section>` : ""}
  `;
}

/** Channels that tell their provider themselves where they are. */
const SELF_MADE = ["telegram"];

/** The line that puts the chat on a page. @param {any} one */
const snippet = (one) => `<script async src="${one.urls.chat.replace(/\/?$/, "/")}widget.js"></script>`;

/** The inbox that has just been set up or changed: it is tried without being asked. */
const fresh = signal("");

/** @param {{one: any}} props */
function Check({ one: { id, state_at: since } }) {
  const [findings, setFindings] = useState(/** @type {any[] | null} */ (null));
  const [busy, setBusy] = useState(false);
  const check = async () => {
    setBusy(true);
    await call("POST", `/inboxes/${id}/test`, {}).then((answer) => setFindings(answer.findings)).catch(complain);
    setBusy(false);
  };
  useEffect(() => {
    if (fresh.value !== id) return;
    fresh.value = "";
    check();
  }, [id, since, fresh.value]);
  return html`<section>
    <button disabled=${busy} onClick=${check}><${Icon} name="circle-check" />${t(busy ? "inboxes.checking" : "inboxes.check")}</button>
    ${findings ? html`<ul class="plain-list findings" aria-live="polite">${findings.map((each) => html`<li class="finding ${each.level}"><${Icon} name=${each.level === "ok" ? "check" : "triangle-alert"} label=${word("finding", each.level)} /><span><span>${each.what}</span>${each.remedy ? html`<span class="quiet why">${linked(each.remedy)}</span>` : ""}</span></li>`)}</ul>` : ""}
  </section>`;
}

function useChannels() {
  const [list, setList] = useState(/** @type {any[]} */ ([]));
  useEffect(() => void call("GET", "/channels").then((answer) => setList(answer.items)).catch(complain), []);
  return list;
}

/** @param {{one: any}} props */
function Change({ one }) {
  const channel = useChannels().find((each) => each.name === one.channel);
  const [saved, setSaved] = useState(false);
  if (!channel) return null;
  const known = worded(one.channel, fields(channel.settings));
  /** @param {any} given */
  const submit = async (given) => {
    setSaved(false);
    await call("PATCH", `/inboxes/${one.id}`, { name: given["inbox-name"], enabled: given["inbox-enabled"], reopen_days: Number(given["inbox-reopen"]), settings: fromForm(known, given, one.settings) });
    await loadInboxes();
    fresh.value = one.id;
    setSaved(true);
  };
  return html`<${Form} submit=${submit} start=${{ "inbox-name": one.name, "inbox-enabled": one.enabled, "inbox-reopen": String(one.reopen_days), ...toForm(known, one.settings) }}>
    <${Field} name="inbox-name" label=${t("inboxes.name")} required />
    <${Field} name="inbox-enabled" type="checkbox" label=${t("inboxes.enabled")} />
    <${Field} name="inbox-reopen" type="number" min="0" max="3650" required label=${t("inboxes.reopen")} hint=${t("inboxes.reopenHint")} />
    <${SchemaFields} channel=${one.channel} known=${known} stored=${one.settings} />
    ${saved ? html`<p class="good" role="status">${t("form.saved")}</p>` : ""}
  <//>`;
}

function NewInbox() {
  const channels = useChannels();
  const [chosen, setChosen] = useState("");
  const [provider, setProvider] = useState("");
  const channel = channels.find((each) => each.name === (chosen || channels[0]?.name));
  if (!channel) return null;
  const known = worded(channel.name, fields(channel.settings));
  /** @param {any} given */
  const submit = async (given) => {
    const made = await call("POST", "/inboxes", { channel: channel.name, name: given["inbox-name"], settings: fromForm(known, given, null) });
    fresh.value = made.id;
    await loadInboxes();
    fold();
    go("settings", "inboxes", made.id);
  };
  return html`
    <div class="tiles channels" role="group" aria-label=${t("inboxes.channel")}>${channels.map((each) => html`<button type="button" class="tile" aria-pressed=${each === channel ? "true" : "false"} onClick=${() => setChosen(each.name)}><${Icon} name=${glyph(each.name)} />${word("channel", each.name)}</button>`)}</div>
    <${Form} key=${channel.name} submit=${submit} label=${t("inboxes.add")} start=${{ "inbox-name": word("channel", channel.name), ...toForm(known, null) }}>
      <${Guide} channel=${channel.name} chosen=${provider} choose=${setProvider} />
      <${Field} name="inbox-name" label=${t("inboxes.name")} required />
      <${SchemaFields} channel=${channel.name} known=${known} stored=${null} open=${provider === "other"} />
    <//>`;
}
