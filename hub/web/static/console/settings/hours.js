// @ts-check
/** Business hours: weeks with holidays, and the inboxes and teams that have hours of their own. */

import { html } from "../../vendor/htm-preact.js";
import { call } from "../api.js";
import { inboxes, may, teams } from "../session.js";
import { Icon } from "../shell/icon.js";
import { fold, lay } from "../shell/sheet.js";
import { complain, offerUndo } from "../trouble.js";
import { shortMoment, t, weekday } from "../words.js";
import { Field, Form, Several, useGiven } from "./form.js";
import { Title, useList } from "./parts.js";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const WORK = DAYS.slice(0, 5);
/** @type {[() => string, any[]][]} */
const PRESETS = [
  [() => t("hours.presetWork"), [{ days: WORK, from: "09:00", until: "18:00" }]],
  [() => t("hours.presetDaily"), [{ days: DAYS, from: "09:00", until: "21:00" }]],
  [() => t("hours.presetAlways"), [{ days: DAYS, from: "00:00", until: "24:00" }]],
];

export function Hours() {
  const admin = may("admin");
  const [list, again] = useList(async () => (await call("GET", "/business-hours?limit=100")).items);
  /** @param {any} one */
  const edit = (one) => lay({ title: one ? t("hours.change", { name: one.name }) : t("hours.add"), wide: true, body: () => html`<${Edit} one=${one} first=${!list?.length} again=${again} />` });
  /** @param {any} one */
  const remove = async (one) => {
    await call("DELETE", `/business-hours/${one.id}`);
    await again();
    offerUndo(t("hours.removed", { name: one.name }), async () => {
      await call("POST", "/business-hours", body(one));
      await again();
    });
  };
  return html`
    <${Title} title=${t("settings.hours")} hint=${t("hours.hint")} add=${admin ? t("hours.add") : ""} onAdd=${() => edit(null)} />
    <ul class="plain-list cards">${(list ?? []).map((one) => html`<li key=${one.id} class="card-row">
      <${Icon} name="clock" />
      <span class="grow"><strong>${one.name}</strong>${one.default ? html` <span class="quiet">(${t("hours.isDefault")})</span>` : ""}
        ${one.week.map((/** @type {any} */ each) => html`<span class="quiet">${inWords(each)}</span>`)}
        <span class="quiet">${one.time_zone} · ${now(one)}</span></span>
      ${admin ? html`
        <button class="icon-button" aria-label=${t("hours.change", { name: one.name })} onClick=${() => edit(one)}><${Icon} name="pencil" /></button>
        <button class="icon-button" aria-label=${t("hours.remove", { name: one.name })} onClick=${() => remove(one).catch(complain)}><${Icon} name="trash-2" /></button>` : ""}
    </li>`)}</ul>
    ${list && !list.length ? html`<p class="hint">${t("hours.none")}</p>` : ""}
  `;
}

/** @param {any} one */
function now(one) {
  if (one.open) return t("hours.open");
  return one.next_opening ? t("hours.closed", { until: shortMoment(one.next_opening) }) : t("hours.never");
}

/** "Mon–Fri 09:00–18:00": neighbours as a range. @param {any} each */
function inWords(each) {
  const places = each.days.map((/** @type {string} */ day) => DAYS.indexOf(day)).sort();
  const runs = /** @type {number[][]} */ ([]);
  for (const place of places) {
    const last = runs.at(-1);
    if (last && last[1] === place - 1) last[1] = place;
    else runs.push([place, place]);
  }
  const days = runs.map(([first, last]) => (first === last ? weekday(first) : `${weekday(first)}–${weekday(last)}`)).join(", ");
  return `${days} ${each.from}–${each.until}`;
}

/** What is sent back of what was shown. @param {any} one */
const body = ({ name, time_zone, week, holidays, default: isDefault, inboxes: own, teams: theirs }) => ({ name, time_zone, week, holidays, default: isDefault, inboxes: own, teams: theirs });

/** @param {{one: any, first: boolean, again: () => Promise<void>}} props */
function Edit({ one, first, again }) {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const start = one ? body(one) : { name: t("settings.hours"), time_zone: here, week: PRESETS[0][1], holidays: [], default: first, inboxes: [], teams: [] };
  const zones = [...new Set([...Intl.supportedValuesOf("timeZone"), start.time_zone])];
  /** @param {any} given */
  const submit = async (given) => {
    await (one ? call("PATCH", `/business-hours/${one.id}`, given) : call("POST", "/business-hours", given));
    await again();
    fold();
  };
  return html`<${Form} submit=${submit} start=${start}>
    <${Field} name="name" label=${t("hours.name")} required maxlength="200" />
    <${Field} name="time_zone" label=${t("hours.zone")} options=${zones.map((zone) => [zone, zone])} />
    <${Week} />
    <${Holidays} />
    <${Field} name="default" type="checkbox" label=${t("hours.default")} />
    <${Several} name="inboxes" label=${t("hours.inboxes")} options=${inboxes.value.map((each) => [each.id, each.name])} />
    ${teams.value.length ? html`<${Several} name="teams" label=${t("hours.teams")} options=${teams.value.map((each) => [each.id, each.name])} />` : ""}
  <//>`;
}

/** The lines of a list in the form, and how to change them. @param {string} name */
function useLines(name) {
  const { given, setGiven } = useGiven();
  const lines = given[name];
  const keep = (/** @type {any[]} */ next) => setGiven({ ...given, [name]: next });
  return {
    lines,
    keep,
    /** @param {number} place @param {any} changed */
    change: (place, changed) => keep(lines.map((/** @type {any} */ one, /** @type {number} */ at) => (at === place ? { ...one, ...changed } : one))),
    /** @param {number} place */
    drop: (place) => keep(lines.filter((/** @type {any} */ _, /** @type {number} */ at) => at !== place)),
  };
}

function Week() {
  const { lines, keep, change, drop } = useLines("week");
  /** @param {any} line @param {string} day */
  const toggled = (line, day) => DAYS.filter((one) => (one === day ? !line.days.includes(day) : line.days.includes(one)));
  return html`<fieldset class="field"><legend>${t("hours.week")}</legend>
    <div class="presets">${PRESETS.map(([words, week]) => html`<button type="button" key=${words()} onClick=${() => keep(week)}>${words()}</button>`)}</div>
    ${lines.map((/** @type {any} */ line, /** @type {number} */ place) => html`<div class="rule-parts" key=${place}>
      <div class="days" role="group" aria-label=${t("hours.days", { number: place + 1 })}>${DAYS.map((day, at) => html`<button type="button" key=${day} aria-pressed=${line.days.includes(day)} onClick=${() => change(place, { days: toggled(line, day) })}>${weekday(at)}</button>`)}</div>
      <label class="clock-part">${t("hours.from")}<input required pattern="([01][0-9]|2[0-3]):[0-5][0-9]" maxlength="5" value=${line.from} onInput=${(/** @type {any} */ event) => change(place, { from: event.target.value })} /></label>
      <label class="clock-part">${t("hours.until")}<input required pattern="([01][0-9]|2[0-4]):[0-5][0-9]" maxlength="5" value=${line.until} onInput=${(/** @type {any} */ event) => change(place, { until: event.target.value })} /></label>
      <button type="button" class="icon-button" aria-label=${t("hours.less", { number: place + 1 })} onClick=${() => drop(place)}><${Icon} name="x" /></button>
    </div>`)}
    <div><button type="button" onClick=${() => keep([...lines, { days: ["sat"], from: "10:00", until: "14:00" }])}><${Icon} name="plus" />${t("hours.more")}</button></div>
  </fieldset>`;
}

function Holidays() {
  const { lines, keep, change, drop } = useLines("holidays");
  return html`<fieldset class="field"><legend>${t("hours.holidays")}</legend>
    ${lines.map((/** @type {any} */ line, /** @type {number} */ place) => html`<div class="rule-parts" key=${place}>
      <label class="clock-part">${t("hours.holidayDate")}<input type="date" required value=${line.date} onInput=${(/** @type {any} */ event) => change(place, { date: event.target.value })} /></label>
      <label class="rule-part">${t("hours.holidayName")}<input maxlength="100" value=${line.name} onInput=${(/** @type {any} */ event) => change(place, { name: event.target.value })} /></label>
      <label class="check"><input type="checkbox" checked=${line.yearly} onChange=${(/** @type {any} */ event) => change(place, { yearly: event.target.checked })} /> ${t("hours.yearly")}</label>
      <button type="button" class="icon-button" aria-label=${t("hours.holidayLess", { number: place + 1 })} onClick=${() => drop(place)}><${Icon} name="x" /></button>
    </div>`)}
    <div><button type="button" onClick=${() => keep([...lines, { date: "", name: "", yearly: true }])}><${Icon} name="plus" />${t("hours.holidayMore")}</button></div>
  </fieldset>`;
}
