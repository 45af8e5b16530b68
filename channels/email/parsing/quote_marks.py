"""How mail clients mark quotes and signatures in HTML: by class, id or the line drawn above."""

import re
from collections.abc import Iterable

from channels.email.parsing.markup import Start, Token

_IDS = frozenset(
    {
        "divrplyfwdmsg",  # Outlook on the web and for iOS; also as x_divRplyFwdMsg when quoted
        "x_divrplyfwdmsg",
        "appendonsend",  # Outlook on the web: stands right before the quoted mail
        "olk_src_body_section",  # Outlook for Mac 2011
        "mail-editor-reference-message-container",  # Outlook, new, for Mac and Windows
        "zwchr",  # Zimbra's line
        "isforwardcontent",  # Yahoo
        "replysplit",  # Mail.ru
        "stopspelling",  # Outlook on the web 2010
        "reply-intro",  # Roundcube
    }
)
_CLASSES = frozenset(
    {
        "yahoo_quoted",
        "protonmail_quote",
        "tutanota_quote",
        "zmail_extra",  # Zoho
        "moz-email-headers-table",  # Thunderbird, forwarded
        "outlookmessageheader",  # Outlook 2003
        "ntes_quote",  # 163.com
        "freshdesk_quote",
        "front-blockquote",
        "sh-quoted-content",  # Superhuman
    }
)
_OWN_LINE = frozenset({"zwchr", "stopspelling"})
# Outlook for Windows writes no name, only a line above the quoted header: its colours, as
# written by Word 2007 (B5C4DF) and since 2013 (E1E1E1).
_WORD = re.compile(
    r"border:\s*none;\s*border-top:\s*solid\s+#?(?:b5c4df|e1e1e1)\s+1\.0pt", re.IGNORECASE
)
_INDENT = re.compile(r"border(?:-left)?\s*:\s*(?:none|0)", re.IGNORECASE)


_SIGNATURE_IDS = frozenset(
    {
        "signature",  # Outlook on the web; also as x_Signature
        "x_signature",
        "ms-outlook-mobile-signature",
        "composer_signature",  # Samsung
        "applemailsignature",
        "zm-_id_-sgn",  # Zoho
        "mail-app-auto-default-signature",  # Mail.ru on telephones
    }
)
_SIGNATURE_CLASSES = frozenset(
    {
        "gmail_signature",
        "moz-signature",  # Thunderbird
        "protonmail_signature_block",
    }
)
_SIGNATURE_FIELD = "data-signature-widget"
"""Mail.ru's."""


def any_in(tokens: Iterable[Token]) -> bool:
    """Whether the mark-up says anywhere that something is quoted, or signs."""
    # A tag that is written alike everywhere is one token (`markup.tokens`).
    different = {id(one): one for one in tokens if isinstance(one, Start)}
    return any(
        begins_quote(one) or is_signature(one) or (one.name == "blockquote" and is_quote(one))
        for one in different.values()
        if one.attributes or one.name == "blockquote"
    )


def begins_quote(token: Start) -> bool:
    """Whether all that follows this tag belongs to the mail that is answered."""
    marks = token.attributes
    if marks.get("id", "").strip().lower() in _IDS:
        return token.name != "hr" or marks["id"].strip().lower() in _OWN_LINE
    if _CLASSES.intersection(marks.get("class", "").lower().split()):
        return True
    return bool(_WORD.search(" ".join(marks.get("style", "").split())))


def is_signature(token: Start) -> bool:
    """Whether what is inside this element is the signature that a client set below the mail."""
    marks = token.attributes
    if marks.get("id", "").strip().lower() in _SIGNATURE_IDS or _SIGNATURE_FIELD in marks:
        return True
    return bool(_SIGNATURE_CLASSES.intersection(marks.get("class", "").lower().split()))


def is_quote(token: Start) -> bool:
    """Whether a `blockquote` quotes: as indent, Gmail and Apple write it without a line."""
    marks = token.attributes
    if marks.get("type", "").lower() == "cite" or "quote" in marks.get("class", "").lower():
        return not ("type" not in marks and _is_plain_indent(marks))
    return not _INDENT.search(marks.get("style", ""))


def _is_plain_indent(marks: dict[str, str]) -> bool:
    style = marks.get("style", "").lower()
    return "border:none" in style.replace(" ", "") and "border-left" not in style
