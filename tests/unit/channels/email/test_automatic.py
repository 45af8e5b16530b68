"""What a machine sent, and as what."""

import pytest

from channels.email.parsing.mail import Kind
from tests.unit.channels.email.mails import multipart, read


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        ("Auto-Submitted: auto-replied", Kind.AUTO_REPLY),
        ("Auto-Submitted: auto-replied (vacation)", Kind.AUTO_REPLY),
        ("Auto-Submitted: auto-generated", Kind.NOTIFICATION),
        ("Auto-Submitted: no", Kind.PERSONAL),
        ("X-Autoreply: yes", Kind.AUTO_REPLY),
        ("X-Autorespond: Re: hello", Kind.AUTO_REPLY),
        ("Precedence: auto_reply", Kind.AUTO_REPLY),
        ("X-Auto-Response-Suppress: All", Kind.NOTIFICATION),
        ("X-Auto-Response-Suppress: DR, RN, NRN", Kind.PERSONAL),
        ("X-FC-MachineGenerated: true", Kind.AUTO_REPLY),
        ("Subject: Automatyczna odpowiedź: zamówienie", Kind.AUTO_REPLY),
        ("Subject: מענה אוטומטי: הזמנה", Kind.AUTO_REPLY),
        ("X-POST-MessageClass: 9; Autoresponder", Kind.AUTO_REPLY),
        ("Delivered-To: Autoresponder", Kind.AUTO_REPLY),
        ("Delivered-To: autoresponder@shop.example", Kind.PERSONAL),
        ("Return-Path: <>", Kind.NOTIFICATION),
        ("Precedence: bulk", Kind.BULK),
        ("Precedence: list", Kind.LIST),
        ("List-Id: Talk <talk.lists.example>", Kind.LIST),
        ("List-Unsubscribe: <https://x.example/u>", Kind.BULK),
        ("Subject: Automatic reply: Your order", Kind.AUTO_REPLY),
        ("Subject: Out of Office: back on Monday", Kind.AUTO_REPLY),
        ("Subject: Automatische Antwort: Bestellung", Kind.AUTO_REPLY),
        ("Subject: Abwesenheitsnotiz", Kind.AUTO_REPLY),
        ("Subject: Réponse automatique : Commande", Kind.AUTO_REPLY),
        ("Subject: Respuesta automática: Pedido", Kind.AUTO_REPLY),
        ("Subject: Автоответ: Заказ", Kind.AUTO_REPLY),
        ("Subject: Автоматичен отговор: Поръчка", Kind.AUTO_REPLY),
        ("Subject: Automatic doors, an offer", Kind.PERSONAL),
        ("Subject: Auto parts needed", Kind.PERSONAL),
        ("Subject: Auto - a spare part", Kind.PERSONAL),
        ("Subject: Auto: Re: Hello", Kind.AUTO_REPLY),
        ("Subject: Re: Hello", Kind.PERSONAL),
    ],
)
def test_fields_tell(field, kind):
    assert read("text", field).kind == kind


def test_only_machines_count_as_such():
    assert not read("x", "Precedence: bulk").auto_submitted
    assert not read("x", "List-Id: <a.b>").auto_submitted
    assert read("x", "Auto-Submitted: auto-generated").auto_submitted


def test_a_read_receipt():
    body, kind = multipart(
        "Content-Type: text/plain\n\nYour message was read.",
        "Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822;a@b.example\n"
        "Disposition: manual-action/MDN-sent-manually; displayed",
        kind="report",
    )
    mail = read(body, f"{kind}; report-type=disposition-notification")
    assert (mail.kind, mail.bounce) == (Kind.RECEIPT, None)


def test_a_complaint():
    body, kind = multipart(
        "Content-Type: text/plain\n\nThis is an email abuse report.",
        "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1",
        "Content-Type: message/rfc822\n\nSubject: x\n\ny",
        kind="report",
    )
    mail = read(body, f"{kind}; report-type=feedback-report")
    assert (mail.kind, mail.bounce) == (Kind.FEEDBACK, None)
