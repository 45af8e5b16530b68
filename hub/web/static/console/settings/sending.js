// @ts-check
/** How the installation sends of its own accord: which channels first, when not, and how much is too much. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { call } from "../api.js";
import { inboxes } from "../session.js";
import { complain } from "../trouble.js";
import { t, word } from "../words.js";
import { Field, Form } from "./form.js";
import { Title } from "./parts.js";

const CAPPED = ["reminder", "marketing", "survey"];

export function Sending() {
  const [kept, setKept] = useState(/** @type {any} */ (null));
  const [saved, setSaved] = useState(false);
  useEffect(() => void call("GET", "/settings/sending").then(setKept).catch(complain), []);
  if (!kept) return html`<${Title} title=${t("settings.sending")} hint=${t("sending.hint")} />`;
  const channels = [...new Set([...kept.channels, ...inboxes.value.map((one) => one.channel)])];
  const places = channels.map((_, index) => `place-${index}`);
  /** @param {any} given */
  const submit = async (given) => {
    setSaved(false);
    const caps = Object.fromEntries(CAPPED.filter((purpose) => given[`most-${purpose}`] > 0).map((purpose) => [purpose, { most: given[`most-${purpose}`], days: given[`days-${purpose}`] || 30 }]));
    const others = Object.fromEntries(Object.entries(kept.caps).filter(([purpose]) => !CAPPED.includes(purpose)));
    setKept(await call("PATCH", "/settings/sending", {
      channels: [...new Set(places.map((place) => given[place]).filter(Boolean))],
      quiet: given.quiet ? { from: given.from, until: given.until } : null,
      time_zone: given.time_zone,
      caps: { ...others, ...caps },
    }));
    setSaved(true);
  };
  const start = {
    ...Object.fromEntries(places.map((place, index) => [place, kept.channels[index] ?? ""])),
    quiet: Boolean(kept.quiet), from: kept.quiet?.from ?? "22:00", until: kept.quiet?.until ?? "08:00", time_zone: kept.time_zone,
    ...Object.fromEntries(CAPPED.flatMap((purpose) => [[`most-${purpose}`, kept.caps[purpose]?.most ?? 0], [`days-${purpose}`, kept.caps[purpose]?.days ?? 30]])),
  };
  const zones = ["", ...new Set([...Intl.supportedValuesOf("timeZone"), kept.time_zone].filter(Boolean))];
  return html`
    <${Title} title=${t("settings.sending")} hint=${t("sending.hint")} />
    <${Form} submit=${submit} start=${start}>
      <fieldset class="field"><legend>${t("sending.channels")}</legend><p class="quiet">${t("sending.channelsHint")}</p>
        <div class="rule-parts">${places.map((place, index) => html`<div class="rule-part" key=${place}><${Field} name=${place} label=${t("sending.place", { number: index + 1 })} options=${[["", t("sending.any")], ...channels.map((one) => [one, word("channel", one)])]} /></div>`)}</div></fieldset>
      <fieldset class="field"><legend>${t("sending.quiet")}</legend><p class="quiet">${t("sending.quietHint")}</p>
        <${Field} name="quiet" type="checkbox" label=${t("sending.quietOn")} />
        <div class="rule-parts"><div class="rule-part"><${Field} name="from" type="time" label=${t("sending.from")} /></div><div class="rule-part"><${Field} name="until" type="time" label=${t("sending.until")} /></div>
          <div class="rule-part"><${Field} name="time_zone" label=${t("sending.zone")} options=${zones.map((zone) => [zone, zone || "UTC"])} /></div></div></fieldset>
      <fieldset class="field"><legend>${t("sending.caps")}</legend><p class="quiet">${t("sending.capsHint")}</p>
        ${CAPPED.map((purpose) => html`<div class="rule-parts" key=${purpose}><div class="rule-part"><${Field} name=${`most-${purpose}`} type="number" min="0" max="1000" label=${t("sending.most", { purpose: t(`purpose.${purpose}`) })} /></div><div class="rule-part"><${Field} name=${`days-${purpose}`} type="number" min="1" max="365" label=${t("sending.days")} /></div></div>`)}</fieldset>
      ${saved ? html`<p class="good" role="status">${t("form.saved")}</p>` : ""}
    <//>`;
}
