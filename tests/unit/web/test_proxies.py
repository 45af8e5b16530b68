"""Whose address is believed."""

from ipaddress import ip_network

import pytest
from aiohttp.test_utils import make_mocked_request

from hub.web.proxies import Proxies

INSIDE = (ip_network("10.0.0.0/8"), ip_network("::1/128"))


def caller(remote, headers=(), *, public_url="", trusted=INSIDE):
    request = make_mocked_request("GET", "/", {"Host": "hub.local", **dict(headers)})
    return Proxies(trusted, public_url).caller(request.clone(remote=remote))


@pytest.mark.parametrize(
    ("remote", "forwarded", "address"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),  # a stranger's lie
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.7, 198.51.100.1", "198.51.100.1"),  # the left one is claimed
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "rubbish, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", " , ,", "10.0.0.1"),
        ("::1", "2001:db8::1", "2001:db8::1"),
        ("::ffff:203.0.113.9", "", "203.0.113.9"),  # one socket listens for both families
        ("::ffff:10.0.0.1", "::ffff:198.51.100.1, ::ffff:10.0.0.2", "198.51.100.1"),
    ],
)
def test_the_nearest_address_that_is_no_proxy_of_ours(remote, forwarded, address):
    assert caller(remote, {"X-Forwarded-For": forwarded}).address == address


@pytest.mark.parametrize(
    ("remote", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_what_is_counted_as_one(remote, network):
    assert caller(remote).network == network


@pytest.mark.parametrize(
    ("remote", "headers", "public_url", "origin"),
    [
        ("203.0.113.9", {}, "", "http://hub.local"),
        ("203.0.113.9", {"X-Forwarded-Proto": "https"}, "", "http://hub.local"),
        ("10.0.0.1", {"X-Forwarded-Proto": "https"}, "", "https://hub.local"),
        (
            "10.0.0.1",
            {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "chat.example"},
            "",
            "https://chat.example",
        ),
        ("10.0.0.1", {"X-Forwarded-Proto": "gopher"}, "", "http://hub.local"),
        ("203.0.113.9", {}, "https://hub.local/desk", "https://hub.local"),
        ("203.0.113.9", {}, "https://other.example", "http://hub.local"),
    ],
)
def test_the_origin_in_the_browser(remote, headers, public_url, origin):
    found = caller(remote, headers, public_url=public_url)
    assert found.origin == origin
    assert found.secure == origin.startswith("https:")


def test_the_public_path_is_a_prefix():
    assert Proxies((), "https://example.com/desk").prefix == "/desk"
    assert Proxies((), "https://example.com").prefix == ""
    assert Proxies((), "").prefix == ""
