"""A relay's bad day: what it does to some messages, and what the client's word on them is worth then."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from newsletter.delivery.fault_scenario import SCENARIOS
from newsletter.delivery.smtp import Outcome, Relay
from newsletter.errors import DeliveryError

#: Over the limits of every scenario that counts.
READERS = 45


def outcomes(scenario: str, *, seed: int) -> tuple[dict[str, Outcome], set[str], Counter[str]]:
    """What the client says of each reader; who is accepted by the server's record; the server's counts."""
    script = SCENARIOS[scenario]
    said: dict[str, Outcome] = {}
    with script.server(Random(seed)) as server, Relay(script.url(server), timeout_s=5) as relay:
        for number in range(READERS):
            recipient = f"r{number}@example.{'org' if number % 2 else 'com'}"
            message = f"Message-ID: <{number}@example.org>\r\n\r\nhello\r\n".encode()
            try:
                reply = relay.send(envelope_from="letter@example.org", recipient=recipient, message=message)
            except DeliveryError:
                continue
            said[recipient] = reply.outcome
    return said, {one.recipients[0] for one in server.accepted}, Counter(server.tally.document())


@pytest.mark.parametrize(
    "scenario", ["steady", "greylisting", "throttled", "closing", "closing-silently", "crowded", "one-by-one"]
)
def test_what_is_accepted_is_what_the_relay_has(scenario):
    said, accepted, counts = outcomes(scenario, seed=1)
    assert {who for who, outcome in said.items() if outcome is Outcome.ACCEPTED} == accepted
    assert counts["client_faults"] == 0
    assert counts["message_ids"] == len(accepted)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_on_a_flaky_day_only_the_unknown_differ_from_what_the_relay_has(seed):
    said, accepted, _ = outcomes("flaky", seed=seed)
    assert Counter(said.values())[Outcome.ACCEPTED] < READERS
    for who, outcome in said.items():
        assert outcome is Outcome.UNKNOWN or (outcome is Outcome.ACCEPTED) == (who in accepted), who


def test_a_throttled_domain_leaves_the_other_alone():
    said, _, _ = outcomes("throttled", seed=1)
    refused = {who.rpartition("@")[2] for who, outcome in said.items() if outcome is Outcome.DEFERRED}
    assert refused == {"example.org"}


def test_a_connection_has_its_end_after_twenty_messages():
    _, accepted, counts = outcomes("closing-silently", seed=1)
    assert (len(accepted), counts["connections"]) == (READERS, 3)


def test_nobody_is_mailed_by_a_relay_that_is_down():
    said, accepted, counts = outcomes("down", seed=1)
    assert (said, accepted, counts["turned_away"]) == ({}, set(), READERS)
