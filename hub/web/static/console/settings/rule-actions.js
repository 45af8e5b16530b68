// @ts-check
/** What a rule does, one thing after the other; what only the YAML can spell is kept as it is. */

import { html } from "../../vendor/htm-preact.js";
import { colleagues, inboxes, teams } from "../session.js";
import { Icon } from "../shell/icon.js";
import { choose } from "../shell/picker.js";
import { t, word } from "../words.js";
import { Fault } from "./fault.js";

const PURPOSES = ["service", "reminder", "marketing", "survey"];
/** @type {Record<string, () => any>} */
const FRESH = {
  send: () => ({ text: "" }), ask: () => ({ text: "", within: "2d", answers: [{ value: "yes", label: t("builder.yes") }, { value: "no", label: t("builder.no") }] }), note: () => "", assign: () => ({ operator: colleagues.value[0]?.id }), route: () => true, label: () => ({ labels: [], on: "conversation" }), unlabel: () => ({ labels: [], on: "conversation" }),
  priority: () => 3, snooze: () => "2h", close: () => ({ reason: "solved" }), webhook: () => ({ name: "" }), wait: () => "1d",
};

/** @typedef {{value: any, set: (value: any) => void, known: any}} Part */

/** @param {{actions: any[], set: (actions: any[]) => void, known: any, faults: Record<string, string>}} props */
export function Actions({ actions, set, known, faults }) {
  const add = (/** @type {any} */ event) => choose({
    title: t("builder.addAction"),
    anchor: event.currentTarget,
    choices: Object.keys(FRESH).map((kind) => ({ id: kind, label: t(`rule-action.${kind}`), run: () => set([...actions, { [kind]: FRESH[kind]() }]) })),
  });
  return html`
    ${actions.map((one, index) => {
      const kind = Object.keys(one)[0];
      const Form = FORMS[kind];
      return html`<div class="rule-action" key=${index}>
        <div class="rule-line"><strong class="grow">${t(`rule-action.${kind}`)}</strong><button type="button" class="icon-button" onClick=${() => set(actions.filter((_, at) => at !== index))} aria-label=${t("builder.removeAction")} title=${t("builder.removeAction")}><${Icon} name="x" /></button></div>
        ${Form ? html`<${Form} value=${one[kind]} known=${known} set=${(/** @type {any} */ value) => set(actions.with(index, { [kind]: value }))} />` : html`<pre class="code" tabindex="0">${JSON.stringify(one, null, 2)}</pre><p class="quiet">${t("builder.onlyYaml")}</p>`}
        <${Fault} faults=${faults} place=${"actions." + index} within />
      </div>`;
    })}
    <p class="rule-add"><button type="button" class="plain link" onClick=${add}><${Icon} name="plus" />${t("builder.addAction")}</button></p><${Fault} faults=${faults} place="actions" />`;
}

/** @param {{label: string, value: string, set: (value: string) => void, options: string[][]}} props */
const Choice = ({ label, value, set, options }) => html`<label class="rule-part">${label}<select value=${value} onChange=${(/** @type {any} */ event) => set(event.target.value)}>${options.map(([code, name]) => html`<option value=${code} selected=${code === value}>${name}</option>`)}</select></label>`;

/** @param {{label: string, value: string, set: (value: string) => void}} props */
const Short = ({ label, value, set }) => html`<label class="rule-part">${label}<input value=${value} onChange=${(/** @type {any} */ event) => set(event.target.value)} /></label>`;

/** @param {{label: string, value: string, set: (value: string) => void}} props */
const Long = ({ label, value, set }) => html`<label class="rule-part long">${label}<textarea rows="3" value=${value} onInput=${(/** @type {any} */ event) => set(event.target.value)}></textarea></label>`;

/** Without what is not said. @param {any} given */
const said = (given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== "" && value !== undefined));

/** @param {Part} props */
function SendForm({ value, set, known }) {
  const own = value.template === undefined;
  const { template: _template, text: _text, ...rest } = value;
  const channels = [...new Set(inboxes.value.map((one) => one.channel))];
  return html`<div class="rule-parts">
    <${Choice} label=${t("builder.says")} value=${own ? "" : value.template} set=${(/** @type {string} */ name) => set(name ? { ...rest, template: name } : { ...rest, text: "" })} options=${[["", t("builder.ownText")], ...[...new Set([...known.templates, ...(own ? [] : [value.template])])].map((name) => [name, name])]} />
    <${Choice} label=${t("builder.purpose")} value=${value.purpose ?? ""} set=${(/** @type {string} */ purpose) => set(said({ ...value, purpose }))} options=${[["", t("builder.asTemplate")], ...PURPOSES.map((one) => [one, t(`purpose.${one}`)])]} />
    <${Choice} label=${t("builder.channel")} value=${value.channel ?? ""} set=${(/** @type {string} */ channel) => set(said({ ...value, channel }))} options=${[["", t("composer.auto")], ...channels.map((one) => [one, word("channel", one)])]} />
    ${own ? html`<${Long} label=${t("builder.text")} value=${value.text ?? ""} set=${(/** @type {string} */ text) => set({ ...rest, text })} />` : ""}
    ${value.fallback?.length || value.buttons?.length ? html`<p class="quiet">${t("builder.moreInYaml")}</p>` : ""}
  </div>`;
}

/** A question: its words and answers; the branches behind them are kept. @param {Part} props */
function AskForm({ value, set, known }) {
  const own = value.template === undefined;
  const { template: _template, text: _text, ...rest } = value;
  /** @param {number} number @param {any} next */
  const put = (number, next) => set({ ...value, answers: value.answers.with(number, next) });
  const branched = value.otherwise?.length || value.answers.some((/** @type {any} */ one) => one.then?.length);
  return html`<div class="rule-parts">
    <${Choice} label=${t("builder.says")} value=${own ? "" : value.template} set=${(/** @type {string} */ name) => set(name ? { ...rest, template: name } : { ...rest, text: "" })} options=${[["", t("builder.ownText")], ...[...new Set([...known.templates, ...(own ? [] : [value.template])])].map((name) => [name, name])]} />
    <${Short} label=${t("builder.within")} value=${value.within ?? "2d"} set=${(/** @type {string} */ within) => set(said({ ...value, within }))} />
    ${own ? html`<${Long} label=${t("builder.text")} value=${value.text ?? ""} set=${(/** @type {string} */ text) => set({ ...rest, text })} />` : ""}
    ${value.answers.map((/** @type {any} */ one, /** @type {number} */ number) => html`<fieldset class="rule-part long" key=${number}><legend>${t("builder.answer")} ${number + 1}</legend><div class="rule-parts">
      <${Short} label=${t("builder.answer")} value=${one.label} set=${(/** @type {string} */ label) => put(number, { ...one, label })} />
      <${Short} label=${t("builder.answerValue")} value=${one.value} set=${(/** @type {string} */ name) => put(number, { ...one, value: name })} />
      <${Short} label=${t("builder.answerWords")} value=${(one.words ?? []).join(", ")} set=${(/** @type {string} */ text) => put(number, { ...one, words: text.split(",").map((each) => each.trim()).filter(Boolean) })} />
      <button type="button" class="icon-button" aria-label=${t("builder.removeAnswer")} title=${t("builder.removeAnswer")} onClick=${() => set({ ...value, answers: value.answers.filter((/** @type {any} */ _, /** @type {number} */ at) => at !== number) })}><${Icon} name="x" /></button>
    </div></fieldset>`)}
    ${value.answers.length < 10 ? html`<p><button type="button" class="plain link" onClick=${() => set({ ...value, answers: [...value.answers, { value: `answer-${value.answers.length + 1}`, label: "" }] })}><${Icon} name="plus" />${t("builder.addAnswer")}</button></p>` : ""}
    ${branched ? html`<p class="quiet">${t("builder.branches")}</p>` : ""}
  </div>`;
}

/** @param {Part} props */
function AssignForm({ value, set }) {
  const chosen = value.team ? `team:${value.team}` : `operator:${value.operator}`;
  const people = colleagues.value.map((one) => [`operator:${one.id}`, one.name]);
  const groups = teams.value.map((one) => [`team:${one.id}`, one.name]);
  const known = [...people, ...groups, ["operator:nobody", t("assign.nobody")]];
  return html`<${Choice} label=${t("builder.whom")} value=${chosen} set=${(/** @type {string} */ one) => set({ [one.split(":")[0]]: one.slice(one.indexOf(":") + 1) })} options=${known.some(([code]) => code === chosen) ? known : [[chosen, chosen.slice(chosen.indexOf(":") + 1)], ...known]} />`;
}

/** @param {Part} props */
function LabelForm({ value, set }) {
  const whole = typeof value === "string" ? { labels: [value] } : Array.isArray(value) ? { labels: value } : value;
  return html`<div class="rule-parts">
    <${Short} label=${t("builder.labels")} value=${whole.labels.join(", ")} set=${(/** @type {string} */ text) => set({ ...whole, labels: text.split(",").map((one) => one.trim()).filter(Boolean) })} />
    <${Choice} label=${t("builder.labelOn")} value=${whole.on ?? "conversation"} set=${(/** @type {string} */ on) => set({ ...whole, on })} options=${[["conversation", t("builder.conversation")], ["customer", t("customer.label")]]} />
  </div>`;
}

/** @param {string} key of a word @returns {(props: Part) => any} */
const span = (key) => ({ value, set }) => html`<${Short} label=${key} value=${value} set=${set} />`;

/** @type {Record<string, (props: Part) => any>} */
const FORMS = {
  send: SendForm,
  ask: AskForm,
  note: ({ value, set }) => html`<${Long} label=${t("builder.text")} value=${value} set=${set} />`,
  assign: AssignForm,
  route: () => html`<p class="quiet">${t("builder.routed")}</p>`,
  label: LabelForm,
  unlabel: LabelForm,
  priority: ({ value, set }) => html`<${Choice} label=${t("do.priority")} value=${String(value)} set=${(/** @type {string} */ level) => set(Number(level))} options=${[4, 3, 2, 1, 0].map((level) => [String(level), t(`priority.${level}`)])} />`,
  snooze: (props) => span(t("builder.howLong"))(props),
  wait: (props) => span(t("builder.howLong"))(props),
  close: ({ value, set }) => html`<${Short} label=${t("builder.reason")} value=${value === true ? "" : (value.reason ?? "")} set=${(/** @type {string} */ reason) => set(reason ? { reason } : true)} />`,
  webhook: ({ value, set }) => html`<${Short} label=${t("builder.webhook")} value=${value.name} set=${(/** @type {string} */ name) => set({ ...value, name })} />`,
};
