"""Templates by name: the installation's own before the shipped; every stored form is a version.

`rules:admin` changes them; whoever may write to customers may send them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert

from hub.clock import rfc3339
from hub.db.base import Json
from hub.db.engine import AnySession, WriteSession
from hub.errors import Conflict, Invalid, NotFound
from hub.templates.shipped import shipped
from hub.templates.spec import Template, check_template, parse
from hub.templates.tables import OwnTemplate, TemplateVersion

Origin = Literal["shipped", "changed", "own"]
"""As this release brings it; the installation's words under a shipped name; its own name."""
MOST_OWN = 2000

_USERS = text("""
    SELECT name FROM rules
    WHERE jsonb_path_exists(
        spec, '$.**.template ? (@ == $name)',
        jsonb_build_object('name', CAST(:name AS text)))
    ORDER BY name LIMIT 20
""")


_INBOXES = text("""
    SELECT DISTINCT ON (channel) channel, name FROM inboxes ORDER BY channel, id
""")


@dataclass(frozen=True, slots=True)
class Stored:
    """A template where it was found. version 0: the shipped one."""

    template: Template
    origin: Origin
    version: int = 0
    id: UUID | None = None
    updated_at: datetime | None = None


async def names(session: AnySession) -> list[str]:
    """What rules and messages may name, in alphabetical order."""
    own = await session.scalars(select(OwnTemplate.name))
    return sorted({*own, *shipped()})


async def find(session: AnySession, name: str) -> Stored:
    """Raises Invalid, naming the field `template`, when nothing has that name."""
    row = await session.scalar(select(OwnTemplate).where(OwnTemplate.name == name))
    if row is not None:
        return _stored(row)
    if name in shipped():
        return Stored(shipped()[name], "shipped")
    raise Invalid(
        f"There is no template `{name[:80]}`.",
        remedy="Settings → Templates lists them; so does GET /templates.",
        fields={"template": "no such template"},
    )


async def get(session: AnySession, name: str) -> Stored:
    """`find` for whoever asked for it by its address: raises NotFound."""
    try:
        return await find(session, name)
    except Invalid as error:
        raise NotFound(str(error), remedy=error.remedy) from error


async def page(session: AnySession, *, after: str, limit: int) -> list[Stored]:
    """By name, those after `after`."""
    rows = await session.scalars(
        select(OwnTemplate).where(OwnTemplate.name > after).order_by(OwnTemplate.name).limit(limit)
    )
    # In Python's order, as the shipped ones: names are plain letters, digits and hyphens.
    found = {name: Stored(one, "shipped") for name, one in shipped().items() if name > after}
    found |= {row.name: _stored(row) for row in rows}
    return [found[name] for name in sorted(found)[:limit]]


async def create(
    session: WriteSession, template: Template, *, by: UUID | None, now: datetime
) -> Stored:
    """Store a new one; raises Invalid for what cannot work, Conflict when the name is taken."""
    check_template(template)
    await _check_cases(session, template)
    if template.name in shipped():
        raise _taken(template.name)
    count = len((await session.scalars(select(OwnTemplate.id).limit(MOST_OWN))).all())
    if count >= MOST_OWN:
        raise Invalid(f"An installation has at most {MOST_OWN} templates of its own.")
    return await _insert(session, template, by, now)


async def change(
    session: WriteSession,
    name: str,
    changes: Json,
    *,
    seen: int | None = None,
    by: UUID | None,
    now: datetime,
) -> tuple[Stored, bool]:
    """The template with `changes` (of its top level) as its next version; True if it differs.

    A shipped one becomes the installation's. seen: the version the changes were made to; Conflict
    when it is another by now.
    """
    row = await session.scalar(
        select(OwnTemplate).where(OwnTemplate.name == name).with_for_update()
    )
    before = _stored(row) if row is not None else await get(session, name)
    if seen is not None and seen != before.version:
        raise Conflict(
            "Somebody else has changed this template meanwhile.",
            remedy="Look at the newest version and decide what of yours is still to go in.",
            code="changed-meanwhile",
            extra={"version": before.version},
        )
    after = parse({**before.template.model_dump(mode="json"), **changes, "name": name})
    if after == before.template:
        return before, False
    check_template(after)
    await _check_cases(session, after)
    if row is None:
        return await _insert(session, after, by, now), True
    row.version, row.spec, row.updated_at = row.version + 1, _document(after), now
    await session.flush()
    await _keep(session, row, by, now)
    return _stored(row), True


async def remove(session: WriteSession, name: str) -> Stored:
    """Delete an own one, or bring the shipped one back; raises Conflict while a rule needs it."""
    found = await get(session, name)
    if found.origin == "shipped":
        raise Conflict(
            f"`{name}` came with this release and cannot be deleted.",
            remedy="Send nothing of it: switch off the rules that name it.",
        )
    users = [] if found.origin == "changed" else await used_by(session, name)
    if users:
        raise Conflict(
            f"`{name}` is used by {', '.join(f'“{one}”' for one in users)}.",
            remedy="Let these say something else first.",
            extra={"used_by": users},
        )
    await session.execute(delete(OwnTemplate).where(OwnTemplate.id == found.id))
    return found


async def used_by(session: AnySession, name: str) -> list[str]:
    """The rules that send it, and the templates whose cases name it."""
    rules = [
        row.name for row in await (await session.connection()).execute(_USERS, {"name": name})
    ]
    own = (await session.scalars(select(OwnTemplate).limit(MOST_OWN))).all()
    replaced = {row.name for row in own}
    specs = [parse({**row.spec, "name": row.name}) for row in own]
    specs += [one for known, one in shipped().items() if known not in replaced]
    return rules + [
        one.name for one in specs if one.cases and name in one.cases.templates.values()
    ]


async def inbox_names(session: AnySession) -> dict[str, str]:
    """By channel, the name of its first inbox: what a mail of it is headed with."""
    rows = await (await session.connection()).execute(_INBOXES)
    return {row.channel: row.name for row in rows}


async def versions(session: AnySession, name: str) -> list[Json]:
    """`{"version", "at", "by", "template"}`, the newest first; the shipped one is version 0."""
    rows = await session.scalars(
        select(TemplateVersion)
        .join(OwnTemplate, OwnTemplate.id == TemplateVersion.template_id)
        .where(OwnTemplate.name == name)
        .order_by(TemplateVersion.version.desc())
        .limit(200)
    )
    found: list[Json] = [
        {
            "version": row.version,
            "at": rfc3339(row.at),
            "by": row.by_id,
            "template": parse({**row.spec, "name": name}).model_dump(mode="json"),
        }
        for row in rows
    ]
    if name in shipped():
        template = shipped()[name].model_dump(mode="json")
        found.append({"version": 0, "at": None, "by": None, "template": template})
    if not found:
        await get(session, name)
    return found


async def _insert(
    session: WriteSession, template: Template, by: UUID | None, now: datetime
) -> Stored:
    row = await session.scalar(
        insert(OwnTemplate)
        .values(
            name=template.name,
            version=1,
            spec=_document(template),
            created_at=now,
            updated_at=now,
        )
        .on_conflict_do_nothing(index_elements=["name"])
        .returning(OwnTemplate)
    )
    if row is None:
        raise _taken(template.name)
    await _keep(session, row, by, now)
    return _stored(row)


async def _keep(session: WriteSession, row: OwnTemplate, by: UUID | None, now: datetime) -> None:
    session.add(
        TemplateVersion(template_id=row.id, version=row.version, spec=row.spec, by_id=by, at=now)
    )
    await session.flush()


async def _check_cases(session: AnySession, template: Template) -> None:
    if template.cases is None:
        return
    known = await _all(session)
    for value, name in template.cases.templates.items():
        place = f"cases.templates.{value}"
        if name not in known or name == template.name:
            raise Invalid(f"There is no template `{name}`.", fields={place: "no such template"})
        if known[name].cases is not None:
            raise Invalid(
                f"`{name}` chooses too: one choice is enough.", fields={place: "has cases"}
            )


async def _all(session: AnySession) -> Mapping[str, Template]:
    own = await session.scalars(select(OwnTemplate).limit(MOST_OWN))
    return {**shipped(), **{row.name: _stored(row).template for row in own}}


def _stored(row: OwnTemplate) -> Stored:
    origin: Origin = "changed" if row.name in shipped() else "own"
    template = parse({**row.spec, "name": row.name})
    return Stored(template, origin, row.version, row.id, row.updated_at)


def _document(template: Template) -> Json:
    return template.model_dump(mode="json", exclude={"name"})


def _taken(name: str) -> Conflict:
    return Conflict(
        f"There is a template `{name}` already.",
        remedy="Choose another name, or change that one.",
        fields={"name": "taken"},
        extra={"existing": name},
    )
