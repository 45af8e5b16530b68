// @ts-check
/** The page of phones: one long poll brings what is true, everything is drawn from it. */

const $ = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
const words = await (await fetch("words.json")).json();
const FAULTS = [
  ["answer429", { do: "answer", status: 429, retry_after: 2 }],
  ["answer500", { do: "answer", status: 500 }],
  ["answer503", { do: "answer", status: 503 }],
  ["hang", { do: "hang" }],
  ["reset", { do: "reset" }],
  ["undeliveredNext", { do: "undelivered" }],
  ["failedNext", { do: "failed" }],
  ["twice", { do: "twice" }],
  ["reversed", { do: "reversed" }],
  ["late", { do: "late", seconds: 5 }],
  ["silent", { do: "silent" }],
  ["strange", { do: "strange" }],
  ["repeat", { do: "repeat" }],
  ["stop", { do: "stop" }],
];

const wide = matchMedia("(min-width: 900px)");

/** @type {any} */
let state = null;
let chosen = location.hash.slice(1);
let language = startLanguage();
/** @type {File[]} */
let pictures = [];
let drawn = "";

function startLanguage() {
  const wanted = new URLSearchParams(location.search).get("lang") ?? localStorage.getItem("lang") ?? navigator.language.slice(0, 2);
  return wanted in words ? wanted : "en";
}

/** @param {string} key @param {Record<string, any>} [values] */
function t(key, values = {}) {
  const text = words[language][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (/** @type {string} */ _, /** @type {string} */ name) => String(values[name] ?? ""));
}

/** @param {string} tag @param {Record<string, any>} [facts] @param {(Node | string)[]} children */
function el(tag, facts = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(facts)) {
    if (value === undefined) continue;
    if (name in made) /** @type {any} */ (made)[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** @param {string} number */
const spaced = (number) => number.replace(/^(\+(?:1|7|3[578]\d|\d\d))(\d{3})(\d{3})(\d+)$/, "$1 $2 $3 $4");

/** @param {string} path @param {object} body */
async function post(path, body) {
  return fetch(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

const phone = () => state.phones.find((/** @type {any} */ one) => one.number === chosen) ?? state.phones[0];

function drawWords() {
  document.documentElement.lang = language;
  document.title = t("title");
  $("title").textContent = t("title");
  $("language").value = language;
  for (const one of document.querySelectorAll("[data-word]")) one.textContent = t(/** @type {any} */ (one).dataset.word);
  $("owner").placeholder = t("name");
  $("text").placeholder = t("write");
  $("faults").replaceChildren(...FAULTS.map(([key, fault]) =>
    el("li", {}, el("button", { type: "button", onclick: () => post("faults", { .../** @type {any} */ (fault), who: phone().number }) }, t(/** @type {string} */ (key))))));
}

function draw() {
  const one = phone();
  document.body.classList.toggle("open", Boolean(chosen));
  $("hint").textContent = t(state.connected ? "hint" : "unconnected", { number: spaced(state.number) });
  $("phones").replaceChildren(...state.phones.map(drawRow));
  $("who").textContent = one.name || spaced(one.number);
  $("whose").textContent = one.name ? spaced(one.number) : "";
  $("face").textContent = initials(one);
  $("state").value = one.state;
  $("stopped").hidden = !one.stopped;
  drawTalk(one);
  const waiting = state.faults.map((/** @type {any} */ fault) => t(keyOf(fault)));
  $("waiting").textContent = waiting.length ? t("waiting", { list: waiting.join(", ") }) : t("waitingNone");
  $("calm").hidden = !waiting.length;
}

/** @param {any} fault */
function keyOf(fault) {
  if (fault.do === "answer") return `answer${fault.status}`;
  return FAULTS.map(([key]) => String(key)).find((key) => key === `${fault.do}Next`) ?? fault.do;
}

/** @param {any} one */
function initials(one) {
  return one.name.split(/\s+/).slice(0, 2).map((/** @type {string} */ part) => part[0] ?? "").join("").toUpperCase() || "#";
}

/** @param {any} one */
function drawRow(one) {
  const last = one.messages.at(-1);
  return el("li", {}, el("button",
    { type: "button", className: "row", "aria-current": one === phone() && (chosen || wide.matches) ? "true" : undefined, onclick: () => choose(one.number) },
    el("span", { className: "face", "aria-hidden": "true" }, initials(one)),
    el("span", { className: "lines" },
      el("span", { className: "first" }, el("strong", {}, one.name || spaced(one.number)), el("time", {}, last ? clock(last.at) : "")),
      el("span", { className: "second" }, last ? (last.text || t("picture")) : t("empty")))));
}

/** @param {string} at */
const clock = (at) => new Date(at).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" });

/** @param {any} one */
function drawTalk(one) {
  const now = JSON.stringify([one.number, language, one.messages]);
  if (now === drawn) return;
  drawn = now;
  const talk = $("talk");
  talk.replaceChildren(...(one.messages.length ? one.messages.map(drawBubble) : [el("li", { className: "empty" }, t("empty"))]));
  $("scroll").scrollTop = $("scroll").scrollHeight;
}

/** @param {any} message */
function drawBubble(message) {
  const side = message.inbound ? "mine" : message.own ? "theirs own" : "theirs";
  const who = t(message.inbound ? "you" : message.own ? "provider" : "company");
  const parts = message.media.map((/** @type {any} */ part) => el("img", { src: `pictures/${part.sid}`, alt: part.name || t("picture"), loading: "lazy" }));
  return el("li", { className: side },
    el("span", { className: "unseen" }, `${who}:`),
    el("div", { className: "bubble" }, ...parts, ...(message.text ? [el("p", {}, message.text)] : [])),
    el("p", { className: ["undelivered", "failed"].includes(message.status) ? "receipt bad" : "receipt" }, receipt(message)));
}

/** @param {any} message */
function receipt(message) {
  const count = message.segments === 1 ? "" : t("segments", { count: message.segments });
  const why = message.error ? t(String(message.error)) : "";
  const status = t(message.status) + (why ? `: ${why}${why === String(message.error) ? "" : ` (${message.error})`}` : "");
  return [message.own ? t("provider") : "", clock(message.at), status, count].filter(Boolean).join(" · ");
}

/** @param {string} number */
function choose(number) {
  chosen = number;
  history.replaceState(null, "", number ? `#${number}` : location.pathname + location.search);
  draw();
  if (number && wide.matches) $("text").focus();
}

function drawChosen() {
  $("chosen").hidden = !pictures.length;
  $("chosen").replaceChildren(...pictures.map((file) => el("li", {}, file.name,
    el("button", { type: "button", "aria-label": t("remove", { name: file.name }), onclick: () => { pictures = pictures.filter((one) => one !== file); drawChosen(); } }, "×"))));
}

/** @param {File} file */
async function encoded(file) {
  let binary = "";
  for (const byte of new Uint8Array(await file.arrayBuffer())) binary += String.fromCharCode(byte);
  return { name: file.name, type: file.type, base64: btoa(binary) };
}

async function send() {
  const text = $("text").value;
  if (!text.trim() && !pictures.length) return;
  const body = { who: phone().number, text, files: await Promise.all(pictures.map(encoded)) };
  $("text").value = "";
  pictures = [];
  drawChosen();
  grow();
  const answer = await post("texts", body).catch(() => null);
  if (!answer?.ok) $("text").value = text;
}

function grow() {
  const text = $("text");
  text.style.height = "auto";
  text.style.height = `${Math.min(text.scrollHeight, 120)}px`;
}

/** @param {SubmitEvent} event */
async function buy(event) {
  event.preventDefault();
  const number = $("number").value.replace(/[\s().-]/g, "");
  const answer = await post("phones", { number, name: $("owner").value.trim() });
  $("wrong").hidden = answer.ok;
  $("wrong").textContent = answer.ok ? "" : t("wrong");
  if (!answer.ok) return $("number").focus();
  $("buy").reset();
  state = await (await fetch("state")).json();
  choose(number);
}

$("composer").addEventListener("submit", (/** @type {Event} */ event) => { event.preventDefault(); void send(); });
$("text").addEventListener("keydown", (/** @type {KeyboardEvent} */ event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); void send(); }
});
$("text").addEventListener("input", grow);
$("files").addEventListener("change", () => { pictures = [...pictures, ...$("files").files]; $("files").value = ""; drawChosen(); });
$("attach").addEventListener("click", () => $("files").click());
$("state").addEventListener("change", () => post("phones", { number: phone().number, state: $("state").value }));
$("back").addEventListener("click", () => choose(""));
$("buy").addEventListener("submit", buy);
$("calm").addEventListener("click", () => post("faults", { do: "calm" }));
$("language").addEventListener("change", () => { language = $("language").value; localStorage.setItem("lang", language); drawWords(); draw(); });
if (!wide.matches) $("faults-box").open = false;

drawWords();
for (;;) {
  try {
    const after = state ? `?after=${state.version}` : "";
    state = await (await fetch(`state${after}`)).json();
    draw();
    $("app").hidden = false;
  } catch {
    if (state) $("hint").textContent = t("offline");
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
