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
    this.remedy = body.remedy ?? "";
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
  if (response.status === 401) {
    location.assign(`${base}/sign-in`);
    return new Promise(() => {});
  }
  const text = await response.text();
  const answer = text ? parse(text) : {};
  if (!response.ok) throw new Problem(response.status, answer);
  return answer;
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return { detail: text.slice(0, 200) };
  }
}

/** @param {Record<string, string | number | null | undefined>} values */
export function query(values) {
  const kept = Object.entries(values).filter(([, value]) => value !== null && value !== undefined && value !== "");
  return kept.length ? `?${new URLSearchParams(kept.map(([name, value]) => [name, String(value)]))}` : "";
}
