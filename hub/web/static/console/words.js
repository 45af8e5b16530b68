// @ts-check
/** The console's words in the reader's language, with plurals, dates, times and sizes. */

import { asset } from "./api.js";

export const LANGUAGES = ["en", "ru", "bg"];
/** @type {Record<string, string>} */
let words = {};
export let language = "en";
/** How the reader's own region writes dates and numbers: en-GB, not just en. */
let region = "en";
let plurals = new Intl.PluralRules("en");
/** @type {Map<string, any>} making a format takes longer than using it a hundred times */
const formats = new Map();

/** @param {string} wanted the operator's own choice; empty = the browser's */
export async function speak(wanted) {
  const wishes = wanted ? [wanted] : navigator.languages;
  language = wishes.map((tag) => tag.slice(0, 2)).find((tag) => LANGUAGES.includes(tag)) ?? "en";
  region = navigator.languages.find((tag) => tag.slice(0, 2) === language) ?? language;
  words = await (await asset(`console/words/${language}.json`)).json();
  plurals = new Intl.PluralRules(language);
  formats.clear();
  document.documentElement.lang = language;
}

/**
 * The sentence of `key`, its {names} filled in. With `count`, the form `key.one`, `key.few`, ... is used.
 * @param {string} key @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  const form = "count" in values ? `${key}.${plurals.select(Number(values.count))}` : key;
  const sentence = words[form] ?? words[`${key}.other`] ?? words[key] ?? key;
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}

/** Is there a word for it? @param {string} family @param {string} code */
export const has = (family, code) => `${family}.${code}` in words;

/**
 * The word for a code of the server; a code that only an integration knows is shown as it is.
 * @param {string} family `channel`, `order`, ... @param {string} code @param {Record<string, string | number>} [values]
 */
export const word = (family, code, values) => (has(family, code) ? t(`${family}.${code}`, values) : code);

/**
 * @template Format @template Options
 * @param {new (region: string, options: Options) => Format} Kind of `Intl` @param {Options} options @returns {Format}
 */
function formatOf(Kind, options) {
  const key = Kind.name + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Kind(region, options));
  return formats.get(key);
}

/** @param {Intl.DateTimeFormatOptions} options @param {string | number | Date} when */
const formatted = (options, when) => formatOf(Intl.DateTimeFormat, options).format(new Date(when));
/** @param {Intl.NumberFormatOptions} options @param {number} amount */
const figure = (options, amount) => formatOf(Intl.NumberFormat, options).format(amount);

/** @param {string | number | Date} when */
export const clock = (when) => formatted({ hour: "2-digit", minute: "2-digit" }, when);
/** @param {string | number | Date} when */
export const moment = (when) => formatted({ dateStyle: "long", timeStyle: "medium" }, when);
/** "Mon 23 Nov, 09:00". @param {string | number | Date} when */
export const shortMoment = (when) => formatted({ weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }, when);
/** @param {string} zone @param {number} when */
export const clockIn = (zone, when) => formatted({ hour: "2-digit", minute: "2-digit", timeZone: zone }, when);

/** "1 h 30 min". @param {number} all */
export function minutes(all) {
  /** @param {number} amount @param {string} unit */
  const part = (amount, unit) => (amount ? new Intl.NumberFormat(region, { style: "unit", unit, unitDisplay: "short" }).format(amount) : "");
  return [part(Math.floor(all / 60), "hour"), part(all % 60, "minute")].filter(Boolean).join(" ");
}

/** @type {Record<string, string>} */
const UNITS = { s: "second", m: "minute", h: "hour", d: "day", w: "week" };

/** "3 days" for `3d`, as rules write it. @param {string} text */
export function span(text) {
  const [, amount, unit] = /^(\d+)([smhdw])$/.exec(text.trim()) ?? [];
  return unit ? figure({ style: "unit", unit: UNITS[unit], unitDisplay: "long" }, Number(amount)) : text;
}

/** "Mon". @param {number} place 0 = Monday */
export const weekday = (place) => formatted({ weekday: "short", timeZone: "UTC" }, Date.UTC(2024, 0, 1 + place));

/** Whole days between two moments, by the reader's calendar. @param {Date} from @param {Date} to */
const daysBetween = (from, to) => Math.round((midnight(to) - midnight(from)) / 86400000);

/** Today, Yesterday, or the date. @param {string | number | Date} when */
export function day(when) {
  const then = new Date(when);
  const today = new Date();
  const days = daysBetween(then, today);
  if (days === 0 || days === 1) {
    const word = formatOf(Intl.RelativeTimeFormat, { numeric: "auto" }).format(-days, "day");
    return word[0].toUpperCase() + word.slice(1);
  }
  const year = then.getFullYear() === today.getFullYear() ? undefined : "numeric";
  return formatted({ day: "numeric", month: "long", year }, then);
}

/** The same within a sentence: "today". @param {string | number | Date} when */
export const dayWithin = (when) => day(when).replace(/^./, (first) => first.toLocaleLowerCase(language));

/** The time today, else the date. @param {string | number | Date} when */
export const when = (when) => (daysBetween(new Date(when), new Date()) === 0 ? clock(when) : formatted({ day: "numeric", month: "short" }, when));

/** @param {Date} date */
const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

/** 4 min, 2 h, 3 d: how long ago. @param {string} iso @param {number} now */
export function ago(iso, now) {
  const minutes = Math.max(0, Math.floor((now - Date.parse(iso)) / 60000));
  if (minutes < 1) return t("time.now");
  const [amount, unit] = minutes < 60 ? [minutes, "minute"] : minutes < 1440 ? [Math.floor(minutes / 60), "hour"] : [Math.floor(minutes / 1440), "day"];
  return figure({ style: "unit", unit, unitDisplay: "short" }, amount);
}

/** "in 2 minutes", "in 3 hours": begun ones count. @param {number} at @param {number} now */
export function ahead(at, now) {
  const minutes = Math.max(1, Math.ceil((at - now) / 60000));
  return formatOf(Intl.RelativeTimeFormat, { style: "long" }).format(minutes < 60 ? minutes : Math.ceil(minutes / 60), minutes < 60 ? "minute" : "hour");
}

/** 340 kB. @param {number} bytes */
export function size(bytes) {
  const [amount, unit] = bytes < 1e3 ? [bytes, "byte"] : bytes < 1e6 ? [bytes / 1e3, "kilobyte"] : [bytes / 1e6, "megabyte"];
  return figure({ style: "unit", unit, unitDisplay: "short", maximumFractionDigits: amount < 10 ? 1 : 0 }, amount);
}

/** 1 234. @param {number} amount */
export const number = (amount) => figure({}, amount);

/** @param {string} amount @param {string} currency */
export function money(amount, currency) {
  try {
    return figure({ style: "currency", currency }, Number(amount));
  } catch {
    return [amount, currency].filter(Boolean).join(" ");
  }
}

/** Elena, Boris and Ana. @param {string[]} names */
export const listed = (names) => new Intl.ListFormat(language, { type: "conjunction" }).format(names);

/** "Bulgarian", of a language tag. @param {string} tag @param {string} [into] */
export function languageName(tag, into = language) {
  try {
    return (tag && new Intl.DisplayNames(into, { type: "language" }).of(tag)) || tag;
  } catch {
    return tag;
  }
}

/** @param {string} sentence */
export const capital = (sentence) => sentence.slice(0, 1).toUpperCase() + sentence.slice(1);
/** @param {string} sentence */
export const uncapital = (sentence) => sentence.slice(0, 1).toLowerCase() + sentence.slice(1);
