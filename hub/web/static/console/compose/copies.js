// @ts-check
/** Who else gets a mail: addresses with suggestions, and those who stood on the customer's own mail. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { call, query } from "../api.js";
import { Icon } from "../shell/icon.js";
import { every } from "../talk/entries.js";
import { complain } from "../trouble.js";
import { t } from "../words.js";
import { change, draft } from "./draft.js";

const ADDRESS = /^[^@\s<>,;]+@[^@\s<>,;]+$/;
const LEAST = 2;

export function Copies() {
  const { cc, bcc } = draft.value;
  const [asked, setAsked] = useState({ cc: false, bcc: false });
  const others = alsoThere().filter((one) => !cc.includes(one) && !bcc.includes(one));
  return html`
    ${asked.cc || cc.length ? html`<${Addresses} name="cc" label=${t("mail.cc")} list=${cc} focus=${asked.cc} />` : ""}
    ${asked.bcc || bcc.length ? html`<${Addresses} name="bcc" label=${t("mail.bcc")} list=${bcc} focus=${asked.bcc} />` : ""}
    <div class="copies-ask">
      ${asked.cc || cc.length ? "" : html`<button type="button" class="plain link" onClick=${() => setAsked({ ...asked, cc: true })}>${t("copies.cc")}</button>`}
      ${asked.bcc || bcc.length ? "" : html`<button type="button" class="plain link" onClick=${() => setAsked({ ...asked, bcc: true })}>${t("copies.bcc")}</button>`}
      ${others.length ? html`<button type="button" class="plain link" title=${others.join(", ")} onClick=${() => change({ cc: [...cc, ...others] })}>${t("copies.all", { count: others.length })}</button>` : ""}
      <label class="check quiet"><input type="checkbox" checked=${draft.value.quote} onChange=${(/** @type {any} */ event) => change({ quote: event.target.checked })} /> ${t("copies.quote")}</label>
    </div>`;
}

/** Who had a copy of the customer's newest mail. @returns {string[]} */
function alsoThere() {
  const last = every().filter((one) => one.channel === "email" && one.direction === "inbound").at(-1);
  return (last?.data?.cc ?? []).map((/** @type {any} */ one) => (typeof one === "string" ? one : one.address)).filter((/** @type {string} */ one) => ADDRESS.test(one));
}

/** @param {{name: "cc" | "bcc", label: string, list: string[], focus: boolean}} props */
function Addresses({ name, label, list, focus }) {
  const [typed, setTyped] = useState("");
  const [known, setKnown] = useState(/** @type {string[]} */ ([]));
  useEffect(() => {
    if (typed.trim().length < LEAST) return undefined;
    let current = true;
    addressesLike(typed.trim()).then((found) => current && setKnown(found)).catch(complain);
    return () => void (current = false);
  }, [typed]);
  const take = (/** @type {string} */ text) => {
    const wanted = text.split(/[\s,;]+/).map((one) => one.replace(/^<|>$/g, "")).filter(Boolean);
    const good = wanted.filter((one) => ADDRESS.test(one));
    if (good.length) change({ [name]: [...new Set([...list, ...good])] });
    setTyped(wanted.filter((one) => !ADDRESS.test(one)).join(" "));
  };
  /** @param {KeyboardEvent} event */
  const pressed = (event) => {
    if (["Enter", ",", ";"].includes(event.key) && typed.trim()) {
      event.preventDefault();
      take(typed);
    } else if (event.key === "Backspace" && !typed && list.length) change({ [name]: list.slice(0, -1) });
    else if (event.key === "Enter") event.preventDefault();
  };
  return html`<div class="copies">
    <label for=${`copies-${name}`}>${label}</label>
    ${list.map((one) => html`<span class="chip" key=${one}>${one}<button type="button" class="plain" aria-label=${t("copies.remove", { name: one })} onClick=${() => change({ [name]: list.filter((each) => each !== one) })}><${Icon} name="x" /></button></span>`)}
    <input id=${`copies-${name}`} type="text" inputmode="email" autocomplete="off" list=${`known-${name}`} value=${typed} ref=${(/** @type {HTMLElement | null} */ box) => focus && !list.length && !typed && box?.focus()}
      onInput=${(/** @type {any} */ event) => (known.includes(event.target.value) ? take(event.target.value) : setTyped(event.target.value))} onKeyDown=${pressed} onBlur=${() => take(typed)} />
    <datalist id=${`known-${name}`}>${known.map((one) => html`<option value=${one} />`)}</datalist>
  </div>`;
}

/** Addresses of customers whose name or address has this in it. @param {string} part @returns {Promise<string[]>} */
async function addressesLike(part) {
  const found = await call("GET", `/customers${query({ q: part, limit: 8 })}`);
  return found.items.flatMap((/** @type {any} */ one) => one.contact_points.filter((/** @type {any} */ point) => point.scheme === "email").map((/** @type {any} */ point) => point.value));
}
