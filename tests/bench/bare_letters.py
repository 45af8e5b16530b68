"""What mail is measured against: the standard library's parser and one transaction per fifty.

Upserts the customer, finds the thread by In-Reply-To, keeps words and files; nothing else is
decided, cleaned or told.
"""

import email
import email.message
from collections.abc import Sequence
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.utils import parseaddr
from uuid import UUID

from hub.ids import new_id
from tests.bench.floors import Raw

BATCH = 50

_TABLES = """
    CREATE TABLE floor_people (address text PRIMARY KEY, id uuid NOT NULL, name text NOT NULL);
    CREATE TABLE floor_mails (
        message_id text PRIMARY KEY, id uuid NOT NULL UNIQUE, thread uuid NOT NULL,
        person uuid NOT NULL, subject text NOT NULL, text text NOT NULL, html text NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT now());
    CREATE INDEX ON floor_mails (person, recorded_at DESC);
    CREATE TABLE floor_parts (mail uuid NOT NULL, name text NOT NULL, content bytea NOT NULL)
"""
_PEOPLE = """
    INSERT INTO floor_people (address, id, name)
    SELECT * FROM unnest($1::text[], $2::uuid[], $3::text[])
    ON CONFLICT (address) DO UPDATE SET name = excluded.name RETURNING address, id
"""
_THREADS = "SELECT message_id, thread FROM floor_mails WHERE message_id = ANY ($1::text[])"
_MAILS = """
    INSERT INTO floor_mails (message_id, id, thread, person, subject, text, html)
    SELECT * FROM unnest($1::text[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::text[],
                         $7::text[])
    ON CONFLICT DO NOTHING
"""
_PARTS = "INSERT INTO floor_parts SELECT * FROM unnest($1::uuid[], $2::text[], $3::bytea[])"


@dataclass(frozen=True, slots=True)
class Read:
    message_id: str
    answers: str
    name: str
    address: str
    subject: str
    text: str
    html: str
    files: tuple[tuple[str, bytes], ...]


def read(raw: bytes) -> Read:
    """The mail by `email` with its older policy: the newer one takes four times as long."""
    mail = email.message_from_bytes(raw)
    name, address = parseaddr(_words(mail["From"]))
    bodies = {"text/plain": "", "text/html": ""}
    files = []
    for part in mail.walk():
        kind = part.get_content_type()
        if part.is_multipart():
            continue
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        if part.get_filename():
            files.append((_words(part.get_filename()), content))
        elif kind in bodies:
            charset = part.get_content_charset() or "utf-8"
            bodies[kind] = content.decode(charset, "replace")
    return Read(
        mail["Message-ID"].strip(),
        (mail["In-Reply-To"] or "").strip(),
        name,
        address.lower(),
        _words(mail["Subject"]),
        bodies["text/plain"],
        bodies["text/html"],
        tuple(files),
    )


def _words(value: object) -> str:
    return str(make_header(decode_header(str(value))))


async def make_tables(connection: Raw) -> None:
    await connection.execute(_TABLES)


async def take(connection: Raw, raws: Sequence[bytes]) -> None:
    """Read and store, fifty to a transaction."""
    for start in range(0, len(raws), BATCH):
        mails = [read(raw) for raw in raws[start : start + BATCH]]
        async with connection.transaction():
            await _store(connection, mails)


async def _store(connection: Raw, mails: Sequence[Read]) -> None:
    people = await _people(connection, mails)
    rows = await connection.fetch(_THREADS, [one.answers for one in mails if one.answers])
    threads: dict[str, UUID] = {row["message_id"]: row["thread"] for row in rows}
    ids = [new_id() for _ in mails]
    for mail, own in zip(mails, ids, strict=True):
        threads[mail.message_id] = threads.get(mail.answers, own)
    await connection.execute(
        _MAILS,
        [one.message_id for one in mails],
        ids,
        [threads[one.message_id] for one in mails],
        [people[one.address] for one in mails],
        [one.subject for one in mails],
        [one.text for one in mails],
        [one.html for one in mails],
    )
    parts = [(own, *file) for mail, own in zip(mails, ids, strict=True) for file in mail.files]
    if parts:
        await connection.execute(_PARTS, *map(list, zip(*parts, strict=True)))


async def _people(connection: Raw, mails: Sequence[Read]) -> dict[str, UUID]:
    names = dict(sorted((one.address, one.name) for one in mails))
    rows = await connection.fetch(
        _PEOPLE, list(names), [new_id() for _ in names], list(names.values())
    )
    return {row["address"]: row["id"] for row in rows}
