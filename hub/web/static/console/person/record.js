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

on("customer.", (event) => {
  if (event.customer_id && shown.value?.id === event.customer_id) readAgain(event.customer_id).catch(complain);
});
