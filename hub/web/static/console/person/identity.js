// @ts-check
/** Who may be the same person, what was joined and separated, and the ways to do either. */

import { html } from "../../vendor/htm-preact.js";
import { call } from "../api.js";
import { may } from "../session.js";
import { glyphOf, Icon } from "../shell/icon.js";
import { complain } from "../trouble.js";
import { day, dayWithin, t, word } from "../words.js";
import { bare, called, spelled } from "./address.js";
import { compare } from "./compare.js";
import { readFacts } from "./facts.js";
import { undoMerge } from "./reshaping.js";

/** @param {{person: any, list: any[]}} props */
export function Suggestions({ person, list }) {
  if (!list.length) return null;
  /** @param {any} one */
  const dismiss = async (one) => {
    await call("DELETE", `/customers/${person.id}/suggestions/${one.customer.id}`);
    await readFacts(person.id);
  };
  return html`<section><h3>${t("suggestion.title")}</h3>${list.slice(0, 3).map((one) => html`<div class="suggestion" key=${one.customer.id}>
    <strong>${called(one.customer)}</strong>
    ${one.customer.contact_points.map((/** @type {any} */ point) => html`<span class="point-line" key=${point.id}><${Icon} name=${glyphOf(point.scheme)} />${spelled(point)}</span>`)}
    <ul class="plain-list quiet">${one.reasons.map((/** @type {any} */ each) => html`<li>${t(`suggestion.${each.kind}`, { what: bare(each.what) })}</li>`)}</ul>
    <p class="actions"><button onClick=${() => compare(person, one.customer)}>${t("suggestion.compare")}</button>
      ${may("customers:write") ? html`<button class="plain" onClick=${() => dismiss(one).catch(complain)}>${t("suggestion.dismiss")}</button>` : ""}</p>
  </div>`)}</section>`;
}

/** What was joined to the customer and taken from it: by whom, why, and back with one click. @param {{person: any, list: any[]}} props */
export function History({ person, list }) {
  if (!list.length) return null;
  return html`<section><h3>${t("history.title")}</h3>${list.map((one) => html`<div class="item" key=${one.id}>
    <${Icon} name=${one.act === "split" ? "split" : one.act === "added" ? "plus" : "merge"} />
    <span class="grow">${said(one, person)}<span class="quiet why">${[day(one.at), one.by.name || word("actor", one.by.kind), one.act === "merge" && one.evidence !== "operator" ? t(`evidence.${one.evidence}`, { name: one.by.name }) : "", one.reason].filter(Boolean).join(" · ")}</span>
      ${one.undone_at ? html`<span class="quiet why">${t("history.undone", { day: dayWithin(one.undone_at), name: one.undone_by?.name || t("actor.system") })}</span>` : ""}</span>
    ${one.undoable && may("customers:write") ? html`<button class="small" onClick=${() => undoMerge(person, one.id).catch(complain)} aria-label=${t("history.undoOne", { what: said(one, person) })}>${t("do.undo")}</button>` : ""}
  </div>`)}</section>`;
}

/** @param {any} one @param {any} person */
function said(one, person) {
  const address = one.contact_point?.value ?? "";
  if (one.act === "added") return t("history.added", { address });
  if (one.act === "split") return one.into.id === person.id || person.merged_from.includes(one.into.id) ? t("history.came", { address }) : t("history.left", { address });
  const other = person.merged_from.includes(one.from?.id) || one.into.id === person.id ? one.from : one.into;
  return t("history.merged", { name: other?.name || t("customer.unnamed") });
}
