"""Mails as a shop gets them: about 11 kB each; four in ten begin something, one in ten has a file.

Every draw has addresses and Message-IDs of its own, so what is measured twice is new twice.
"""

import random
from email.message import EmailMessage
from email.utils import format_datetime

from hub import clock

US = "help@shop.example"
_NEW = 0.4
_FILES = 0.1
_WORDS = (
    "здравствуйте", "заказ", "доставка", "когда", "приедет", "спасибо", "order", "courier",
    "please", "invoice", "tomorrow", "поръчка", "куриер", "благодаря", "адрес", "размер",
)  # fmt: skip


def letters(count: int, seed: int) -> list[bytes]:
    """`count` mails, the same for the same seed; answers name mails of the same draw."""
    dice = random.Random(seed)
    written: list[tuple[str, str, str]] = []
    made = []
    for number in range(count):
        message_id = f"<{seed}.{number}@mail.example>"
        if written and dice.random() >= _NEW:
            first, sender, _ = written[dice.randrange(len(written))]
            before = first
        else:
            before, sender = "", f"person{seed}.{number}@customer.example"
        written.append((message_id, sender, before))
        made.append(_letter(dice, message_id, sender, before))
    return made


def _letter(dice: random.Random, message_id: str, sender: str, before: str) -> bytes:
    mail = EmailMessage()
    mail["From"] = f"Анна Петрова <{sender}>"
    mail["To"] = US
    mail["Subject"] = ("Re: " if before else "") + "Где мой заказ № 1043?"
    mail["Date"] = format_datetime(clock.now())
    mail["Message-ID"] = message_id
    if before:
        mail["In-Reply-To"] = before
        mail["References"] = before
    text = "\n".join(" ".join(dice.choices(_WORDS, k=12)) for _ in range(12))
    mail.set_content(text, cte="base64")
    lines = "".join(f"<p style='margin:0 0 1em'>{line}</p>" for line in text.split("\n"))
    mail.add_alternative(f"<html><body>{lines * 2}</body></html>", subtype="html", cte="base64")
    if dice.random() < _FILES:
        # As a photograph begins: what a file is, is told by that.
        photo = b"\xff\xd8\xff\xe0" + dice.randbytes(30_000)
        mail.add_attachment(photo, maintype="image", subtype="jpeg", filename="Фото.jpg")
    return mail.as_bytes()
