// How a message is made known while nobody looks: the page's title, and by the visitor's choice a
// sound and a notification.

import { el } from "./dom.js";
import { now } from "./native.js";

export class Notices {
  #audio = null;
  #rang = 0;
  #prefix = "";

  constructor(chat) {
    this.chat = chat;
  }

  get choices() {
    return this.chat.store.get("choices") ?? {};
  }

  choose(choice) {
    this.chat.store.set("choices", { ...this.choices, ...choice });
  }

  /** The number of unread messages before the page's own title, whatever that is by then. */
  title(count) {
    if (this.#prefix && document.title.startsWith(this.#prefix)) {
      document.title = document.title.slice(this.#prefix.length);
    }
    this.#prefix = count ? `(${count}) ` : "";
    if (count) document.title = this.#prefix + document.title;
  }

  news(message) {
    const { sound, notifications } = this.choices;
    const looking = this.chat.opened && !document.hidden;
    if (sound && !looking) this.ring();
    if (notifications && document.hidden) this.#notify(message);
  }

  ring() {
    if (now() - this.#rang < 1500) return;
    this.#rang = now();
    try {
      this.#audio ??= new AudioContext();
      this.#audio.resume();
      this.#tone(this.#audio);
    } catch {
      // No loudspeaker, or the browser wants a click first.
    }
  }

  #tone(audio) {
    const [tone, level, end] = [audio.createOscillator(), audio.createGain(), audio.currentTime + 0.4];
    tone.frequency.value = 740;
    level.gain.value = 0.08;
    level.gain.exponentialRampToValueAtTime(0.001, end);
    tone.connect(level).connect(audio.destination);
    tone.start();
    tone.stop(end);
  }

  #notify({ text, author }) {
    try {
      // The tag keeps several tabs from telling it several times.
      const told = new Notification(author?.name || this.chat.config.name, {
        body: text.slice(0, 120), tag: this.chat.base,
      });
      told.onclick = () => {
        window.focus();
        this.chat.open();
        told.close();
      };
    } catch {
      // Some phones notify only through service workers.
    }
  }

  /** The switches: off until chosen, remembered in this browser. */
  settings() {
    const { speech: words } = this.chat;
    const note = el("p", { class: "problem", role: "alert" });
    const turn = (name, act) => el("label", null, el("input", {
      type: "checkbox", checked: Boolean(this.choices[name]),
      onchange: async ({ target }) => {
        target.checked = target.checked && (await act());
        this.choose({ [name]: target.checked });
      },
    }), words.say(name));
    const sound = turn("sound", () => {
      this.ring();
      return true;
    });
    const notifications = window.Notification && isSecureContext && turn("notifications", async () => {
      const allowed = (await Notification.requestPermission()) === "granted";
      note.textContent = allowed ? "" : words.say("notifications_blocked");
      return allowed;
    });
    return el("div", { class: "settings", role: "group", "aria-label": words.say("settings"), hidden: true }, sound, notifications, note);
  }
}
