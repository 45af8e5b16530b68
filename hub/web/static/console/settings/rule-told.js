// @ts-check
/** A rule in words: when it fires, under which conditions, what it does; read, not changed. */

import { html } from "../../vendor/htm-preact.js";
import { colleagues, teams } from "../session.js";
import { capital, listed, span, t, word } from "../words.js";
import { fieldName, valueName } from "./rule-fields.js";
import { fires, told } from "./rule-words.js";

const GROUPS = ["all", "any", "not"];
const SPANS = ["older_than", "newer_than", "within_next"];

/** @param {{one: any}} props */
export function Told({ one }) {
  const tree = one.conditions;
  return html`<section class="rule-told">
    <h3>${t(one.trigger.on ? "builder.event" : "builder.when")}</h3><p>${capital(fires(one.trigger))}${one.trigger.only ? `, ${t(`only.${one.trigger.only}`)}` : ""}</p>
    ${tree && Object.keys(tree).length ? html`<h3>${t("builder.if")}</h3><${Tree} tree=${tree} />` : ""}
    <h3>${t("builder.then")}</h3><${Steps} actions=${one.actions} />
    <${Facts} facts=${[
      [t("builder.late"), one.late && span(one.late)], [t("builder.coalesce"), one.coalesce && span(one.coalesce)], [t("builder.join"), one.join && span(one.join)],
      [t("builder.most"), one.at_most && `${one.at_most.times} / ${span(one.at_most.per)}`], [t("builder.key"), one.key && listed(one.key.map(fieldName))],
    ]} />
  </section>`;
}

/** @param {{tree: any}} props */
const Tree = ({ tree }) => html`<div class="tree"><${Node} tree=${tree} /></div>`;

/** @param {{tree: any}} props */
function Node({ tree }) {
  const group = GROUPS.find((each) => each in tree);
  if (!group) {
    const operator = Object.keys(tree).find((each) => each !== "field") ?? "is";
    return html`<p class="tree-leaf"><span><${Comparison} field=${tree.field} operator=${operator} value=${tree[operator]} /></span></p>`;
  }
  const parts = [tree[group]].flat();
  if (group !== "not" && parts.length === 1) return html`<${Node} tree=${parts[0]} />`;
  return html`<div class="tree-group"><p>${t(`group.${group}`)}</p>${parts.map((part) => html`<${Node} tree=${part} />`)}</div>`;
}

/** "Order: status is Packed". @param {{field: string, operator: string, value: any}} props */
export const Comparison = ({ field, operator, value }) => html`<span title=${field}>${fieldName(field)}</span> ${t(`compare.${operator}`)}${operator === "empty" && value === true ? "" : html` <code>${SPANS.includes(operator) ? span(String(value)) : valued(field, value)}</code>`}`;

/** What a field holds, or should. @param {string} field @param {any} value */
export function valued(field, value) {
  if (value === null || value === undefined || value === "") return t("why.nothing");
  return [value].flat().map((one) => (typeof one === "boolean" ? t(one ? "consent.yes" : "consent.no") : one !== null && typeof one === "object" ? JSON.stringify(one) : valueName(field, one))).join(", ");
}

/** @param {{actions: any[]}} props */
const Steps = ({ actions }) => html`<ol class="rule-steps">${actions.map((one) => {
  const kind = "if" in one ? "if" : Object.keys(one)[0];
  return html`<li><strong>${t(`rule-action.${kind}`)}</strong>${kind === "if" ? html`<${If} value=${one} />` : html`<${DOES[kind]} value=${one[kind]} />`}</li>`;
})}</ol>`;

/** What is done in one case. @param {{title: string, actions: any[] | null | undefined}} props */
const Branch = ({ title, actions }) => (actions?.length ? html`<div class="tree-group"><p class="quiet">${title}</p><${Steps} actions=${actions} /></div>` : "");

/** "Channel: SMS", each on a line of its own; what is not said is left out. @param {{facts: any[][]}} props */
const Facts = ({ facts }) => html`${facts.filter(([, value]) => value).map(([label, value]) => html`<p class="quiet">${label}: ${value}</p>`)}`;

/** @param {{value: any}} props */
const If = ({ value }) => html`<${Tree} tree=${value.if} /><${Branch} title=${t("builder.then")} actions=${value.then} /><${Branch} title=${t("builder.else")} actions=${value.else} />`;

/** The words of a message, and how it goes. @param {{value: any}} props */
function Message({ value }) {
  const fallback = (value.fallback ?? []).map((/** @type {any} */ one) => [t("builder.fallback"), `${word("channel", one.channel)} (${t("builder.fallbackAfter")}: ${span(one.after)})`]);
  return html` <span class="rule-text">${told(value)}</span><${Facts} facts=${[
    [t("builder.purpose"), value.purpose && t(`purpose.${value.purpose}`)], [t("builder.channel"), value.channel && word("channel", value.channel)], ...fallback,
    [t("builder.button"), value.buttons && listed(value.buttons.map((/** @type {any} */ one) => one.label))], [t("builder.calendar"), value.calendar === false ? t("builder.noCalendar") : value.calendar],
  ]} />`;
}

/** @param {{value: any}} props */
const Ask = ({ value }) => html`<${Message} value=${value} /><${Facts} facts=${[[t("builder.within"), value.within && span(value.within)], [t("builder.answer"), listed(value.answers.map((/** @type {any} */ one) => one.label))]]} />
  ${value.answers.map((/** @type {any} */ one) => html`<${Branch} title=${t("builder.afterAnswer", { answer: one.label })} actions=${one.then} />`)}<${Branch} title=${t("builder.otherwise")} actions=${value.otherwise} />`;

/** @param {any} value */
function assignee(value) {
  if (value.operator === "nobody" || value.team === "nobody") return t("assign.nobody");
  const found = value.team ? teams.value.find((one) => one.id === value.team) : colleagues.value.find((one) => one.id === value.operator || one.email === value.operator);
  return found?.name ?? value.team ?? value.operator;
}

/** @param {{value: any}} props */
function Labels({ value }) {
  const labels = typeof value === "string" ? [value] : Array.isArray(value) ? value : value.labels;
  return html` ${listed(labels)}<${Facts} facts=${[[t("builder.labelOn"), value.on === "customer" ? t("customer.label") : t("builder.conversation")]]} />`;
}

/** @param {{value: any}} props */
const Text = ({ value }) => html` <span class="rule-text">${value}</span>`;
/** @param {{value: any}} props */
const HowLong = ({ value }) => html` ${span(value)}`;

/** @type {Record<string, (props: {value: any}) => any>} */
const DOES = {
  send: Message, ask: Ask, note: Text, label: Labels, unlabel: Labels, snooze: HowLong, wait: HowLong,
  assign: ({ value }) => html` ${assignee(value)}`,
  route: () => html`<p class="quiet">${t("builder.routed")}</p>`,
  priority: ({ value }) => html` ${t(`priority.${value}`)}`,
  close: ({ value }) => html` ${value.reason ? word("close", value.reason) : ""}`,
  set: ({ value }) => html`<${Facts} facts=${Object.entries(value).map(([name, one]) => [fieldName(name), valued(name, one)])} />`,
  webhook: ({ value }) => html` ${value.name}<${Facts} facts=${Object.entries(value.data ?? {}).map(([name, one]) => [name, valued("", one)])} />`,
};
