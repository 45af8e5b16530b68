// @ts-check
/** Which ends of timelines are at hand before they are asked for: so that opening a conversation only paints. */

import { call, query } from "../api.js";
import { on, onReset } from "../live.js";

/** So many entries are the end of a timeline. */
export const LENGTH = 24;
const MOST = 48;
/** So long a pointer rests on what is about to be opened. */
const RESTS_MS = 40;

/** @typedef {{asked: Promise<any>, answer?: any}} End answer: as soon as it is there */
/** @type {Map<string, End>} by customer; what happens to one makes it unknown again */
const ends = new Map();
let resting = 0;
/** Customers whose ends are wanted when there is time, the next one first. */
let wanted = /** @type {string[]} */ ([]);
let busy = false;

/** Read the end of a timeline, and keep it until something happens there. @param {string} id @returns {End} */
export function readEnd(id) {
  /** @type {End} */
  const one = { asked: call("GET", `/customers/${id}/timeline${query({ limit: LENGTH })}`) };
  ends.delete(id);
  ends.set(id, one);
  one.asked.then((answer) => (one.answer = answer), () => ends.get(id) === one && ends.delete(id));
  if (ends.size > MOST) ends.delete(/** @type {string} */ (ends.keys().next().value));
  return one;
}

/** @param {string} id */
export const knownEnd = (id) => ends.get(id);

/** @param {string} id */
export const forgetEnd = (id) => ends.delete(id);

/** A pointer is on it: somebody may be about to open it. @param {string} id of a customer */
export function lookAhead(id) {
  clearTimeout(resting);
  if (!ends.has(id)) resting = setTimeout(() => ends.has(id) || readEnd(id), RESTS_MS);
}

/** Read what may be opened next, one after the other, while nobody waits for anything. @param {string[]} ids of customers, the likeliest first */
export async function readAhead(ids) {
  wanted = ids;
  if (busy) return;
  busy = true;
  for (let id = await next(); id; id = await next()) await readEnd(id).asked.catch(() => {});
  busy = false;
}

async function next() {
  await idle();
  wanted = wanted.filter((id) => !ends.has(id));
  return wanted.shift();
}

/** @returns {Promise<unknown>} */
const idle = () => new Promise((done) => ("requestIdleCallback" in window ? requestIdleCallback(done) : setTimeout(done, RESTS_MS)));

for (const kind of ["message.", "note.", "activity.", "customer."]) {
  on(kind, (event) => event.customer_id && ends.delete(event.customer_id));
}
onReset(() => ends.clear());
