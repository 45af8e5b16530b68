// @ts-check
/** What is offered while one writes: saved replies after `/`, colleagues after `@`. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { call, query } from "../api.js";
import { address } from "../route.js";
import { customer } from "../talk/opened.js";
import { colleagues, me } from "../session.js";
import { complain } from "../trouble.js";
import { t } from "../words.js";

/** @typedef {{id: string, label: string, hint: string, text: string}} Offer */

const REPLY = /(?:^|\s)\/([\p{L}\p{N}_-]*)$/u;
const MENTION = /(?:^|\s)@([\p{L}\p{N} ]{0,30})$/u;
const MOST = 8;
/** Whoever writes on after this does not look for a saved reply. */
const LEAST = 3;

/** What is being looked for where the caret is. @param {string} before the text up to the caret @param {boolean} note */
export function asked(before, note) {
  const [found, kind] = note ? [MENTION.exec(before), "mention"] : [REPLY.exec(before), "reply"];
  return found ? { kind, word: found[1], from: before.length - found[1].length - 1 } : null;
}

/** @param {string} word @returns {Offer[]} */
function mentions(word) {
  const fits = colleagues.value.filter((one) => one.id !== me.value.id && one.name.toLocaleLowerCase().startsWith(word.toLocaleLowerCase()));
  return fits.slice(0, MOST).map((one) => ({ id: one.id, label: one.name, hint: t(`role.${one.role}`), text: `@${one.name} ` }));
}

/** @param {string} word @returns {Promise<Offer[]>} */
async function replies(word) {
  const answer = await call("GET", `/saved-replies${query({ q: word, customer: customer.value?.id, limit: MOST })}`);
  return answer.items.map((/** @type {any} */ one) => ({ id: one.id, label: one.shortcut ? `/${one.shortcut} · ${one.name}` : one.name, hint: one.rendered ?? one.fault ?? one.text, text: one.rendered ?? one.text }));
}

/**
 * The offers for what is written, and what the keys do with them.
 * @param {{kind: string, word: string, from: number} | null} wanted @param {(offer: Offer) => void} take
 */
export function useOffers(wanted, take) {
  const [found, setFound] = useState({ key: "", offers: /** @type {Offer[]} */ ([]) });
  const [at, setAt] = useState(0);
  const [refused, setRefused] = useState("");
  const key = wanted ? `${wanted.kind} ${wanted.word}` : "";
  useEffect(() => {
    setAt(0);
    setRefused("");
    if (wanted?.kind !== "reply") return;
    let current = true;
    replies(wanted.word).catch((error) => (complain(error), [])).then((offers) => current && setFound({ key, offers }));
    return () => void (current = false);
  }, [key]);
  // What was found for other words is not on offer any more, however quick the next key is.
  const pending = wanted?.kind === "reply" && found.key !== key;
  const fitting = wanted?.kind === "mention" ? mentions(wanted.word) : wanted && !pending ? found.offers : [];
  const offers = refused && refused === key ? [] : fitting;
  /** @param {KeyboardEvent} event @returns {boolean} whether it was for the offers */
  const pressed = (event) => {
    // Enter, quicker than the offers are here, must not send "/parcel" to the customer.
    if (pending && event.key === "Enter") return event.preventDefault(), true;
    if (!offers.length) return false;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setAt((at + step + offers.length) % offers.length);
    else if (event.key === "Enter" || event.key === "Tab") take(offers[Math.min(at, offers.length - 1)]);
    else if (event.key === "Escape") setRefused(key);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  };
  return { offers, at, pressed, none: wanted?.kind === "reply" && !pending && !offers.length && wanted.word.length < LEAST };
}

/** @param {{offers: Offer[], at: number, none: boolean, take: (offer: Offer) => void}} props */
export function Offers({ offers, at, none, take }) {
  if (none) return html`<p class="offers quiet" role="status">${t("offers.none")} · <a href=${address("settings", "replies")}>${t("settings.replies")}</a></p>`;
  if (!offers.length) return null;
  return html`<ul class="offers" id="offers" role="listbox" aria-label=${t("offers.label")}>${offers.map((one, index) => html`
    <li role="option" id=${`offer-${index}`} key=${one.id} class="choice" aria-selected=${index === at ? "true" : "false"} onPointerDown=${(/** @type {Event} */ event) => { event.preventDefault(); take(one); }}>
      <span>${one.label}</span><span class="quiet one-line">${one.hint}</span>
    </li>`)}</ul>`;
}
