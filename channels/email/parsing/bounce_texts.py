"""Bounces that are only prose: whether a text is one, for whom, and what it blames.

The phrases are those of the programs: qmail and its heirs, Exim, Postfix, sendmail, Exchange,
Gmail, Yandex, Mail.ru; the rest is left to flufl.bounce, which knows a hundred more.
"""

import logging
import re
from dataclasses import dataclass
from email import message_from_bytes

from flufl.bounce import all_failures

from channels.email.parsing.headers import Headers
from channels.email.parsing.mime import Part
from channels.email.parsing.phrases import any_of

_SENDERS = re.compile(
    r"^(?:mailer[-_.]?daemon|mail[-_.]?daemon|post_?master|mdaemon|mailerdaemon|mail-?delivery"
    r"|mail\.delivery|mdelivery|bounces?|no-?reply-?bounce|microsoftexchange[0-9a-f]+|postoffice"
    r"|system-?administrator|mailadm(?:in)?|mailsystem)(?:[+@-]|$)",
    re.IGNORECASE,
)
_NAMES = re.compile(
    r"mail delivery (?:sub)?system|mail delivery service|mailer[- ]daemon|system administrator"
    r"|mail system|postmaster|internet mail delivery|mail administrator|courier mail server"
)
_SUBJECTS = re.compile(
    r"undeliver|returned mail|failure notice|delivery (?:status )?(?:notification|failure|problem"
    r"|report|error|has failed|failed|delayed)|delivery.{0,20}(?:fail|delay)"
    r"|mail (?:delivery )?(?:fail|error|status\b"
    r"|status report|system error|could not be delivered)|(?:message|mail) (?:not|could not be"
    r"|was not) delivered"
    r"|could not (?:be delivered|send)|non[- ]?(?:delivery|remis|delivered)|nondeliverable"
    r"|unzustellbar"
    r"|nicht zustellbar|zustellung.{0,20}(?:fehl|nicht)|fehlgeschlagen|mail fehlgeschlagen"
    r"|[ée]chec de (?:la )?remise|message non distribu|no se puede entregar"
    r"|no (?:se )?(?:ha )?(?:podido )?entreg"
    r"|error de entrega|mensaje no entregado|недоставлен|не доставлен|невозможно доставить"
    r"|ошибка доставки"
    r"|неуспешн\S* доставк|недоставено|не може да бъде доставен|mancata consegna"
    r"|warning: .{0,30}(?:could not|delay)"
    r"|(?:delayed|bounced?) mail|user unknown|message status - undeliverable"
    r"|delay(?:ed)? (?:delivery|notification)"
)
_PROSE = re.compile(
    r"hi\. this is the|this is the mail (?:system|delivery)"
    r"|this message was created automatically by"
    r" mail delivery|(?:could not|cannot) be delivered|couldn'?t be delivered|wasn'?t delivered"
    r"|was not delivered"
    r"|has not (?:yet )?been delivered|not be able to deliver|unable to deliver|undeliverable"
    r"|delivery (?:to|has|of).{0,60}"
    r"(?:failed|delayed|aborted)|did not reach|the following (?:address|recipient|message|user)"
    r"|user unknown|no such user"
    r"|mailbox (?:is )?(?:full|unavailable)|been postponed|automatically rejected"
    r"|permanent (?:fatal )?error|delivery status"
    r"|returned to sender"
    r"|не (?:может|могло|удалось|было|был[оаи]?) .{0,30}доставл|не доставлено"
    r"|konnte nicht (?:zugestellt|ausgeliefert)"
    r"|n'a pas pu être (?:remis|distribu|d[eé]livr)|no (?:se )?pudo .{0,20}entreg|недоставлен"
    r"|не може да бъде доставен"
)
"""These three over small letters: without regard to case, so many alternatives take ten times as
long."""
# One of these stands in whatever `_PROSE` finds; looking for them takes a tenth of the time.
_NEEDED = (
    "this is the", "automatically", "deliver", "not reach", "the following", "unknown", "no such",
    "mailbox", "postponed", "permanent", "returned", "доставл", "доставен", "zugestellt",
    "ausgeliefert", "remis", "distribu", "delivr", "délivr", "livr", "entreg",
)  # fmt: skip
_DELAY = re.compile(
    r"(?:delivery|message).{0,40}(?:has been |was |is )?delayed|still being retried"
    r"|will (?:be )?retr|(?:continue to|keep) (?:attempt|retr|try)|been postponed"
    r"|not been delivered (?:yet|for the past)|temporarily deferred|warning message only"
    r"|do(?:es)? not need to resend"
    r"|no action is required|could not send message for past|вы не должны"
    r"|доставка.{0,30}(?:задерж|отложен)"
    r"|verzögert|a été retardée|se ha retrasado",
    re.IGNORECASE,
)
# The mail that is sent back begins here; its addresses are not those that failed.
# Its fields begin their lines: a report that quotes some of them sets them in.
_RETURNED = re.compile(
    r"^[^\w\n]{0,20}(?:-{2,}+.{0,20}(?:below this line|this is a copy|original message|returned m"
    r"|message header"
    r"|unsent message|undelivered message|transcript of the original|copy of (?:the|your)).*|"
    r"original message (?:follows|headers).*"
    r"|original mes{0,2}age:?|-+ the header of .*|--- enclosed is a copy.*)$"
    r"|^[>|]{0,3} ?(?:return-path: .*|received: from .*|message-id: ?.*)$",
    re.IGNORECASE | re.MULTILINE,
)
_ADDRESS = r"[^\s<>()\[\],;:\"'|/]+@[^\s<>()\[\],;:\"'|/]+"
_NAMED = (
    # qmail, Postfix, Yahoo: `<user@example.com>:` or `<user@example.com>: host ... said`
    re.compile(rf"^[^\S\n]*<({_ADDRESS})>(?: \(expanded from <[^>]*>\))?\s*:", re.MULTILINE),
    # Exim, sendmail, Exchange: alone on its line, below a sentence
    re.compile(
        rf"^(?:[^\S\n]|[*•-])*+<?({_ADDRESS})>?(?:\s+on\s.{{0,60}})?[^\S\n]*$", re.MULTILINE
    ),
    # Zoho: first on its line, what is wrong with it behind
    re.compile(rf"^[ \t]*<?({_ADDRESS})>?[ \t]+\S", re.MULTILINE),
    # `RCPT TO:<user@example.com>`
    re.compile(rf"rcpt to:\s*<?({_ADDRESS})>?", re.IGNORECASE),
    # Gmail, Outlook.com: in a sentence; Exchange: `'User' on 1/1/2024` with the address behind
    re.compile(
        rf"(?:deliver\w*|reach\w*|sent|send|message|recipient|address|user|mailbox|unknown|to"
        rf"|for|an|à|адрес\w*|получател\w*|для|кому)\W{{1,12}}(?:mailto:)?({_ADDRESS})",
        re.IGNORECASE,
    ),
    re.compile(rf"({_ADDRESS})"),
)
# RFC 3463 3: what servers blame, in the words they use.
_BLAMED = {
    "1.1": r"""
        user unknown|unknown user|no such (?:user|address|recipient|mailbox)
        does(?:n'?t| not) exist
        no mailbox here|unknown (?:recipient|address|local part|mailbox)
        not a valid (?:user|mailbox)
        recipient (?:address )?rejected|invalid recipient|unrouteable address|mailbox not found
        address not found|адрес\S* не (?:существует|найден)|нет такого пользователя
        kein(?:e)? (?:mailbox|postfach)""",
    "1.2": """
        host (?:unknown|not found)|domain (?:not found|does not exist)|unknown (?:host|domain)
        no such domain|name or service not known|unrouteable mail domain""",
    "2.2": """
        mailbox (?:is )?full|over ?quota|quota exceeded|exceeded .{0,20}quota|ящик переполнен""",
    "2.1": """
        (?:account|mailbox|user) (?:is |has been )?(?:disabled|inactive|suspended|deactivated)
        mailbox (?:is )?unavailable""",
    "3.4": """
        message (?:size|is too (?:big|large))|too large|size (?:limit|exceed)
        maximum (?:message )?size""",
    "4.7": "timed? ?out|retry timeout exceeded|too long in (?:the )?queue|delivery time expired",
    "4.1": "connection refused|could not connect|no route to host|unreachable",
    "7.1": "spam|blocked|blacklist|block list|policy|not permitted|access denied|relay",
}
_BLAME = [
    (status, re.compile(any_of(phrases), re.IGNORECASE)) for status, phrases in _BLAMED.items()
]


def signs(fields: Headers, sender: str, text: str) -> int:
    """How much speaks for a mail server reporting that it could not deliver.

    2: a server's name, or no way back, and a subject or prose that agree. 1: any one of them,
    which only a known format can settle: postmasters are people too, and customers forward
    bounces and write of parcels that did not arrive. 0: nothing.
    """
    head = text[:4_000]
    from_server = bool(_SENDERS.match(sender)) or bool(_NAMES.search(fields.text("from").lower()))
    nobody = fields.raw("return-path").strip() in {b"<>", b"< >"}
    titled = bool(_SUBJECTS.search(fields.text("subject").lower()))
    if fields.has("x-failed-recipients"):
        return 2
    told = titled or _tells(head.lower())
    return int(from_server or nobody) + int(told)


def _tells(lowered: str) -> bool:
    return any(word in lowered for word in _NEEDED) and bool(_PROSE.search(lowered))


def recipient(text: str, own: set[str]) -> str | None:
    """Whom the prose names as not reached; `own` are addresses that cannot be meant."""
    told = told_part(text)
    for pattern in _NAMED:
        for found in pattern.finditer(told):
            address = found[1].strip(".")
            if address.lower() not in own and not _SENDERS.match(address):
                return address
    return None


def told_part(text: str) -> str:
    """The report without the mail it returns."""
    head, at = _told_and_returned(text)
    return head[:at]


def returned_part(text: str) -> str:
    """The mail that a report in prose returns; empty when it returns none."""
    head, at = _told_and_returned(text)
    return head[at:]


def _told_and_returned(text: str) -> tuple[str, int]:
    """The text as far as it counts, and where in it the returned mail begins."""
    head = "\n".join(line[:_LINE] for line in text[:_TOLD].split("\n"))
    returned = _RETURNED.search(head, 1)
    return head, returned.start() if returned else len(head)


_TOLD = 20_000
_LINE = 400
"""Characters of a line that count: patterns of addresses take the square of its length."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What Amazon SES tells by mail, through SNS: for whom, the status, the mail's own id."""

    recipient: str
    status: str | None
    original: str | None


def notice(text: str) -> Notice | None:
    """The bounce in an SNS notification, whose JSON may be quoted once more; else None."""
    if "notificationType" not in text[:_TOLD]:
        return None
    told = text[:_TOLD].replace("\\", "")
    bounced = _SES_BOUNCED.search(told)
    if not _SES_KIND.search(told) or bounced is None:
        return None
    status, original = _SES_STATUS.search(told, bounced.start()), _SES_ID.search(told)
    return Notice(bounced[1], status and status[1], original and original[1])


# Fields of docs.aws.amazon.com/ses/latest/dg/notification-contents.html.
_SES_KIND = re.compile(r'"notificationType"\s*:\s*"Bounce"')
_SES_BOUNCED = re.compile(
    rf'"bouncedRecipients"\s*:\s*\[[^\]]{{0,300}}?"emailAddress"\s*:\s*"<?({_ADDRESS})>?"'
)
_SES_STATUS = re.compile(r'"status"\s*:\s*"([245]\.\d\.\d{1,3})"')
_SES_ID = re.compile(r'"Message-ID"\s*,\s*"value"\s*:\s*"<?([^">\s]{3,998})>?"', re.IGNORECASE)


def is_delay(subject: str, text: str) -> bool:
    """Whether the server goes on trying."""
    return bool(_DELAY.search(f"{subject}\n{told_part(text)[:4_000]}"))


def blamed(text: str) -> str | None:
    """Subject and detail of RFC 3463 that the words mean: `1.1` for an unknown user."""
    told = told_part(text)[:8_000]
    return next((status for status, words in _BLAME if words.search(told)), None)


def known_formats(root: Part, *, within: bool) -> tuple[list[str], list[str]]:
    """Addresses that flufl.bounce finds delayed and failed at the beginning of the mail.

    within: also in a mail that is attached to it.
    """
    logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)
    inside = [part.start for part in root.parts if part.content_type == "message/rfc822"]
    told = root.data[: _KNOWN if within else min([*inside, _KNOWN])]
    # Its patterns take the square of a line's length, too; SMTP allows 998 bytes (RFC 5321).
    head = b"\n".join(line[:_LINE] for line in told.split(b"\n")[:_LINES])
    try:
        delayed, failed = all_failures(message_from_bytes(head))
    # Its detectors and the standard parser meet broken mail with errors of every kind.
    except Exception:  # noqa: BLE001
        return [], []
    return _texts(delayed), _texts(failed)


_KNOWN = 32_768
_LINES = 600


def _texts(found: frozenset[bytes]) -> list[str]:
    addresses = (one.decode("ascii", "replace") for one in found)
    return sorted(one for one in addresses if re.fullmatch(_ADDRESS, one))
