// @ts-check
/** The console's words in the reader's language, with plurals, dates and times. */

import { base } from "./api.js";

const LANGUAGES = ["en", "ru", "bg"];
/** @type {Record<string, string>} */
let words = {};
export let language = "en";
/** How the reader's own region writes dates and numbers: en-GB, not just en. */
export let region = "en";
let plurals = new Intl.PluralRules("en");

/** @param {string} wanted the operator's own choice; empty = the browser's */
export async function speak(wanted) {
  const wishes = wanted ? [wanted] : navigator.languages;
  language = wishes.map((tag) => tag.slice(0, 2)).find((tag) => LANGUAGES.includes(tag)) ?? "en";
  region = navigator.languages.find((tag) => tag.slice(0, 2) === language) ?? language;
  words = await (await fetch(`${base}/static/console/words/${language}.json`)).json();
  plurals = new Intl.PluralRules(language);
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

/**
 * The word for a code of the server; a code that only an integration knows is shown as it is.
 * @param {string} family `channel`, `order`, ... @param {string} code @param {Record<string, string | number>} [values]
 */
export const word = (family, code, values) => (`${family}.${code}` in words ? t(`${family}.${code}`, values) : code);

/** @param {string} iso */
export const clock = (iso) => new Intl.DateTimeFormat(region, { hour: "2-digit", minute: "2-digit" }).format(new Date(iso));

/** @param {string} iso */
export const moment = (iso) => new Intl.DateTimeFormat(region, { dateStyle: "long", timeStyle: "medium" }).format(new Date(iso));

/** Today, Yesterday, or the date. @param {string} iso */
export function day(iso) {
  const then = new Date(iso);
  const days = Math.round((midnight(new Date()) - midnight(then)) / 86400000);
  if (days === 0 || days === 1) {
    const word = new Intl.RelativeTimeFormat(region, { numeric: "auto" }).format(-days, "day");
    return word[0].toUpperCase() + word.slice(1);
  }
  const year = then.getFullYear() === new Date().getFullYear() ? undefined : "numeric";
  return new Intl.DateTimeFormat(region, { day: "numeric", month: "long", year }).format(then);
}

/** @param {Date} date */
const midnight = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

/** 4 min, 2 h, 3 d: how long ago. @param {string} iso @param {number} now */
export function ago(iso, now) {
  const minutes = Math.max(0, Math.floor((now - Date.parse(iso)) / 60000));
  if (minutes < 1) return t("time.now");
  const [amount, unit] = minutes < 60 ? [minutes, "minute"] : minutes < 1440 ? [Math.floor(minutes / 60), "hour"] : [Math.floor(minutes / 1440), "day"];
  return new Intl.NumberFormat(region, { style: "unit", unit, unitDisplay: "short" }).format(amount);
}
