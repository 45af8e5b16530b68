// @ts-check
/** Words of people: as they were written, with addresses of the web to click on and mentions set off. */

import { html } from "../../vendor/htm-preact.js";

const LINK = /(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)\]])/;
const LONGEST_TAIL = 24;

/** @param {{text: string}} props */
export function Prose({ text }) {
  if (!text) return null;
  const parts = text.split(LINK);
  if (parts.length === 1) return text;
  return parts.map((part, index) => (index % 2 ? html`<a href=${part} target="_blank" rel="noopener noreferrer">${part}</a>` : part));
}

/** All but the last word, and the last word: long ones stay whole, they may have to be broken. @param {string} text @returns {[string, string]} */
export function endingIn(text) {
  const at = Math.max(text.lastIndexOf(" "), text.lastIndexOf("\n"));
  const tail = text.slice(at + 1);
  return tail.length > LONGEST_TAIL ? [text, ""] : [text.slice(0, at + 1), tail];
}
