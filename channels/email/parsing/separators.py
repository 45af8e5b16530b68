"""Lines from which on everything is the mail that is answered, or forwarded."""

import re

_MARKS = " \t\xa0\u200b>*_|#"
_LABEL = re.compile(r"[\s>*_|]*([^\W\d_][^:：<>@]{0,30}?)\s*+[*_]*+\s*+[:：][*_]*(?:\s|$|\S)")

# The header that Outlook, Lotus Notes, GMX, Web.de, iOS and Yandex put above the quoted mail.
_LABELS = {
    "from": "from von de da od van från fra lähettäjä kimden feladó от от кого відправник"
    " désde expéditeur remitente nadawca odesílatel van afzender 发件人 寄件者 差出人"
    " 보낸사람 від",
    "date": "sent date gesendet datum envoyé date enviado fecha inviato data enviada em verzonden"
    " skickat sendt lähetetty wysłano wysłane odesláno gönderme gönderilme tarihi отправлено дата"
    " изпратено надіслано küldve 发送时间 日期 送信日時 보낸 날짜 envoyé le enviado el enviado em"
    " gesendet am отправлена sent on date sent дата отправки",
    "to": "to an à a para aan til till vastaanottaja do komu címzett kime кому до 收件人 宛先 받는"
    " 받는사람 pour destinataire destinatario кому копия",
    "cc": "cc kopie copie copia kopia cópia kopi bilgi копия копие 抄送 참조 bcc",
    "subject": "subject betreff objet asunto oggetto assunto onderwerp ämne emne aihe temat"
    " předmět konu тема относно 主题 主旨 件名 제목 tárgy betr sujet re",
}
_PHRASES = {
    "from": {"от кого", "보낸 사람"},
    "date": {
        "enviada em",
        "envoyé le",
        "enviado el",
        "enviado em",
        "gesendet am",
        "sent on",
        "message du",
    }
    | {"gönderme tarihi", "дата отправки", "date sent", "보낸 날짜", "gönderilme tarihi"},
    "to": {"받는 사람"},
    "cc": {"copie à"},
    "subject": set(),
}
_KIND = {
    word: kind for kind, listed in _LABELS.items() for word in listed.split() if word != "re"
} | {phrase: kind for kind, listed in _PHRASES.items() for phrase in listed}
# `a`, `an`, `do`, `до` and `em` begin sentences; only inside a header are they labels.
_BLOCK = 10
_ENOUGH = 3

_ORIGINAL = (
    r"original(?=\s*[-_]{2,})|original message"
    r"|original appointment|original e-?mail|ursprüngliche nachricht"
    r"|urspr\S{1,3}ngliche (?:nachricht|mail)|originalnachricht"
    r"|original-?nachricht|исходное сообщение"
    r"|оригинальное сообщение|первоначальное сообщение|оригинално съобщение|оригинално писмо"
    r"|mail original|mail initial|message d'origine|message original|message initial"
    r"|mensaje original|mensagem original"
    r"|messaggio originale|oorspronkelijk bericht|oprindelig (?:meddelelse|besked)"
    r"|originalmeddelande"
    r"|opprinnelig melding|alkuperäinen viesti|wiadomość oryginalna|původní zpráva"
    r"|eredeti üzenet|orijinal mesaj|reply message|quoted text|replied message|原始邮件|原始郵件"
    r"|original meddelelse|исходное письмо|reply above this line|antwort.{0,20}über dieser linie"
)
_FORWARDED = (
    r"forwarded message|begin forwarded message|forwarded by|weitergeleitete nachricht"
    r"|anfang der weitergeleiteten (?:nachricht|e-mail)|message transf[eé]r[eé]"
    r"|d[eé]but du message (?:transf[eé]r[eé]|r[eé]exp[eé]di[eé])|mensaje reenviado"
    r"|inicio del mensaje reenviado|пересылаемое сообщение|пересланное сообщение"
    r"|пересылаемое письмо|пересланное письмо|начало (?:пересылаемого|переадресованного) сообщения"
    r"|конец пересылаемого сообщения|препратено съобщение|препратено писмо"
    r"|начало на препратено(?:то)? съобщение|messaggio inoltrato|inizio messaggio inoltrato"
    r"|mensagem encaminhada|doorgestuurd bericht|videresendt (?:meddelelse|besked)"
    r"|vidarebefordrat meddelande|wiadomość przekazana|przekazana wiadomość|переслане повідомлення"
    r"|转发的?邮件|転送メッセージ|forwarded e-?mail"
)
_DASHED = r"^\s*+(?:[-_=*~—–>]\s?+){2,}+\s*+"
_IS_ORIGINAL = re.compile(rf"{_DASHED}(?:{_ORIGINAL})\b.{{0,80}}$", re.IGNORECASE)
_IS_FORWARDED = re.compile(
    rf"(?:{_DASHED}(?:{_FORWARDED})\b.{{0,120}}|\s*+(?:{_FORWARDED})\s*+[:：]?)$", re.IGNORECASE
)
_BARE_ORIGINAL = re.compile(rf"^\s*+(?:{_ORIGINAL})\s*+:?\s*+$", re.IGNORECASE)
_RULE = re.compile(r"^\s*(?:_{4,}|-{4,}|={4,}|—{4,})\s*$")
# GroupWise: `>>> Ivan <ivan@b.example> 1/15/2024 10:32 AM >>>`, and nothing marked below.
_ARROWS = re.compile(r">>>\s(?=.{0,150}\d{1,2}:\d\d).{5,200}\s>>>\s*$")
# The lines that Zendesk, Freshdesk, Jira, GitHub and others ask people to write above.
_ABOVE = re.compile(
    r"^\W*(?:(?:please|bitte|veuillez|por favor|пожалуйста|моля),? )?"
    r"(?:(?:type|write|enter|add|put) your (?:reply|answer|response)|reply|antworte"
    r"|schreiben sie|r[eé]pondez|escriba|ответ\S{0,20}+|пишите|напиш[ие]те|отговор\S{0,20}+)"
    r".{0,40}"
    r"(?:above (?:this|the) line|oberhalb|au-?dessus|por encima"
    r"|выше (?:этой )?(?:линии|строки|черты)|над тази линия).{0,20}$",
    re.IGNORECASE,
)


def is_between_arrows(line: str) -> bool:
    """Whether the line introduces a quote that, though it begins like one, has no marks itself."""
    return line.startswith(">>> ") and bool(_ARROWS.match(line))


def is_original(lines: list[str], at: int) -> bool:
    """Whether the line at `at` says that the original follows."""
    line = lines[at]
    if _IS_ORIGINAL.match(line) or _ABOVE.match(line):
        return True
    if _BARE_ORIGINAL.match(line.strip(_MARKS)):
        return header_length(lines, _next(lines, at + 1)) > 0
    return bool(_RULE.match(line)) and header_length(lines, _next(lines, at + 1)) > 0


def is_forwarded(line: str) -> bool:
    """Whether the line says that what follows is forwarded."""
    return bool(_IS_FORWARDED.match(line.rstrip()))


def header_length(lines: list[str], at: int) -> int:
    """How many lines from `at` on are the header of a quoted mail; 0 for none.

    It names a sender and two more of date, recipient, copy, subject, in one block.
    """
    if at >= len(lines) or _kind(lines[at]) not in {"from", "date", "subject", "to"}:
        return 0
    kinds: set[str] = set()
    last = blanks = 0
    for offset, line in enumerate(lines[at : at + _BLOCK]):
        kind = _kind(line)
        if kind:
            kinds.add(kind)
            last = offset
            blanks = 0
        elif not line.strip():
            # Converted from HTML, every field may be a paragraph of its own.
            blanks += 1
            if blanks > 1 or (len(kinds) >= _ENOUGH):
                break
        elif blanks:
            break
    enough = len(kinds) >= _ENOUGH or ({"from", "date"} <= kinds and "@" in lines[at])
    return last + 1 if enough and "from" in kinds else 0


def value_of(line: str, kind: str) -> str:
    """What stands behind the label of a header's line of that kind (`from`), or nothing."""
    if _kind(line) != kind:
        return ""
    label = _LABEL.match(line[:60])
    return line[label.end(1) :].lstrip(" \t*_:：") if label else ""


def _kind(line: str) -> str:
    head = line[:60]
    if ":" not in head and "：" not in head:
        return ""
    label = _LABEL.match(head)
    return _KIND.get(label[1].strip().lower(), "") if label else ""


def _next(lines: list[str], at: int) -> int:
    """The next line with something in it, at most two further on."""
    for index in range(at, min(at + 3, len(lines))):
        if lines[index].strip(_MARKS):
            return index
    return len(lines)
