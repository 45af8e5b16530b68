// @ts-check
/** Which addresses are one person's: joining two customers, taking an address out, and all of it back. */

import { html } from "../../vendor/htm-preact.js";
import { call, query } from "../api.js";
import { choose } from "../shell/picker.js";
import { fold, lay } from "../shell/sheet.js";
import { Field, Form } from "../settings/form.js";
import { offerUndo } from "../trouble.js";
import { t } from "../words.js";
import { called, spelled } from "./address.js";
import { compare } from "./compare.js";
import { readAgain } from "./record.js";

/** @param {any} person @param {string} mergeId */
export async function undoMerge(person, mergeId) {
  await call("POST", `/customers/${person.id}/unmerge`, { merge_id: mergeId });
  await readAgain(person.id);
}

/** Choose somebody else, and look at both. @param {any} person */
export function askJoin(person) {
  choose({
    title: t("join.whom"),
    wide: true,
    empty: t("customers.nobody"),
    choices: [],
    find: async (text) => {
      const found = (await call("GET", `/customers${query({ q: text, limit: 20 })}`)).items;
      return found.filter((/** @type {any} */ one) => one.id !== person.id).map((/** @type {any} */ one) => ({
        id: one.id, label: called(one), icon: "user", hint: one.contact_points.map(spelled).join(", "), run: () => compare(person, one),
      }));
    },
  });
}

/** @param {any} person @param {any} point */
export function askSplit(person, point) {
  /** @param {any} given */
  const submit = async ({ reason }) => {
    const answer = await call("POST", `/contact-points/${point.id}/split`, { reason });
    fold();
    await readAgain(person.id);
    offerUndo(t("split.done", { address: spelled(point) }), () => undoMerge(person, answer.merge_id));
  };
  lay({
    title: t("split.title", { address: spelled(point) }),
    body: () => html`<p>${t("split.meaning")}</p>
      <${Form} submit=${submit} start=${{ reason: "" }} label=${t("split.do")}><${Field} name="reason" label=${t("join.reason")} hint=${t("join.reasonHint")} maxlength="500" /><//>`,
  });
}

const SCHEMES = ["email", "tel"];

/** @param {any} person */
export function askAddress(person) {
  /** @param {any} given */
  const submit = async (given) => {
    const added = await call("POST", `/customers/${person.id}/contact-points`, given);
    fold();
    await readAgain(person.id);
    if (added.merge_id) offerUndo(t("address.added", { address: given.value }), () => undoMerge(person, added.merge_id));
  };
  lay({
    title: t("address.add"),
    body: () => html`<${Form} submit=${submit} start=${{ scheme: SCHEMES[0], value: "" }} label=${t("address.add")}>
      <${Field} name="scheme" label=${t("address.kind")} options=${SCHEMES.map((scheme) => [scheme, t(`scheme.${scheme}`)])} />
      <${Field} name="value" label=${t("address.value")} hint=${t("address.hint")} required maxlength="300" />
    <//>`,
  });
}
