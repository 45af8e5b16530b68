"""Plain text as mail clients send it: what somebody wrote, and nothing that was there before.

Each case is written after what the named client really puts around a quote.
"""

import pytest

from channels.email.parsing.quotes import reply

QUOTED = "> Hello Anna,\n>\n> when do you want it?\n>\n> Shop"
BARE = "Hello Anna,\n\nwhen do you want it?\n\nShop"

ABOVE = {
    "Gmail, en": "On Mon, Jan 15, 2024 at 10:32 AM Shop <help@shop.example> wrote:",
    "Gmail, en, wrapped": "On Mon, Jan 15, 2024 at 10:32 AM Shop Support Department\n"
    "<help@shop.example> wrote:",
    "Gmail, en-GB": "On Mon, 15 Jan 2024 at 10:32, Shop <help@shop.example> wrote:",
    "Gmail, ru": "пн, 15 янв. 2024 г. в 10:32, Магазин <help@shop.example>:",
    "Gmail, ru, wrapped": "пн, 15 янв. 2024 г. в 10:32, Магазин на Садовой <\nhelp@shop.example>:",
    "Gmail, bg": "На пн, 15.01.2024 г. в 10:32 Магазин <help@shop.example> написа:",
    "Gmail, de": "Am Mo., 15. Jan. 2024 um 10:32 Uhr schrieb Shop <help@shop.example>:",
    "Gmail, de, wrapped": "Am Mo., 15. Jan. 2024 um 10:32 Uhr schrieb Shop Kundendienst <\n"
    "help@shop.example>:",
    "Gmail, fr": "Le lun. 15 janv. 2024 à 10:32, Shop <help@shop.example> a écrit :",
    "Gmail, es": "El lun, 15 ene 2024 a las 10:32, Shop (<help@shop.example>) escribió:",
    "Gmail, it": "Il giorno lun 15 gen 2024 alle ore 10:32 Shop <help@shop.example> ha scritto:",
    "Gmail, pt": "Em seg., 15 de jan. de 2024 às 10:32, Shop <help@shop.example> escreveu:",
    "Gmail, pl": "pon., 15 sty 2024 o 10:32 Shop <help@shop.example> napisał(a):",
    "Gmail, nl": "Op ma 15 jan 2024 om 10:32 schreef Shop <help@shop.example>:",
    "Gmail, sv": "Den mån 15 jan. 2024 kl 10:32 skrev Shop <help@shop.example>:",
    "Gmail, uk": "пн, 15 січ. 2024 р. о 10:32 Магазин <help@shop.example> пише:",
    "Gmail, cs": "po 15. 1. 2024 v 10:32 odesílatel Shop <help@shop.example> napsal:",
    "Apple Mail, en": "> On Jan 15, 2024, at 10:32 AM, Shop <help@shop.example> wrote:",
    "Apple Mail, en, bare": "On 15 Jan 2024, at 10:32, Shop <help@shop.example> wrote:",
    "Apple Mail, ru": "15 янв. 2024 г., в 10:32, Магазин <help@shop.example> написал(а):",
    "Apple Mail, de": "Am 15.01.2024 um 10:32 schrieb Shop <help@shop.example>:",
    "Apple Mail, fr": "Le 15 janv. 2024 à 10:32, Shop <help@shop.example> a écrit :",
    "Apple Mail, es": "El 15 ene 2024, a las 10:32, Shop <help@shop.example> escribió:",
    "Apple Mail, bg": "На 15.01.2024 г., в 10:32, Магазин <help@shop.example> написа:",
    "Thunderbird, en": "On 1/15/24 10:32, Shop wrote:",
    "Thunderbird, ru": "15.01.2024 10:32, Магазин пишет:",
    "Thunderbird, de": "Am 15.01.24 um 10:32 schrieb Shop:",
    "Thunderbird, fr": "Le 15/01/2024 à 10:32, Shop a écrit :",
    "Thunderbird, es": "El 15/1/24 a las 10:32, Shop escribió:",
    "Thunderbird, bg": "На 15.01.24 г. в 10:32 ч., Магазин написа:",
    "Yandex": '15.01.2024, 10:32, "Магазин" <help@shop.example>:',
    "Yandex, new": "15.01.2024, 10:32, Магазин (help@shop.example) <help@shop.example>:",
    "Mail.ru": "Понедельник, 15 января 2024, 10:32 +03:00 от Магазин <help@shop.example>:",
    "Mail.ru, old": "Mon, 15 Jan 2024 10:32:11 +0300 от Магазин <help@shop.example>:",
    "Proton": "On Monday, January 15th, 2024 at 10:32 AM, Shop <help@shop.example> wrote:",
    "Yahoo": "On Monday, January 15, 2024 at 10:32:11 AM GMT+1, Shop <help@shop.example> wrote:",
    "Roundcube": "On 2024-01-15 10:32, Shop wrote:",
    "Roundcube, ru": "Магазин писал(а) 2024-01-15 10:32:",
    "Mail.ru, app": "понедельник, 15 января 2024 г., 10:32 +03:00 от Магазин help@shop.example:",
    "The Bat!, ru": "Вы писали 15 января 2024 г., 10:32:11:",
    "Horde": "Quoting Shop <help@shop.example>:",
    "mutt": "On Mon, Jan 15, 2024 at 10:32:11AM +0100, Shop wrote:",
    "Gnus": "Shop <help@shop.example> writes:",
    "KMail": "On Monday, 15 January 2024 10:32:11 CET Shop wrote:",
    "Gmail, zh": "Shop <help@shop.example> 于2024年1月15日周一 10:32写道：",
    "Gmail, he": "\u202bבתאריך יום ב׳, 15 בינו׳ 2024 ב-10:32 מאת \u202aShop\u202c\u200f"
    " <\u202ahelp@shop.example\u202c\u200f>:\u202c",
    "Gmail, tr": "Shop <help@shop.example>, 15 Oca 2024 Pzt, 10:32 tarihinde şunu yazdı:",
    "only a name": "Shop wrote:",
}


@pytest.mark.parametrize("above", ABOVE.values(), ids=ABOVE.keys())
def test_a_quote_below_its_attribution_goes(above):
    assert reply(f"On Friday, please.\nAnna\n\n{above}\n\n{QUOTED}\n") == (
        "On Friday, please.\nAnna"
    )


def test_a_line_that_ends_with_an_address_goes_only_above_a_quote():
    rambler = "15.01.2024, 10:32, от Магазин <help@shop.example>"
    assert reply(f"В пятницу.\n\n{rambler}\n\n{QUOTED}\n") == "В пятницу."
    assert rambler in reply(f"Вот что пришло:\n{rambler}\nЧто это?\n")


DATED = {name: line for name, line in ABOVE.items() if name != "only a name"}


@pytest.mark.parametrize("above", DATED.values(), ids=DATED.keys())
def test_a_quote_without_marks_goes_too(above):
    assert reply(f"Am Freitag, bitte.\n\n{above.lstrip('> ')}\n\n{BARE}\n") == "Am Freitag, bitte."


HEADERS = {
    "Outlook, en": "From: Shop <help@shop.example> \nSent: Monday, January 15, 2024 10:32 AM\n"
    "To: Anna <anna@home.example>\nSubject: Your order",
    "Outlook, de": "Von: Shop <help@shop.example>\nGesendet: Montag, 15. Januar 2024 10:32\n"
    "An: Anna <anna@home.example>\nBetreff: Ihre Bestellung",
    "Outlook, ru": "От: Магазин <help@shop.example>\nОтправлено: 15 января 2024 г. 10:32\n"
    "Кому: Анна <anna@home.example>\nТема: Ваш заказ",
    "Outlook, ru, old": "From: Магазин [mailto:help@shop.example] \n"
    "Sent: Monday, January 15, 2024 10:32 AM\nTo: anna@home.example\nSubject: Ваш заказ",
    "Outlook, bg": "От: Магазин <help@shop.example>\nИзпратено: понеделник, 15 януари 2024 10:32\n"
    "До: Анна <anna@home.example>\nОтносно: Вашата поръчка",
    "Outlook, fr": "De : Shop <help@shop.example>\nEnvoyé : lundi 15 janvier 2024 10:32\n"
    "À : Anna <anna@home.example>\nObjet : Votre commande",
    "Outlook, es": "De: Shop <help@shop.example>\nEnviado el: lunes, 15 de enero de 2024 10:32\n"
    "Para: Anna <anna@home.example>\nAsunto: Su pedido",
    "Outlook on the web": "________________________________\nFrom: Shop <help@shop.example>\n"
    "Sent: Monday, January 15, 2024 10:32 AM\nTo: Anna <anna@home.example>\nSubject: Your order",
    "Outlook Express": "----- Original Message ----- \nFrom: Shop\nTo: anna@home.example\n"
    "Sent: Monday, January 15, 2024 10:32 AM\nSubject: Your order",
    "Outlook 2003, de": "-----Ursprüngliche Nachricht-----\nVon: Shop [mailto:help@shop.example]\n"
    "Gesendet: Montag, 15. Januar 2024 10:32\nAn: Anna\nBetreff: Ihre Bestellung",
    "Outlook, bold as text": "*From:* Shop <help@shop.example>\n*Sent:* Monday, January 15, 2024\n"
    "*To:* Anna <anna@home.example>\n*Subject:* Your order",
    "GMX": "Gesendet: Montag, 15. Januar 2024 um 10:32 Uhr\nVon: Shop <help@shop.example>\n"
    "An: anna@home.example\nBetreff: Ihre Bestellung",
    "Mail.ru, original": "-------- Исходное сообщение --------\nОт: Магазин <help@shop.example>\n"
    "Дата: 15.01.2024 10:32\nКому: anna@home.example\nТема: Ваш заказ",
    "abv.bg": "-------- Оригинално писмо --------\nОт: Магазин help@shop.example\n"
    "Относно: Вашата поръчка\nДо: anna@home.example\nИзпратено на: 15.01.2024 10:32",
    "Samsung": "-------- Original message --------\nFrom: Shop <help@shop.example>\n"
    "Date: 1/15/24 10:32 AM (GMT+01:00)\nTo: Anna <anna@home.example>\nSubject: Your order",
    "Zoho": "---- On Mon, 15 Jan 2024 10:32:11 +0100 Shop <help@shop.example> wrote ----",
    "Lotus Notes": "-----Shop <help@shop.example> wrote: -----\nTo: anna@home.example\n"
    "From: Shop <help@shop.example>\nDate: 01/15/2024 10:32AM\nSubject: Your order",
    "iOS, header": "From: Shop <help@shop.example>\nDate: Monday, 15 January 2024 at 10:32\n"
    "To: Anna <anna@home.example>\nSubject: Your order",
    "QQ": "------------------ Original ------------------\nFrom: Shop <help@shop.example>;\n"
    "Date: Mon, Jan 15, 2024 10:32 AM\nTo: Anna<anna@home.example>;\nSubject: Your order",
    "Zimbra, fr": "----- Mail original -----\nDe: Shop <help@shop.example>\nÀ: Anna\n"
    "Envoyé: Lundi 15 Janvier 2024 10:32:11\nObjet: Votre commande",
    "Zimbra, de": "----- Ursprüngliche Mail -----\nVon: Shop <help@shop.example>\nAn: Anna\n"
    "Gesendet: Montag, 15. Januar 2024 10:32:11\nBetreff: Ihre Bestellung",
    "GroupWise": ">>> Shop <help@shop.example> 1/15/2024 10:32 AM >>>",
    "a line to write above": "##- Please type your reply above this line -##",
    "a line to write above, ru": "-- Пожалуйста, пишите ответ выше этой линии --",
    "a line to write above, bg": "-- Моля, напишете отговора си над тази линия --",
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
def test_everything_below_a_quoted_header_goes(header):
    assert reply(f"On Friday, please.\n\nAnna\n\n{header}\n\n{BARE}\n", "Re: Your order") == (
        "On Friday, please.\n\nAnna"
    )


DEVICES = [
    "Sent from my iPhone",
    "Sent from my Galaxy",
    "Sent from my Samsung Galaxy smartphone.",
    "Sent from Outlook for Android",
    "Get Outlook for iOS",
    "Get Outlook for iOS<https://aka.ms/o0ukef>",
    "Получить Outlook для Android<https://aka.ms/AAb9ysg>",
    "Изтеглете Outlook за iOS",
    "Получите Outlook для Android<https://aka.ms/AAb9ysg>",
    "Outlook für Android<https://aka.ms/AAb9ysg> beziehen",
    "Get BlueMail for Android",
    "Sent with [Proton Mail](https://proton.me/) secure email.",
    "Sent from Mail for Windows 10",
    "Sent from Yahoo Mail on Android",
    "Sent from Yahoo Mail for iPhone",
    "Sent with Proton Mail secure email.",
    "Sent from Proton Mail for iOS",
    "Sent via BlackBerry from T-Mobile",
    "Отправлено с iPhone",
    "Отправлено из мобильной Почты Mail.ru",
    "Отправлено из Mail.ru для Android",
    "Отправлено из Яндекс.Почты для мобильных: http://m.ya.ru/ymail",
    "Отправлено с моего мобильного устройства Samsung.",
    "Изпратено от моя iPhone",
    "Von meinem iPhone gesendet",
    "Gesendet von Mail für Windows",
    "Diese Nachricht wurde von meinem Android-Mobiltelefon mit GMX Mail gesendet.",
    "Envoyé de mon iPhone",
    "Envoyé depuis mon appareil Galaxy",
    "Enviado desde mi iPhone",
    "Enviado desde Outlook para Android",
    "Inviato da iPhone",
    "Verstuurd vanaf mijn iPhone",
]


@pytest.mark.parametrize("line", DEVICES)
def test_a_devices_signature_goes(line):
    assert reply(f"Yes, Friday.\n\n{line}") == "Yes, Friday."
    assert reply(f"Yes, Friday.\n\n{line}\n\n{ABOVE['Gmail, en']}\n{QUOTED}") == "Yes, Friday."


@pytest.mark.parametrize(
    "sentence",
    [
        "The parcel was sent from my office yesterday, please look for it.",
        "Sent from China, so it takes a month.",
        "On Friday we wrote:",
        "From: nobody",
        "I wrote: see you at 10:00",
        "Am Freitag um 10:00 habe ich Zeit.",
        "На складе 15.01.2024 было пусто:",
        "Le 15 janvier, j'ai appelé deux fois :",
        "Subject: to change, of course",
        "a -- b",
        "Отправлено сегодня, спасибо",
    ],
)
def test_a_sentence_that_only_resembles_a_mark_stays(sentence):
    text = f"First line.\n{sentence}\nLast line."
    assert reply(text) == text


def test_a_signature_below_its_delimiter_goes():
    assert reply("Yes.\n\n-- \nAnna Petrova\nHome GmbH, Berlin\n+49 30 1234567") == "Yes."
    assert reply("Yes.\n\n--\nAnna Petrova") == "Yes."


CARDS = {
    "en": "Kind regards,\n\nAnna Petrova\nHead of Purchasing\nHome Ltd | 1 High Street | London\n"
    "T: +44 20 7946 0000 | M: +44 7700 900000\nwww.home.example",
    "de": "Mit freundlichen Grüßen\n\nAnna Petrova\nHome GmbH\nHauptstr. 1\n10115 Berlin\n"
    "Tel: +49 30 1234567",
    "ru": "С уважением,\nАнна Петрова\nменеджер по закупкам\nООО «Дом»\n"
    "тел. +7 912 345-67-89, anna@home.example",
    "bg": "С уважение,\nАнна Петрова\nтърговски отдел\nДом ООД, бул. Витоша 1, 1000 София\n"
    "тел. 02 987 65 43\nwww.home.example",
}


@pytest.mark.parametrize("card", CARDS.values(), ids=CARDS.keys())
def test_a_business_card_below_a_formula_goes(card: str):
    assert reply(f"Friday suits.\n\n{card}\n") == "Friday suits."
    assert reply(f"Friday suits.\n\n{card}\n\n{HEADERS['Outlook, en']}\n\n{BARE}") == (
        "Friday suits."
    )


@pytest.mark.parametrize(
    "text",
    [
        "Friday suits.\n\nKind regards,\nAnna\n\nP.S. Call me first",
        "Friday suits.\n\nKind regards,\nAnna\n\nOr is Saturday better?",
        "Saludos,\nquiero dos mesas\ny tres sillas",
    ],
    ids=["a postscript", "a question", "a greeting"],
)
def test_what_is_said_below_a_formula_stays(text: str):
    assert reply(text) == text


def test_dashes_between_paragraphs_are_no_signature():
    long = "\n".join(f"This is line {number} of a long second part." for number in range(20))
    assert reply(f"First part.\n\n---\n\n{long}").endswith("line 19 of a long second part.")


def test_a_rule_between_two_short_lines_is_no_signature():
    assert reply("First.\n\n---\n\nSecond.") == "First.\n\n---\n\nSecond."


def test_answers_between_quotes_stay():
    text = (
        "On 1/15/24 10:32, Shop wrote:\n> Do you want red?\n\nYes.\n\n> And when?\n\nOn Friday.\n"
    )
    assert reply(text) == "Yes.\n\nOn Friday."


def test_an_answer_below_the_quote_stays():
    assert reply(f"{ABOVE['mutt']}\n{QUOTED}\n\nOn Friday, please.\n") == "On Friday, please."


def test_a_quoted_line_that_lost_its_mark_goes():
    text = (
        "Yes.\n\nOn 1/15/24 10:32, Shop wrote:\n"
        "> This line is so long that some gateway broke it again, and the rest of it\n"
        "stands alone here\n> and the quote goes on.\n"
    )
    assert reply(text) == "Yes."


FORWARDS = {
    "Gmail": "---------- Forwarded message ---------\nFrom: Shop <help@shop.example>\n"
    "Date: Mon, Jan 15, 2024 at 10:32 AM\nSubject: Your order\nTo: <anna@home.example>",
    "Apple Mail": "Begin forwarded message:\n\nFrom: Shop <help@shop.example>\n"
    "Subject: Your order\nDate: January 15, 2024 at 10:32\nTo: anna@home.example",
    "Apple Mail, ru": "Начало переадресованного сообщения:\n\nОт: Магазин <help@shop.example>\n"
    "Тема: Ваш заказ\nДата: 15 января 2024 г.\nКому: anna@home.example",
    "Thunderbird": "-------- Forwarded Message --------\nSubject: Your order\n"
    "Date: Mon, 15 Jan 2024 10:32:11 +0100\nFrom: Shop <help@shop.example>\nTo: Anna",
    "Thunderbird, de": "-------- Weitergeleitete Nachricht --------\nBetreff: Ihre Bestellung\n"
    "Datum: Mon, 15 Jan 2024 10:32:11 +0100\nVon: Shop <help@shop.example>\nAn: Anna",
    "Mail.ru": "-------- Пересылаемое сообщение --------\nОт: Магазин <help@shop.example>\n"
    "Кому: anna@home.example\nДата: Понедельник, 15 января 2024\nТема: Ваш заказ",
}


@pytest.mark.parametrize("header", FORWARDS.values(), ids=FORWARDS.keys())
def test_a_forwarded_mail_is_kept(header):
    kept = reply(f"Please look at this.\n\n{header}\n\n{BARE}", "Fwd: Your order")
    assert kept.startswith("Please look at this.")
    assert "when do you want it?" in kept


@pytest.mark.parametrize("subject", ["Fwd: Order", "FW: Order", "WG: Bestellung", "TR : Commande"])
def test_outlooks_forward_is_told_by_its_subject(subject):
    kept = reply(f"See below.\n\n{HEADERS['Outlook, en']}\n\n{BARE}", subject)
    assert "when do you want it?" in kept


def test_a_mail_that_is_all_quote_is_kept_whole():
    assert "when do you want it?" in reply(QUOTED)
    assert "when do you want it?" in reply(f"{HEADERS['Outlook, en']}\n\n{BARE}")


def test_a_clients_line_above_unmarked_words_goes_alone():
    assert reply(f"{ABOVE['Gmail, en']}\n\n{BARE}\n\nOn Friday.") == f"{BARE}\n\nOn Friday."


def test_nothing_stays_nothing():
    assert reply("") == ""
    assert reply(" \n\n ") == ""


@pytest.mark.parametrize(
    "quote",
    [
        "At 6/16/2026 08:32 PM, you wrote:\n><https://shop.example>Shop\n>Are you there?",
        "2026/7/20 Anna via Shop <info@shop.example>\n\n| Anna replied\n| ------\n|\n| Yes\n|",
        "2026-03-03 17:21 GMT+01:00 Anna Petrova\n\nThe old words",
        "On Thu, 31 Mar 2026 at 11:16 Anna\n\n<\nmailto:Anna <a@b.example>\n> wrote:\n\n\nOld",
        "AP> Old words\nAP> of Anna Petrova's.",
        "И> Старые слова\nИ>\nИ>> и ещё старее",
    ],
    ids=["Eudora", "Gmail, year first", "Gmail, zone", "a link in it", "The Bat!", "Cyrillic"],
)
def test_quotes_of_rarer_programs_go(quote: str):
    assert reply(f"My own words.\n\n{quote}\n") == "My own words."


@pytest.mark.parametrize(
    "text",
    [
        "On Monday at 10:30 I was there\n\nand then I wrote:\n\nnothing else.",
        "2026/7/20 is when it came, says Anna\n\nand it is broken.",
        "x> is a prompt, and a line.",
        "A> one\nB> two",
        "At 10:30 the courier came.",
    ],
)
def test_what_only_begins_like_a_quote_stays(text: str):
    assert reply(text) == text


def test_the_mark_of_an_extension_that_tracks_mails_goes():
    assert reply("My own words.\n\n\u1427\n") == "My own words."


def test_what_apple_mail_forwards_in_a_quote_is_kept():
    text = "Look.\n\n> Begin forwarded message:\n>\n> From: Boris\n>\n> The pot is broken."
    assert "The pot is broken." in reply(text, "Fwd: Broken pot")
    assert reply(text, "Re: Broken pot") == "Look."
