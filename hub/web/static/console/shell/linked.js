// @ts-check
/** Words in which an address of a page can be clicked. */

import { html } from "../../vendor/htm-preact.js";

/** An address without the mark that ends its sentence. */
const PAGE = /(https:\/\/[^\s<>"']+[^\s<>"'.,;:!?)])/;

/** @param {string} text */
export const linked = (text) => text.split(PAGE).map((part, at) => (at % 2 ? html`<a href=${part} target="_blank" rel="noopener noreferrer">${part}</a>` : part));
