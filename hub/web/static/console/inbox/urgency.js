// @ts-check
/** When waiting becomes long: amber at three quarters of what was promised, red past it; without a promise after a quarter of an hour, and an hour. */

const AMBER_MS = 15 * 60000;
const RED_MS = 60 * 60000;

/** @param {string} since @param {number} now @param {string | null} [dueAt] @returns {"" | "long" | "too-long"} */
export function urgency(since, now, dueAt) {
  if (dueAt) {
    const [begin, end] = [Date.parse(since), Date.parse(dueAt)];
    if (now >= end) return "too-long";
    return now >= begin + (end - begin) * 0.75 ? "long" : "";
  }
  const waited = now - Date.parse(since);
  if (waited >= RED_MS) return "too-long";
  return waited >= AMBER_MS ? "long" : "";
}
