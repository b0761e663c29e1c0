"""Whatever happens to readers, in whatever order: the kept counts are what the list says."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import text

from newsletter.clock import FixedClock
from newsletter.database import Database
from newsletter.errors import NewsletterError
from newsletter.settings import NewsletterSettings, Settings
from newsletter.subscribers.address import parse_address
from newsletter.subscribers.count import (
    JOINED,
    LEFT,
    audience_size,
    changes_by_day,
    counts_by_state,
    differences,
)
from newsletter.subscribers.store import active_recipients, find_subscriber
from newsletter.subscribers.suppression import Reason
from newsletter.subscribers.token import Keyring, Purpose
from newsletter.subscribers.transfer import ImportRow, Wish
from newsletter.workflows.diagnose_counts import diagnose_counts
from newsletter.workflows.erase import erase
from newsletter.workflows.import_subscribers import import_subscribers
from newsletter.workflows.readmit import readmit
from newsletter.workflows.retain import retain
from newsletter.workflows.unsubscribe import unsubscribe
from newsletter.workflows.workplace import Workplace
from tests.conftest import NOW
from tests.unit.workflows.conftest import Life

READERS = ("ada", "bob", "cyn")


def confirmed(life: Life) -> None:
    if any(mail.kind == "confirmation" for mail in life.mails()):
        life.confirm()


def left(life: Life, *, everything: bool = False) -> None:
    if life.subscription():
        token = life.token(Purpose.UNSUBSCRIBE)
        unsubscribe(life.workplace, token, everything=everything, door="page", evidence="POST")


def erased(life: Life) -> None:
    with life.workplace.database.read() as connection:
        found = find_subscriber(connection, parse_address(life.address).canonical)
    if found:
        erase(life.workplace, found.id, door="page", evidence="POST")


def imported(life: Life, newsletter: str = "daily") -> None:
    row = ImportRow(number=2, address=life.address, wish=Wish.SUBSCRIBE)
    import_subscribers(life.workplace, [row], newsletter=newsletter, basis="asked at the desk")


def gone_elsewhere(life: Life) -> None:
    row = ImportRow(number=2, address=life.address, wish=Wish.SUPPRESS, reason=Reason.IMPORTED)
    import_subscribers(life.workplace, [row])


def readmitted(life: Life) -> None:
    with suppress(NewsletterError):
        readmit(life.workplace, life.address, why="asked us")


ACTS: dict[str, Callable[[Life], object]] = {
    "sign up": lambda life: life.sign_up("daily", "weekly"),
    "confirm": confirmed,
    "unsubscribe": left,
    "leave all": partial(left, everything=True),
    "erase": erased,
    "import": imported,
    "import weekly": partial(imported, newsletter="weekly"),
    "import gone": gone_elsewhere,
    "suppress bounced": lambda life: life.suppress(Reason.BOUNCED),
    "suppress complained": lambda life: life.suppress(Reason.COMPLAINED),
    "suppress": lambda life: life.suppress(Reason.OPERATOR),
    "readmit": readmitted,
    "retain": lambda life: retain(life.workplace),
}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=False)
@given(acts=st.lists(st.tuples(st.sampled_from(READERS), st.sampled_from(sorted(ACTS))), max_size=14))
def test_kept_counts_are_what_is_counted_after_any_sequence(blank: Path, acts: list[tuple[str, str]]):
    with tempfile.TemporaryDirectory() as folder:
        workplace = made_in(Path(folder), blank)
        try:
            for place, (who, what) in enumerate(acts):
                later = Workplace(
                    workplace.settings, FixedClock(NOW + timedelta(hours=30 * place)),
                    workplace.database, workplace.keyring,
                )  # fmt: skip
                ACTS[what](Life(later, f"{who}@example.org"))
            assert_kept(workplace)
        finally:
            workplace.database.close()


def made_in(folder: Path, blank: Path) -> Workplace:
    """A database of its own for each sequence."""
    path = folder / "subscribers.db"
    shutil.copy(blank, path)
    chosen = Settings(
        base_url="http://letter.example",
        database_url=SecretStr(f"sqlite:///{path}"),
        content_path=folder / "content.db",
        key_path=folder / "newsletter.key",
        journal_path=folder / "newsletter.journal",
        newsletters=(NewsletterSettings(), NewsletterSettings(name="weekly", title="Weekly Health")),
    )
    database = Database(chosen.database_url.get_secret_value())
    return Workplace(chosen, FixedClock(NOW), database, Keyring.example())


def assert_kept(workplace: Workplace) -> None:
    with workplace.database.read() as connection:
        assert differences(connection) == []
        counted = counts_by_state(connection)
        for name in ("daily", "weekly"):
            assert audience_size(connection, name) == len(active_recipients(connection, name))
            days: Counter[str] = Counter()
            for changes in changes_by_day(connection, name, since=date(2000, 1, 1)).values():
                days.update(changes)
            on_list = connection.scalar(
                text(
                    "SELECT count(*) FROM subscriptions "
                    "WHERE newsletter = :n AND state IN ('active', 'paused')"
                ),
                {"n": name},
            )
            assert sum(days[one] for one in JOINED) - sum(days[one] for one in LEFT) == on_list
            assert all(number >= 0 for number in counted.get(name, {}).values())


def test_a_doctor_says_by_how_much_a_count_is_off(workplace: Workplace):
    Life(workplace).confirmed()
    with workplace.database.write() as connection:
        assert diagnose_counts(connection).level == "ok"
        connection.execute(text("UPDATE reader_counts SET count = 12 WHERE state = 'active'"))
        told = diagnose_counts(connection)
        assert (told.level, told.detail) == ("warn", "daily active, daily: 12 are kept, 1 are there")
        connection.execute(text("DROP TRIGGER count_suppression"))
        assert diagnose_counts(connection).level == "fail"
