// @ts-check
/** The builder of a rule: a form over the same tree as its YAML, and the YAML itself; faults stand at their place. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { all, call, Problem } from "../api.js";
import { Icon } from "../shell/icon.js";
import { complain } from "../trouble.js";
import { t, word } from "../words.js";
import { Fault } from "./fault.js";
import { FieldBox, SpanBox } from "./rule-fields.js";
import { momentOf } from "./rule-words.js";
import { Actions } from "./rule-actions.js";
import { Conditions } from "./rule-conditions.js";

const SPEC = ["name", "enabled", "trigger", "conditions", "actions", "key", "late", "coalesce", "at_most", "join"];
const START = { name: "", trigger: { on: "order.status_changed" }, actions: [{ send: { template: "order-status" } }] };

/** @typedef {import("./fault.js").Faults} Faults */

/** @param {{one: any, done: (rule: any) => Promise<void>}} props one: the rule to change; null: a new one */
export function Builder({ one, done }) {
  const [spec, setSpec] = useState(/** @type {any} */ (one ? Object.fromEntries(SPEC.filter((name) => one[name] !== null && one[name] !== undefined).map((name) => [name, one[name]])) : START));
  const [yaml, setYaml] = useState(/** @type {string | null} */ (null));
  const [faults, setFaults] = useState(/** @type {Faults} */ ({}));
  const [problem, setProblem] = useState("");
  const [known, setKnown] = useState(/** @type {any} */ (null));
  useEffect(() => void learn().then(setKnown).catch(complain), []);
  if (!known) return html`<div class="skeleton" aria-busy="true"></div>`;
  /** The rule in both forms, or null with the faults shown. @param {any} body */
  const checked = async (body) => {
    try {
      const answer = await call("POST", "/rules/check", body);
      setFaults({});
      setProblem("");
      return answer;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      setFaults(error.fields);
      setProblem([error.message, error.remedy].filter(Boolean).join(" "));
      return null;
    }
  };
  const now = () => (yaml === null ? { spec } : { yaml });
  const turn = async () => {
    // Nothing is written yet: whoever has a YAML wants to paste it.
    if (yaml === null ? spec === START : !yaml.trim()) return setYaml(yaml === null ? "" : null);
    const answer = await checked(now());
    if (!answer) return;
    setSpec(answer.spec);
    setYaml(yaml === null ? answer.yaml : null);
  };
  /** @param {Event} event */
  const save = async (event) => {
    event.preventDefault();
    const answer = await checked(now());
    if (answer) await done(await call("PUT", "/rules", answer.spec));
  };
  /** @param {any} part */
  const change = (part) => setSpec(Object.fromEntries(Object.entries({ ...spec, ...part }).filter(([, value]) => value !== undefined)));
  return html`
    <header class="settings-head"><button class="icon-button" onClick=${() => done(one)} aria-label=${t("do.back")}><${Icon} name="arrow-left" /></button>
      <div class="grow"><h2>${one ? one.name : t("rules.add")}</h2><p class="quiet">${t(yaml === null ? "builder.formHint" : "builder.yamlHint")}</p></div>
      <button onClick=${() => turn().catch(complain)}>${t(yaml === null ? "builder.toYaml" : "builder.toForm")}</button></header>
    <form class="form builder" onSubmit=${(/** @type {Event} */ event) => save(event).catch(complain)}>
      ${yaml === null ? html`<${Parts} spec=${spec} change=${change} faults=${faults} known=${known} named=${Boolean(one)} />`
        : html`<textarea class="yaml" rows="24" spellcheck="false" aria-label=${t("builder.yaml")} value=${yaml} onInput=${(/** @type {any} */ event) => setYaml(event.target.value)}></textarea>`}
      ${problem ? html`<div class="fault" role="alert"><p>${problem}</p>${yaml === null ? "" : Object.entries(faults).map(([where, what]) => html`<p><code>${where}</code>: ${what}</p>`)}</div>` : ""}
      <div class="actions"><button type="button" onClick=${() => done(one)}>${t("builder.cancel")}</button><button class="main">${t("form.save")}</button></div>
    </form>`;
}

/** What there is to build with. */
async function learn() {
  const [catalogue, templates] = await Promise.all([call("GET", "/rules/catalogue"), all("/templates")]);
  return { ...catalogue, templates: templates.map((one) => one.name) };
}

/** @param {{spec: any, change: (part: any) => void, faults: Faults, known: any, named: boolean}} props */
function Parts({ spec, change, faults, known, named }) {
  const kind = objectOf(spec.trigger, known);
  const fields = known.fields[kind] ?? known.fields.customer;
  return html`
    <div class="field"><label for="rule-name">${t("rules.name")}</label><input id="rule-name" required maxlength="200" value=${spec.name} disabled=${named} onInput=${(/** @type {any} */ event) => change({ name: event.target.value })} /><${Fault} faults=${faults} place="name" /></div>
    <${Trigger} trigger=${spec.trigger} set=${(/** @type {any} */ trigger) => change({ trigger })} known=${known} faults=${faults} />
    <fieldset class="field"><legend>${t("builder.if")}</legend><${Conditions} tree=${spec.conditions ?? null} set=${(/** @type {any} */ tree) => change({ conditions: tree ?? undefined })} place="conditions" fields=${fields} comparisons=${known.comparisons} faults=${faults} /></fieldset>
    <fieldset class="field"><legend>${t("builder.then")}</legend><${Actions} actions=${spec.actions} set=${(/** @type {any[]} */ actions) => change({ actions })} place="actions" depth=${0} fields=${fields} known=${known} faults=${faults} /></fieldset>
    <details class="more-fields" open=${["key", "late", "coalesce", "at_most", "at_most.times", "at_most.per", "join"].some((name) => name in faults)}><summary>${t("schema.more")}</summary><div class="form">
      <${Line} spans name="late" label=${t("builder.late")} hint=${t("builder.lateHint")} value=${spec.late ?? ""} set=${(/** @type {string} */ text) => change({ late: text || undefined })} faults=${faults} />
      <${Line} spans name="coalesce" label=${t("builder.coalesce")} hint=${t("builder.coalesceHint")} value=${spec.coalesce ?? ""} set=${(/** @type {string} */ text) => change({ coalesce: text || undefined })} faults=${faults} />
      <${Line} spans name="join" label=${t("builder.join")} hint=${t("builder.joinHint")} value=${spec.join ?? ""} set=${(/** @type {string} */ text) => change({ join: text || undefined })} faults=${faults} />
      <div class="field"><label for="rule-most">${t("builder.most")}</label><div class="rule-line"><input id="rule-most" type="number" min="1" max="1000" value=${spec.at_most?.times ?? ""} onChange=${(/** @type {any} */ event) => change({ at_most: event.target.value ? { per: "1d", ...spec.at_most, times: Number(event.target.value) } : undefined })} />
        ${spec.at_most ? html`<${SpanBox} label=${t("builder.mostPer")} value=${spec.at_most.per} set=${(/** @type {string} */ per) => change({ at_most: { ...spec.at_most, per } })} />` : ""}</div><p class="quiet">${t("builder.mostHint")}</p><${Fault} faults=${faults} place="at_most" within /></div>
      <${Line} name="key" label=${t("builder.key")} hint=${t("builder.keyHint")} value=${(spec.key ?? []).join(", ")} set=${(/** @type {string} */ text) => change({ key: text.trim() ? text.split(",").map((one) => one.trim()).filter(Boolean) : undefined })} faults=${faults} />
    </div></details>`;
}

/** @param {{name: string, label: string, hint: string, value: string, set: (text: string) => void, faults: Faults, spans?: boolean}} props */
const Line = ({ name, label, hint, value, set, faults, spans = false }) => html`<div class="field"><label for=${`rule-${name}`}>${label}</label>
  ${spans ? html`<${SpanBox} id=${`rule-${name}`} label=${label} hint=${`rule-${name}-hint`} value=${value} set=${set} />`
    : html`<input id=${`rule-${name}`} value=${value} aria-describedby=${`rule-${name}-hint`} onChange=${(/** @type {any} */ event) => set(event.target.value)} />`}<p id=${`rule-${name}-hint`} class="quiet">${hint}</p><${Fault} faults=${faults} place=${name} /></div>`;

/** What a trigger is about. @param {any} trigger @param {any} known */
function objectOf(trigger, known) {
  if (trigger.on) return trigger.on.startsWith("custom.") ? "event" : (known.events.find((/** @type {any} */ one) => one.name === trigger.on)?.object ?? "customer");
  return trigger.cron !== undefined ? "customer" : (trigger.before ?? trigger.after ?? "customer").split(".")[0];
}

const KINDS = ["on", "before", "after", "cron"];

/** @param {{trigger: any, set: (trigger: any) => void, known: any, faults: Faults}} props */
function Trigger({ trigger, set, known, faults }) {
  const kind = KINDS.find((one) => one in trigger) ?? "on";
  /** @type {Record<string, any>} */
  const fresh = { on: { on: "order.status_changed" }, before: { before: "appointment.starts_at", by: "1d" }, after: { after: "order.delivered_at", by: "3d" }, cron: { cron: "0 9 * * 1", zone: "customer" } };
  const part = (/** @type {string} */ name, /** @type {string} */ label) => html`<input aria-label=${label} title=${label} value=${trigger[name] ?? ""} onChange=${(/** @type {any} */ event) => set({ ...trigger, [name]: event.target.value })} />`;
  const events = known.events.map((/** @type {any} */ one) => one.name);
  return html`<fieldset class="field"><legend>${t("builder.when")}</legend><div class="rule-line">
    <select aria-label=${t("builder.when")} value=${kind} onChange=${(/** @type {any} */ event) => set(fresh[event.target.value])}>${KINDS.map((one) => html`<option value=${one} selected=${one === kind}>${t(`trigger-kind.${one}`)}</option>`)}</select>
    ${kind === "on" ? html`<select aria-label=${t("builder.event")} value=${trigger.on} onChange=${(/** @type {any} */ event) => set({ on: event.target.value })}>${[...new Set([...events, trigger.on])].map((one) => html`<option value=${one} selected=${one === trigger.on}>${word("trigger", one)}</option>`)}</select>` : ""}
    ${kind === "before" || kind === "after" ? html`<${SpanBox} label=${t("builder.by")} value=${trigger.by ?? ""} set=${(/** @type {string} */ by) => set({ ...trigger, by })} /><${FieldBox} label=${t("builder.moment")} codes=${known.moments} called=${momentOf} value=${trigger[kind]} set=${(/** @type {string} */ moment) => set({ ...trigger, [kind]: moment })} />` : ""}
    ${kind === "before" || kind === "after" ? html`<select aria-label=${t("builder.only")} value=${trigger.only ?? ""} onChange=${(/** @type {any} */ event) => set(event.target.value ? { ...trigger, only: event.target.value } : { [kind]: trigger[kind], by: trigger.by })}>${["", "working_days", "working_hours"].map((one) => html`<option value=${one} selected=${one === (trigger.only ?? "")}>${t(`only.${one || "any"}`)}</option>`)}</select>` : ""}
    ${kind === "cron" ? html`${part("cron", t("builder.cron"))}${part("zone", t("builder.zone"))}` : ""}
  </div><${Fault} faults=${faults} place="trigger" within /></fieldset>`;
}
