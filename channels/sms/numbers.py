"""Who a text message is from, or for: a number in E.164, or a sender nobody can answer."""

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers
from phonenumbers import PhoneNumberFormat, ValidationResult

TEL = "tel"
SENDER = "smssender"
"""The scheme of senders that are no numbers: a bank's name, a short number. They can be read and
never answered, so no channel speaks this scheme."""

_RUSSIAN_TRUNK = re.compile(r"8\d{10}")
_MEXICAN_MOBILE = re.compile(r"^\+52\W*1(?=\W*(\d\W*){10}$)")
"""Mobiles were +52 1 until 2019, and networks still write them so; the 1 is no part of them."""
_SHORT = re.compile(r"\d{2,7}")
_NAME = re.compile(r"(?=.*\w)[\w .&+'/*#_-]{1,40}")
_LONGEST = 60
"""Characters of what is looked at; a number has fifteen digits (ITU-T E.164)."""

_WHY = {
    ValidationResult.INVALID_COUNTRY_CODE: "its country code does not exist",
    ValidationResult.TOO_SHORT: "it is too short",
    ValidationResult.TOO_LONG: "it is too long",
    ValidationResult.INVALID_LENGTH: "no number of that country has this length",
}


@dataclass(frozen=True, slots=True)
class Party:
    """One end of a text message. scheme: `tel` (value in E.164) or `smssender` (as spelled)."""

    scheme: str
    value: str

    @property
    def answerable(self) -> bool:
        return self.scheme == TEL


class NotANumber(ValueError):
    """`str(error)` says what is wrong with it, and never quotes it."""


def party(raw: str, region: str = "") -> Party:
    """Whoever wrote: a number, else a short number or a name. Raises NotANumber for neither."""
    text = " ".join(unicodedata.normalize("NFKC", raw).split())
    if not text or len(text) > _LONGEST:
        raise NotANumber("The sender is empty." if not text else "The sender is far too long.")
    if any(character.isalpha() for character in text):
        return _name(text)
    if _SHORT.fullmatch(text):
        return Party(SENDER, text)
    return Party(TEL, e164(text, region))


def e164(raw: str, region: str = "") -> str:
    """`+79123456789` for every way to spell it; `region` (ISO 3166) reads national spellings.

    Raises NotANumber, saying why.
    """
    text = " ".join(unicodedata.normalize("NFKC", raw).split())
    if len(text) > _LONGEST or not any(character.isdigit() for character in text):
        raise NotANumber("This is no phone number.")
    if text.startswith("+"):
        return _international(text)
    for spelled, country in _readings(text, region):
        number = _parsed(spelled, country)
        # What had to be guessed must be a number that exists.
        if number is not None and phonenumbers.is_valid_number(number):
            return phonenumbers.format_number(number, PhoneNumberFormat.E164)
    raise NotANumber(
        "This is no phone number with its country code (+7 912 345-67-89)"
        + (f", nor one of {region.upper()}." if region else ".")
    )


def region_of(number: str) -> str:
    """The country (ISO 3166) of a number in E.164, or nothing."""
    parsed = _parsed(number, None)
    return (phonenumbers.region_code_for_number(parsed) or "") if parsed is not None else ""


def is_region(code: str) -> bool:
    return code in phonenumbers.SUPPORTED_REGIONS


def _name(text: str) -> Party:
    if not _NAME.fullmatch(text):
        raise NotANumber("The sender is neither a phone number nor a name.")
    return Party(SENDER, text)


def _international(text: str) -> str:
    number = _parsed(_MEXICAN_MOBILE.sub("+52", text), None)
    if number is None:
        raise NotANumber("This is no phone number: its country code does not exist.")
    # A + is believed when the length fits: numbering plans grow faster than tables.
    result = phonenumbers.is_possible_number_with_reason(number)
    if result in _WHY:
        raise NotANumber(f"This is no phone number: {_WHY[result]}.")
    if result != ValidationResult.IS_POSSIBLE:
        raise NotANumber("This is a phone number without its area code.")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def _readings(text: str, region: str) -> list[tuple[str, str | None]]:
    """The ways to read a number without +, surest first; as `hub.customers.addresses` does."""
    digits = phonenumbers.normalize_digits_only(text)
    readings: list[tuple[str, str | None]] = [(text, region.upper())] if region else []
    if digits.startswith("00"):
        readings.append(("+" + digits[2:], None))
    if _RUSSIAN_TRUNK.fullmatch(digits):
        readings.append((digits, "RU"))
    readings.append(("+" + digits, None))
    return readings


def _parsed(text: str, country: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
