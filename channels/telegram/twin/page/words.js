// The page's words in three languages; the language is the browser's, until one is chosen.

const WORDS = {
  en: {
    fault_too_many: "Too many messages in this chat (429)", fault_too_many_for_bot: "Too many messages from the bot (429)", fault_blocked: "Blocked by the person (403)",
    fault_no_chat: "No such chat (400)", fault_migrated: "The group has moved (400)", fault_too_large: "The file is too large (413)",
    fault_unauthorized: "The token was revoked (401)", fault_conflict: "Somebody else asks for updates too (409)", fault_server_error: "Error inside the server (500)",
    fault_html_502: "A page instead of an answer (502)", fault_cut_json: "Sent, but the answer is cut off", fault_reset: "Sent, but the connection breaks",
    fault_reset_before: "The connection breaks before sending", fault_slow: "Sent, but the answer comes late",
    title: "Telegram, played here", people: "People", newPerson: "New person", language: "Language",
    noPeople: "Nobody wrote to the bot yet. Add a person and press Start as them.",
    choose: "Choose somebody on the left to write as them.", name: "Name", username: "Username", payload: "Start parameter",
    theirLanguage: "Their language", add: "Add and press Start", cancel: "Cancel", close: "Close", startAs: "Start @{bot} as",
    somebodyNew: "Somebody new", start: "Start", blocked: "{name} has blocked the bot.", unblock: "Unblock", block: "Block the bot",
    rename: "Change the name", save: "Save", write: "Write as {name}", send: "Send", attach: "Attach", voice: "Voice message", stop: "Send the recording",
    photo: "Photo or video", file: "File", sticker: "Sticker", location: "Location", contact: "Own phone number", poll: "Poll", rarer: "Something rarer",
    react: "React", reply: "Reply", edit: "Edit", edited: "edited", replying: "Answering", editing: "Editing", drop: "Do not", back: "Back",
    bot: "bot", typing: "{name} is typing…", sending: "{name} is sending a file…", more: "More", keyboard: "Keyboard of the bot", buttons: "Buttons",
    faults: "Faults", faultsTitle: "Make the server misbehave", fault: "What goes wrong", times: "How often (0: until ended)", wait: "Seconds", arrange: "Arrange",
    arranged: "Arranged", nothing: "Nothing: the server behaves.", end: "End all", limits: "Refuse more than 30 messages a second, one a second in a chat",
    violations: "What the bot's calls were at fault in", noViolations: "Nothing: every call was as documented.", clear: "Clear",
    unsupported: "What this page cannot draw: {kind}", you: "You", offline: "The server does not answer. Trying again…", today: "Today", refused: "Not done: {why}",
    story: "Story", gift: "Gift", paid: "Paid media, {count} stars", invoice: "Invoice", forwarded: "Forwarded from {name}", mark: "Calls at fault: {count}", videoNote: "Round video",
    group: "group", supergroup: "group", channel: "channel", remove: "Take the reaction back", log: "Messages with the bot", animated: "Animated sticker", votes: "Votes: {count}",
  },
  ru: {
    fault_too_many: "Слишком часто в этот чат (429)", fault_too_many_for_bot: "Слишком часто от бота (429)", fault_blocked: "Человек заблокировал бота (403)",
    fault_no_chat: "Нет такого чата (400)", fault_migrated: "Группа переехала (400)", fault_too_large: "Файл слишком велик (413)",
    fault_unauthorized: "Токен отозван (401)", fault_conflict: "Обновления забирает кто-то ещё (409)", fault_server_error: "Ошибка внутри сервера (500)",
    fault_html_502: "Страница вместо ответа (502)", fault_cut_json: "Отправлено, но ответ оборван", fault_reset: "Отправлено, но связь рвётся",
    fault_reset_before: "Связь рвётся до отправки", fault_slow: "Отправлено, но ответ опаздывает",
    title: "Telegram понарошку", people: "Люди", newPerson: "Новый человек", language: "Язык",
    noPeople: "Боту ещё никто не писал. Добавьте человека и нажмите за него «Старт».",
    choose: "Выберите слева, от чьего имени писать.", name: "Имя", username: "Имя пользователя", payload: "Параметр запуска",
    theirLanguage: "Его язык", add: "Добавить и нажать «Старт»", cancel: "Отмена", close: "Закрыть", startAs: "Запустить @{bot} как",
    somebodyNew: "Кто-то новый", start: "Старт", blocked: "{name}: бот заблокирован.", unblock: "Разблокировать", block: "Заблокировать бота",
    rename: "Сменить имя", save: "Сохранить", write: "Написать как {name}", send: "Отправить", attach: "Прикрепить", voice: "Голосовое сообщение", stop: "Отправить запись",
    photo: "Фото или видео", file: "Файл", sticker: "Стикер", location: "Место", contact: "Свой номер телефона", poll: "Опрос", rarer: "Что-нибудь редкое",
    react: "Реакция", reply: "Ответить", edit: "Изменить", edited: "изменено", replying: "Ответ", editing: "Правка", drop: "Не надо", back: "Назад",
    bot: "бот", typing: "{name} печатает…", sending: "{name} отправляет файл…", more: "Ещё", keyboard: "Клавиатура бота", buttons: "Кнопки",
    faults: "Сбои", faultsTitle: "Пусть сервер чудит", fault: "Что случится", times: "Сколько раз (0: пока не прекратить)", wait: "Секунды", arrange: "Устроить",
    arranged: "Устроено", nothing: "Ничего: сервер исправен.", end: "Прекратить всё", limits: "Отказывать, если больше 30 сообщений в секунду и одного в секунду в чат",
    violations: "В чём вызовы бота неверны", noViolations: "Ни в чём: все вызовы по документации.", clear: "Очистить",
    unsupported: "Эта страница такого не рисует: {kind}", you: "Вы", offline: "Сервер не отвечает. Пробуем снова…", today: "Сегодня", refused: "Не вышло: {why}",
    story: "История", gift: "Подарок", paid: "Платное медиа, звёзд: {count}", invoice: "Счёт", forwarded: "Переслано от {name}", mark: "Неверных вызовов: {count}", videoNote: "Видеосообщение",
    group: "группа", supergroup: "группа", channel: "канал", remove: "Убрать реакцию", log: "Переписка с ботом", animated: "Анимированный стикер", votes: "Голосов: {count}",
  },
  bg: {
    fault_too_many: "Твърде често в този чат (429)", fault_too_many_for_bot: "Твърде често от бота (429)", fault_blocked: "Човекът е блокирал бота (403)",
    fault_no_chat: "Няма такъв чат (400)", fault_migrated: "Групата се премести (400)", fault_too_large: "Файлът е твърде голям (413)",
    fault_unauthorized: "Токенът е отнет (401)", fault_conflict: "И друг взима обновленията (409)", fault_server_error: "Грешка в сървъра (500)",
    fault_html_502: "Страница вместо отговор (502)", fault_cut_json: "Изпратено, но отговорът е прекъснат", fault_reset: "Изпратено, но връзката се къса",
    fault_reset_before: "Връзката се къса преди изпращането", fault_slow: "Изпратено, но отговорът закъснява",
    title: "Telegram наужким", people: "Хора", newPerson: "Нов човек", language: "Език",
    noPeople: "Още никой не е писал на бота. Добавете човек и натиснете „Старт“ вместо него.",
    choose: "Изберете отляво от чие име да пишете.", name: "Име", username: "Потребителско име", payload: "Параметър за старт",
    theirLanguage: "Език на човека", add: "Добави и натисни „Старт“", cancel: "Отказ", close: "Затвори", startAs: "Стартирай @{bot} като",
    somebodyNew: "Някой нов", start: "Старт", blocked: "{name}: ботът е блокиран.", unblock: "Отблокирай", block: "Блокирай бота",
    rename: "Смени името", save: "Запази", write: "Пиши като {name}", send: "Изпрати", attach: "Прикачи", voice: "Гласово съобщение", stop: "Изпрати записа",
    photo: "Снимка или видео", file: "Файл", sticker: "Стикер", location: "Място", contact: "Собствен телефон", poll: "Анкета", rarer: "Нещо по-рядко",
    react: "Реакция", reply: "Отговори", edit: "Редактирай", edited: "редактирано", replying: "Отговор на", editing: "Редакция", drop: "Откажи", back: "Назад",
    bot: "бот", typing: "{name} пише…", sending: "{name} изпраща файл…", more: "Още", keyboard: "Клавиатура на бота", buttons: "Бутони",
    faults: "Повреди", faultsTitle: "Нека сървърът сгреши", fault: "Какво да се случи", times: "Колко пъти (0: докато не се спре)", wait: "Секунди", arrange: "Направи",
    arranged: "Направено", nothing: "Нищо: сървърът е изправен.", end: "Спри всичко", limits: "Отказвай над 30 съобщения в секунда и над едно в секунда в чат",
    violations: "В какво грешат заявките на бота", noViolations: "В нищо: всички са по документацията.", clear: "Изчисти",
    unsupported: "Тази страница не рисува това: {kind}", you: "Вие", offline: "Сървърът не отговаря. Опитваме пак…", today: "Днес", refused: "Не стана: {why}",
    story: "История", gift: "Подарък", paid: "Платена медия, звезди: {count}", invoice: "Фактура", forwarded: "Препратено от {name}", mark: "Грешни заявки: {count}", videoNote: "Видеосъобщение",
    group: "група", supergroup: "група", channel: "канал", remove: "Махни реакцията", log: "Разговор с бота", animated: "Анимиран стикер", votes: "Гласове: {count}",
  },
};

export const LANGUAGES = { en: "English", ru: "Русский", bg: "Български" };

const wished = [new URLSearchParams(location.search).get("lang"), localStorage.getItem("lang"), navigator.language.slice(0, 2)];

export const language = wished.find((one) => one in WORDS) ?? "en";

export function speak(chosen) {
  localStorage.setItem("lang", chosen);
  const url = new URL(location.href);
  url.searchParams.delete("lang");
  location.replace(url);
  location.reload();
}

export function say(key, values = {}) {
  return WORDS[language][key].replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

export const clock = (seconds) => new Date(seconds * 1000).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

export function day(seconds) {
  const date = new Date(seconds * 1000);
  if (date.toDateString() === new Date().toDateString()) return say("today");
  return date.toLocaleDateString(language, { day: "numeric", month: "long", year: "numeric" });
}

export function size(bytes) {
  const [unit, amount] = bytes < 1048576 ? ["kilobyte", 1024] : ["megabyte", 1048576];
  return new Intl.NumberFormat(language, { style: "unit", unit, maximumFractionDigits: 1 }).format(bytes / amount);
}
