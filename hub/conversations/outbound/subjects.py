"""The subject of an answer: one `Re:`, whatever language the mails before it counted in."""

import re

# Answers only: what was forwarded stays said. `Re[3]:` and `RE(2):` count; `Re :` is French;
# `：` is the full-width colon of Chinese programs.
_ANSWERED = re.compile(
    r"\s*(?:re|aw|antw|antwort|sv|vs|res|rif|rép|odp|ynt|отв|ответ|відп|отг|отговор|回复|回覆|答复)"
    r"\s?(?:[\[(]\d{1,4}[\])])?\s?[:：]",
    re.IGNORECASE,
)
_LONGEST = 250
"""Characters that are carried on; some programs let subjects grow without end."""


def answering(subject: str) -> str:
    """`Re: ` and the subject without its own marks of an answer; empty when it says nothing."""
    bare = plain(subject)
    return f"Re: {bare}" if bare else ""


def plain(subject: str) -> str:
    """The subject without the marks of an answer in front of it, on one line."""
    rest = " ".join(subject[: _LONGEST * 4].split())
    while found := _ANSWERED.match(rest):
        rest = rest[found.end() :].strip()
    return rest[:_LONGEST].strip()
