// @ts-check
/** Files of an entry: pictures as pictures, sound and film with a player, the rest by name and size. */

import { html } from "../../vendor/htm-preact.js";
import { fileUrl } from "../api.js";
import { Icon } from "../shell/icon.js";
import { size } from "../words.js";

/** @param {{files: any[]}} props */
export function Files({ files }) {
  if (!files?.length) return null;
  return html`<span class="files">${files.map((file) => html`<${OneFile} key=${file.id} file=${file} />`)}</span>`;
}

/** @param {{file: any}} props */
export function OneFile({ file }) {
  const url = fileUrl(file.id);
  if (/^image\/(png|jpeg|gif|webp|avif)$/.test(file.content_type)) {
    return html`<a class="picture" href=${url} target="_blank" rel="noopener" title=${file.name}><img src=${url} alt=${file.name} loading="lazy" /></a>`;
  }
  if (file.content_type.startsWith("audio/")) return html`<audio controls preload="none" src=${url} aria-label=${file.name}></audio>`;
  if (file.content_type.startsWith("video/")) return html`<video controls preload="metadata" src=${url} aria-label=${file.name}></video>`;
  return html`<a class="file" href=${url} target="_blank" rel="noopener"><${Icon} name="file" /><span class="grow">${file.name}</span><span class="quiet">${size(file.size)}</span></a>`;
}
