// @ts-check
/** Where an operator writes: how the customer will get it, the words, the files, and how to let it go. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useRef, useState } from "../../vendor/preact-hooks.js";
import { glyph, Icon } from "../shell/icon.js";
import { choose } from "../shell/picker.js";
import { lay } from "../shell/sheet.js";
import { tellTyping } from "../presence.js";
import { reason } from "../sentences.js";
import { every } from "../talk/entries.js";
import { moments, PickMoment } from "../talk/moments.js";
import { conversation, customer } from "../talk/opened.js";
import { wish } from "../talk/writing.js";
import { capital, listed, shortMoment, t } from "../words.js";
import { Answering } from "./answering.js";
import { Attachments, attach, picture, uploads } from "./attach.js";
import { asked, Offers, useOffers } from "./complete.js";
import { Copies } from "./copies.js";
import { change, draft, take } from "./draft.js";
import { pickEmoji } from "./emoji.js";
import { pictured, RichText } from "./rich-text.js";
import { loadRoutes, pickRoute, route, routes, shutOut, spelled, use } from "./routes.js";
import { segments } from "./segments.js";
import { forget, held, missing, refused, send, takeBack } from "./send.js";
import { WordsOnly } from "./words-only.js";

const TYPING_MS = 3000;
const FORCEABLE = ["opted-out", "blocked", "unhealthy"];

export function Composer() {
  const pen = useRef(/** @type {import("./words-only.js").Pen | null} */ (null));
  const told = useRef(0);
  const [before, setBefore] = useState("");
  const id = /** @type {string} */ (conversation.value?.id);
  const { text, note } = draft.value;

  useEffect(() => {
    forget();
    routes.value = [];
    take(id).then(loadRoutes);
  }, [id]);
  // A customer who blocks us, or is heard of elsewhere, is to be reached by other ways.
  const points = JSON.stringify((customer.value?.contact_points ?? []).map((/** @type {any} */ one) => [one.id, one.consent, one.blocked, one.inboxes.map((/** @type {any} */ each) => each.blocked)]));
  const seen = useRef("");
  useEffect(() => {
    // Of somebody who was just opened, nothing is known yet.
    if (points === "[]") return;
    if (seen.current && seen.current !== points) loadRoutes();
    seen.current = points;
  }, [points]);
  useEffect(() => {
    if (!wish.value) return;
    const { mode, text: words } = wish.value;
    wish.value = null;
    change({ note: mode === "note", ...(words ? { text: words } : {}) });
    pen.current?.focus();
  }, [wish.value]);

  const can = note ? null : route()?.capabilities;
  const rich = Boolean(can?.html && can.subject);
  /** @param {string} value @param {number} caret */
  const wrote = (value, caret) => {
    setBefore(value.slice(0, caret));
    change({ text: value, html: "" });
    tell();
  };
  /** @param {string} source @param {string} value @param {string} left of the caret */
  const wroteRich = (source, value, left) => {
    setBefore(left);
    const gone = pictured(draft.value.html).filter((one) => !pictured(source).includes(one));
    change({ text: value, html: source, files: draft.value.files.filter((file) => !gone.includes(file.id)) });
    tell();
  };
  const tell = () => {
    if (note || Date.now() - told.current < TYPING_MS) return;
    told.current = Date.now();
    tellTyping(route()?.contact_point.id);
  };
  /** Put words where the caret is, in place of what is after `from`. @param {string} words @param {number} [from] */
  const insert = (words, from) => pen.current?.insert(words, from);
  const wanted = asked(text ? before : "", note);
  const takeOffer = (/** @type {any} */ offer) => insert(offer.text, wanted?.from);
  const { offers, at, none, pressed: forOffers } = useOffers(wanted, takeOffer);

  /** @param {{close?: boolean, at?: Date, force?: boolean}} [how] */
  const submit = async (how) => {
    if (uploads.value.length) return;
    const sending = send(how);
    // At once: by the time it has gone, whoever wrote it may be elsewhere.
    pen.current?.focus();
    await sending;
  };
  /** @param {KeyboardEvent} event */
  const pressed = (event) => {
    if (forOffers(event) || event.key !== "Enter" || event.isComposing) return;
    const control = event.ctrlKey || event.metaKey;
    // A mail has lines; a chat has messages.
    if ((event.shiftKey || rich) && !control) return;
    event.preventDefault();
    submit({ close: event.shiftKey && control });
  };
  const later = () => choose({
    title: t("composer.later"),
    anchor: document.querySelector('[data-do="later"]'),
    choices: [
      ...moments().map(({ id: name, at: when }) => ({ id: name, label: t(`moment.${name}`), icon: "clock", hint: shortMoment(when), run: () => submit({ at: when }) })),
      { id: "own", label: t("moment.own"), icon: "calendar-clock", run: () => lay({ title: t("composer.later"), body: () => html`<${PickMoment} label=${t("composer.later")} done=${(/** @type {Date} */ when) => submit({ at: when })} />` }) },
    ],
  });
  const offered = { "aria-controls": offers.length ? "offers" : undefined, "aria-activedescendant": offers.length ? `offer-${at}` : undefined };
  const nothing = (!text.trim() && !draft.value.files.length) || uploads.value.length > 0;
  /** @param {any} event */
  const dropped = (event) => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    attach(event.dataTransfer.files);
  };
  return html`
    <form class="composer ${note ? "note" : ""}" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); submit(); }} onDragOver=${(/** @type {Event} */ event) => event.preventDefault()} onDrop=${dropped}>
      <${Meanwhile} anyway=${() => submit()} />
      <${Refused} force=${() => submit({ force: true })} />
      <${Held} />
      ${note ? "" : html`<${ShutOut} />`}
      <div class="composer-head">
        <div class="tabs small" role="group" aria-label=${t("composer.mode")}>
          <button type="button" aria-pressed=${note ? "false" : "true"} onClick=${() => change({ note: false })}>${t("composer.reply")}</button>
          <button type="button" aria-pressed=${note ? "true" : "false"} onClick=${() => change({ note: true })}>${t("composer.note")}</button>
        </div>
        ${note ? html`<span class="how">${t("composer.noteHow")}</span>` : html`<${How} text=${text} />`}
      </div>
      <${Answering} />
      ${can?.subject ? html`<input class="subject" value=${draft.value.subject} placeholder=${answeredSubject() || t("composer.subject")} aria-label=${t("composer.subject")} maxlength="500" onInput=${(/** @type {any} */ event) => change({ subject: event.target.value })} />` : ""}
      ${can?.cc ? html`<${Copies} />` : ""}
      <${Offers} offers=${offers} at=${at} none=${none} take=${takeOffer} />
      ${rich ? html`<${RichText} pen=${pen} value=${draft.value.html} words=${text} label=${t("composer.reply")} placeholder=${matchMedia("(pointer: coarse)").matches ? t("composer.placeholder") : t("composer.mailPlaceholder")} wrote=${wroteRich} picture=${picture} attach=${attach} more=${offered} onKeyDown=${pressed} />`
        : html`<${WordsOnly} pen=${pen} value=${text} label=${t(note ? "composer.note" : "composer.reply")} placeholder=${t(note ? "composer.notePlaceholder" : "composer.placeholder")} wrote=${wrote} moved=${(/** @type {number} */ caret) => setBefore(text.slice(0, caret))} pasted=${attach} more=${offered} onKeyDown=${pressed} />`}
      <${Attachments} />
      <div class="composer-foot">
        <button type="button" class="icon-button" onClick=${() => pickEmoji(insert)} aria-label=${t("emoji.title")} title=${t("emoji.title")}><${Icon} name="smile" /></button>
        <label class="icon-button file-button" title=${t("attach.add")}><${Icon} name="paperclip" /><input type="file" multiple aria-label=${t("attach.add")} onChange=${(/** @type {any} */ event) => { attach([...event.target.files]); event.target.value = ""; }} /></label>
        ${note ? html`<button type="button" class="icon-button" onClick=${() => insert("@")} aria-label=${t("do.mention")} title=${t("do.mention")}><${Icon} name="at-sign" /></button>` : html`
          <button type="button" class="icon-button" onClick=${() => insert(text && !/\s$/.test(text) ? " /" : "/")} aria-label=${t("do.saved")} title=${`${t("do.saved")} (/)`}><${Icon} name="zap" /></button>
          <button type="button" class="icon-button" data-do="later" disabled=${nothing} onClick=${later} aria-label=${t("composer.later")} title=${t("composer.later")}><${Icon} name="calendar-clock" /></button>`}
        <span class="grow"></span>
        ${note ? "" : html`<button type="button" class="wide" disabled=${nothing} onClick=${() => submit({ close: true })} title="Ctrl Shift Enter">${t("do.sendClose")}</button>`}
        <button class="main send" disabled=${nothing}><${Icon} name=${note ? "sticky-note" : "send"} />${t(note ? "composer.sendNote" : "composer.send")}</button>
      </div>
    </form>
  `;
}

/** What the server calls an answer that is given no subject. */
function answeredSubject() {
  const last = every().filter((one) => one.channel === "email" && one.data?.subject).at(-1);
  return last ? `Re: ${last.data.subject.replace(/^(?:re\s*:\s*)+/i, "")}` : "";
}

/** How the customer will get it. @param {{text: string}} props */
function How({ text }) {
  const way = route();
  if (!way) return routes.value.length ? html`<button type="button" data-do="route" class="plain how bad" onClick=${pickRoute}>${t("composer.nowhere")}<${Icon} name="chevron-down" /></button>` : "";
  const parts = way.segments ? segments(text) : 0;
  const over = !way.segments && text.length > way.capabilities.max_text_length ? Math.ceil(text.length / way.capabilities.max_text_length) : 0;
  return html`<button type="button" data-do="route" class="plain how" onClick=${pickRoute} title=${capital(reason(way.reason))}>
    <${Icon} name=${glyph(way.channel)} /><span>${spelled(way)}${parts ? `, ${t("composer.segments", { count: parts })}` : ""}${over ? `, ${t("composer.parts", { count: over })}` : ""}</span><${Icon} name="chevron-down" />
  </button>`;
}

/** @param {{anyway: () => void}} props */
function Meanwhile({ anyway }) {
  const list = missing.value;
  if (!list.length) return null;
  const names = listed([...new Set(list.map((entry) => entry.author?.name).filter(Boolean))]);
  return html`<div class="meanwhile" role="alert">
    <p>${t("composer.meanwhile", { name: names })}</p>
    <blockquote>${list.at(-1)?.text}</blockquote>
    <button type="button" onClick=${anyway}>${t("composer.sendAnyway")}</button>
    <button type="button" class="plain" onClick=${() => (missing.value = [])}>${t("composer.keepDraft")}</button>
  </div>`;
}

/** @param {{force: () => void}} props */
function Refused({ force }) {
  const list = refused.value;
  if (!list.length) return null;
  const helps = list.some((one) => (one.obstacles ?? []).every((/** @type {string} */ code) => FORCEABLE.includes(code)));
  return html`<div class="meanwhile" role="alert">
    <p>${t("composer.nowhere")}</p>
    <ul>${list.map((one) => html`<li>${one.inbox?.name ?? one.channel}: ${reason(one.reason)}</li>`)}</ul>
    ${helps ? html`<button type="button" onClick=${force}>${t("composer.sendAnyway")}</button>` : ""}
    <button type="button" class="plain" onClick=${() => (refused.value = [])}>${t("composer.keepDraft")}</button>
  </div>`;
}

/** That the customer no longer hears us where they last wrote, and where they still would. */
function ShutOut() {
  const one = shutOut();
  if (!one) return null;
  const others = routes.value.filter((each) => each.possible);
  return html`<div class="meanwhile" role="status">
    <p>${one.reason === "blocked" ? t("composer.blocked", { name: one.inbox.name }) : t("composer.silent", { name: one.inbox.name })}</p>
    ${others.length ? others.map((each) => html`<button type="button" key=${each.contact_point.id} aria-pressed=${each.chosen ? "true" : "false"} onClick=${() => use(each.contact_point.id)}><${Icon} name=${glyph(each.channel)} />${spelled(each)}</button>`) : html`<span class="quiet">${t("composer.noOther")}</span>`}
  </div>`;
}

function Held() {
  if (!held.value) return null;
  return html`<p class="held" role="status"><span class="held-line"></span>${t("held.sending")} <button type="button" class="plain link" onClick=${takeBack}>${t("do.undo")} <kbd>z</kbd></button></p>`;
}
