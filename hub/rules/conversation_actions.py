"""What a rule changes of a conversation: the one it is about, else the customer's newest open."""

from datetime import datetime
from uuid import UUID

from hub.conversations import update
from hub.conversations.draft import Sender
from hub.conversations.status import UNSET, ConversationStatus, Patch
from hub.db.engine import AnySession, WriteSession
from hub.db.rows import Query
from hub.desk import routing
from hub.errors import NotFound
from hub.rules import named
from hub.rules.context import Context
from hub.rules.schedule import duration
from hub.rules.steps import Action, Assign, Close, Labels, LabelWords

_NEWEST = Query("""
    SELECT c.id FROM conversations AS c JOIN streams AS s ON s.id = c.opening_stream_id
    WHERE s.root_id = :root AND c.status <> 'closed'
    ORDER BY c.updated_at DESC, c.id DESC LIMIT 1
""")


async def change(
    session: WriteSession, context: Context, action: Action, by: Sender, now: datetime
) -> None:
    """Do it; raises NotFound when there is no conversation, Invalid when it cannot be."""
    conversation_id = context.conversation_id or await _newest(session, context.customer_id)
    if action.route is not None:
        await routing.anew(session, conversation_id, by=by, now=now)
        return
    patch = await _patch(session, conversation_id, action, now)
    await update.update(session, conversation_id, patch, by=by, now=now)


async def _newest(session: AnySession, root_id: UUID) -> UUID:
    rows = await _NEWEST.rows(session, {"root": root_id})
    if not rows:
        raise NotFound("The customer has no open conversation.")
    found: UUID = rows[0]["id"]
    return found


async def _patch(
    session: WriteSession, conversation_id: UUID, action: Action, now: datetime
) -> Patch:
    if action.assign is not None:
        return await _given(session, action.assign)
    if action.label is not None or action.unlabel is not None:
        held = await update.hold(session, conversation_id)
        labels = held.state.labels if held else ()
        return Patch(labels=relabelled(labels, action))
    if action.priority is not None:
        return Patch(priority=action.priority)
    if action.snooze is not None:
        return Patch(snoozed_until=now + duration(action.snooze))
    reason = action.close.reason if isinstance(action.close, Close) else ""
    return Patch(status=ConversationStatus.CLOSED, close_reason=reason or UNSET)


async def _given(session: AnySession, assign: Assign) -> Patch:
    operator = await named.operator_id(session, assign.operator) if assign.operator else UNSET
    team = await named.team_id(session, assign.team) if assign.team else UNSET
    return Patch(assignee_id=operator, team_id=team)


def words(given: LabelWords) -> Labels:
    """However they are spelled: a word, a list, or with what they are on."""
    if isinstance(given, Labels):
        return given
    return Labels(labels=[given] if isinstance(given, str) else given)


def relabelled(labels: tuple[str, ...] | list[str], action: Action) -> tuple[str, ...]:
    """The labels with those of the action, or without them."""
    if action.label is not None:
        return tuple(sorted({*labels, *words(action.label).labels}))
    gone = words(action.unlabel).labels if action.unlabel is not None else []
    return tuple(one for one in labels if one not in gone)
