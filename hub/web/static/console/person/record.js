// @ts-check
/** The record of a customer that is on screen, read anew after something was done to it. */

import { ifThere } from "../api.js";
import { on } from "../live.js";
import { shown } from "../pages/shown.js";
import { customer } from "../talk/opened.js";
import { complain } from "../trouble.js";

/** Who was merged away is found as who they are now. @param {string} id */
export async function readAgain(id) {
  const record = await ifThere(`/customers/${id}`);
  if (record) set(id, record);
}

/** @param {string} id it had on the screen @param {any} record */
export function set(id, record) {
  if (customer.value?.id === id) customer.value = record;
  if (shown.value?.id === id) shown.value = record;
}

/** Whether the customer has the page with the chat in front of them changes all the time. @param {any} record @param {any} event */
const moved = (record, { data }) => ({
  ...record,
  contact_points: record.contact_points.map((/** @type {any} */ point) => ({
    ...point,
    inboxes: point.inboxes.map((/** @type {any} */ one) => (one.id === data.inbox_id ? { ...one, here: data.state === "online" } : one)),
  })),
});

on("presence", (event) => {
  if (event.data.author?.kind !== "customer") return;
  const record = [customer.value, shown.value].find((one) => one?.contact_points && one.id === event.customer_id);
  if (record) set(record.id, moved(record, event));
});

on("customer.", (event) => {
  if (event.customer_id && shown.value?.id === event.customer_id) readAgain(event.customer_id).catch(complain);
});
