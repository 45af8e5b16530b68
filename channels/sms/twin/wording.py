"""What the provider knows of words: its keywords, its answers, how it counts segments."""

STOP = frozenset(["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"])
START = frozenset(["START", "UNSTOP"])
HELP = frozenset(["HELP", "INFO"])

ANSWERS = {
    "stop": "You have successfully been unsubscribed. You will not receive any more messages "
    "from this number. Reply START to resubscribe.",
    "start": "You have successfully been re-subscribed to messages from this number. "
    "Reply HELP for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
    "help": "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}

_PLAIN = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = set("\f^{}\\[~]|€")


def keyword(text: str) -> str | None:
    word = text.strip().upper()
    for meaning, words in (("stop", STOP), ("start", START), ("help", HELP)):
        if word in words:
            return meaning
    return None


def segments(text: str) -> int:
    """How many messages the provider bills."""
    if set(text) <= _PLAIN | _ESCAPED:
        sizes, alone, each = [2 if one in _ESCAPED else 1 for one in text], 160, 153
    else:
        sizes, alone, each = [len(one.encode("utf-16-le")) // 2 for one in text], 70, 67
    if sum(sizes) <= alone:
        return 1
    parts, filled = 1, 0
    for size in sizes:
        if filled + size > each:
            parts, filled = parts + 1, 0
        filled += size
    return parts
