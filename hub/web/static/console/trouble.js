// @ts-check
/** What an operator must be told beside the place where it happens: what went wrong, and what can be undone. */

import { signal } from "../vendor/preact-signals.js";
import { Problem } from "./api.js";
import { instead } from "./route.js";
import { t } from "./words.js";

export const trouble = signal(/** @type {{text: string, remedy: string} | null} */ (null));
/** @type {import("../vendor/preact-signals.js").Signal<{text: string, undo: () => unknown} | null>} */
export const undoable = signal(null);

const UNDO_MS = 10000;
let fading = 0;

/** @param {unknown} error */
export function complain(error) {
  if (error instanceof DOMException && error.name === "AbortError") return;
  if (!(error instanceof Problem)) console.error(error);
  const problem = error instanceof Problem;
  trouble.value = { text: problem ? error.message : t("trouble.network"), remedy: problem ? error.remedy : "" };
}

/** Says that it is not there, and goes where one finds what is. @param {unknown} error @param {string[]} parts */
export function lost(error, ...parts) {
  complain(error);
  if (error instanceof Problem && error.status === 404) instead(...parts);
}

/** @param {string} text @param {() => unknown} undo */
export function offerUndo(text, undo) {
  clearTimeout(fading);
  const offer = { text, undo };
  undoable.value = offer;
  fading = setTimeout(() => undoable.value === offer && (undoable.value = null), UNDO_MS);
}

export function undo() {
  const offer = undoable.value;
  undoable.value = null;
  Promise.resolve(offer?.undo()).catch(complain);
}
