"""The mails of the article that this newsletter began with, from the saved page to both parts.

It lies in the reference data. Ingested by the command that people use, and picked beside the samples.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from newsletter import samples
from newsletter.content.store import ContentStore
from newsletter.issues.decision import Act, Decision
from newsletter.settings import Settings
from tests.browser.mails import MONDAY, SITE, Mail, edition_mail, week_of
from tests.unit.factory import desk, picked, usable_articles

_CONFIG = """
base_url = "https://letter.example"
region = "GB"
[[newsletters]]
name = "daily"
"""


def seed_mails(seed: Path, folder: Path) -> Iterator[Mail]:
    """The daily letter that *seed* leads, and each letter of its week in a series; works in *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder.absolute() / "newsletter.toml"
    config.write_text(_CONFIG, encoding="utf-8")
    for source in (seed, Path(samples.__file__).parent):
        _newsletter(config, "ingest", str(source.absolute()), "--reviewed-on", "2026-06-01")
    with ContentStore(folder / "content.db") as store:
        articles = usable_articles(store)
    lead = next(one.id for one in articles if one.id.startswith(seed.stem.removeprefix("seed-")))
    settings = Settings(region="GB", base_url=SITE)
    decisions = [Decision(act=Act.LEAD, article_id=lead)]
    daily = picked(articles, day=MONDAY, at=desk(settings), decisions=decisions)
    yield edition_mail("seed-daily", daily, settings=settings)
    for issue in week_of(articles, lead, settings=settings):
        weekday = f"{issue.issued_on:%a}".lower()
        yield edition_mail(f"seed-series-{weekday}", issue, settings=settings, layout="series")


def _newsletter(config: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "newsletter", "--config", str(config), *arguments]
    subprocess.run(command, check=True, cwd=config.parent, stdout=subprocess.DEVNULL)
