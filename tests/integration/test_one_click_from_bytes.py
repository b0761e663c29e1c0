"""One-click (RFC 8058) with what a mail program has: the bytes of a letter that arrived, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from email import message_from_bytes, policy
from urllib.parse import urlsplit

import pytest

from newsletter.delivery.dkim import write_signing_key
from newsletter.workflows.compose import compose
from newsletter.workflows.deliver import deliver
from tests.integration.article_source import fill
from tests.integration.web_site import ADA, Site

DAY = date(2026, 3, 3)
FIELD = "List-Unsubscribe=One-Click"
#: RFC 8058 section 3.2 prefers the first; Gmail sends the second.
BODIES = {
    "multipart/form-data; boundary=b": (
        '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
    ),
    "application/x-www-form-urlencoded": FIELD,
}


@pytest.mark.parametrize("kind", BODIES)
def test_one_post_to_the_address_in_the_received_bytes_unsubscribes(site: Site, kind: str) -> None:
    settings = site.workplace.settings
    signed = settings.model_copy(
        update={"dkim": "on", "dkim_key_path": settings.key_path.with_name("dkim.pem")}
    )
    write_signing_key(signed.dkim_key_path)
    workplace = replace(site.workplace, settings=signed)
    site.subscribed()
    fill(signed.content_path)
    compose(workplace, signed.newsletter(), DAY)
    assert deliver(workplace, signed.newsletter(), DAY)["accepted"] == 1

    message = message_from_bytes(site.mails.to(ADA)[-1].content, policy=policy.default)
    assert message["List-Unsubscribe-Post"] == FIELD
    address = urlsplit(str(message["List-Unsubscribe"]).strip("<>"))
    assert f"{address.scheme}://{address.netloc}" == settings.base_url
    site.http.cookies.clear()
    answer = site.http.post(address.path, content=BODIES[kind], headers={"Content-Type": kind})
    assert answer.status_code == 200
    assert not answer.is_redirect
    assert site.audience() == []
