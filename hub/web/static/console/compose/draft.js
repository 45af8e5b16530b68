// @ts-check
/** What has been begun to write: kept in the browser at once, on the server soon, the same on every screen. */

import { signal } from "../../vendor/preact-signals.js";
import { call, Problem } from "../api.js";
import { on } from "../live.js";
import { me } from "../session.js";
import { drawn } from "../talk/entries.js";
import { complain, offerUndo } from "../trouble.js";
import { t } from "../words.js";

/** @typedef {{text: string, note: boolean, point: string | null, subject: string, html: string, cc: string[], bcc: string[], quote: boolean, files: any[], answers: {id: string, said: string} | null}} Draft */
/** @type {Draft} */
const EMPTY = { text: "", note: false, point: null, subject: "", html: "", cc: [], bcc: [], quote: false, files: [], answers: null };
const SAVE_MS = 700;

export const draft = signal(EMPTY);

let conversationId = "";
let revision = 0;
let dirty = false;
let saving = 0;
let underWay = Promise.resolve();

/** @param {string} id */
const key = (id) => `draft:${me.value.id}:${id}`;

/** @param {string} id @returns {Draft | null} */
function local(id) {
  try {
    const kept = JSON.parse(localStorage.getItem(key(id)) ?? "null");
    return kept && { ...EMPTY, ...kept };
  } catch {
    return null;
  }
}

/** @param {Draft} one */
const empty = (one) => !one.text && !one.files.length && !one.subject && !one.cc.length && !one.bcc.length;

/** @param {string} id of the conversation */
export async function take(id) {
  saveNow();
  conversationId = id;
  revision = 0;
  dirty = false;
  const kept = local(id);
  draft.value = kept ?? EMPTY;
  try {
    // What was said is read first.
    await drawn();
    if (conversationId !== id) return;
    const stored = await call("GET", `/drafts/${id}`);
    if (conversationId !== id || dirty) return;
    revision = stored.revision;
    // Words that never reached the server are the newer ones.
    if (kept) return change({});
    if (stored.revision) draft.value = fromServer(stored);
  } catch (error) {
    complain(error);
  }
}

/** @param {any} stored @returns {Draft} */
const fromServer = ({ text, note, contact_point, subject, html, cc, bcc, quote, files }) => ({ text, note, point: contact_point, subject, html, cc, bcc, quote, files, answers: draft.peek().answers });

/** A draft as the server keeps it. @param {Draft} one */
export const toServer = ({ text, note, point, subject, html, cc, bcc, quote, files }) => ({ text, note, contact_point: point, subject, html, cc, bcc, quote, files: files.map((file) => file.id) });

/** @param {Partial<Draft>} part */
export function change(part) {
  draft.value = { ...draft.value, ...part };
  dirty = true;
  if (empty(draft.value)) localStorage.removeItem(key(conversationId));
  else localStorage.setItem(key(conversationId), JSON.stringify(draft.value));
  clearTimeout(saving);
  saving = setTimeout(saveNow, SAVE_MS);
}

function saveNow() {
  clearTimeout(saving);
  if (!dirty || !conversationId) return;
  dirty = false;
  underWay = save(conversationId, draft.value, revision).catch(complain);
}

/** @param {string} id @param {Draft} one @param {number} base */
async function save(id, one, base) {
  const body = { ...toServer(one), base };
  try {
    if (empty(one)) await call("DELETE", `/drafts/${id}`);
    const kept = empty(one) ? { revision: 0 } : await call("PUT", `/drafts/${id}`, body);
    if (id === conversationId) revision = kept.revision;
    if (id !== conversationId || !dirty) localStorage.removeItem(key(id));
  } catch (error) {
    if (!(error instanceof Problem && error.code === "draft-changed")) throw error;
    const other = error.body.draft;
    await call("PUT", `/drafts/${id}`, { ...body, base: other.revision });
    if (id === conversationId) revision = other.revision + 1;
    // Both were written by the same person: neither is thrown away unseen.
    if (other.text && other.text !== one.text) offerUndo(t("draft.other"), () => change(fromServer(other)));
  }
}

/** It is on its way: the pen is free for what comes next, and the words stay in the browser until it has gone. */
export function putAside() {
  clearTimeout(saving);
  dirty = false;
  draft.value = { ...EMPTY, note: draft.value.note, point: draft.value.point };
}

/** It has been sent: nothing of it may come back. @param {boolean} [note] what is written next @param {boolean} [aside] */
export function done(note = false, aside = false) {
  // What was begun since it was put aside is another message.
  if (aside && !empty(draft.value)) return;
  clearTimeout(saving);
  const id = conversationId;
  const late = underWay;
  dirty = false;
  revision = 0;
  localStorage.removeItem(key(id));
  draft.value = { ...EMPTY, note, point: draft.value.point };
  late.then(() => !dirty && id === conversationId && call("DELETE", `/drafts/${id}`)).catch(complain);
}

on("draft.updated", async (event) => {
  if (event.conversation_id !== conversationId || dirty || event.data.revision === revision) return;
  await underWay;
  if (dirty || event.data.revision === revision) return;
  const stored = await call("GET", `/drafts/${conversationId}`);
  if (dirty) return;
  revision = stored.revision;
  draft.value = fromServer(stored);
});
