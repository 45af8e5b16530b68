// Whose chat this tab shows. One person at a time in a browser: an anonymous one, or one the site
// vouches for. Who was vouched for is shown nothing until the page vouches again, and of the one
// before nothing is left in any tab.

import { parse } from "./native.js";
import { Refused, persist, request } from "./requests.js";
import { alone } from "./store.js";

const ANYBODY = "anon";
const EXPIRED = "identity-expired";

/** 64 bits that stand for a person where the name itself need not be kept (FNV-1a, twice). */
function hash(text) {
  let [a, b] = [2166136261, 3735928559];
  for (const char of text) {
    a = Math.imul(a ^ char.codePointAt(0), 16777619);
    b = Math.imul(b ^ char.codePointAt(0), 2654435761);
  }
  return `${a}.${b}`;
}

function person(jwt) {
  try {
    const body = atob(jwt.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"));
    // The bytes are not decoded: they only have to differ.
    return `u:${hash(`${parse(body).sub}`)}`;
  } catch {
    throw new Refused(401, "not-proven");
  }
}

/**
 * `hooks.reset(keep)`: what is shown is another's now, `keep` when what was written on this page
 * goes along; `hooks.started()`: there is a token; `hooks.tell(event, detail)`: to the page.
 */
export class Visit {
  who = ANYBODY; // null: somebody else, in another tab
  #jwt = null;
  #starting = null;
  #turn = 0;
  #acted;
  #tab = null;

  constructor(base, store, locale, hooks) {
    Object.assign(this, { base, store, locale, hooks });
    this.#acted = store.get("me");
  }

  /** Where one tab is all there is to vouch for (our own page): who it was survives a reload. */
  remember(key) {
    this.#tab = key;
    try {
      const who = sessionStorage.getItem(key);
      if (who) this.#become(who);
    } catch {
      // Then the address has to be opened anew.
    }
  }

  /** What is stored, when it is this tab's person: {"who","token","name","email"}. */
  get mine() {
    this.sync();
    return this.own("me");
  }

  /** What is kept of this tab's person under `name`, or nothing. */
  own(name) {
    const kept = this.store.get(name);
    return kept?.who === this.who ? kept : undefined;
  }

  keep(name, facts) {
    this.store.set(name, { ...facts, who: this.who });
  }

  get known() {
    return this.mine?.token;
  }

  get signed() {
    return this.who !== ANYBODY;
  }

  /** Whether the page has to vouch again before anything can go on. */
  get over() {
    return this.who === null || (this.signed && !this.#jwt && !this.known);
  }

  /** The token; starts a visit when there is none. `said`: what the visitor says of himself. */
  async token(said) {
    if (this.known) return this.known;
    this.#starting ??= this.#start(said).finally(() => {
      this.#starting = null;
    });
    return this.#starting;
  }

  async #start(said) {
    const turn = this.#turn;
    return alone(`${this.base}visit`, async () => {
      // Another tab was first.
      if (this.known) return this.known;
      if (this.over) throw this.#expired();
      const page = { title: document.title.slice(0, 300), url: location.href.slice(0, 300) };
      const { name: was, email: at } = this.mine ?? {};
      const known = { locale: this.locale, page, name: was, email: at, ...said };
      const { token, name = "", email = "" } = await this.#asked(known);
      if (turn !== this.#turn || this.known) this.#forget(token);
      if (turn !== this.#turn) throw new Refused(0);
      if (!this.known) this.#begin({ token, name, email });
      return this.known;
    });
  }

  async #asked(body) {
    try {
      if (this.signed) body.jwt = this.#jwt;
      return await request(`${this.base}visits`, "POST", { body });
    } catch (error) {
      // A proof that is refused now will be refused again.
      if (error.status === 401 && this.signed) {
        this.#jwt = null;
        this.#expired();
      }
      throw error;
    }
  }

  #begin(me) {
    // What is left of somebody who did not sign out here.
    this.store.wipe(this.who);
    this.keep("me", me);
    this.#acted = this.store.get("me");
    this.hooks.started();
  }

  #expired() {
    this.hooks.tell("error", { code: EXPIRED });
    this.hooks.tell("identity-needed");
    return new Refused(401, EXPIRED);
  }

  #forget(token) {
    request(`${this.base}visits`, "DELETE", { token, keepalive: true }).catch(() => {});
  }

  /** A request in this person's name; throws Refused. */
  async call(method, path, body) {
    const turn = this.#turn;
    const token = await this.token();
    try {
      const answer = await request(this.base + path, method, { token, body });
      if (turn === this.#turn) return answer;
    } catch (error) {
      if (error.status === 401) this.lost(token);
      throw error;
    }
    throw new Refused(0);
  }

  /** The hub does not know this token any more: go on with a new visit, or ask the page. */
  lost(token) {
    if (this.known !== token) return;
    this.describe({ token: null });
    this.#acted = this.store.get("me");
    this.hooks.reset(true);
    if (this.over) this.#expired();
  }

  /** The page vouches for somebody; throws Refused when the hub is not convinced. */
  async identify(jwt) {
    const who = person(jwt);
    if (who !== this.who) this.#become(who, !this.signed);
    this.#jwt = jwt;
    const turn = this.#turn;
    await persist(() => this.token(), ({ status }) => {
      if (turn !== this.#turn) return false;
      if (status === 401) this.#become(ANYBODY, true);
      return status !== 401;
    });
    this.hooks.started();
    this.hooks.tell("identified");
  }

  async logout() {
    const token = this.store.get("me")?.token;
    this.#become(ANYBODY);
    this.store.wipe();
    this.#acted = null;
    if (token) this.#forget(token);
  }

  #become(who, keep) {
    this.#turn += 1;
    this.#jwt = this.#starting = null;
    this.who = who;
    try {
      if (this.#tab) sessionStorage.setItem(this.#tab, who);
    } catch {
      // As above.
    }
    this.store.wipe(who);
    this.#acted = this.store.get("me");
    this.hooks.reset(keep);
  }

  /** Put into the stored visit what the hub was told of the visitor. */
  describe(said) {
    if (this.mine) this.keep("me", { ...this.mine, ...said });
  }

  /** Follow what another tab did to the person. */
  sync() {
    const [was, me] = [this.#acted, this.store.get("me")];
    if (was?.token === me?.token && was?.who === me?.who) return;
    this.#acted = me;
    if (was?.who === this.who && me?.who !== was.who) {
      this.#turn += 1;
      this.#jwt = this.#starting = null;
      this.who = me && this.signed ? null : ANYBODY;
    }
    this.hooks.reset();
    this.hooks.started();
  }
}
