"""The line above a quote, `On ..., ... wrote:`, in the languages and clients that write it."""

import re

from channels.email.parsing.plain import CUT

_MAX_LINES = 5
_MAX_LENGTH = 500
_SPACE = re.compile(r"[\s\u200e\u200f\u202a-\u202e]+")
_EMPHASIS = " \t\xa0\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e*_|"

# The verb, and how the line begins in each language: Gmail, Apple Mail, Thunderbird, Outlook for
# mobile, Yahoo, Proton, Roundcube and The Bat! take theirs from the same small set of phrases.
_VERB = (
    r"(?:wrote|writes|said|schrieb|schreibt|geschrieben|a [eé]crit|[eé]crivait|escribi[oó]"
    r"|ha scritto|scrisse|escreveu|schreef|skrev|kirjoitti|napisa[lł](?:\(a\)|a)?|pisze|napsal"
    r"|nap[ií]sal|ezt [ií]rta|a scris|şunu yazdı|yazdı|написа|написал|написала|написал\(а\)"
    r"|писал|писала|писали|писал\(а\)|пишет|пише|написав|написала\(а\)|έγραψε|đã viết|写道|寫道"
    r"|님이 작성|のメッセージ)"
)
_BEGIN = (
    r"(?:on|at|am|le|el|il|em|a|op|den|p[åa]|dne|dnia|w dniu|в|на|от|ngày|στις|vào|בתאריך|في"
    r"|el d[ií]a|il giorno|in data|il dia|no dia|quoting|zitat von|citando)"
)
_WEEKDAY = (
    # In full: the longer languages; in short: what Gmail and Apple Mail write.
    r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?:mon|diens|donners|frei|sams|sonn)tag"
    r"|mittwoch|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|mi[eé]rcoles"
    r"|jueves|viernes|s[aá]bado|domingo|mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|lun|mar"
    r"|mer|jeu|ven|sam|dim|mi[eé]"
    r"|jue|vie|s[aá]b|dom|gio|пн|вт|ср|чт|пт|сб|вс|нд|понедельник|вторник|среда|четверг|пятница"
    r"|суббота|воскресенье|понеделник|вторник|сряда|четвъртък|петък|събота|неделя|pon|wt|śr|czw"
    r"|pt|sob|niedz|ma|ti|ke|to|pe|la|su|man|tir|ons|tor|lør|søn|mån|tis|fre|lör|sön|пон|сря|чет"
    r"|пет|съб|нед|po|út|st|čt|pá|ne)"
)
_DATE = r"(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,2}:\d\d|\b(?:19|20)\d\d\b|\d{4}年)"
_PART = r"[^\s<>()\[\]@]"
# Without a second @, and giving nothing back: two of them in one pattern took n⁴ steps.
_ADDRESS = rf"[<(\[]?(?:mailto:)?{_PART}++@{_PART}++[>)\]]?"

_DATED = re.compile(_DATE)
_HAS_ADDRESS = re.compile(_ADDRESS)
_ENDS = re.compile(r"[:：]$")
_VERBED = re.compile(
    rf"(?:(?:\b|(?<=\s)){_VERB}\b|写道|寫道|님이 작성).{{0,200}}[:：]?$", re.IGNORECASE
)
_STARTS = re.compile(rf"(?:{_BEGIN}\b|{_WEEKDAY}\b|\d|[\"'<«“]|在|20\d\d)", re.IGNORECASE)
# `Ivan Petrov <ivan@example.com> wrote:`, `Vy pisali 1 ...:`: the person comes first.
_PERSON_FIRST = re.compile(
    rf"(?:[^,:;.!?]{{1,60}}?|{_ADDRESS})\s?(?:{_ADDRESS}\s?)?(?:hat |has )?{_VERB}\b"
    r".{0,120}[:：]$",
    re.IGNORECASE,
)
# Mail.ru: `Понедельник, 1 января 2024, 10:00 +03:00 от Иван <ivan@mail.ru>:`, Yandex:
# `01.01.2024, 10:00, "Иван" <ivan@yandex.ru>:`, Gmail in Russian, Polish, Japanese: no verb.
_NO_VERB = re.compile(
    rf"(?:{_STARTS.pattern}).{{4,300}}<\s*{_ADDRESS}\s*>\s*[:：]$", re.IGNORECASE
)
# Mail.ru's app has the address in a link, and no brackets.
_NO_BRACKETS = re.compile(
    rf"{_WEEKDAY}, \d{{1,2}} \w{{3,10}} \d{{4}}(?: г\.)?, \d{{1,2}}:\d\d [+-]\d\d:?\d\d от"
    r" [^@<>]{1,80}@[^\s<>@:]++[:：]$",
    re.IGNORECASE,
)
# Zoho and Lotus Notes: `---- On ..., Shop wrote ----`, `-----Shop <a@b.c> wrote: -----`.
_DASHED = re.compile(r"-{3,}+\s?(\S.{4,300}?)\s?-{3,}$")
# Rambler: the date, the person, and nothing behind.
_NO_COLON = re.compile(
    rf"\d{{1,2}}\.\d{{1,2}}\.\d{{4}},? \d{{1,2}}:\d\d,? (?:от|from|von|de) .{{1,120}}{_ADDRESS}",
    re.IGNORECASE,
)
# Gmail before 2016, in languages that write the year first: no verb and no colon.
_YEAR_FIRST = re.compile(
    rf"20\d\d[-/]\d{{1,2}}[-/]\d{{1,2}}(?: \d{{1,2}}:\d\d)?"
    rf"(?: GMT[+-]\d{{1,2}}:\d\d [^<>:]{{1,80}}(?:<{_ADDRESS}>)?| [^<>:]{{1,80}}<{_ADDRESS}>)"
)
# What is left behind the address when the HTML had a link there: `> wrote:`.
_REST = re.compile(rf">\s*{_VERB}\b.{{0,20}}[:：]$", re.IGNORECASE)
_MAX_BLANKS = 3
_QUOTING = re.compile(r"(?:quoting|zitat von|citando|citát)\s.{1,200}[:：]$", re.IGNORECASE)


# `On Thu, 31 Mar 2016 at 11:16 Some One`: begun with a day and a time, and no sentence.
_OPENING = re.compile(
    rf"(?:{_BEGIN}\b\s*)?(?:{_WEEKDAY}\b[.,]?\s)?[^.!?]{{0,30}}\d{{1,4}}[^!?]{{0,60}}\d:\d\d[^!?:]*$",
    re.IGNORECASE,
)
_OPENED = 160
_LAST = (":", "：", "---")
# Gmail breaks a long line in front of the bracket as well.
_LAST_PIECES = frozenset({">:", "> :", ">", ">:*"})


LONGEST = _MAX_LINES + _MAX_BLANKS


def length(lines: list[str], at: int) -> int:
    """How many lines from `at` on are an attribution that some client wrapped; 0 for none."""
    if not _ends_soon(lines, at):
        return 0
    joined = ""
    blanks = 0
    for count in range(1, LONGEST + 1):
        if at + count > len(lines) or count - blanks > _MAX_LINES:
            return 0
        line = _bare(lines[at + count - 1])
        if not line and blanks < _MAX_BLANKS and _is_opening(joined):
            blanks += 1
            continue
        if not line or line == CUT or not _goes_on(line):
            return 0
        joined = f"{joined} {line}" if joined else line
        if len(joined) > _MAX_LENGTH or (count == 1 and not _may_begin(joined)):
            return 0
        if is_attribution(joined):
            return 0 if count > 1 and _begins_below(lines, at, count) else count
    return 0


def _is_opening(joined: str) -> bool:
    """Whether what stands above an empty line can only be the beginning of an attribution."""
    return bool(_OPENING.match(joined)) and len(joined) < _OPENED


def _goes_on(line: str) -> bool:
    return not line.startswith(">") or line in _LAST_PIECES or bool(_REST.match(line))


def _ends_soon(lines: list[str], at: int) -> bool:
    return any(may_end(line) for line in lines[at : at + LONGEST])


def may_end(line: str) -> bool:
    """Whether an attribution may end with this line."""
    # Most lines hold none of the three; only then their end is looked at.
    return (":" in line or "---" in line or "：" in line) and line.rstrip(_EMPHASIS).endswith(
        _LAST
    )


def _bare(line: str) -> str:
    return line.strip(_EMPHASIS)


def _begins_below(lines: list[str], at: int, count: int) -> bool:
    """Whether the first line is a sentence of its own, right above the attribution."""
    first = lines[at].rstrip()
    rest = " ".join(_bare(line) for line in lines[at + 1 : at + count])
    return (first.endswith((".", "!", "?")) or not _DATED.search(first)) and is_attribution(rest)


def _may_begin(line: str) -> bool:
    return (
        line.startswith("---")
        or bool(_STARTS.match(line))
        or bool(_VERBED.search(line))
        or "@" in line
    )


def is_attribution(line: str) -> bool:
    """Whether the whole of `line` introduces a quote: who wrote it, and when."""
    text = _SPACE.sub(" ", line).strip()
    dashed = _DASHED.match(text)
    if dashed:
        text = f"{dashed[1].rstrip(':')}:"
    if not _ENDS.search(text):
        return False
    if _QUOTING.match(text) or _NO_BRACKETS.match(text):
        return True
    if _NO_VERB.match(text):
        return bool(_DATED.search(text))
    dated, addressed = _DATED.search(text), _HAS_ADDRESS.search(text)
    if not _VERBED.search(text) or not (dated or addressed):
        return False
    # Turkish and Chinese put the person first and the date behind.
    return bool((dated and addressed) or _STARTS.match(text) or _PERSON_FIRST.match(text))


def is_year_first(line: str) -> bool:
    """`2013/7/20 Ivan <ivan@b.example>`, all there is to the line."""
    return line[:2] == "20" and bool(_YEAR_FIRST.fullmatch(_SPACE.sub(" ", line[:300]).strip()))


def is_bare(line: str) -> bool:
    """`Ivan wrote:`, `04.05.2026, 09:14, от Ивана <a@b.example>`: only right above a quote."""
    if ":" not in line and "：" not in line:
        return False
    text = _SPACE.sub(" ", line).strip()
    return bool(_NO_COLON.fullmatch(text)) or (
        len(text) < 120 and text[-1:] in {":", "："} and bool(_PERSON_FIRST.match(text))
    )
