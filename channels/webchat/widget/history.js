// What the hub has of the conversation, as far as it was loaded: always its newest part without a
// gap. After a lost connection exactly what is shown is asked for again, so that edits, deletions
// and marks of older messages cannot be missed.

const PAGE = 50;
const PAGES = 10;

export class History {
  messages = new Map(); // id → message
  unseen = new Set(); // ids of the company's messages nobody has looked at
  loaded = false;
  complete = false; // the first message is there
  seen = 0; // the company has read up to this position
  #from = 0; // the position it is loaded from
  #fresh = new Set(); // ids that came live while a page was on its way
  #turn = 0;
  #chain = Promise.resolve();
  #climbing = false;

  constructor(visit, store) {
    Object.assign(this, { visit, store });
  }

  reset() {
    this.#turn += 1;
    this.messages.clear();
    this.unseen.clear();
    this.loaded = this.complete = false;
    this.seen = this.#from = 0;
    this.#climbing = false;
    this.#chain = Promise.resolve();
  }

  /** The visitor has read up to this position; undefined: this browser cannot say. */
  get read() {
    const read = this.store.get("read");
    return read?.who === this.visit.who ? read.position : undefined;
  }

  set read(position) {
    if (position > (this.read ?? -1)) this.store.set("read", { who: this.visit.who, position });
  }

  /** What is loaded, oldest first; a straggler from before that is not shown without the rest. */
  get sorted() {
    const found = [];
    for (const one of this.messages.values()) if (one.position >= this.#from) found.push(one);
    return found.sort((a, b) => a.position - b.position);
  }

  /** A message that came by itself; whether it is news. */
  learn(message) {
    const news = !this.messages.has(message.id);
    this.#fresh.add(message.id);
    this.#put(message, news);
    return news;
  }

  #put(message, news) {
    this.messages.set(message.id, message);
    const theirs = message.direction === "outbound" && !message.deleted;
    if (!theirs || message.status === "read") this.unseen.delete(message.id);
    else if (news || message.position > (this.read ?? -1)) this.unseen.add(message.id);
  }

  status({ id, status }) {
    this.#fresh.add(id);
    const message = this.messages.get(id);
    if (message) this.#put({ ...message, status }, false);
  }

  saw(position) {
    this.seen = Math.max(this.seen, position ?? 0);
  }

  #next(work) {
    const turn = this.#turn;
    const same = () => turn === this.#turn;
    const done = this.#chain.then(() => same() && work(same));
    this.#chain = done.catch(() => {});
    return done;
  }

  /** Ask anew for all that is loaded, or for the newest page; throws Refused. */
  refresh() {
    return this.#next((same) => this.#refresh(same));
  }

  async #refresh(same) {
    const wanted = this.loaded ? this.#from : Infinity;
    const found = new Map();
    let [oldest, complete] = [Infinity, false];
    this.#fresh.clear();
    for (let page = 0; page < PAGES && !complete && (!page || oldest > wanted); page += 1) {
      const { items, seen } = await this.#page(oldest);
      if (!same()) return;
      this.saw(seen);
      for (const one of items) found.set(one.id, one);
      oldest = Math.min(oldest, items[0]?.position ?? 0);
      complete = items.length < PAGE;
    }
    for (const id of this.#fresh) if (this.messages.has(id)) found.set(id, this.messages.get(id));
    this.messages.clear();
    this.unseen.clear();
    for (const one of found.values()) this.#put(one, false);
    this.#from = complete ? 0 : oldest;
    this.complete = complete;
    this.loaded = true;
  }

  #page(before) {
    const up = before < Infinity ? `&before=${before}` : "";
    return this.visit.call("GET", `messages?limit=${PAGE}${up}`);
  }

  /** One page further back; whether there was one. Throws Refused. */
  async older() {
    if (!this.loaded || this.complete || this.#climbing) return false;
    this.#climbing = true;
    try {
      return await this.#next((same) => this.#older(same));
    } finally {
      this.#climbing = false;
    }
  }

  async #older(same) {
    const { items } = await this.#page(this.#from);
    if (!same()) return false;
    for (const one of items) if (!this.messages.has(one.id)) this.#put(one, false);
    this.complete = items.length < PAGE;
    this.#from = this.complete ? 0 : items[0].position;
    return true;
  }
}
