// @ts-check
/** Reply times: by when a customer is answered, for whom, in business time. */

import { html } from "../../vendor/htm-preact.js";
import { call } from "../api.js";
import { inboxes, inboxName, may, teams } from "../session.js";
import { Icon } from "../shell/icon.js";
import { fold, lay } from "../shell/sheet.js";
import { complain, offerUndo } from "../trouble.js";
import { listed, minutes, t } from "../words.js";
import { Field, Form, Several } from "./form.js";
import { Title, useList } from "./parts.js";

const KINDS = ["first_reply", "next_reply", "resolution"];

export function Timers() {
  const admin = may("admin");
  const [list, again] = useList(async () => inOrder((await call("GET", "/timer-policies?limit=100")).items));
  /** @param {any} one */
  const edit = (one) => lay({ title: one ? t("timers.change", { name: one.name }) : t("timers.add"), body: () => html`<${Edit} one=${one} last=${list?.at(-1)?.position ?? -1} again=${again} />` });
  /** @param {any} one */
  const remove = async (one) => {
    await call("DELETE", `/timer-policies/${one.id}`);
    await again();
    offerUndo(t("timers.removed", { name: one.name }), async () => {
      const { id: _id, created_at: _at, ...body } = one;
      await call("POST", "/timer-policies", body);
      await again();
    });
  };
  return html`
    <${Title} title=${t("settings.timers")} hint=${t("timers.hint")} add=${admin ? t("timers.add") : ""} onAdd=${() => edit(null)} />
    <ul class="plain-list cards">${(list ?? []).map((one) => html`<li key=${one.id} class="card-row">
      <${Icon} name="timer" />
      <span class="grow"><strong>${one.name}</strong><span class="quiet">${promised(one)}</span><span class="quiet">${whom(one)}</span></span>
      ${admin ? html`
        <button class="icon-button" aria-label=${t("timers.change", { name: one.name })} onClick=${() => edit(one)}><${Icon} name="pencil" /></button>
        <button class="icon-button" aria-label=${t("timers.remove", { name: one.name })} onClick=${() => remove(one).catch(complain)}><${Icon} name="trash-2" /></button>` : ""}
    </li>`)}</ul>
    ${list && !list.length ? html`<p class="hint">${t("timers.none")}</p>` : ""}
  `;
}

/** @param {any[]} items */
const inOrder = (items) => items.toSorted((a, b) => a.position - b.position || (a.id < b.id ? -1 : 1));

/** "First reply within 1 h, closed within 2 days". @param {any} one */
function promised(one) {
  const words = { first_reply: t("timers.within.first_reply", { time: minutes(one.first_reply) }), next_reply: t("timers.within.next_reply", { time: minutes(one.next_reply) }), resolution: t("timers.within.resolution", { time: minutes(one.resolution) }) };
  return KINDS.filter((kind) => one[kind]).map((kind) => words[/** @type {"resolution"} */ (kind)]).join(", ");
}

/** @param {any} one */
function whom(one) {
  const names = [...one.inboxes.map(inboxName), ...one.teams.map((/** @type {string} */ id) => teams.value.find((each) => each.id === id)?.name ?? "")];
  const priority = one.priority ? t("timers.from", { priority: t(`priority.${one.priority}`) }) : "";
  return [names.length ? listed(names) : t("timers.everybody"), priority].filter(Boolean).join(" · ");
}

/** @param {{one: any, last: number, again: () => Promise<void>}} props */
function Edit({ one, last, again }) {
  const start = { name: t("settings.timers"), position: last + 1, inboxes: [], teams: [], priority: 0, first_reply: 60, next_reply: 120, resolution: null, warn_percent: 80, ...one };
  /** @param {any} given */
  const submit = async (given) => {
    const { id: _id, created_at: _at, ...body } = given;
    for (const kind of KINDS) body[kind] = body[kind] > 0 ? body[kind] : null;
    body.priority = Number(body.priority);
    await (one ? call("PATCH", `/timer-policies/${one.id}`, body) : call("POST", "/timer-policies", body));
    await again();
    fold();
  };
  return html`<${Form} submit=${submit} start=${{ ...start, priority: String(start.priority) }}>
    <${Field} name="name" label=${t("timers.name")} required maxlength="200" />
    <${Field} name="first_reply" type="number" min="0" label=${t("timers.first_reply")} />
    <${Field} name="next_reply" type="number" min="0" label=${t("timers.next_reply")} />
    <${Field} name="resolution" type="number" min="0" label=${t("timers.resolution")} hint=${t("timers.minutes")} />
    <${Field} name="warn_percent" type="number" min="1" max="100" required label=${t("timers.warn")} />
    <${Field} name="priority" label=${t("timers.priority")} options=${[0, 1, 2, 3, 4].map((level) => [String(level), level ? t(`priority.${level}`) : t("timers.anyPriority")])} />
    <${Several} name="inboxes" label=${t("timers.inboxes")} options=${inboxes.value.map((each) => [each.id, each.name])} />
    ${teams.value.length ? html`<${Several} name="teams" label=${t("timers.teams")} options=${teams.value.map((each) => [each.id, each.name])} />` : ""}
    <${Field} name="position" type="number" min="0" max="10000" required label=${t("timers.position")} hint=${t("timers.positionHint")} />
  <//>`;
}
