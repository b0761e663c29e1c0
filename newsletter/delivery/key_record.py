"""The TXT record that tells the world which key signs (RFC 6376 3.6): ours, and what is published."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from dns.exception import DNSException
from dns.rdatatype import TXT
from dns.resolver import NXDOMAIN

from newsletter.errors import DeliveryError
from newsletter.subscribers.mail_exchange import stub_resolver

#: RFC 1035 3.3.14: what one string of a TXT record may hold.
_TXT_STRING = 255
#: Seconds within which a name server must have answered.
_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class KeyRecord:
    """The TXT record that tells the world the public key: its *name* and the *strings* it is split into."""

    name: str
    strings: tuple[str, ...]

    @property
    def zone_line(self) -> str:
        """As it stands in a zone file."""
        strings = " ".join(f'"{each}"' for each in self.strings)
        return f"{self.name}. IN TXT ( {strings} )"


def key_record(key: RSAPrivateKey, *, domain: str, selector: str) -> KeyRecord:
    """The record to publish for *key* (RFC 6376 3.6.1)."""
    said = f"v=DKIM1; k=rsa; p={_public(key)}"
    strings = (said[start : start + _TXT_STRING] for start in range(0, len(said), _TXT_STRING))
    return KeyRecord(f"{selector}._domainkey.{domain}", tuple(strings))


def record_fault(key: RSAPrivateKey, published: Iterable[str]) -> str:
    """Why signatures by *key* do not verify with the TXT records that are *published*; "" if they do."""
    found = [_tags(record) for record in published]
    ours = [tags for tags in found if tags.get("v", "DKIM1") == "DKIM1" and "p" in tags]
    if not ours:
        return "is not published"
    if len(ours) > 1:
        return "is published more than once"  # RFC 6376 3.6.2.2: the result is undefined
    tags = ours[0]
    if not tags["p"]:
        return "is published as revoked (p= is empty)"
    if tags["p"] != _public(key):
        return "holds another key"
    if tags.get("k", "rsa") != "rsa" or "sha256" not in tags.get("h", "sha256").split(":"):
        return "does not allow rsa-sha256"
    return "is published as a test (t=y)" if "y" in tags.get("t", "").split(":") else ""


def published_records(resolver: str, name: str) -> list[str]:
    """The TXT records at *name*, each with its strings joined, as the name server *resolver* has them.

    Raises:
        DeliveryError: it does not say.
    """
    try:
        answer = stub_resolver(resolver).resolve(name, TXT, raise_on_no_answer=False, lifetime=_TIMEOUT_S)
    except NXDOMAIN:
        return []
    except DNSException as error:
        raise DeliveryError(
            f"name server {resolver}",
            f"does not answer about {name} ({type(error).__name__})",
            "Check resolver.",
        ) from error
    return [b"".join(each.strings).decode("ascii", "replace") for each in answer.rrset or ()]


def _public(key: RSAPrivateKey) -> str:
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode("ascii")


def _tags(record: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip(): "".join(value.split()) for name, _, value in pairs if name.strip()}
