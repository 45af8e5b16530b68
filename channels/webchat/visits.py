"""Whose contact point a visit speaks for: decided when it starts, remembered under its token.

An anonymous visitor gets an address nobody can guess; one whom the site vouches for gets the
address of that person. Nothing a visitor types moves him from one to the other.
"""

import hashlib
import re
import secrets
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from channels.webchat.bodies import ChangeVisit, StartVisit
from channels.webchat.errors import Refused, not_signed_in
from channels.webchat.identity import NotProven, Person, verify
from channels.webchat.limits import Limits
from channels.webchat.settings import WebChatSettings
from hub.ports import Address, Host, Proof

SCHEME = "webchat"
ANONYMOUS_FOR = timedelta(days=180)
"""Since the last use: who comes back within half a year finds his chat again."""
SIGNED_FOR = timedelta(hours=24)
"""Then the site has to vouch again."""
RECHECK = timedelta(seconds=5)
"""How long a look at a token is believed: one ended on another node works that much longer."""
_REMEMBERED = 10_000
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
"""`secrets.token_urlsafe(32)`: what looks otherwise is not looked up."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One browser's right to one contact point.

    key: under which it is stored; of the token it tells only who has it already.
    name, email: the site's word. said_name, said_email: the visitor's, `said` counts its changes.
    None of them proves anything. page_title, page_url: where the visit began.
    """

    id: str
    key: str
    value: str
    proof: Proof
    expires_at: datetime
    name: str = ""
    email: str = ""
    locale: str = ""
    said_name: str = ""
    said_email: str = ""
    said: int = 0
    page_title: str = ""
    page_url: str = ""

    @property
    def address(self) -> Address:
        return Address(SCHEME, self.value)

    @property
    def shown_name(self) -> str:
        return self.name or self.said_name

    @property
    def shown_email(self) -> str:
        return self.email or self.said_email

    @property
    def claims(self) -> Mapping[str, str]:
        """As `hub.ports.Change.claims`; empty when nothing was said."""
        said = {"name": self.shown_name, "email": self.shown_email}
        named = {member: words for member, words in said.items() if words}
        # One typed member makes the whole a visitor's word: operators must not trust it more.
        typed = (self.said_name and not self.name) or (self.said_email and not self.email)
        return named | {"by": "visitor" if typed else "site"} if named else {}


class Visits:
    """Starts visits and recognises their tokens, of which only hashes are stored."""

    def __init__(self, settings: WebChatSettings, host: Host, limits: Limits) -> None:
        self._settings = settings
        self._host = host
        self._limits = limits
        self._recent: OrderedDict[str, tuple[Visit, datetime]] = OrderedDict()

    async def start(self, wanted: StartVisit, locale: str) -> tuple[Visit, str]:
        """A new visit and its token; without a JWT of the site it is an anonymous one."""
        secret = secrets.token_urlsafe(32)
        begun = (
            self._anonymous(_key(secret), locale)
            if wanted.jwt is None
            else self._signed(_key(secret), wanted.jwt, locale)
        )
        visit = replace(
            begun,
            said_name=wanted.name,
            said_email=wanted.email,
            page_title=wanted.page.title,
            page_url=wanted.page.url,
        )
        await self._host.state.put(visit.key, _stored(visit), expires_at=visit.expires_at)
        self._remember(visit, self._host.now())
        return visit, secret

    async def recognise(self, secret: str, remote: str) -> Visit:
        """The visit of a token; raises Refused: 401, or 429 when `remote` tries too many."""
        if not _TOKEN.fullmatch(secret):
            raise not_signed_in()
        return await self._by_key(_key(secret), remote)

    async def as_it_is(self, visit: Visit, remote: str) -> Visit:
        """The visit as it is now: what it says of itself may have changed. Raises Refused."""
        return await self._by_key(visit.key, remote)

    async def _by_key(self, key: str, remote: str) -> Visit:
        now = self._host.now()
        visit = self._remembered(key, now)
        if visit is None:
            self._limits.stranger("tokens", remote)
            stored = await self._host.state.get(key)
            if stored is None:
                raise not_signed_in()
            visit = _restored(key, stored)
            self._remember(visit, now)
        if visit.expires_at <= now:
            raise not_signed_in()
        return await self._prolonged(visit, now)

    async def change(self, visit: Visit, wanted: ChangeVisit) -> Visit:
        """What the visitor says of himself from now on. Raises Refused(401) when it was ended."""
        name = visit.said_name if wanted.name is None else wanted.name
        email = visit.said_email if wanted.email is None else wanted.email
        if (name, email) == (visit.said_name, visit.said_email):
            return visit
        return await self._replace(
            replace(visit, said_name=name, said_email=email, said=visit.said + 1)
        )

    async def end(self, visit: Visit) -> None:
        """The token is worth nothing any more: here at once, elsewhere within `RECHECK`."""
        await self._host.state.delete(visit.key)
        self._recent.pop(visit.key, None)

    async def ended(self, visits: Collection[Visit]) -> list[Visit]:
        """Those of `visits` that hold no longer: ended on any node, or expired."""
        held = await self._host.state.present([visit.key for visit in visits])
        now = self._host.now()
        return [one for one in visits if one.key not in held or one.expires_at <= now]

    def owns(self, value: str) -> bool:
        """Whether a contact point's value is one of this inbox's."""
        return value.startswith((f"{self._host.inbox_id}/v/", f"{self._host.inbox_id}/u/"))

    def _anonymous(self, key: str, locale: str) -> Visit:
        value = f"{self._host.inbox_id}/v/{secrets.token_urlsafe(16)}"
        expires_at = self._host.now() + ANONYMOUS_FOR
        return Visit(secrets.token_hex(8), key, value, Proof.NONE, expires_at, locale=locale)

    def _signed(self, key: str, token: str, locale: str) -> Visit:
        now = self._host.now()
        try:
            person: Person = verify(token, self._settings.jwt_secret, self._host.inbox_id, now)
        except NotProven as reason:
            raise Refused(401, "not-proven", f"The token proves nothing: {reason}.") from reason
        return Visit(
            secrets.token_hex(8),
            key,
            f"{self._host.inbox_id}/u/{person.sub}",
            Proof.SIGNED,
            now + SIGNED_FOR,
            name=person.name,
            email=person.email,
            locale=person.locale or locale,
        )

    async def _prolonged(self, visit: Visit, now: datetime) -> Visit:
        if visit.proof is not Proof.NONE or visit.expires_at - now > ANONYMOUS_FOR / 2:
            return visit
        return await self._replace(replace(visit, expires_at=now + ANONYMOUS_FOR))

    async def _replace(self, visit: Visit) -> Visit:
        """Store it over the one that is there: what was ended meanwhile stays ended."""
        kept = await self._host.state.update(
            visit.key, _stored(visit), expires_at=visit.expires_at
        )
        if not kept:
            self._recent.pop(visit.key, None)
            raise not_signed_in()
        self._remember(visit, self._host.now())
        return visit

    def _remembered(self, key: str, now: datetime) -> Visit | None:
        visit, until = self._recent.get(key, (None, now))
        return visit if until > now else None

    def _remember(self, visit: Visit, now: datetime) -> None:
        self._recent[visit.key] = (visit, now + RECHECK)
        self._recent.move_to_end(visit.key)
        if len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)


def _key(secret: str) -> str:
    return "visit:" + hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _stored(visit: Visit) -> dict[str, object]:
    facts = asdict(visit) | {"expires_at": visit.expires_at.isoformat()}
    del facts["key"]
    return facts


def _restored(key: str, stored: Mapping[str, object]) -> Visit:
    facts = {name: str(value) for name, value in stored.items()}
    return Visit(
        id=facts["id"],
        key=key,
        value=facts["value"],
        proof=Proof(facts["proof"]),
        expires_at=datetime.fromisoformat(facts["expires_at"]),
        name=facts["name"],
        email=facts["email"],
        locale=facts["locale"],
        said_name=facts["said_name"],
        said_email=facts["said_email"],
        said=int(facts["said"]),
        page_title=facts["page_title"],
        page_url=facts["page_url"],
    )
