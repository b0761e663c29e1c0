"""What the six providers post: signatures, times and words, with keys made here."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from newsletter.feedback.event import Event, Kind, Permanence, Reason
from newsletter.feedback.webhooks import generic, mailgun, postmark, resend, sendgrid, ses
from newsletter.feedback.webhooks.post import MAX_EVENTS, Post, WebhookError
from tests.unit.feedback.provider import CERTIFICATE_URL, DAY, HOUR, MINUTE, NAMES, NOW, Providers

ADA = "ada@example.org"
MODULES: dict[str, Any] = {
    "ses": ses,
    "sendgrid": sendgrid,
    "postmark": postmark,
    "mailgun": mailgun,
    "resend": resend,
    "generic": generic,
}
#: How late a POST may come: longer than its maker tries.
LATE = {"ses": HOUR, "sendgrid": DAY, "mailgun": 8 * HOUR, "resend": 4 * MINUTE, "generic": 4 * MINUTE}


@pytest.fixture(scope="module")
def providers() -> Providers:
    return Providers()


def verify(providers: Providers, name: str, post: Post, *, now: datetime = NOW) -> None:
    more = {"certificate": lambda _: providers.certificate} if name == "ses" else {}
    MODULES[name].verify(post, getattr(providers.settings, name), now=now, **more)


def refused(providers: Providers, name: str, post: Post, *, now: datetime = NOW) -> str:
    with pytest.raises(WebhookError) as caught:
        verify(providers, name, post, now=now)
    return caught.value.reason


@pytest.mark.parametrize("name", NAMES)
class TestEveryProvider:
    def test_a_bounce_is_told_in_our_words(self, providers: Providers, name: str) -> None:
        post = providers.bounce(name, ADA)
        verify(providers, name, post)
        (event,) = MODULES[name].events(post)
        assert event.kind is Kind.BOUNCE
        assert (event.recipient, event.status, event.remote_id) == (ADA, "5.1.1", "1")
        assert (event.permanence, event.reason) == (Permanence.PERMANENT, Reason.NO_ADDRESS)
        assert "no such user" in event.diagnostic

    def test_another_key_is_refused(self, providers: Providers, name: str) -> None:
        other = Providers(postmark="letters:another password")
        assert refused(providers, name, other.bounce(name, ADA))
        assert refused(providers, name, replace(other.bounce(name, ADA), headers={}))

    def test_a_changed_body_is_refused_where_the_body_is_signed(
        self, providers: Providers, name: str
    ) -> None:
        post = providers.bounce(name, ADA)
        changed = replace(post, body=post.body.replace(b"ada@", b"bob@"))
        if name in ("postmark", "mailgun"):  # they sign nothing, or only a token, which counts once
            verify(providers, name, changed)
        else:
            assert refused(providers, name, changed)

    def test_what_is_old_or_of_the_future_is_refused(self, providers: Providers, name: str) -> None:
        post = providers.bounce(name, ADA)
        if name == "postmark":  # it tells no time
            verify(providers, name, post, now=NOW + 365 * DAY)
            return
        verify(providers, name, post, now=NOW + LATE[name])
        verify(providers, name, post, now=NOW - 4 * MINUTE)
        assert "too long ago" in refused(providers, name, post, now=NOW + LATE[name] + 10 * MINUTE)
        assert "future" in refused(providers, name, post, now=NOW - 6 * MINUTE)


class TestSes:
    @pytest.mark.parametrize("version", ["1", "2"])
    @pytest.mark.parametrize("subject", [{}, {"Subject": "Amazon SES Email Event Notification"}])
    def test_both_versions_of_the_signature(
        self, providers: Providers, version: str, subject: dict[str, Any]
    ) -> None:
        verify(providers, "ses", providers.sns("{}", version=version, **subject))

    @pytest.mark.parametrize(
        "url",
        [
            "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-1.pem",
            "https://evil.example/SimpleNotificationService-1.pem",
            "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
            "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-1.pem",
            "https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-1.pem",
            "https://evil.example/#https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
            "https://s3.amazonaws.com/sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem",
            "https://sns.eu-west-1.amazonaws.com/?Action=Anything&x=SimpleNotificationService-1.pem",
            "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem\n",
            "",
            None,
            7,
        ],
    )
    def test_a_certificate_elsewhere_is_not_even_fetched(self, providers: Providers, url: Any) -> None:
        post = providers.sns("{}", SigningCertURL=url)
        with pytest.raises(WebhookError, match="not on a host of Amazon"):
            ses.verify(post, providers.settings.ses, certificate=pytest.fail, now=NOW)  # type: ignore[arg-type]

    def test_hosts_in_china_are_amazons_too(self, providers: Providers) -> None:
        url = CERTIFICATE_URL.replace("eu-west-1.amazonaws.com", "cn-north-1.amazonaws.com.cn")
        verify(providers, "ses", providers.sns("{}", SigningCertURL=url))

    def test_another_topic_is_refused_however_well_it_is_signed(self, providers: Providers) -> None:
        topic = "arn:aws:sns:eu-west-1:666666666666:letters"
        assert "topic" in refused(providers, "ses", providers.sns("{}", TopicArn=topic))

    @pytest.mark.parametrize("pem", [b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\n"])
    def test_a_certificate_that_is_none_is_refused(self, providers: Providers, pem: bytes) -> None:
        with pytest.raises(WebhookError):
            ses.verify(providers.sns("{}"), providers.settings.ses, certificate=lambda _: pem, now=NOW)  # type: ignore[arg-type]

    def test_an_expired_certificate_is_refused(self, providers: Providers) -> None:
        later = datetime.fromisoformat("2027-02-01T00:00:00+00:00")
        assert refused(providers, "ses", providers.sns("{}", at=later), now=later)

    def test_raw_delivery_is_refused(self, providers: Providers) -> None:
        post = Post({}, b'{"notificationType": "Bounce"}')
        assert "raw message delivery" in refused(providers, "ses", post)

    def test_a_confirmation_is_visited_on_a_host_of_amazons_alone(self, providers: Providers) -> None:
        post = providers.sns_confirmation()
        verify(providers, "ses", post)
        assert ses.confirmation_url(post).startswith("https://sns.eu-west-1.amazonaws.com/?Action=Confirm")
        assert ses.events(post) == ()
        for url in (
            "https://evil.example/?Action=ConfirmSubscription&TopicArn=a",
            "https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe&x=1",
            "http://127.0.0.1/?Action=ConfirmSubscription&TopicArn=a",
        ):
            with pytest.raises(WebhookError):
                ses.confirmation_url(providers.sns_confirmation(url=url))
        assert ses.confirmation_url(providers.sns("{}")) == ""

    def test_our_own_message_id_and_return_path_are_found(self, providers: Providers) -> None:
        headers = [{"name": "Message-ID", "value": "<a1@letter.example>"}]
        mail = {
            "source": "b+opaque@letter.example",
            "messageId": "0102-ses",
            "headers": headers,
            "commonHeaders": {"messageId": "<a1@letter.example>"},
        }
        recipients = [{"emailAddress": ADA}, {"emailAddress": "bob@example.org"}]
        complaint = {"complainedRecipients": recipients, "complaintFeedbackType": "abuse"}
        post = providers.sns({"eventType": "Complaint", "complaint": complaint, "mail": mail})
        one, other = ses.events(post)
        assert one.message_ids == ("<a1@letter.example>", "0102-ses")
        assert one.return_path == "b+opaque@letter.example"
        assert (one.remote_id, other.remote_id) == ("sns-1/1", "sns-1/2")


def of(told: dict[str, Any], post: Callable[[Providers, Any], Post], module: Any) -> list[Event]:
    return list(module.events(post(Providers(), told)))


def ses_told(kind: str, **told: Any) -> dict[str, Any]:
    return {"eventType": kind, "mail": {"destination": [ADA]}, **told}


def ses_bounce(kind: str, subtype: str, **recipient: str) -> dict[str, Any]:
    told = {"bounceType": kind, "bounceSubType": subtype}
    return ses_told("Bounce", bounce=told | {"bouncedRecipients": [{"emailAddress": ADA, **recipient}]})


def ses_delay(kind: str) -> dict[str, Any]:
    return ses_told(
        "DeliveryDelay", deliveryDelay={"delayType": kind, "delayedRecipients": [{"emailAddress": ADA}]}
    )


def ses_complaint(kind: str) -> dict[str, Any]:
    told = {"complaintFeedbackType": kind, "complainedRecipients": [{"emailAddress": ADA}]}
    return ses_told("Complaint", complaint=told)


NOTHING = ()
#: What is told, and kind, permanence and reason of what it means; nothing: it is left out.
SES = [
    (ses_bounce("Permanent", "General"), ("bounce", "permanent", "no_address")),
    (ses_bounce("Permanent", "OnAccountSuppressionList"), ("bounce", "permanent", "no_address")),
    (ses_bounce("Permanent", "UnsubscribedRecipient"), ("complaint", "permanent", "unsubscribe")),
    (ses_bounce("Permanent", "General", status="5.7.1"), ("bounce", "permanent", "blocked")),
    (ses_bounce("Transient", "MailboxFull"), ("bounce", "temporary", "mailbox_full")),
    (ses_bounce("Transient", "ContentRejected"), ("bounce", "temporary", "content")),
    (ses_bounce("Transient", "New"), ("bounce", "temporary", "other")),
    (ses_bounce("Undetermined", "Undetermined"), ("bounce", "unknown", "other")),
    (ses_bounce("Transient", "General", action="delayed"), ("delayed", "temporary", "other")),
    (ses_delay("MailboxFull"), ("delayed", "temporary", "mailbox_full")),
    (ses_delay("SendingDeferral"), ("delayed", "temporary", "rate")),
    (ses_complaint("abuse"), ("complaint", "unknown", "spam")),
    (ses_complaint("opt-out"), ("complaint", "unknown", "unsubscribe")),
    (ses_complaint("not-spam"), NOTHING),
    (ses_complaint("auth-failure"), NOTHING),
    (ses_told("Delivery", delivery={"recipients": [ADA]}), ("delivered", "unknown", "other")),
    (ses_told("Reject", reject={"reason": "Bad content"}), ("bounce", "permanent", "content")),
    (
        ses_told("Subscription", subscription={"newTopicPreferences": {"unsubscribeAll": True}}),
        ("complaint", "unknown", "unsubscribe"),
    ),
    (ses_told("Subscription", subscription={"newTopicPreferences": {}}), NOTHING),
    (ses_told("Open"), NOTHING),
    (ses_told("Click"), NOTHING),
    (ses_told("Send"), NOTHING),
]
SENDGRID = [
    (
        {"event": "bounce", "status": "5.7.1", "reason": "550 5.7.1 blocked"},
        ("bounce", "permanent", "blocked"),
    ),
    ({"event": "bounce", "type": "blocked", "reason": "unable"}, ("bounce", "temporary", "other")),
    (
        {"event": "bounce", "type": "bounce", "reason": "no", "bounce_classification": "Invalid Address"},
        ("bounce", "permanent", "no_address"),
    ),
    ({"event": "deferred", "response": "451 4.7.28 too fast"}, ("delayed", "temporary", "rate")),
    ({"event": "dropped", "reason": "Bounced Address"}, ("bounce", "permanent", "no_address")),
    ({"event": "dropped", "reason": "Spam Reporting Address"}, ("complaint", "unknown", "spam")),
    ({"event": "dropped", "reason": "Unsubscribed Address"}, ("complaint", "unknown", "unsubscribe")),
    ({"event": "dropped", "reason": "Recipient List over Package Quota"}, ("bounce", "unknown", "not_tried")),
    ({"event": "spamreport"}, ("complaint", "unknown", "spam")),
    ({"event": "group_unsubscribe"}, ("complaint", "unknown", "unsubscribe")),
    ({"event": "delivered", "response": "250 OK"}, ("delivered", "unknown", "other")),
    *[({"event": each}, NOTHING) for each in ("open", "click", "processed", "group_resubscribe", "new")],
]


def postmark_bounce(kind: str, details: str = "") -> dict[str, Any]:
    return {"RecordType": "Bounce", "Type": kind, "Details": details}


def postmark_change(why: str | None, *, off: bool = True) -> dict[str, Any]:
    return {"RecordType": "SubscriptionChange", "SuppressSending": off, "SuppressionReason": why}


POSTMARK = [
    (postmark_bounce("HardBounce"), ("bounce", "permanent", "no_address")),
    (postmark_bounce("HardBounce", "smtp;550 5.7.1 SPF failed"), ("bounce", "permanent", "blocked")),
    (postmark_bounce("SoftBounce", "smtp;452 4.2.2 over quota"), ("bounce", "temporary", "mailbox_full")),
    (postmark_bounce("Transient"), ("delayed", "temporary", "other")),
    (postmark_bounce("SpamNotification"), ("bounce", "permanent", "content")),
    (postmark_bounce("Blocked"), ("bounce", "permanent", "blocked")),
    (postmark_bounce("AutoResponder"), ("auto_reply", "unknown", "vacation")),
    (postmark_bounce("ChallengeVerification"), ("auto_reply", "unknown", "challenge")),
    (postmark_bounce("Unsubscribe"), ("complaint", "unknown", "unsubscribe")),
    (postmark_bounce("Subscribe"), NOTHING),
    (postmark_bounce("New"), NOTHING),
    ({"RecordType": "SpamComplaint"}, ("complaint", "unknown", "spam")),
    ({"RecordType": "Delivery"}, ("delivered", "unknown", "other")),
    (postmark_change("HardBounce"), ("bounce", "permanent", "no_address")),
    (postmark_change("SpamComplaint"), ("complaint", "unknown", "spam")),
    (postmark_change("ManualSuppression"), ("complaint", "unknown", "unsubscribe")),
    (postmark_change(None, off=False), NOTHING),
    *[({"RecordType": each}, NOTHING) for each in ("Open", "Click", "Inbound", "")],
]


def mailgun_failed(severity: str, reason: str = "generic", **status: Any) -> dict[str, Any]:
    return {"event": "failed", "severity": severity, "reason": reason, "delivery-status": status}


MAILGUN = [
    (
        mailgun_failed("permanent", code=550, message="5.1.1 no such user"),
        ("bounce", "permanent", "no_address"),
    ),
    (mailgun_failed("permanent", code=550, message="5.7.26 DMARC"), ("bounce", "permanent", "blocked")),
    (mailgun_failed("temporary", code=452, message="4.2.2 quota"), ("delayed", "temporary", "mailbox_full")),
    (mailgun_failed("permanent", "suppress-bounce", code=605), ("bounce", "permanent", "no_address")),
    (mailgun_failed("permanent", "suppress-complaint", code=607), ("complaint", "unknown", "spam")),
    (mailgun_failed("permanent", "suppress-unsubscribe"), ("complaint", "unknown", "unsubscribe")),
    (mailgun_failed("permanent", "old", code=602), ("bounce", "temporary", "unreachable")),
    ({"event": "rejected", "reject": {"reason": "Sandbox"}}, ("bounce", "unknown", "not_tried")),
    ({"event": "complained"}, ("complaint", "unknown", "spam")),
    ({"event": "unsubscribed"}, ("complaint", "unknown", "unsubscribe")),
    ({"event": "delivered"}, ("delivered", "unknown", "other")),
    *[({"event": each}, NOTHING) for each in ("accepted", "opened", "clicked", "stored", "new")],
]
RESEND: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    (
        {"type": "email.bounced", "data": {"bounce": {"message": "gone"}}},
        ("bounce", "permanent", "no_address"),
    ),
    (
        {"type": "email.bounced", "data": {"bounce": {"type": "Transient", "subType": "MailboxFull"}}},
        ("bounce", "temporary", "mailbox_full"),
    ),
    (
        {"type": "email.bounced", "data": {"bounce": {"diagnosticCode": ["smtp; 550 5.7.1 blocked"]}}},
        ("bounce", "permanent", "blocked"),
    ),
    ({"type": "email.suppressed", "data": {}}, ("bounce", "permanent", "no_address")),
    ({"type": "email.failed", "data": {"failed": {"reason": "quota"}}}, ("bounce", "unknown", "not_tried")),
    ({"type": "email.delivery_delayed", "data": {}}, ("delayed", "temporary", "other")),
    ({"type": "email.complained", "data": {}}, ("complaint", "unknown", "spam")),
    ({"type": "email.delivered", "data": {}}, ("delivered", "unknown", "other")),
    *[
        ({"type": each}, NOTHING)
        for each in ("email.sent", "email.opened", "email.clicked", "contact.created")
    ],
]
GENERIC = [
    ({"kind": "bounce", "status": "5.2.2"}, ("bounce", "permanent", "mailbox_full")),
    ({"kind": "bounce", "diagnostic": "450 4.7.28 too fast"}, ("bounce", "temporary", "rate")),
    (
        {"kind": "bounce", "permanence": "permanent", "reason": "no_domain"},
        ("bounce", "permanent", "no_domain"),
    ),
    ({"kind": "complaint", "reason": "unsubscribe"}, ("complaint", "unknown", "unsubscribe")),
]
TOLD: list[tuple[Any, Callable[[Providers, Any], Post], Any, tuple[str, ...]]] = [
    *[(told, Providers.sns, ses, wanted) for told, wanted in SES],
    *[([{"email": ADA} | told], Providers.sendgrid, sendgrid, wanted) for told, wanted in SENDGRID],
    *[({"Email": ADA} | told, Providers.post_postmark, postmark, wanted) for told, wanted in POSTMARK],
    *[({"recipient": ADA} | told, Providers.post_mailgun, mailgun, wanted) for told, wanted in MAILGUN],
    *[
        ({**told, "data": {"to": [ADA], **told.get("data", {})}}, Providers.post_resend, resend, wanted)
        for told, wanted in RESEND
    ],
    *[
        ({"events": [{"recipient": ADA} | told]}, Providers.post_generic, generic, wanted)
        for told, wanted in GENERIC
    ],
]


@pytest.mark.parametrize(("told", "post", "module", "wanted"), TOLD)
def test_each_word_of_a_provider_has_its_meaning(
    told: Any, post: Callable[[Providers, Any], Post], module: Any, wanted: tuple[str, ...]
) -> None:
    events = of(told, post, module)
    assert [(event.kind, event.permanence, event.reason) for event in events] == ([wanted] if wanted else [])
    assert all(event.recipient == ADA and event.remote_id for event in events)


def test_the_same_thing_told_twice_has_the_same_name_and_another_thing_has_not() -> None:
    delivery = {"RecordType": "Delivery", "Recipient": ADA, "DeliveredAt": "2026-03-03T09:30:00Z"}
    one, again = (of(delivery, Providers.post_postmark, postmark)[0] for _ in range(2))
    (other,) = of(delivery | {"Recipient": "bob@example.org"}, Providers.post_postmark, postmark)
    assert one.remote_id == again.remote_id != other.remote_id


def test_postmark_takes_the_password_in_a_header_as_well(providers: Providers) -> None:
    verify(providers, "postmark", Post({"x-webhook-secret": providers.postmark}, b"{}"))
    for wrong in ("", "letters", "Bearer x", "Basic !", "Basic " + base64.b64encode(b"\xff").decode()):
        assert refused(providers, "postmark", Post({"authorization": wrong}, b"{}"))


def test_our_message_id_is_found_in_what_postmark_passes_on() -> None:
    told = postmark_bounce("HardBounce") | {
        "MessageID": "883953f4",
        "Metadata": {"message-id": "<meta@letter.example>"},
        "Content": "message-id: <report@mail.example>\r\n\r\nMessage-ID: <a1@letter.example>\r\n",
    }
    (event,) = of(told, Providers.post_postmark, postmark)
    assert event.message_ids == (
        "<meta@letter.example>",
        "<report@mail.example>",
        "<a1@letter.example>",
        "883953f4",
    )


def test_a_subaccount_of_mailgun_is_signed_for_by_the_account_above_it(providers: Providers) -> None:
    told = json.loads(providers.post_mailgun({"event": "delivered"}).body)
    proof = told["signature"]
    told["signature"] = proof | {"signature": "0" * 64, "parent-signature": proof["signature"]}
    verify(providers, "mailgun", Post({}, json.dumps(told).encode()))


def test_batches_are_bounded(providers: Providers) -> None:
    with pytest.raises(WebhookError, match="more than 5,000"):
        sendgrid.events(providers.sendgrid([{}] * (MAX_EVENTS + 1)))
    with pytest.raises(WebhookError, match="more than 5,000"):
        generic.events(providers.post_generic({"events": [{}] * (MAX_EVENTS + 1)}))


@pytest.mark.parametrize(
    "event",
    [
        {"kind": "bounce"},
        {"kind": "made up", "recipient": ADA},
        {"recipient": ADA},
        {"kind": "bounce", "recipient": ADA, "reason": "because"},
        {"kind": "bounce", "recipient": ADA, "status": "five"},
    ],
)
def test_our_own_format_takes_nothing_that_it_does_not_know(providers: Providers, event: Any) -> None:
    with pytest.raises(WebhookError):
        generic.events(providers.post_generic({"events": [event]}))


def test_several_secrets_hold_while_one_takes_over_from_another(providers: Providers) -> None:
    old, new = Providers(), Providers()
    settings = replace_secrets(old, new)
    for each in (old, new):
        generic.verify(each.bounce("generic", ADA), settings, now=NOW + timedelta(minutes=1))
    assert refused(providers, "generic", old.bounce("generic", ADA))


def replace_secrets(*each: Providers) -> Any:
    settings = each[0].settings.generic
    assert settings
    return type(settings)(secrets=tuple(SecretStr(one.generic) for one in each))
