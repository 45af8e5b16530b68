// @ts-check
/** Ctrl-K: every action, customer, conversation and order by a few letters. */

import { call, query } from "../api.js";
import { called } from "../person/address.js";
import { go } from "../route.js";
import { open } from "../talk/opened.js";
import { t, word } from "../words.js";
import { actions } from "./actions.js";
import { glyph } from "./icon.js";
import { spelled } from "./keys.js";
import { choose } from "./picker.js";
import { openCustomer } from "../pages/open-customer.js";

const SHOWN = 8;

export function palette() {
  const doing = actions().filter((one) => !["palette", "next", "previous", "first"].includes(one.id));
  choose({
    title: t("palette.title"),
    wide: true,
    choices: doing.map((one) => ({ id: one.id, label: one.label, icon: one.icon, keys: spelled(one.keys ?? "").join(" "), group: t("palette.actions"), run: one.run })),
    find,
  });
}

/** @param {string} text @returns {Promise<import("./picker.js").Choice[]>} */
async function find(text) {
  if (!text.trim()) return [];
  const found = await call("GET", `/search${query({ q: text, limit: SHOWN })}`);
  return [
    ...found.conversations.slice(0, SHOWN).map((/** @type {any} */ one) => ({ id: one.id, icon: glyph(one.channels[0]), label: called(one.customer), hint: t(`status.${one.status}`), group: t("palette.conversations"), run: () => open(one) })),
    ...found.customers.slice(0, SHOWN).map((/** @type {any} */ one) => ({ id: `c-${one.id}`, icon: "user", label: one.name || t("customer.unnamed"), hint: one.addresses?.[0] ?? "", group: t("palette.customers"), run: () => openCustomer(one.id) })),
    ...found.orders.slice(0, SHOWN).map((/** @type {any} */ one) => ({ id: `o-${one.id}`, icon: "package", label: one.number || one.external_id, hint: word("order", one.status), group: t("palette.orders"), run: () => go("customers", one.customer_id) })),
  ];
}
