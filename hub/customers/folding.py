"""How names are compared: without case, with ё as е, with single spaces."""

import unicodedata


def fold(name: str) -> str:
    """What two spellings of one name have in common: `Семён  ПЁТР` → `семен петр`."""
    folded = unicodedata.normalize("NFKC", name).casefold().replace("ё", "е")
    return " ".join(folded.split())
