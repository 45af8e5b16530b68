"""`hub explain`: in plain words, why messages went where they went, wait, or did not go."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated, Any

import typer

from hub import clock
from hub.cli import explanation, words
from hub.cli.environment import on_installation
from hub.cli.output import JsonFlag, as_text, id_of
from hub.cli.root import new_app
from hub.installation import Installation
from hub.rules import why

app = new_app("Say why messages went, wait or did not go.")
Id = Annotated[str, typer.Argument(metavar="ID")]
Facts = dict[str, Any]


@app.callback()
def explain() -> None:
    """Say why messages went, wait or did not go."""


@app.command()
def message(identifier: Id, *, as_json: JsonFlag = False) -> None:
    """Explain one message: the decision, every delivery and every attempt."""

    message_id = id_of(identifier)

    async def load(at: Installation) -> Facts:
        async with at.database.reading() as session:
            return await explanation.of_message(session, message_id)

    _show(on_installation(load), about_message, as_json=as_json)


@app.command()
def customer(
    identifier: Id,
    *,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many decisions.")] = 20,
    as_json: JsonFlag = False,
) -> None:
    """Explain what a customer was sent and what not: the latest decisions first."""

    customer_id = id_of(identifier)

    async def load(at: Installation) -> Facts:
        async with at.database.reading() as session:
            return await explanation.of_customer(session, customer_id, limit=limit)

    _show(on_installation(load), about_customer, as_json=as_json)


@app.command()
def reminder(identifier: Id, *, as_json: JsonFlag = False) -> None:
    """Explain one reminder: what it is bound to, when it is due, and what became of it."""

    reminder_id = id_of(identifier)

    async def load(at: Installation) -> Facts:
        async with at.database.reading() as session:
            return await explanation.of_reminder(session, reminder_id)

    _show(on_installation(load), about_reminder, as_json=as_json)


@app.command()
def rule(
    identifier: Id,
    customer: Annotated[str, typer.Option(metavar="ID", help="For whom it did not fire.")],
    *,
    as_json: JsonFlag = False,
) -> None:
    """Explain why a rule does not fire for a customer: each condition with what it finds now."""

    question = why.Question(id_of(identifier), id_of(customer))

    async def load(at: Installation) -> Facts:
        async with at.database.reading() as session:
            return await why.ask(session, question, now=clock.now())

    _show(on_installation(load), about_rule, as_json=as_json)


def _show(facts: Facts, tell: Callable[[Facts], Iterator[str]], *, as_json: bool) -> None:
    for line in [as_text(facts)] if as_json else tell(facts):
        typer.echo(line)


def about_message(facts: Facts) -> Iterator[str]:
    """The lines a person reads; the last one is the message's id."""
    one = facts["message"]
    yield f"{words.kind(one)}, {_at(one['recorded_at'])}, with {_who(one)}."
    if one["direction"] == "inbound":
        yield f"It came in through {one['inbox']} ({one['channel']}): there was nothing to decide."
    for decision in facts["decisions"]:
        yield from about_decision(decision)
    for delivery in facts["deliveries"]:
        yield from about_delivery(delivery)
    yield str(one["id"])


def about_customer(facts: Facts) -> Iterator[str]:
    """The lines a person reads; the last one is the customer's id."""
    yield f"{facts['customer']['name'] or 'A customer without a name'} can be reached at:"
    for point in facts["contact_points"]:
        yield f"  {words.point(point)}"
    if facts["edges"]:
        yield "What belongs to them, and by what evidence, the latest first:"
    for edge in facts["edges"]:
        yield f"  {words.edge(edge)}"
    if not facts["decisions"]:
        yield "Nothing has been decided about messages to them yet."
    for decision in facts["decisions"]:
        yield from about_decision(decision)
        for delivery in facts["deliveries"]:
            if delivery["entry_id"] == decision["entry_id"]:
                yield from about_delivery(delivery)
    yield str(facts["customer"]["id"])


def about_reminder(facts: Facts) -> Iterator[str]:
    """The lines a person reads; the last one is the reminder's id."""
    one = facts["reminder"]
    bound = one["object"]
    yield f"The rule {one['rule']['name']} (version {one['rule_version']}) planned it for the"
    yield f"  {bound['kind']} {bound['number']}, revision {bound['revision']}, at {one['moment']}."
    yield f"It is due at {one['due_at']} and {words.reminder(one['status'], one['reason'])}."
    for decision in facts["decisions"]:
        yield from about_decision(decision)
    yield str(one["id"])


def about_rule(facts: Facts) -> Iterator[str]:
    """The lines a person reads; the last one is the rule's id."""
    yield f"The rule {facts['rule']['name']}: {words.verdict(facts['would'])}."
    if facts["object"]:
        yield f"Asked about the {facts['object']['kind']} {facts['object']['id']}."
    if facts["conditions"]:
        yield from about_condition(facts["conditions"], depth=1)
    for name, said in (("last_firing", "It last fired"), ("last_skip", "It last did nothing")):
        if (one := facts[name]) is not None:
            reason = f", {one['reason']}" if one["reason"] else ""
            yield f"{said} at {one['at']}: {one['outcome']}{reason}."
    yield str(facts["rule"]["id"])


def about_condition(node: Facts, *, depth: int) -> Iterator[str]:
    """The tree of conditions, a line each, indented; groups before what is inside them."""
    holds = "yes" if node["holds"] else "no "
    indent = "  " * depth
    if "field" in node:
        said = f"{node['field']} {node['operator']} {node['value']}"
        yield f"{indent}{holds} {said} (found: {node['found']})"
        return
    [(word, parts)] = [(name, one) for name, one in node.items() if name != "holds"]
    yield f"{indent}{holds} {word}:"
    for part in parts:
        yield from about_condition(part, depth=depth + 1)


def about_decision(decision: Facts) -> Iterator[str]:
    yield f"{_at(decision['at'])}: {words.outcome(decision)}"
    for candidate in decision["candidates"]:
        yield f"    {words.candidate(candidate)}"


def about_delivery(delivery: Facts) -> Iterator[str]:
    part = f", part {delivery['part']} of {delivery['parts']}" if delivery["parts"] > 1 else ""
    again = ", a new try of an earlier delivery" if delivery["retry_of"] else ""
    where = f"{delivery['inbox']} ({delivery['channel']})"
    yield f"  Delivery {delivery['id']} through {where}{part}{again}: {words.status(delivery)}"
    for attempt in delivery["attempts"]:
        when = f"Attempt {attempt['number']}, {_at(attempt['started_at'])}"
        yield f"    {when}: {words.attempt(attempt)}"


def _who(one: Facts) -> str:
    return f"{one['customer'] or 'a customer without a name'} ({one['customer_id']})"


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
