"""What Twilio's error codes mean for a message (https://www.twilio.com/docs/api/errors).

The same codes come as the answer to a send and, for what goes wrong later, in status callbacks.
"""

from channels.sms.errors import Meaning

_SENDER = "Check the number or the messaging service of this inbox in Twilio's console."
_ACCOUNT = "Look at the account in Twilio's console."
_GEO = "Allow the country under Messaging, Settings, Geo permissions in Twilio's console."
_BRAND = "Register the number's brand and campaign (A2P 10DLC) in Twilio's console."

CODES: dict[int, tuple[Meaning, str, str]] = {
    14107: ("rate_limited", "Too many messages at once for this number.", ""),
    20003: ("misconfigured", "Twilio refuses the account's credentials.",
            "Enter account_sid and auth_token again, as they stand in Twilio's console."),
    20005: ("misconfigured", "The Twilio account is not active.", _ACCOUNT),
    20008: ("misconfigured", "These are Twilio's test credentials.", "Enter the live ones."),
    20404: ("misconfigured", "Twilio knows no such account.", "Check account_sid and api_base."),
    20429: ("rate_limited", "Twilio is asked too often at once.", ""),
    20500: ("unknown", "Twilio failed while it had the message.", ""),
    20503: ("later", "Twilio asks to try again later.", ""),
    21211: ("invalid_address", "This is no phone number.", ""),
    21212: ("misconfigured", "Twilio does not accept the sender's number.", _SENDER),
    21214: ("unreachable", "This number cannot be reached.", ""),
    21265: ("invalid_address", "A short number cannot be written to.", ""),
    21266: ("invalid_address", "This is the inbox's own number.", ""),
    21408: ("other", f"The account may not send to this country. {_GEO}", ""),
    21601: ("misconfigured", "The sender's number cannot send text messages.", _SENDER),
    21602: ("content_rejected", "The message is empty.", ""),
    21603: ("misconfigured", "The inbox has no number to send from.", _SENDER),
    21604: ("invalid_address", "The message has no recipient.", ""),
    21605: ("too_large", "The message is too long.", ""),
    21606: ("misconfigured", "The sender's number cannot send text messages.", _SENDER),
    21608: ("other", "A trial account only sends to numbers verified with Twilio.", ""),
    21609: ("misconfigured", "Twilio does not accept the address for receipts.",
            "HUB_PUBLIC_URL has to be reached from the internet."),
    21610: ("opted_out", "The recipient has replied STOP to this number.", ""),
    21611: ("rate_limited", "The queue of the sender's number is full.", ""),
    21612: ("unreachable", "This number cannot be reached from the sender's number.", ""),
    21614: ("invalid_address", "This is no mobile number.", ""),
    21617: ("too_large", "The message is longer than 1,600 characters.", ""),
    21619: ("content_rejected", "The message is empty.", ""),
    21635: ("invalid_address", "This is a landline.", ""),
    21659: ("misconfigured", "The sender's number is not one of Twilio's.", _SENDER),
    21660: ("misconfigured", "The sender's number belongs to another account.", _SENDER),
    21701: ("misconfigured", "There is no such messaging service.", _SENDER),
    21703: ("misconfigured", "The messaging service has no number to send from.", _SENDER),
    21704: ("other", "The messaging service has no number for this country.", ""),
    21705: ("misconfigured", "The messaging service is not a valid one.", _SENDER),
    30001: ("rate_limited", "The sender's queue is full.", ""),
    30002: ("misconfigured", "The Twilio account is suspended.", _ACCOUNT),
    30003: ("unreachable", "The phone is off, out of reach or takes no messages.", ""),
    30004: ("blocked", "The recipient, or their operator, blocks messages from this sender.", ""),
    30005: ("invalid_address", "This number is unknown, or no longer in use.", ""),
    30006: ("unreachable", "A landline, or an operator that cannot be reached.", ""),
    30007: ("content_rejected", "The mobile operator filtered the message out.", ""),
    30008: ("other", "The mobile operator did not say why it failed.", ""),
    30009: ("other", "A part of the message was lost on the way.", ""),
    30010: ("other", "The message costs more than the most that was set.", ""),
    30011: ("content_rejected", "The recipient's operator takes no pictures.", ""),
    30017: ("unreachable", "The mobile operator's network is congested.", ""),
    30019: ("too_large", "The message is too large for the mobile operator.", ""),
    30022: ("rate_limited", "The mobile operator's limit for this sender is reached.", ""),
    30023: ("other", "The mobile operator's daily limit for this sender is reached.", ""),
    30032: ("other", f"The toll-free number is not verified. {_SENDER}", ""),
    30034: ("other", f"The number is not registered for business messages. {_BRAND}", ""),
    30036: ("expired", "It could not be delivered while it was still worth something.", ""),
    30410: ("unreachable", "The mobile operator did not answer in time.", ""),
    30450: ("content_rejected", "The message was stopped as fraud.", ""),
}  # fmt: skip
"""Code: (meaning, words, remedy). Found later in a callback, only a `Reason` counts."""

STATUSES: dict[str, str] = {
    "accepted": "sent",
    "scheduled": "sent",
    "queued": "sent",
    "sending": "sent",
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}
"""Twilio's word for a message: ours. *sent* is "the provider took it" (docs/glossary.md)."""
