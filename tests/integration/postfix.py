"""A real Postfix on loopback, from Debian's package, with a configuration, queue and mailboxes of its own.

It takes our mail, hands it to a server for the readers' mailboxes, and keeps what comes back in a Maildir.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import free_port
from tests.integration.daemon import in_public_folder, until_answering

PROGRAM = shutil.which("postfix") or "/usr/sbin/postfix"
PAGE = Path(__file__).parents[2] / "docs/how-to/collect-what-comes-back.md"
#: Where the page has its mailbox, and whose it is.
PAGE_FOLDER, PAGE_OWNER = "/var/mail/newsletter", "997"
RETURN_PATH = "bounces@letter.example.org"
_OWNER = 65534  # nobody: Postfix delivers no mail as root

needs_postfix = pytest.mark.skipif(
    not os.access(PROGRAM, os.X_OK) or os.geteuid() != 0,
    reason="needs Postfix (Debian: postfix) and root, which it is started as",
)

_MAIN = """\
compatibility_level = 3.6
queue_directory = {base}/queue
data_directory = {base}/data
maillog_file = {base}/log
maillog_file_prefixes = {base}
myhostname = relay.letter.example.org
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.1
alias_maps =
alias_database =
smtputf8_enable = no
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
delay_warning_time = {warn_after_s}s
smtp_destination_rate_delay = 0
relayhost = [127.0.0.1]:{onward}
"""

_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    """A running one. *maildir*: what came back to RETURN_PATH."""

    port: int
    maildir: Path
    log: Path

    @property
    def url(self) -> str:
        """What smtp_url takes."""
        return f"smtp://127.0.0.1:{self.port}"

    def came_back(self) -> list[Path]:
        """What lies in the Maildir untaken."""
        return list((self.maildir / "new").glob("*"))


@contextmanager
def running_postfix(*, onward: int, warn_after_s: int = 0) -> Iterator[Postfix]:
    """Start one that hands mail for others to the server at port *onward*, and stop it at the end.

    Mailbox settings are those of the how-to page. *warn_after_s*: when it warns of delay (0: never).
    """
    with in_public_folder() as base:
        port, mailboxes = free_port(), base / "mailboxes"
        for name in ("conf", "queue", "data", "mailboxes"):
            (base / name).mkdir()
        shutil.chown(base / "data", "postfix")
        os.chown(mailboxes, _OWNER, _OWNER)
        main = _MAIN.format(base=base, onward=onward, warn_after_s=warn_after_s)
        (base / "conf/main.cf").write_text(main + _of_the_page(mailboxes), encoding="ascii")
        (base / "conf/master.cf").write_text(_MASTER.format(port=port), encoding="ascii")
        # In a session of its own: when it stops, it ends its whole process group.
        command = [str(PROGRAM), "-c", str(base / "conf"), "start-fg"]
        with subprocess.Popen(command, start_new_session=True) as process:
            try:
                until_answering(port, process, log=base / "log")
                yield Postfix(port, mailboxes / "bounces", base / "log")
            finally:
                subprocess.run([PROGRAM, "-c", base / "conf", "stop"], check=False, capture_output=True)
                process.wait(20)


def _of_the_page(mailboxes: Path) -> str:
    (block,) = re.findall(r"```ini\n(recipient_delimiter.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert PAGE_FOLDER in block
    assert block.count(PAGE_OWNER) == 2
    return str(block.replace(PAGE_FOLDER, str(mailboxes)).replace(PAGE_OWNER, str(_OWNER)))
