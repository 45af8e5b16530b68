// @ts-check
/** How everybody signs in: what is demanded of them, and the company's own provider. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { call } from "../api.js";
import { me, operators } from "../session.js";
import { Icon } from "../shell/icon.js";
import { complain } from "../trouble.js";
import { t } from "../words.js";
import { Field, Form, useGiven } from "./form.js";
import { Copy, Title } from "./parts.js";

const ROLES = ["reader", "operator", "supervisor", "administrator"];

export function SignIn() {
  const [kept, setKept] = useState(/** @type {any} */ (null));
  const [saved, setSaved] = useState(false);
  useEffect(() => void call("GET", "/settings/sign-in").then(setKept).catch(complain), []);
  /** @param {any} given */
  const submit = async (given) => {
    setSaved(false);
    setKept(await call("PATCH", "/settings/sign-in", { second_factor: given.second_factor }));
    setSaved(true);
  };
  const without = operators.value.filter((one) => !one.disabled && !one.second_factor).length;
  return html`<${Title} title=${t("settings.sign-in")} />
    ${kept ? html`<${Form} calm submit=${submit} start=${{ second_factor: kept.second_factor }}>
      <${Field} name="second_factor" type="checkbox" label=${t("signIn.demand")} hint=${`${t("signIn.demandHint")} ${t("signIn.without", { count: without })}`} />
      ${saved ? html`<p class="good" role="status">${t("form.saved")}</p>` : ""}
    <//>` : ""}
    <${Provider} />`;
}

/** The company's own accounts, over OpenID Connect. */
function Provider() {
  const [kept, setKept] = useState(/** @type {any} */ (null));
  const [saved, setSaved] = useState(false);
  const [wished, setWished] = useState(false);
  useEffect(() => void call("GET", "/settings/oidc").then(setKept).catch(complain), []);
  if (!kept) return null;
  /** @param {any} given */
  const submit = async (given) => {
    setSaved(false);
    const { domains, newcomers, ...rest } = given;
    const wanted = { ...rest, domains: domains.split(/[\s,;]+/).filter(Boolean), newcomers: newcomers || null };
    setKept(await call("PATCH", "/settings/oidc", changes(wanted, { ...kept, client_secret: "", password: "", code: "" })));
    setSaved(true);
  };
  const start = { issuer: kept.issuer, client_id: kept.client_id, client_secret: "", label: kept.label, domains: kept.domains.join(", "), newcomers: kept.newcomers ?? "", vouches: kept.vouches, password: "", code: "" };
  const title = html`<h3>${t("oidc.title")}</h3><p class="quiet">${t("oidc.hint")}</p>`;
  if (!kept.issuer && !wished && !saved) return html`<section>${title}<p class="buttons"><button onClick=${() => setWished(true)}><${Icon} name="plus" />${t("oidc.connect")}</button></p></section>`;
  return html`<section>${title}
    <${Copy} label=${t("oidc.back")} text=${kept.redirect_uri} />
    <${Form} calm key=${`${kept.issuer} ${kept.vouches}`} submit=${submit} start=${start}>
      <${Field} name="issuer" label=${t("oidc.issuer")} hint=${t("oidc.issuerHint")} />
      <${Field} name="client_id" label=${t("oidc.client")} />
      <${Field} name="client_secret" type="password" autocomplete="off" label=${t("oidc.secret")} hint=${kept.has_secret ? t("oidc.secretKept") : ""} />
      <${Rest} kept=${kept} />
      <${Proof} kept=${kept} />
      ${saved ? html`<p class="good" role="status">${t("form.saved")}</p>` : ""}
    <//></section>`;
}

const REST = ["label", "domains", "newcomers", "vouches"];

/** What most companies leave as it is: folded, unless something of it is set or wrong. @param {{kept: any}} props */
function Rest({ kept }) {
  const { faults } = useGiven();
  const open = kept.label || kept.domains.length || kept.newcomers || kept.vouches || REST.some((name) => name in faults);
  return html`<details class="more-fields" open=${Boolean(open)}><summary>${t("schema.more")}</summary><div class="form">
    <${Field} name="label" label=${t("oidc.label")} hint=${t("oidc.labelHint")} maxlength="60" />
    <${Field} name="domains" label=${t("oidc.domains")} hint=${t("oidc.domainsHint")} />
    <${Field} name="newcomers" label=${t("oidc.newcomers")} options=${[["", t("oidc.nobody")], ...ROLES.map((role) => [role, `${t(`role.${role}`)}: ${t(`role.${role}.may`)}`])]} />
    <${Field} name="vouches" type="checkbox" label=${t("oidc.vouches")} hint=${t("oidc.vouchesHint")} />
  </div></details>`;
}

/** Only what differs is sent: what is left out follows the provider. @param {Record<string, any>} wanted @param {Record<string, any>} kept */
const changes = (wanted, kept) => Object.fromEntries(Object.entries(wanted).filter(([name, one]) => JSON.stringify(one) !== JSON.stringify(kept[name])));

/** Whom the hub believes is changed by who shows that it is really them. @param {{kept: any}} props */
function Proof({ kept }) {
  const { given } = useGiven();
  if (given.issuer === kept.issuer && given.vouches === kept.vouches) return null;
  const factor = operators.value.find((one) => one.id === me.value?.id)?.second_factor;
  return html`<${Field} name="password" type="password" autocomplete="current-password" label=${t("profile.current")} hint=${t("oidc.proofHint")} />
    ${factor ? html`<${Field} name="code" autocomplete="one-time-code" label=${t("factor.code")} hint=${t("factor.codeHint")} />` : ""}`;
}
