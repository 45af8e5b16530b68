// @ts-check
/** A mail as it was designed, in a frame where nothing runs and nothing from elsewhere is fetched unasked. */

import { html } from "../../vendor/htm-preact.js";
import { useLayoutEffect, useRef, useState } from "../../vendor/preact-hooks.js";
import { base } from "../api.js";
import { Icon } from "../shell/icon.js";
import { t } from "../words.js";

const TALLEST = 1200;
/** How high a mail was: it is the same when it is scrolled to again. @type {Map<string, number>} */
const heights = new Map();
const REMOTE = /\bdata-remote-src=/;

/** @param {{entry: import("./entries.js").Entry}} props */
export function Frame({ entry }) {
  const frame = useRef(/** @type {HTMLIFrameElement | null} */ (null));
  const watcher = useRef(/** @type {ResizeObserver | null} */ (null));
  const [images, setImages] = useState(false);
  useLayoutEffect(() => {
    const known = heights.get(entry.id);
    if (frame.current && known) frame.current.style.height = `${known}px`;
    return () => watcher.current?.disconnect();
  }, []);
  const measure = () => {
    const body = frame.current?.contentDocument?.body;
    if (!frame.current || !body) return;
    heights.set(entry.id, Math.min(TALLEST, body.scrollHeight + 2));
    frame.current.style.height = `${heights.get(entry.id)}px`;
  };
  const loaded = () => {
    const body = frame.current?.contentDocument?.body;
    if (!body) return;
    watcher.current?.disconnect();
    // Pictures come later than the words.
    watcher.current = new ResizeObserver(measure);
    watcher.current.observe(body);
    measure();
  };
  // With our origin, so that its height can be read; without scripts it can do nothing with that.
  return html`
    ${REMOTE.test(entry.html) && !images ? html`<p class="remote-images"><${Icon} name="image" /><span class="grow">${t("mail.imagesHeld")}</span><button class="plain link" onClick=${() => setImages(true)}>${t("mail.images")}</button></p>` : ""}
    <iframe ref=${frame} class="mail-html" title=${t("mail.html")} sandbox="allow-same-origin allow-popups allow-popups-to-escape-sandbox"
      src=${`${base}/api/v1/messages/${entry.id}/page?images=${images}`} onLoad=${loaded}></iframe>`;
}
