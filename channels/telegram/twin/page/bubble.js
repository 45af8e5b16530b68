// One message, or an album, as a bubble.

import { el, icon, tool } from "./dom.js";
import { drawn } from "./text.js";
import { clock, say, size } from "./words.js";

const source = (file) => `/page/files/${file.file_id}`;
const SERVICE = [
  "new_chat_title", "new_chat_members", "left_chat_member", "pinned_message", "group_chat_created", "supergroup_chat_created", "delete_chat_photo",
  "new_chat_photo", "migrate_to_chat_id", "migrate_from_chat_id", "message_auto_delete_timer_changed", "users_shared", "chat_shared",
  "connected_website", "write_access_allowed", "proximity_alert_triggered", "boost_added", "chat_background_set", "successful_payment",
  "refunded_payment", "web_app_data", "forum_topic_created", "forum_topic_closed", "video_chat_scheduled", "video_chat_started",
  "video_chat_ended", "paid_message_price_changed", "passport_data", "giveaway",
];

/** `group`: messages of one album, or one message. `does`: what may be done with it. */
export function bubble(group, bot, does) {
  const [first] = group;
  const { message, outgoing, id } = first;
  const service = SERVICE.find((name) => name in message);
  if (service) return el("p", { class: "service", id: `m${id}` }, service.replaceAll("_", " "));
  const words = group.find((one) => one.message.caption)?.message ?? message;
  const bare = message.sticker || (message.video_note && !message.caption) || message.dice;
  const body = el("div", { class: `bubble${bare ? " bare" : ""}` },
    el("span", { class: "hid" }, outgoing ? bot.first_name : message.from?.first_name ?? ""),
    author(message), forwarded(message), answered(message, does),
    media(group), things(message),
    said(words, does));
  return el("div", { class: `row ${outgoing ? "theirs" : "mine"}`, id: `m${id}` }, body,
    message.reply_markup?.inline_keyboard ? buttons(first, does) : null, reactions(first, does), tools(first, does));
}

function author(message) {
  if (message.chat.type === "private" || !message.from) return null;
  return el("strong", { class: "author" }, message.from.first_name);
}

function forwarded({ forward_origin: origin }) {
  if (!origin) return null;
  const name = origin.sender_user_name ?? origin.sender_user?.first_name ?? origin.chat?.title ?? "";
  return el("small", { class: "quiet" }, say("forwarded", { name }));
}

function answered({ reply_to_message: answer, quote }, does) {
  if (!answer) return null;
  const name = answer.from?.first_name ?? answer.chat.title ?? "";
  return el("button", { type: "button", class: "answered", onclick: () => does.show(answer.message_id) },
    el("strong", null, name), el("span", null, quote?.text ?? summary(answer)));
}

/** A message in one line. */
export function summary(message) {
  const kinds = ["photo", "video", "voice", "audio", "document", "sticker", "animation", "video_note", "location", "contact", "poll", "dice"];
  const kind = kinds.find((name) => name in message);
  const word = { photo: "photo", video: "photo", voice: "voice", document: "file", sticker: "sticker", location: "location", poll: "poll" }[kind];
  return message.text || message.caption || (word ? say(word) : message.sticker?.emoji ?? kind ?? Object.keys(message).at(-1)?.replaceAll("_", " ") ?? "");
}

function media(group) {
  if (group.length === 1) return single(group[0].message);
  const pictures = group[0].message.photo || group[0].message.video;
  return el("div", { class: pictures ? `album n${Math.min(group.length, 4)}` : "files" }, group.map(({ message }) => single(message)));
}

function single(message) {
  const { photo, animation, video, video_note: note, voice, audio, document: file, sticker } = message;
  if (photo) return el("img", { src: source(photo.at(-1)), alt: message.caption ?? say("photo"), width: photo.at(-1).width, height: photo.at(-1).height });
  if (animation) return animation.mime_type === "image/gif" ? el("img", { src: source(animation), alt: "GIF", width: 160, height: 160 }) : film(animation, true);
  if (video) return film(video);
  if (note) return el("video", { src: source(note), class: "round", controls: true, "aria-label": say("videoNote") });
  if (voice || audio) return sound(voice ?? audio);
  if (sticker) return pasted(sticker);
  return file ? attached(file) : null;
}

const film = (file, loop) => el("video", { src: source(file), controls: !loop, autoplay: loop, loop, muted: true, playsinline: true, "aria-label": say("photo") });

function sound(file) {
  const name = [file.performer, file.title].filter(Boolean).join(" – ") || file.file_name;
  return el("div", { class: "sound" }, name ? el("span", null, name) : null, el("audio", { src: source(file), controls: true, preload: "metadata", "aria-label": say("voice") }));
}

function pasted(sticker) {
  if (sticker.is_video) return el("video", { src: source(sticker), class: "sticker", autoplay: true, loop: true, muted: true, playsinline: true, "aria-label": say("sticker") });
  if (sticker.is_animated) return el("span", { class: "big", role: "img", "aria-label": say("animated") }, sticker.emoji ?? "🙂");
  return el("img", { src: source(sticker), class: "sticker", alt: `${say("sticker")} ${sticker.emoji ?? ""}` });
}

const attached = (file) => el("a", { class: "file", href: source(file), download: file.file_name ?? true },
  icon("file"), el("span", null, el("strong", null, file.file_name ?? say("file")), el("small", null, size(file.file_size))));

function things(message) {
  const { location, venue, contact, poll, dice, story, gift, paid_media: paid, invoice, checklist } = message;
  if (venue) return fact("place", venue.title, venue.address);
  if (location) return fact("place", say("location"), `${location.latitude.toFixed(4)}, ${location.longitude.toFixed(4)}`);
  if (contact) return fact("person", [contact.first_name, contact.last_name].filter(Boolean).join(" "), contact.phone_number);
  if (poll) return el("div", { class: "poll" }, el("strong", null, poll.question), el("ul", null, poll.options.map((one) => el("li", null, one.text))), el("small", null, say("votes", { count: poll.total_voter_count })));
  if (dice) return el("span", { class: "big", role: "img", "aria-label": `${dice.emoji} ${dice.value}` }, `${dice.emoji} ${dice.value}`);
  if (story) return fact("file", say("story"), "");
  if (gift) return fact("file", say("gift"), gift.text ?? "");
  if (paid) return fact("file", say("paid", { count: paid.star_count }), "");
  if (invoice) return fact("file", say("invoice"), invoice.title);
  if (checklist) return el("div", { class: "poll" }, el("strong", null, checklist.title), el("ul", null, checklist.tasks.map((one) => el("li", null, one.text))));
  const known = ["message_id", "chat", "date", "from", "sender_chat", "reply_to_message", "edit_date", "forward_origin", "reply_markup"];
  const rest = Object.keys(message).filter((name) => !known.includes(name));
  const drawnKinds = ["text", "caption", "photo", "animation", "video", "video_note", "voice", "audio", "document", "sticker"];
  if (drawnKinds.some((name) => rest.includes(name))) return null;
  return el("span", { class: "quiet" }, say("unsupported", { kind: rest.join(", ") || "?" }));
}

const fact = (name, title, more) => el("div", { class: "fact" }, icon(name), el("span", null, el("strong", null, title), more ? el("small", null, more) : null));

function said(message, does) {
  const text = message.text ?? message.caption;
  return el("div", { class: "said", dir: "auto" }, text ? drawn(text, message.entities ?? message.caption_entities, does.command) : null, times(message));
}

function times(message) {
  const date = new Date(message.date * 1000);
  return el("span", { class: "when" }, message.edit_date ? `${say("edited")} ` : null, el("time", { datetime: date.toISOString(), title: date.toLocaleString() }, clock(message.date)));
}

function buttons({ message, id }, does) {
  const rows = message.reply_markup.inline_keyboard;
  return el("div", { class: "buttons", role: "group", "aria-label": say("buttons") }, rows.map((row) => el("div", null, row.map((button) =>
    button.url
      ? el("a", { href: button.url, target: "_blank", rel: "noreferrer" }, button.text)
      : el("button", { type: "button", onclick: () => does.press(id, button) }, button.text)))));
}

function reactions({ reactions: given, id, chat }, does) {
  if (!given.length) return null;
  return el("div", { class: "reactions" }, given.map(({ by, emoji }) => by === `${chat}`
    ? el("button", { type: "button", title: say("remove"), "aria-label": `${emoji} ${say("remove")}`, onclick: () => does.react(id, "") }, emoji)
    : el("span", null, emoji)));
}

function tools({ outgoing, message, id }, does) {
  const editable = !outgoing && (message.text || message.caption);
  return el("div", { class: "tools" },
    outgoing ? tool("react", say("react"), ({ currentTarget }) => does.choose(id, currentTarget)) : null,
    tool("reply", say("reply"), () => does.reply(id)),
    editable ? tool("edit", say("edit"), () => does.edit(id)) : null);
}
