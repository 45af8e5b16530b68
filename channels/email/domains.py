"""How a domain name is spelled where only ASCII may stand (RFC 5890: A-labels)."""

import unicodedata


def ascii_domain(domain: str) -> str:
    """`пример.рф` as `xn--e1afmkfd.xn--p1ai`; what is ASCII already comes back in lower case.

    Python's own "idna" codec is IDNA 2003: it would take straße.de for strasse.de.
    """
    text = unicodedata.normalize("NFKC", domain).lower().replace("。", ".").removesuffix(".")
    return ".".join(_label(one) for one in text.split("."))


def ascii_address(address: str) -> str:
    """The address with its domain in ASCII; the local part stays as it is."""
    local, _, domain = address.rpartition("@")
    return f"{local}@{ascii_domain(domain)}"


def _label(label: str) -> str:
    return label if label.isascii() else "xn--" + label.encode("punycode").decode("ascii")
