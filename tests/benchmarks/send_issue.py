"""Send an issue in a process of its own: ``python -m tests.benchmarks.send_issue WAY FOLDER DAY``.

WAY is "deliver", the product's own, with its ledger; or one of the usual ways to the same readers, without
one: "smtplib" and "aiosmtplib", an EmailMessage for each reader. FOLDER is a stocked workplace whose settings
name the relay. JSON with seconds, CPU seconds, messages and peak memory goes to standard output; a line
"begins" goes before, for whoever watches the process.
"""

from __future__ import annotations

import asyncio
import json
import re
import resource
import smtplib
import sys
import time
from collections.abc import Iterator
from datetime import date
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from urllib.parse import urlsplit

from newsletter.clock import SystemClock
from newsletter.engines.collector import collecting_less
from newsletter.issues import store as issue_store
from newsletter.rendering import store as edition_store
from newsletter.settings import load_settings
from newsletter.subscribers.store import active_recipients
from newsletter.workflows.deliver import deliver
from newsletter.workflows.workplace import Workplace, open_workplace

_HOLE = re.compile(r"@@[A-Z]+@@")
CONNECTIONS = 10


def by_deliver(workplace: Workplace, day: date) -> int:
    """Through the ledger; how many were accepted."""
    with collecting_less():  # as `newsletter send` and the clock do
        return deliver(workplace, workplace.settings.newsletter(), day)["accepted"]


def by_smtplib(workplace: Workplace, day: date) -> int:
    """One connection, one message after the other; how many were sent."""
    host, port = _relay(workplace)
    sent = 0
    with smtplib.SMTP(host, port) as smtp:
        for message in _messages(workplace, day):
            smtp.send_message(message)
            sent += 1
    return sent


def by_aiosmtplib(workplace: Workplace, day: date) -> int:
    """Ten connections at once; how many were sent."""
    import aiosmtplib  # noqa: PLC0415 - it may not be there

    host, port = _relay(workplace)
    messages = _messages(workplace, day)

    async def client() -> int:
        sent = 0
        async with aiosmtplib.SMTP(hostname=host, port=port, start_tls=False) as smtp:
            for message in messages:
                await smtp.send_message(message)
                sent += 1
        return sent

    async def clients() -> int:
        return sum(await asyncio.gather(*(client() for _ in range(CONNECTIONS))))

    return asyncio.run(clients())


def _messages(workplace: Workplace, day: date) -> Iterator[EmailMessage]:
    """What most programs make for each reader: the holes replaced, then a message of two parts."""
    newsletter = workplace.settings.newsletter()
    with workplace.database.read() as connection:
        stored = issue_store.find(connection, newsletter.name, day)
        assert stored is not None
        edition = edition_store.find(connection, stored.id)
        assert edition is not None
        readers = active_recipients(connection, newsletter.name, limit=1_000_000)
    for reader in readers:
        url = f"https://letter.example/unsubscribe/{reader.handle.hex()}"
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = (
            newsletter.sender,
            reader.address,
            edition.subject,
        )
        message["Message-ID"] = make_msgid(domain="letter.example")
        message["List-Unsubscribe"] = f"<{url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(_HOLE.sub(url, edition.text), cte="quoted-printable")
        message.add_alternative(_HOLE.sub(url, edition.html), subtype="html", cte="quoted-printable")
        yield message


def _relay(workplace: Workplace) -> tuple[str, int]:
    assert workplace.settings.smtp_url is not None
    parts = urlsplit(workplace.settings.smtp_url.get_secret_value())
    assert parts.hostname
    assert parts.port
    return parts.hostname, parts.port


WAYS = {"deliver": by_deliver, "smtplib": by_smtplib, "aiosmtplib": by_aiosmtplib}


def main() -> None:
    """Measure from just before the first act to the return of the last."""
    way, folder, day = WAYS[sys.argv[1]], Path(sys.argv[2]), date.fromisoformat(sys.argv[3])
    with open_workplace(load_settings(folder / "newsletter.toml"), SystemClock()) as workplace:
        print("begins", flush=True)
        before, began = _cpu(), time.perf_counter()
        sent = way(workplace, day)
        seconds, cpu = time.perf_counter() - began, _cpu() - before
    print(json.dumps({"messages": sent, "seconds": seconds, "cpu": cpu, "peak_mb": _peak_mb()}))


def _peak_mb() -> float:
    """The most resident memory so far (proc(5)); getrusage would tell that of the parent, if it had more."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def _cpu() -> float:
    """Of this process and of those it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


if __name__ == "__main__":
    main()
