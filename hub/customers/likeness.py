"""How alike two addresses, or two names, are: for suggestions, never for identity.

An address has one exact normal form (`hub.customers.addresses`), and only that identifies. Its
loose form is what its likely other spellings have in common: a mail address without its +tag and,
where the provider ignores them, its dots; a telephone number without the digits that are dialled
in one way of calling it and not in another.
"""

import re

import phonenumbers

from hub.customers.addresses import normalise
from hub.customers.folding import fold
from hub.errors import Invalid

# Providers that take several spellings, and domains, for one mailbox: (domain, what they ignore).
# Gmail: support.google.com/mail/answer/7436150. Yandex: dot and hyphen are one, all domains too.
# Proton: proton.me/support/addresses-and-aliases.
_GMAIL, _YANDEX, _PROTON = ("gmail.com", "."), ("yandex.ru", ".-"), ("proton.me", ".-_")
_PROVIDERS = {
    **dict.fromkeys(("gmail.com", "googlemail.com"), _GMAIL),
    **dict.fromkeys(
        ("yandex.ru", "ya.ru", "yandex.com", "yandex.by", "yandex.kz", "yandex.ua"), _YANDEX
    ),
    **dict.fromkeys(("proton.me", "protonmail.com", "protonmail.ch", "pm.me"), _PROTON),
}

# Digits of mobile numbers that one writes and another does not (ITU-T national numbering plans):
# country code, national digits with it, where it stands, the digit.
_OPTIONAL = (
    (54, 11, 0, "9"),  # Argentina: +54 9 11 ... from abroad, without the 9 at home
    (52, 11, 0, "1"),  # Mexico: +52 1 until 2019
    (55, 11, 2, "9"),  # Brazil: the ninth digit
)
_WORDS = re.compile(r"[^\W\d_]+")


def loose(scheme: str, value: str) -> str:
    """The loose form of a canonical value; the value itself when it has no other spelling."""
    if scheme == "email":
        return _loose_mail(value)
    return _loose_phone(value) if scheme == "tel" else value


def other_spelling(scheme: str, value: str) -> str:
    """The loose form as it is kept: empty when it is the value itself."""
    found = loose(scheme, value)
    return "" if found == value else found


def loose_mail_of(claimed: str) -> str:
    """The loose form of a mail address somebody typed; empty when it is none."""
    try:
        return _loose_mail(normalise("email", claimed))
    except Invalid:
        return ""


def _loose_mail(value: str) -> str:
    local, _, domain = value.rpartition("@")
    local = local.partition("+")[0] or local
    known, ignored = _PROVIDERS.get(domain, (domain, ""))
    stripped = "".join(letter for letter in local if letter not in ignored)
    return f"{stripped or local}@{known}"


def _loose_phone(value: str) -> str:
    number = phonenumbers.parse(value, None)
    digits = phonenumbers.national_significant_number(number)
    for country, length, place, digit in _OPTIONAL:
        if number.country_code == country and len(digits) == length and digits[place] == digit:
            digits = digits[:place] + digits[place + 1 :]
    return f"+{number.country_code}{digits}"


def same_name(one: str, other: str) -> bool:
    """Whether two names may be one person's: the same words, in any order, with a slip at most.

    A single word (`Anna`) is too many people's to say anything.
    """
    first, second = _words(one), _words(other)
    if min(len(first), len(second)) < 2:
        return False
    return len(first) == len(second) and all(
        _near(mine, theirs) for mine, theirs in zip(first, second, strict=True)
    )


def _words(name: str) -> list[str]:
    return sorted(_WORDS.findall(fold(name)))


def _near(one: str, other: str) -> bool:
    """At most one letter more, less or different; none in a short word."""
    if one == other:
        return True
    if min(len(one), len(other)) < 4 or abs(len(one) - len(other)) > 1:
        return False
    same = next(
        (i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
    rest, rest_other = one[same:], other[same:]
    return rest[1:] == rest_other[1:] or rest[1:] == rest_other or rest == rest_other[1:]
