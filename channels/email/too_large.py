"""What is recorded of a mail whose body is too large to be fetched."""

from dataclasses import replace

from channels.email.translate import Arrived


def announced(arrived: Arrived, size: int) -> Arrived:
    """The message with a line in place of the body that was left in the mailbox. `size`: bytes."""
    message = arrived.message
    if message is None:
        return arrived
    text = (
        f"This mail is too large to be shown here ({size / 1_000_000:.0f} MB). "
        "It is still in the mailbox."
    )
    facts = {**message.data, "too_large": size}
    return replace(arrived, message=replace(message, text=text, html="", data=facts))
