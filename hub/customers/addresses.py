"""What makes two spellings of an address the same contact point."""

import re
import unicodedata

import phonenumbers

from hub.errors import Invalid

_SCHEME = re.compile(r"[a-z][a-z0-9]{0,31}")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?")
_BETWEEN_ADDRESSES = re.compile(r"[\s<>,;]")
_LONGEST = 254
"""Characters. RFC 5321 allows no longer mail path; other schemes are far shorter."""
_RUSSIAN_TRUNK = re.compile(r"8\d{10}")
_MEXICAN_MOBILE = re.compile(r"^\+52\W*1(?=\W*(\d\W*){10}$)")
"""Mobiles were +52 1 until 2019, and networks still write them so; the 1 is no part of them."""


def normalise(scheme: str, raw: str, *, region: str | None = None) -> str:
    """The canonical value: E.164 for `tel`, lower case with an ASCII domain for `email`.

    `region` (ISO 3166) reads national phone numbers; without it a number must be international, or
    Russian with its leading 8. Raises Invalid, saying what is wrong with the address.
    """
    if not _SCHEME.fullmatch(scheme):
        raise _invalid("scheme", "An address scheme is a lower-case word such as email or tel.")
    # Joined by plain spaces: numbers copied from a page are full of non-breaking ones.
    value = " ".join(unicodedata.normalize("NFC", raw).split())
    if not value:
        raise _invalid("value", f"The {scheme} address is empty.")
    if len(value) > _LONGEST:
        raise _invalid("value", f"The {scheme} address is longer than {_LONGEST} characters.")
    if not value.isprintable():
        raise _invalid("value", f"The {scheme} address holds characters that cannot be printed.")
    if scheme == "tel":
        return _phone(value, region)
    if scheme == "email":
        _refuse_disguise(raw, value)
        return _email(value)
    return value


def _refuse_disguise(raw: str, value: str) -> None:
    """Another mailbox's name must not become a known one by being normalised.

    The sign for kelvin is composed to a plain K: two mailboxes to their server, one to us.
    """
    before, after = "".join(raw.rpartition("@")[0].split()), value.rpartition("@")[0]
    if after.isascii() and not before.isascii():
        raise _invalid("value", "The email address holds signs that only look like letters.")


def _invalid(field: str, message: str) -> Invalid:
    return Invalid(message, code="invalid-address", fields={field: message})


def _email(value: str) -> str:
    local, at, domain = value.rpartition("@")
    if not at or not local or "@" in local or _BETWEEN_ADDRESSES.search(value):
        raise _invalid("value", "An email address looks like name@example.com.")
    canonical = f"{local.lower()}@{_domain(domain)}"
    if len(canonical) > _LONGEST:
        raise _invalid("value", f"The email address is longer than {_LONGEST} characters.")
    return canonical


def ascii_domain(domain: str) -> str:
    """The domain, or the part of one, as it is kept: lower case, in A-labels; not checked."""
    # RFC 3490 takes the ideographic full stop for a dot; one dot may end a domain name.
    text = unicodedata.normalize("NFKC", domain).lower().replace("。", ".").removesuffix(".")
    return ".".join(_ascii_label(label) for label in text.split("."))


def _domain(domain: str) -> str:
    canonical = ascii_domain(domain)
    labels = canonical.split(".")
    if not all(_LABEL.fullmatch(label) and len(label) <= 63 for label in labels):
        raise _invalid("value", "The part of the email address after the @ is not a domain name.")
    return canonical


def _ascii_label(label: str) -> str:
    # RFC 5891 A-labels. Python's own "idna" codec is IDNA 2003: it would take straße.de for
    # strasse.de, the domain of somebody else.
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")


def _phone(value: str, region: str | None) -> str:
    for candidate, country, strict in _readings(_MEXICAN_MOBILE.sub("+52", value), region):
        number = _parsed(candidate, country)
        # What carries a + is believed when the length fits: numbering plans grow faster than
        # tables. What had to be guessed must be a number that exists.
        if number is not None and (
            phonenumbers.is_valid_number(number)
            if strict
            else phonenumbers.is_possible_number(number)
        ):
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    raise _invalid("value", "This is not a phone number with its country code (+7 912 345-67-89).")


def _readings(value: str, region: str | None) -> list[tuple[str, str | None, bool]]:
    """The ways to read a number, surest first: (text, country, must exist)."""
    if value.startswith(("+", "\N{FULLWIDTH PLUS SIGN}")):
        return [(value, None, False)]
    digits = phonenumbers.normalize_digits_only(value)
    readings: list[tuple[str, str | None, bool]] = []
    if region:
        readings.append((value, region.upper(), True))
    if digits.startswith("00"):
        readings.append(("+" + digits[2:], None, True))
    if _RUSSIAN_TRUNK.fullmatch(digits):
        readings.append((digits, "RU", True))
    readings.append(("+" + digits, None, True))
    return readings


def _parsed(text: str, country: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
