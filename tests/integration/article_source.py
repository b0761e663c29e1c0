"""Articles in a content store and readers on the list, made quickly, for tests that send issues."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import select

from newsletter.content.article import Article
from newsletter.content.store import ContentStore
from newsletter.delivery.ledger import deliveries
from newsletter.subscribers.schema import subscribers, subscriptions
from newsletter.subscribers.store import active_recipients
from newsletter.subscribers.subscriber import Recipient
from newsletter.subscribers.transfer import ImportRow
from newsletter.workflows.import_subscribers import import_subscribers
from newsletter.workflows.workplace import Workplace
from tests.unit.factory import LEAD_KINDS, article, paragraph, section

NAMES = ("asthma", "eczema", "gout", "migraine", "hay-fever", "insomnia", "anaemia", "scabies")


def fill(path: Path, *, names: Iterable[str] = NAMES) -> None:
    """Put an article of each of *names* into the store at *path*; the usual ones are made once and copied."""
    names = tuple(names)
    if names == NAMES and not path.exists():
        path.write_bytes(_usual_store())
        return
    with ContentStore(path) as store:
        for name in names:
            store.save(told(name), seen_at=datetime(2026, 1, 1, tzinfo=UTC))


def told(name: str) -> Article:
    """An article whose words are its own: two with the same words would be one page under two addresses."""
    words = {kind: " ".join(f"{name}{number}{kind.value}" for number in range(20)) for kind in LEAD_KINDS}
    return article(name, sections=tuple(section(kind, paragraph(f"{words[kind]}.")) for kind in LEAD_KINDS))


@cache
def _usual_store() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "content.db"
        with ContentStore(path) as store:
            for name in NAMES:
                store.save(told(name), seen_at=datetime(2026, 1, 1, tzinfo=UTC))
        assert [each.name for each in Path(folder).iterdir()] == [path.name]
        return path.read_bytes()


def add_readers(workplace: Workplace, *addresses: str, newsletter: str = "daily") -> dict[str, Recipient]:
    """Active readers of *newsletter* by address, imported with a basis."""
    rows = [ImportRow(number=number, address=address) for number, address in enumerate(addresses, 1)]
    report = import_subscribers(workplace, rows, newsletter=newsletter, basis="asked for it on paper")
    assert not report.rejected
    with workplace.database.read() as connection:
        return {each.address: each for each in active_recipients(connection, newsletter)}


def outcomes(workplace: Workplace) -> dict[str, str]:
    """The state of every delivery by address (of one issue)."""
    return {address: str(row["state"]) for address, row in rows_by_address(workplace).items()}


def rows_by_address(workplace: Workplace) -> dict[str, Mapping[str, object]]:
    """Every delivery's row by address (of one issue)."""
    query = (
        select(subscribers.c.address, deliveries)
        .join_from(deliveries, subscriptions, deliveries.c.subscription_id == subscriptions.c.id)
        .join(subscribers, subscriptions.c.subscriber_id == subscribers.c.id)
    )
    with workplace.database.read() as connection:
        return {row["address"]: dict(row) for row in connection.execute(query).mappings()}
