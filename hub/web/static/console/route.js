// @ts-check
/** Which page is shown: kept in the address behind `#`, so that links, back and reload work under any path. */

import { signal } from "../vendor/preact-signals.js";

/** @typedef {{page: string, id: string, sub: string}} Place */

export const PAGES = ["inbox", "customers", "orders", "appointments", "problems", "settings"];

export const place = signal(read());

/** `#/inbox/ID`, `#/settings/inboxes/ID`. @returns {Place} */
function read() {
  const [page, id = "", sub = ""] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  return { page: PAGES.includes(page) ? page : "inbox", id, sub };
}

/** @param {string[]} parts */
export const address = (...parts) => `#/${parts.filter(Boolean).map(encodeURIComponent).join("/")}`;

/**
 * @param {string[]} parts
 * Going from one conversation to the next leaves no trace in the history: back leads to the list.
 */
export function go(...parts) {
  const next = address(...parts);
  if (next === location.hash) return;
  const beside = place.value.page === parts[0] && place.value.id && parts[1];
  if (beside) history.replaceState(null, "", next);
  else history.pushState(null, "", next);
  place.value = read();
}

/** @param {string[]} parts where an address leads that leads nowhere: going back does not meet it again. */
export function instead(...parts) {
  history.replaceState(null, "", address(...parts));
  place.value = read();
}

addEventListener("popstate", () => (place.value = read()));
addEventListener("hashchange", () => (place.value = read()));
