"""`make bench`: making messages of 60 kB beside EmailMessage, and signing them beside bare RSA-2048."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from statistics import median

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from newsletter.delivery.dkim import Signer
from newsletter.delivery.letter import Postman, Reader
from newsletter.delivery.message import to_bytes
from newsletter.rendering.edition import Edition
from newsletter.rendering.view import PREFERENCES_HOLE, UNSUBSCRIBE_HOLE
from newsletter.settings import NewsletterSettings, Settings
from newsletter.subscribers.token import Keyring

ROUNDS = 5
WORDS = "Gout is one of the oldest diseases — and what helps is “known”: 5 = 5. "
READERS = [Reader(f"reader{number}@example.org", f"{number:012}".encode()) for number in range(5000)]


def postman() -> Postman:
    """An issue of 60 kB on the wire: HTML in one long line, as MJML compiles it, and text."""
    links = f"Preferences: {PREFERENCES_HOLE} Unsubscribe: {UNSUBSCRIBE_HOLE}"
    html = f"<p>{WORDS * 505}{links}</p>"
    text = (WORDS + "\n") * 95 + links
    return Postman(
        settings=Settings(base_url="https://letter.example.org", return_path="bounces@letter.example.org"),
        newsletter=NewsletterSettings(reply_to="editors@example.org"),
        keyring=Keyring.example(),
        issued_on=date(2026, 3, 3),
        edition=Edition("Gout: the signs and what helps", "", html, text),
        sent_at=datetime(2026, 3, 3, 7, tzinfo=UTC),
    )


def cpu_us(work: Callable[[Reader], object], count: int) -> float:
    """Microseconds of CPU for each of *count* messages."""
    began = time.process_time()
    for reader in READERS[:count]:
        work(reader)
    return (time.process_time() - began) / count * 1e6


def test_a_message_is_made_in_a_fraction_of_what_email_message_takes() -> None:
    made = postman()
    began = time.perf_counter()
    size = len(made.message(READERS[0]))
    compiled_ms = (time.perf_counter() - began) * 1e3
    ours, theirs, envelopes = [], [], []
    for _ in range(ROUNDS):
        ours.append(cpu_us(made.message, 5000))
        theirs.append(cpu_us(lambda reader: to_bytes(made.letter(reader)), 30))
        envelopes.append(cpu_us(made.envelope_from, 5000))
    print(
        f"\nmessages of {size:,} bytes: compiled once in {compiled_ms:.1f} ms, then {median(ours):.1f} µs "
        f"each (envelope {median(envelopes):.1f} µs); EmailMessage {median(theirs):,.0f} µs: "
        f"{median(theirs) / median(ours):.0f} times as long"
    )
    assert 58_000 <= size <= 66_000
    assert median(theirs) / median(ours) >= 100


def test_signing_costs_little_more_than_bare_rsa_on_all_cores() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    signed = replace(postman(), signer=Signer(key, "example.org", "letter"))
    signed.message(READERS[0])
    cores = os.cpu_count() or 1

    def bare(_reader: Reader) -> bytes:
        return key.sign(b"x" * 1500, padding.PKCS1v15(), hashes.SHA256())

    def rate(work: Callable[[Reader], bytes]) -> float:
        readers = READERS[:1500]
        began = time.perf_counter()
        with ThreadPoolExecutor(cores) as pool:
            shares = [readers[start::cores] for start in range(cores)]
            list(pool.map(lambda share: [len(work(reader)) for reader in share], shares))
        return len(readers) / (time.perf_counter() - began)

    rounds = [(rate(bare), rate(signed.message)) for _ in range(ROUNDS)]
    ratio = median(ours / theirs for theirs, ours in rounds)
    print(
        f"\n{cores} cores: signed messages {median(ours for _, ours in rounds):,.0f}/s, bare RSA-2048 "
        f"{median(theirs for theirs, _ in rounds):,.0f}/s: {ratio:.2f} of it"
    )
    assert ratio >= 0.65
