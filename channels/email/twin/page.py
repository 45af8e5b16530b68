"""The twin's page: one is any customer, reads, answers, writes; and orders faults."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.resources import files
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from channels.email.twin import reading
from channels.email.twin.letters import Attached, Draft
from channels.email.twin.limits import MAX_MAIL
from channels.email.twin.mailboxes import Folder, Mail, Mailbox, is_address
from channels.email.twin.post import Full
from channels.email.twin.reading import Letter
from channels.email.twin.world import World

_PAGE = 50
_MAX_FILES = 20
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; frame-src 'self'; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_LETTER_HEADERS = {
    **_HEADERS,
    # Somebody else's words: nothing runs, nothing is fetched, nothing is sent.
    "Content-Security-Policy": (
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
        "img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'"
    ),
}
_ASSETS = {
    "": ("index.html", "text/html"),
    "page.css": ("page.css", "text/css"),
    "page.js": ("page.js", "text/javascript"),
    "words.js": ("words.js", "text/javascript"),
}
_STYLE = "body{margin:1em;font:15px/1.5 sans-serif;overflow-wrap:anywhere}img{max-width:100%}"


class NewMailbox(BaseModel):
    """A customer who has not written yet."""

    model_config = ConfigDict(extra="forbid")

    address: str = Field(max_length=320)
    name: str = Field(default="", max_length=200)
    locale: str = Field(default="en", pattern=r"^(en|ru|bg)$")


class Page:
    """All of it works on the mailboxes that IMAP and SMTP see."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._post = world.post

    def app(self) -> web.Application:
        app = web.Application(
            client_max_size=MAX_MAIL, middlewares=[_own_page_only, _refusals_as_words]
        )
        app.router.add_get(r"/{asset:|page\.css|page\.js|words\.js}", self.asset)
        app.router.add_get("/mailboxes", self.mailboxes)
        app.router.add_post("/mailboxes", self.make_mailbox)
        app.router.add_post("/mails", self.send)
        mails = "/mailboxes/{address}/{folder}"
        app.router.add_get(mails, self.mails)
        app.router.add_get(mails + r"/{uid:\d{1,10}}", self.mail)
        app.router.add_get(mails + r"/{uid:\d{1,10}}/html", self.html)
        app.router.add_get(mails + r"/{uid:\d{1,10}}/source", self.source)
        app.router.add_get(mails + r"/{uid:\d{1,10}}/files/{number:\d{1,4}}", self.file)
        app.router.add_get("/faults", self.faults)
        app.router.add_post("/faults", self.order_fault)
        app.router.add_delete("/faults", self.clear_faults)
        return app

    async def asset(self, request: web.Request) -> web.Response:
        name, kind = _ASSETS[request.match_info["asset"]]
        path = files("channels.email.twin") / "static" / name
        text = await asyncio.to_thread(path.read_text, encoding="utf-8")
        return web.Response(text=text, content_type=kind, headers=_HEADERS)

    async def mailboxes(self, _request: web.Request) -> web.Response:
        items = [_box_facts(box) for box in self._post.mailboxes.values()]
        return _json({"company": self._world.company, "items": items})

    async def make_mailbox(self, request: web.Request) -> web.Response:
        wish = NewMailbox.model_validate_json(await request.read())
        if not is_address(wish.address):
            raise ValueError("That is no mail address.")
        box = await self._post.mailbox(wish.address, name=wish.name, locale=wish.locale)
        return _json(_box_facts(box), status=201)

    async def mails(self, request: web.Request) -> web.Response:
        """Newest first; `?before=UID` goes on."""
        folder = self._folder(request)[1]
        before = int(request.query.get("before", "0") or 0) or folder.uidnext
        uids = [uid for uid in reversed(folder.mails) if uid < before][:_PAGE]
        found = [folder.mails[uid] for uid in uids]
        raws = await self._post.store.raws([mail.key for mail in found])
        items = [_line_facts(mail, raws.get(mail.key, b"")) for mail in found]
        return _json({"items": items})

    async def mail(self, request: web.Request) -> web.Response:
        """Whoever opens it has seen it."""
        folder, mail, _, letter = await self._letter(request)
        if "\\Seen" not in mail.flags:
            await self._post.flag(folder, {mail.uid: mail.flags | {"\\Seen"}})
        return _json(_letter_facts(mail, letter))

    async def html(self, request: web.Request) -> web.Response:
        letter = (await self._letter(request))[3]
        text = (
            '<!doctype html><meta charset="utf-8"><base target="_blank">'
            f"<style>{_STYLE}</style>{letter.html}"
        )
        return web.Response(text=text, content_type="text/html", headers=_LETTER_HEADERS)

    async def source(self, request: web.Request) -> web.Response:
        raw = (await self._letter(request))[2]
        return web.Response(body=raw, content_type="text/plain", headers=_LETTER_HEADERS)

    async def file(self, request: web.Request) -> web.Response:
        letter = (await self._letter(request))[3]
        number = int(request.match_info["number"])
        if number >= len(letter.files):
            raise web.HTTPNotFound
        file = letter.files[number]
        name = re.sub(r"[^\w.,() -]", "_", file.name, flags=re.ASCII)
        return web.Response(
            body=file.content,
            content_type="application/octet-stream",
            headers={**_HEADERS, "Content-Disposition": f'attachment; filename="{name}"'},
        )

    async def send(self, request: web.Request) -> web.Response:
        """A customer's mail: a form with from, to, cc, subject, text, locale, quote and files.

        `reply_folder` and `reply_uid` name the mail of the customer's that it answers.
        """
        form = await request.post()

        def said(name: str) -> str:
            value = form.get(name, "")
            return value if isinstance(value, str) else ""

        box = self._post.mailboxes.get(said("from"))
        if box is None:
            raise ValueError("Nobody has that address yet.")
        answered = None
        if said("reply_uid").isdecimal():
            folder = box.folders.get(said("reply_folder"))
            mail = folder.mails.get(int(said("reply_uid"))) if folder else None
            if mail is not None:
                answered = await self._read(await self._post.store.raw(mail.key))
        now = self._post.clock()
        draft = Draft(
            sender=box.address,
            name=box.name,
            to=_addresses(said("to")),
            cc=_addresses(said("cc")),
            subject=said("subject"),
            text=said("text"),
            at=now,
            message_id=self._world.new_message_id(box.address, now),
            files=_files(form.getall("files", [])),
            answers=answered,
            quotes=said("quote") != "no",
            locale=box.locale,
        )
        if not draft.to:
            raise ValueError("To whom?")
        sent = await self._world.write(draft, proven=said("forged") != "yes")
        return _json({"uid": sent.uid}, status=201)

    async def faults(self, _request: web.Request) -> web.Response:
        return _json({"items": self._world.faults.waiting()})

    async def order_fault(self, request: web.Request) -> web.Response:
        """A `Fault`; or `{"do": "renumber", "folder": "INBOX"}`: a new UIDVALIDITY, at once."""
        wish = await request.json()
        if not isinstance(wish, dict):
            raise ValueError("A fault is an object.")  # noqa: TRY004 - shown as words
        if wish.get("do") == "renumber":
            box = self._post.mailboxes[self._world.company]
            folder = box.folders.get(str(wish.get("folder", "INBOX")))
            if folder is None:
                raise ValueError("No such folder.")
            await self._post.renumber(box, folder)
            return _json({"uidvalidity": folder.uidvalidity}, status=201)
        fault = self._world.faults.order(wish)
        return _json(fault.model_dump(), status=201)

    async def clear_faults(self, _request: web.Request) -> web.Response:
        self._world.faults.clear()
        return web.Response(status=204)

    def _folder(self, request: web.Request) -> tuple[Mailbox, Folder]:
        box = self._post.mailboxes.get(request.match_info["address"])
        folder = box.folders.get(request.match_info["folder"]) if box else None
        if box is None or folder is None:
            raise web.HTTPNotFound
        return box, folder

    async def _letter(self, request: web.Request) -> tuple[Folder, Mail, bytes, Letter]:
        folder = self._folder(request)[1]
        mail = folder.mails.get(int(request.match_info["uid"]))
        if mail is None:
            raise web.HTTPNotFound
        raw = await self._post.store.raw(mail.key)
        return folder, mail, raw, await self._read(raw)

    async def _read(self, raw: bytes) -> Letter:
        return await asyncio.to_thread(reading.read, raw)


def dialled(host: str) -> str:
    """How `host`, which may be any address of this machine, is reached from it."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - not listened on


@asynccontextmanager
async def serving(app: web.Application, host: str, port: int) -> AsyncIterator[str]:
    """The page's address."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        name = dialled(host)
        name = f"[{name}]" if ":" in name else name
        yield f"http://{name}:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


@web.middleware
async def _own_page_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Another site's page must not write mails here; a browser tells where a request is from."""
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "none")
    if request.method not in {"GET", "HEAD"} and (
        site not in {"same-origin", "none"} or (origin and urlsplit(origin).netloc != request.host)
    ):
        raise web.HTTPForbidden(text="This came from a page of another site.")
    answer: web.StreamResponse = await handler(request)
    return answer


@web.middleware
async def _refusals_as_words(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        answer: web.StreamResponse = await handler(request)
    except ValidationError as error:
        return _json({"error": error.errors()[0]["msg"]}, status=400)
    except (ValueError, Full) as error:
        return _json({"error": str(error)[:500]}, status=400)
    return answer


def _json(body: Mapping[str, object], status: int = 200) -> web.Response:
    return web.json_response(body, status=status, headers=_HEADERS)


def _addresses(text: str) -> tuple[str, ...]:
    return tuple(one for one in re.split(r"[,;\s]+", text[:5000]) if one)


def _files(fields: Sequence[object]) -> list[Attached]:
    found = [
        Attached(one.filename, one.file.read(), one.content_type)
        for one in fields
        if isinstance(one, web.FileField) and one.filename
    ]
    if len(found) > _MAX_FILES:
        raise ValueError("Too many files.")
    return found


def _box_facts(box: Mailbox) -> dict[str, object]:
    folders = [
        {"name": one.name, "mails": len(one.mails), "unread": one.unseen(), "next": one.uidnext}
        for one in box.folders.values()
    ]
    return {
        "address": box.address,
        "name": box.name,
        "locale": box.locale,
        "company": box.company,
        "folders": folders,
    }


def _line_facts(mail: Mail, raw: bytes) -> dict[str, object]:
    line = reading.line(raw)
    return {
        "uid": mail.uid,
        "seen": "\\Seen" in mail.flags,
        "at": (line.sent_at or mail.at).isoformat(),
        "sender": line.sender,
        "sender_name": line.sender_name,
        "to": line.to,
        "subject": line.subject,
    }


def _letter_facts(mail: Mail, letter: Letter) -> dict[str, object]:
    return {
        "uid": mail.uid,
        "at": (letter.sent_at or mail.at).isoformat(),
        "sender": letter.sender,
        "sender_name": letter.sender_name,
        "reply_to": letter.reply_to,
        "to": letter.to,
        "cc": letter.cc,
        "subject": letter.subject,
        "text": letter.text,
        "html": bool(letter.html),
        "files": [
            {"number": one.number, "name": one.name, "size": len(one.content)}
            for one in letter.files
            if not one.content_id or not one.kind.startswith("image/")
        ],
    }
