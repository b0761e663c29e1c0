"""The isemail vectors: every decision is the one on the page, and every difference is explained there."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from newsletter.errors import SubscriberError
from newsletter.subscribers.address import parse_address
from tests.unit.content.page import reference

PAGE = Path("docs/reference/addresses.md")


def _decision(address: str) -> str:
    try:
        parse_address(address)
    except SubscriberError:
        return "refused"
    return "taken"


def test_the_page_lists_every_decision_about_the_vectors() -> None:
    vectors = json.loads(reference("addresses/isemail-tests.json").read_text(encoding="utf-8"))
    counts = Counter(
        (
            each["category"].removeprefix("ISEMAIL_"),
            each["diagnosis"].removeprefix("ISEMAIL_"),
            _decision(each["address"]),
        )
        for each in vectors
    )
    rows = [f"| {category} | {why} | {count} | {said} |" for (category, why, said), count in counts.items()]
    page = PAGE.read_text(encoding="utf-8").splitlines()
    told = [line for line in page if line.endswith(("| taken |", "| refused |"))]
    assert sorted(told) == sorted(rows)
    assert sum(counts.values()) == 164


def test_what_is_taken_though_a_vector_calls_it_wrong_is_white_space_around_an_address() -> None:
    vectors = json.loads(reference("addresses/isemail-tests.json").read_text(encoding="utf-8"))
    right = ("ISEMAIL_VALID_CATEGORY", "ISEMAIL_DNSWARN")
    taken = [each["address"] for each in vectors if each["category"] not in right]
    taken = [address for address in taken if _decision(address) == "taken"]
    assert len(taken) == 24
    for address in taken:
        assert parse_address(address).given == address.strip() == "test@iana.org"
        assert address != address.strip()
