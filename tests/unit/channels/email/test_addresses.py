"""Mailboxes as people, programs and gateways write them."""

import pytest

from channels.email.parsing.addresses import parse

A = ("", "a@b.example")


@pytest.mark.parametrize(
    ("field", "found"),
    [
        ("a@b.example", [A]),
        ("<a@b.example>", [A]),
        ("Anna <a@b.example>", [("Anna", "a@b.example")]),
        ('"Petrova, Anna" <a@b.example>', [("Petrova, Anna", "a@b.example")]),
        ('"Anna \\"An\\" P" <a@b.example>', [('Anna "An" P', "a@b.example")]),
        ("a@b.example (Anna)", [("Anna", "a@b.example")]),
        ("a@b.example, <c@d.example>", [A, ("", "c@d.example")]),
        ("a@b.example; c@d.example", [A, ("", "c@d.example")]),
        ("=?utf-8?Q?Petrova,_Anna?= <a@b.example>", [("Petrova, Anna", "a@b.example")]),
        ("=?utf-8?B?0JDQvdC90LA=?= <a@b.example>", [("Анна", "a@b.example")]),
        ('"=?utf-8?B?0JDQvdC90LA=?=" <a@b.example>', [("Анна", "a@b.example")]),
        ("=?utf-8?B?0JDQvdC90LA=?=<a@b.example>", [("Анна", "a@b.example")]),
        ("Анна <анна@пример.example>", [("Анна", "анна@пример.example")]),
        ("'Anna' <a@b.example>", [("Anna", "a@b.example")]),
        ("Petrova, Anna <a@b.example>", [("Petrova", ""), ("Anna", "a@b.example")]),
        ("a@b.example <a@b.example>", [("a@b.example", "a@b.example")]),
        ('"a@b.example"', [A]),
        ("undisclosed-recipients:;", []),
        ("Friends: a@b.example, c@d.example;", [A, ("", "c@d.example")]),
        ("<a@b.example", [A]),
        ("Anna <a@b.example, c@d.example", [("Anna", "a@b.example"), ("", "c@d.example")]),
        ("<@relay.example,@other.example:a@b.example>", [A]),
        ("Anna <mailto:a@b.example>", [("Anna", "a@b.example")]),
        ("Anna", [("Anna", "")]),
        ("", []),
        (",,;", []),
        ('"unclosed <a@b.example>', [("unclosed", "a@b.example")]),
        ("(comment (nested)) a@b.example", [("comment (nested)", "a@b.example")]),
        ("Pete (who (is) there) <pete(his own)@b.example(host)>", [("Pete", "pete@b.example")]),
        ('"very.\\"odd\\""@b.example', [("", '"very.\\"odd\\""@b.example')]),
    ],
)
def test_every_mailbox_is_found(field, found):
    assert [(one.name, one.address) for one in parse(field)] == found
