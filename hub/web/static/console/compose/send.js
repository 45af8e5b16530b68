// @ts-check
/** Sending: held for some seconds in which it can be taken back, refused when a colleague was quicker. */

import { batch, signal } from "../../vendor/preact-signals.js";
import { call, Problem } from "../api.js";
import { colleagues, me } from "../session.js";
import { atEnd, last, lastPosition, put, replace } from "../talk/entries.js";
import { conversation, customer, open } from "../talk/opened.js";
import { write } from "../talk/writing.js";
import { complain, trouble } from "../trouble.js";
import { change as redraft, done, draft, putAside, toServer } from "./draft.js";
import { joined } from "./joined.js";
import { Line } from "./line.js";
import { route } from "./routes.js";

const HOLD_SECONDS = 5;

/** What colleagues answered while one wrote. */
export const missing = signal(/** @type {any[]} */ ([]));
/** The message that can still be taken back. */
export const held = signal(/** @type {{entry: any, draft: any, talk: any} | null} */ (null));
/** Why nothing can carry the message, when force would help. */
export const refused = signal(/** @type {any[]} */ ([]));

let seen = 0;
let key = crypto.randomUUID();
let keyOf = "";

/** A draft that is sent twice is one message: after a lost answer, or a second press. @param {any} body */
function keyFor(body) {
  const now = JSON.stringify(body);
  if (now !== keyOf) key = crypto.randomUUID();
  keyOf = now;
  return key;
}

/**
 * Returns whether it went. at: when to send it; close: the conversation is done with.
 * @param {{close?: boolean, at?: Date, force?: boolean}} how
 */
export async function send({ close = false, at, force = false } = {}) {
  const one = draft.value;
  const talk = conversation.value;
  if (!talk || (!one.text.trim() && !one.files.length)) return false;
  const shown = foresee(one, talk, Boolean(at));
  // What still stands in the composer is already on its way.
  if (!shown && standing.has(talk.id)) return false;
  if (!shown) standing.add(talk.id);
  const went = await line.pass(() => deliver(one, talk, shown, { close, at, force }), () => takeDown(shown, one, talk, true));
  if (!shown) standing.delete(talk.id);
  return went;
}

const line = new Line();
/** Conversations whose message is under way and stands in the composer until it has gone. */
const standing = new Set();

/** @param {import("./draft.js").Draft} one @param {any} talk @param {any} shown @param {{close: boolean, at?: Date, force: boolean}} how */
async function deliver(one, talk, shown, { close, at, force }) {
  const about = { text: one.text.trim(), conversation_id: talk.id, files: one.files.map((file) => file.id) };
  try {
    if (one.note) await note(talk, about, one, shown);
    else await message(talk, about, one, shown, { close, at, force });
    return true;
  } catch (error) {
    takeDown(shown, one, talk);
    if (error instanceof Problem && error.code === "answered-meanwhile") {
      seen = error.body.position;
      error.body.missing.forEach(put);
      missing.value = error.body.missing;
    } else if (error instanceof Problem && error.code === "no-route") {
      refused.value = error.body.candidates ?? [];
      complain(error);
    } else complain(error);
    return false;
  }
}

/**
 * What will stand on the timeline, at once: it waits for the server to say so. A mail is drawn by what became of it.
 * @param {import("./draft.js").Draft} one @param {any} talk @param {boolean} later
 */
function foresee(one, talk, later) {
  const way = route();
  if (later || one.html || !atEnd.peek() || (!one.note && (!way || way.capabilities.subject)) || customer.peek()?.id !== talk.customer.id) return null;
  const now = new Date().toISOString();
  const newest = last()?.sort_at ?? "";
  const at = newest > now ? newest : now;
  const entry = {
    id: `pending-${crypto.randomUUID()}`, pending: true, position: Number.MAX_SAFE_INTEGER, kind: one.note ? "note" : "message", direction: one.note ? "" : "outbound",
    text: one.text.trim(), html: "", author: { kind: "operator", id: me.value.id, name: me.value.name }, status: one.note ? "" : "sending", sort_at: at, recorded_at: at, occurred_at: at,
    conversation_id: talk.id, channel: one.note ? "" : way?.channel ?? "", inbox_id: one.note ? null : way?.inbox.id ?? null, contact_point: one.note ? null : way?.contact_point ?? null,
    files: one.files, data: {}, reactions: {},
  };
  batch(() => {
    put(entry);
    putAside();
  });
  return entry;
}

/** It did not go: its words are in the composer again, before what was begun since. @param {any} shown @param {any} one @param {any} talk @param {boolean} [after] what failed before it */
function takeDown(shown, one, talk, after = false) {
  if (!shown) return;
  batch(() => {
    if (customer.peek()?.id === talk.customer.id) replace(shown.id, null);
    if (conversation.peek()?.id !== talk.id) return;
    // What failed before it is in the composer already.
    redraft({ ...one, ...(after ? joined(draft.value, one) : joined(one, draft.value)) });
  });
}

/** @param {any} talk @param {any} about @param {import("./draft.js").Draft} one @param {any} shown */
async function note(talk, about, one, shown) {
  const mentions = colleagues.value.filter((one) => about.text.includes(`@${one.name}`)).map((one) => one.id);
  const body = { ...about, ...(mentions.length ? { mentions } : {}) };
  const entry = await call("POST", `/customers/${talk.customer.id}/notes`, body, { key: keyFor(body) });
  finish(talk, entry, shown, one.note);
}

/** @param {any} talk @param {any} about @param {import("./draft.js").Draft} one @param {any} shown @param {{close: boolean, at?: Date, force: boolean}} how */
async function message(talk, about, one, shown, { close, at, force }) {
  const body = {
    ...about,
    in_reply_to_position: Math.max(lastPosition(), seen),
    ...(one.point ? { contact_point: one.point } : {}),
    ...letter(one),
    ...(one.answers ? { reply_to: one.answers.id } : {}),
    ...(at ? { send_at: at.toISOString() } : { hold: HOLD_SECONDS }),
    ...(close ? { status: "closed" } : {}),
    ...(force ? { force } : {}),
  };
  const answer = await call("POST", `/customers/${talk.customer.id}/messages`, body, { key: keyFor(body) });
  if (!at) hold(answer.message, one, talk);
  finish(talk, answer.message, shown, false);
}

/** What the way it takes can carry beside words. @param {import("./draft.js").Draft} one */
function letter(one) {
  const can = route()?.capabilities;
  return {
    ...(can?.subject && one.subject ? { subject: one.subject } : {}),
    ...(can?.html && can.subject && one.html ? { html: one.html, text: "" } : {}),
    ...(can?.cc ? { cc: one.cc, bcc: one.bcc } : {}),
    ...(can?.subject && one.quote ? { quote: true } : {}),
  };
}

/** @param {any} talk @param {any} entry @param {any} shown in its place until now @param {boolean} wasNote */
function finish(talk, entry, shown, wasNote) {
  batch(() => {
    if (customer.value?.id === talk.customer.id) shown ? replace(shown.id, entry) : put(entry);
    if (conversation.value?.id === talk.id) done(wasNote, Boolean(shown));
    missing.value = [];
    refused.value = [];
    trouble.value = null;
  });
}

/** @param {any} entry @param {any} one the draft it was @param {any} talk */
function hold(entry, one, talk) {
  const mine = { entry, draft: one, talk };
  held.value = mine;
  setTimeout(() => held.value === mine && (held.value = null), HOLD_SECONDS * 1000);
}

/** The words are in the composer again, of the conversation they were written in, before what was begun since. */
export async function takeBack() {
  const one = held.value;
  if (!one) return;
  held.value = null;
  try {
    const entry = await call("DELETE", `/messages/${one.entry.id}`);
    if (customer.value?.id === one.talk.customer.id) put(entry);
    if (conversation.value?.id !== one.talk.id) return await elsewhere(one);
    redraft({ ...one.draft, ...joined(one.draft, draft.value) });
    write("reply");
  } catch (error) {
    complain(error);
  }
}

/** @param {any} one what was held, of a conversation that is not on screen any more */
async function elsewhere({ talk, draft: was }) {
  await call("PUT", `/drafts/${talk.id}`, { ...toServer(was), note: false });
  open(talk);
}

/** Another conversation: what was seen in the last one says nothing here. */
export function forget() {
  seen = 0;
  batch(() => {
    missing.value = [];
    refused.value = [];
  });
}
