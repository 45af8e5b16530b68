// @ts-check
/** Asks whoever holds the composer to take the pen. */

import { signal } from "../../vendor/preact-signals.js";

/** Every wish is a new object, so that the same wish twice is heard twice. */
export const wish = signal(/** @type {{mode: "reply" | "note", text?: string} | null} */ (null));

/** @param {"reply" | "note"} mode @param {string} [text] put into the field */
export function write(mode, text) {
  wish.value = { mode, text };
  // At once, so that what is typed next is written there.
  /** @type {HTMLElement | null} */ (document.querySelector(".composer .pen"))?.focus();
}
