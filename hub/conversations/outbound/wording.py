"""The words of a message on one of its ways, and what they answer."""

from html import escape
from typing import Any

import orjson
from sqlalchemy import Row

from hub.conversations.draft import Draft
from hub.conversations.outbound import correct, joining, subjects
from hub.conversations.outbound.job import Job
from hub.conversations.outbound.joining import Target
from hub.conversations.outbound.reach import Reach
from hub.customers import consents
from hub.db.engine import WriteSession
from hub.deliveries.compose import Message
from hub.ports import Capabilities, Quoted
from hub.rendering.filling import PREFERENCES_URL

_LONGEST_FACT = 8_000
"""Bytes of JSON."""
_MOST_QUOTED = 20_000
"""Characters."""


async def message_of(
    session: WriteSession, job: Job, where: Reach, target: Target | None
) -> Message:
    last = await joining.last_inbound(session, target.id if target else None, where)
    draft, chat = job.draft, where.candidate.inbox_id
    return Message(
        text=draft.text,
        html=draft.html,
        subject=draft.subject or subjects.answering(_subject(last)),
        cc=draft.cc,
        bcc=draft.bcc,
        files=job.files,
        buttons=draft.buttons,
        in_reply_to=last.external_id if last else "",
        # The name of a rule or a program says nothing to a customer.
        author_name=job.by.author.name if job.by.author.kind == "operator" else "",
        automatic=draft.automatic,
        forced=draft.force,
        purpose="" if draft.answers else consents.kind_of(draft.purpose),
        locale=job.locale,
        answered=_facts(last),
        quoted=_quoted(last) if draft.quote else None,
        invite=draft.invite,
        reply_to=await correct.name_in(session, draft.reply_to, where.stream_id, chat)
        if draft.reply_to
        else "",
    )


def worded(draft: Draft, where: Reach) -> Draft:
    """The draft as it is said on this way, with this customer's own addresses."""
    said = choosing(draft.on(where.candidate.channel), where.candidate.capabilities)
    named = PREFERENCES_URL in said.text or PREFERENCES_URL in said.html
    if draft.preferences_page is None or not named:
        return said
    url = draft.preferences_page(where.candidate.contact_point_id)
    return said._replace(
        text=said.text.replace(PREFERENCES_URL, url),
        html=said.html.replace(PREFERENCES_URL, url),
    )


def choosing(draft: Draft, can: Capabilities) -> Draft:
    """The draft with its answers spelled out where no buttons stand below it."""
    if draft.choices is None or can.buttons:
        return draft
    labels, url = draft.choices.labels, draft.choices.url
    lines = "\n".join(f"{number} – {label}" for number, label in enumerate(labels, start=1))
    if not (can.html and url):
        return draft._replace(text=f"{draft.text.rstrip()}\n\n{lines}")
    shown = " · ".join(labels)
    html = draft.html or _paragraphs(draft.text)
    link = f'<p><a href="{escape(url)}">{escape(shown)}</a></p>'
    return draft._replace(text=f"{draft.text.rstrip()}\n\n{lines}\n\n{url}", html=html + link)


def _paragraphs(words: str) -> str:
    found = (one.strip() for one in words.split("\n\n"))
    return "".join("<p>" + escape(one).replace("\n", "<br>") + "</p>" for one in found if one)


def _facts(last: Row[Any] | None) -> dict[str, object]:
    """What its channel said of the answered message, without what is long: the words of a mail."""
    facts: dict[str, object] = last.data if last else {}
    return {name: one for name, one in facts.items() if len(orjson.dumps(one)) <= _LONGEST_FACT}


def _subject(last: Row[Any] | None) -> str:
    found = last.data.get("subject") if last else ""
    return found if isinstance(found, str) else ""


def _quoted(last: Row[Any] | None) -> Quoted | None:
    """The words that are answered; nobody scrolls through more of them."""
    if last is None or not last.text:
        return None
    return Quoted(last.text[:_MOST_QUOTED], last.author_name, last.occurred_at)
