"""A real Dovecot on loopback, from Debian's package, with a configuration and folders of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.delivery.fault_certificate import write_certificate
from tests.conftest import free_port
from tests.integration.daemon import in_public_folder, until_answering

PROGRAM = shutil.which("dovecot") or "/usr/sbin/dovecot"
USER, PASSWORD = "bounces@example.org", "s/e cret"
_OWNER = 65534  # nobody: Dovecot serves no mail as root

needs_dovecot = pytest.mark.skipif(
    not os.access(PROGRAM, os.X_OK) or not os.access("/usr/lib/dovecot/imap", os.X_OK) or os.geteuid() != 0,
    reason="needs Dovecot (Debian: dovecot-imapd) and root, which it is started as",
)

_CONF = """\
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/log
protocols = imap
listen = 127.0.0.1
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{certificate}
disable_plaintext_auth = no
mail_location = maildir:{base}/mail
mail_uid = {owner}
mail_gid = {owner}
first_valid_uid = 1
default_vsz_limit = 0
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {base}/users
}}
userdb {{
  driver = static
  args = uid={owner} gid={owner} home={base}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {implicit}
    ssl = yes
  }}
}}
namespace inbox {{
  inbox = yes
}}
"""


@dataclass(frozen=True)
class Dovecot:
    """A running server. *plain* offers STARTTLS; its certificate is for 127.0.0.1, and trusted by nobody."""

    plain: int
    implicit: int
    certificate: Path
    maildir: Path

    def url(self, *, tls: str = "implicit", password: str = PASSWORD, folder: str = "INBOX") -> str:
        """What mailbox_url takes."""
        account = f"{USER.replace('@', '%40')}:{password.replace('/', '%2F').replace(' ', '%20')}"
        if tls == "implicit":
            return f"imaps://{account}@127.0.0.1:{self.implicit}/{folder}"
        return f"imap://{account}@127.0.0.1:{self.plain}/{folder}?tls={tls}"

    def deliver(self, name: str, raw: bytes) -> None:
        """Put a message into the inbox, as an MTA does."""
        path = self.maildir / "tmp" / name
        path.write_bytes(raw)
        os.chown(path, _OWNER, _OWNER)
        path.rename(self.maildir / "new" / name)


@contextmanager
def running_dovecot() -> Iterator[Dovecot]:
    """Start one, and stop it at the end."""
    with in_public_folder() as base:
        certificate = write_certificate(base, name="127.0.0.1", now=datetime.now(UTC))
        for name in ("mail", "home", "mail/new", "mail/cur", "mail/tmp"):
            (base / name).mkdir(exist_ok=True)
            os.chown(base / name, _OWNER, _OWNER)
        (base / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}\n", encoding="ascii")
        (base / "users").chmod(0o644)
        plain, implicit = free_port(), free_port()
        conf = base / "dovecot.conf"
        conf.write_text(
            _CONF.format(base=base, certificate=certificate, owner=_OWNER, plain=plain, implicit=implicit),
            encoding="ascii",
        )
        with subprocess.Popen([PROGRAM, "-F", "-c", conf]) as process:
            try:
                until_answering(plain, process, log=base / "log")
                yield Dovecot(plain, implicit, certificate, base / "mail")
            finally:
                process.terminate()
                process.wait(20)
