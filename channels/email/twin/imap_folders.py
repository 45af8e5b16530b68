"""The commands about folders as such (RFC 3501 6.3): which there are, and what is in them."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING

from channels.email.twin.imap_syntax import Unreadable, Words, quoted
from channels.email.twin.post import Full
from channels.email.twin.refusal import Refused

if TYPE_CHECKING:
    from channels.email.twin.imap import Session


class Folders:
    """Those of the mailbox whose session this is. `commands`: what each says in its OK."""

    def __init__(self, session: "Session") -> None:
        self._session = session
        self.commands: Mapping[str, Callable[[Words], Awaitable[str]]] = {
            "CREATE": self._create,
            "DELETE": self._delete,
            "SUBSCRIBE": self._subscribe,
            "UNSUBSCRIBE": self._subscribe,
            "LIST": self._list,
            "LSUB": self._lsub,
            "NAMESPACE": self._namespace,
            "STATUS": self._status,
        }

    async def _create(self, words: Words) -> str:
        name = words.text().rstrip("/")
        words.end()
        if self._session.box.folder(name) is not None:
            raise Refused("NO [ALREADYEXISTS] It is there")
        if not name.isprintable() or not 0 < len(name) <= 200:
            raise Refused("NO [CANNOT] No name for a folder")
        try:
            await self._session.post.create(self._session.box, name)
        except Full as error:
            raise Refused(f"NO [LIMIT] {error}") from error
        return "Created"

    async def _delete(self, words: Words) -> str:
        folder = self._session.folder(words.text())
        words.end()
        if folder.name == "INBOX":
            raise Refused("NO [CANNOT] INBOX stays")
        await self._session.post.delete(self._session.box, folder.name)
        return "Deleted"

    async def _subscribe(self, words: Words) -> str:
        self._session.folder(words.text())
        words.end()
        return "All folders are subscribed to"

    async def _list(self, words: Words) -> str:
        await self._listed(words, "LIST")
        return "Listed"

    async def _lsub(self, words: Words) -> str:
        await self._listed(words, "LSUB")
        return "Listed"

    async def _listed(self, words: Words, word: str) -> None:
        reference = words.text()
        words.space()
        pattern = words.pattern()
        words.end()
        if not pattern:
            await self._session.say(f'{word} (\\Noselect) "/" ""')
            return
        fits = _pattern(reference + pattern)
        for folder in self._session.box.folders.values():
            if fits.fullmatch(folder.name):
                marks = " ".join(["\\HasNoChildren", folder.use]).strip()
                await self._session.say(f'{word} ({marks}) "/" {quoted(folder.name)}')

    async def _namespace(self, words: Words) -> str:
        words.end()
        await self._session.say('NAMESPACE (("" "/")) NIL NIL')
        return "One"

    async def _status(self, words: Words) -> str:
        folder = self._session.folder(words.text())
        words.space()
        wished = words.atoms()
        words.end()
        facts = {
            "MESSAGES": len(folder.mails),
            "RECENT": 0,
            "UIDNEXT": folder.uidnext,
            "UIDVALIDITY": folder.uidvalidity,
            "UNSEEN": folder.unseen(),
        }
        if unknown := set(wished) - set(facts):
            raise Unreadable(f"nothing is called {min(unknown)}")
        told = " ".join(f"{one} {facts[one]}" for one in wished)
        await self._session.say(f"STATUS {quoted(folder.name)} ({told})")
        return "Told"


def _pattern(text: str) -> re.Pattern[str]:
    """`*` and `%` as RFC 3501 6.3.8 has them; INBOX in any case."""
    if len(text) > 200 or text.count("*") + text.count("%") > 5:
        raise Unreadable("that pattern is too long")
    pieces = {"*": ".*", "%": "[^/]*"}
    made = "".join(pieces.get(one, re.escape(one)) for one in text)
    return re.compile(made, re.IGNORECASE if text.upper() == "INBOX" else 0)
