// @ts-check
/** How a template reads on each channel, of made-up facts or of a real customer, while it is written. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useLayoutEffect, useRef, useState } from "../../vendor/preact-hooks.js";
import { call, Problem, query } from "../api.js";
import { glyph, Icon } from "../shell/icon.js";
import { complain } from "../trouble.js";
import { t, word } from "../words.js";

const WAIT_MS = 250;
const OBJECTS = { order: "/orders", appointment: "/appointments" };
const WIDTHS = [600, 360];

/** @param {{name: string, draft: any, locale: string, setFaults: (faults: Record<string, string>) => void}} props */
export function Preview({ name, draft, locale, setFaults }) {
  const [who, setWho] = useState(/** @type {any} */ (null));
  const [shown, setShown] = useState(/** @type {any} */ (null));
  const [joined, setJoined] = useState(false);
  const source = JSON.stringify(draft);
  useEffect(() => {
    let current = true;
    const timer = setTimeout(() => ask(name, draft, locale, who, joined).then((answer) => {
      if (!current) return;
      setShown(answer);
      setFaults(answer.fields);
    }).catch(complain), WAIT_MS);
    return () => (clearTimeout(timer), void (current = false));
  }, [source, locale, who, joined]);
  return html`<section class="template-preview" aria-label=${t("templates.preview")}>
    <${Whose} about=${draft.about} who=${who} setWho=${setWho} />
    ${shown?.joins ? html`<label class="check"><input type="checkbox" checked=${joined} onChange=${(/** @type {any} */ event) => setJoined(event.target.checked)} /> ${t("templates.joined")}</label>` : ""}
    ${shown?.fault ? html`<p class="fault" role="status">${shown.fault}</p>` : ""}
    ${shown?.silent ? html`<p class="hint">${t("templates.silent")}</p>` : ""}
    ${(shown?.channels ?? []).map((/** @type {any} */ one) => html`<${Channel} key=${one.channel} one=${one} />`)}
  </section>`;
}

/** A text that is no template at all is told like any other fault. @param {string} name @param {any} draft @param {string} locale @param {any} who @param {boolean} joined */
async function ask(name, draft, locale, who, joined) {
  const whose = who ? { customer: who.customer.id, ...(who.object ? { object: who.object } : {}) } : {};
  try {
    return await call("POST", "/templates/preview", { template: { name, ...draft }, locale, joined, ...whose });
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 422) throw error;
    const fields = Object.fromEntries(Object.entries(error.fields).map(([place, words]) => [place.replace(/^template\./, ""), words]));
    return { channels: [], fault: error.message, fields, silent: false, joins: joined };
  }
}

/** @param {{about: string, who: any, setWho: (who: any) => void}} props */
function Whose({ about, who, setWho }) {
  const [asked, setAsked] = useState("");
  const [found, setFound] = useState(/** @type {any[]} */ ([]));
  useEffect(() => {
    if (!asked.trim()) return setFound([]);
    let current = true;
    const timer = setTimeout(() => call("GET", `/customers${query({ q: asked, limit: 5 })}`).then((one) => current && setFound(one.items)).catch(complain), WAIT_MS);
    return () => (clearTimeout(timer), void (current = false));
  }, [asked]);
  /** @param {any} customer */
  const choose = async (customer) => {
    setAsked("");
    const path = OBJECTS[/** @type {"order"} */ (about)];
    const [newest] = path ? (await call("GET", `${path}${query({ customer: customer.id, limit: 1 })}`)).items : [];
    setWho({ customer, number: newest?.number || newest?.external_id, object: newest ? { kind: about, id: newest.id } : null });
  };
  return html`<div class="template-whose"><h3>${t("templates.preview")}</h3>
    ${who ? html`<p>${t("templates.for", { name: who.customer.name || t("templates.nameless") })}${who.object ? ` · ${word("about", about)} ${who.number}` : ""} <button class="plain link" onClick=${() => setWho(null)}>${t("templates.madeUp")}</button></p>`
      : html`<input type="search" aria-label=${t("templates.find")} placeholder=${t("templates.find")} value=${asked} onInput=${(/** @type {any} */ event) => setAsked(event.target.value)} />`}
    ${found.length ? html`<ul class="plain-list cards">${found.map((one) => html`<li key=${one.id}><button class="plain card-row" onClick=${() => choose(one).catch(complain)}>${one.name || one.contact_points[0]?.value}</button></li>`)}</ul>` : ""}
  </div>`;
}

/** @param {{one: any}} props */
function Channel({ one }) {
  const bill = one.segments ? t("templates.segments", { count: one.segments, room: one.room }) : "";
  return html`<article class="template-channel look-${one.channel}"><h4><${Icon} name=${glyph(one.channel)} />${word("channel", one.channel)}<span class="quiet">${bill}</span></h4>
    ${one.page ? html`<${Mail} one=${one} />` : html`<div class="look"><p class="look-bubble">${one.text}</p>
      ${one.buttons.length ? html`<p class="look-buttons">${one.buttons.map((/** @type {any} */ each) => html`<span key=${each.value}>${each.label}</span>`)}</p>` : ""}</div>`}
  </article>`;
}

/** @param {{one: any}} props */
function Mail({ one }) {
  const frame = useRef(/** @type {HTMLIFrameElement | null} */ (null));
  const [width, setWidth] = useState(WIDTHS[0]);
  useLayoutEffect(() => drawn(/** @type {HTMLIFrameElement} */ (frame.current), one.page, width), [one.page, width]);
  return html`<p class="look-subject"><strong>${one.subject}</strong><span class="tabs small" role="group" aria-label=${t("templates.width")}>${WIDTHS.map((each) => html`<button key=${each} aria-pressed=${each === width} onClick=${() => setWidth(each)}>${each === 600 ? t("templates.wide") : t("templates.narrow")}</button>`)}</span></p>
    <iframe ref=${frame} title=${t("templates.mail")} sandbox="allow-same-origin" onLoad=${(/** @type {any} */ event) => drawn(event.target, one.page, width)}></iframe>`;
}

/** The page's own colours, although this page allows no styles but its own files': set one by one, they need no leave. @param {HTMLIFrameElement} frame @param {string} page @param {number} width that the reader has; smaller where there is no room for it */
function drawn(frame, page, width) {
  const inner = frame.contentDocument;
  if (!inner?.defaultView) return;
  const sheet = new /** @type {any} */ (inner.defaultView).CSSStyleSheet();
  sheet.replaceSync([...page.matchAll(/<style>(.*?)<\/style>/gs)].map((one) => one[1]).join("\n"));
  const bare = page.replace(/<style>.*?<\/style>/gs, "").replace(/ style="/g, ' data-look="');
  const parsed = new DOMParser().parseFromString(bare, "text/html");
  inner.documentElement.lang = parsed.documentElement.lang;
  inner.title = parsed.title;
  inner.body.replaceWith(inner.importNode(parsed.body, true));
  for (const one of inner.querySelectorAll("[data-look]")) /** @type {HTMLElement} */ (one).style.cssText = one.getAttribute("data-look") ?? "";
  inner.adoptedStyleSheets = [sheet];
  const room = frame.previousElementSibling?.clientWidth || width;
  frame.style.width = `${width}px`;
  frame.style.setProperty("zoom", String(Math.min(1, room / width)));
  frame.style.height = `${Math.min(inner.documentElement.scrollHeight + 8, 600)}px`;
}
