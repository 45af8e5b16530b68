// @ts-check
/** What customers are called who are only told by id: each is asked for once. */

import { signal } from "../../vendor/preact-signals.js";
import { ifThere } from "../api.js";
import { called } from "../person/address.js";
import { t } from "../words.js";

const names = signal(/** @type {Record<string, string>} */ ({}));
/** @type {Set<string>} */
const asked = new Set();

/** Until it is known, nothing that could be taken for a name. @param {string} id */
export const nameOf = (id) => names.value[id] ?? (asked.has(id) ? "…" : t("customer.unnamed"));

/** @param {(string | null)[]} ids */
export async function nameThem(ids) {
  const unknown = [...new Set(ids)].filter((id) => id && !asked.has(id));
  unknown.forEach((id) => asked.add(/** @type {string} */ (id)));
  const found = await Promise.all(unknown.map((id) => ifThere(`/customers/${id}`)));
  names.value = { ...names.value, ...Object.fromEntries(unknown.map((id, at) => [id, called(found[at])])) };
}
