// @ts-check
/**
 * The field for mails: bold, italic, lists, links, pictures among the words; and what of it is sent.
 *
 * Our own and small: the server takes thirty tags, the browser edits them with its own undo, and every
 * editor on npm wants a bundler or brings ten times as much.
 */

import { html } from "../../vendor/htm-preact.js";
import { useLayoutEffect, useRef, useState } from "../../vendor/preact-hooks.js";
import { fileUrl } from "../api.js";
import { Icon } from "../shell/icon.js";
import { parsed } from "../talk/rich.js";
import { t } from "../words.js";

const KEPT = new Set(["B", "STRONG", "I", "EM", "U", "S", "A", "UL", "OL", "LI", "P", "DIV", "BR", "BLOCKQUOTE", "IMG", "CODE", "PRE"]);
const GONE = new Set(["SCRIPT", "STYLE", "TITLE", "HEAD", "META", "TEMPLATE"]);
const SAFE = /^(https?|mailto|tel):/i;
const CID = /^cid:/;

/** @typedef {import("./words-only.js").Pen} Pen */

/** What of an element is sent, or pasted: tags of a short list, without styles. @param {Node} node @returns {string} */
export function written(node) {
  if (node instanceof Text) return escaped(node.data);
  if (!(node instanceof Element) || GONE.has(node.tagName)) return "";
  const inside = [...node.childNodes].map(written).join("");
  const tag = node.tagName.toLowerCase();
  if (!KEPT.has(node.tagName)) return inside;
  if (tag === "br") return "<br>";
  if (tag === "img") return node.getAttribute("data-cid") ? `<img src="cid:${escaped(node.getAttribute("data-cid") ?? "")}" alt="${escaped(node.getAttribute("alt") ?? "")}">` : "";
  if (tag === "a") return SAFE.test(node.getAttribute("href") ?? "") ? `<a href="${escaped(node.getAttribute("href") ?? "")}">${inside}</a>` : inside;
  return `<${tag}>${inside}</${tag}>`;
}

/** @param {string} text */
const escaped = (text) => text.replace(/[&<>"]/g, (sign) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;" })[sign] ?? "&quot;");

/** Words as the field shows them. @param {string} text */
export const asHtml = (text) => text.split("\n").map((line) => `<div>${escaped(line) || "<br>"}</div>`).join("");

/** What is sent, as elements of the field: its pictures are files of ours. @param {string} source @returns {Node[]} */
function drawn(source) {
  const body = parsed(source);
  for (const image of body.querySelectorAll("img")) {
    const id = (image.getAttribute("src") ?? "").replace(CID, "");
    image.setAttribute("data-cid", id);
    image.src = fileUrl(id);
  }
  return [...body.childNodes];
}

/** The ids of the files that are shown among the words. @param {string} source @returns {string[]} */
export const pictured = (source) => [...source.matchAll(/<img src="cid:([^"]+)"/g)].map((found) => found[1]);

/** @param {string} name @param {string} [value] */
const edit = (name, value) => document.execCommand(name, false, value);

/** @param {{pen: {current: Pen | null}, value: string, words: string, label: string, placeholder: string, wrote: (html: string, text: string, before: string) => void, picture: (file: File) => Promise<any>, attach: (files: FileList) => void, more: any, onKeyDown: (event: KeyboardEvent) => void}} props */
export function RichText({ pen, value, words, label, placeholder, wrote, picture, attach, more, onKeyDown }) {
  const field = useRef(/** @type {HTMLElement | null} */ (null));
  const own = useRef("");
  const [linking, setLinking] = useState(/** @type {Range | null} */ (null));
  const source = value || (words ? asHtml(words) : "");
  useLayoutEffect(() => {
    // Only what came from elsewhere is drawn: the caret stays where one writes.
    if (!field.current || own.current === source) return;
    own.current = source;
    field.current.replaceChildren(...drawn(source));
  }, [source]);
  const tell = () => {
    const box = /** @type {HTMLElement} */ (field.current);
    const text = box.innerText.replace(/\n$/, "");
    const said = text.trim() || box.querySelector("img") ? [...box.childNodes].map(written).join("") : "";
    own.current = said;
    wrote(said, text, before(box));
  };
  useLayoutEffect(() => {
    pen.current = {
      focus: () => field.current?.focus(),
      insert(text, from) {
        const box = /** @type {HTMLElement} */ (field.current);
        box.focus();
        const selection = getSelection();
        const back = from === undefined ? 0 : before(box).length - from;
        for (let step = 0; step < back; step++) selection?.modify("extend", "backward", "character");
        edit("insertText", text);
        tell();
      },
    };
  });
  /** @param {string} name @param {string} [text] */
  const format = (name, text) => {
    field.current?.focus();
    edit(name, text);
    tell();
  };
  /** @param {string} address where the words that were chosen lead to from now on */
  const link = (address) => {
    const range = linking;
    setLinking(null);
    field.current?.focus();
    if (!address || !range) return;
    getSelection()?.removeAllRanges();
    getSelection()?.addRange(range);
    const whole = SAFE.test(address) ? address : `https://${address}`;
    if (range.collapsed) edit("insertHTML", `<a href="${escaped(whole)}">${escaped(address)}</a>&nbsp;`);
    else edit("createLink", whole);
    tell();
  };
  /** @param {ClipboardEvent} event */
  const pasted = async (event) => {
    const data = /** @type {DataTransfer} */ (event.clipboardData);
    const rich = data.getData("text/html");
    event.preventDefault();
    if (data.files.length && !rich) return bring(data.files);
    if (rich) edit("insertHTML", [...parsed(rich).childNodes].map(written).join(""));
    else edit("insertText", data.getData("text/plain"));
    return tell();
  };
  /** Pictures go among the words, other files below them. @param {FileList} files */
  const bring = async (files) => {
    const others = new DataTransfer();
    for (const file of files) {
      if (!file.type.startsWith("image/")) {
        others.items.add(file);
        continue;
      }
      const stored = await picture(file);
      if (!stored) continue;
      field.current?.focus();
      edit("insertHTML", `<img src="${fileUrl(stored.id)}" data-cid="${stored.id}" alt="${escaped(stored.name)}">`);
      tell();
    }
    if (others.files.length) attach(others.files);
  };
  return html`
    <div class="rich-field">
      <div class="rich-bar" role="toolbar" aria-label=${t("rich.bar")}>
        <${Tool} name="bold" label=${t("rich.bold")} run=${() => format("bold")} />
        <${Tool} name="italic" label=${t("rich.italic")} run=${() => format("italic")} />
        <${Tool} name="list" label=${t("rich.list")} run=${() => format("insertUnorderedList")} />
        <${Tool} name="list-ordered" label=${t("rich.numbers")} run=${() => format("insertOrderedList")} />
        <${Tool} name="link" label=${t("rich.link")} run=${() => setLinking(chosen(field.current))} />
        ${linking ? html`<${Address} done=${link} />` : ""}
      </div>
      <div ref=${field} class="pen rich" contenteditable="true" role="textbox" aria-multiline="true" aria-label=${label} data-placeholder=${placeholder} data-empty=${source ? "no" : "yes"} ...${more}
        onInput=${tell} onPaste=${pasted} onKeyDown=${onKeyDown}></div>
    </div>`;
}

/** @param {{done: (address: string) => void}} props */
const Address = ({ done }) => html`<input class="rich-address" type="text" inputmode="url" placeholder="https://" aria-label=${t("rich.address")} ref=${(/** @type {HTMLElement | null} */ box) => box?.focus()}
  onKeyDown=${(/** @type {any} */ event) => {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    done(event.key === "Enter" ? event.target.value.trim() : "");
  }} onBlur=${() => done("")} />`;

/** What is chosen in the field, or its end. @param {HTMLElement | null} box */
function chosen(box) {
  const selection = getSelection();
  if (box && selection?.rangeCount && box.contains(selection.anchorNode)) return selection.getRangeAt(0).cloneRange();
  const end = document.createRange();
  if (box) end.selectNodeContents(box);
  end.collapse(false);
  return end;
}

/** @param {{name: string, label: string, run: () => void}} props */
const Tool = ({ name, label, run }) => html`<button type="button" class="icon-button" onPointerDown=${(/** @type {Event} */ event) => event.preventDefault()} onClick=${run} aria-label=${label} title=${label}><${Icon} name=${name} /></button>`;

/** What stands before the caret. @param {HTMLElement} box */
function before(box) {
  const selection = getSelection();
  if (!selection?.rangeCount || !box.contains(selection.anchorNode)) return "";
  const range = document.createRange();
  range.selectNodeContents(box);
  range.setEnd(selection.getRangeAt(0).endContainer, selection.getRangeAt(0).endOffset);
  return range.toString();
}
