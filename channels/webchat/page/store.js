// What this browser remembers of its visit, and what it has written that is not acknowledged yet:
// a reload or a dead battery loses neither.

const KEY = `besedka:${location.pathname}`;
const memory = new Map();

function read(name) {
  try {
    return JSON.parse(localStorage.getItem(`${KEY}:${name}`));
  } catch {
    return memory.get(name) ?? null;
  }
}

function write(name, value) {
  memory.set(name, value);
  try {
    localStorage.setItem(`${KEY}:${name}`, JSON.stringify(value));
  } catch {
    // Private windows may refuse storage: then the visit lasts as long as the page.
  }
}

export const store = {
  get token() { return read("token"); },
  set token(value) { write("token", value); },
  get draft() { return read("draft") || ""; },
  set draft(value) { write("draft", value); },
  get unsent() { return read("unsent") || []; },
  remember(message) {
    write("unsent", [...this.unsent.filter((one) => one.client_id !== message.client_id), message]);
  },
  forget(clientId) {
    write("unsent", this.unsent.filter((one) => one.client_id !== clientId));
  },
};
