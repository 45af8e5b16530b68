// @ts-check
/** Files of an entry: pictures as pictures, sound and film with a player, the rest by name and size. */

import { html } from "../../vendor/htm-preact.js";
import { fileUrl } from "../api.js";
import { Icon } from "../shell/icon.js";
import { size, t } from "../words.js";

const PICTURE = /^image\/(png|jpeg|gif|webp|avif)$/;

/** @param {{files: any[], kind?: string, label?: string}} props kind: what the channel calls it (sticker, voice, ...) */
export function Files({ files, kind = "", label = "" }) {
  if (!files?.length) return null;
  const film = files.every((file) => file.content_type.startsWith("video/"));
  if (kind === "sticker") return html`<${Sticker} file=${files[0]} label=${label} />`;
  if (kind === "video_note" && film) return html`<video class="round" controls preload="metadata" src=${fileUrl(files[0].id)} aria-label=${t("file.videoNote")}></video>`;
  const seen = files.filter((file) => PICTURE.test(file.content_type) || file.content_type.startsWith("video/"));
  if (seen.length < 2) return html`<span class="files">${files.map((file) => html`<${OneFile} key=${file.id} file=${file} kind=${kind} />`)}</span>`;
  const others = files.filter((file) => !seen.includes(file));
  return html`
    <span class="album album-${Math.min(seen.length, 4)}">${seen.map((file) => html`<${OneFile} key=${file.id} file=${file} />`)}</span>
    ${others.length ? html`<span class="files">${others.map((file) => html`<${OneFile} key=${file.id} file=${file} />`)}</span>` : ""}`;
}

/** @param {{file: any, label: string}} props */
const Sticker = ({ file, label }) => {
  const url = fileUrl(file.id);
  if (PICTURE.test(file.content_type)) return html`<img class="sticker" src=${url} alt=${label} title=${label} loading="lazy" />`;
  if (file.content_type.startsWith("video/")) return html`<video class="sticker" src=${url} aria-label=${label} muted loop playsinline onMouseEnter=${play} onFocus=${play} tabindex="0" preload="metadata"></video>`;
  return html`<${OneFile} file=${file} />`;
};

/** @param {any} event */
const play = (event) => event.currentTarget.play().catch(() => {});

/** @param {{file: any, kind?: string}} props */
export function OneFile({ file, kind = "" }) {
  const url = fileUrl(file.id);
  if (PICTURE.test(file.content_type)) {
    return html`<a class="picture" href=${url} target="_blank" rel="noopener" title=${file.name}><img src=${url} alt=${file.name} loading="lazy" /></a>`;
  }
  const name = kind === "voice" ? t("file.voice") : file.name;
  if (file.content_type.startsWith("audio/")) return html`<span class="sound">${kind === "voice" ? "" : html`<span class="quiet one-line">${name}</span>`}<audio controls preload=${kind === "voice" ? "metadata" : "none"} src=${url} aria-label=${name}></audio></span>`;
  if (file.content_type.startsWith("video/")) return html`<video controls preload="metadata" src=${url} aria-label=${file.name}></video>`;
  return html`<a class="file" href=${url} target="_blank" rel="noopener"><${Icon} name="file" /><span class="grow">${file.name}</span><span class="quiet">${size(file.size)}</span></a>`;
}
