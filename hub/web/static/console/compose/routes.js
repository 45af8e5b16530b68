// @ts-check
/** The ways to the customer, as the server would choose, and another one when the operator wants it. */

import { signal } from "../../vendor/preact-signals.js";
import { call, query } from "../api.js";
import { choose } from "../shell/picker.js";
import { glyph } from "../shell/icon.js";
import { every } from "../talk/entries.js";
import { conversation, customer } from "../talk/opened.js";
import { READABLE } from "../person/address.js";
import { complain } from "../trouble.js";
import { reason } from "../sentences.js";
import { capital, t, word } from "../words.js";
import { change, draft } from "./draft.js";

/** @typedef {{contact_point: any, inbox: any, channel: string, possible: boolean, chosen: boolean, reason: string, capabilities: any, segments: boolean}} Route */

const SHUT = ["blocked", "opted-out"];

export const routes = signal(/** @type {Route[]} */ ([]));

export async function loadRoutes() {
  const one = conversation.value;
  if (!one) return;
  try {
    const answer = await call("GET", `/customers/${one.customer.id}/routes${query({ conversation_id: one.id, contact_point: draft.peek().point })}`);
    if (conversation.value?.id === one.id) routes.value = answer.candidates;
  } catch (error) {
    complain(error);
  }
}

/** The way the message takes if it is sent now. @returns {Route | undefined} */
export const route = () => routes.value.find((one) => one.chosen);

/** "Telegram to @irina". @param {Route} one */
export function spelled(one) {
  const { id, scheme, value } = one.contact_point;
  // A number that only a program knows tells nobody anything.
  const known = (customer.value?.contact_points ?? []).find((/** @type {any} */ point) => point.id === id);
  const name = READABLE.includes(scheme) ? value : known?.label || customer.value?.name || t("customer.unnamed");
  return t("composer.how", { channel: several(one) ? one.inbox.name : word("channel", one.channel), name });
}

/** @param {Route} one */
const several = (one) => routes.value.some((other) => other.channel === one.channel && other.inbox.id !== one.inbox.id);

/** The way the customer last came by, when they have blocked us there or asked for silence. @returns {Route | undefined} */
export function shutOut() {
  const last = every().filter((one) => one.direction === "inbound").at(-1);
  return routes.value.find((one) => !one.possible && SHUT.includes(one.reason) && one.contact_point.id === last?.contact_point?.id);
}

export function pickRoute() {
  choose({
    title: t("composer.via"),
    anchor: document.querySelector('[data-do="route"]'),
    empty: t("composer.nowhere"),
    choices: [
      ...routes.value.map((one) => ({
        id: `${one.contact_point.id}-${one.inbox.id}`, label: spelled(one), icon: glyph(one.channel), checked: one.chosen,
        hint: one.possible && !one.chosen ? "" : capital(reason(one.reason)),
        run: () => use(one.contact_point.id),
      })),
      ...(draft.value.point ? [{ id: "auto", label: t("composer.auto"), icon: "undo-2", run: () => use(null) }] : []),
    ],
  });
}

/** @param {string | null} point */
export async function use(point) {
  change({ point });
  await loadRoutes();
}
