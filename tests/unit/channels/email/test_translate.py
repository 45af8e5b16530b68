"""What a mail brings to the hub, and what a forged one does not."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from channels.email.parsing.reading import read
from channels.email.tokens import Tokens
from channels.email.translate import Arrived, Believed, Place, reason_of, translate
from hub.ports import InboundMessage, Proof, Reason
from tests.unit.channels.email.mails import multipart, raw

AT = datetime(2026, 5, 3, 9, tzinfo=UTC)
TOKENS = Tokens("help@shop.example", lambda purpose, text: f"{purpose}/{text}/secret")
US = Believed("help@shop.example", ("mx.shop.example",), TOKENS)
DELIVERY, CONVERSATION = UUID(int=11), UUID(int=12)
PROVEN = "Authentication-Results: mx.shop.example; dmarc=pass header.from=home.example"


def arrives(body: str, *fields: str, imported: bool = False) -> Arrived:
    mail = raw(body, *fields)
    return translate(read(mail), mail, Place("INBOX/1/2", AT, imported), US)


def message(body: str, *fields: str) -> InboundMessage:
    brought = arrives(body, *fields).message
    assert brought is not None
    return brought


def test_a_mail_becomes_a_message_with_its_reply_alone() -> None:
    one = message(
        "Yes, please.\n\nOn Sun, May 3, 2026 at 9:00 AM Shop <help@shop.example> wrote:\n"
        "\n> Shall we?\n",
        "Message-ID: <a@b>",
    )
    assert one.text == "Yes, please."
    assert "Shall we?" in str(one.data["full_text"])
    assert one.data["message_id"] == "a@b"
    assert "message-id:a@b" in one.names
    assert one.address.value == "anna@home.example"


def test_proof_comes_from_a_trusted_server_alone() -> None:
    assert message("Hi", PROVEN).proof is Proof.PROVIDER
    forged = message("Hi", PROVEN.replace("mx.shop", "mx.evil"))
    assert forged.proof is Proof.NONE
    authentication = forged.data["authentication"]
    assert isinstance(authentication, dict)
    assert authentication["reason"] == "not-checked"


def test_signed_names_tell_the_conversation_and_forged_ones_do_not() -> None:
    to = f"To: {TOKENS.reply_address(CONVERSATION)}"
    genuine = message("Hi", f"In-Reply-To: {TOKENS.message_id(DELIVERY)}", to)
    assert (genuine.answers_delivery, genuine.conversation_id) == (DELIVERY, CONVERSATION)
    other = Tokens("help@shop.example", lambda purpose, text: f"{purpose}/{text}/guess")
    forged = message(
        "Hi",
        f"In-Reply-To: {other.message_id(DELIVERY)}",
        f"To: {other.reply_address(CONVERSATION)}",
    )
    assert (forged.answers_delivery, forged.conversation_id) == (None, None)


def test_our_own_mail_coming_back_is_nothing() -> None:
    assert arrives("Hi", f"Message-ID: {TOKENS.message_id(DELIVERY)}") == Arrived()


def test_an_unproven_sender_does_not_redirect_answers() -> None:
    elsewhere = "Reply-To: thief@evil.example"
    assert message("Hi", elsewhere).reply_address == ""
    assert message("Hi", elsewhere, PROVEN).reply_address == ""
    near = message("Hi", "Reply-To: desk@home.example", PROVEN)
    assert near.reply_address == "desk@home.example"


def test_a_form_of_the_companys_own_pages_speaks_for_its_visitor() -> None:
    one = message("Hi", "From: Shop <web@shop.example>", "Reply-To: Ivan <ivan@else.example>")
    assert one.address.value == "ivan@else.example"
    assert one.proof is Proof.NONE


@pytest.mark.parametrize("sender", ["From: <>", "From: Anna", "From: a@@b", "From: \x07"])
def test_a_mail_of_nobody_is_kept_and_wakes_nobody(sender: str) -> None:
    one = message("Hi", sender)
    assert one.automatic
    assert one.address.value == "unknown-sender@unknown.invalid"


def test_automatic_mail_is_marked() -> None:
    assert message("Away", "Auto-Submitted: auto-replied").automatic
    assert message("News", "List-Unsubscribe: <https://x.example>").automatic
    assert not message("Hi").automatic


def test_a_date_to_come_is_not_believed() -> None:
    assert message("Hi", "Date: Sun, 3 May 2099 09:00:00 +0000").occurred_at == AT
    past = message("Hi", "Date: Sat, 2 May 2026 09:00:00 +0000")
    assert past.occurred_at == datetime(2026, 5, 2, 9, tzinfo=UTC)


def bounce(original: str, action: str = "failed", status: str = "5.1.1") -> Arrived:
    body, kind = multipart(
        "Content-Type: text/plain\n\nSorry.",
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
        f"Final-Recipient: rfc822; anna@home.example\nAction: {action}\nStatus: {status}\n",
        f"Content-Type: text/rfc822-headers\n\nMessage-ID: {original}\n",
        kind="report",
    )
    return arrives(body, kind, "From: MAILER-DAEMON@mx.example")


def test_a_bounce_of_ours_fails_the_delivery() -> None:
    brought = bounce(TOKENS.message_id(DELIVERY))
    assert brought.message is None
    assert brought.receipt is not None
    assert brought.receipt.delivery_id == DELIVERY
    assert (brought.receipt.status, brought.receipt.reason) == ("failed", "invalid_address")
    assert brought.receipt.recipient == "anna@home.example"


def test_a_delay_fails_nothing() -> None:
    brought = bounce(TOKENS.message_id(DELIVERY), "delayed", "4.4.1")
    assert brought.receipt is not None
    assert brought.receipt.status == "sent"


def test_a_bounce_of_a_name_that_is_not_ours_fails_nothing() -> None:
    brought = bounce("<made-up@shop.example>")
    assert brought.receipt is None
    assert brought.message is not None
    assert brought.message.automatic


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        ("5.1.1", Reason.INVALID_ADDRESS),
        ("5.2.2", Reason.UNREACHABLE),
        ("4.4.7", Reason.UNREACHABLE),
        ("5.7.1", Reason.CONTENT_REJECTED),
        ("5.2.3", Reason.TOO_LARGE),
        ("5.0.0", Reason.OTHER),
        ("", Reason.OTHER),
    ],
)
def test_reasons(status: str, reason: Reason) -> None:
    assert reason_of(status) is reason


def report(kind: str, part: str, *more: str) -> Arrived:
    body, content = multipart("Content-Type: text/plain\n\nNote.", part, *more, kind="report")
    return arrives(body, f"{content}; report-type={kind}")


def test_a_read_receipt_and_a_complaint_about_ours() -> None:
    shown = report(
        "disposition-notification",
        "Content-Type: message/disposition-notification\n\n"
        f"Original-Message-ID: {TOKENS.message_id(DELIVERY)}\n"
        "Disposition: manual-action/MDN-sent-manually; displayed\n",
    )
    assert shown.receipt is not None
    assert (shown.receipt.status, shown.receipt.delivery_id) == ("read", DELIVERY)
    unwanted = report(
        "feedback-report",
        "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n"
        "Original-Rcpt-To: <anna@home.example>\n",
        f"Content-Type: text/rfc822-headers\n\nMessage-ID: {TOKENS.message_id(DELIVERY)}\n",
    )
    assert unwanted.change is not None
    assert unwanted.change.kind == "opted_out"
    assert unwanted.change.delivery_id == DELIVERY
