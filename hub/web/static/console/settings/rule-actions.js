// @ts-check
/** What a rule does, one thing after the other, with the branches of its questions and conditions. */

import { html } from "../../vendor/htm-preact.js";
import { colleagues, teams } from "../session.js";
import { Icon } from "../shell/icon.js";
import { choose } from "../shell/picker.js";
import { t } from "../words.js";
import { Fault } from "./fault.js";
import { Conditions } from "./rule-conditions.js";
import { fieldName } from "./rule-fields.js";
import { Long, MessageForm, Pairs, PickOne, Short, Span, said } from "./rule-parts.js";

/** hub.rules.steps.DEEPEST, less the list that is on top. */
const DEEPEST = 3;
/** @type {Record<string, () => any>} */
const FRESH = {
  send: () => ({ text: "" }), ask: () => ({ text: "", within: "2d", answers: [{ value: "yes", label: t("builder.yes") }, { value: "no", label: t("builder.no") }] }), note: () => "", assign: () => ({ operator: colleagues.value[0]?.id }), route: () => true, label: () => ({ labels: [], on: "conversation" }), unlabel: () => ({ labels: [], on: "conversation" }),
  priority: () => 3, snooze: () => "2h", close: () => ({ reason: "solved" }), webhook: () => ({ name: "" }), wait: () => "1d",
  set: () => ({ "customer.attributes.": "" }),
};
/** `if` stands beside its branches: the whole action is its value. */
const FRESH_IF = () => ({ if: { all: [] }, then: [{ note: "" }] });

/** @typedef {{known: any, faults: Record<string, string>, fields: Record<string, string>, depth: number}} Around */
/** @typedef {{value: any, set: (value: any) => void, place: string} & Around} Part */

/** @param {{actions: any[], set: (actions: any[]) => void, place: string} & Around} props */
export function Actions({ actions, set, place, ...around }) {
  const { faults, depth } = around;
  const add = (/** @type {any} */ event) => choose({
    title: t("builder.addAction"),
    anchor: event.currentTarget,
    choices: [
      ...Object.keys(FRESH).filter((kind) => kind !== "ask" || depth < DEEPEST).map((kind) => ({ id: kind, label: t(`rule-action.${kind}`), run: () => set([...actions, { [kind]: FRESH[kind]() }]) })),
      ...(depth < DEEPEST ? [{ id: "if", label: t("rule-action.if"), run: () => set([...actions, FRESH_IF()]) }] : []),
    ],
  });
  return html`
    ${actions.map((one, index) => {
      const kind = "if" in one ? "if" : Object.keys(one)[0];
      const whole = kind === "if";
      const Form = FORMS[kind];
      const move = (/** @type {number} */ by) => set(actions.with(index, actions[index + by]).with(index + by, one));
      return html`<div class="rule-action" key=${index}>
        <div class="rule-line"><strong class="grow">${t(`rule-action.${kind}`)}</strong>
          ${index ? html`<button type="button" class="icon-button" onClick=${() => move(-1)} aria-label=${t("builder.earlier")} title=${t("builder.earlier")}><${Icon} name="arrow-up" /></button>` : ""}
          <button type="button" class="icon-button" onClick=${() => set(actions.filter((_, at) => at !== index))} aria-label=${t("builder.removeAction")} title=${t("builder.removeAction")}><${Icon} name="x" /></button></div>
        <${Form} value=${whole ? one : one[kind]} ...${around} place=${`${place}.${index}`} set=${(/** @type {any} */ value) => set(actions.with(index, whole ? value : { [kind]: value }))} />
        <${Fault} faults=${faults} place=${`${place}.${index}`} within=${kind !== "if" && kind !== "ask"} />
      </div>`;
    })}
    <p class="rule-add"><button type="button" class="plain link" onClick=${add}><${Icon} name="plus" />${t("builder.addAction")}</button></p><${Fault} faults=${faults} place=${place} />`;
}

/** What is done in one case; nothing left of it is no branch. @param {{title: string, actions: any[] | null | undefined, set: (actions: any[] | undefined) => void, place: string} & Around} props */
const Branch = ({ title, actions, set, depth, ...rest }) => html`<fieldset class="rule-part long rule-branch"><legend>${title}</legend>
  <${Actions} ...${rest} actions=${actions ?? []} depth=${depth + 1} set=${(/** @type {any[]} */ next) => set(next.length ? next : undefined)} /></fieldset>`;

/** @param {Part} props */
function IfForm({ value, set, place, ...around }) {
  return html`<${Conditions} tree=${value.if} set=${(/** @type {any} */ tree) => set({ ...value, if: tree ?? { all: [] } })} place=${`${place}.if`} fields=${around.fields} comparisons=${around.known.comparisons} faults=${around.faults} />
    <${Branch} title=${t("builder.then")} actions=${value.then} set=${(/** @type {any} */ then) => set(said({ ...value, then }))} place=${`${place}.then`} ...${around} />
    <${Branch} title=${t("builder.else")} actions=${value.else} set=${(/** @type {any} */ other) => set(said({ ...value, else: other }))} place=${`${place}.else`} ...${around} />`;
}

/** A question: its words, its answers, and what is done after each, or when none comes. @param {Part} props */
function AskForm({ value, set, place, ...around }) {
  const { answers, within: _within, otherwise: _otherwise, ...message } = value;
  /** @param {number} number @param {any} next */
  const put = (number, next) => set({ ...value, answers: answers.with(number, next) });
  const inner = `${place}.ask`;
  return html`<div class="rule-parts">
    <${MessageForm} value=${message} known=${around.known} set=${(/** @type {any} */ next) => set({ ...next, ...said({ within: value.within, otherwise: value.otherwise }), answers })} />
    <${Span} label=${t("builder.within")} value=${value.within ?? "2d"} set=${(/** @type {string} */ within) => set(said({ ...value, within }))} />
    ${answers.map((/** @type {any} */ one, /** @type {number} */ number) => html`<fieldset class="rule-part long" key=${number}><legend>${t("builder.answer")} ${number + 1}</legend><div class="rule-parts">
      <${Short} label=${t("builder.answer")} value=${one.label} set=${(/** @type {string} */ label) => put(number, { ...one, label })} />
      <${Short} label=${t("builder.answerValue")} value=${one.value} set=${(/** @type {string} */ name) => put(number, { ...one, value: name })} />
      <${Short} label=${t("builder.answerWords")} value=${(one.words ?? []).join(", ")} set=${(/** @type {string} */ text) => put(number, { ...one, words: text.split(",").map((each) => each.trim()).filter(Boolean) })} />
      <button type="button" class="icon-button" aria-label=${t("builder.removeAnswer")} title=${t("builder.removeAnswer")} onClick=${() => set({ ...value, answers: answers.filter((/** @type {any} */ _, /** @type {number} */ at) => at !== number) })}><${Icon} name="x" /></button>
      <${Branch} title=${t("builder.afterAnswer", { answer: one.label || one.value })} actions=${one.then} set=${(/** @type {any} */ then) => put(number, said({ ...one, then }))} place=${`${inner}.answers.${number}.then`} ...${around} />
    </div></fieldset>`)}
    ${answers.length < 10 ? html`<p><button type="button" class="plain link" onClick=${() => set({ ...value, answers: [...answers, { value: `answer-${answers.length + 1}`, label: "" }] })}><${Icon} name="plus" />${t("builder.addAnswer")}</button></p>` : ""}
    <${Branch} title=${t("builder.otherwise")} actions=${value.otherwise} set=${(/** @type {any} */ otherwise) => set(said({ ...value, otherwise }))} place=${`${inner}.otherwise`} ...${around} />
  </div>`;
}

/** @param {Part} props */
function AssignForm({ value, set }) {
  const chosen = value.team ? `team:${value.team}` : `operator:${value.operator}`;
  const people = colleagues.value.map((one) => [`operator:${one.id}`, one.name]);
  const groups = teams.value.map((one) => [`team:${one.id}`, one.name]);
  const known = [...people, ...groups, ["operator:nobody", t("assign.nobody")]];
  return html`<${PickOne} label=${t("builder.whom")} value=${chosen} set=${(/** @type {string} */ one) => set({ [one.split(":")[0]]: one.slice(one.indexOf(":") + 1) })} options=${known.some(([code]) => code === chosen) ? known : [[chosen, chosen.slice(chosen.indexOf(":") + 1)], ...known]} />`;
}

/** @param {Part} props */
function LabelForm({ value, set }) {
  const whole = typeof value === "string" ? { labels: [value] } : Array.isArray(value) ? { labels: value } : value;
  return html`<div class="rule-parts">
    <${Short} label=${t("builder.labels")} value=${whole.labels.join(", ")} set=${(/** @type {string} */ text) => set({ ...whole, labels: text.split(",").map((one) => one.trim()).filter(Boolean) })} />
    <${PickOne} label=${t("builder.labelOn")} value=${whole.on ?? "conversation"} set=${(/** @type {string} */ on) => set({ ...whole, on })} options=${[["conversation", t("builder.conversation")], ["customer", t("customer.label")]]} />
  </div>`;
}

/** @param {Part} props */
const HowLong = ({ value, set }) => html`<${Span} label=${t("builder.howLong")} value=${value} set=${set} />`;

/** @type {Record<string, (props: Part) => any>} */
const FORMS = {
  send: ({ value, set, known }) => html`<div class="rule-parts"><${MessageForm} value=${value} set=${set} known=${known} sends /></div>`,
  if: IfForm,
  set: ({ value, set, fields }) => html`<${Pairs} label=${t("builder.field")} list="rule-fields" value=${value} set=${set} />
    <datalist id="rule-fields">${Object.keys(fields).map((name) => html`<option value=${name} label=${fieldName(name)}></option>`)}</datalist>`,
  ask: AskForm,
  note: ({ value, set }) => html`<${Long} label=${t("builder.text")} value=${value} set=${set} />`,
  assign: AssignForm,
  route: () => html`<p class="quiet">${t("builder.routed")}</p>`,
  label: LabelForm,
  unlabel: LabelForm,
  priority: ({ value, set }) => html`<${PickOne} label=${t("do.priority")} value=${String(value)} set=${(/** @type {string} */ level) => set(Number(level))} options=${[4, 3, 2, 1, 0].map((level) => [String(level), t(`priority.${level}`)])} />`,
  snooze: HowLong,
  wait: HowLong,
  close: ({ value, set }) => html`<${Short} label=${t("builder.reason")} value=${value === true ? "" : (value.reason ?? "")} set=${(/** @type {string} */ reason) => set(reason ? { reason } : true)} />`,
  webhook: ({ value, set }) => html`<${Short} label=${t("builder.webhook")} value=${value.name} set=${(/** @type {string} */ name) => set({ ...value, name })} />
    <${Pairs} label=${t("builder.dataName")} value=${value.data ?? {}} set=${(/** @type {any} */ data) => set(Object.keys(data).length ? { ...value, data } : { name: value.name })} />`,
};
