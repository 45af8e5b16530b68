// What the hub has of the conversation, as far as it was loaded: always its newest part without a
// gap. After a lost connection exactly what is shown is asked for again, so that edits, deletions
// and marks of older messages cannot be missed.

const PAGE = 50;
const PAGES = 10;

export class History {
  recorded = new Map(); // id → message
  unseen = new Set(); // ids of the company's messages nobody has looked at
  fetched = false;
  complete = false; // the first message is there
  shown = 0; // the company has read up to this position
  #from = 0; // the position it is loaded from
  #fresh = new Set(); // ids that came live while a page was on its way
  #turn = 0;
  #chain = Promise.resolve();
  #climbing = false;

  constructor(visit) {
    this.visit = visit;
  }

  reset() {
    this.#turn += 1;
    this.recorded.clear();
    this.unseen.clear();
    this.fetched = this.complete = false;
    this.shown = this.#from = 0;
    this.#climbing = false;
    this.#chain = Promise.resolve();
  }

  /** The visitor has read up to this position; undefined: this browser cannot say. */
  get read() {
    return this.visit.own("read")?.position;
  }

  set read(position) {
    if (position > (this.read ?? -1)) this.visit.keep("read", { position });
  }

  /** What is loaded, oldest first; a straggler from before that is not shown without the rest. */
  get sorted() {
    const found = [];
    for (const one of this.recorded.values()) if (one.position >= this.#from) found.push(one);
    return found.sort((a, b) => a.position - b.position);
  }

  /** A message that came by itself; whether it is news. */
  learn(message) {
    const news = !this.recorded.has(message.id);
    this.#fresh.add(message.id);
    this.#put(message, news);
    return news;
  }

  #put(message, news) {
    this.recorded.set(message.id, message);
    const theirs = message.direction === "outbound" && !message.deleted;
    if (!theirs || message.status === "read") this.unseen.delete(message.id);
    else if (news || message.position > (this.read ?? -1)) this.unseen.add(message.id);
  }

  status({ id, status }) {
    this.#fresh.add(id);
    const message = this.recorded.get(id);
    if (message) this.#put({ ...message, status }, false);
  }

  saw(position) {
    this.shown = Math.max(this.shown, position ?? 0);
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
    const wanted = this.fetched ? this.#from : Infinity;
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
    for (const id of this.#fresh) if (this.recorded.has(id)) found.set(id, this.recorded.get(id));
    this.recorded.clear();
    this.unseen.clear();
    for (const one of found.values()) this.#put(one, false);
    this.#from = complete ? 0 : oldest;
    this.complete = complete;
    this.fetched = true;
  }

  #page(before) {
    const up = before < Infinity ? `&before=${before}` : "";
    return this.visit.call("GET", `messages?limit=${PAGE}${up}`);
  }

  /** One page further back; whether there was one. Throws Refused. */
  async older() {
    if (!this.fetched || this.complete || this.#climbing) return false;
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
    for (const one of items) if (!this.recorded.has(one.id)) this.#put(one, false);
    this.complete = items.length < PAGE;
    this.#from = this.complete ? 0 : items[0].position;
    return true;
  }
}
