"""Reports of failed delivery: in the standard's form, and in each program's prose."""

import pytest

from channels.email.parsing import bounce_texts
from channels.email.parsing.mail import Bounce, Kind
from tests.unit.channels.email.mails import multipart, read

DAEMON = "From: Mail Delivery System <MAILER-DAEMON@mx.example>"
RETURNED = (
    "Content-Type: message/rfc822\n\nMessage-ID: <our-1@shop.example>\nTo: x@y.example\n\nHi"
)


def report(*groups: str, returned: str = RETURNED, text: str = "It failed."):
    status = "\n\n".join(("Reporting-MTA: dns; mx.example", *groups))
    body, kind = multipart(
        f"Content-Type: text/plain\n\n{text}",
        f"Content-Type: message/delivery-status\n\n{status}\n",
        returned,
        kind="report",
    )
    return read(body, f"{kind}; report-type=delivery-status", DAEMON, "Subject: Undelivered Mail")


def test_a_report_in_the_standards_form():
    mail = report(
        "Final-Recipient: rfc822; anna@home.example\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 User unknown"
    )
    assert mail.bounce == Bounce("5.1.1", "failed", "anna@home.example", "our-1@shop.example")
    assert (mail.kind, mail.auto_submitted) == (Kind.BOUNCE, True)


@pytest.mark.parametrize(
    ("group", "bounce"),
    [
        (
            (
                "Original-Recipient: rfc822;anna@home.example\n"
                "Final-Recipient: rfc822;anna@inner.example\nAction: failed\nStatus: 5.2.2"
            ),
            ("5.2.2", "failed", "anna@home.example"),
        ),
        (
            "Final-Recipient: rfc822; a@b.example\nAction: delayed\nStatus: 4.4.1",
            ("4.4.1", "delayed", "a@b.example"),
        ),
        # the class alone: what the other server said is more
        (
            (
                "Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.0.0\n"
                "Diagnostic-Code: smtp; 552-5.2.2 mailbox full"
            ),
            ("5.2.2", "failed", "a@b.example"),
        ),
        (
            "Final-Recipient: <a@b.example>\nAction: Failed (permanent)\nStatus: 550",
            ("5.0.0", "failed", "a@b.example"),
        ),
        ("Final-Recipient: a@b.example\nStatus: 5.1.1 (bad)", ("5.1.1", "failed", "a@b.example")),
        (
            "Final-Recipient: rfc822; a@b.example\nAction: error",
            ("5.0.0", "failed", "a@b.example"),
        ),
    ],
)
def test_reports_as_servers_write_them(group, bounce):
    found = report(group).bounce
    assert found is not None
    assert (found.status, found.action, found.recipient) == bounce


def test_the_failure_counts_beside_a_success():
    mail = report(
        "Final-Recipient: rfc822; ok@b.example\nAction: delivered\nStatus: 2.0.0",
        "Final-Recipient: rfc822; a@b.example\nAction: failed\nStatus: 5.1.1",
    )
    assert mail.bounce is not None
    assert mail.bounce.recipient == "a@b.example"


def test_a_delivery_is_no_bounce():
    mail = report("Final-Recipient: rfc822; a@b.example\nAction: delivered\nStatus: 2.0.0")
    assert (mail.bounce, mail.kind) == (None, Kind.RECEIPT)


def test_headers_alone_name_the_original():
    returned = "Content-Type: text/rfc822-headers\n\nMessage-Id: <our-2@shop.example>\n"
    mail = report("Final-Recipient: rfc822; a@b.example\nAction: failed", returned=returned)
    assert mail.bounce is not None
    assert mail.bounce.original_message_id == "our-2@shop.example"


PROSE = {
    "qmail": (
        (
            "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to"
            " deliver"
            " your message to the following addresses.\nThis is a permanent error; I've given up."
            " Sorry it didn't work out.\n\n<anna@home.example>:\n192.0.2.1 does not like"
            " recipient.\n"
            "Remote host said: 550 5.1.1 No such user\n\n--- Below this line is a copy of the"
            " message."
            "\n\nReturn-Path: <help@shop.example>\nMessage-ID: <our-1@shop.example>\nTo:"
            " x@y.example"
        ),
        "failure notice",
        ("5.1.1", "failed", "our-1@shop.example"),
    ),
    "Exim": (
        (
            "This message was created automatically by mail delivery software.\n\nA message"
            " that you"
            " sent could not be delivered to one or more of its\nrecipients. This is a"
            " permanent error."
            " The following address(es) failed:\n\n  anna@home.example\n    host mx.home.example"
            " [192.0.2.1]\n    SMTP error from remote mail server after RCPT"
            " TO:<anna@home.example>:\n"
            "    550 5.7.1 Blocked\n\n------ This is a copy of the message, including all the"
            " headers."
            " ------\n\nMessage-ID: <our-1@shop.example>\n"
        ),
        "Mail delivery failed: returning message to sender",
        ("5.7.1", "failed", "our-1@shop.example"),
    ),
    "Postfix": (
        (
            "This is the mail system at host mx.example.\n\nI'm sorry to have to inform you"
            " that your"
            " message could not\nbe delivered to one or more recipients. It's attached below.\n\n"
            "<anna@home.example>: host mx.home.example[192.0.2.1] said: 552 5.2.2\n    Over"
            " quota (in"
            " reply to RCPT TO command)\n"
        ),
        "Undelivered Mail Returned to Sender",
        ("5.2.2", "failed", None),
    ),
    "Exchange": (
        (
            "Delivery has failed to these recipients or groups:\n\nAnna Petrova"
            " (anna@home.example)<"
            "mailto:anna@home.example>\nThe email address you entered couldn't be"
            " found.\n\nDiagnostic"
            " information for administrators:\n\nGenerating server: EX01.home.example\n\n"
            "anna@home.example\nRemote Server returned '550 5.1.10"
            " RESOLVER.ADR.RecipientNotFound'\n"
        ),
        "Undeliverable: Your order",
        ("5.1.10", "failed", None),
    ),
    "Gmail": (
        (
            "** Address not found **\n\nYour message wasn't delivered to anna@home.example"
            " because the"
            " address couldn't be found, or is unable to receive mail.\n\nThe response was:\n\n550"
            " 5.1.1 The email account that you tried to reach does not exist."
        ),
        "Delivery Status Notification (Failure)",
        ("5.1.1", "failed", None),
    ),
    "Postfix, delayed": (
        (
            "This is the mail system at host mx.example.\n\n###\n# THIS IS A WARNING ONLY.  YOU"
            " DO NOT"
            " NEED TO RESEND YOUR MESSAGE. #\n###\n\nYour message could not be delivered for"
            " more than"
            " 4 hour(s).\nIt will be retried until it is 5 day(s) old.\n\n<anna@home.example>:"
            " connect"
            " to mx.home.example[192.0.2.1]:25: Connection refused\n"
        ),
        "Delayed Mail (still being retried)",
        ("4.4.1", "delayed", None),
    ),
    "Mail.ru": (
        (
            "This message was created automatically by mail delivery software.\n\nA message"
            " that you"
            " sent could not be delivered to one or more of its recipients. This is a permanent"
            " error."
            " The following address failed:\n\n  anna@home.example\n    550 Message was not"
            " accepted --"
            " invalid mailbox.  Local mailbox anna@home.example is unavailable: user not found\n"
        ),
        "Mail failure.",
        ("5.", "failed", None),
    ),
    "Courier": (
        (
            "This is a delivery status notification from mx.example,\nrunning the Courier mail"
            " server, version 0.65.\n\n                UNDELIVERABLE MAIL\n\nYour message to the"
            " following recipients cannot be delivered:\n\n<anna@home.example>:\n    mx.home"
            ".example [192.0.2.1]:\n<<< 550 5.1.1 <anna@home.example>... User unknown\n"
        ),
        "NOTICE: mail delivery status.",
        ("5.1.1", "failed", None),
    ),
    "Sun Messaging Server": (
        (
            "This report relates to a message you sent with the following header fields:\n\n"
            "  Message-id: <our-1@shop.example>\n  Subject: Order\n\nYour message cannot be"
            " delivered to the following recipients:\n\n  Recipient address: anna@home.example\n"
            "  Diagnostic code: smtp;550 5.1.1 unknown user\n"
        ),
        "Delivery Notification: Delivery has failed",
        ("5.1.1", "failed", "our-1@shop.example"),
    ),
    "Yandex": (
        (
            "Это сообщение отправлено почтовым сервером yandex.ru.\n\nК сожалению, мы вынуждены"
            " сообщить Вам о том, что Ваше письмо не может быть доставлено\nодному или нескольким"
            " адресатам.\n\n<anna@home.example>: host mx.home.example[192.0.2.1] said: 550 5.1.1"
            " No such user\n"
        ),
        "Недоставленное сообщение",
        ("5.1.1", "failed", None),
    ),
}


@pytest.mark.parametrize(("text", "subject", "wanted"), PROSE.values(), ids=PROSE.keys())
def test_reports_in_prose(text, subject, wanted):
    mail = read(text, DAEMON, f"Subject: {subject}")
    assert mail.bounce is not None
    assert mail.bounce.recipient == "anna@home.example"
    assert (mail.bounce.status or "").startswith(wanted[0])
    assert (mail.bounce.action, mail.bounce.original_message_id) == wanted[1:]


def test_a_refusal_by_dovecot_is_a_bounce():
    body, kind = multipart(
        "Content-Type: text/plain\n\nYour message to <anna@home.example> was automatically"
        " rejected:\nQuota exceeded\n",
        "Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822;"
        " anna@home.example\nDisposition: automatic-action/MDN-sent-automatically; deleted\n",
        kind="report",
    )
    mail = read(body, f"{kind}; report-type=disposition-notification", DAEMON)
    assert mail.bounce is not None
    assert (mail.bounce.status, mail.bounce.recipient) == ("5.2.2", "anna@home.example")


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("My parcel could not be delivered, the driver says. Call me: a@b.example", ()),
        ("I got this from your server: user unknown <a@b.example>. Why?", ("Subject: Failure",)),
        ("Your mailbox is full of spam, right?", ("From: postmaster@home.example",)),
        ("I am away until Monday.", ("Subject: Automatic reply: x", "Return-Path: <>")),
        ("The delivery of order 7 has failed. Mail a@b.example!", ("Subject: Delivery failed",)),
    ],
)
def test_people_who_write_of_failures_are_no_bounces(text, fields):
    assert read(text, *fields).bounce is None


def test_a_report_that_a_person_sends_along_is_none_to_us():
    report = (
        "Content-Type: message/rfc822\n\nFrom: MAILER-DAEMON@mx.example\nSubject: Undelivered\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=in\n\n"
        "--in\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
        "Final-Recipient: rfc822; boris@home.example\nAction: failed\nStatus: 5.1.1\n--in--\n"
    )
    body, kind = multipart("Content-Type: text/plain\n\nLook what I got.\n", report)
    subject = "Subject: Fwd: Undelivered Mail Returned to Sender"
    assert read(body, kind, subject).bounce is None
    # From a mail server itself it is one, whatever filter has wrapped it.
    wrapped = read(body, kind, subject, DAEMON).bounce
    assert wrapped is not None
    assert wrapped.recipient == "boris@home.example"


@pytest.mark.parametrize("name", PROSE)
def test_whatever_prose_is_recognised_holds_a_word_that_is_looked_for_first(name: str):
    told = PROSE[name][0].lower()
    assert bool(bounce_texts._PROSE.search(told)) is bounce_texts._tells(told)


RETURNED = (
    "Content-Type: message/rfc822\n\nFrom: help@shop.example\nTo: Boris <boris@home.example>\n"
    "Subject: Your order\n\nHello\n"
)


@pytest.mark.parametrize("action", ["expired", "bounced", "failed (mailbox full)"])
def test_an_action_in_words_of_its_own_is_a_failure(action: str):
    report = (
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
        f"Final-Recipient: rfc822; boris@home.example\nAction: {action}\nStatus:\n"
    )
    body, kind = multipart("Content-Type: text/plain\n\nSorry.\n", report, kind="report")
    bounce = read(body, f"{kind}; report-type=delivery-status", DAEMON).bounce
    assert bounce is not None
    assert (bounce.action, bounce.recipient) == ("failed", "boris@home.example")


def test_an_address_that_was_only_verified_did_not_fail():
    report = (
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
        "Final-Recipient: rfc822; boris@home.example\nAction: deliverable\nStatus: 2.1.5\n"
    )
    body, kind = multipart("Content-Type: text/plain\n\nFine.\n", report, kind="report")
    assert read(body, f"{kind}; report-type=delivery-status", DAEMON).bounce is None


def test_whom_the_returned_mail_was_for_failed_when_nobody_is_named():
    told = "Content-Type: text/plain\n\n--- Delivery report unavailable ---\n"
    empty = "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n"
    body, kind = multipart(told, empty, RETURNED, kind="report")
    attached = read(body, f"{kind}; report-type=delivery-status", DAEMON).bounce
    assert attached is not None
    assert attached.recipient == "boris@home.example"
    prose = (
        "   ----- Transcript of session follows -----\n421 Deferred: Connection timed out\n\n"
        "   ----- Unsent message follows -----\nFrom: help@shop.example\n"
        "To: boris@home.example\n\nHello\n"
    )
    quoted = read(prose, DAEMON, "Subject: Returned mail: Cannot send message for 4 days").bounce
    assert quoted is not None
    assert quoted.recipient == "boris@home.example"


def test_of_several_recipients_nobody_is_named():
    told = "Content-Type: text/plain\n\nSorry.\n"
    two = RETURNED.replace("Boris <boris@home.example>", "boris@home.example, c@home.example")
    body, kind = multipart(told, two, kind="report")
    bounce = read(body, f"{kind}; report-type=delivery-status", DAEMON).bounce
    assert bounce is not None
    assert bounce.recipient is None


SES = (
    '{"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":['
    '{"emailAddress":"boris@home.example","action":"failed","status":"5.1.1"}]},'
    '"mail":{"headers":[{"name":"Message-ID","value":"<m1@shop.example>"}]}}'
)


@pytest.mark.parametrize("text", [SES, SES.replace('"', '\\"')], ids=["plain", "quoted"])
def test_what_amazon_notifies_of_is_a_bounce(text: str):
    bounce = read(text, "From: SES <no-reply@sns.amazonaws.com>").bounce
    assert bounce is not None
    assert (bounce.status, bounce.recipient) == ("5.1.1", "boris@home.example")
    assert bounce.original_message_id == "m1@shop.example"


def test_other_notices_of_amazon_are_none():
    text = SES.replace("Bounce", "Complaint", 1)
    assert read(text, "From: SES <no-reply@sns.amazonaws.com>").bounce is None


def test_the_id_of_the_returned_mail_is_nobodys_address():
    text = (
        "This message was created automatically by mail delivery software.\n"
        "A message that you sent could not be delivered to one or more of its recipients. "
        "This is a permanent error.\n\n"
        "boris@home.example Invalid Address, ERROR_CODE :550, 5.1.1 User Unknown\n\n"
        "Received:from mail by smtp.zoho.example\nMessage-ID:<14a3.88@zoho.example>\n"
        "From:Olga <help@shop.example>\nTo:<boris@home.example>\n"
    )
    fields = ("From: mailer-daemon@mail.zoho.example", "Subject: Undelivered Mail Returned")
    bounce = read(text, *fields).bounce
    assert bounce is not None
    assert (bounce.recipient, bounce.original_message_id) == (
        "boris@home.example",
        "14a3.88@zoho.example",
    )
