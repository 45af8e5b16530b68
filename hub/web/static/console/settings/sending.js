// @ts-check
/** How the installation sends of its own accord: which channels first, when not, and how much is too much. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { call } from "../api.js";
import { inboxes } from "../session.js";
import { glyph } from "../shell/icon.js";
import { complain } from "../trouble.js";
import { t, word } from "../words.js";
import { Field, Form, useGiven } from "./form.js";
import { NIGHT, QuietFrom } from "./quiet-hours.js";
import { Ordered } from "./ordered.js";
import { Title } from "./parts.js";

const CAPPED = ["reminder", "marketing", "survey"];
const CAP_DAYS = 30;

/** Every channel there is an inbox of, and those that were chosen before. @param {string[]} more @returns {[string, string, string][]} */
export const channelsAnd = (more) => [...new Set([...more, ...inboxes.value.map((one) => one.channel)])].map((one) => [one, word("channel", one), glyph(one)]);

export function Sending() {
  const [kept, setKept] = useState(/** @type {any} */ (null));
  const [saved, setSaved] = useState(false);
  useEffect(() => void call("GET", "/settings/sending").then(setKept).catch(complain), []);
  if (!kept) return html`<${Title} title=${t("settings.sending")} hint=${t("sending.hint")} />`;
  /** @param {any} given */
  const submit = async (given) => {
    setSaved(false);
    const others = Object.fromEntries(Object.entries(kept.caps).filter(([purpose]) => !CAPPED.includes(purpose)));
    setKept(await call("PATCH", "/settings/sending", {
      channels: given.channels,
      quiet: given.quiet ? { from: given.from, until: given.until } : null,
      time_zone: given.time_zone,
      caps: { ...others, ...capsOf(given) },
    }));
    setSaved(true);
  };
  const start = {
    channels: kept.channels, quiet: Boolean(kept.quiet), ...(kept.quiet ?? NIGHT), time_zone: kept.time_zone,
    ...Object.fromEntries(CAPPED.flatMap((purpose) => [[`most-${purpose}`, kept.caps[purpose]?.most ?? ""], [`days-${purpose}`, kept.caps[purpose]?.days ?? CAP_DAYS]])),
  };
  const zones = ["", ...new Set([...Intl.supportedValuesOf("timeZone"), kept.time_zone].filter(Boolean))];
  return html`
    <${Title} title=${t("settings.sending")} hint=${t("sending.hint")} />
    <${Form} submit=${submit} start=${start}>
      <${Ordered} name="channels" label=${t("sending.channels")} hint=${t("sending.channelsHint")} options=${channelsAnd(kept.channels)} />
      <${QuietHours} />
      <${Field} name="time_zone" label=${t("sending.zone")} hint=${t("sending.zoneHint")} options=${zones.map((zone) => [zone, zone || "UTC"])} />
      <${Caps} />
      ${saved ? html`<p class="good" role="status">${t("form.saved")}</p>` : ""}
    <//>`;
}

/** Without a number there is no limit. @param {any} given */
const capsOf = (given) => Object.fromEntries(CAPPED.filter((purpose) => given[`most-${purpose}`] > 0)
  .map((purpose) => [purpose, { most: given[`most-${purpose}`], days: given[`days-${purpose}`] || CAP_DAYS }]));

function QuietHours() {
  const { given } = useGiven();
  return html`<fieldset class="field"><legend>${t("sending.quiet")}</legend><p class="quiet">${t("sending.quietHint")}</p>
    <${Field} name="quiet" type="checkbox" label=${t("sending.quietOn")} />
    ${given.quiet ? html`<${QuietFrom} />` : ""}</fieldset>`;
}

function Caps() {
  const { given, setGiven } = useGiven();
  /** @param {string} name @param {string} label @param {any} more */
  const cell = (name, label, more) => html`<input type="number" aria-label=${label} value=${given[name]} ...${more} onInput=${(/** @type {any} */ event) => setGiven({ ...given, [name]: event.target.value && event.target.valueAsNumber })} />`;
  return html`<fieldset class="field"><legend>${t("sending.caps")}</legend><p class="quiet">${t("sending.capsHint")}</p>
    <table class="caps"><thead><tr><td></td><th scope="col">${t("sending.limit")}</th><th scope="col">${t("sending.days")}</th></tr></thead>
      <tbody>${CAPPED.map((purpose) => {
        const name = t(`purpose.${purpose}`);
        return html`<tr key=${purpose}><th scope="row">${name}</th>
          <td>${cell(`most-${purpose}`, t("sending.most", { purpose: name }), { min: 1, max: 1000, placeholder: t("sending.unlimited") })}</td>
          <td>${cell(`days-${purpose}`, t("sending.daysOf", { purpose: name }), { min: 1, max: 365, required: Boolean(given[`most-${purpose}`]) })}</td></tr>`;
      })}</tbody></table></fieldset>`;
}
