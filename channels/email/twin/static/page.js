// Playing a customer: whose mailbox, which mail, what is answered. Everything is asked of the twin.
import { LANGUAGES, WORDS } from "./words.js";

const FAULTS = {
  drop_imap: { protocol: "imap", at: "done", do: "drop" },
  refuse_login: { protocol: "imap", at: "login", do: "reply", code: "NO", text: "[AUTHENTICATIONFAILED] As was ordered" },
  slow_fetch: { protocol: "imap", at: "uid", do: "slow", seconds: 10 },
  renumber: { do: "renumber" },
  rcpt_550: { protocol: "smtp", at: "rcpt", do: "reply", code: "550", text: "5.1.1 No such mailbox" },
  rcpt_451: { protocol: "smtp", at: "rcpt", do: "reply", code: "451", text: "4.7.1 Try again later" },
  data_554: { protocol: "smtp", at: "data", do: "reply", code: "554", text: "5.7.1 Looks like spam" },
  accepted_drop: { protocol: "smtp", at: "accepted", do: "drop" },
  bounce: { protocol: "smtp", at: "later", do: "bounce", seconds: 2 },
};
const POLL = 1500;
const $ = (id) => document.getElementById(id);

const wished = new URLSearchParams(location.search).get("lang") ?? navigator.language.slice(0, 2);
let language = wished in WORDS ? wished : "en";
let boxes = [];
let chosen = new URLSearchParams(location.search).get("who") ?? "";
let folder = "INBOX";
let mails = [];
let opened = null;
let known = "";

const word = (name) => WORDS[language][name];
const path = (...pieces) => pieces.map(encodeURIComponent).join("/");
const box = () => boxes.find((one) => one.address === chosen);

function element(tag, facts = {}, ...inner) {
  const made = Object.assign(document.createElement(tag), facts);
  made.append(...inner);
  return made;
}

async function ask(where, options = {}) {
  const answer = await fetch(where, options);
  const body = answer.status === 204 ? {} : await answer.json();
  if (!answer.ok) throw new Error(body.error ?? answer.statusText);
  return body;
}

function translate() {
  document.documentElement.lang = language;
  document.title = word("title");
  for (const one of document.querySelectorAll("[data-word]")) one.textContent = word(one.dataset.word);
  $("back").textContent = `← ${word("back")}`;
  $("languages").replaceChildren(
    ...Object.entries(LANGUAGES).map(([tag, name]) => {
      const button = element("button", { type: "button", title: name, lang: tag }, tag.toUpperCase());
      button.setAttribute("aria-pressed", String(tag === language));
      button.addEventListener("click", () => {
        language = tag;
        translate();
        drawPeople();
        drawMails();
        drawLetter();
      });
      return button;
    }),
  );
  const select = $("fault-form").elements.fault;
  select.replaceChildren(...Object.keys(FAULTS).map((name) => element("option", { value: name }, word(name))));
}

function pane(name) {
  document.body.dataset.pane = name;
  $("back").hidden = name === "people";
}

function when(text) {
  const at = new Date(text);
  const today = at.toDateString() === new Date().toDateString();
  const shape = today ? { timeStyle: "short" } : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(language, shape).format(at);
}

function row(current, lines, { count = 0, at = "", unread = false } = {}) {
  const button = element("button", { type: "button", className: unread ? "row unread" : "row" });
  if (current) button.setAttribute("aria-current", "true");
  button.append(element("span", {}, lines[0]));
  if (count) button.append(element("span", { className: "count" }, String(count)));
  else if (at) button.append(element("span", { className: "when" }, when(at)));
  button.append(element("span", { className: "more" }, lines[1]));
  return button;
}

const unread = (one) => one.folders.find((each) => each.name === "INBOX").unread;

function drawPeople() {
  const people = [...boxes].sort((one, other) => one.company - other.company);
  const rows = people.map((one) => {
    const more = one.company ? word("company") : one.name ? one.address : "";
    const made = row(one.address === chosen, [one.name || one.address, more], {
      count: one.company ? 0 : unread(one),
      unread: !one.company && unread(one) > 0,
    });
    made.addEventListener("click", () => choose(one.address));
    return element("li", {}, made);
  });
  if (rows.length < 2) rows.unshift(element("li", { className: "empty" }, word("no_people")));
  $("people-list").replaceChildren(...rows);
}

function drawMails() {
  const one = box();
  $("compose").hidden = !one || one.company;
  $("mails-title").textContent = one ? one.name || one.address : "";
  $("folders").replaceChildren(
    ...(one ? one.folders : []).map((each) => {
      const button = element("button", { type: "button" }, word(each.name) ?? each.name);
      button.setAttribute("aria-pressed", String(each.name === folder));
      button.addEventListener("click", () => {
        folder = each.name;
        refresh();
      });
      return button;
    }),
  );
  const rows = mails.map((mail) => {
    const who = folder === "Sent" ? mail.to.join(", ") : mail.sender_name || mail.sender;
    const made = row(mail.uid === opened?.uid, [who, mail.subject || word("no_subject")], {
      at: mail.at,
      unread: !mail.seen,
    });
    made.addEventListener("click", () => open(mail.uid));
    return element("li", {}, made);
  });
  if (one && !rows.length) rows.push(element("li", { className: "empty" }, word("no_mails")));
  $("mail-list").replaceChildren(...rows);
  $("older").hidden = mails.length === 0 || mails.length % 50 !== 0;
}

function drawLetter() {
  $("nothing").hidden = Boolean(opened) || !$("write").hidden;
  $("read").hidden = !opened;
  if (!opened) return;
  const here = path("mailboxes", chosen, folder, opened.uid);
  const from = opened.sender_name ? `${opened.sender_name} <${opened.sender}>` : opened.sender;
  const at = new Intl.DateTimeFormat(language, { dateStyle: "long", timeStyle: "short" }).format(new Date(opened.at));
  const to = [...opened.to, ...opened.cc].join(", ");
  $("subject").textContent = opened.subject || word("no_subject");
  $("who").textContent = word("from_to").replace("{from}", from).replace("{to}", to).replace("{when}", at);
  $("html").hidden = !opened.html;
  $("text").hidden = opened.html;
  $("html").title = $("subject").textContent;
  if (opened.html && $("html").getAttribute("src") !== `${here}/html`) $("html").src = `${here}/html`;
  $("text").textContent = opened.text;
  $("files").hidden = !opened.files.length;
  $("files").replaceChildren(
    ...opened.files.map((file) => {
      const link = element("a", { href: `${here}/files/${file.number}` }, file.name);
      return element("li", {}, link, ` ${Math.max(1, Math.round(file.size / 1024))} KB`);
    }),
  );
  $("source").href = `${here}/source`;
  $("reply").hidden = !$("write").hidden || box()?.company || folder !== "INBOX";
}

async function choose(address) {
  chosen = address;
  folder = "INBOX";
  close();
  pane("mails");
  drawPeople();
  await refresh();
}

async function refresh() {
  if (!box()) return drawMails();
  const asked = `${chosen}/${folder}`;
  const { items } = await ask(path("mailboxes", chosen, folder));
  if (asked !== `${chosen}/${folder}`) return;
  mails = items;
  drawMails();
}

async function open(uid) {
  close();
  opened = await ask(path("mailboxes", chosen, folder, uid));
  for (const mail of mails) if (mail.uid === uid) mail.seen = true;
  drawMails();
  drawLetter();
  pane("letter");
}

function close() {
  opened = null;
  $("write").hidden = true;
  $("write").reset();
  drawLetter();
}

function write(answers) {
  const form = $("write");
  form.hidden = false;
  form.dataset.answers = answers ? "yes" : "";
  for (const name of ["to", "subject", "quote"]) form.querySelector(`label.${name}`).hidden = Boolean(answers) !== (name === "quote");
  $("refused").hidden = true;
  if (!answers) opened = null;
  form.elements.to.value = answers ? opened.reply_to : company;
  drawLetter();
  pane("letter");
  form.elements[answers ? "text" : "subject"].focus();
}

async function send(event) {
  event.preventDefault();
  const form = $("write");
  const body = new FormData(form);
  body.set("from", chosen);
  body.set("quote", form.elements.quote.checked ? "yes" : "no");
  body.set("forged", form.elements.forged.checked ? "yes" : "no");
  if (form.dataset.answers) {
    body.set("reply_folder", folder);
    body.set("reply_uid", opened.uid);
  }
  try {
    await ask("mails", { method: "POST", body });
    close();
    pane("mails");
    folder = "Sent";
    await look();
    await refresh();
  } catch (error) {
    $("refused").textContent = error.message;
    $("refused").hidden = false;
  }
}

let company = "";

async function look() {
  const told = await ask("mailboxes");
  const now = JSON.stringify(told);
  if (now === known) return;
  known = now;
  ({ company, items: boxes } = told);
  drawPeople();
  await refresh();
}

async function watch() {
  try {
    await look();
  } finally {
    setTimeout(watch, POLL);
  }
}

async function orderFault(event) {
  event.preventDefault();
  const { fault, times } = event.target.elements;
  const wish = FAULTS[fault.value];
  const body = wish.do === "renumber" ? wish : { ...wish, times: Number(times.value) };
  await ask("faults", { method: "POST", body: JSON.stringify(body) });
  await drawFaults();
}

async function drawFaults() {
  const { items } = await ask("faults");
  $("ordered").textContent = word("ordered").replace("{count}", String(items.length));
}

$("new-person").addEventListener("click", () => {
  $("person-form").hidden = false;
  $("person-form").elements.address.focus();
});
$("person-form").querySelector(".cancel").addEventListener("click", () => {
  $("person-form").hidden = true;
});
$("person-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { address, name } = event.target.elements;
  const body = JSON.stringify({ address: address.value, name: name.value, locale: language });
  const made = await ask("mailboxes", { method: "POST", body });
  event.target.reset();
  event.target.hidden = true;
  await look();
  await choose(made.address);
  write(false);
});
$("compose").addEventListener("click", () => write(false));
$("reply").addEventListener("click", () => write(true));
$("write").addEventListener("submit", send);
$("write").querySelector(".cancel").addEventListener("click", () => {
  const answers = Boolean(opened);
  $("write").hidden = true;
  drawLetter();
  if (!answers) pane("mails");
});
$("older").addEventListener("click", async () => {
  const before = mails.at(-1).uid;
  const { items } = await ask(`${path("mailboxes", chosen, folder)}?before=${before}`);
  mails.push(...items);
  drawMails();
});
$("back").addEventListener("click", () => pane(document.body.dataset.pane === "letter" ? "mails" : "people"));
$("fault-form").addEventListener("submit", orderFault);
$("clear").addEventListener("click", async () => {
  await ask("faults", { method: "DELETE" });
  await drawFaults();
});
$("faults").addEventListener("toggle", drawFaults);

translate();
drawMails();
drawLetter();
await watch();
