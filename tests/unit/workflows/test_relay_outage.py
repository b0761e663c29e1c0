"""Letters meet a real relay that has bad days: no reader pays for them, and a dead address still does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest
from pydantic import SecretStr

from newsletter.delivery.fault import Act, Moment
from newsletter.delivery.fault_rule import Always
from newsletter.delivery.fault_server import FaultServer
from newsletter.subscribers.suppression import Reason
from newsletter.workflows.compose import compose
from newsletter.workflows.deliver import deliver
from newsletter.workflows.expire_issue import expire_old
from newsletter.workflows.settle_feedback import settle_feedback
from newsletter.workflows.workplace import Workplace
from tests.integration.article_source import add_readers, fill
from tests.unit.feedback.mailing import Mailing

READERS = [f"reader{place}@example.net" for place in range(24)]
DEAD = "nobody@example.net"
Later = Callable[..., Workplace]


@pytest.fixture
def mailing(workplace: Workplace) -> Mailing:
    """A list whose readers all got the letter of the first day."""
    fill(workplace.settings.content_path)
    add_readers(workplace, *READERS, DEAD)
    made = Mailing(workplace)
    with FaultServer() as relay:
        assert letter(made, relay)["accepted"] == len(READERS) + 1
    return made


def letter(mailing: Mailing, relay: FaultServer) -> dict[str, int]:
    """Today's letter goes out over *relay*; what it refused is settled."""
    settings = mailing.workplace.settings.model_copy(update={"smtp_url": SecretStr(relay.url)})
    workplace = replace(mailing.workplace, settings=settings)
    newsletter, day = settings.newsletter(), workplace.clock.now().date()
    compose(workplace, newsletter, day)
    counts = deliver(workplace, newsletter, day)
    settle_feedback(workplace)
    return counts


def test_a_relay_that_puts_off_everything_and_then_blocks_everything_suppresses_nobody(
    mailing: Mailing, later: Later
) -> None:
    mailing.workplace = later(mailing.workplace, days=1)
    with FaultServer(rules=[Always({"rcpt": Act("451 4.3.0 not now")})]) as relay:
        assert letter(mailing, relay)["deferred"] == len(READERS) + 1
    mailing.workplace = later(mailing.workplace, days=2)
    expire_old(mailing.workplace, mailing.workplace.settings.newsletter())
    settle_feedback(mailing.workplace)
    with FaultServer(rules=[Always({"rcpt": Act("550 5.7.1 your host is on a list")})]) as relay:
        assert letter(mailing, relay)["rejected"] == len(READERS) + 1
    assert mailing.suppressed([*READERS, DEAD]) == set()
    mailing.workplace = later(mailing.workplace, days=1)
    with FaultServer() as relay:
        assert letter(mailing, relay)["accepted"] == len(READERS) + 1


def test_a_relay_that_suddenly_knows_nobody_suppresses_nobody(mailing: Mailing, later: Later) -> None:
    mailing.workplace = later(mailing.workplace, days=1)
    with FaultServer(rules=[Always({"rcpt": Act("550 5.1.1 no such user")})]) as relay:
        assert letter(mailing, relay)["rejected"] == len(READERS) + 1
    assert mailing.suppressed([*READERS, DEAD]) == set()


@dataclass(frozen=True)
class Gone:
    """One address is refused, by its server's word."""

    address: str

    def __call__(self, moment: Moment) -> Act | None:
        return Act("550 5.1.1 no such user") if moment.recipient == self.address else None


def test_one_address_that_is_refused_for_good_is_suppressed_and_the_next_letter_goes_without_it(
    mailing: Mailing, later: Later
) -> None:
    mailing.workplace = later(mailing.workplace, days=1)
    with FaultServer(rules=[Gone(DEAD)]) as relay:
        assert letter(mailing, relay)["rejected"] == 1
    assert mailing.suppression(DEAD) is Reason.BOUNCED
    assert mailing.suppressed(READERS) == set()
    mailing.workplace = later(mailing.workplace, days=1)
    with FaultServer(rules=[Gone(DEAD)]) as relay:
        counts = letter(mailing, relay)
    assert (counts["accepted"], counts["rejected"]) == (len(READERS), 0)


@dataclass(frozen=True)
class First:
    """The first message is refused at a stage, without a word that says why."""

    stage: str

    def __call__(self, moment: Moment) -> Act | None:
        return Act("550 sorry") if (moment.stage, moment.number) == (self.stage, 1) else None


@pytest.mark.parametrize(("stage", "is_dead"), [("rcpt", True), ("dot", False)])
def test_a_bare_550_is_about_the_address_before_the_letter_was_sent_and_about_the_letter_after_it(
    mailing: Mailing, later: Later, stage: str, *, is_dead: bool
) -> None:
    mailing.workplace = later(mailing.workplace, days=1)
    with FaultServer(rules=[First(stage)]) as relay:
        assert letter(mailing, relay)["rejected"] == 1
    assert len(mailing.suppressed([*READERS, DEAD])) == is_dead
