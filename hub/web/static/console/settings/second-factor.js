// @ts-check
/** A code from the phone beside the password: set up, confirmed, replaced, switched off. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { base, call } from "../api.js";
import { fold, lay } from "../shell/sheet.js";
import { complain } from "../trouble.js";
import { shortMoment, t } from "../words.js";
import { Field, Form } from "./form.js";
import { Copy } from "./parts.js";

const PATH = "/me/second-factor";
const FEW = 3;

export function SecondFactor() {
  const [standing, setStanding] = useState(/** @type {any} */ (null));
  const look = () => call("GET", PATH).then(setStanding).catch(complain);
  useEffect(() => void look(), []);
  const done = () => {
    fold();
    look();
  };
  if (!standing) return html`<section><h3>${t("factor.title")}</h3></section>`;
  const left = standing.recovery_codes;
  return html`<section><h3>${t("factor.title")}</h3>
    ${standing.confirmed_at ? html`
      <p>${t("factor.on", { time: shortMoment(standing.confirmed_at) })} <span class=${left <= FEW ? "bad" : "quiet"}>${t("factor.left", { count: left })}</span></p>
      <div class="buttons"><button onClick=${() => lay({ title: t("factor.newCodes"), body: () => html`<${NewCodes} done=${done} />` })}>${t("factor.newCodes")}</button>
        <button onClick=${() => lay({ title: t("factor.off"), body: () => html`<${Remove} done=${done} demanded=${standing.demanded} />` })}>${t("factor.off")}</button></div>`
    : html`<p class="quiet">${t("factor.hint")}</p>
      <div class="buttons"><button onClick=${() => lay({ title: t("factor.title"), body: () => html`<${Enrol} done=${done} />` })}>${t("factor.setUp")}</button></div>`}
  </section>`;
}

/** The password, the picture and its first code, the recovery codes. @param {{done: () => void}} props */
export function Enrol({ done }) {
  const [begun, setBegun] = useState(/** @type {any} */ (null));
  const [codes, setCodes] = useState(/** @type {string[] | null} */ (null));
  if (codes) return html`<${Codes} codes=${codes} done=${done} />`;
  if (begun) {
    return html`<p>${t("factor.scan")}</p><img class="code-picture" src=${begun.picture} alt=${t("factor.picture")} width="200" height="200" /><${Copy} label=${t("factor.typed")} text=${begun.secret} />
      <${Form} key="code" submit=${async (/** @type {any} */ given) => setCodes((await call("POST", `${PATH}/confirm`, given)).recovery_codes)} label=${t("factor.confirm")} start=${{ code: "" }}><${Code} hint=${t("factor.firstCode")} /><//>`;
  }
  return html`<p>${t("factor.need")}</p>
    <${Form} key="password" submit=${async (/** @type {any} */ given) => setBegun(await call("POST", PATH, given))} label=${t("factor.next")} start=${{ password: "" }}><${Password} /><//>`;
}

/** @param {{done: () => void}} props */
function NewCodes({ done }) {
  const [codes, setCodes] = useState(/** @type {string[] | null} */ (null));
  if (codes) return html`<${Codes} codes=${codes} done=${done} />`;
  return html`<p>${t("factor.newCodesHint")}</p>
    <${Form} submit=${async (/** @type {any} */ given) => setCodes((await call("POST", `${PATH}/recovery-codes`, given)).recovery_codes)} label=${t("factor.newCodes")} start=${{ password: "", code: "" }}><${Password} /><${Code} hint=${t("factor.codeHint")} /><//>`;
}

/** @param {{done: () => void, demanded: boolean}} props */
function Remove({ done, demanded }) {
  /** @param {any} given */
  const submit = async (given) => {
    await call("POST", `${PATH}/remove`, given);
    done();
  };
  return html`<p>${t(demanded ? "factor.offDemanded" : "factor.offHint")}</p>
    <${Form} submit=${submit} label=${t("factor.off")} start=${{ password: "", code: "" }}><${Password} /><${Code} hint=${t("factor.codeHint")} /><//>`;
}

/** What stands in for the phone, shown this once. @param {{codes: string[], done: () => void}} props */
const Codes = ({ codes, done }) => html`<p>${t("factor.codes")}</p><${Copy} label=${t("factor.recovery")} text=${codes.join("\n")} long />
  <div class="actions"><button class="main" onClick=${done}>${t("factor.kept")}</button></div>`;

const Password = () => html`<${Field} id="factor-password" name="password" label=${t("profile.current")} type="password" autocomplete="current-password" />`;
/** @param {{hint: string}} props */
const Code = ({ hint }) => html`<${Field} id="factor-code" name="code" label=${t("factor.code")} hint=${hint} required autocomplete="one-time-code" autocapitalize="none" spellcheck=${false} maxlength="100" />`;

/** All there is for who has yet to set up what everybody must have. */
export const Confined = () => html`<main class="confined"><h1>${t("factor.title")}</h1><p>${t("factor.demanded")}</p><${Enrol} done=${() => location.reload()} />
  <form method="post" action=${`${base}/sign-out`}><button class="plain">${t("nav.signOut")}</button></form></main>`;
