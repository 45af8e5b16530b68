"""Which addresses may be called."""

from ipaddress import ip_network

import pytest

from hub.inboxes.outgoing_http import allowed


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "::ffff:8.8.8.8"]
)
def test_public_addresses_may_be_called(address: str):
    assert allowed(address, ())


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.0.9",
        "0.0.0.0",  # noqa: S104
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "2002:7f00:1::1",
        "2001:db8::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "ff0e::1",
    ],
)
def test_all_others_may_not(address: str):
    assert not allowed(address, ())


def test_exempt_networks_may_be_called_and_only_these():
    exempt = (ip_network("127.0.0.0/8"), ip_network("fd00::/8"))
    assert allowed("127.0.0.1", exempt)
    assert allowed("::ffff:127.0.0.1", exempt)
    assert allowed("fd12::1", exempt)
    assert not allowed("10.0.0.1", exempt)
    assert not allowed("::1", exempt)
