// @ts-check
/** Where an operator writes. It never loses a word: drafts stay in the browser until they are sent. */

import { html } from "../vendor/htm-preact.js";
import { useEffect, useRef, useState } from "../vendor/preact-hooks.js";
import { Icon } from "./icon.js";
import { conversation, customer, entries, me, meanwhile, send, tellTyping } from "./store.js";
import { t, word } from "./words.js";

const draftKey = () => `draft:${me.value.id}:${conversation.value?.id}`;

export function Composer() {
  const [text, setText] = useState(() => localStorage.getItem(draftKey()) ?? "");
  const [note, setNote] = useState(false);
  const [busy, setBusy] = useState(false);
  const area = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  const key = useRef(crypto.randomUUID());
  const told = useRef(0);

  useEffect(() => {
    const write = (/** @type {any} */ event) => {
      setNote(event.detail === "note");
      area.current?.focus();
    };
    document.addEventListener("write", write);
    return () => document.removeEventListener("write", write);
  }, []);

  useEffect(() => {
    const box = area.current;
    if (!box) return;
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, 200)}px`;
  }, [text]);

  /** @param {string} value */
  const wrote = (value) => {
    setText(value);
    if (value) localStorage.setItem(draftKey(), value);
    else localStorage.removeItem(draftKey());
    key.current = crypto.randomUUID();
    if (!note && Date.now() - told.current > 3000) {
      told.current = Date.now();
      tellTyping();
    }
  };

  const submit = async (again = false) => {
    if (!text.trim() || busy) return;
    setBusy(true);
    if (await send({ text: text.trim(), note, key: again ? `${key.current}-again-${meanwhile.value.at(-1)?.id}` : key.current })) wrote("");
    setBusy(false);
    area.current?.focus();
  };

  /** @param {KeyboardEvent} event */
  const pressed = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      submit();
    }
  };

  return html`
    <form class="composer ${note ? "note" : ""}" onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); submit(); }}>
      ${meanwhile.value.length ? html`<${Meanwhile} anyway=${() => submit(true)} />` : ""}
      <div class="composer-head">
        <div class="tabs small" role="tablist" aria-label=${t("composer.mode")}>
          <button type="button" role="tab" aria-selected=${!note} onClick=${() => setNote(false)}>${t("composer.reply")}</button>
          <button type="button" role="tab" aria-selected=${note} onClick=${() => setNote(true)}>${t("composer.note")}</button>
        </div>
        <span class="how">${note ? t("composer.noteHow") : how()}</span>
      </div>
      <div class="composer-body">
        <textarea ref=${area} rows="2" value=${text} aria-label=${t(note ? "composer.note" : "composer.reply")}
          placeholder=${t(note ? "composer.notePlaceholder" : "composer.placeholder")}
          onInput=${(/** @type {any} */ event) => wrote(event.target.value)} onKeyDown=${pressed}></textarea>
        <button class="send" disabled=${!text.trim() || busy} aria-label=${t("composer.send")}><${Icon} name="send" /></button>
      </div>
    </form>
  `;
}

/** @param {{anyway: () => void}} props */
function Meanwhile({ anyway }) {
  const names = [...new Set(meanwhile.value.map((entry) => entry.author?.name).filter(Boolean))].join(", ");
  return html`<div class="meanwhile" role="alert">
    <p>${t("composer.meanwhile", { name: names })}</p>
    <blockquote>${meanwhile.value.at(-1)?.text}</blockquote>
    <button type="button" onClick=${anyway}>${t("composer.sendAnyway")}</button>
    <button type="button" class="plain" onClick=${() => (meanwhile.value = [])}>${t("composer.keepDraft")}</button>
  </div>`;
}

/** How the customer will get the reply: the channel of their last message. */
function how() {
  const last = [...(entries.value ?? [])].reverse().find((entry) => entry.direction === "inbound");
  const channel = last?.channel ?? conversation.value?.channels?.[0];
  return channel ? t("composer.how", { channel: word("channel", channel), name: customer.value?.name || t("customer.unnamed") }) : "";
}
