"""Preview: the files of an issue as they would be sent, for one fixed example reader."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from newsletter.database import Database
from newsletter.delivery.letter import EXAMPLE_READER, Postman
from newsletter.delivery.message import to_bytes
from newsletter.errors import SettingsError
from newsletter.issues.topic_set import TopicSet
from newsletter.settings import NewsletterSettings, Settings
from newsletter.subscribers.token import Keyring
from newsletter.workflows.compose import Draft, make_draft, send_time


def preview(
    settings: Settings,
    database: Database,
    newsletter: NewsletterSettings,
    day: date,
    *,
    out: Path,
    topics: TopicSet = (),
) -> tuple[Draft, list[Path]]:
    """Write issue.html, issue.txt, issue.eml and issue.json into *out* and return what they show.

    Uses the public example key and the scheduled time as Date, so that the same content gives the same
    bytes anywhere. Written even when checks fail: that is when one wants to look. *topics*: the edition for
    readers who chose these.
    """
    draft = make_draft(settings, database, newsletter, day, topics=topics)
    postman = Postman(
        settings=settings,
        newsletter=newsletter,
        keyring=Keyring.example(),
        issued_on=day,
        edition=draft.edition,
        sent_at=send_time(newsletter, day),
    )
    letter = postman.letter(EXAMPLE_READER)
    document = {"issue": draft.issue.document(), "checks": [check.document() for check in draft.checks]}
    files = {
        "issue.html": letter.html.encode(),
        "issue.txt": letter.text.encode(),
        "issue.eml": to_bytes(letter),
        "issue.json": json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n",
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (out / name).write_bytes(content)
    except OSError as error:
        reason = f"cannot be written: {(error.strerror or str(error)).lower()}"
        raise SettingsError(f"folder {out}", reason, "Name another with --out.") from error
    return draft, [out / name for name in files]
