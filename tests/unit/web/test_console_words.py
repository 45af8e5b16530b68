"""The console has a word, in each language, for all it says; and no word that it never says."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, get_args, get_origin
from uuid import UUID

import pytest
from babel import Locale
from pydantic import BaseModel

from channels.email.parsing.mail import Kind
from channels.email.parsing.trust import Doubt
from channels.email.settings import EmailSettings
from channels.sms.settings import SmsSettings
from channels.telegram.settings import TelegramSettings
from channels.webchat.settings import WebChatSettings
from hub.alerts.incidents import PATTERNS
from hub.conversations.outbound import joining
from hub.conversations.outbound.storm import Calm
from hub.conversations.status import HIGHEST_PRIORITY, ConversationStatus, activities
from hub.customers.consents import Purpose
from hub.customers.evidence import Evidence
from hub.customers.suggestions import WEIGHTS
from hub.deliveries import planner, turns
from hub.deliveries.route import Obstacle, Preference
from hub.deliveries.status import Status
from hub.events import FOR_ONE, EventType
from hub.operators.access import Role, Scope
from hub.ports import Proof
from hub.rules import fields, operators, steps, triggers
from hub.templates.fields import CATALOGUE
from hub.templates.shipped import shipped
from hub.templates.store import Origin
from hub.web.resources.conversations import ConversationPatch
from hub.web.resources.customers import CustomerPatch
from hub.web.resources.inboxes import InboxPatch
from hub.web.resources.me import Notify, Way
from hub.web.resources.notifications import NotificationView
from hub.web.resources.oidc_settings import OidcPatch
from hub.web.resources.operators import OperatorChanges
from hub.web.resources.sending import SendingPatch
from hub.web.resources.sign_in_settings import SignInRulesPatch
from hub.web.resources.webhooks import HistoryQuery, WebhookPatch, WebhookView

ROOT = Path(__file__).parents[3]
CONSOLE = ROOT / "hub" / "web" / "static" / "console"
LANGUAGES = ("en", "ru", "bg")
SETTINGS: dict[str, type[BaseModel]] = {
    "email": EmailSettings,
    "sms": SmsSettings,
    "telegram": TelegramSettings,
    "webchat": WebChatSettings,
}
WORDS: dict[str, dict[str, str]] = {
    language: json.loads((CONSOLE / "words" / f"{language}.json").read_text("utf-8"))
    for language in LANGUAGES
}
SCRIPTS = {
    path.relative_to(CONSOLE).as_posix(): path.read_text("utf-8")
    for path in sorted(CONSOLE.rglob("*.js"))
}
CALL = re.compile(r"\b(t|word)\(")
LITERAL = re.compile(r'"([A-Za-z][\w.:-]*)"')
TEMPLATE = re.compile(r"`([a-z][\w.-]*)\.\$\{[^`]*\}(\.\w+)?`")
PLACEHOLDER = re.compile(r"\{(\w+)\}")


_APPOINTMENTS = (
    "created", "moved", "cancelled", "missed", "completed",
    "confirmed", "move-requested", "cancel-requested",
)  # fmt: skip


def _activities() -> set[str]:
    """The names of all activities that the server records."""
    someone = UUID(int=1)
    said = activities(dict.fromkeys(("assignee_id", "team_id"), (None, someone)), {})
    said += activities(dict.fromkeys(("assignee_id", "team_id"), (someone, None)), {})
    said += activities({"priority": (0, 1), "labels": ((), ("vip",))}, {})
    for status in ConversationStatus:
        said += activities({"status": ("", str(status))}, {})
    source = (ROOT / "hub" / "conversations" / "merging" / "reshape.py").read_text("utf-8")
    reshaped = set(re.findall(r'"((?:customer|contact_point)\.\w+)"', source))
    source = (ROOT / "hub" / "conversations" / "merging" / "regroup.py").read_text("utf-8")
    reshaped |= set(re.findall(r'"(conversation\.\w+)"', source))
    pushed = {"order.status_changed", *(f"appointment.{one}" for one in _APPOINTMENTS)}
    rated = {"conversation.rated", "conversation.rated_low"}
    return {one.name for one in said} | set(joining._SAID.values()) | reshaped | pushed | rated


def _announced() -> set[str]:
    """The statuses of an order that the shipped notice has a sentence for."""
    cases = shipped()["order-status"].cases
    assert cases is not None
    return set(cases.templates)


def _listed(script: str, name: str) -> set[str]:
    """The strings of a constant list in one of the console's modules."""
    found = re.search(rf"const {name} = \[(.*?)\];", SCRIPTS[script], re.DOTALL)
    assert found, (script, name)
    return set(re.findall(r'"([^"]+)"', found[1]))


def _picked(script: str, pattern: str) -> set[str]:
    """What stands at a place that repeats in one of the console's modules."""
    found = set(re.findall(pattern, SCRIPTS[script], re.MULTILINE))
    assert found, (script, pattern)
    return found


def _channels() -> set[str]:
    """The channels that the console has a glyph for."""
    (table,) = _picked("shell/icon.js", r"const glyphs = \{(.*?)\}")
    return set(re.findall(r"(\w+):", table))


def _audited() -> set[str]:
    """What the server writes down about who changed what."""
    calls = re.compile(r'(?:audit\.record|_audit)\(.*?"([a-z_]+\.[a-z_]+)"', re.DOTALL)
    sources = sorted((ROOT / "hub").rglob("*.py"))
    return {name for path in sources for name in calls.findall(path.read_text("utf-8"))}


def _fields() -> set[str]:
    """What the rule builder has a word for: behind the object, or all of it where it has none."""
    named = {one for kind in fields.OBJECTS for one in fields.of_object(kind) if "*" not in one}
    heads = {one: one.partition(".") for one in named}
    return {rest if head in fields.OBJECTS else one for one, (head, _, rest) in heads.items()}


def _providers() -> set[str]:
    """The mail providers that have a form of their own."""
    return _picked("settings/guide.js", r"^  (\w+): \{ settings:")


SKIPPED = {"skipped", "superseded", "late", "loop", "repeated", "capped"}
FAMILIES: dict[str, Iterable[str]] = {
    "about": CATALOGUE,
    "alert": PATTERNS,
    "alert-over": {kind for kind, one in PATTERNS.items() if one.over},
    "activity": _activities(),
    "field": _fields(),
    "field-of": fields.OBJECTS,
    "rule-moment": {f"{kind}.{one}" for kind, names in triggers.MOMENTS.items() for one in names},
    "actor": {"operator", "integration", "system"},
    # hub.web.resources.deliveries.AttemptView.
    # hub.appointments: what booking systems say, and what customers answer.
    "appointment-status": {
        *("booked", "confirmed", "move-requested", "cancel-requested"),
        *("cancelled", "missed", "completed"),
    },
    # hub.desk: what found the assignee.
    "how": {"owner", "round-robin"},
    "attempt": {"transient", "rate-limited", "permanent", "unknown", "misconfigured", "running"},
    # hub.web.resources.identity chooses between what it has undone.
    "audit-action": {
        *_audited(),
        "customer.unmerged",
        "contact_point.returned",
        "secrets.rotated",
        "operator.linked",
    },
    "audit-part": {
        *ConversationPatch.model_fields,
        *CustomerPatch.model_fields,
        *InboxPatch.model_fields,
        *OperatorChanges.model_fields,
        *WebhookPatch.model_fields,
        *SendingPatch.model_fields,
        *SignInRulesPatch.model_fields,
        *(set(OidcPatch.model_fields) - {"password", "code"}),
        # hub.web.resources.routing.
        "owners",
    },
    "channel": {*_channels(), "none"},
    "clock-day": map(str, range(1, 8)),
    "close": {"solved", "duplicate", "no-answer", "spam"},
    # hub.web.resources.consents.ConsentView.
    "consent-source": {"operator", "integration", "import", "customer", "link", "provider"},
    # Documented in hub.deliveries.tables.Decision; and what became of one since.
    "decision": {"sent", "waiting", "suppressed", "no-route", "superseded", "cancelled"},
    "delivery": Status,
    # hub.web.resources.reminders.ReminderView; whatever else a decision says is a `reason`.
    "dropped": {
        "moved",
        "cancelled",
        "no-time",
        "late",
        "rule-off",
        "skipped",
        "repeated",
        "failed",
        # hub.reminders.fate
        *("before-rule", "soon"),
    },
    "evidence": Evidence,
    # hub.web.resources.inboxes.FindingView, InboxView; hub.web.resources.rules.FiringView.
    "finding": {"ok", "warning", "error"},
    "firing": {"fired", "waiting", "suppressed", "no-route", "failed", "ended"},
    "group": {"all", "any", "not"},
    "inbox": {"opening", "open", "down", "misconfigured", "disabled"},
    "keys": _picked("shell/actions.js", r'group: "(\w+)"'),
    "list.empty": ConversationStatus,
    # What a channel of mail writes down about its people, as talk/mail.js lists it.
    "mail": {"from", "to", "cc", "bcc", "reply-to", "forwarded-by"},
    "mail-kind": {one for one in Kind if one is not Kind.PERSONAL},
    "moment": _picked("talk/moments.js", r'id: "(\w+)"'),
    "notification": get_args(NotificationView.model_fields["kind"].annotation),
    "notify": get_args(Way),
    "notify.kind": Notify.model_fields,
    "order": _announced(),
    "origin": get_args(Origin),
    "order-by": {"updated", "waiting", "due"},
    "orders.days": _listed("pages/orders.js", "DAYS"),
    "panes": {"list", "panel"},
    "priority": map(str, range(HIGHEST_PRIORITY + 1)),
    # What the server says of problems; `dismiss` is beside `replay`.
    "object": {"order", "appointment"},
    "only": {"any", "working_days", "working_hours"},
    "problem": {"failed", "unknown", "quarantined", "inbox-down", "stuck", "alert", "reminder"},
    "problem-action": {"retry", "replay", "open-inbox", "dismiss"},
    "proof": Proof,
    "purpose": Purpose,
    "reason": {
        *Calm,
        *Obstacle,
        *Preference,
        # hub.deliveries.decisions.refusal, route.Verdict.reason, reply, rules.actions.
        *("no-contact-point", "outranked", "scheduled", "template-silent"),
        *("superseded", "late", "loop", "failed", "joined"),
        # hub.conversations.problems.
        "reminder-failed",
        # hub.rules.later.
        "unanswered",
        # hub.conversations.outbound.chat_mail.
        "unread-in-chat",
        *(turns.ARRIVED, turns.ANSWERED, turns.OVERTAKEN, turns.CHANGED),
        *(turns.NO_RECEIPT, turns.WAY_FAILED),
        *(planner.QUIET_HOURS, planner.FREQUENCY_CAP),
    },
    "role": Role,
    "scheme": _listed("person/reshaping.js", "SCHEMES"),
    "scope": Scope,
    "search": _listed("shell/find.js", "KINDS"),
    "guide": {*_providers(), "telegram", "sms"},
    "guide-open": {*(_providers() - {"other"}), "telegram", "sms"},
    "provider": _providers(),
    "told": {*get_args(HistoryQuery.model_fields["status"].annotation), "all"} - {""},
    "webhook": get_args(WebhookView.model_fields["state"].annotation),
    # hub.web.resources.webhooks.ToldView, WebhookView.
    "webhook-fault": {
        *("timed-out", "not-reachable", "no-such-host", "tls-failed"),
        *("address-refused", "connection-broke", "event-forgotten"),
    },
    "webhook-off": {"by-hand", "failing", "gone"},
    "setting": _listed("settings/known.js", "FIELDS"),
    "setting-hint": _listed("settings/known.js", "FIELDS"),
    "setting-choice": _listed("settings/known.js", "CHOICES"),
    "settings": _picked("settings/settings.js", r'\["([\w-]+)", "'),
    "status": ConversationStatus,
    "statuses": ConversationStatus,
    "suggestion": WEIGHTS,
    "rule-action": steps.KINDS,
    "compare": operators.FITS,
    # hub.web.resources.rules.SkipView, WhyView.
    "skip": SKIPPED,
    "would": SKIPPED | {"fire", "off", "nothing"},
    "trigger": triggers.names(),
    "trigger-kind": _listed("settings/rule-builder.js", "KINDS"),
    # channels.email.parsing.trust.Doubt; none: a channel that tells no reason.
    "template": shipped(),
    "unproven": {*(one for one in Doubt if one), "none"},
    "whose": {"all", "me", "none"},
}
FAMILIES = {name: frozenset(map(str, codes)) for name, codes in FAMILIES.items()}


def _calls() -> list[tuple[str, str]]:
    """(function, its arguments as written) of every call of t and word."""
    found = []
    for script in SCRIPTS.values():
        for match in CALL.finditer(script):
            depth, at = 1, match.end()
            while depth and at < len(script):
                depth += {"(": 1, ")": -1}.get(script[at], 0)
                at += 1
            found.append((match[1], script[match.end() : at - 1]))
    return found


def _literal_keys() -> set[str]:
    """Keys that stand in the code as they are; with `count`, without the plural form."""
    keys = set()
    for function, arguments in _calls():
        if function == "t" and not arguments.startswith("`"):
            keys |= set(LITERAL.findall(arguments.split("{")[0]))
    return keys


def _families() -> set[tuple[str, str]]:
    """(family, suffix) of keys put together while the console runs."""
    made = {
        (prefix, suffix) for text in SCRIPTS.values() for prefix, suffix in TEMPLATE.findall(text)
    }
    named = {LITERAL.findall(arguments)[0] for function, arguments in _calls()
             if function == "word" and arguments.startswith('"')}  # fmt: skip
    return made | {(name, "") for name in named}


def _counted() -> set[str]:
    return {
        LITERAL.findall(text)[0] for name, text in _calls() if name == "t" and "count:" in text
    }


def _used(language: str) -> set[str]:
    forms = {*Locale(language).plural_form.tags, "other"}
    literal = _literal_keys()
    counted = {f"{key}.{form}" for key in _counted() for form in forms}
    made = {
        f"{family}.{code}{suffix}" for family, suffix in _families() for code in FAMILIES[family]
    }
    return (literal - _counted()) | counted | made


def test_a_webhook_can_be_told_of_every_event() -> None:
    assert _listed("settings/webhooks.js", "EVENTS") == {*map(str, set(EventType) - FOR_ONE), "*"}


def test_every_family_of_words_is_known_here() -> None:
    assert {family for family, _ in _families()} == set(FAMILIES)


def test_what_a_setting_may_be_has_words_but_for_terms_of_protocols() -> None:
    choices = {
        f"{channel}.{name}.{code}"
        for channel, settings in SETTINGS.items()
        for name, field in settings.model_fields.items()
        if get_origin(field.annotation) is Literal
        for code in get_args(field.annotation)
    }
    worded = _listed("settings/known.js", "CHOICES")
    assert worded - choices == set()
    without = {one.rpartition(".")[0] for one in choices - worded}
    assert without == {"sms.request_method", "sms.signature_method"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_the_console_says_exists(language: str) -> None:
    assert sorted(_used(language) - set(WORDS[language])) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_word_is_written_once(language: str) -> None:
    text = (CONSOLE / "words" / f"{language}.json").read_text("utf-8")
    names = [name for name, _ in json.loads(text, object_pairs_hook=list)]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_left_over(language: str) -> None:
    assert sorted(set(WORDS[language]) - _used(language)) == []


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_sentences_are_filled_with_the_same_facts(language: str) -> None:
    def facts(words: dict[str, str]) -> dict[str, set[str]]:
        return {key: set(PLACEHOLDER.findall(sentence)) for key, sentence in words.items()}

    english, other = facts(WORDS["en"]), facts(WORDS[language])
    shared = set(english) & set(other)
    assert [key for key in sorted(shared) if english[key] != other[key]] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_is_empty_or_shouts(language: str) -> None:
    faulty = [key for key, words in WORDS[language].items() if not words.strip() or "!" in words]
    assert faulty == []
