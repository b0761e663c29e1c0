"""The doctor: whether everything a letter needs is there, one check after the other, changing nothing."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DatabaseError

from newsletter.clock import Clock
from newsletter.database import SCHEMA_REVISION, Database, revision_of
from newsletter.delivery.smtp import Relay
from newsletter.errors import NewsletterError
from newsletter.issues.store import find
from newsletter.notices.endpoint import webhook_status
from newsletter.operators.audit import verify
from newsletter.rendering.checks.style import colour, ratio
from newsletter.settings import ANY_ORIGIN, NewsletterSettings, Settings
from newsletter.settings.site import is_loopback
from newsletter.subscribers.breaker import find_breaker
from newsletter.subscribers.consent import examine_kept_chain
from newsletter.subscribers.journal import Journal, known_octets
from newsletter.subscribers.ledger import chain_end, consent_records
from newsletter.subscribers.policy import kept_policy
from newsletter.subscribers.retention import unanswered
from newsletter.subscribers.schema import subscribers
from newsletter.subscribers.token import Keyring
from newsletter.workflows.diagnose_counts import diagnose_counts
from newsletter.workflows.diagnose_mailbox import diagnose_mailbox
from newsletter.workflows.diagnose_signature import diagnose_signature
from newsletter.workflows.diagnosis import Diagnosis, failed
from newsletter.workflows.hold_back import BREAKER
from newsletter.workflows.subscribe import policy_of

#: So many consent chains are verified, evenly over the list.
SAMPLE = 200
RELAY_TIMEOUT_S = 5
#: How long after its time an issue may be missing before that is told.
LATE = timedelta(hours=1)
RETENTION_LATE = timedelta(days=1)
#: WCAG 2.2, success criterion 1.4.3.
_READABLE = 4.5


def diagnose(settings: Settings, clock: Clock) -> list[Diagnosis]:
    """Every check, in the order in which things depend on each other. Never raises for what it finds."""
    keyring, key = _key_file(settings)
    found = [key, _policy(settings), _postal_address(settings), _senders(settings), _relay(settings)]
    found += diagnose_mailbox(settings)
    found += diagnose_signature(settings)
    found.append(_sites(settings))
    found.append(_content(settings.content_path))
    database = Database(settings.database_url.get_secret_value())
    try:
        sound = _database(database)
        found.append(sound)
        if sound.level == "ok":
            with database.read() as connection:
                found += _edited_policy(connection, settings)
                found.append(_journal(connection, Journal(settings.journal_path)))
                if keyring is not None:
                    found.append(_consents(connection, keyring))
                found.append(diagnose_counts(connection))
                found.append(_audit(connection))
                found.append(_retention(connection, settings, clock))
                found += _sign_ups(connection, settings)
                found += [_clock(connection, one, clock) for one in settings.newsletters]
    finally:
        database.close()
    return found


def _key_file(settings: Settings) -> tuple[Keyring | None, Diagnosis]:
    try:
        keyring = Keyring.load(settings.key_path)
    except NewsletterError as error:
        return None, failed("key file", error)
    detail = f"{settings.key_path}, {len(keyring.key_ids)} key(s), for its owner alone"
    return keyring, Diagnosis(name="key file", detail=detail)


def _policy(settings: Settings) -> Diagnosis:
    try:
        policy = policy_of(settings)
    except NewsletterError as error:
        return failed("privacy policy", error)
    if policy.is_draft or policy.version.startswith("draft"):
        return Diagnosis(
            name="privacy policy",
            level="warn",
            detail="still the shipped draft",
            mend="Write your own (docs/how-to/go-live.md), and set privacy_policy and privacy_version.",
        )
    return Diagnosis(name="privacy policy", detail=f"version {policy.version}")


def _edited_policy(connection: Connection, settings: Settings) -> list[Diagnosis]:
    """A text that was changed under a version that readers have agreed to already."""
    try:
        policy = policy_of(settings)
    except NewsletterError:  # told by its own check
        return []
    kept = kept_policy(connection, policy.version)
    if kept is None or kept == policy.text:
        return []
    return [
        Diagnosis(
            name="policy version",
            level="warn",
            detail=f"the text of version {policy.version} is not the one that was published under it",
            mend="Set privacy_version to a new word, so that each consent names the text it was given to.",
        )
    ]


def _postal_address(settings: Settings) -> Diagnosis:
    if settings.postal_address == Settings.model_fields["postal_address"].default:
        return Diagnosis(
            name="postal address",
            level="warn",
            detail="still the shipped example",
            mend="Set postal_address: the law asks for one in every letter (CAN-SPAM, 15 U.S.C. 7704(a)(5)).",
        )
    return Diagnosis(name="postal address", detail=settings.postal_address)


def _sites(settings: Settings) -> Diagnosis:
    """Whose pages may hold a form, and whether its button can be read."""
    open_keys = [site.key for site in settings.every_site if ANY_ORIGIN in site.origins]
    if open_keys and not is_loopback(settings.base_url):
        return Diagnosis(
            name="sites",
            level="warn",
            detail="every page of the web may hold a form that signs up here",
            mend="List your sites and their origins as [[sites]] in newsletter.toml.",
        )
    for site in settings.sites:
        accent, on_accent = site.theme.accent, site.theme.on_accent or "#FFFFFF"
        back, front = colour(accent or ""), colour(on_accent)
        if back and front and (found := ratio(front[0], back[0])) < _READABLE:
            return Diagnosis(
                name="sites",
                level="warn",
                detail=f"{site.key}: {on_accent} on {accent} has a contrast of {found:.1f} to 1",
                mend=f"Choose another accent or on_accent: {_READABLE} to 1 can be read (WCAG 1.4.3).",
            )
    return Diagnosis(name="sites", detail=", ".join(site.key for site in settings.every_site))


def _sign_ups(connection: Connection, settings: Settings) -> list[Diagnosis]:
    """Whether confirmation mails are held back, and which site is no longer told of its readers."""
    found = []
    breaker = find_breaker(connection, BREAKER)
    if breaker is not None and breaker.is_open:
        mend = "If these are real people: newsletter sites release. If not: who fills in the forms?"
        found.append(
            Diagnosis(name="sign-ups", level="warn", detail=f"held back: {breaker.reason}", mend=mend)
        )
    for site in settings.sites:
        receiver = webhook_status(connection, site.key).endpoint
        if site.webhook and receiver.disabled_at is not None:
            mend = f"Mend the receiver, then: newsletter sites webhook {site.key} --enable"
            detail = f"{site.key}: off since {receiver.disabled_at:%Y-%m-%d} ({receiver.reason})"
            found.append(Diagnosis(name="webhook", level="warn", detail=detail, mend=mend))
    return found


def _senders(settings: Settings) -> Diagnosis:
    for one in settings.newsletters:
        domain = parseaddr(one.sender)[1].rpartition("@")[2]
        if domain in ("example.org", "example.com", "example.net"):
            return Diagnosis(
                name="sender",
                level="warn",
                detail=f"{one.name}: {domain} is an example",
                mend="Set its sender to an address of your own domain.",
            )
    return Diagnosis(
        name="sender", detail=", ".join(parseaddr(one.sender)[1] for one in settings.newsletters)
    )


def _relay(settings: Settings) -> Diagnosis:
    if not settings.every_relay:
        return Diagnosis(
            name="relay",
            level="warn",
            detail="none is set: nothing can be sent",
            mend="Set NEWSLETTER_SMTP_URL (smtp_url).",
        )
    urls = [one.url.get_secret_value() for one in settings.every_relay]
    for url in urls:
        try:
            with Relay(url, timeout_s=RELAY_TIMEOUT_S) as relay:
                relay.greet()
        except NewsletterError as error:
            return failed("relay", error)
    each = "" if len(urls) == 1 else "each "
    logins = sum(urlsplit(url).username is not None for url in urls)
    login = {0: "asked without a login", len(urls): "takes our login"}
    return Diagnosis(
        name="relay", detail=f"{each}answers, {login.get(logins, f'{logins} of {len(urls)} take our login')}"
    )


def _content(path: Path) -> Diagnosis:
    if not path.is_file():
        return Diagnosis(
            name="content store",
            level="warn",
            detail=f"{path} is not there yet",
            mend="Bring in articles: newsletter ingest SOURCE",
        )
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        said = str(error)
    return _soundness("content store", str(path), said)


def _database(database: Database) -> Diagnosis:
    name = database.url.render_as_string(hide_password=True)
    if database.engine.dialect.name == "sqlite" and not Path(database.url.database or "").is_file():
        return Diagnosis(
            name="database",
            level="warn",
            detail=f"{name} is not there yet",
            mend="It is made at the first start: newsletter serve",
        )
    try:
        with database.read() as connection:
            revision = revision_of(connection)
            said = "ok"
            if database.engine.dialect.name == "sqlite":
                said = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
    except DatabaseError as error:
        return Diagnosis(name="database", level="fail", detail=str(error.orig), mend="Check database_url.")
    if said == "ok" and revision != SCHEMA_REVISION:
        newer = revision is not None and revision > SCHEMA_REVISION
        return Diagnosis(
            name="database",
            level="fail" if newer else "warn",
            detail=f"schema {revision}, this version's is {SCHEMA_REVISION}",
            mend="Install the newer version." if newer else "It is brought up to date at the next start.",
        )
    path = Path(database.url.database or "")
    if said == "ok" and database.engine.dialect.name == "sqlite" and path.stat().st_mode & 0o077:
        return Diagnosis(
            name="database",
            level="warn",
            detail=f"{path} can be read by others",
            mend=f"Run: chmod 600 {path}* (its log beside it, too).",
        )
    return _soundness("database", name, said)


def _soundness(name: str, what: str, said: str) -> Diagnosis:
    if said != "ok":
        return Diagnosis(
            name=name, level="fail", detail=f"{what}: {said}", mend="Restore a backup: newsletter restore"
        )
    return Diagnosis(name=name, detail=f"{what}, sound")


def _journal(connection: Connection, journal: Journal) -> Diagnosis:
    try:
        known, size = known_octets(connection), journal.size
        place = journal.path if size else journal.path.absolute().parent
        is_usable = os.access(place, os.R_OK | os.W_OK)
    except OSError:
        is_usable, known, size = False, 0, 0
    if not is_usable:
        return Diagnosis(
            name="journal",
            level="fail",
            detail=f"{journal.path} cannot be read and written by this user",
            mend="Nobody can leave or be erased until it can: give it to the newsletter's user, mode 0600.",
        )
    if size < known:
        return Diagnosis(
            name="journal",
            level="fail",
            detail=f"{journal.path} is shorter than it was ({size} octets, known are {known})",
            mend="Put back the journal of your newest backup, or whoever left since may be mailed.",
        )
    if size > known:
        return Diagnosis(
            name="journal",
            level="warn",
            detail=f"{journal.path} knows more than the database",
            mend="It is taken in at the next start.",
        )
    return Diagnosis(name="journal", detail=f"{journal.path}, {size} octets, all known")


def _consents(connection: Connection, keyring: Keyring) -> Diagnosis:
    last = connection.scalar(select(func.max(subscribers.c.id))) or 0
    step = max(1, last // SAMPLE)
    ids = list(connection.scalars(select(subscribers.c.id).where(subscribers.c.id % step == 0).limit(SAMPLE)))
    broken = [
        each
        for each in ids
        if not examine_kept_chain(
            consent_records(connection, each), keyring, end=chain_end(connection, each)
        ).is_whole
    ]
    if broken:
        return Diagnosis(
            name="consent records",
            level="fail",
            detail=f"{len(broken)} of {len(ids)} looked at were CHANGED; the first is reader {broken[0]}",
            mend="Compare with a backup: newsletter subscribers show ADDRESS --consent names the record.",
        )
    return Diagnosis(name="consent records", detail=f"{len(ids)} looked at, all as they were written")


def _audit(connection: Connection) -> Diagnosis:
    found = verify(connection)
    if not found.is_sound:
        return Diagnosis(
            name="audit",
            level="fail",
            detail=f"was CHANGED: {found.why}",
            mend="Compare with a backup; until you know by whom, do not trust what the lines say.",
        )
    return Diagnosis(name="audit", detail=f"{found.lines} line(s), all as they were written")


def _retention(connection: Connection, settings: Settings, clock: Clock) -> Diagnosis:
    """Whether the clock deletes what has been kept long enough: it does so every hour."""
    before = clock.now() - timedelta(days=settings.keep_pending_days) - RETENTION_LATE
    if unanswered(connection, before=before, limit=1):
        return Diagnosis(
            name="retention",
            level="warn",
            detail=f"sign-ups are still kept that nobody confirmed within {settings.keep_pending_days} days",
            mend="Is newsletter serve or scheduler.py running? It deletes them every hour.",
        )
    return Diagnosis(name="retention", detail="nothing is kept beyond its time")


def _clock(connection: Connection, newsletter: NewsletterSettings, clock: Clock) -> Diagnosis:
    name = f"clock of {newsletter.name}"
    local = clock.now().astimezone(newsletter.zone)
    today = local.date()
    due = local.replace(hour=newsletter.send_at.hour, minute=newsletter.send_at.minute, second=0)
    if newsletter.mails_on(today) and local >= due + LATE:
        stored = find(connection, newsletter.name, today)
        if stored is None or stored.started_at is None:
            what = "was not composed" if stored is None else f"is {stored.issue.state}"
            return Diagnosis(
                name=name,
                level="warn",
                detail=f"today's issue was due at {newsletter.send_at:%H:%M} and {what}",
                mend="Is newsletter serve or scheduler.py running? newsletter check says what holds it.",
            )
    return Diagnosis(name=name, detail=f"it is {local:%Y-%m-%d %H:%M} there; nothing is late")
