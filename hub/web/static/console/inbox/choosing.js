// @ts-check
/** Choosing a view, narrowing it, its order; and keeping it under a name. */

import { call } from "../api.js";
import { choose } from "../shell/picker.js";
import { lay, fold } from "../shell/sheet.js";
import { html } from "../../vendor/htm-preact.js";
import { useState } from "../../vendor/preact-hooks.js";
import { inboxes, may, teams } from "../session.js";
import { complain, offerUndo } from "../trouble.js";
import { number, t, word } from "../words.js";
import { asFilter, EVERYTHING, labels, loadCounts, places, savedViews, show, showSaved, tally, view } from "./view.js";

export function pickView() {
  const { whose, saved, status } = view.value;
  const others = teams.value.filter((one) => !places.value.includes(one.id)).map((one) => one.id);
  const name = (/** @type {string} */ id) => (["all", "me", "none"].includes(id) ? t(`whose.${id}`) : (teams.value.find((one) => one.id === id)?.name ?? ""));
  const icon = (/** @type {string} */ id) => ({ me: "user-check", none: "user", all: "inbox" })[/** @type {"me"} */ (id)] ?? "users";
  choose({
    title: t("view.choose"),
    anchor: document.querySelector('[data-do="view"]'),
    choices: [
      ...[...places.value, ...others].map((id) => ({ id, label: name(id), hint: number(tally(id)), icon: icon(id), checked: !saved && whose === id, run: () => show({ ...EVERYTHING, whose: id, status: status || "open", sort: view.value.sort }) })),
      ...(savedViews.value ?? []).map((one) => ({ id: one.id, label: one.name, hint: number(one.count), icon: "bookmark", group: t("view.saved"), checked: saved === one.id, run: () => showSaved(one) })),
      ...(savedViews.value ? keeping() : []),
    ],
  });
}

/** @returns {import("../shell/picker.js").Choice[]} */
function keeping() {
  const { saved } = view.value;
  const one = savedViews.value?.find((each) => each.id === saved);
  const group = t("view.keep");
  return [
    { id: "keep", label: t("view.save"), icon: "plus", group, run: () => lay({ title: t("view.save"), body: Keep }) },
    ...(one ? [{ id: "remove", label: t("view.remove", { name: one.name }), icon: "trash-2", group, run: () => remove(one) }] : []),
  ];
}

/** @param {any} one */
async function remove(one) {
  await call("DELETE", `/views/${one.id}`);
  show(EVERYTHING);
  await loadCounts();
  offerUndo(t("view.removed", { name: one.name }), async () => {
    await call("POST", "/views", { name: one.name, filter: one.filter, shared: one.shared });
    await loadCounts();
  });
}

function Keep() {
  const [name, setName] = useState("");
  const [shared, setShared] = useState(false);
  /** @param {Event} event */
  const submit = async (event) => {
    event.preventDefault();
    try {
      const made = await call("POST", "/views", { name: name.trim(), filter: asFilter(view.value), shared });
      fold();
      await loadCounts();
      showSaved(made);
    } catch (error) {
      complain(error);
    }
  };
  return html`<form class="form" onSubmit=${submit}>
    <label for="view-name">${t("view.name")}</label>
    <input id="view-name" required maxlength="100" value=${name} onInput=${(/** @type {any} */ event) => setName(event.target.value)} />
    ${may("shared:write") ? html`<label class="check"><input type="checkbox" checked=${shared} onChange=${() => setShared(!shared)} /> ${t("view.shared")}</label>` : ""}
    <div class="actions"><button class="main" disabled=${!name.trim()}>${t("form.save")}</button></div>
  </form>`;
}

export function narrow() {
  const { channel, label, inbox, unread } = view.value;
  const channels = [...new Set(inboxes.value.map((one) => one.channel))];
  choose({
    title: t("list.narrow"),
    anchor: document.querySelector('[data-do="narrow"]'),
    choices: [
      { id: "unread", label: t("list.unread"), icon: "circle-dot", checked: unread, run: () => show({ unread: !unread }) },
      ...channels.map((one) => ({ id: one, label: word("channel", one), icon: "message-circle", group: t("narrow.channel"), checked: channel === one, run: () => show({ channel: channel === one ? "" : one }) })),
      ...labels.value.map((one) => ({ id: `label-${one.label}`, label: one.label, hint: number(one.count), icon: "tag", group: t("narrow.label"), checked: label === one.label, run: () => show({ label: label === one.label ? "" : one.label }) })),
      ...(inboxes.value.length > 1 ? inboxes.value.map((one) => ({ id: one.id, label: one.name, icon: "inbox", group: t("narrow.inbox"), checked: inbox === one.id, run: () => show({ inbox: inbox === one.id ? "" : one.id }) })) : []),
    ],
  });
}

export function order() {
  choose({
    title: t("list.order"),
    anchor: document.querySelector('[data-do="order"]'),
    choices: ["updated", "waiting", "due"].map((one) => ({ id: one, label: t(`order-by.${one}`), icon: "arrow-up-down", checked: view.value.sort === one, run: () => show({ sort: one }) })),
  });
}
