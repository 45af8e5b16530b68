"""The twin as the demo and the tests take hold of it: started, reached, played, left."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from channels.email.twin.clock import Clock, wall
from channels.email.twin.faults import Faults
from channels.email.twin.imap import ImapServer
from channels.email.twin.letters import Draft
from channels.email.twin.mailboxes import Mailbox
from channels.email.twin.page import Page, dialled, serving
from channels.email.twin.post import Full, Post
from channels.email.twin.smtp import NAME, SmtpServer
from channels.email.twin.store import Store
from channels.email.twin.tls import Tls
from channels.email.twin.wire import listening
from channels.email.twin.world import World, attached

COMPANY = "hello@luna-optics.example"


@dataclass(frozen=True, slots=True)
class RunningMail:
    """What tests use beside the port: the post, the faults, and the two protocols' ports."""

    page: str
    settings: Mapping[str, object]
    imap_port: int
    smtp_port: int
    post: Post
    faults: Faults
    world: World
    company: Mailbox

    async def connect(self, urls: Mapping[str, str]) -> None:
        """A mail provider has no hooks: it is asked."""

    async def play(self, act: Mapping[str, object]) -> None:
        """A customer writes to the company. Beside the keys of the port:

        subject  of a new mail
        html     of its body, instead of the text's
        to, cc   lists of addresses, instead of the company's
        quote    false: an answer without the quote
        forged   true: the provider cannot vouch for who wrote
        folder   where it lands at the company: `INBOX`, `Junk`
        headers  further header lines by name
        raw      bytes: this very mail, whatever it is, and nothing of the above but `folder`, `at`
        """
        at = act.get("at")
        moment = at if isinstance(at, datetime) else self.post.clock()
        folder = str(act.get("folder") or "INBOX")
        if folder not in self.company.folders:
            raise ValueError(f"no folder is called {folder}")
        raw = act.get("raw")
        try:
            if isinstance(raw, bytes):
                await self.post.keep(self.company, self.company.folders[folder], raw, at=moment)
            else:
                draft = await self._draft(act, moment)
                await self.world.write(draft, proven=not act.get("forged"), folder=folder)
        except Full as error:
            raise ValueError(str(error)) from error

    async def _draft(self, act: Mapping[str, object], at: datetime) -> Draft:
        who = str(act.get("who", ""))
        box = await self.post.mailbox(
            who, name=str(act.get("name", "")), locale=str(act.get("locale", ""))
        )
        found = await self.world.newest_from_company(box) if act.get("reply") else None
        letter = found[1] if found else None
        files = act.get("files") or []
        headers = act.get("headers") or {}
        if not isinstance(files, list) or not isinstance(headers, dict):
            raise ValueError("files are a list, headers a mapping")  # noqa: TRY004 - as promised
        to = _listed(act.get("to")) or ((letter.reply_to,) if letter else (self.company.address,))
        return Draft(
            sender=who,
            name=box.name,
            to=to,
            cc=_listed(act.get("cc")),
            subject=str(act.get("subject", "")),
            text=str(act.get("text", "")),
            html=str(act.get("html", "")),
            at=at,
            message_id=self.world.new_message_id(box.address, at),
            files=attached(files),
            answers=letter,
            quotes=act.get("quote") is not False,
            locale=box.locale,
            headers={str(name): str(value) for name, value in headers.items()},
        )


def _listed(value: object) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list | tuple) else ()


class EmailTwin:
    """`company`: the address that is ours. `tls`: how its servers speak TLS, if they do."""

    name = "email"

    def __init__(
        self, company: str = COMPANY, *, tls: Tls | None = None, clock: Clock = wall
    ) -> None:
        self._company = company
        self._tls = tls or Tls()
        self._clock = clock

    def serve(
        self, host: str, port: int, data_dir: Path
    ) -> AbstractAsyncContextManager[RunningMail]:
        return self._serve(host, port, data_dir)

    @asynccontextmanager
    async def _serve(self, host: str, port: int, data_dir: Path) -> AsyncIterator[RunningMail]:
        async with AsyncExitStack() as stack:
            store = Store(data_dir / "mail.sqlite")
            post, faults = Post(store, self._clock), Faults()
            await post.open()
            stack.push_async_callback(store.close)
            company = await post.mailbox(self._company, company=True)
            world = World(post, faults, company.address)
            await stack.enter_async_context(world.running())
            imap = ImapServer(post, faults, self._tls)
            smtp = SmtpServer(post, faults, world.submit, self._tls)
            imap_port = await self._listening(stack, store, host, imap)
            smtp_port = await self._listening(stack, store, host, smtp)
            address = await stack.enter_async_context(serving(Page(world).app(), host, port))
            yield RunningMail(
                page=address,
                settings=self._settings(host, imap_port, smtp_port, company),
                imap_port=imap_port,
                smtp_port=smtp_port,
                post=post,
                faults=faults,
                world=world,
                company=company,
            )

    async def _listening(
        self, stack: AsyncExitStack, store: Store, host: str, server: ImapServer | SmtpServer
    ) -> int:
        """The port: that of the last time if it is free, so that an inbox still finds it."""
        last = int(await store.fact(server.name) or 0)

        def opening(port: int) -> AbstractAsyncContextManager[int]:
            return listening(
                host,
                port,
                server.session,
                idle=server.idle,
                full=server.full,
                tls=self._tls.at_once,
            )

        try:
            port = await stack.enter_async_context(opening(last))
        except OSError:
            port = await stack.enter_async_context(opening(0))
        await store.note(server.name, str(port))
        return port

    def _settings(
        self, host: str, imap_port: int, smtp_port: int, company: Mailbox
    ) -> Mapping[str, object]:
        """As `POST /inboxes` takes them."""
        host = dialled(host)
        return {
            "address": company.address,
            "imap_host": host,
            "imap_port": imap_port,
            "imap_tls": self._tls.how,
            "imap_user": company.address,
            "imap_password": company.password,
            "smtp_host": host,
            "smtp_port": smtp_port,
            "smtp_tls": self._tls.how,
            "smtp_user": company.address,
            "smtp_password": company.password,
            "authserv_ids": [NAME],
        }


twin = EmailTwin()
"""What the entry point names."""
