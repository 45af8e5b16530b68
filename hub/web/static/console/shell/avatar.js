// @ts-check
/** People as a small round sign with their initials. */

import { html } from "../../vendor/htm-preact.js";
import { initials } from "../session.js";
import { listed, t } from "../words.js";

/** Colleagues who look at the same thing. @param {{people: {id: string, name: string}[]}} props */
export function Avatars({ people }) {
  if (!people.length) return null;
  const said = t("presence.here", { names: listed(people.map((one) => one.name)) });
  return html`<span class="avatars" role="img" title=${said} aria-label=${said}>${people.slice(0, 3).map((one) => html`<span class="face" key=${one.id}>${initials(one.name)}</span>`)}</span>`;
}
