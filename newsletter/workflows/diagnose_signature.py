"""The doctor's look at DKIM: whether the key signs, and whether the world can verify it."""

from __future__ import annotations

from email.utils import parseaddr

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from newsletter.delivery.dkim import load_signing_key, signing_domain, signing_domains
from newsletter.delivery.key_record import key_record, published_records, record_fault
from newsletter.errors import NewsletterError
from newsletter.settings import Settings
from newsletter.settings.site import is_loopback
from newsletter.subscribers.address import ascii_domain
from newsletter.workflows.diagnosis import Diagnosis, failed

_NAME = "signature"


def diagnose_signature(settings: Settings) -> list[Diagnosis]:
    """Whether mails are signed, by a key that loads and, if a resolver is set, is published as it is."""
    if settings.dkim == "relay":
        return [Diagnosis(name=_NAME, detail="left to the relay")]
    if settings.dkim == "off":
        return [_unsigned(settings)]
    try:
        key = load_signing_key(settings.dkim_key_path)
    except NewsletterError as error:
        return [failed(_NAME, error)]
    return [*_foreign(settings), *(_published(settings, key, domain) for domain in signing_domains(settings))]


def _unsigned(settings: Settings) -> Diagnosis:
    if is_loopback(settings.base_url):
        return Diagnosis(name=_NAME, detail="off: nothing is signed")
    return Diagnosis(
        name=_NAME,
        level="warn",
        detail="off: no mail is signed, and Gmail, Yahoo, Microsoft and Apple want bulk mail signed",
        mend='Run newsletter keys dkim and set dkim = "on"; or "relay" if your relay signs.',
    )


def _foreign(settings: Settings) -> list[Diagnosis]:
    """Senders that the signing domain does not stand for: DMARC counts only an aligned one (RFC 9989).

    What is registered may be more than two labels: this misses some, and accuses nobody.
    """
    found = []
    for one in settings.newsletters:
        domain = signing_domain(settings, one)
        sender = ascii_domain(parseaddr(one.sender)[1].rpartition("@")[2])
        if domain.split(".")[-2:] != sender.split(".")[-2:]:
            detail = f"{one.name}: {domain} signs for {sender}, which DMARC does not count"
            mend = "Set dkim_domain to the domain of the sender, or to one above it."
            found.append(Diagnosis(name=_NAME, level="warn", detail=detail, mend=mend))
    return found


def _published(settings: Settings, key: RSAPrivateKey, domain: str) -> Diagnosis:
    name = f"{_NAME} of {domain}"
    record = key_record(key, domain=domain, selector=settings.dkim_selector)
    if not settings.resolver:
        detail = f"{domain}, key {settings.dkim_key_path}; whether {record.name} is published was not asked"
        return Diagnosis(name=name, detail=f"{detail} (no resolver is set)")
    try:
        fault = record_fault(key, published_records(settings.resolver, record.name))
    except NewsletterError as error:
        return Diagnosis(
            name=name, level="warn", detail=f"{error.thing}: {error.reason}", mend=error.next_step
        )
    if fault:
        mend = "Publish what newsletter keys dkim prints; until then no signature verifies."
        return Diagnosis(name=name, level="fail", detail=f"{record.name} {fault}", mend=mend)
    return Diagnosis(name=name, detail=f"{record.name} is published and fits the key")
