// @ts-check
/** When a rule's clock time comes, in words. */

import { clockIn, listed, span, t } from "../words.js";

const NUMBER = /^\d+$/;
const NAMES = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const WORKDAYS = "1,2,3,4,5";

/** "Every day at 09:00"; empty for what only the five fields of the cron say well. @param {string} cron */
export function clockTime(cron) {
  const [minute, hour, date, month, days, ...more] = cron.trim().split(/\s+/);
  if (month !== "*" || more.length) return "";
  const daily = date === "*" && days === "*";
  const paced = daily ? pace(minute, hour) : "";
  if (paced || !NUMBER.test(minute) || !/^\d+(,\d+)*$/.test(hour)) return paced;
  const time = listed(hour.split(",").map((each) => clockIn("UTC", Date.UTC(2024, 0, 1, Number(each), Number(minute)))));
  if (daily) return t("clock.daily", { time });
  if (days === "*") return NUMBER.test(date) ? t("clock.monthly", { day: Number(date), time }) : "";
  return date === "*" ? weekly(days, time) : "";
}

/** "Every 15 minutes", where that is what the two say together. @param {string} minute @param {string} hour */
function pace(minute, hour) {
  if (hour === "*" && NUMBER.test(minute)) return Number(minute) ? t("clock.past", { minute: Number(minute) }) : t("clock.hourly");
  const minutes = hour === "*" ? step(minute, 60) : 0;
  const hours = minute === "0" ? step(hour, 24) : 0;
  return minutes || hours ? t("clock.every", { span: span(minutes ? `${minutes}m` : `${hours}h`) }) : "";
}

/** The n of a step where it goes evenly into the whole, so that it is the same pace at its end. @param {string} field @param {number} whole */
function step(field, whole) {
  const [, every] = /^\*\/(\d+)$/.exec(field) ?? [];
  return Number(every) > 1 && whole % Number(every) === 0 ? Number(every) : 0;
}

/** @param {string} days @param {string} time */
function weekly(days, time) {
  const found = days.toLowerCase().split(",").map(weekdays);
  const places = [...new Set(found.flat())].sort();
  if (!found.every((some) => some.length)) return "";
  if (places.length === 7) return t("clock.daily", { time });
  if (places.join() === WORKDAYS) return t("clock.workdays", { time });
  return t("clock.weekly", { days: listed(places.map((each) => t(`clock-day.${each}`))), time });
}

/** Monday = 1; none for what is no day or days in a row. @param {string} part `1`, `mon-fri` */
function weekdays(part) {
  const [first, last = first, ...more] = part.split("-").map((each) => (NUMBER.test(each) ? Number(each) : NAMES.indexOf(each)));
  if (more.length || first < 0 || last > 7) return [];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, on) => (first + on) % 7 || 7);
}
