// The one script of a page: where the chat is, the element <besedka-chat>, and `window.besedka`.

import { Chat } from "./chat.js";
import { Notices } from "./notices.js";
import { Panel } from "./panel.js";
import style from "./style.css";

const NAME = "besedka-chat";
const script = document.currentScript;
const HERE = script?.src ? new URL(".", script.src).href : "";

class BesedkaChat extends HTMLElement {
  static observedAttributes = ["position", "launcher-label", "hidden-launcher"];
  #chat = null;
  #panel = null;
  #notices = null;

  connectedCallback() {
    if (this.#chat) return;
    const base = new URL(this.getAttribute("src") || HERE, location.href).href.replace(/\/*$/, "/");
    const whole = this.getAttribute("mode") === "page";
    const locale =
      this.getAttribute("locale") || document.documentElement.lang || navigator.language || "en";
    // Our own page may be looked into; on others, what records a page must not read the chat.
    const root = this.attachShadow({ mode: whole ? "open" : "closed" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
    this.#chat = new Chat(base, locale, {
      tell: (event, detail) => this.#tell(event, detail),
      draw: () => this.#panel?.draw(),
      news: (message) => this.#notices.news(message),
      reset: (keep) => this.#panel?.reset(keep),
    });
    this.#notices = new Notices(this.#chat);
    if (whole) this.#vouched(base);
    this.#begin(root, whole);
  }

  async #begin(root, whole) {
    const chat = this.#chat;
    try {
      await chat.configure();
    } catch (error) {
      this.#tell("error", { code: error.code });
      return;
    }
    this.#panel = new Panel(chat, this.#notices, this, root);
    if (whole) {
      document.documentElement.lang = chat.speech.locale;
      document.documentElement.dir = chat.speech.dir;
      chat.open();
    }
    chat.start();
    chat.changed();
    this.#tell("ready");
  }

  /** Our page in a site's app: `#jwt=` vouches, and leaves the address at once. */
  #vouched(base) {
    const jwt = new URLSearchParams(location.hash.slice(1)).get("jwt");
    this.#chat.visit.remember(`besedka:${base}:who`);
    if (!jwt) return;
    history.replaceState(null, "", location.pathname + location.search);
    this.identify(jwt).catch(() => {});
  }

  attributeChangedCallback() {
    this.#chat?.changed();
  }

  #tell(event, detail = {}) {
    this.dispatchEvent(new CustomEvent(`besedka:${event}`, { detail, bubbles: true, composed: true }));
  }

  open() {
    this.#chat?.open();
  }

  close() {
    this.#chat?.close();
  }

  /** Kept when the hub is convinced; fails with `code` and `status` when it is not. */
  async identify(jwt) {
    await this.#chat.visit.identify(jwt);
  }

  /** Nothing of the person stays in this browser, in any tab. */
  async logout() {
    await this.#chat.visit.logout();
  }
}

/** `window.besedka`: the element's methods, for pages that did not write the element themselves. */
function api(element) {
  const made = { element };
  for (const name of ["open", "close", "identify", "logout"]) made[name] = (...given) => element[name](...given);
  // What the page asked for before this script was there; a refusal is told as an event too.
  const run = ([name, ...given]) => Promise.resolve(made[name](...given)).catch(() => {});
  made.q = { push: run };
  for (const call of window.besedka?.q ?? []) run(call);
  window.besedka = made;
}

function begin() {
  let element = document.querySelector(NAME);
  if (!element && script?.hasAttribute("data-manual")) return;
  if (!element) document.body.append((element = document.createElement(NAME)));
  api(element);
}

if (!customElements.get(NAME)) {
  customElements.define(NAME, BesedkaChat);
  if (document.body) begin();
  else addEventListener("DOMContentLoaded", begin);
}
