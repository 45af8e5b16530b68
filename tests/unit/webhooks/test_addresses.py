"""Which addresses and events a webhook may be given."""

from ipaddress import ip_network

import pytest

from hub.errors import Invalid
from hub.events import FOR_ONE, EventType
from hub.webhooks.enqueue import wants
from hub.webhooks.repository import checked_events, checked_url

HERE = (ip_network("127.0.0.0/8"),)


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/hook",
        "http://shop.example:8080/a/b?c=d",
        "https://93.184.216.34/x",
        "https://[2606:2800:220:1::1]/x",
        "https://магазин.example/хук",
    ],
)
def test_public_addresses(url: str):
    assert checked_url(url, ()) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "shop.example",
        "ftp://shop.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://",
        "https:///hook",
        "https://shop example/hook",
        "https://shop.example/a hook",
        "https://shop.example:port/",
        "https://shop.example:99999/",
        "https://user:password@shop.example/",
        "https://user@shop.example/",
        "https://shop.example/\r\nX-Evil: 1",
        "https://shop.example/\x00",
        "http://127.0.0.1/",
        "http://10.1.2.3/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[fd00::1]/",
        "http://[not-an-address]/",
    ],
)
def test_what_can_never_be_called(url: str):
    with pytest.raises(Invalid) as refused:
        checked_url(url, ())
    assert refused.value.fields["url"]


def test_a_private_address_that_is_allowed():
    assert checked_url("http://127.0.0.1:9/", HERE)


def test_events_are_known_ones_or_all():
    assert checked_events(["order.created", "customer.created", "order.created"]) == [
        "customer.created",
        "order.created",
    ]
    assert checked_events(["*"]) == ["*"]
    assert checked_events([]) == []


@pytest.mark.parametrize("unknown", ["order.made", "", "notification.created", "rule.called"])
def test_unknown_events_are_named(unknown: str):
    with pytest.raises(Invalid) as refused:
        checked_events(["order.created", unknown])
    assert "Unknown" in refused.value.fields["events"]


@pytest.mark.parametrize("event", list(EventType))
def test_who_is_told_what(event: EventType):
    private = event in FOR_ONE
    assert wants(["*"], event) is not private
    assert wants([event], event) is not private
    assert not wants([], event)
    assert not wants(["something.else"], event)
