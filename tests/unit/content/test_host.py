from __future__ import annotations

import threading
import time

import pytest

from newsletter.content.host import is_loopback, is_public, resolve, resolve_within

_REFUSED = """
0.0.0.0 0.1.2.3 10.1.2.3 100.64.0.1 100.127.255.254 127.0.0.1 127.255.0.1 169.254.169.254 172.16.0.1
172.31.255.255 192.0.0.1 192.0.0.170 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.1 198.51.100.1
203.0.113.9 224.0.0.1 239.1.1.1 240.0.0.1 255.255.255.255
:: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 64:ff9b::7f00:1 64:ff9b::a00:1
64:ff9b:1::1 100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:10::1 2001:20::1 2001:db8::1
2002:7f00:1:: 2002:808:808::1 3fff::1 5f00::1 fc00::1 fd12:3456::1 fe80::1 fe80::1%eth0 fec0::1 ff02::1
2600::5efe:a00:1 2600::200:5efe:c0a8:1
"""
_PUBLIC = """
1.1.1.1 8.8.8.8 93.184.215.14 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.0.1.1 198.17.0.1
223.255.255.1 2606:4700::1111 2a00:1450:4001:81b::200e ::ffff:8.8.8.8 64:ff9b::808:808
"""


@pytest.mark.parametrize("address", _REFUSED.split())
def test_addresses_that_are_nobody_s_site_are_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", _PUBLIC.split())
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("text", ["", "example.org", "1.2.3", "0x7f000001", "1.2.3.4.5", "01.2.3.4"])
def test_what_is_no_address_is_not_public(text: str) -> None:
    assert not is_public(text)
    assert not is_loopback(text)


def test_loopback_is_known_in_every_dress() -> None:
    assert all(is_loopback(address) for address in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"))
    assert not any(is_loopback(address) for address in ("10.0.0.1", "::", "8.8.8.8"))


def test_numbers_written_in_strange_ways_come_out_as_what_they_are() -> None:
    for name in ("127.1", "0x7f000001", "2130706433"):
        assert resolve(name, 80) == ["127.0.0.1"]


def test_a_resolver_that_hangs_is_left_behind() -> None:
    released = threading.Event()

    def hang(_name: str, _port: int) -> list[str]:
        released.wait(5)
        return []

    started = time.monotonic()
    with pytest.raises(TimeoutError):
        resolve_within(hang, "example.org", 80, timeout_s=0.05)
    assert time.monotonic() - started < 2
    released.set()


def test_a_name_that_cannot_be_written_in_dns_is_an_error_of_the_system_kind() -> None:
    with pytest.raises(OSError, match="label"):
        resolve_within(resolve, "a" * 70 + ".example", 80, timeout_s=5)
