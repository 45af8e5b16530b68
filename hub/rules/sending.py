"""What firings send: many messages at once, each of them explained when it is not sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from hub.appointments.links import AnswerLinks
from hub.conversations.draft import Choices, Draft
from hub.conversations.outbound import storm
from hub.conversations.outbound.posting import Sent
from hub.conversations.outbound.reply import Asked, Suppressed, attempt_all
from hub.db.engine import WriteSession, savepoint
from hub.deliveries import decisions
from hub.deliveries.route import Fallback
from hub.errors import HubError
from hub.mappings import NOTHING
from hub.ports import Button
from hub.rules.actions import Acting, Result, Tools, filled, suppress, unsent
from hub.rules.loaders import Values
from hub.rules.schedule import duration
from hub.rules.steps import Send
from hub.templates.invites import invite_of
from hub.templates.message import Library


class Sending(NamedTuple):
    """A message that a firing sends."""

    acting: Acting
    send: Send
    choices: Choices | None = None
    data: Mapping[str, object] = NOTHING
    """Facts that the message keeps, beside those of its template."""


@dataclass(frozen=True, slots=True)
class _Unsaid:
    """Nothing is sent. outcome: suppressed, failed; told: what the decision says of it."""

    outcome: str
    reason: str
    told: str


async def send_all(
    session: WriteSession, sendings: Sequence[Sending], tools: Tools
) -> list[Result]:
    """Send them in the caller's transaction, in order, each to another customer.

    What fails is undone and explained, and hurts no other: where they cannot go together, they go
    by halves.
    """
    try:
        async with savepoint(session):
            return await _together(session, sendings, tools)
    except HubError as error:
        if len(sendings) == 1:
            return [await _failed(session, sendings[0].acting, error)]
    middle = len(sendings) // 2
    first = await send_all(session, sendings[:middle], tools)
    return first + await send_all(session, sendings[middle:], tools)


async def _failed(session: WriteSession, acting: Acting, error: HubError) -> Result:
    decision = await suppress(session, acting, "suppressed", f"failed: {error}")
    return Result("send", "failed", str(error), decision)


async def _together(
    session: WriteSession, sendings: Sequence[Sending], tools: Tools
) -> list[Result]:
    library, wanted = Library(session), list[tuple[Sending, Draft | _Unsaid]]()
    for one in sendings:
        wanted.append((one, await _wanted(session, library, one, tools)))
    quiet = [(one.acting, it) for one, it in wanted if isinstance(it, _Unsaid)]
    asked = [
        Asked(one.acting.context.customer_id, it, one.acting.by)
        for one, it in wanted
        if isinstance(it, Draft)
    ]
    now = sendings[0].acting.now
    kept = iter(await _keep(session, quiet, now))
    sent = iter(await attempt_all(session, asked, registry=tools.registry, now=now))
    return [_result(next(sent)) if isinstance(it, Draft) else next(kept) for _, it in wanted]


async def _wanted(
    session: WriteSession, library: Library, one: Sending, tools: Tools
) -> Draft | _Unsaid:
    """What it says, or why it says nothing. Writes nothing."""
    if reason := await _refusal(session, one.acting):
        return _Unsaid("suppressed", reason, reason)
    try:
        draft = await _draft(library, one.acting, one.send, tools)
    except HubError as error:
        return _Unsaid("failed", str(error), f"failed: {error}")
    if draft is None:
        return _Unsaid("suppressed", "template-silent", "template-silent")
    if not one.choices and not one.data:
        return draft
    return draft._replace(choices=one.choices, data={**draft.data, **one.data})


async def _keep(
    session: WriteSession, quiet: Sequence[tuple[Acting, _Unsaid]], now: datetime
) -> list[Result]:
    told = [unsent(acting, "suppressed", it.told) for acting, it in quiet]
    return [
        Result("send", it.outcome, it.reason, decision)
        for (_, it), decision in zip(
            quiet, await decisions.keep_all(session, told, now), strict=True
        )
    ]


def _result(sent: Sent | Suppressed) -> Result:
    if isinstance(sent, Suppressed):
        return Result("send", sent.outcome, sent.reason, sent.decision_id)
    return Result("send", decision_id=sent.decision_id)


async def _refusal(session: WriteSession, acting: Acting) -> str:
    """Why a machine must not answer what came in; empty when it may."""
    place, conversation_id = acting.context.place, acting.context.conversation_id
    if place is None and conversation_id is not None:
        # Whatever set the rule off, what it sends there answers what came last.
        place = await storm.newest(session, conversation_id)
    if place is None:
        return ""
    return str(await storm.storming(session, *place, acting.rule_id, acting.now) or "")


async def _draft(library: Library, acting: Acting, send: Send, tools: Tools) -> Draft | None:
    """None when the template has nothing to say about this."""
    context = acting.context
    given: dict[str, object] = {
        "channel": send.channel or "",
        "conversation_id": context.conversation_id,
        "automatic": True,
        "preferences_page": tools.preferences_page,
        "useful_until": acting.useful_until,
    }
    if send.fallback:
        further = [Fallback(one.channel, duration(one.after)) for one in send.fallback]
        given["fallback"] = tuple(further)
    if send.buttons:
        given["buttons"] = tuple(Button(one.label, one.value) for one in send.buttons)
    if send.calendar is not None:
        title = filled(context, send.calendar) if send.calendar else ""
        given["invite"] = invite_of(title, context.values)
    # A template knows its own purpose; the rule may say another.
    if send.purpose is not None:
        given["purpose"] = send.purpose
    if send.template is None:
        words = filled(context, send.text or "")
        return Draft(words, **given) if words else None  # type: ignore[arg-type]
    customer, values = context.customer, _with_links(context.values, tools.links)
    locale, zone = str(customer["locale"]), str(customer["time_zone"])
    found = await library.said(send.template, values, locale=locale, time_zone=zone)
    return None if found is None else found.draft_of_ways(**given)


def _with_links(values: Mapping[str, Values], links: AnswerLinks | None) -> Mapping[str, Values]:
    """The values for a template, with the address where each appointment is answered."""
    appointment = values.get("appointment")
    if links is None or appointment is None:
        return values
    others = [{**one, **_link(one, links)} for one in appointment["others"]]
    linked = {**appointment, **_link(appointment, links), "others": others}
    return {**values, "appointment": linked}


def _link(appointment: Values, links: AnswerLinks) -> Values:
    if not appointment["starts_at"]:
        return {}
    starts_at = datetime.fromisoformat(str(appointment["starts_at"]))
    return {"answer_url": links.url(appointment["id"], starts_at)}
