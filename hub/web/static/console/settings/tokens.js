// @ts-check
/** The keys of programs: shown once, taken back at any time. */

import { html } from "../../vendor/htm-preact.js";
import { useState } from "../../vendor/preact-hooks.js";
import { all, call } from "../api.js";
import { now } from "../session.js";
import { Icon } from "../shell/icon.js";
import { fold, lay } from "../shell/sheet.js";
import { complain } from "../trouble.js";
import { ago, capital, listed, t, uncapital, word } from "../words.js";
import { Field, Form, Several } from "./form.js";
import { Copy, Title, useList } from "./parts.js";

const SCOPES = ["messages:read", "messages:write", "customers:read", "customers:write", "orders:write", "inboxes:admin", "rules:admin", "shared:write", "admin"];

export function Tokens() {
  const [list, again] = useList(() => all("/tokens"));
  const [asking, setAsking] = useState("");
  /** @param {any} one */
  const revoke = async (one) => {
    await call("DELETE", `/tokens/${one.id}`);
    await again();
  };
  const alive = (list ?? []).filter((one) => !one.revoked_at);
  return html`
    <${Title} title=${t("settings.tokens")} hint=${t("tokens.hint")} add=${t("tokens.add")} onAdd=${() => lay({ title: t("tokens.add"), body: () => html`<${NewToken} again=${again} />` })} />
    <ul class="plain-list cards">${alive.map((one) => html`<li key=${one.id} class="card-row token">
      <${Icon} name="key-round" /><span class="grow"><strong>${one.name}</strong><span class="quiet">${capital(listed(one.scopes.map((/** @type {string} */ scope) => uncapital(word("scope", scope)))))}</span></span>
      <span class="quiet">${used(one)}</span>
      ${asking === one.id ? html`<button class="danger" onClick=${() => revoke(one).catch(complain)}>${t("tokens.sure")}</button>` : html`<button onClick=${() => setAsking(one.id)}>${t("tokens.revoke")}</button>`}
    </li>`)}</ul>
    ${list && !alive.length ? html`<p class="hint">${t("tokens.none")}</p>` : ""}
  `;
}

/** @param {any} one */
function used(one) {
  if (!one.last_used_at) return t("tokens.unused");
  const time = ago(one.last_used_at, now.value);
  return time === t("time.now") ? t("tokens.usedNow") : t("tokens.used", { time });
}

/** @param {{again: () => Promise<void>}} props */
function NewToken({ again }) {
  const [made, setMade] = useState(/** @type {any} */ (null));
  if (made) return html`<p>${t("tokens.once")}</p><${Copy} label=${made.name} text=${made.token} /><div class="actions"><button class="main" onClick=${fold}>${t("form.done")}</button></div>`;
  /** @param {any} given */
  const submit = async (given) => {
    setMade(await call("POST", "/tokens", given));
    await again();
  };
  return html`<${Form} submit=${submit} label=${t("tokens.add")} start=${{ name: "", system: "", scopes: ["messages:read"] }}>
    <${Field} name="name" label=${t("tokens.name")} required />
    <${Field} name="system" label=${t("tokens.system")} hint=${t("tokens.systemHint")} />
    <${Several} name="scopes" label=${t("tokens.scopes")} options=${SCOPES.map((scope) => [scope, t(`scope.${scope}`)])} />
  <//>`;
}
