// @ts-check
/** What a message came as, byte by byte, and what it said before it was changed. */

import { html } from "../../vendor/htm-preact.js";
import { useEffect, useState } from "../../vendor/preact-hooks.js";
import { base, call } from "../api.js";
import { Icon } from "../shell/icon.js";
import { lay } from "../shell/sheet.js";
import { complain } from "../trouble.js";
import { moment, size, t } from "../words.js";

/** More than this is for a program to read, not for a page. */
const SHOWN = 200_000;

/** @param {any} entry */
export const showSource = (entry) => lay({ title: t("mail.source"), body: () => html`<${Source} id=${entry.id} />` });

/** @param {{id: string}} props */
function Source({ id }) {
  const address = `${base}/api/v1/messages/${id}/source`;
  const [raw, setRaw] = useState(/** @type {{text: string, size: number} | null | undefined} */ (undefined));
  useEffect(() => void read(address).then(setRaw).catch(complain), [id]);
  if (raw === undefined) return null;
  if (!raw) return html`<p>${t("mail.sourceGone")}</p>`;
  return html`
    <p class="source-head"><a class="file" href=${address} download><${Icon} name="download" /><span>${t("mail.download")}</span><span class="quiet">${size(raw.size)}</span></a></p>
    <pre class="code" tabindex="0">${raw.text}</pre>
    ${raw.size > SHOWN ? html`<p class="quiet">${t("mail.sourceCut")}</p>` : ""}
  `;
}

/** @param {string} address */
async function read(address) {
  const answer = await fetch(address, { credentials: "same-origin" });
  if (answer.status === 404) return null;
  if (!answer.ok) throw new TypeError(`HTTP ${answer.status}`);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return { text: new TextDecoder().decode(bytes.subarray(0, SHOWN)), size: bytes.length };
}

/** @param {any} entry */
export const showVersions = (entry) => lay({ title: t("versions.title"), body: () => html`<${Versions} entry=${entry} />` });

/** @param {{entry: any}} props */
function Versions({ entry }) {
  const [list, setList] = useState(/** @type {any[]} */ ([]));
  useEffect(() => void call("GET", `/messages/${entry.id}/versions`).then((answer) => setList(answer.items)).catch(complain), [entry.id]);
  return html`
    <section class="version"><h3>${t("versions.now")}</h3><p class="said">${entry.deleted ? t("entry.deleted") : entry.text}</p></section>
    ${list.map((one) => html`<section class="version" key=${one.version}><h3>${t("versions.until", { time: moment(one.ended_at) })}</h3><p class="said">${one.text}</p></section>`)}
  `;
}
