"""What becomes of a gateway's news, a message, a stop, a receipt: each is stored first."""

from typing import Literal

import structlog

from channels.sms import keywords, media, numbers
from channels.sms.arrivals import Arrivals
from channels.sms.keywords import Keyword
from channels.sms.settings import SmsSettings
from channels.sms.wire import Gateway, Inbound, Received
from hub.ports import (
    Address,
    Attachment,
    Change,
    Host,
    InboundMessage,
    Proof,
)

log = structlog.get_logger(__name__)


class Hearing:
    """One inbox's ears. Its calls return after the commit, and raise SinkUnavailable."""

    def __init__(
        self, settings: SmsSettings, gateway: Gateway, host: Host, arrivals: Arrivals
    ) -> None:
        self._settings = settings
        self._gateway = gateway
        self._host = host
        self._arrivals = arrivals

    async def inbound(self, received: Received) -> None:
        """Raises Unreadable for a request that is no message."""
        heard = self._gateway.inbound(received)
        try:
            sender = numbers.party(heard.sender, self._settings.region)
        except numbers.NotANumber as error:
            log.warning("sms.unknown_sender", inbox_id=str(self._host.inbox_id))
            await self._host.sink.quarantine(
                received.body or received.url.encode(), str(error), external_id=heard.external_id
            )
            return
        asked = self._asked(heard, sender)
        address = Address(sender.scheme, sender.value)
        # The silence first: from here on, whatever this message sets off stays unsent.
        if asked == "stop":
            await self._change("opted_out", heard, address)
        await self._host.sink.message(await self._message(heard, sender))
        await self._arrivals.note("inbound")
        if asked == "start":
            await self._change("opted_in", heard, address)
        if asked is not None and not heard.answered:
            await self._answer(asked, heard, address)

    async def status(self, received: Received) -> None:
        """Raises Unreadable for a request that is no receipt."""
        receipt = self._gateway.status(received, self._host.now())
        if receipt is not None:
            await self._host.sink.delivery(receipt)
        await self._arrivals.note("status")

    def _asked(self, heard: Inbound, sender: numbers.Party) -> Keyword | None:
        if not sender.answerable:
            return None
        return heard.asked or keywords.keyword(heard.text)

    async def _message(self, heard: Inbound, sender: numbers.Party) -> InboundMessage:
        files, missing = await self._files(heard)
        now = self._host.now()
        data: dict[str, object] = {"to": heard.to} if heard.to else {}
        if missing:
            data["missing_files"] = missing
        return InboundMessage(
            external_id=heard.external_id,
            address=Address(sender.scheme, sender.value),
            text=heard.text.replace("\0", "") or ("" if files else _instead(missing)),
            occurred_at=min(heard.occurred_at or now, now),
            # A number cannot be chosen freely, a sender's name can.
            proof=Proof.PROVIDER if sender.answerable else Proof.NONE,
            attachments=tuple(files),
            data=data,
        )

    async def _files(self, heard: Inbound) -> tuple[list[Attachment], list[dict[str, str]]]:
        if not heard.media:
            return [], []
        return await media.fetch(
            self._host,
            heard.media,
            base=self._settings.api_base,
            headers=self._gateway.media_headers,
        )

    async def _change(
        self, kind: Literal["opted_out", "opted_in"], heard: Inbound, address: Address
    ) -> None:
        name = f"{kind}:{heard.external_id}"
        await self._host.sink.change(Change(kind, self._host.now(), address, name))

    async def _answer(self, asked: Keyword, heard: Inbound, address: Address) -> None:
        text = keywords.answer(asked, heard.text, self._host.inbox_name, self._settings.region)
        await self._host.sink.change(
            Change(
                kind="owed",
                occurred_at=self._host.now(),
                address=address,
                change_id=f"owed:{heard.external_id}",
                text=text,
                value="opted_out" if asked == "stop" else "",
            )
        )


def _instead(missing: list[dict[str, str]]) -> str:
    """Something to read where a message was nothing but pictures that could not be had."""
    return "\n".join(f"[{one['content_type'] or 'file'}]" for one in missing)
