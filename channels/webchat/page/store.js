// What this browser remembers of its visit, and what it has written that is not acknowledged yet:
// a reload or a dead battery loses neither.

const HERE = `besedka:${location.pathname}`;
const memory = new Map();

// A site that knows its user opens the page with `#jwt=…`. The proof leaves the address bar at once
// and is not kept; that this tab is that person's is, so that a reload finds the same chat.
const passed = new URLSearchParams(location.hash.slice(1)).get("jwt");
if (passed) {
  history.replaceState(null, "", location.pathname + location.search);
  remember(subject(passed));
}
const person = remembered();
const KEY = person ? `${HERE}:u:${person}` : HERE;

function subject(jwt) {
  try {
    const body = jwt.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(body), (char) => char.charCodeAt(0));
    return String(JSON.parse(new TextDecoder().decode(bytes)).sub);
  } catch {
    return "?";
  }
}

function remember(whom) {
  memory.set("person", whom);
  try {
    sessionStorage.setItem(`${HERE}:person`, whom);
  } catch {
    // As below: then until the page is closed.
  }
}

function remembered() {
  try {
    return sessionStorage.getItem(`${HERE}:person`);
  } catch {
    return memory.get("person") ?? null;
  }
}

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
  /** The site's word for who this is, good for the first visit of this page. */
  jwt: passed,
  person,
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
