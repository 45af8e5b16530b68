"""`hub explain`: in plain words, why messages went where they went, wait, or did not go."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from functools import partial
from typing import Annotated, Any, TypeAlias

import typer

from hub import clock
from hub.cli import explanation, words
from hub.cli.environment import on_installation
from hub.cli.output import JsonFlag, as_text, id_of
from hub.cli.root import new_app
from hub.cli.words import Words
from hub.db.engine import AnySession
from hub.installation import Installation
from hub.rules import why

app = new_app("Say why messages went, wait or did not go.")
Id = Annotated[str, typer.Argument(metavar="ID")]
Language = Annotated[
    str,
    typer.Option(
        "--lang",
        envvar=["LC_ALL", "LC_MESSAGES", "LANG"],
        help="In which language: en, ru, bg. Else that of the terminal.",
    ),
]
Facts = dict[str, Any]
Ask: TypeAlias = Callable[[AnySession], Awaitable[Facts]]
Tell: TypeAlias = Callable[[Facts, Words], Iterator[str]]


@app.callback()
def explain() -> None:
    """Say why messages went, wait or did not go."""


@app.command()
def message(identifier: Id, *, lang: Language = "en", as_json: JsonFlag = False) -> None:
    """Explain one message: the decision, every delivery and every attempt."""
    ask = partial(explanation.of_message, message_id=id_of(identifier))
    _explain(ask, about_message, lang, as_json=as_json)


@app.command()
def customer(
    identifier: Id,
    *,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many decisions.")] = 20,
    lang: Language = "en",
    as_json: JsonFlag = False,
) -> None:
    """Explain what a customer was sent and what not: the latest decisions first."""
    ask = partial(explanation.of_customer, customer_id=id_of(identifier), limit=limit)
    _explain(ask, about_customer, lang, as_json=as_json)


@app.command()
def reminder(identifier: Id, *, lang: Language = "en", as_json: JsonFlag = False) -> None:
    """Explain one reminder: what it is bound to, when it is due, and what became of it."""
    ask = partial(explanation.of_reminder, reminder_id=id_of(identifier))
    _explain(ask, about_reminder, lang, as_json=as_json)


@app.command()
def rule(
    identifier: Id,
    customer: Annotated[str, typer.Option(metavar="ID", help="For whom it did not fire.")],
    *,
    lang: Language = "en",
    as_json: JsonFlag = False,
) -> None:
    """Explain why a rule does not fire for a customer: each condition with what it finds now."""
    question = why.Question(id_of(identifier), id_of(customer))
    ask = partial(why.ask, question=question, now=clock.now())
    _explain(ask, about_rule, lang, as_json=as_json)


def _explain(ask: Ask, tell: Tell, lang: str, *, as_json: bool) -> None:
    async def load(at: Installation) -> Facts:
        async with at.database.reading() as session:
            return await ask(session)

    facts = on_installation(load)
    for line in [as_text(facts)] if as_json else tell(facts, words.of(lang)):
        typer.echo(line)


def about_message(facts: Facts, words: Words) -> Iterator[str]:
    """The lines a person reads; the last one is the message's id."""
    one = facts["message"]
    by = words.by(one["author_kind"], one["author_name"])
    who = f"{one['customer'] or words.say('customer.unnamed')} ({one['customer_id']})"
    at = _at(one["recorded_at"])
    yield words.say("message.head", what=words.kind(one), by=by, at=at, who=who)
    if one["direction"] == "inbound":
        yield words.say("message.received", inbox=one["inbox"], channel=one["channel"])
    for decision in facts["decisions"]:
        yield from about_decision(decision, words)
    for delivery in facts["deliveries"]:
        yield from about_delivery(delivery, words)
    yield str(one["id"])


def about_customer(facts: Facts, words: Words) -> Iterator[str]:
    """The lines a person reads; the last one is the customer's id."""
    name = facts["customer"]["name"] or words.say("customer.unnamed")
    yield words.say("customer.reached", name=name)
    for point in facts["contact_points"]:
        yield f"  {words.point(point)}"
    if facts["edges"]:
        yield words.say("customer.belongs")
    for edge in facts["edges"]:
        yield f"  {words.edge(edge)}"
    if not facts["decisions"]:
        yield words.say("customer.undecided")
    for decision in facts["decisions"]:
        yield from about_decision(decision, words)
        for delivery in facts["deliveries"]:
            if delivery["entry_id"] == decision["entry_id"]:
                yield from about_delivery(delivery, words)
    yield str(facts["customer"]["id"])


def about_reminder(facts: Facts, words: Words) -> Iterator[str]:
    """The lines a person reads; the last one is the reminder's id."""
    one = facts["reminder"]
    bound = one["object"]
    yield words.say(
        "reminder.planned",
        rule=one["rule"]["name"],
        version=one["rule_version"],
        kind=words.thing(bound["kind"]),
        number=bound["number"],
        revision=bound["revision"],
        moment=one["moment"],
    )
    what = words.reminder(one["status"], one["reason"])
    yield words.say("reminder.due", at=one["due_at"], what=what)
    for decision in facts["decisions"]:
        yield from about_decision(decision, words)
    yield str(one["id"])


def about_rule(facts: Facts, words: Words) -> Iterator[str]:
    """The lines a person reads; the last one is the rule's id."""
    verdict = words.verdict(facts["would"])
    yield words.say("rule.head", name=facts["rule"]["name"], verdict=verdict)
    if about := facts["object"]:
        yield words.say("rule.about", kind=words.thing(about["kind"]), id=about["id"])
    if facts["conditions"]:
        yield from about_condition(facts["conditions"], words, depth=1)
    for name in ("last_firing", "last_skip"):
        if (one := facts[name]) is not None:
            outcome = ", ".join(filter(None, (one["outcome"], one["reason"])))
            yield words.say(f"rule.{name}", at=one["at"], outcome=outcome)
    yield str(facts["rule"]["id"])


def about_condition(node: Facts, words: Words, *, depth: int) -> Iterator[str]:
    """The tree of conditions, a line each, indented; groups before what is inside them."""
    holds = words.say("condition.yes" if node["holds"] else "condition.no")
    indent = "  " * depth
    if "field" in node:
        yield f"{indent}{holds} {words.say('condition.found', **node)}"
        return
    [(word, parts)] = [(name, one) for name, one in node.items() if name != "holds"]
    yield f"{indent}{holds} {word}:"
    for part in parts:
        yield from about_condition(part, words, depth=depth + 1)


def about_decision(decision: Facts, words: Words) -> Iterator[str]:
    rule = decision["rule"]
    by = words.by("rule", rule) if rule else words.by(decision["by_kind"], "")
    at, what = _at(decision["at"]), words.outcome(decision)
    yield words.say("decision.line", at=at, what=what, by=by)
    for candidate in decision["candidates"]:
        yield f"    {words.candidate(candidate)}"


def about_delivery(delivery: Facts, words: Words) -> Iterator[str]:
    more = [
        words.say("delivery.part", part=delivery["part"], parts=delivery["parts"])
        if delivery["parts"] > 1
        else "",
        words.say("delivery.again") if delivery["retry_of"] else "",
    ]
    line = words.say(
        "delivery.line",
        id=delivery["id"],
        inbox=delivery["inbox"],
        channel=delivery["channel"],
        more="".join(f", {one}" for one in more if one),
        what=words.status(delivery),
    )
    yield f"  {line}"
    for attempt in delivery["attempts"]:
        at, what = _at(attempt["started_at"]), words.attempt(attempt)
        said = words.say("tried.line", number=attempt["number"], at=at, what=what)
        yield f"    {said}"


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
