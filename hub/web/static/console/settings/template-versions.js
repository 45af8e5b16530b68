// @ts-check
/** What a template said before: who wrote it, and a way to bring it back. */

import { html } from "../../vendor/htm-preact.js";
import { call } from "../api.js";
import { colleagues } from "../session.js";
import { fold } from "../shell/sheet.js";
import { language, shortMoment, t } from "../words.js";
import { useList } from "./parts.js";

/** @param {{name: string, now: number, take: (template: any) => void}} props */
export function Versions({ name, now, take }) {
  const [list] = useList(async () => (await call("GET", `/templates/${name}/versions`)).items);
  /** @param {any} one */
  const back = (one) => (take(one.template), fold());
  return html`<ul class="plain-list">${(list ?? []).map((one) => html`<li key=${one.version} class="item">
    <span class="grow"><strong>${one.version ? t("templates.version", { version: one.version }) : t("templates.asShipped")}</strong> <span class="quiet">${one.at ? shortMoment(one.at) : ""} ${colleagues.value.find((each) => each.id === one.by)?.name ?? ""}</span><span class="quiet one-line">${said(one.template)}</span></span>
    ${one.version === now ? html`<span class="badge">${t("templates.current")}</span>` : html`<button onClick=${() => back(one)}>${t("templates.back")}</button>`}
  </li>`)}</ul>`;
}

/** @param {any} template */
const said = (template) => (template.locales[language] ?? Object.values(template.locales)[0])?.text ?? "";
