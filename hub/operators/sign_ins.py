"""Signing in: one answer for everybody who may not, a row for every browser that may."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from hub.crypto import Keyring, new_token, token_hash
from hub.db.base import Json
from hub.db.engine import AnySession, Database, WriteSession
from hub.errors import NotFound, Unauthenticated
from hub.operators import lockout, repository, second_factors
from hub.operators.passwords import Passwords
from hub.operators.tables import Operator, SignIn
from hub.operators.viewers import IDLE_LASTS, SIGN_IN_LASTS

_DEVICE, _TICKET = "known-device", "half-way-in"
TICKET_LASTS = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a sign-in comes from. `device` is the cookie a former sign-in left, or empty."""

    address: str
    user_agent: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What the browser is given: the token of the sign-in, and what marks it as known."""

    operator_id: UUID
    token: str
    device: str


@dataclass(frozen=True, slots=True)
class HalfWay:
    """The first step is done; whoever holds `ticket` may try a code for a few minutes."""

    ticket: str


class Door:
    """Lets operators in by password, and by a code after it where they have a second factor."""

    def __init__(self, database: Database, passwords: Passwords, keyring: Keyring) -> None:
        self._database = database
        self._passwords = passwords
        self._keyring = keyring

    async def sign_in(
        self, email: str, password: str, browser: Browser, now: datetime
    ) -> SignedIn | HalfWay:
        """Raises Unauthenticated, the same whatever is wrong, and TooMany while locked."""
        email = email.replace("\0", "").strip()[:320]
        keys = [self._account(email, browser.device), lockout.address_key(browser.address)]
        async with self._database.transaction() as session:
            locks = await lockout.begin_try(session, keys, now)
            operator = await repository.by_email(session, email)
        stored = operator.password_hash if operator and not operator.disabled_at else ""
        verdict = await self._passwords.verify(stored, password)
        if operator is None or not verdict.ok:
            raise Unauthenticated(
                "Email or password is wrong.",
                remedy="Try again; an administrator can give you a new password.",
            )
        async with self._database.transaction() as session:
            await lockout.succeeded(session, locks)
            if verdict.rehash:
                await _rehash(session, operator, verdict.rehash)
                operator.password_hash = verdict.rehash
            return await self.admit(session, operator, browser, now)

    async def admit(
        self, session: WriteSession, operator: Operator, browser: Browser, now: datetime
    ) -> SignedIn | HalfWay:
        """Past the first step: in, or half way to who has a second factor."""
        if not await second_factors.is_asked(session, operator.id):
            return await self.open(session, operator, browser, now)
        ends = int((now + TICKET_LASTS).timestamp())
        said = f"{operator.id}.{ends}"
        return HalfWay(f"{said}.{self._keyring.sign(_TICKET, _ticket(said, operator))}")

    async def holder(self, session: AnySession, ticket: str, now: datetime) -> Operator | None:
        """Who is half way in with this ticket. A new password makes it worthless."""
        said, _, signature = ticket.rpartition(".")
        name, _, ends = said.partition(".")
        try:
            operator = await session.get(Operator, UUID(name))
            late = int(ends) <= now.timestamp()
        except ValueError:
            return None
        if operator is None or operator.disabled_at is not None or late:
            return None
        fits = self._keyring.verify(_TICKET, _ticket(said, operator), signature)
        return operator if fits else None

    async def second_step(
        self, ticket: str, code: str, browser: Browser, now: datetime
    ) -> SignedIn:
        """Raises Unauthenticated when the ticket is worth nothing, Invalid for a wrong code."""
        async with self._database.transaction() as session:
            operator = await self.holder(session, ticket, now)
            if operator is None:
                raise Unauthenticated("This took too long.", remedy="Sign in once more.")
            known = self._nonce(operator.email, browser.device) or operator.id
            keys = [lockout.factor_key(known), lockout.address_key(browser.address)]
            locks = await lockout.begin_try(session, keys, now)
        async with self._database.transaction() as session:
            if not await second_factors.spend(session, operator.id, code, self._keyring, now):
                raise second_factors.wrong_code()
            await lockout.succeeded(session, locks)
            return await self.open(session, operator, browser, now)

    async def open(
        self,
        session: WriteSession,
        operator: Operator,
        browser: Browser,
        now: datetime,
        *,
        vouched: bool = False,
    ) -> SignedIn:
        """A new sign-in for an operator who has shown who they are."""
        token = new_token()
        session.add(
            SignIn(
                token_hash=token_hash(token),
                operator_id=operator.id,
                vouched=vouched,
                user_agent=browser.user_agent[:300],
                address=browser.address,
                created_at=now,
                seen_at=now,
                expires_at=now + SIGN_IN_LASTS,
            )
        )
        await session.flush()
        nonce = self._nonce(operator.email, browser.device) or new_token()[:22]
        device = f"{nonce}.{self._signature(nonce, operator.email)}"
        return SignedIn(operator.id, token, device)

    def _account(self, email: str, device: str) -> str:
        nonce = self._nonce(email, device)
        return lockout.device_key(nonce) if nonce else lockout.account_key(email)

    def _nonce(self, email: str, device: str) -> str:
        """The device's name when its cookie was left by a sign-in to this very account."""
        nonce, _, signature = device.partition(".")
        fits = self._keyring.verify(_DEVICE, f"{nonce}:{email.lower()}", signature)
        return nonce if nonce and fits else ""

    def _signature(self, nonce: str, email: str) -> str:
        return self._keyring.sign(_DEVICE, f"{nonce}:{email.lower()}")


def _ticket(said: str, operator: Operator) -> str:
    return f"{said}.{operator.password_hash}"


async def _rehash(session: WriteSession, operator: Operator, password_hash: str) -> None:
    # Not when somebody changed the password since it was read.
    await session.execute(
        update(Operator)
        .where(Operator.id == operator.id, Operator.password_hash == operator.password_hash)
        .values(password_hash=password_hash)
    )


async def of_operator(session: AnySession, operator_id: UUID, now: datetime) -> list[Json]:
    """The browsers an operator is signed in with, the latest used first."""
    query = (
        select(SignIn)
        .where(
            SignIn.operator_id == operator_id,
            SignIn.revoked_at.is_(None),
            SignIn.expires_at > now,
            SignIn.seen_at > now - IDLE_LASTS,
        )
        .order_by(SignIn.seen_at.desc())
        .limit(100)
    )
    return [
        {
            "id": row.id,
            "user_agent": row.user_agent,
            "address": row.address,
            "created_at": row.created_at,
            "seen_at": row.seen_at,
        }
        for row in (await session.scalars(query)).all()
    ]


async def began(session: AnySession, sign_in_id: UUID) -> datetime | None:
    """When a sign-in was made."""
    return await session.scalar(select(SignIn.created_at).where(SignIn.id == sign_in_id))


async def sign_out(session: WriteSession, token: str, now: datetime) -> None:
    """End the sign-in this token is of; an unknown token changes nothing."""
    await session.execute(
        update(SignIn)
        .where(SignIn.token_hash == token_hash(token), SignIn.revoked_at.is_(None))
        .values(revoked_at=now)
    )


async def revoke(
    session: WriteSession, operator_id: UUID, sign_in_id: UUID, now: datetime
) -> None:
    """End one sign-in of this operator."""
    ended = await session.scalar(
        update(SignIn)
        .where(SignIn.id == sign_in_id, SignIn.operator_id == operator_id)
        .values(revoked_at=now)
        .returning(SignIn.id)
    )
    if ended is None:
        raise NotFound("There is no such sign-in.")


async def revoke_vouched(session: WriteSession, now: datetime) -> None:
    """End every sign-in that rests on a provider's word for the second factor."""
    query = update(SignIn).where(SignIn.vouched, SignIn.revoked_at.is_(None))
    await session.execute(query.values(revoked_at=now))


async def revoke_all(
    session: WriteSession, operator_id: UUID, now: datetime, *, but: UUID | None = None
) -> None:
    """End every sign-in of this operator, `but` one."""
    query = update(SignIn).where(SignIn.operator_id == operator_id, SignIn.revoked_at.is_(None))
    if but is not None:
        query = query.where(SignIn.id != but)
    await session.execute(query.values(revoked_at=now))
