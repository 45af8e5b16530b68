// @ts-check
/** One's own account: name, language, notifications, and how one signs in. */

import { html } from "../../vendor/htm-preact.js";
import { useState } from "../../vendor/preact-hooks.js";
import { call } from "../api.js";
import { chime } from "../notifications.js";
import { me } from "../session.js";
import { complain } from "../trouble.js";
import { languageName, LANGUAGES, speak, t } from "../words.js";
import { Field, Form } from "./form.js";
import { Title } from "./parts.js";
import { SecondFactor } from "./second-factor.js";
import { SignIns } from "./sign-ins.js";

const KINDS = ["mention", "assigned", "reply", "team"];
/** Who can do something about the hub's trouble hears of it. */
const kinds = () => (alerted() ? [...KINDS, "alert"] : KINDS);
const alerted = () => ["administrator", "supervisor"].includes(me.value.role);
const WAYS = ["page", "browser", "sound"];

export function Profile() {
  return html`
    <${Title} title=${t("settings.profile")} />
    <${Person} />
    ${me.value.notify ? html`<${Notify} />` : ""}
    ${alerted() ? html`<${Alerts} />` : ""}
    <${Password} />
    <${SecondFactor} />
    <${SignIns} />
  `;
}

function Person() {
  /** @param {any} given */
  const submit = async (given) => {
    me.value = { ...me.value, ...(await call("PATCH", "/me", given)) };
    await speak(me.value.locale ?? "");
    me.value = { ...me.value };
    // The words of the whole page are others now.
    location.reload();
  };
  return html`<${Form} calm submit=${submit} start=${{ name: me.value.name, locale: me.value.locale ?? "" }}>
    <${Field} name="name" label=${t("operators.name")} hint=${t("operators.nameHint")} required />
    <${Field} name="locale" label=${t("profile.language")} options=${[["", t("profile.browser")], ...LANGUAGES.map((tag) => [tag, languageName(tag, tag)])]} />
  <//>`;
}

function Notify() {
  const wanted = me.value.notify;
  /** @param {string} kind @param {string} way */
  const toggle = async (kind, way) => {
    const ways = wanted[kind] ?? [];
    const next = ways.includes(way) ? ways.filter((/** @type {string} */ one) => one !== way) : [...ways, way];
    if (way === "browser" && next.includes(way)) await Notification.requestPermission();
    if (way === "sound" && next.includes(way)) chime();
    me.value = { ...me.value, ...(await call("PATCH", "/me", { notify: { ...wanted, [kind]: next } })) };
  };
  return html`<section><h3>${t("notify.title")}</h3>
    <div class="table-frame" tabindex="0" role="group" aria-label=${t("notify.title")}><table class="notify"><thead><tr><th><span class="unseen">${t("notify.what")}</span></th>${WAYS.map((way) => html`<th>${t(`notify.${way}`)}</th>`)}</tr></thead>
      <tbody>${kinds().map((kind) => html`<tr key=${kind}><th>${t(`notify.kind.${kind}`)}</th>${WAYS.map((way) => html`<td><input type="checkbox" aria-label=${`${t(`notify.kind.${kind}`)}: ${t(`notify.${way}`)}`} checked=${(wanted[kind] ?? []).includes(way)} onChange=${() => toggle(kind, way).catch(complain)} /></td>`)}</tr>`)}</tbody></table></div>
  </section>`;
}

function Alerts() {
  const [said, setSaid] = useState("");
  /** @param {any} given */
  const submit = async (given) => {
    setSaid("");
    me.value = { ...me.value, ...(await call("PATCH", "/me", given)) };
  };
  const attempt = async () => {
    const { outcome, detail } = await call("POST", "/me/alert-test");
    setSaid(outcome === "sent" ? t("alerts.sent") : t("alerts.notSent", { detail }));
  };
  return html`<section><h3>${t("alerts.title")}</h3>
    <${Form} calm submit=${submit} start=${{ alert_to: me.value.alert_to ?? "" }}>
      <${Field} name="alert_to" label=${t("alerts.to")} hint=${t("alerts.toHint")} />
    <//>
    ${me.value.alert_to ? html`<p><button onClick=${() => attempt().catch(complain)}>${t("alerts.try")}</button> <span role="status">${said}</span></p>` : ""}
  </section>`;
}

function Password() {
  const [done, setDone] = useState(false);
  /** @param {any} given */
  const submit = async (given) => {
    await call("POST", "/me/password", given);
    setDone(true);
  };
  return html`<section><h3>${t("profile.password")}</h3>
    ${done ? html`<p class="good" role="status">${t("profile.passwordDone")}</p>` : html`<${Form} submit=${submit} label=${t("profile.passwordChange")} start=${{ current: "", password: "" }}>
      <${Field} name="current" label=${t("profile.current")} type="password" required autocomplete="current-password" />
      <${Field} name="password" label=${t("profile.new")} type="password" required autocomplete="new-password" minlength="12" hint=${t("profile.passwordHint")} />
    <//>`}
  </section>`;
}
