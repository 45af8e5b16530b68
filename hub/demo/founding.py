"""Who is there before anybody can sign in: the demo's operators and its three programs' tokens."""

import asyncio
from collections.abc import Mapping
from datetime import datetime

from hub.demo.notebook import Notebook, easy_password
from hub.demo.stories import Script
from hub.errors import Conflict
from hub.installation import Installation
from hub.operators import passwords, repository, tokens, viewers
from hub.operators.access import Role, Scope

_PROGRAMS: Mapping[str, tuple[Scope, ...]] = {
    "storyteller": (Scope.ADMIN,),
    "shop": (Scope.ORDERS_WRITE,),
    "booking": (Scope.ORDERS_WRITE, Scope.CUSTOMERS_READ),
}


async def found(at: Installation, script: Script, notebook: Notebook, now: datetime) -> None:
    """Make them once; raises Conflict in a database that is somebody's already."""
    if await _is_ours(at, notebook):
        return
    if notebook.notes.told:
        raise Conflict(
            "The demo's notes (demo.json in the data directory) are about another database.",
            remedy="Remove them together with the rest of that data directory.",
        )
    by_key = {key: easy_password() for key in script.colleagues}
    hashes = await _hashed(by_key)
    async with at.database.transaction() as session:
        if await repository.any_exist(session):
            raise Conflict(
                "This database is in use, and the demo's made-up customers do not belong there.",
                remedy="Name an empty HUB_DATA_DIR (and no HUB_DATABASE_URL) for the demo.",
            )
        for key, one in script.colleagues.items():
            await repository.create(
                session,
                one.email,
                Role(one.role),
                name=one.name,
                locale=one.locale,
                password_hash=hashes[key],
                now=now,
            )
        made = {
            name: (await tokens.create(session, name, scopes, now=now))[1]
            for name, scopes in _PROGRAMS.items()
        }
        # Before the commit: notes without operators are written anew, the reverse locks us out.
        await notebook.change(passwords=by_key, tokens=made)


async def _is_ours(at: Installation, notebook: Notebook) -> bool:
    token = notebook.notes.tokens.get("storyteller")
    if token is None:
        return False
    async with at.database.reading() as session:
        return await viewers.by_token(session, token) is not None


async def _hashed(by_key: Mapping[str, str]) -> dict[str, str]:
    hasher = passwords.Passwords()
    try:
        hashes = await asyncio.gather(*[hasher.hash(one) for one in by_key.values()])
    finally:
        hasher.close()
    return dict(zip(by_key, hashes, strict=True))
