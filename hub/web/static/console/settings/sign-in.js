// @ts-check
/** How everybody signs in: what is demanded of them, and the company's own provider. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { call } from "../api.js";
import { operators } from "../session.js";
import { complain } from "../trouble.js";
import { t } from "../words.js";
import { Field, Form } from "./form.js";
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
    ${kept ? html`<${Form} submit=${submit} start=${{ second_factor: kept.second_factor }}>
      <${Field} name="second_factor" type="checkbox" label=${t("signIn.demand")} hint=${`${t("signIn.demandHint")} ${t("signIn.without", { count: without })}`} />
      ${saved ? html`<p class="good" role="status">${t("form.saved")}</p>` : ""}
    <//>` : ""}
    <${Provider} />`;
}

/** The company's own accounts, over OpenID Connect. */
function Provider() {
  const [kept, setKept] = useState(/** @type {any} */ (null));
  const [saved, setSaved] = useState(false);
  useEffect(() => void call("GET", "/settings/oidc").then(setKept).catch(complain), []);
  if (!kept) return null;
  /** @param {any} given */
  const submit = async (given) => {
    setSaved(false);
    const { client_secret, domains, newcomers, ...rest } = given;
    setKept(await call("PATCH", "/settings/oidc", { ...rest, ...(client_secret ? { client_secret } : {}), domains: domains.split(/[\s,;]+/).filter(Boolean), newcomers: newcomers || null }));
    setSaved(true);
  };
  const start = { issuer: kept.issuer, client_id: kept.client_id, client_secret: "", label: kept.label, domains: kept.domains.join(", "), newcomers: kept.newcomers ?? "", vouches: kept.vouches };
  return html`<section><h3>${t("oidc.title")}</h3><p class="quiet">${t("oidc.hint")}</p>
    <${Copy} label=${t("oidc.back")} text=${kept.redirect_uri} />
    <${Form} submit=${submit} start=${start}>
      <${Field} name="issuer" label=${t("oidc.issuer")} hint=${t("oidc.issuerHint")} />
      <${Field} name="client_id" label=${t("oidc.client")} />
      <${Field} name="client_secret" type="password" autocomplete="off" label=${t("oidc.secret")} hint=${kept.has_secret ? t("oidc.secretKept") : ""} />
      <${Field} name="label" label=${t("oidc.label")} hint=${t("oidc.labelHint")} maxlength="60" />
      <${Field} name="domains" label=${t("oidc.domains")} hint=${t("oidc.domainsHint")} />
      <${Field} name="newcomers" label=${t("oidc.newcomers")} options=${[["", t("oidc.nobody")], ...ROLES.map((role) => [role, `${t(`role.${role}`)}: ${t(`role.${role}.may`)}`])]} />
      <${Field} name="vouches" type="checkbox" label=${t("oidc.vouches")} hint=${t("oidc.vouchesHint")} />
      ${saved ? html`<p class="good" role="status">${t("form.saved")}</p>` : ""}
    <//></section>`;
}
