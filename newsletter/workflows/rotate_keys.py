"""A new key signs and seals from now on; what the old one sealed is sealed anew, page by page.

Old keys stay in the file: links in old mails must work, and hashes cannot be made anew. What can be opened
again is sealed under the new key, so that the old one opens nothing any more. Each page is a transaction of
its own, and each value tells its key: a rotation that was stopped goes on wherever it was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from sqlalchemy import select

from newsletter.delivery.enclosure import SEALED_ENCLOSURES
from newsletter.delivery.ledger import SEALED_EDITIONS
from newsletter.feedback.schema import SEALED_RAWS, SEALED_TRAY
from newsletter.operators.schema import operators
from newsletter.subscribers.ledger import SEALED_ORIGINS
from newsletter.subscribers.seal import SealedColumn, Sealer, reseal_page, sealed_by_key
from newsletter.subscribers.token import Keyring, Purpose, add_key
from newsletter.subscribers.topics import SEALED_TOPICS
from newsletter.workflows.workplace import Workplace

PAGE = 1000
#: What is sealed, by name, and what for.
SEALED: dict[str, tuple[SealedColumn, Purpose]] = {
    "topics": (SEALED_TOPICS, Purpose.TOPICS),
    "editions": (SEALED_EDITIONS, Purpose.TOPICS),
    "origins": (SEALED_ORIGINS, Purpose.ORIGIN),
    "reports": (SEALED_RAWS, Purpose.FEEDBACK),
    "tray": (SEALED_TRAY, Purpose.FEEDBACK),
    "enclosures": (SEALED_ENCLOSURES, Purpose.ENCLOSURE),
    "codes": (SealedColumn(operators.c.id, operators.c.id, operators.c.totp_sealed), Purpose.OPERATOR),
}


@dataclass(frozen=True, kw_only=True)
class Rotation:
    """*key*: what signs and seals now; *is_new*: it was added just now; *resealed*: values by name."""

    key: str
    is_new: bool
    resealed: dict[str, int]


def rotate_keys(
    workplace: Workplace, *, resume: bool = False, after_page: Callable[[int], None] = lambda _done: None
) -> Rotation:
    """Add a key and seal everything under it; or, when values are still under an older key, finish that.

    *resume*: finish, and add no key even if there is nothing to finish. *after_page* is told how many values
    have been sealed anew so far, after each page was committed.

    Raises:
        SettingsError: the key file cannot be read or written.
        SubscriberError: a value was sealed under a key that is no longer in the file.
    """
    path = workplace.settings.key_path
    is_unfinished = any(kid != Keyring.load(path).current for kid in _kids(workplace))
    is_new = not (resume or is_unfinished)
    if is_new:
        add_key(path)
    renewed = replace(workplace, keyring=Keyring.load(path))
    resealed: dict[str, int] = {}
    for name in SEALED:
        resealed[name] = _reseal(renewed, name, before=sum(resealed.values()), after_page=after_page)
    return Rotation(key=renewed.keyring.current, is_new=is_new, resealed=resealed)


def sealed_values(workplace: Workplace) -> dict[str, dict[str, int]]:
    """By key id: how many values of each name are sealed under it."""
    found: dict[str, dict[str, int]] = {kid: {} for kid in workplace.keyring.key_ids}
    for name, (column, _) in SEALED.items():
        with workplace.database.read() as connection:
            rows = connection.execution_options(yield_per=PAGE).scalars(
                select(column.sealed).where(column.sealed.is_not(None))
            )
            for kid, number in sealed_by_key(rows).items():
                found.setdefault(kid, {})[name] = number
    return found


def _kids(workplace: Workplace) -> set[str]:
    return {kid for kid, values in sealed_values(workplace).items() if values}


def _reseal(workplace: Workplace, name: str, *, before: int, after_page: Callable[[int], None]) -> int:
    column, purpose = SEALED[name]
    sealer = Sealer(workplace.keyring, purpose)
    after = done = 0
    while True:
        with workplace.database.write() as connection:
            page = reseal_page(connection, sealer, column, after=after, limit=PAGE)
        if page is None:
            return done
        after, done = page.last, done + page.count
        after_page(before + done)
