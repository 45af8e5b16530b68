// @ts-check
/** The browsers one is signed in with: one ended, or all but this one. */

import { html } from "../../vendor/htm-preact.js";
import { call } from "../api.js";
import { now } from "../session.js";
import { complain } from "../trouble.js";
import { ago, moment, t } from "../words.js";
import { useList } from "./parts.js";

/** What a browser calls itself, the first that fits: Edge and Opera say Chrome too, and all say Safari. @type {[string, RegExp][]} */
const BROWSERS = [["Edge", /Edg/], ["Opera", /OPR\//], ["Yandex", /YaBrowser/], ["Firefox", /Firefox|FxiOS/], ["Chrome", /Chrome|CriOS/], ["Safari", /Safari/]];
/** @type {[string, RegExp][]} */
const SYSTEMS = [["iPhone", /iPhone/], ["iPad", /iPad/], ["Android", /Android/], ["Windows", /Windows/], ["macOS", /Mac OS X/], ["Linux", /Linux/]];

/** "Firefox, Windows"; what nobody knows is shown as it calls itself. @param {string} agent */
export function device(agent) {
  const named = [BROWSERS, SYSTEMS].map((kinds) => kinds.find(([, sign]) => sign.test(agent))?.[0]);
  return named.filter(Boolean).join(", ") || agent;
}

export function SignIns() {
  const [list, again] = useList(async () => (await call("GET", "/me/sign-ins")).items);
  /** @param {string} path */
  const end = async (path) => {
    await call("DELETE", path);
    await again();
  };
  return html`<section><h3>${t("profile.signIns")}</h3><ul class="plain-list cards">${(list ?? []).map((one) => html`<li key=${one.id} class="card-row">
      <span class="grow" title=${one.user_agent}>${device(one.user_agent) || t("profile.unknownDevice")}<span class="quiet">${one.address} · ${t("profile.since", { time: moment(one.created_at) })}</span></span>
      ${one.current ? html`<span class="badge">${t("profile.this")}</span>` : html`<span class="quiet">${ago(one.seen_at, now.value)}</span><button onClick=${() => end(`/me/sign-ins/${one.id}`).catch(complain)}>${t("profile.end")}</button>`}
    </li>`)}</ul>
    ${list && list.length > 1 ? html`<div class="buttons"><button onClick=${() => end("/me/sign-ins").catch(complain)}>${t("profile.endOthers")}</button></div>` : ""}</section>`;
}
