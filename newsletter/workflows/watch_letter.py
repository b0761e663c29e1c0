"""Watch a letter: that of one day rendered anew, again and again, while somebody edits its templates."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from newsletter.database import Database
from newsletter.delivery.letter import EXAMPLE_READER, Postman
from newsletter.errors import NewsletterError
from newsletter.issues import store as issue_store
from newsletter.issues.topic_set import TopicSet
from newsletter.overrides import stamp, template_root
from newsletter.rendering.checks.check import Check
from newsletter.rendering.tokens import load_tokens
from newsletter.settings import Settings, load_settings
from newsletter.subscribers.token import Keyring
from newsletter.workflows.compose import make_draft, send_time

#: The folders of templates that a mail is made of; those of the pages are another matter.
_FOLDERS = ("email", "translations")


@dataclass(frozen=True)
class Preview:
    """The letter as it would be now, for the example reader, and what is wrong with it.

    *size* is in bytes of HTML. *html* is empty where nothing could be rendered; *errors* then say why.
    *is_composed*: readers get the frozen letter, not this one. *version* is that of the files.
    """

    version: str
    subject: str = ""
    preheader: str = ""
    html: str = ""
    text: str = ""
    size: int = 0
    errors: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    is_composed: bool = False
    has_logo: bool = False


@dataclass
class Previews:
    """Makes previews of the letter of *day*.

    *settings* are those that were read last: they are read again for each preview, so that a change of them
    shows, but for the address of the database. *config*: their file (None: newsletter.toml here).
    *newsletter*: the name of one (None: the first).
    """

    settings: Settings
    config: Path | None
    database: Database
    day: date
    newsletter: str | None = None
    topics: TopicSet = ()

    def version(self) -> str:
        """Changes with every file that the letter is made of."""
        return hashlib.sha256(repr(stamp(self._files())).encode()).hexdigest()[:16]

    def preview(self) -> Preview:
        """The letter as it would be now; what is wrong with settings, content or templates is its errors."""
        # Taken first: what is saved while the letter is made is another version.
        version = self.version()
        try:
            self.settings = load_settings(self.config)
            return self._made(version)
        except NewsletterError as error:
            return Preview(version, errors=(str(error),))

    def _made(self, version: str) -> Preview:
        settings, newsletter = self.settings, self.settings.newsletter(self.newsletter)
        # Made again and again to look at its templates: which letters go before it does not matter here.
        draft = make_draft(
            settings, self.database, newsletter, self.day, since=self.day, topics=self.topics, is_anew=True
        )
        postman = Postman(
            settings=settings,
            newsletter=newsletter,
            keyring=Keyring.example(),
            issued_on=self.day,
            edition=draft.edition,
            sent_at=send_time(newsletter, self.day),
        )
        letter = postman.letter(EXAMPLE_READER)
        with self.database.read() as connection:
            stored = issue_store.find(connection, newsletter.name, self.day)
        errors = draft.edition.errors
        return Preview(
            version,
            subject=draft.edition.subject,
            preheader=draft.edition.preheader,
            # With a reader's links in it it is the letter, faults and all; else a page that tells the errors.
            html=letter.html if letter.html != draft.edition.html else "",
            text=letter.text,
            size=draft.edition.size,
            errors=errors,
            checks=tuple(one for one in draft.checks if not errors or one.name != "edition"),
            is_composed=stored is not None and bool(stored.issue.picks),
            has_logo=bool(load_tokens(settings.templates).logo.url),
        )

    def _files(self) -> Iterator[Path]:
        settings = self.settings
        yield from (self.config or Path("newsletter.toml"), settings.content_path)
        if settings.observances is not None:
            yield settings.observances
        roots = [template_root(), *([settings.templates] if settings.templates else [])]
        for folder in (root / name for root in roots for name in _FOLDERS):
            yield from sorted(folder.rglob("*"))
