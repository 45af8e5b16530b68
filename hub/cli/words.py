"""Plain words, in three languages, for the codes that decisions and deliveries are kept in.

Reasons, and what a rule would do, are said in the words of the console (its catalogues); whatever
only the command line says stands in `phrases`.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from hub.rendering.locales import nearest

Facts = Mapping[str, Any]

LANGUAGES = ("en", "ru", "bg")
_PHRASES = Path(__file__).parent / "phrases"
_CONSOLE = Path(__file__).parents[1] / "web" / "static" / "console" / "words"


def of(locale: str) -> "Words":
    """The words of a language or a locale (`ru`, `ru_RU.UTF-8`); English where we have none."""
    return _loaded(nearest(locale.partition(".")[0], LANGUAGES))


@cache
def _loaded(language: str) -> "Words":
    console = orjson.loads((_CONSOLE / f"{language}.json").read_bytes())
    own = orjson.loads((_PHRASES / f"{language}.json").read_bytes())
    return Words(own, console)


class Words:
    """One language. own: what only the command line says; console: what both say."""

    def __init__(self, own: Mapping[str, str], console: Mapping[str, str]) -> None:
        self._own = own
        self._console = console

    def say(self, key: str, **values: object) -> str:
        """A phrase of the command line with its values in place."""
        return self._own[key].format(**values)

    def _coded(self, family: str, code: str) -> str:
        """The phrase for a code; one that is not ours is shown as it is."""
        return self._own.get(f"{family}.{code}", code)

    def why(self, code: str) -> str:
        """A reason in words; a word that is not ours is shown as it is."""
        key = f"reason.{code}"
        return self._own.get(key) or self._console.get(key, code)

    def by(self, kind: str, name: str) -> str:
        """Who did it."""
        return self._coded("by", kind).format(name=name).strip()

    def thing(self, kind: str) -> str:
        """What an object is called."""
        return self._coded("object", kind)

    def kind(self, entry: Facts) -> str:
        """`An outbound message, by the rule Order notices`, for example."""
        return self.say(".".join(filter(None, ("entry", entry["kind"], entry["direction"]))))

    def reminder(self, status: str, reason: str) -> str:
        """What became of a reminder."""
        said = self.say(f"reminder.status.{status}")
        told = self._console.get(f"dropped.{reason}") or self.why(reason)
        return f"{said}: {told}" if reason else said

    def verdict(self, would: str) -> str:
        """What a rule would do now for a customer."""
        return self._console.get(f"would.{would}", would)

    def outcome(self, decision: Facts) -> str:
        """What was decided, and what it rests on."""
        rests = self._rests_on(decision["facts"])
        told = "; ".join(filter(None, (self.why(decision["reason"]), rests)))
        return f"{self._coded('outcome', decision['outcome'])}{f' ({told})' if told else ''}"

    def _rests_on(self, facts: Facts) -> str:
        """When quiet hours end, or how much there was of what is capped."""
        if "until" in facts:
            until = facts["until"][:16].replace("T", " ")
            return self.say("decision.until", until=until, zone=facts["time_zone"])
        if "most" in facts:
            most, had, days = facts["most"], facts["had"], facts["days"]
            return self.say("decision.had", had=had, days=days, most=most)
        return ""

    def candidate(self, one: Facts) -> str:
        """A way that was considered, with why it was taken or not."""
        mark = "->" if one.get("chosen") else "  "
        where = one.get("contact_point") or self.say("candidate.somewhere")
        if one.get("inbox"):
            where = self.say("candidate.through", where=where, inbox=one["inbox"])
        after = one.get("facts", {}).get("after")
        late = f", {self.say('candidate.after', after=f'{after:g}')}" if after else ""
        return f"{mark} {where}: {self.why(one['reason'])}{late}"

    def status(self, delivery: Facts) -> str:
        """How far a delivery is, with what the provider says."""
        provider, code = delivery["provider_status"], delivery["provider_code"]
        told = [
            self.why(delivery["reason"]),
            delivery["detail"],
            self.say("provider.status", status=provider) if provider else "",
            self.say("provider.code", code=code) if code else "",
        ]
        if delivery["status"] == "queued" and delivery["inbox_state"] != "open":
            told.append(self.say("inbox.state", state=delivery["inbox_state"]))
        more = "; ".join(filter(None, told))
        return f"{self._coded('status', delivery['status'])}{f' ({more})' if more else ''}"

    def attempt(self, one: Facts) -> str:
        """How one try ended."""
        more = "; ".join(filter(None, (one["detail"], one["provider_code"])))
        return f"{self._coded('attempt', one['outcome'] or 'open')}{f' ({more})' if more else ''}"

    def edge(self, one: Facts) -> str:
        """Why an address or a merged record is, or was, this customer's."""
        told = [f"{self._joined(one)}: {self._coded('evidence', one['evidence'])}"]
        by = self.by(one["by"]["kind"], one["by"]["name"])
        told.append(f"{_minute(one['at'])} UTC, {by}")
        told += [f"“{one['reason']}”"] if one["reason"] else []
        if one["undone_at"]:
            told.append(self.say("edge.undone", at=_minute(one["undone_at"])))
        elif one["undoable"]:
            told.append(self.say("edge.undoable", id=one["id"]))
        return f"{'; '.join(told)}."

    def _joined(self, one: Facts) -> str:
        nameless = self.say("edge.record")
        where = f"{one['into']['name'] or nameless} ({one['into']['id']})"
        if one["contact_point"] is None:
            return self.say("edge.merged", what=one["from"]["name"] or nameless, where=where)
        address = f"{one['contact_point']['scheme']}:{one['contact_point']['value']}"
        act = one["act"] if one["act"] in ("split", "added") else "began"
        return self.say(f"edge.{act}", what=address, where=where)

    def point(self, one: Facts) -> str:
        """An address, who has seen it, and what keeps messages from it."""
        told = [
            self.say("point.seen", inbox=one["inbox"])
            if one["inbox"]
            else self.say("point.unseen"),
            self._console.get(f"proof.{one['proof']}", "-"),
            self.why(one["health"]) if one["health"] != "ok" else "",
            self.why("opted-out") if one["opted_out_at"] else "",
            self.why("blocked") if one["blocked_at"] else "",
        ]
        return f"{one['scheme']}:{one['value']} ({', '.join(filter(None, told))})"


def _minute(moment: str) -> str:
    return moment[:19].replace("T", " ")
