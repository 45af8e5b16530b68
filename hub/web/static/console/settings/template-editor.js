// @ts-check
/** One template: its words by language and channel, checked and shown as they are written. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { call } from "../api.js";
import { address, go } from "../route.js";
import { may } from "../session.js";
import { Icon } from "../shell/icon.js";
import { lay } from "../shell/sheet.js";
import { complain, lost, offerUndo } from "../trouble.js";
import { language, t, word } from "../words.js";
import { fieldName } from "./rule-fields.js";
import { Source } from "./template-source.js";
import { Preview } from "./template-preview.js";
import { Versions } from "./template-versions.js";
import { titleOf } from "./templates.js";

const CHANNELS = ["email", "sms", "telegram", "webchat"];
const LANGUAGES = ["en", "ru", "bg"];

/** @param {{name: string}} props */
export function TemplateEditor({ name }) {
  const [stored, setStored] = useState(/** @type {any} */ (null));
  const [draft, setDraft] = useState(/** @type {any} */ (null));
  const take = (/** @type {any} */ one) => (setStored(one), setDraft({ about: one.about, purpose: one.purpose, description: one.description, locales: one.locales, cases: one.cases }));
  useEffect(() => void call("GET", `/templates/${name}`).then(take).catch((error) => lost(error, "settings", "templates")), []);
  if (!stored || !draft) return null;
  const dirty = JSON.stringify(draft) !== JSON.stringify(pick(stored));
  return html`<div class="template-page">
    <${Head} stored=${stored} draft=${draft} dirty=${dirty} take=${take} setDraft=${setDraft} />
    ${draft.cases ? html`<${Cases} cases=${draft.cases} />` : html`<${Words} name=${name} draft=${draft} setDraft=${setDraft} writes=${may("rules:admin")} />`}
    ${stored.used_by?.length ? html`<p class="quiet">${t("templates.usedBy", { names: stored.used_by.join(", ") })}</p>` : ""}
  </div>`;
}

/** @param {any} one */
const pick = ({ about, purpose, description, locales, cases }) => ({ about, purpose, description, locales, cases });

/** @param {{stored: any, draft: any, dirty: boolean, take: (one: any) => void, setDraft: (draft: any) => void}} props */
function Head({ stored, draft, dirty, take, setDraft }) {
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    try {
      const kept = await call("PATCH", `/templates/${stored.name}`, { locales: draft.locales, version: stored.version });
      take({ ...stored, ...kept });
    } catch (error) {
      complain(error);
    }
    setBusy(false);
  };
  const remove = async () => {
    await call("DELETE", `/templates/${stored.name}`);
    if (stored.origin === "own") go("settings", "templates");
    else take(await call("GET", `/templates/${stored.name}`));
    offerUndo(t("templates.removed", { name: titleOf(stored) }), async () => {
      if (stored.origin === "own") await call("POST", "/templates", { name: stored.name, ...pick(stored) });
      else take(await call("PATCH", `/templates/${stored.name}`, { locales: stored.locales }));
      go("settings", "templates", stored.name);
    });
  };
  const [writes, own] = [may("rules:admin"), stored.origin === "own"];
  return html`<header class="settings-head">
    <a class="icon-button" href=${address("settings", "templates")} aria-label=${t("settings.templates")}><${Icon} name="arrow-left" /></a>
    <div class="grow"><h2>${titleOf(stored)}</h2><p class="quiet"><code>${stored.name}</code> · ${word("about", stored.about)} · ${word("purpose", stored.purpose)} · ${word("origin", stored.origin)}${stored.version ? ` · ${t("templates.version", { version: stored.version })}` : ""}</p></div>
    ${writes ? html`
      <button onClick=${() => lay({ title: t("templates.versions"), body: () => html`<${Versions} name=${stored.name} now=${stored.version} take=${(/** @type {any} */ one) => setDraft(pick(one))} />` })}><${Icon} name="history" />${t("templates.versions")}</button>
      ${stored.origin === "shipped" ? "" : html`<button onClick=${() => remove().catch(complain)}><${Icon} name=${own ? "trash-2" : "undo-2"} />${t(own ? "templates.delete" : "templates.restore")}</button>`}
      ${draft.cases ? "" : html`<button class="main" disabled=${!dirty || busy} onClick=${save}>${t("form.save")}</button>`}` : ""}
  </header>`;
}

/** @param {{cases: any}} props */
const Cases = ({ cases }) => html`<p>${t("templates.chooses", { field: fieldName(cases.field) })}</p>
  <ul class="plain-list cards">${Object.entries(cases.templates).map(([value, one]) => html`<li key=${value}><a class="card-row" href=${address("settings", "templates", String(one))}><code>${value}</code><span class="grow">${word("template", String(one))}</span><${Icon} name="chevron-right" /></a></li>`)}</ul>`;

/** @param {{name: string, draft: any, setDraft: (draft: any) => void, writes: boolean}} props */
function Words({ name, draft, setDraft, writes }) {
  const known = [...new Set([...LANGUAGES, ...Object.keys(draft.locales)])];
  const [locale, setLocale] = useState(draft.locales[language] ? language : Object.keys(draft.locales)[0]);
  const [channel, setChannel] = useState("");
  const [faults, setFaults] = useState(/** @type {Record<string, string>} */ ({}));
  const [catalogue, setCatalogue] = useState(/** @type {any} */ ({}));
  useEffect(() => void call("GET", "/templates/fields").then((one) => setCatalogue(one.about)).catch(complain), []);
  const words = draft.locales[locale];
  const shown = channel ? (words?.channels?.[channel] ?? {}) : (words ?? {});
  const at = (channel ? ["locales", locale, "channels", channel] : ["locales", locale]).join(".");
  /** @param {string} key @param {any} value */
  const change = (key, value) => {
    const mine = { ...shown, [key]: value };
    if (value === null || (value === "" && (channel || key !== "text"))) delete mine[key];
    setDraft({ ...draft, locales: { ...draft.locales, [locale]: channel ? within(words, channel, mine) : { ...words, ...mine, ...(key in mine ? {} : { [key]: null }) } } });
  };
  const leave = () => {
    const { [locale]: _gone, ...rest } = draft.locales;
    setDraft({ ...draft, locales: rest });
    setLocale(Object.keys(rest)[0]);
  };
  const start = () => setDraft({ ...draft, locales: { ...draft.locales, [locale]: { text: "" } } });
  const faulty = (/** @type {string} */ place) => Object.keys(faults).some((one) => one === place || one.startsWith(`${place}.`));
  const common = { fields: catalogue[draft.about] ?? [], writes };
  return html`<div class="template-work">
    <section class="form" aria-label=${t("templates.words")}>
      <div class="tabs" role="group" aria-label=${t("templates.language")}>${known.map((one) => html`<button key=${one} aria-pressed=${one === locale} onClick=${() => setLocale(one)}>${tongue(one)}${draft.locales[one] ? "" : html`<span class="quiet"> +</span>`}${faulty(["locales", one].join(".")) ? html`<${Icon} name="circle-alert" label=${t("templates.faulty")} />` : ""}</button>`)}</div>
      ${words ? html`
        <div class="tabs small" role="group" aria-label=${t("templates.channel")}>${["", ...CHANNELS].map((one) => html`<button key=${one} aria-pressed=${one === channel} onClick=${() => setChannel(one)}>${one ? word("channel", one) : t("templates.everywhere")}${one && words.channels?.[one] ? html`<span class="dot" title=${t("templates.ownWords")}></span>` : ""}</button>`)}</div>
        ${channel ? html`<p class="quiet">${t("templates.asElsewhere")}</p>` : ""}
        ${channel === "email" || shown.subject ? html`<${Source} key=${`${at}.subject`} ...${common} label=${t("templates.subject")} value=${shown.subject ?? ""} placeholder=${channel ? (words.subject ?? "") : ""} fault=${faults[`${at}.subject`]} rows=${1} change=${(/** @type {string} */ one) => change("subject", one)} />` : ""}
        <${Source} key=${`${at}.text`} ...${common} label=${t("templates.text")} hint=${common.writes ? t("templates.textHint") : ""} value=${shown.text ?? ""} placeholder=${channel ? words.text : ""} fault=${faults[`${at}.text`]} rows=${channel ? 5 : 7} change=${(/** @type {string} */ one) => change("text", one)} />
        ${channel === "email" || shown.html ? html`<${Source} key=${`${at}.html`} ...${common} label=${t("templates.html")} hint=${t("templates.htmlHint")} value=${shown.html ?? ""} placeholder="" fault=${faults[`${at}.html`]} rows=${5} change=${(/** @type {string} */ one) => change("html", one)} />` : ""}
        ${!channel && draft.about === "appointment" ? html`<${Source} key=${`${at}.calendar`} ...${common} label=${t("templates.calendar")} hint=${t("templates.calendarHint")} value=${shown.calendar ?? ""} fault=${faults[`${at}.calendar`]} rows=${1} change=${(/** @type {string} */ one) => change("calendar", one)} />` : ""}
        ${channel ? "" : html`<${Buttons} list=${words.buttons ?? []} writes=${writes} faults=${faults} at=${at} change=${(/** @type {any[]} */ list) => change("buttons", list.length ? list : null)} />`}
        ${writes && !channel && Object.keys(draft.locales).length > 1 ? html`<p><button class="plain link" onClick=${leave}>${t("templates.leave", { language: tongue(locale) })}</button></p>` : ""}`
        : html`<p class="hint">${t("templates.unwritten", { language: tongue(locale) })}</p>${writes ? html`<p><button onClick=${start}><${Icon} name="plus" />${t("templates.write", { language: tongue(locale) })}</button></p>` : ""}`}
    </section>
    <${Preview} name=${name} draft=${draft} locale=${locale} setFaults=${setFaults} />
  </div>`;
}

/** The words of a language with those of one channel changed; none left = as everywhere. @param {any} words @param {string} channel @param {any} mine */
function within(words, channel, mine) {
  const { [channel]: _before, ...others } = words.channels ?? {};
  const said = Object.values(mine).some((one) => one !== null && one !== undefined);
  return { ...words, channels: said ? { ...others, [channel]: mine } : others };
}

/** "Русский". @param {string} code */
function tongue(code) {
  const name = new Intl.DisplayNames([code], { type: "language" }).of(code) ?? code;
  return name.slice(0, 1).toLocaleUpperCase(code) + name.slice(1);
}

/** @param {{list: any[], writes: boolean, faults: Record<string, string>, at: string, change: (list: any[]) => void}} props */
function Buttons({ list, writes, faults, at, change }) {
  /** @param {number} number @param {any} next */
  const put = (number, next) => change(list.map((one, index) => (index === number ? { ...one, ...next } : one)));
  return html`<fieldset class="field"><legend>${t("templates.buttons")}</legend><p class="quiet">${t("templates.buttonsHint")}</p>
    ${list.map((one, number) => html`<div class="button-line" key=${number}>
      <input aria-label=${t("templates.label")} value=${one.label} disabled=${!writes} aria-invalid=${faults[`${at}.buttons.${number}.label`] ? "true" : undefined} onInput=${(/** @type {any} */ event) => put(number, { label: event.target.value })} />
      <input aria-label=${t("templates.value")} value=${one.value} disabled=${!writes} onInput=${(/** @type {any} */ event) => put(number, { value: event.target.value })} />
      ${writes ? html`<button class="icon-button" aria-label=${t("templates.removeButton", { name: one.label })} onClick=${() => change(list.filter((_, index) => index !== number))}><${Icon} name="x" /></button>` : ""}
    </div>`)}
    ${writes && list.length < 10 ? html`<p><button onClick=${() => change([...list, { label: t("templates.newButton"), value: `answer-${list.length + 1}` }])}><${Icon} name="plus" />${t("templates.addButton")}</button></p>` : ""}
  </fieldset>`;
}
