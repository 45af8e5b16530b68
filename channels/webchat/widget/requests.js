// Asking the hub: every answer in bounded time, every "no" with its reason.

import { XMLHttpRequest, backoff, fetch, parse, setTimeout, stringify } from "./native.js";

const WITHIN = 20_000;
const CAN_PASS = new Set([401, 408, 429]);

/** The hub said no (`status`), or could not be asked (0). `wait`: seconds it asks for. */
export class Refused extends Error {
  constructor(status, code = "failed", wait = 0) {
    super(`${status} ${code}`);
    Object.assign(this, { status, code, wait });
  }

  /** Whether asking again would bring the same. */
  get final() {
    return this.status >= 400 && this.status < 500 && !CAN_PASS.has(this.status);
  }
}

/** What an answer with a problem says, be it ours or that of a proxy in between. */
function refused(status, text, wait) {
  let problem;
  try {
    problem = parse(text);
  } catch {
    // A page for people.
  }
  return new Refused(status, problem?.code, Number(wait) || 0);
}

/** The JSON of the answer, or null; throws Refused. */
export async function request(url, method, { token, body, keepalive } = {}) {
  const headers = {};
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  try {
    const answer = await fetch(url, {
      method, headers, keepalive, signal: AbortSignal.timeout(WITHIN),
      body: body && stringify(body), credentials: "omit", referrerPolicy: "no-referrer",
    });
    const text = await answer.text();
    if (!answer.ok) throw refused(answer.status, text, answer.headers.get("Retry-After"));
    return text ? parse(text) : null;
  } catch (error) {
    throw error instanceof Refused ? error : new Refused(0);
  }
}

/** What `work` brings, tried until it does, is refused for good, or is not `wanted` any more. */
export async function persist(work, wanted = () => true) {
  for (let failures = 1; ; failures += 1) {
    try {
      return await work();
    } catch (error) {
      if (error.final || !wanted(error)) throw error;
      await new Promise((done) => setTimeout(done, error.wait * 1000 || backoff(failures)));
    }
  }
}

/** Send a file's bytes; `progress` gets the part that is through, 0 to 1. */
export function upload(url, token, file, progress) {
  const sending = new XMLHttpRequest();
  const done = new Promise((resolve, reject) => {
    sending.open("POST", `${url}?name=${encodeURIComponent(file.name)}`);
    sending.setRequestHeader("Authorization", `Bearer ${token}`);
    // The hub looks into the file itself; a type like multipart/related would mislead it.
    sending.setRequestHeader("Content-Type", "application/octet-stream");
    sending.upload.onprogress = ({ loaded, total }) => progress(total ? loaded / total : 0);
    sending.onload = () => {
      const { status, responseText } = sending;
      if (status < 300) resolve(parse(responseText));
      else reject(refused(status, responseText, sending.getResponseHeader("Retry-After")));
    };
    sending.onerror = sending.onabort = () => reject(new Refused(0));
    sending.send(file);
  });
  return { done, stop: () => sending.abort() };
}
