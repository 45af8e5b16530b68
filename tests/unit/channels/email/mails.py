"""Mails for tests, put together in a line or two."""

from channels.email.parsing.mail import Mail
from channels.email.parsing.parse import parse


def raw(body: str | bytes, *fields: str, charset: str = "utf-8") -> bytes:
    """A mail: `fields` above `body`; line ends become CRLF."""
    named = {field.partition(":")[0].lower() for field in fields}
    base = ["From: Anna <anna@home.example>", "To: help@shop.example", "Subject: Hello"]
    head = [one for one in base if one.partition(":")[0].lower() not in named] + list(fields)
    content = body if isinstance(body, bytes) else body.encode(charset)
    text = "\n".join(head).encode(charset) + b"\n\n" + content
    return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def read(body: str | bytes, *fields: str, charset: str = "utf-8") -> Mail:
    """The mail that `raw` makes, parsed."""
    return parse(raw(body, *fields, charset=charset))


def multipart(*parts: str, kind: str = "mixed", boundary: str = "=_b") -> tuple[str, str]:
    """Body and Content-Type of a multipart; each part is its fields, a blank line, its body."""
    body = "".join(f"--{boundary}\n{part}\n" for part in parts) + f"--{boundary}--\n"
    return body, f'Content-Type: multipart/{kind}; boundary="{boundary}"'
