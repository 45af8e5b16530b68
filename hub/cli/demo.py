"""`hub demo`: where everything of the demo is, and how to get in."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from hub.cli.ahead import starting_ahead
from hub.cli.environment import load_settings
from hub.cli.loading import nothing_collected
from hub.cli.output import say
from hub.cli.root import new_app
from hub.cli.serving import print_ready, settle, until_told

if TYPE_CHECKING:
    from hub.demo.serving import Opened

_DATA_DIR = Path("data/demo")

_TWINS: Mapping[str, str] = {
    "email": "Customers' mail",
    "telegram": "Their Telegram",
    "sms": "Their phones",
}
app = new_app()


@app.command()
def demo() -> None:
    """Serve a demo: a made-up optician's, its customers, orders and conversations.

    The data go to data/demo unless HUB_DATA_DIR names another place, and are there the next time.
    """
    settings = load_settings()
    if "data_dir" not in settings.model_fields_set:
        settings = settings.model_copy(update={"data_dir": _DATA_DIR})

    async def opened(at: "Opened") -> None:
        _welcome(at)
        settle()
        print_ready(at.ready)

    def progress(line: str) -> None:
        say(f"==> {line}")

    with starting_ahead(settings) as tenancy:
        with nothing_collected():
            from hub.demo import serving  # noqa: PLC0415 - nearly all of the hub
        until_told(serving.serve(settings, opened=opened, say=progress, tenancy=tenancy))


def _welcome(at: "Opened") -> None:
    say()
    say("The demo is open. Everybody in it is made up.")
    say()
    say(f"    Operators' inbox   {at.ready.url}/")
    say(f"    sign in as         {at.email}  {at.password}")
    say(f"    A customer's chat  {at.chat_url}")
    say(f"    The shop's desk    {at.shop_url}")
    for channel, url in at.twin_urls.items():
        say(f"    {_TWINS.get(channel, channel):<19}{url}")
    say()
    say(f"Ctrl-C ends it. The data stay in {at.ready.data_dir}.")
    say()
