"""Delivers updates to the address that setWebhook named, until each has been taken.

As the real server: at most `max_connections` at a time, one chat's updates one after another, the
secret in a header, growing pauses after a failure or as long as `Retry-After` asks, and a call in
the answer is carried out. Plain http is allowed, which the real server allows only in local mode.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from channels.telegram.twin.calls import Call, of_answer
from channels.telegram.twin.refusals import bad_request, conflict
from channels.telegram.twin.sending import Method
from channels.telegram.twin.updates import LIFETIME, Pending, Updates
from channels.telegram.twin.world import World

_PATIENCE = aiohttp.ClientTimeout(total=60)
_LONGEST_PAUSE = 60.0
_LONGEST_SECRET = 256

Perform = Callable[[str, Mapping[str, str]], Awaitable[object]]


@dataclass(eq=False)
class Webhook:
    world: World
    updates: Updates
    clock: Callable[[], float]
    perform: Perform
    first_pause: float = 1.0
    """Seconds after a first failure."""

    def methods(self) -> dict[str, Method]:
        return {
            "setWebhook": self._set,
            "deleteWebhook": self._delete,
            "getWebhookInfo": lambda _: self._info(),
            "getUpdates": self._get_updates,
        }

    @property
    def _facts(self) -> dict[str, Any]:
        facts: dict[str, Any] = self.world.facts.get("webhook") or {}
        return facts

    def _set(self, call: Call) -> bool:
        url = call.text("url")
        if not url:
            return self._delete(call)
        _check(url, call.text("secret_token"))
        if call.flag("drop_pending_updates"):
            self.updates.drop_all()
        self._allow(call)
        facts = {
            "url": url,
            "secret": call.text("secret_token"),
            "max_connections": call.number("max_connections", 40, 1, 100),
        }
        self.world.remember("webhook", facts)
        self.updates.interrupt("terminated by setWebhook request")
        self.updates.wake()
        return True

    def _delete(self, call: Call) -> bool:
        if call.flag("drop_pending_updates"):
            self.updates.drop_all()
        self.world.forget("webhook")
        return True

    def _info(self) -> dict[str, Any]:
        facts = self._facts
        shown: dict[str, Any] = {
            "url": facts.get("url", ""),
            "has_custom_certificate": False,
            "pending_update_count": len(self.updates.waiting),
        }
        told = ("max_connections", "last_error_date", "last_error_message")
        shown |= {name: facts[name] for name in told if name in facts}
        if allowed := self.world.facts.get("allowed_updates"):
            shown["allowed_updates"] = allowed
        return shown

    def _allow(self, call: Call) -> None:
        """What is asked for holds until it is asked for differently."""
        listed = call.parsed("allowed_updates", "Can't parse allowed_updates JSON object")
        if isinstance(listed, list):
            self.world.remember("allowed_updates", [str(one) for one in listed])

    async def _get_updates(self, call: Call) -> list[dict[str, Any]]:
        if self._facts:
            raise conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to "
                "delete the webhook first"
            )
        self._allow(call)
        offset, limit = call.number("offset"), call.number("limit", 100, 1, 100)
        return await self.updates.get(offset, limit, call.number("timeout", 0, 0, 50))

    async def deliver(self) -> None:
        """Until cancelled."""
        async with (
            aiohttp.ClientSession(timeout=_PATIENCE, trust_env=False) as http,
            asyncio.TaskGroup() as flights,
        ):
            while True:
                self.updates.added.clear()
                for one in self._ready():
                    one.in_flight = True
                    flights.create_task(self._fly(http, one))
                await self._pause()

    def _ready(self) -> list[Pending]:
        """What may go now: of each chat the oldest, if its pause is over."""
        if not self._facts:
            return []
        now, seen, ready = self.clock(), set(), []
        room = self._facts["max_connections"] - sum(1 for o in self.updates.waiting if o.in_flight)
        for one in self.updates.waiting:
            first = one.queue not in seen
            seen.add(one.queue)
            if first and not one.in_flight and one.due_at <= now:
                ready.append(one)
        return ready[: max(0, room)]

    async def _pause(self) -> None:
        """Until something is added or due again."""
        now = self.clock()
        due = [one.due_at - now for one in self.updates.waiting if one.due_at > now]
        try:
            async with asyncio.timeout(min(due, default=None) if self._facts else None):
                await self.updates.added.wait()
        except TimeoutError:
            pass

    async def _fly(self, http: aiohttp.ClientSession, one: Pending) -> None:
        facts = self._facts
        try:
            wait = await self._post(http, facts, one)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._failed(one, type(error).__name__, 0)
        else:
            if wait is None and one in self.updates.waiting:
                self.updates.done(one)
        finally:
            one.in_flight = False
            self.updates.wake()

    async def _post(
        self, http: aiohttp.ClientSession, facts: Mapping[str, Any], one: Pending
    ) -> int | None:
        """None when it was taken."""
        secret = facts["secret"]
        headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret else {}
        async with http.post(facts["url"], json=one.update(), headers=headers) as answer:
            raw = await answer.read()
            if 200 <= answer.status < 300:
                await self._carry_out(answer.content_type, raw)
                return None
            said = f"Wrong response from the webhook: {answer.status} {answer.reason}"
            asked = answer.headers.get("Retry-After", "")
            wait = int(asked) if asked.isdecimal() else 0
            self._failed(one, said, wait)
            return wait

    def _failed(self, one: Pending, why: str, wait: int) -> None:
        one.attempts += 1
        grown = min(self.first_pause * 2 ** (one.attempts - 1), _LONGEST_PAUSE)
        one.due_at = self.clock() + (wait or grown)
        if self._facts:
            told = {"last_error_date": int(self.clock()), "last_error_message": why}
            self.world.remember("webhook", self._facts | told)
        if self.clock() - one.made_at > LIFETIME and one in self.updates.waiting:
            self.updates.done(one)

    async def _carry_out(self, kind: str, raw: bytes) -> None:
        found = of_answer(kind, raw) if raw else None
        if found is not None:
            await self.perform(*found)


def _check(url: str, secret: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        good = False
    if not good:
        raise bad_request("invalid webhook URL specified")
    if len(secret) > _LONGEST_SECRET:
        raise bad_request("secret token is too long")
    if not re.fullmatch(r"[A-Za-z0-9_-]*", secret):
        raise bad_request("secret token contains unallowed characters")
