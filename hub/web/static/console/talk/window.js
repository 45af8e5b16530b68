// @ts-check
/**
 * The window on the timeline. Only pieces near it are drawn; the others are as high as they were measured,
 * so that ten thousand entries scroll like fifty. What is added above moves nothing that is looked at.
 */

import { Component } from "../../vendor/preact.js";
import { html } from "../../vendor/htm-preact.js";
import { useEffect, useLayoutEffect, useRef, useState } from "../../vendor/preact-hooks.js";
import { Icon } from "../shell/icon.js";
import { t } from "../words.js";
import { atEnd, drawn as settled, hasOlder, loadNewer, loadOlder, pieces, target } from "./entries.js";
import { Entries } from "./entry.js";
import { showEnd } from "./opened.js";
import { complain } from "../trouble.js";

/** Drawn this far outside the window, in pixels; more is loaded a little earlier than that. */
const MARGIN = 500;
const AHEAD = 1800;
const AT_END = 60;

export function Window() {
  const box = useRef(/** @type {HTMLElement | null} */ (null));
  const stuck = useRef(true);
  const top = useRef(0);
  const held = useRef(/** @type {{element: HTMLElement, top: number} | null} */ (null));
  const watcher = useRef(/** @type {Watcher | null} */ (null));
  const fresh = useRef(true);
  const [away, setAway] = useState(false);
  const list = pieces.value;
  const wanted = target.value;
  const drawn = list !== null;

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const eyes = new Watcher(element);
    watcher.current = eyes;
    // A picture or a composer that grows must not push the newest line out of sight.
    const growth = new ResizeObserver(() => stuck.current && (element.scrollTop = element.scrollHeight));
    growth.observe(element);
    growth.observe(/** @type {Element} */ (element.firstElementChild));
    return () => {
      eyes.stop();
      growth.disconnect();
    };
  }, [drawn]);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element || !list) return;
    const entry = wanted && element.querySelector(`[data-entry="${wanted}"]`);
    if (entry) {
      stuck.current = false;
      entry.scrollIntoView({ block: "center" });
      entry.classList.add("found");
      target.value = null;
    } else if (stuck.current && atEnd.value) element.scrollTop = element.scrollHeight;
    else if (held.current?.element.isConnected) element.scrollTop += held.current.element.offsetTop - held.current.top;
    hold(element);
    prefetch(element);
  }, [list, wanted]);
  useEffect(() => {
    if (!drawn) return;
    // What is asked for first is painted first, and nothing beside it.
    settled().then(() => {
      fresh.current = false;
      if (box.current) prefetch(box.current);
    });
  }, [drawn]);

  /** @param {HTMLElement} element */
  const hold = (element) => {
    // From where it was the last time: what is there may be far from either end.
    const top = element.scrollTop;
    let one = held.current?.element.isConnected ? held.current.element : /** @type {HTMLElement | null} */ (element.querySelector(".piece"));
    while (one && one.offsetTop + one.offsetHeight <= top && one.nextElementSibling) one = /** @type {HTMLElement} */ (one.nextElementSibling);
    for (let above = one?.previousElementSibling; above?.matches(".piece") && /** @type {HTMLElement} */ (above).offsetTop + /** @type {HTMLElement} */ (above).offsetHeight > top; above = above.previousElementSibling) one = /** @type {HTMLElement} */ (above);
    held.current = one ? { element: one, top: one.offsetTop } : null;
  };
  /** @param {HTMLElement} element */
  const prefetch = (element) => {
    if (fresh.current) return;
    if (element.scrollTop < AHEAD && hasOlder.value) requestAnimationFrame(() => loadOlder());
    if (element.scrollHeight - element.scrollTop - element.clientHeight < AHEAD && !atEnd.value) requestAnimationFrame(() => loadNewer());
  };
  const scrolled = () => {
    const element = box.current;
    // The browser tells of scrolling a frame later, when another conversation may be drawn.
    if (!element) return;
    const left = element.scrollHeight - element.scrollTop - element.clientHeight;
    // Content that grows moves nobody away from the end: only who scrolls up leaves it.
    if (left < AT_END && atEnd.value) stuck.current = true;
    else if (element.scrollTop < top.current) stuck.current = false;
    top.current = element.scrollTop;
    setAway(left > element.clientHeight);
    hold(element);
    prefetch(element);
  };
  const toEnd = async () => {
    stuck.current = true;
    if (!atEnd.value) await showEnd();
    else if (box.current) box.current.scrollTop = box.current.scrollHeight;
  };

  if (!list) return html`<div class="entries skeleton" aria-busy="true">${[1, 2, 3].map((one) => html`<div class="ghost ghost-${one}"></div>`)}</div>`;
  return html`
    <div class="entries-frame">
      <div class="entries" ref=${box} onScroll=${scrolled} role="log" aria-live="polite" aria-label=${t("timeline.label")} tabindex="0">
        <div class="pieces">
          ${hasOlder.value ? html`<p class="beginning" aria-hidden="true"></p>` : html`<p class="beginning quiet">${t("timeline.beginning")}</p>`}
          ${list.map((piece, index) => html`<${Piece} key=${piece.id} piece=${piece} prior=${list[index - 1]?.items.at(-1)} watcher=${watcher} />`)}
        </div>
      </div>
      ${away || !atEnd.value ? html`<button class="to-end" onClick=${() => toEnd().catch(complain)} aria-label=${t("timeline.toEnd")} title=${t("timeline.toEnd")}><${Icon} name="arrow-down" /></button>` : ""}
    </div>
  `;
}

/** Tells pieces when they come near the window and when they are gone; one piece a frame. */
class Watcher {
  /** @param {HTMLElement} root */
  constructor(root) {
    /** @type {Map<Element, (near: boolean) => void>} */
    this.pieces = new Map();
    /** @type {Map<Element, boolean>} */
    this.news = new Map();
    this.frame = 0;
    this.observer = new IntersectionObserver((changes) => {
      for (const one of changes) this.news.set(one.target, one.isIntersecting);
      this.frame ||= requestAnimationFrame(() => this.pass());
    }, { root, rootMargin: `${MARGIN}px 0px` });
  }

  pass() {
    const [next] = [...this.news].sort((a, b) => Number(b[1]) - Number(a[1]));
    this.frame = 0;
    if (!next) return;
    this.news.delete(next[0]);
    this.pieces.get(next[0])?.(next[1]);
    if (this.news.size) this.frame = requestAnimationFrame(() => this.pass());
  }

  /** @param {Element} element @param {(near: boolean) => void} hear */
  watch(element, hear) {
    this.pieces.set(element, hear);
    this.observer.observe(element);
  }

  /** @param {Element} element */
  forget(element) {
    this.pieces.delete(element);
    this.observer.unobserve(element);
  }

  stop() {
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
  }
}

/** @extends {Component<{piece: import("./entries.js").Piece, prior: import("./entries.js").Entry | undefined, watcher: {current: Watcher | null}}, {near: boolean, height: number}>} */
class Piece extends Component {
  constructor() {
    super();
    this.state = { near: true, height: 0 };
    /** @type {HTMLElement | null} */
    this.element = null;
  }

  componentDidMount() {
    // The watcher is made after the first pieces are.
    queueMicrotask(() => this.element && this.props.watcher.current?.watch(this.element, (near) => this.seen(near)));
  }

  componentWillUnmount() {
    if (this.element) this.props.watcher.current?.forget(this.element);
  }

  /** @param {boolean} near */
  seen(near) {
    if (near === this.state.near) return;
    this.setState({ near, height: near ? this.state.height : (this.element?.offsetHeight ?? 0) });
  }

  /** @param {any} props @param {any} state */
  shouldComponentUpdate(props, state) {
    return props.piece !== this.props.piece || props.prior?.id !== this.props.prior?.id || state.near !== this.state.near;
  }

  render() {
    const { piece, prior } = this.props;
    const { near, height } = this.state;
    return html`<div class="piece" ref=${(/** @type {HTMLElement | null} */ one) => (this.element = one ?? this.element)} style=${near ? { height: "auto" } : { height: `${height}px` }}>
      ${near ? html`<${Entries} items=${piece.items} prior=${prior} />` : ""}
    </div>`;
  }
}

