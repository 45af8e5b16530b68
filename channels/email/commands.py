"""`hub email ...`: what a mail would become, without an inbox."""

import sys
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from channels.email.parsing.mail import Address, Bounce, Mail
from channels.email.parsing.parse import parse as parse_mail

app = typer.Typer(
    help="Mail: look at how it is read.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
_LARGEST = 200 * 1024 * 1024


@app.callback()
def email() -> None:
    """Mail: look at how it is read."""


@app.command()
def parse(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE...", help="Raw mails; - is standard input.")
    ],
    _json: Annotated[  # noqa: FBT002 - an option of the command line
        bool, typer.Option("--json", help="As everywhere; nothing else is printed in any case.")
    ] = True,
) -> None:
    """Print each mail as one line of JSON, in the order given, also one that cannot be read."""
    for file in files:
        sys.stdout.buffer.write(_line(file) + b"\n")
    sys.stdout.buffer.flush()


def _line(file: str) -> bytes:
    shown = file.encode("utf-8", "replace").decode()  # a name may be any bytes
    try:
        raw = _bytes(file)
        if len(raw) > _LARGEST:
            return _unread(f"{shown}: larger than any mail")
        return orjson.dumps(as_json(parse_mail(raw)))
    except OSError as error:
        return _unread(f"{shown}: {error.strerror}")
    # A fault of ours in one mail costs the others nothing: each has its line.
    except Exception as error:  # noqa: BLE001
        return _unread(f"{shown}: {type(error).__name__}")


def _bytes(file: str) -> bytes:
    """One more than the largest at most: a device has no end."""
    if file == "-":
        return sys.stdin.buffer.read(_LARGEST + 1)
    with Path(file).open("rb") as opened:
        return opened.read(_LARGEST + 1)


def _unread(why: str) -> bytes:
    return orjson.dumps(as_json(Mail()) | {"error": why})


def as_json(mail: Mail) -> dict[str, Any]:
    """A mail in the shape that the command prints."""
    return {
        "message_id": mail.message_id,
        "in_reply_to": mail.in_reply_to,
        "references": list(mail.references),
        "from": _address(mail.sender) if mail.sender else None,
        "to": [_address(one) for one in mail.to],
        "cc": [_address(one) for one in mail.cc],
        "reply_to": [_address(one) for one in mail.reply_to],
        "subject": mail.subject,
        "date": mail.date.isoformat().replace("+00:00", "Z") if mail.date else None,
        "text": mail.text,
        "reply_text": mail.reply_text,
        "html": mail.html,
        "remote_images": mail.remote_images,
        "attachments": [
            {
                "filename": one.filename,
                "content_type": one.content_type,
                "size": one.size,
                "content_id": one.content_id,
                "inline": one.inline,
            }
            for one in mail.attachments
        ],
        "kind": mail.kind.value,
        "auto_submitted": mail.auto_submitted,
        "bounce": _bounce(mail.bounce) if mail.bounce else None,
    }


def _address(one: Address) -> dict[str, str]:
    return {"name": one.name, "address": one.address}


def _bounce(bounce: Bounce) -> dict[str, Any]:
    return {
        "status": bounce.status,
        "action": bounce.action,
        "recipient": bounce.recipient,
        "original_message_id": bounce.original_message_id,
    }
