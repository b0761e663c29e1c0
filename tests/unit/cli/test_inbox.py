from __future__ import annotations

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from newsletter.cli.inbox import Inbox, reading_room


@pytest.fixture
def room(tmp_path: Path) -> Iterator[httpx.Client]:
    """The inbox's pages, with two mails in it."""
    inbox = Inbox(tmp_path / "inbox")
    with inbox.running(), smtplib.SMTP(inbox.url.removeprefix("smtp://")) as relay:
        for number in (1, 2):
            mail = EmailMessage()
            mail["From"], mail["To"], mail["Subject"] = "a@example.org", "b@example.org", f"Mail <{number}>"
            mail.set_content(f"Press (http://letter.example/confirm/{number}). 1 < 2")
            page = '<html><HEAD lang="en"></HEAD><a href="http://letter.example/">x</a></html>'
            mail.add_alternative(page, subtype="html")
            relay.send_message(mail)
        with reading_room(inbox) as url, httpx.Client(base_url=url) as http:
            yield http


def test_the_list_shows_the_newest_first_and_leads_to_each_mail(room: httpx.Client) -> None:
    page = room.get("/").text
    assert page.index('href="/2"') < page.index('href="/1"')
    assert "Mail &lt;1&gt;" in page


def test_a_mail_has_a_way_back_and_both_its_parts(room: httpx.Client) -> None:
    page = room.get("/1").text
    assert 'href="/"' in page
    assert 'href="/1/text"' in page
    assert '<iframe src="/1/part"' in page
    text = room.get("/1/text").text
    assert 'href="/"' in text
    assert 'href="/1"' in text
    assert "1 &lt; 2" in text


def test_the_links_of_both_parts_work_from_there(room: httpx.Client) -> None:
    link = '<a href="http://letter.example/confirm/1" target="_blank" rel="noopener">'
    assert link in room.get("/1/text").text
    # The newsletter's own pages refuse to be framed, so a link has to leave the frame.
    assert '<HEAD lang="en"><base target="_blank">' in room.get("/1/part").text
    assert "allow-popups-to-escape-sandbox" in room.get("/1").text


@pytest.mark.parametrize("path", ["/0", "/3", "/1/2", "/²", "/favicon.ico", "/1/part/x"])
def test_what_is_not_there_is_said_with_a_way_back(room: httpx.Client, path: str) -> None:
    answer = room.get(path)
    assert answer.status_code == 404
    assert 'href="/"' in answer.text
