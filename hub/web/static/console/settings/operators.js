// @ts-check
/** Who works here: inviting, roles, disabling. */

import { html } from "../../vendor/htm-preact.js";
import { useState } from "../../vendor/preact-hooks.js";
import { call } from "../api.js";
import { initials, loadPeople, may, me, operators } from "../session.js";
import { fold, lay } from "../shell/sheet.js";
import { choose } from "../shell/picker.js";
import { Icon } from "../shell/icon.js";
import { complain, offerUndo } from "../trouble.js";
import { languageName, LANGUAGES, t } from "../words.js";
import { Field, Form } from "./form.js";
import { Copy, Title } from "./parts.js";

const ROLES = ["administrator", "supervisor", "operator", "reader"];

export function Operators() {
  const admin = may("admin");
  return html`
    <${Title} title=${t("settings.operators")} hint=${t("operators.hint")} add=${admin ? t("operators.invite") : ""} onAdd=${() => lay({ title: t("operators.invite"), body: Invite })} />
    <ul class="plain-list cards">${operators.value.map((one) => html`<li key=${one.id} class="card-row ${one.disabled ? "off" : ""}">
      <span class="face">${initials(one.name || one.email || "?")}</span>
      <span class="grow"><strong>${one.name || one.email}</strong><span class="quiet">${one.email ?? ""}</span></span>
      ${one.disabled ? html`<span class="badge">${t("operators.disabled")}</span>` : ""}
      ${one.second_factor ? html`<${Icon} name="shield-check" label=${t("operators.factor")} />` : ""}
      ${one.capacity === null ? "" : html`<span class="quiet">${t("operators.room", { number: one.capacity })}</span>`}
      <span class="quiet">${t(`role.${one.role}`)}</span>
      ${admin && one.id !== me.value.id ? html`<button class="icon-button" aria-label=${t("operators.change", { name: one.name })} onClick=${(/** @type {any} */ event) => menu(one, event.currentTarget)}><${Icon} name="ellipsis" /></button>` : ""}
    </li>`)}</ul>
  `;
}

/** @param {any} one @param {any} change */
async function save(one, change) {
  await call("PATCH", `/operators/${one.id}`, change);
  await loadPeople();
}

/** @param {any} one @param {Element} anchor */
function menu(one, anchor) {
  choose({
    title: t("operators.change", { name: one.name }),
    anchor,
    choices: [
      ...ROLES.map((role) => ({ id: role, label: t(`role.${role}`), hint: t(`role.${role}.may`), group: t("operators.role"), checked: one.role === role, run: () => save(one, { role }) })),
      { id: "capacity", label: t("operators.capacity"), icon: "inbox", group: t("operators.work"), run: () => lay({ title: t("operators.capacity"), body: () => html`<${Capacity} one=${one} />` }) },
      { id: "link", label: t("operators.link"), icon: "link", group: t("operators.access"), run: () => link(one) },
      { id: "sign-out", label: t("operators.signOut"), icon: "log-out", group: t("operators.access"), run: () => ask(one, "sign-ins", t("operators.signOut"), t("operators.signOutHint", { name: one.name || one.email })) },
      ...(one.second_factor ? [{ id: "factor", label: t("operators.factorOff"), icon: "shield-alert", group: t("operators.access"), run: () => ask(one, "second-factor", t("operators.factorOff"), t("operators.factorOffHint", { name: one.name || one.email })) }] : []),
      ...(one.linked ? [{ id: "unlink", label: t("operators.unlink"), icon: "link", group: t("operators.access"), run: () => ask(one, "identities", t("operators.unlink"), t("operators.unlinkHint", { name: one.name || one.email })) }] : []),
      { id: "disable", label: t(one.disabled ? "operators.enable" : "operators.disable"), icon: one.disabled ? "user-check" : "ban", group: t("operators.access"), run: () => disable(one) },
    ],
  });
}

/** @param {{one: any}} props */
function Capacity({ one }) {
  const submit = async (/** @type {any} */ given) => {
    await save(one, { capacity: Number.isInteger(given.capacity) ? given.capacity : null });
    fold();
  };
  return html`<${Form} submit=${submit} start=${{ capacity: one.capacity ?? "" }}><${Field} name="capacity" type="number" min="0" max="1000" label=${t("operators.capacityLabel")} hint=${t("operators.capacityHint")} /><//>`;
}

/** @param {any} one */
async function disable(one) {
  await save(one, { disabled: !one.disabled });
  if (!one.disabled) offerUndo(t("operators.wasDisabled", { name: one.name }), () => save(one, { disabled: false }));
}

/** What cannot be undone is asked for. @param {any} one @param {string} what @param {string} title @param {string} question */
function ask(one, what, title, question) {
  const end = async () => {
    await call("DELETE", `/operators/${one.id}/${what}`);
    fold();
    await loadPeople();
  };
  lay({ title, body: () => html`<p>${question}</p><div class="actions"><button class="danger" onClick=${() => end().catch(complain)}>${title}</button></div>` });
}

/** @param {any} one */
async function link(one) {
  const made = await call("POST", `/operators/${one.id}/setup-link`);
  lay({ title: t("operators.link"), body: () => html`<p>${t("operators.linkHint", { name: one.name || one.email })}</p><${Copy} label=${t("operators.link")} text=${made.setup_url} />` });
}

function Invite() {
  const [made, setMade] = useState(/** @type {any} */ (null));
  if (made) return html`<p>${t("operators.linkHint", { name: made.name || made.email })}</p><${Copy} label=${t("operators.link")} text=${made.setup_url} /><div class="actions"><button class="main" onClick=${fold}>${t("form.done")}</button></div>`;
  /** @param {any} given */
  const submit = async (given) => {
    setMade(await call("POST", "/operators", given));
    await loadPeople().catch(complain);
  };
  return html`<${Form} submit=${submit} label=${t("operators.invite")} start=${{ email: "", name: "", role: "operator", locale: "" }}>
    <${Field} name="email" label=${t("operators.email")} type="email" required />
    <${Field} name="name" label=${t("operators.name")} hint=${t("operators.nameHint")} />
    <${Field} name="role" label=${t("operators.role")} options=${ROLES.map((role) => [role, `${t(`role.${role}`)}: ${t(`role.${role}.may`)}`])} />
    <${Field} name="locale" label=${t("profile.language")} options=${[["", t("profile.browser")], ...LANGUAGES.map((tag) => [tag, languageName(tag, tag)])]} />
  <//>`;
}
