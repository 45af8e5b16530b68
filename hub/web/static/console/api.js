// @ts-check
/** The public REST API, as the console calls it. The console can do nothing that the API cannot. */

export const base = document.documentElement.dataset.base ?? "";

/** What the server refused, with what to do next. */
export class Problem extends Error {
  /** @param {number} status @param {any} body */
  constructor(status, body) {
    super(body.detail || body.title || `HTTP ${status}`);
    this.status = status;
    this.body = body;
    this.code = body.code ?? "";
    this.remedy = body.remedy ?? "";
    /** @type {Record<string, string>} what is wrong with each field */
    this.fields = Object.fromEntries((body.errors ?? []).map((/** @type {any} */ one) => [one.field, one.message]));
  }
}

/**
 * @param {string} method @param {string} path @param {any} [body] @param {{key?: string}} [options]
 * key: an Idempotency-Key, so that a repeated click or a lost answer does nothing twice.
 */
export async function call(method, path, body, { key } = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  const response = await fetch(`${base}/api/v1${path}`, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
    credentials: "same-origin",
  });
  if (response.status === 401) return signInAgain();
  const text = await response.text();
  const answer = text ? parse(text) : {};
  if (!response.ok) throw new Problem(response.status, answer);
  return answer;
}

/** A file of the console's own. @param {string} path @returns {Promise<Response>} */
export async function asset(path) {
  const response = await fetch(`${base}/static/${path}`);
  if (!response.ok) throw new Problem(response.status, {});
  return response;
}

/** @returns {Promise<any>} */
function signInAgain() {
  location.assign(`${base}/sign-in`);
  return new Promise(() => {});
}

/**
 * Every item of a list, page by page, up to a bound that no installation of ours reaches.
 * @param {string} path @param {Record<string, any>} [values]
 * @returns {Promise<any[]>}
 */
export async function all(path, values = {}) {
  const items = [];
  let cursor = null;
  for (let page = 0; page < 50; page++) {
    const answer = await call("GET", `${path}${query({ ...values, limit: 100, cursor })}`);
    items.push(...answer.items);
    cursor = answer.next;
    if (!cursor) break;
  }
  return items;
}

/** What is not there gives null. @param {string} path @returns {Promise<any>} */
export async function ifThere(path) {
  try {
    return await call("GET", path);
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return null;
    throw error;
  }
}

/**
 * Store a file; `progress` hears the part that is up, 0 to 1. fetch cannot tell, so this is the older way.
 * @param {File} file @param {(part: number) => void} progress @param {AbortSignal} signal
 * @returns {Promise<any>}
 */
export function upload(file, progress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `${base}/api/v1/files`);
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onerror = () => reject(new TypeError("no connection"));
    request.onload = () => {
      const answer = parse(request.responseText);
      if (request.status < 300) resolve(answer);
      else reject(new Problem(request.status, answer));
    };
    signal.addEventListener("abort", () => request.abort());
    const form = new FormData();
    form.append("file", file, file.name || "file");
    request.send(form);
  });
}

/** @param {string} id of a file */
export const fileUrl = (id) => `${base}/api/v1/files/${id}`;

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return { detail: text.slice(0, 200) };
  }
}

/** @param {Record<string, string | number | boolean | null | undefined>} values */
export function query(values) {
  const kept = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "" && value !== false);
  return kept.length ? `?${new URLSearchParams(kept.map(([name, value]) => [name, String(value)]))}` : "";
}
