"""Real callbacks of providers, from the reference data: every event right, every bad signature refused.

Where the expected events are told in other words than ours, the tables below translate.
"""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from newsletter.feedback.event import Event, Kind, Permanence, Reason
from newsletter.feedback.webhooks import generic, mailgun, postmark, resend, sendgrid, ses
from newsletter.feedback.webhooks.post import Post, WebhookError
from newsletter.settings.provider import (
    MailgunSettings,
    PostmarkSettings,
    ResendSettings,
    SendgridSettings,
    SesSettings,
)
from tests.unit.content.page import REFERENCE, reference
from tests.unit.feedback.provider import NOW, Providers

FOLDER = REFERENCE / "webhooks"
OURS = {"amazon_ses": ses, "sendgrid": sendgrid, "postmark": postmark, "mailgun": mailgun, "resend": resend}
#: Their word, and the reason that goes with it, in ours; nothing: we do not track, and need no "queued".
WORDS: dict[str, tuple[Kind, dict[str, Reason]] | None] = {
    "bounced": (Kind.BOUNCE, {}),
    "rejected": (Kind.BOUNCE, {"timed_out": Reason.UNREACHABLE}),
    "failed": (Kind.BOUNCE, {}),
    "deferred": (Kind.DELAYED, {}),
    "delivered": (Kind.DELIVERED, {}),
    "complained": (Kind.COMPLAINT, {"": Reason.SPAM, "spam": Reason.SPAM}),
    "unsubscribed": (Kind.COMPLAINT, {"": Reason.UNSUBSCRIBE, "unsubscribed": Reason.UNSUBSCRIBE}),
    **dict.fromkeys(("opened", "clicked", "queued", "sent", "subscribed", "unknown", "loaded"), None),
}
#: "Rejected", as the provider was told before: we take from it what it was told.
REJECTED_FOR = {"unsubscribed": Reason.UNSUBSCRIBE, "spam": Reason.SPAM}
#: Refused there for a password that those providers are asked for besides their signature; not here.
ONLY_A_PASSWORD = re.compile(
    r"(mailgun|resend|sendgrid)\S+(credential_rotation#2|verifies_(bad|missing)_auth)"
)


def lines() -> list[dict[str, Any]]:
    path = FOLDER / "anymail-posts.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


ROWS = [row for row in lines() if row["kind"].startswith("tracking") or row["provider"] == "mailgun"]
MINE = [row for row in ROWS if row["provider"] in OURS]
THEIRS = [row for row in lines() if row["provider"] not in OURS]
TAKEN = [row for row in MINE if row["status_by_anymail"] == 200]
REFUSED = [row for row in MINE if row["status_by_anymail"] == 400 and not ONLY_A_PASSWORD.search(row["id"])]
SNS = json.loads(path.read_text()) if (path := FOLDER / "sns-signed-CONSTRUCTED.json").exists() else {}
by_id = pytest.mark.parametrize


def post_of(row: dict[str, Any]) -> Post:
    body = row["body"].encode() if row["body"] is not None else base64.b64decode(row["body_b64"])
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value for name, value in row["headers"].items()
    }
    return Post(headers | {"content-type": row["content_type"]}, body)


def verify(row: dict[str, Any]) -> None:
    """As its provider is configured there, at the time at which it came."""
    given, post, provider = row["settings"], post_of(row), row["provider"]
    if provider == "mailgun":
        key = given.get("ANYMAIL_MAILGUN_WEBHOOK_SIGNING_KEY") or given["ANYMAIL_MAILGUN_API_KEY"]
        settings = MailgunSettings.model_construct(signing_keys=(SecretStr(key),))
        stated = re.search(rb'timestamp"[:\s]+"?(\d{10})', post.body)
        mailgun.verify(post, settings, now=at(stated[1] if stated else 0))
    elif provider == "resend":
        secret = given.get("ANYMAIL_RESEND_SIGNING_SECRET", "whsec_VEVTVF9TSUdOSU5HX1NFQ1JFVA==")
        resend.verify(post, ResendSettings(secrets=(secret,)), now=at(post.headers["svix-timestamp"]))
    elif provider == "postmark":
        known = given["WEBHOOK_SECRET"]
        each = tuple(map(SecretStr, [known] if isinstance(known, str) else known))
        postmark.verify(post, PostmarkSettings.model_construct(secrets=each), now=NOW)
    elif key := given.get("SENDGRID_TRACKING_WEBHOOK_VERIFICATION_KEY"):
        sendgrid.verify(post, SendgridSettings(public_keys=(key,)), now=NOW)
    elif provider == "sendgrid":  # no key is configured there; here there must be one
        sendgrid.verify(post, Providers().settings.sendgrid, now=NOW)  # type: ignore[arg-type] # it is there
    else:
        pytest.fail(f"{row['id']}: nothing to verify with")


def at(seconds: Any) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


def expected_of(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for each in told if WORDS[each["event_type"]]]


def assert_same(event: Event, told: dict[str, Any], provider: str) -> None:
    kind, reasons = WORDS[told["event_type"]]  # type: ignore[misc] # expected_of left out the others
    why = told["reject_reason"] or ""
    if told["event_type"] == "rejected" and why in REJECTED_FOR:
        kind, reasons = Kind.COMPLAINT, REJECTED_FOR
    assert event.kind is kind
    assert event.reason is reasons.get(why, event.reason)
    assert event.recipient == (told["recipient"] or "")
    # A name of the library's own is none of a message; Mailgun's is the event's, not the signature's.
    if told["message_id"] and provider != "sendgrid":
        assert told["message_id"] in event.message_ids
    if told["event_id"] and provider != "mailgun":
        assert re.fullmatch(re.escape(told["event_id"]) + r"(/\d+)?", event.remote_id)
    assert event.remote_id
    if told["timestamp"] and provider != "amazon_ses":  # theirs is when SNS told it, ours when it happened
        assert event.happened_at == datetime.fromisoformat(told["timestamp"])
    if told["mta_response"]:
        assert event.diagnostic == told["mta_response"]


def test_the_reference_is_there_or_this_is_skipped() -> None:
    reference("webhooks/anymail-posts.jsonl")
    assert len(TAKEN) > 35
    assert len(REFUSED) > 10
    assert len(SNS["vectors"]) == 40


@by_id("row", TAKEN, ids=lambda row: row["id"])
def test_every_event_is_right(row: dict[str, Any]) -> None:
    told = expected_of(row["expected_events"])
    events = OURS[row["provider"]].events(post_of(row))
    assert len(events) == len(told)
    for event, one in zip(events, told, strict=True):
        assert_same(event, one, row["provider"])


@by_id(
    "row",
    [row for row in TAKEN if row["provider"] in ("mailgun", "postmark", "resend")],
    ids=lambda r: r["id"],
)
def test_every_good_signature_is_taken(row: dict[str, Any]) -> None:
    verify(row)


@by_id("row", REFUSED, ids=lambda row: row["id"])
def test_every_bad_signature_is_refused(row: dict[str, Any]) -> None:
    with pytest.raises(WebhookError):
        verify(row)


@by_id("row", THEIRS, ids=lambda row: row["id"])
def test_what_other_providers_post_can_be_told_in_our_own_format_and_is_not_taken_for_it(
    row: dict[str, Any],
) -> None:
    with pytest.raises(WebhookError):
        generic.events(post_of(row))
    told = expected_of(row["expected_events"])
    batch = [
        {
            "kind": WORDS[each["event_type"]][0],  # type: ignore[index] # expected_of left out the others
            "recipient": each["recipient"] or "nobody@example.org",
            "id": each["event_id"],
            "diagnostic": each["mta_response"] or each["description"],
        }
        for each in told
    ]
    events = generic.events(Providers().post_generic({"events": batch}))
    assert [event.kind for event in events] == [each["kind"] for each in batch]


TOPICS = SesSettings(
    topics=(
        "arn:aws:sns:us-east-1:111111111111:SES_Inbound",
        "arn:aws:sns:us-east-1:1234567890:SES_Events",
        "arn:aws:sns:us-west-2:123456789012:SES_Notifications",
    )
)


def check_sns(vector: dict[str, Any], topics: SesSettings = TOPICS, later: timedelta = timedelta()) -> Post:
    post = Post({}, json.dumps(vector["message"]).encode())
    now = datetime.fromisoformat(vector["message"]["Timestamp"]) + later
    ses.verify(post, topics, certificate=lambda _: SNS["cert_pem"].encode(), now=now)
    return post


@by_id("vector", SNS.get("vectors", []), ids=lambda vector: vector["id"])
def test_notifications_of_sns(vector: dict[str, Any]) -> None:
    if not vector["valid"]:
        with pytest.raises(WebhookError):
            check_sns(vector)
        return
    events = ses.events(check_sns(vector))
    told = expected_of(vector["expected_events"])
    assert len(events) == len(told)
    for event, one in zip(events, told, strict=True):
        assert_same(event, one, "amazon_ses")
    for wrong in (
        {"later": timedelta(hours=2)},
        {"later": timedelta(hours=-1)},
        {"topics": SesSettings(topics=("arn:aws:sns:us-east-1:1:other",))},
    ):
        with pytest.raises(WebhookError):
            check_sns(vector, **wrong)


def test_the_signed_vector_of_sendgrid() -> None:
    vector = json.loads(reference("webhooks/sendgrid-signed-vector.json").read_text())

    def check(*, later: timedelta = timedelta(), **changed: str) -> Post:
        given = {key: vector[key] for key in ("public_key", "signature", "timestamp", "payload")} | changed
        headers = {sendgrid.SIGNATURE: given["signature"], sendgrid.TIMESTAMP: given["timestamp"]}
        post = Post(headers, given["payload"].encode())
        settings = SendgridSettings(public_keys=(given["public_key"],))
        sendgrid.verify(post, settings, now=at(vector["timestamp"]) + later)
        return post

    (event,) = sendgrid.events(check())
    assert (event.kind, event.permanence, event.reason) == (
        Kind.BOUNCE,
        Permanence.PERMANENT,
        Reason.NO_ADDRESS,
    )
    assert event.recipient == "hello@world.com"
    for bad in vector["bad"]:
        with pytest.raises(WebhookError):
            check(**{key: value for key, value in bad.items() if key != "why"})
    for days in (2, -2):
        with pytest.raises(WebhookError):
            check(later=timedelta(days=days))


#: What the other project's files hold: kind, status, permanence and reason of each event.
SISIMAI = {
    "amazonses-02": [("bounce", "5.1.1", "permanent", "no_address")],
    "amazonses-03": [("complaint", "", "unknown", "spam")],
    "amazonses-04": [("delivered", "", "unknown", "other")],
    "sendgrid-01": [("bounce", "5.1.1", "permanent", "no_address")],
    "sendgrid-02": [
        ("bounce", "5.1.1", "permanent", "no_address"),
        ("bounce", "5.2.2", "permanent", "mailbox_full"),
    ],
    "sendgrid-03": [("bounce", "5.1.1", "permanent", "no_address")],
    "sendgrid-04": [("bounce", "5.1.1", "permanent", "no_address")],
    "sendgrid-11": [("bounce", "5.1.2", "permanent", "no_domain")] * 3,
    "sendgrid-12": [("bounce", "5.2.2", "permanent", "mailbox_full")],
    "sendgrid-14": [("bounce", "5.7.13", "permanent", "no_address")],
    "sendgrid-16": [("complaint", "", "unknown", "spam")],
    "sendgrid-17": [("complaint", "", "unknown", "spam")],
}


@by_id("name", SISIMAI)
def test_files_of_another_parser(name: str) -> None:
    body = reference(f"webhooks/sisimai-json/json-{name}.json").read_bytes()
    if name.startswith("sendgrid"):
        events = sendgrid.events(Post({}, body))
    elif b'"TopicArn"' in body:
        events = ses.events(Post({}, body))
        assert events[0].return_path == "kijitora@neko.example.org"
    else:  # without the envelope of SNS, which we ask for
        events = ses.notification_events(json.loads(body), name="sns-1", sent_at=NOW)
    assert [(e.kind, e.status, e.permanence, e.reason) for e in events] == SISIMAI[name]
    assert all("@" in event.recipient and event.happened_at and event.remote_id for event in events)
    assert len({event.remote_id for event in events}) == len(events)
