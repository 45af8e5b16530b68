"""What a rule changes of the customer: labels, attributes, name, language, time zone."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.conversations.draft import Sender
from hub.customers.changes import CustomerChanges, update
from hub.db.engine import WriteSession
from hub.rendering import render
from hub.rules.context import Context, customers
from hub.rules.conversation_actions import relabelled, words
from hub.rules.steps import Action, Value

_ATTRIBUTES = "customer.attributes."


def of_customer(action: Action) -> bool:
    """Whether labels are the customer's, not the conversation's."""
    given = action.label if action.label is not None else action.unlabel
    return given is not None and words(given).on == "customer"


async def change(
    session: WriteSession, context: Context, action: Action, by: Sender, now: datetime
) -> None:
    """Do it; raises Invalid for a value the customer cannot have."""
    if action.set_ is not None:
        changes = changes_of(action.set_, context)
    else:
        # Another action may have changed them since the context was read.
        known = await customers(session, {context.customer_id})
        labels = known[context.customer_id]["labels"]
        changes = CustomerChanges(labels=list(relabelled(labels, action)))
    cause = (by.cause.rule_id, by.cause.depth)
    await update(session, context.customer_id, changes, now=now, cause=cause)


def changes_of(wanted: Mapping[str, Value], context: Context) -> CustomerChanges:
    """The changes; texts are filled in, a null takes an attribute away."""
    values: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    for field, value in wanted.items():
        filled = _filled(value, context) if isinstance(value, str) else value
        if field.startswith(_ATTRIBUTES):
            attributes[field.removeprefix(_ATTRIBUTES)] = filled
        else:
            values[field.removeprefix("customer.")] = filled
    return CustomerChanges(**values, attributes=attributes or None)


def _filled(source: str, context: Context) -> str:
    customer = context.customer
    zone = str(customer["time_zone"])
    return render(source, context.values, locale=str(customer["locale"]), time_zone=zone)
