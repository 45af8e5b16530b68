"""Ten thousand people who write, as people do: labelled, so that a link can be right or wrong.

    python -m tests.people [COUNT]     prints a few of them

Everybody has some addresses and spells them differently each time. Some type addresses into forms,
not always their own; a few prove an address. Numbers change hands and families share a mailbox.
"""

import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass

FIRST = (
    "Анна", "Иван", "Мария", "Пётр", "Ольга", "Семён", "Elena", "Boris", "Vera", "Gleb", "Nina",
    "Oleg", "Raya", "Stefan", "Ivo",
)  # fmt: skip
LAST = (
    "Петрова", "Иванов", "Орлов", "Семёнова", "Волкова", "Kostov", "Dimitrova", "Smith", "Marin",
    "Georgieva",
)  # fmt: skip
DOMAINS = ("example.com", "example.org", "gmail.com", "пример.рф", "yandex.ru")

PROVES = 0.025
"""Part of the people who prove a second address: by sharing their number, or with a code."""
TYPES = 0.3
WRONG = 0.1
"""Part of what is typed that is somebody else's address."""
RECYCLED = 0.002
"""Part of the proven numbers that were somebody else's before."""
SHARED = 0.01
"""Part of the mailboxes that two people use."""


@dataclass(frozen=True, slots=True)
class Person:
    """number: the label. mails, tels: how they spell their own, canonical ones first.

    claims: the mail address typed into the chat. proves: by `tel` or `code`, or nothing.
    """

    number: int
    name: str
    mails: tuple[str, ...]
    tels: tuple[str, ...]
    telegram: str
    visit: str
    claims: str
    claims_own: bool
    proves: str


def people(count: int, seed: int = 20_261) -> list[Person]:
    """`count` people, the same for the same seed."""
    dice = random.Random(seed)
    return list(_people(count, dice))


def _people(count: int, dice: random.Random) -> Iterator[Person]:
    for number in range(count):
        mail, tel = _mail(number), f"+7912{number:07d}"
        if dice.random() < SHARED and number:
            mail = _mail(number - 1)
        if dice.random() < RECYCLED and number:
            tel = f"+7912{number - 1:07d}"
        own = dice.random() >= WRONG
        typed = mail if own else _mail(dice.randrange(count))
        yield Person(
            number,
            f"{dice.choice(FIRST)} {dice.choice(LAST)}",
            (mail, *_spelled_mails(mail, dice)),
            (tel, *_spelled_tels(tel)),
            str(100_000 + number),
            f"visit-{number}",
            dice.choice(_typed(typed, dice)) if dice.random() < TYPES else "",
            own,
            dice.choice(("tel", "code")) if dice.random() < PROVES else "",
        )


def _mail(number: int) -> str:
    return f"person{number}@{DOMAINS[number % len(DOMAINS)]}"


def _spelled_mails(mail: str, dice: random.Random) -> tuple[str, ...]:
    """The same mailbox, exactly: case, and the ASCII form of its domain."""
    local, _, domain = mail.partition("@")
    ascii_domain = domain.encode("idna").decode()
    return (mail.upper(), f"{local.title()}@{ascii_domain}", f" {mail} ")[: dice.randint(1, 3)]


def _typed(mail: str, dice: random.Random) -> tuple[str, ...]:
    """What a form is given: also with a +tag, and with dots where their provider ignores them."""
    local, _, domain = mail.partition("@")
    dotted = f"{local[:3]}.{local[3:]}@{domain}" if domain == "gmail.com" else mail
    return (*_spelled_mails(mail, dice), f"{local}+shop@{domain}", dotted)


def _spelled_tels(tel: str) -> tuple[str, ...]:
    digits = tel[2:]
    return (f"8 ({digits[:3]}) {digits[3:6]}-{digits[6:8]}-{digits[8:]}", f"007{digits}")


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    for one in people(count):
        sys.stdout.write(f"{one}\n")


if __name__ == "__main__":
    main()
