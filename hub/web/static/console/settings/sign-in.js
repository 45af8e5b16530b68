// @ts-check
/** What is demanded of everybody who signs in. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { call } from "../api.js";
import { operators } from "../session.js";
import { complain } from "../trouble.js";
import { t } from "../words.js";
import { Field, Form } from "./form.js";
import { Title } from "./parts.js";

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
    <//>` : ""}`;
}
