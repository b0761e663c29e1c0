"""Preview: the files of an issue as they would be sent, for one fixed example reader."""

from __future__ import annotations

import json
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from newsletter.database import Database
from newsletter.delivery.letter import EXAMPLE_READER, Postman
from newsletter.errors import SettingsError
from newsletter.issues.topic_set import TopicSet
from newsletter.settings import NewsletterSettings, Settings
from newsletter.subscribers.token import Keyring
from newsletter.workflows.compose import make_draft, send_time
from newsletter.workflows.draft_editions import Draft


def preview(
    settings: Settings,
    database: Database,
    newsletter: NewsletterSettings,
    day: date,
    *,
    out: Path,
    since: date,
    topics: TopicSet = (),
) -> tuple[Draft, list[Path]]:
    """Write issue.html, issue.txt, issue.eml and issue.json into *out* and return what they show.

    Uses the public example key and the scheduled time as Date, so that the same content gives the same
    bytes anywhere. Written even when checks fail: that is when one wants to look. *since*: as for
    make_draft. *topics*: the edition for readers who chose these.
    """
    draft = make_draft(settings, database, newsletter, day, since=since, topics=topics)
    postman = Postman(
        settings=settings,
        newsletter=newsletter,
        keyring=Keyring.example(),
        issued_on=day,
        edition=draft.edition,
        sent_at=send_time(newsletter, day),
    )
    raw = postman.message(EXAMPLE_READER)
    # What the parts say once they are read out of the message: the very bytes that a mail program gets.
    message = message_from_bytes(raw, _class=EmailMessage, policy=policy.SMTP)
    document = {"issue": draft.issue.document(), "checks": [check.document() for check in draft.checks]}
    files = {
        "issue.html": _part(message, "html"),
        "issue.txt": _part(message, "plain"),
        "issue.eml": raw,
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


def _part(message: EmailMessage, kind: str) -> bytes:
    part = message.get_body((kind,))
    payload = part.get_payload(decode=True) if part is not None else None
    return payload if isinstance(payload, bytes) else b""
