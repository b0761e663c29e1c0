"""`make bench`: understanding returned mail beside Python's bare `email` parse of the same, on one core.

The messages are those of the reference data where it is there, else our own of each family.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from email import message_from_bytes, policy
from statistics import median

import pytest

from newsletter.feedback.report import events_of
from tests.acceptance.score_captures import data_folder
from tests.unit.feedback.test_bounce_texts import FAMILIES
from tests.unit.feedback.test_report import mail

ROUNDS = 5
#: Issue 9, "Speed".
LEAST_PER_SECOND = 700


def messages() -> list[bytes]:
    folder = data_folder() / "bounces"
    real = [path.read_bytes() for path in sorted(folder.glob("*/*")) if path.suffix in {".eml", ".txt"}]
    return real or [mail(row["body"], subject="Undelivered mail") for row in FAMILIES["failed"]] * 20


def rate(work: Callable[[bytes], object], made: Sequence[bytes]) -> float:
    """Messages in a second of CPU: the median of some rounds."""
    rates = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for raw in made:
            work(raw)
        rates.append(len(made) / (time.process_time() - began))
    return median(rates)


@pytest.mark.timeout(300)
def test_returned_mail_is_understood_hardly_slower_than_it_is_parsed() -> None:
    made = messages()
    events_of(made[0])  # the rules are compiled once
    ours = rate(events_of, made)
    modern = rate(lambda raw: message_from_bytes(raw, policy=policy.default), made)
    old = rate(message_from_bytes, made)
    print(
        f"\n{len(made)} messages of {sum(map(len, made)) // len(made):,} bytes: understood {ours:,.0f}/s; "
        f"bare email parse {modern:,.0f}/s with policy.default (ours {ours / modern:.2f} of it), "
        f"{old:,.0f}/s with compat32 ({ours / old:.2f})"
    )
    assert ours >= LEAST_PER_SECOND
