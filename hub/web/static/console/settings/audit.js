// @ts-check
/** Who changed what, when, from where. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { call, query } from "../api.js";
import { operatorName } from "../session.js";
import { complain } from "../trouble.js";
import { shortMoment, t, word } from "../words.js";
import { Title } from "./parts.js";

export function Audit() {
  const [list, setList] = useState(/** @type {any[]} */ ([]));
  const [next, setNext] = useState(/** @type {string | null} */ (null));
  /** @param {string | null} cursor */
  const load = async (cursor) => {
    const page = await call("GET", `/audit${query({ limit: 50, cursor })}`);
    setList((before) => [...before, ...page.items]);
    setNext(page.next);
  };
  useEffect(() => void load(null).catch(complain), []);
  return html`
    <${Title} title=${t("settings.audit")} hint=${t("audit.hint")} />
    <div class="table-frame" tabindex="0" role="group" aria-label=${t("settings.audit")}><table>
      <thead><tr><th>${t("audit.when")}</th><th>${t("audit.who")}</th><th>${t("audit.what")}</th><th class="less">${t("audit.where")}</th></tr></thead>
      <tbody>${list.map((one) => html`<tr key=${one.id}><td class="moment">${shortMoment(one.at)}</td><td>${operatorName(one.actor.id) || word("actor", one.actor.kind)}</td>
        <td>${word("audit-action", one.action)} <span class="quiet">${(one.detail?.changed ?? []).join(", ")}</span></td><td class="quiet less">${one.address}</td></tr>`)}</tbody>
    </table>
    ${next ? html`<p class="hint"><button onClick=${() => load(next).catch(complain)}>${t("list.more")}</button></p>` : ""}</div>
  `;
}
