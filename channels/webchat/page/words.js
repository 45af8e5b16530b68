// The page's words, in the visitor's language.

const WORDS = {
  en: {
    write: "Write a message", send: "Send", attach: "Attach a file", messages: "Messages",
    replies: "Quick replies", typing: "Writing…", connecting: "Connecting…",
    sending: "Sending", sent: "Sent", failed: "Not sent", retry: "Send again",
    deleted: "Message deleted", today: "Today", hello: "Write to us, we will answer here.",
    tooLarge: "This file is too large.", tooFast: "Too fast: wait a moment.",
    refused: "This could not be sent.", closed: "This chat is closed at the moment.", you: "You",
  },
  ru: {
    write: "Напишите сообщение", send: "Отправить", attach: "Прикрепить файл",
    messages: "Сообщения", replies: "Быстрые ответы", typing: "Печатает…",
    connecting: "Подключение…", sending: "Отправляется", sent: "Отправлено",
    failed: "Не отправлено", retry: "Отправить снова", deleted: "Сообщение удалено",
    today: "Сегодня", hello: "Напишите нам, мы ответим здесь.",
    tooLarge: "Файл слишком большой.", tooFast: "Слишком часто: подождите немного.",
    refused: "Не удалось отправить.", closed: "Чат сейчас закрыт.", you: "Вы",
  },
  bg: {
    write: "Напишете съобщение", send: "Изпрати", attach: "Прикачи файл",
    messages: "Съобщения", replies: "Бързи отговори", typing: "Пише…",
    connecting: "Свързване…", sending: "Изпраща се", sent: "Изпратено",
    failed: "Не е изпратено", retry: "Изпрати отново", deleted: "Съобщението е изтрито",
    today: "Днес", hello: "Пишете ни, ще отговорим тук.",
    tooLarge: "Файлът е твърде голям.", tooFast: "Твърде бързо: изчакайте малко.",
    refused: "Не може да се изпрати.", closed: "Чатът в момента е затворен.", you: "Вие",
  },
};

export const locale =
  (navigator.languages || [navigator.language])
    .map((tag) => tag.slice(0, 2).toLowerCase())
    .find((tag) => tag in WORDS) || "en";

export const words = WORDS[locale];
