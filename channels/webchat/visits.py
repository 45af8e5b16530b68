"""Whose contact point a visit speaks for: decided when it starts, remembered under its token.

An anonymous visitor gets an address nobody can guess; one whom the site vouches for gets the
address of that person. Nothing a visitor types moves him from one to the other.
"""

import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from channels.webchat.errors import Refused, not_signed_in
from channels.webchat.identity import NotProven, Person, verify
from channels.webchat.settings import WebChatSettings
from hub.ports import Address, Host, Proof

SCHEME = "webchat"
ANONYMOUS_FOR = timedelta(days=180)
"""Since the last use: who comes back within half a year finds his chat again."""
SIGNED_FOR = timedelta(hours=24)
"""Then the site has to vouch again."""
_REMEMBERED = 10_000
_REMEMBERED_FOR = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Visit:
    """One browser's right to one contact point. `email`: the site says so; it proves nothing."""

    id: str
    value: str
    proof: Proof
    expires_at: datetime
    name: str = ""
    email: str = ""
    locale: str = ""

    @property
    def address(self) -> Address:
        return Address(SCHEME, self.value)


class Visits:
    """Starts visits and recognises their tokens, of which only hashes are stored."""

    def __init__(self, settings: WebChatSettings, host: Host) -> None:
        self._settings = settings
        self._host = host
        self._recent: OrderedDict[str, tuple[Visit, datetime]] = OrderedDict()

    async def start(self, token: str | None, locale: str) -> tuple[Visit, str]:
        """A new visit and its token; `token` is the site's JWT, None for an anonymous visitor."""
        visit = self._anonymous(locale) if token is None else self._signed(token, locale)
        secret = secrets.token_urlsafe(32)
        await self._store(_key(secret), visit)
        return visit, secret

    async def recognise(self, secret: str) -> Visit:
        """The visit of a token; raises Refused(401)."""
        now, key = self._host.now(), _key(secret)
        visit = self._remembered(key, now)
        if visit is None:
            stored = await self._host.state.get(key)
            if stored is None:
                raise not_signed_in()
            visit = _restored(stored)
            self._remember(key, visit, now)
        if visit.expires_at <= now:
            raise not_signed_in()
        return await self._prolonged(key, visit, now)

    def owns(self, value: str) -> bool:
        """Whether a contact point's value is one of this inbox's."""
        return value.startswith((f"{self._host.inbox_id}/v/", f"{self._host.inbox_id}/u/"))

    def _anonymous(self, locale: str) -> Visit:
        value = f"{self._host.inbox_id}/v/{secrets.token_urlsafe(16)}"
        expires_at = self._host.now() + ANONYMOUS_FOR
        return Visit(secrets.token_hex(8), value, Proof.NONE, expires_at, locale=locale)

    def _signed(self, token: str, locale: str) -> Visit:
        now = self._host.now()
        try:
            person: Person = verify(token, self._settings.jwt_secret, self._host.inbox_id, now)
        except NotProven as reason:
            raise Refused(401, "not-proven", f"The token proves nothing: {reason}.") from reason
        return Visit(
            secrets.token_hex(8),
            f"{self._host.inbox_id}/u/{person.sub}",
            Proof.SIGNED,
            now + SIGNED_FOR,
            name=person.name,
            email=person.email,
            locale=person.locale or locale,
        )

    async def _prolonged(self, key: str, visit: Visit, now: datetime) -> Visit:
        if visit.proof is not Proof.NONE or visit.expires_at - now > ANONYMOUS_FOR / 2:
            return visit
        longer = replace(visit, expires_at=now + ANONYMOUS_FOR)
        await self._store(key, longer)
        return longer

    async def _store(self, key: str, visit: Visit) -> None:
        value = asdict(visit) | {"expires_at": visit.expires_at.isoformat()}
        await self._host.state.put(key, value, expires_at=visit.expires_at)
        self._remember(key, visit, self._host.now())

    def _remembered(self, key: str, now: datetime) -> Visit | None:
        visit, until = self._recent.get(key, (None, now))
        return visit if until > now else None

    def _remember(self, key: str, visit: Visit, now: datetime) -> None:
        self._recent[key] = (visit, now + _REMEMBERED_FOR)
        self._recent.move_to_end(key)
        if len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)


def _key(secret: str) -> str:
    return "visit:" + hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _restored(stored: Mapping[str, object]) -> Visit:
    facts = {name: str(value) for name, value in stored.items()}
    return Visit(
        id=facts["id"],
        value=facts["value"],
        proof=Proof(facts["proof"]),
        expires_at=datetime.fromisoformat(facts["expires_at"]),
        name=facts["name"],
        email=facts["email"],
        locale=facts["locale"],
    )
