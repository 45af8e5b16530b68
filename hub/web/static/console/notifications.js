// @ts-check
/** What happened while one looked elsewhere: a list that is the truth, and a sign on page, browser and ear. */

import { signal } from "../vendor/preact-signals.js";
import { html } from "../vendor/htm-preact.js";
import { useEffect } from "../vendor/preact-hooks.js";
import { call, ifThere } from "./api.js";
import { on, onReset } from "./live.js";
import { go } from "./route.js";
import { me } from "./session.js";
import { complain } from "./trouble.js";
import { ago, t, word } from "./words.js";
import { now } from "./session.js";
import { fold, lay } from "./shell/sheet.js";
import { Icon } from "./shell/icon.js";
import { onRead, selected } from "./talk/opened.js";

/** null: this hub tells of nothing. */
export const unread = signal(/** @type {number | null} */ (null));
const list = signal(/** @type {any[]} */ ([]));

export async function load() {
  const answer = await ifThere("/notifications?limit=50");
  if (!answer) return;
  list.value = answer.items;
  unread.value = (await call("GET", "/me")).notifications ?? answer.items.filter((/** @type {any} */ one) => !one.read_at).length;
}

/** @param {string[]} ids */
async function markRead(ids) {
  if (!ids.length) return;
  await call("POST", "/notifications/read", { ids });
  await load();
}

/** @param {any} one @returns {string[]} `page`, `browser`, `sound` */
const ways = (one) => me.value.notify?.[one.kind] ?? ["page"];

/** The event tells only which one it is: what it is about stands in the list. @param {any} event */
async function happened(event) {
  await load();
  const one = list.value.find((each) => each.id === event.data.notification_id);
  if (!one || (one.conversation_id && one.conversation_id === selected.value && document.hasFocus())) return;
  const by = ways(one);
  if (by.includes("browser") && "Notification" in window && Notification.permission === "granted") shout(one);
  if (by.includes("sound")) chime();
}

/** @param {any} one */
function shout(one) {
  const sign = new Notification(sentence(one), { tag: one.id, body: one.customer?.name ?? "" });
  sign.onclick = () => {
    window.focus();
    visit(one);
  };
}

/** Two short tones, made here: no file to fetch. */
export function chime() {
  const audio = new AudioContext();
  const volume = audio.createGain();
  volume.connect(audio.destination);
  volume.gain.setValueAtTime(0.08, audio.currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.5);
  for (const [pitch, at] of [[660, 0], [880, 0.12]]) {
    const tone = audio.createOscillator();
    tone.frequency.value = pitch;
    tone.connect(volume);
    tone.start(audio.currentTime + at);
    tone.stop(audio.currentTime + at + 0.35);
  }
  setTimeout(() => audio.close(), 800);
}

/** @param {any} one */
const sentence = (one) => (one.alert ? alerted(one.alert) : t(`notification.${one.kind}`, { name: one.by?.name || one.customer?.name || t("customer.unnamed") }));

/** @param {any} alert */
const alerted = (alert) => (alert.over ? word("alert-over", alert.kind, { name: alert.subject }) : word("alert", alert.kind, { name: alert.subject, number: alert.number }));

/** @param {any} one */
function visit(one) {
  fold();
  markRead([one.id]).catch(complain);
  if (one.conversation_id) go("inbox", one.conversation_id);
  else if (one.kind === "alert") go("problems");
}

export const showAll = () => lay({ title: t("notifications.title"), side: true, body: List });

function List() {
  useEffect(() => void load().catch(complain), []);
  const all = list.value;
  if (!all.length) return html`<p class="hint">${t("notifications.none")}</p>`;
  return html`
    ${unread.value ? html`<button class="plain link" onClick=${() => call("POST", "/notifications/read", { all: true }).then(load).catch(complain)}>${t("notifications.readAll")}</button>` : ""}
    <ul class="plain-list">
      ${all.map((one) => html`<li key=${one.id}>
        <button class="plain notice ${one.read_at ? "" : "unread"}" onClick=${() => visit(one)}>
          <${Icon} name=${{ mention: "at-sign", assigned: "user-check", reply: "message-circle", team: "users", alert: "triangle-alert" }[/** @type {"team"} */ (one.kind)] ?? "bell"} />
          <span class="grow">${sentence(one)}<span class="quiet">${one.customer?.name ?? ""}</span></span>
          <time class="quiet" datetime=${one.at}>${ago(one.at, now.value)}</time>
        </button>
      </li>`)}
    </ul>
  `;
}

on("notification.", (event) => happened(event).catch(complain));
onReset(() => load().catch(complain));
// Reading a conversation reads what told of it.
onRead(() => unread.value && load().catch(complain));
