"""What a system mail carries beyond its kind: a person's letter, or what an answer refers to.

It may tell how somebody is, so it is sealed, and deleted in the transaction that is done with the mail.
"""

from __future__ import annotations

from sqlalchemy import Column, Connection, Integer, LargeBinary, Table, delete, insert, select

from newsletter.database import metadata
from newsletter.subscribers.seal import SealedColumn, Sealer

enclosures = Table(
    "enclosures",
    metadata,
    Column("mail_id", Integer, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
)
SEALED_ENCLOSURES = SealedColumn(enclosures.c.mail_id, enclosures.c.mail_id, enclosures.c.sealed)


def enclose(connection: Connection, sealer: Sealer, mail_id: int, content: bytes) -> None:
    """Keep *content*, sealed, until that mail is done with."""
    # Latin-1 gives each octet one character: a letter may be in any encoding, or in none.
    sealed = sealer.seal(content.decode("latin-1"), owner=mail_id)
    connection.execute(insert(enclosures), {"mail_id": mail_id, "sealed": sealed})


def enclosed_in(connection: Connection, sealer: Sealer, mail_id: int) -> bytes | None:
    """What that mail carries; None for nothing, or no more.

    Raises:
        SubscriberError: it cannot be opened with this key file.
    """
    sealed = connection.execute(select(enclosures.c.sealed).where(enclosures.c.mail_id == mail_id)).scalar()
    return sealer.open(sealed, owner=mail_id).encode("latin-1") if sealed is not None else None


def drop_enclosure(connection: Connection, mail_id: int) -> None:
    """Delete what that mail carries."""
    connection.execute(delete(enclosures).where(enclosures.c.mail_id == mail_id))
