"""Receive bounces from a provider: the settings of the page hold, its commands run, its table is ours."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from newsletter.clock import SystemClock
from newsletter.feedback.webhooks import mailgun, sendgrid, ses
from newsletter.feedback.webhooks.post import TOLERANCE
from newsletter.settings import load_settings
from newsletter.settings.provider import PROVIDERS
from newsletter.subscribers.suppression import Reason
from newsletter.workflows.workplace import Workplace
from tests.acceptance.test_documentation import ROOT
from tests.integration.web_site import running
from tests.unit.feedback.mailing import Mailing

TEXT = (ROOT / "docs/how-to/receive-bounces-from-a-provider.md").read_text(encoding="utf-8")


def block(kind: str) -> str:
    found = re.search(rf"```{kind}\n(.*?)```", TEXT, re.DOTALL)
    assert found
    return found[1]


def test_the_commands_of_the_page_suppress_whom_they_tell_of(connected: Workplace, tmp_path: Path) -> None:
    (tmp_path / "newsletter.toml").write_text(block("toml"), encoding="utf-8")
    providers = load_settings(tmp_path / "newsletter.toml").providers
    assert set(providers.configured) == {"ses", "postmark", "mailgun", "generic"}
    settings = connected.settings.model_copy(update={"providers": providers})
    workplace = replace(connected, settings=settings, clock=SystemClock())
    mailing, reader = Mailing(workplace), "nobody@example.org"
    mailing.join(reader)
    mailing.send(reader)
    with running(workplace) as url:
        script = "set -eo pipefail\n" + block("bash").replace("http://127.0.0.1:8000", url)
        for _ in range(2):
            done = subprocess.run(
                ["bash", "-c", script], capture_output=True, text=True, timeout=30, check=True
            )
            assert done.stdout == '{"status":"ok"}200\n'
    assert mailing.suppression(reader) is Reason.BOUNCED


def test_the_table_of_the_page_has_every_provider_and_the_times_of_the_program() -> None:
    rows = dict(re.findall(r"^\| [^|]* \| `/webhooks/(\w+)` \|(.*)$", TEXT, re.MULTILINE))
    assert list(rows) == list(PROVIDERS)
    for module, words in (
        (ses, "65 minutes"),
        (sendgrid, "a day"),
        (mailgun, "eight hours"),
    ):
        assert words in rows[module.NAME]
    assert timedelta(minutes=65) == ses.OLDEST
    slack = TOLERANCE
    assert (timedelta(days=1) + slack, timedelta(hours=8) + slack) == (sendgrid.OLDEST, mailgun.OLDEST)
    assert all("five minutes" in rows[name] for name in ("resend", "generic"))
    assert timedelta(minutes=5) == TOLERANCE
