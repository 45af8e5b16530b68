"""Counting as Telegram counts: entities in UTF-16 units, faults in bytes of UTF-8."""


def utf16(text: str) -> int:
    """Units of UTF-16."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def byte(text: str, at: int) -> int:
    """The byte offset of a character."""
    return len(text[:at].encode("utf-8", "surrogatepass"))


def piece(text: str, offset: int, length: int) -> str:
    """The part that starts at `offset`, both in UTF-16 units."""
    raw = text.encode("utf-16-le", "surrogatepass")
    return raw[2 * offset : 2 * (offset + length)].decode("utf-16-le", "replace")
