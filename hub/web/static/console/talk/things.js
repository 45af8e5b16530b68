// @ts-check
/** What is sent in a chat beside words: places, people, polls, what somebody came in by. */

import { html } from "../../vendor/htm-preact.js";
import { Icon } from "../shell/icon.js";
import { t } from "../words.js";

/** @type {Record<string, (data: any, text: string) => any>} */
const CARDS = { location: place, venue: place, contact: person, poll, checklist: poll };

/** The card of an entry that is more than its words; null: the words say it all. @param {any} entry */
export function card(entry) {
  const make = CARDS[entry.data?.kind];
  return make ? make(entry.data, entry.text) : null;
}

/** @param {any} data @param {string} text */
function place({ latitude, longitude, title, address }, text) {
  if (typeof latitude !== "number" || typeof longitude !== "number") return null;
  const spot = `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
  const map = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=17/${latitude}/${longitude}`;
  return html`<span class="thing"><${Icon} name="map-pin" /><span class="grow"><strong>${title || t("thing.location")}</strong>${address ? html`<span class="why">${address}</span>` : ""}
    <a class="why" href=${map} target="_blank" rel="noopener noreferrer" title=${text}>${spot} <${Icon} name="external-link" /></a></span></span>`;
}

/** @param {any} data */
function person({ name, phone, own }) {
  return html`<span class="thing"><${Icon} name="user" /><span class="grow"><strong>${name || t("thing.contact")}</strong>
    ${phone ? html`<a class="why" href=${`tel:${phone}`}>${phone}</a>` : ""}
    <span class="why quiet">${own ? html`<${Icon} name="shield-check" /> ${t("thing.ownNumber")}` : t("thing.otherNumber")}</span></span></span>`;
}

/** A question and its answers, or a list and its tasks: a line each. @param {any} data @param {string} text */
function poll(data, text) {
  const [head, ...lines] = text.split("\n");
  return html`<span class="thing"><${Icon} name="chart-column" /><span class="grow"><strong>${head.replace(/^[^:]{1,20}: /, "")}</strong>${lines.map((line) => html`<span class="why">${line.replace(/^- /, "")}</span>`)}</span></span>`;
}

/** What brought somebody here: a link with a word of ours in it. @param {{entry: any}} props */
export function CameBy({ entry }) {
  const word = entry.data?.start;
  return entry.data?.command === "start" && word ? html`<p class="came-by quiet">${t("thing.start", { word })}</p>` : null;
}
