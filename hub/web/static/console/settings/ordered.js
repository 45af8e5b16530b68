// @ts-check
/** Some of a list in an order of one's own, the most wanted first: what of it is left out comes after. */

import { html } from "../../vendor/htm-preact.js";
import { Icon } from "../shell/icon.js";
import { t } from "../words.js";
import { useGiven } from "./form.js";

/** @param {{name: string, label: string, hint?: string, options: [string, string, string][]}} props options: code, word, icon */
export function Ordered({ name, label, hint = "", options }) {
  const { given, setGiven } = useGiven();
  /** @type {string[]} */
  const chosen = given[name];
  const known = new Map(options.map((one) => [one[0], one]));
  const rest = options.filter(([code]) => !chosen.includes(code));
  const set = (/** @type {string[]} */ next) => setGiven({ ...given, [name]: next });
  /** @param {number} at */
  const raise = (at) => set(chosen.toSpliced(at - 1, 2, chosen[at], chosen[at - 1]));
  return html`<fieldset class="field"><legend>${label}</legend>${hint ? html`<p class="quiet">${hint}</p>` : ""}
    ${chosen.length ? html`<ol class="ordered">${chosen.map((code, at) => {
      const [, word, icon] = known.get(code) ?? [code, code, "circle-dot"];
      return html`<li key=${code}><span class="quiet rank">${at + 1}</span><${Icon} name=${icon} /><span class="grow">${word}</span>
        ${at ? html`<button type="button" class="icon-button" onClick=${() => raise(at)} aria-label=${t("ordered.raise", { name: word })} title=${t("ordered.raise", { name: word })}><${Icon} name="arrow-up" /></button>` : ""}
        <button type="button" class="icon-button" onClick=${() => set(chosen.filter((one) => one !== code))} aria-label=${t("ordered.leaveOut", { name: word })} title=${t("ordered.leaveOut", { name: word })}><${Icon} name="x" /></button></li>`;
    })}</ol>` : ""}
    ${rest.length ? html`<p class="buttons">${rest.map(([code, word, icon]) => html`<button type="button" key=${code} onClick=${() => set([...chosen, code])} aria-label=${t("ordered.add", { name: word })}><${Icon} name=${icon} />${word}</button>`)}</p>` : ""}
  </fieldset>`;
}
