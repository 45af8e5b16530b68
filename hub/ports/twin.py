"""The twin port: a provider's local stand-in, with a page on which one plays its customers.

A twin is named by an entry point of the group `hub.twins`, under its channel's name. It is a
server of its own that speaks the provider's real protocol; the adapter cannot tell, only the
addresses in its settings differ. It imports nothing of the adapter beside it.
"""

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol


class RunningTwin(Protocol):
    """A twin that is being served."""

    @property
    def page(self) -> str:
        """Where one plays the customer, with a trailing slash.

        `POST {page}faults` with `{"do": ...}` makes it misbehave: each twin documents its faults.
        """

    @property
    def settings(self) -> Mapping[str, object]:
        """The settings of an inbox that reaches this twin, as `POST /inboxes` takes them."""

    async def connect(self, urls: Mapping[str, str]) -> None:
        """Enter at the provider what an administrator would paste there: the inbox's `urls`.

        May be called again, with other addresses. A twin that is only asked does nothing.
        """

    async def play(self, act: Mapping[str, object]) -> None:
        """A customer does something; returns when the provider has it, not when the hub does.

        Every twin knows these keys, and ignores those that its provider has no room for:
          who      the customer's address at the provider: a mail address, a phone number, a
                   Telegram user's number (as text)
          name     what the customer is called there
          locale   the language of the customer's device
          text     what is written
          files    a list of {"name": str, "content": bytes, "kind": str}; `kind` is `photo`,
                   `voice`, `video`, or `file` when absent
          reply    true: as an answer to the newest message from the company, quoting it where
                   people's clients do
          at       an aware datetime: when it happens; now when absent
        Further keys are the twin's own. Raises ValueError for an act it cannot play.
        """


class Twin(Protocol):
    """The stand-in of one channel's provider."""

    @property
    def name(self) -> str:
        """The channel's name."""

    def serve(
        self, host: str, port: int, data_dir: Path
    ) -> AbstractAsyncContextManager[RunningTwin]:
        """Serve its page on `port` (0: any free one), the provider's protocol on ports it finds.

        Raises OSError when `port` is taken. What it holds is kept in `data_dir`, which is its
        own, and is there again the next time.
        """
