// @ts-check
/** How an address is spelled for people. */

import { t } from "../words.js";

/** Addresses that people know each other by. */
export const READABLE = ["email", "tel", "smssender"];

/** An address that people know, or else who it is. @param {any} point a contact point of a customer */
export function spelled(point) {
  if (READABLE.includes(point.scheme)) return point.raw || point.value;
  return point.label || (point.scheme === "webchat" ? (point.inboxes?.[0]?.name ?? t("channel.webchat")) : point.raw || point.value);
}

/** A customer by name, else by an address that people know. @param {any} customer in any of the API's shapes */
export function called(customer) {
  const points = customer?.contact_points ?? [customer?.contact_point];
  const known = points.find((/** @type {any} */ point) => READABLE.includes(point?.scheme));
  return customer?.name || known?.raw || known?.value || t("customer.unnamed");
}

/** `email:anna@example.com` as people write it: without what a program calls it. @param {string} what */
export const bare = (what) => what.replace(/^[a-z]+:/, "");
