// @ts-check
/** When waiting becomes long: amber after a quarter of an hour, red after an hour. */

const AMBER_MS = 15 * 60000;
const RED_MS = 60 * 60000;

/** @param {string} since @param {number} now @returns {"" | "long" | "too-long"} */
export function urgency(since, now) {
  const waited = now - Date.parse(since);
  if (waited >= RED_MS) return "too-long";
  return waited >= AMBER_MS ? "long" : "";
}
