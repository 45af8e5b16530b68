"""A message by its template's name: what rules and the API send."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from hub.conversations.draft import Draft
from hub.db.engine import AnySession
from hub.ports import Invite
from hub.templates import store
from hub.templates.invites import invite_of
from hub.templates.pages import Page
from hub.templates.spec import Template
from hub.templates.store import Stored
from hub.templates.wording import Wording, case_of


@dataclass(frozen=True, slots=True)
class Said:
    """A template filled in. name, version: of the one whose words these are."""

    name: str
    version: int
    purpose: str
    wording: Wording
    invite: Invite | None = None

    def draft(self, **fields: object) -> Draft:
        """The draft of it; `fields` are further ones of `Draft`, and win."""
        words, variants = self.wording.everywhere, self.wording.channels
        if "buttons" in fields:
            own = {"buttons": fields["buttons"]}
            variants = {name: replace(one, **own) for name, one in variants.items()}  # type: ignore[arg-type]
        said = {
            "text": words.text,
            "html": words.html,
            "subject": words.subject,
            "buttons": words.buttons,
            "variants": variants,
            "purpose": self.purpose,
            "invite": self.invite,
            "data": {"template": {"name": self.name, "version": self.version}},
        }
        return Draft(**{**said, **fields})  # type: ignore[arg-type]

    def draft_of_ways(self, **fields: object) -> Draft:
        """`draft`, with words that are filled in only once the way is known.

        Its own text is never sent: every way has words among its `variants`.
        """
        if "buttons" in fields:
            return self.draft(**fields)
        said = {
            "text": self.name,
            "variants": self.wording,
            "purpose": self.purpose,
            "invite": self.invite,
            "data": {"template": {"name": self.name, "version": self.version}},
        }
        return Draft(**{**said, **fields})  # type: ignore[arg-type]


class Library:
    """Templates as they are now, each read once: for one transaction and no longer."""

    def __init__(self, session: AnySession) -> None:
        self._session = session
        self._found: dict[str, Stored] = {}
        self._pages: dict[tuple[str, str], Page] = {}

    async def said(
        self, name: str, facts: Mapping[str, object], *, locale: str, time_zone: str
    ) -> Said | None:
        """What the template says to a reader of `locale`, who lives in `time_zone`.

        facts: `customer`, and beside it `order`, `appointment`, `conversation` (what it is about)
        and `data`. None when it has nothing to say: a case nobody wrote, or words that come out
        empty. Raises Invalid for an unknown name or a missing field.
        """
        found = await self._find(name)
        if found.template.cases is not None:
            chosen = case_of(found.template, facts)
            if chosen is None:
                return None
            found = await self._find(chosen)
        template = found.template
        wording = Wording(self._page(template, locale), facts, time_zone)
        if not wording.speaks:
            return None
        invite = invite_of(wording.calendar, facts)
        return Said(template.name, found.version, template.purpose, wording, invite)

    async def _find(self, name: str) -> Stored:
        if name not in self._found:
            self._found[name] = await store.find(self._session, name)
        return self._found[name]

    def _page(self, template: Template, locale: str) -> Page:
        if (template.name, locale) not in self._pages:
            self._pages[template.name, locale] = Page(template, locale)
        return self._pages[template.name, locale]


async def said(
    session: AnySession,
    name: str,
    facts: Mapping[str, object],
    *,
    locale: str,
    time_zone: str,
) -> Said | None:
    """`Library.said` for a single message."""
    return await Library(session).said(name, facts, locale=locale, time_zone=time_zone)
