"""Whether the newsletter is set up for real readers: addresses that they can reach and answer."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from newsletter.rendering.checks.check import Finding, Level, Proof


def base_url(proof: Proof) -> Iterator[Finding]:
    """Whether readers can reach our pages, and privately."""
    base = urlsplit(proof.settings.base_url)
    if base.scheme != "https" or _is_loopback(base.hostname or ""):
        reason = "readers' links need an HTTPS address that they can reach"
        yield Finding(f"{proof.settings.base_url}: {reason}", _unless_rehearsed(proof))


def base_url_is(proof: Proof) -> str:
    """The address of our pages."""
    return proof.settings.base_url


def sender(proof: Proof) -> Iterator[Finding]:
    """Whether readers can answer, and the relay may send for the address."""
    said = proof.newsletter.sender
    if said.rstrip(">").endswith("@example.org"):
        yield Finding(f"{said} is the shipped example", _unless_rehearsed(proof))


def sender_is(proof: Proof) -> str:
    """Whom the letter is from."""
    return proof.newsletter.sender


def _unless_rehearsed(proof: Proof) -> Level:
    """A fault holds only what real readers would get: without a relay, or with one on loopback, none do."""
    urls = [one.url.get_secret_value() for one in proof.settings.every_relay]
    return "warn" if all(_is_loopback(urlsplit(url).hostname or "") for url in urls) else "fail"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
