"""What a node does unasked: its loops, the readers of the log, the handlers of what waits."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from functools import partial

from hub.alerts import telling as alert_messages
from hub.alerts import watch as alert_watch
from hub.appointments.links import AnswerLinks
from hub.conversations import notify
from hub.conversations.inbound import rated
from hub.conversations.outbound import fallbacks
from hub.conversations.outbound.chat_mail import ChatMails
from hub.conversations.outbound.fallbacks import Fallbacks
from hub.conversations.outbound.stop_links import StopLinks
from hub.conversations.update import Snoozes
from hub.db.passing import Look, Passing
from hub.db.reader import LEISURE, Handler, Start, follow
from hub.db.relay import Relay
from hub.db.retention import Retention
from hub.db.wakeups import WakeUps
from hub.deliveries.amendments import Amendments
from hub.deliveries.outbox import PACES
from hub.desk import routing
from hub.desk.routing import RoutingReader
from hub.desk.turn_taking import Turns
from hub.due.loop import DueLoop
from hub.node.parts import Parts
from hub.node.role import Role
from hub.reminders import answering
from hub.reminders import loops as reminder_loops
from hub.reminders import reader as reminders
from hub.reminders.answering import AnswerReader
from hub.reminders.reader import ReminderReader
from hub.rules import actions, replies
from hub.rules import reader as rules_reader
from hub.rules.clock_times import ClockRules
from hub.rules.later import LaterRules
from hub.rules.question_links import QuestionLinks
from hub.rules.reader import RuleReader
from hub.rules.replies import QuestionReader
from hub.timeline import search_index
from hub.timers import watching
from hub.timers.watching import TimerReader, Timers
from hub.web import housekeeping
from hub.webhooks import reader as webhooks_reader
from hub.webhooks import sending as webhooks
from hub.webhooks.reader import WebhookReader

Loop = Callable[[], Coroutine[object, object, None]]

LOOKS: Mapping[str, Look] = {
    RuleReader.NAME: rules_reader.look,
    reminders.READER: reminders.look,
    answering.READER: answering.look,
    replies.READER: replies.look,
    WebhookReader.NAME: webhooks_reader.look,
    notify.READER: notify.look,
    rated.READER: rated.look,
    routing.READER: routing.look,
    watching.READER: watching.look,
    fallbacks.READER: fallbacks.look,
}
"""What each reader makes of events before it reads them; the search index wants them all."""


def loops_of(parts: Parts, role: Role) -> Mapping[str, Loop]:
    database = parts.installation.database
    shared: dict[str, Loop] = {
        "relay": Relay(database).run,
        "wake-ups": WakeUps(database).run,
        "live": parts.feed.run,
        "inboxes": parts.supervisor.run,
        "visitors": parts.ingest.attendance.run,
    }
    if role is Role.WEB:
        return shared
    settings, keyring = parts.installation.settings, parts.installation.keyring
    links = StopLinks(keyring, settings.public_url)
    rule_tools = actions.Tools(
        parts.registry,
        links.preferences,
        AnswerLinks(keyring, settings.public_url),
        QuestionLinks(keyring, settings.public_url),
    )
    rules = RuleReader(rule_tools, parts.clock)
    handlers = {
        **parts.outbox.handlers,
        **reminder_loops.handlers(database, parts.clock, rule_tools),
        **ChatMails(database, parts.clock, parts.registry, links).handlers,
        **Fallbacks(database, parts.clock, parts.registry).handlers,
        **Amendments(database, parts.clock, parts.supervisor.channel).handlers,
        **Snoozes(database, parts.clock).handlers,
        **Turns(database, parts.clock).handlers,
        **Timers(database, parts.clock).handlers,
        **parts.webhooks.handlers,
        **LaterRules(database, rule_tools, parts.clock).handlers,
        **ClockRules(database, rule_tools, parts.clock).handlers,
        alert_watch.KIND: alert_watch.Watch(database, parts.clock),
        alert_messages.KIND: alert_messages.Messages(
            database, parts.clock, parts.supervisor.channel, settings.public_url
        ),
    }
    passing = Passing(database, LOOKS)

    def by(name: str, handle: Handler, *, linger: float = 0, start: Start = "beginning") -> Loop:
        """A reader that is woken when it may have something to do."""
        wake = passing.wake(name)
        return partial(follow, database, name, handle, linger=linger, wake=wake, start=start)

    worker: dict[str, Loop] = {
        "due": DueLoop(
            database,
            parts.clock,
            handlers,
            paces={**PACES, **webhooks.PACES, **reminder_loops.PACES},
        ).run,
        "passing": passing.run,
        "rules": by(RuleReader.NAME, rules),
        reminders.READER: by(reminders.READER, ReminderReader(parts.clock)),
        answering.READER: by(answering.READER, AnswerReader(parts.registry, parts.clock)),
        replies.READER: by(replies.READER, QuestionReader(parts.registry, parts.clock)),
        WebhookReader.NAME: by(WebhookReader.NAME, WebhookReader(parts.clock), start="end"),
        notify.READER: by(notify.READER, notify.notify, linger=LEISURE),
        rated.READER: by(rated.READER, rated.RatingReader(parts.clock), linger=LEISURE),
        routing.READER: by(routing.READER, RoutingReader(parts.clock), start="end"),
        watching.READER: by(watching.READER, TimerReader(parts.clock), start="end"),
        fallbacks.READER: by(fallbacks.READER, fallbacks.answered),
        "search": partial(
            follow,
            database,
            search_index.READER,
            search_index.index,
            linger=LEISURE,
            yields=True,
        ),
        "retention": Retention(database, parts.clock).run,
        "housekeeping": partial(housekeeping.run, database, parts.clock),
    }
    return shared | worker


async def endless(name: str, loop: Coroutine[object, object, None]) -> None:
    await loop
    raise RuntimeError(f"The loop {name} ended by itself.")


def health_of(loops: Mapping[str, "asyncio.Task[None]"]) -> Mapping[str, bool]:
    return {name: not task.done() for name, task in loops.items()}
