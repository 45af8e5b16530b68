"""Which characters the bytes of a mail mean: what the label says, unless that cannot be."""

import codecs
import re
from functools import lru_cache

import chardet
from chardet.enums import EncodingEra

from channels.email.parsing.limits import MAX_SAMPLE

# What mail clients mean by a name, which is more than the name's standard covers: the
# WHATWG Encoding Standard's labels, Microsoft's names, and words that are no charset at all.
_MEANT = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb231280": "gb18030",
    "xgbk": "gb18030",
    "cngb": "gb18030",
    "ksc5601": "cp949",
    "ksc56011987": "cp949",
    "ksc56011989": "cp949",
    "euckr": "cp949",
    "windows949": "cp949",
    "iso2022jpms": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "iso2022jp": "iso2022_jp_ext",
    "shiftjis": "cp932",
    "sjis": "cp932",
    "xsjis": "cp932",
    "windows31j": "cp932",
    "big5": "big5hkscs",
    "xxbig5": "big5hkscs",
    "iso88591": "cp1252",
    "latin1": "cp1252",
    "iso88598i": "iso8859_8",
    "iso88598e": "iso8859_8",
    "iso88596i": "iso8859_6",
    "iso88599": "cp1254",
    "iso885911": "cp874",
    "tis620": "cp874",
    "windows874": "cp874",
    "unicode11utf8": "utf-8",
    "utf8mb4": "utf-8",
    "utf8": "utf-8",
    "cp65001": "utf-8",
    "unicode": "utf-16",
    "utf7": "utf-7",
    "unicode11utf7": "utf-7",
    "xmaccyrillic": "mac_cyrillic",
    "xmacroman": "mac_roman",
    "macintosh": "mac_roman",
    "koi8": "koi8-r",
    "xunknown": "",
    "unknown": "",
    "unknown8bit": "",
    "8bit": "",
    "7bit": "",
    "binary": "",
    "default": "",
    "defaultcharset": "",
    "usascii": "",
    "ascii": "",
    "ansix341968": "",
    "none": "",
}
_NOT_ALNUM = re.compile(r"[^a-z0-9]")
_ALIAS = re.compile(r"(?:windows|cp|ms|win|x-cp)-?_?(12\d\d|8\d\d)", re.IGNORECASE)
_HIGH = re.compile(rb"[\x80-\xff]")
_LETTER = re.compile(rb"[A-Za-z]")
_ESCAPED = re.compile(rb"\x1b\$[@B]|\x1b\([IJ]")
_UNKEPT = re.compile("[\x00\ufeff\ud800-\udfff]")
_TRAILING = 3
"""Bytes at the end that a cut may have left of a character."""


def decode(raw: bytes, label: str | None = None, hint: str | None = None) -> str:
    """The text of `raw`, never failing; NUL and byte-order marks are dropped.

    `label` is the declared charset, `hint` one that the same mail uses elsewhere.
    """
    name = codec(label)
    if name in _MULTIBYTE or b"\x1b" in raw:
        return _UNKEPT.sub("", _decode(raw, name, codec(hint)))
    try:
        # The charset of nearly every mail. What is no UTF-8 says so at its first other byte.
        return raw.decode("utf-8").replace("\x00", "").replace("\ufeff", "")
    except UnicodeDecodeError:
        return _UNKEPT.sub("", _decode(raw, name, codec(hint)))


@lru_cache(maxsize=128)
def codec(label: str | None) -> str:
    """Python's name for a label, or nothing when it means no charset we know."""
    name = (label or "").strip().strip("\"'").split("*")[0][:40]
    key = _NOT_ALNUM.sub("", name.lower())
    if key in _MEANT:
        return _MEANT[key]
    code_page = _ALIAS.search(name)
    return _known(f"cp{code_page[1]}" if code_page else name)


def _known(name: str) -> str:
    try:
        # `hex`, `zlib` and their like are no charsets: `decode` refuses them as Latin text.
        # Four bytes, which are whole characters in UTF-16 and UTF-32 too.
        bytes(4).decode(name)
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return ""
    return "" if found in _NO_CHARSETS or "escape" in found else found


# Python's own inventions; the first two take time in the square of the length.
_NO_CHARSETS = frozenset({"idna", "punycode", "undefined", "mbcs", "oem", "palmos"})


def _decode(raw: bytes, label: str, hint: str) -> str:
    marked = _byte_order(raw)
    if marked:
        return raw.decode(marked, "replace")
    if not _HIGH.search(raw):
        return _seven_bit(raw, label)
    # Valid UTF-8 beyond ASCII is never an accident of an 8-bit charset, whatever the label says;
    # the multi-byte charsets of East Asia are the exception, and are tried first when named.
    for name in ([label] if label in _MULTIBYTE else []) + ["utf-8"]:
        text = _strict(raw, name)
        if text is not None:
            return text
    if label == "utf-8" and _mostly_utf8(raw):
        return raw.decode("utf-8", "replace")
    if label and label != "utf-8" and not (label == "cp1252" and _mostly_high(raw)):
        return raw.decode(label, "replace")
    return _guess(raw, hint)


_MULTIBYTE = frozenset(
    {"gb18030", "cp949", "cp932", "big5hkscs", "euc_jp", "iso2022_jp_ext", "hz", "utf-7"}
    | {"utf-16", "utf-16-le", "utf-16-be", "utf-32", "iso2022_kr", "johab"}
)


def _byte_order(raw: bytes) -> str:
    if raw.startswith(codecs.BOM_UTF8):
        return "utf-8"
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return ""


def _seven_bit(raw: bytes, label: str) -> str:
    if label in _MULTIBYTE:
        return raw.decode(label, "replace")
    if _ESCAPED.search(raw):
        return raw.decode("iso2022_jp_ext", "replace")
    # EBCDIC and its like are no charsets of mail: 7-bit bytes under any other label are ASCII.
    return raw.decode("ascii", "replace")


def _strict(raw: bytes, name: str) -> str | None:
    try:
        return raw.decode(name)
    except UnicodeDecodeError as error:
        if error.start >= len(raw) - _TRAILING and error.start > _TRAILING:
            return raw[: error.start].decode(name, "replace") + "\ufffd"
        return None
    except ValueError:
        return None


def _mostly_utf8(raw: bytes) -> bool:
    """Whether at most a tenth of the bytes beyond ASCII is damaged: then UTF-8 was meant."""
    sample = raw[:MAX_SAMPLE]
    damaged = sample.decode("utf-8", "replace").count("\ufffd")
    return damaged * 10 <= len(_HIGH.findall(sample))


def _mostly_high(raw: bytes) -> bool:
    """Text in a Western language is mostly plain letters: this one was labelled by default."""
    sample = raw[:MAX_SAMPLE]
    return len(_HIGH.findall(sample)) > len(_LETTER.findall(sample))


def _guess(raw: bytes, hint: str) -> str:
    if hint and hint != "utf-8":
        text = _strict(raw, hint)
        if text is not None:
            return text
    found = chardet.detect(raw[:MAX_SAMPLE], encoding_era=EncodingEra.MODERN_WEB)
    name = codec(found["encoding"]) or "cp1252"
    whole = _HIGH_WORD.search(raw[:MAX_SAMPLE])
    if whole and name in _LATIN:
        return _cyrillic(raw)
    if not whole and name in _CYRILLIC:
        return raw.decode("cp1252", "replace")
    return raw.decode(name, "replace")


_LATIN = frozenset(
    {"cp1250", "cp1252", "cp1254", "cp1257", "iso8859-1", "iso8859-2", "iso8859-15", "mac-roman"}
)
_CYRILLIC = frozenset({"cp1251", "koi8-r", "koi8-u", "iso8859-5", "mac-cyrillic", "cp866"})
# Accents stand among plain letters: a word without any is none in Latin letters. A name of a
# file alone is too short for anybody who counts letters.
_HIGH_WORD = re.compile(
    rb"(?<![A-Za-z\x80-\xff])[\xa3\xa8\xb3\xb8\xc0-\xff]{3,}+(?![A-Za-z\x80-\xff])"
)
_CAPITAL_INSIDE = re.compile("[а-яё][А-ЯЁ]")


def _cyrillic(raw: bytes) -> str:
    """In whichever of the two charsets has small letters behind capital ones."""
    read = [raw.decode(name, "replace") for name in ("cp1251", "koi8-r")]
    return min(read, key=lambda text: len(_CAPITAL_INSIDE.findall(text)))
