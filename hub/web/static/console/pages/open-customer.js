// @ts-check
/** To a customer: into the newest conversation where there is one, else to the record. */

import { call, query } from "../api.js";
import { go } from "../route.js";

/** @param {string} id */
export async function openCustomer(id) {
  const page = await call("GET", `/conversations${query({ customer: id, limit: 1 })}`);
  if (page.items.length) go("inbox", page.items[0].id);
  else go("customers", id);
}
