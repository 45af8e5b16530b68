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

/** `email:anna@example.com` as people write it: without what a program calls it. @param {string} what */
export const bare = (what) => what.replace(/^[a-z]+:/, "");
