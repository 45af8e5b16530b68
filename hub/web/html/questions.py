"""`/question/{token}`: the page where a customer answers what a rule asked.

The token is all the proof there is: whoever has it got the message. Looking answers nothing,
since programs that check mails for viruses follow every link.
"""

from dataclasses import dataclass
from urllib.parse import parse_qs
from uuid import UUID

from aiohttp import web

from hub.customers.roots import lock_roots
from hub.db.engine import AnySession
from hub.inboxes import company
from hub.rules import context, settling
from hub.rules.context import Subject
from hub.rules.question_links import QuestionLinks
from hub.rules.settling import Question
from hub.web.bodies import read_bounded
from hub.web.html.pages import Pages
from hub.web.services import Services

_LARGEST = 4 * 1024


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page shows. words: the question, without what is said of how to answer it.

    answered: the answer that counts; closed: none is taken any more.
    """

    language: str
    company: str
    words: str
    labels: tuple[str, ...]
    answered: str
    closed: bool


class QuestionPages:
    """Served to customers, who are signed in nowhere."""

    def __init__(self, services: Services, pages: Pages) -> None:
        self._services = services
        self._pages = pages
        self._links = QuestionLinks(services.keyring, services.settings.public_url)

    async def ask(self, request: web.Request) -> web.Response:
        """The question, and a button for each answer."""
        question_id = self._links.read(request.match_info["token"])
        if question_id is None:
            return self._page(request, None)
        async with self._services.database.reading() as session:
            shown = await self._shown(session, request, question_id)
        return self._page(request, shown)

    async def answer(self, request: web.Request) -> web.Response:
        """Take the answer; the first one counts."""
        question_id = self._links.read(request.match_info["token"])
        form = parse_qs((await read_bounded(request, _LARGEST)).decode("utf-8", "replace"))
        said = form.get("answer", [""])[0]
        if question_id is None or not (said.isascii() and said.isdigit() and len(said) < 3):
            return await self.ask(request)
        async with self._services.database.transaction() as session:
            found = await settling.find(session, question_id)
            if found is not None:
                await lock_roots(session, [found.root_id])
                found = await settling.find(session, question_id)
            if found is not None:
                await settling.take(session, found, int(said), self._services.clock())
            shown = await self._shown(session, request, question_id)
        return self._page(request, shown)

    async def _shown(
        self, session: AnySession, request: web.Request, question_id: UUID
    ) -> Shown | None:
        found = await settling.find(session, question_id)
        if found is None:
            return None
        now = self._services.clock()
        [seen] = await context.load(session, [Subject("customer", found.root_id)], now)
        language = self._pages.language(request, str(seen.customer["locale"]) if seen else "")
        labels = tuple(one.label for one in found.choices)
        known = await company.of_message(session, found.entry_id)
        return Shown(language, known, _asked(found), labels, found.answered, found.closed)

    def _page(self, request: web.Request, shown: Shown | None) -> web.Response:
        status = 404 if shown is None else 200
        locale = shown.language if shown else ""
        return self._pages.page(
            request, "question.html", status=status, locale=locale, shown=shown
        )


def _asked(question: Question) -> str:
    """The message without the list of answers that stands below it where there are no buttons."""
    first = question.choices[0].label
    return question.words.partition(f"\n\n1 – {first}")[0]
