// @ts-check
/** How much needs somebody's hand; told by the live socket, for the sign in the rail. */

import { signal } from "../../vendor/preact-signals.js";
import { ifThere } from "../api.js";
import { on, onReset } from "../live.js";
import { complain } from "../trouble.js";

/** null: this hub does not tell. */
export const problems = signal(/** @type {number | null} */ (null));

async function count() {
  const answer = await ifThere("/problems/counts");
  if (!answer) return;
  problems.value = Object.values(answer).reduce((/** @type {number} */ sum, /** @type {any} */ one) => sum + (typeof one === "number" ? one : 0), 0);
}

let later = 0;
export function countProblems() {
  clearTimeout(later);
  later = setTimeout(() => count().catch(complain), 500);
}

on("inbox.", countProblems);
on("quarantine.", countProblems);
on("message.status_changed", (event) => {
  if (["failed", "unknown"].includes(event.data.status)) countProblems();
});
onReset(countProblems);
