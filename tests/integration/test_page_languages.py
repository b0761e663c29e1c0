"""The pages of newsletters in other languages than English, through a real server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from html import unescape

import httpx
import pytest

from newsletter.clock import FixedClock
from newsletter.settings import CONSENT, NewsletterSettings
from newsletter.subscribers.consent import ConsentAct
from newsletter.subscribers.ledger import consent_records
from newsletter.subscribers.token import Purpose
from newsletter.wording import wording_of
from newsletter.workflows.workplace import Workplace
from tests.conftest import NOW, MailServer
from tests.integration.page_words import english_in, latin_in, words
from tests.integration.web_site import Site, hidden, running

#: Title, publisher and postal address, and the way the language is written.
PUBLICATIONS = {
    "ar": ("صحتك اليوم", "دار الصحة", "شارع النيل 1، القاهرة", "rtl"),
    "bn": ("স্বাস্থ্যকথা", "স্বাস্থ্য প্রকাশনী", "১ সড়ক, ঢাকা", "ltr"),
    "es": ("Salud Diaria", "Salud Diaria", "Calle Mayor 1, Madrid", "ltr"),
    "hi": ("रोज़ की सेहत", "सेहत प्रकाशन", "1 मार्ग, दिल्ली", "ltr"),
}


def newsletter(language: str, name: str = "daily") -> NewsletterSettings:
    return NewsletterSettings.model_validate(
        {"name": name, "language": language, "title": PUBLICATIONS[language][0], "timezone": "Asia/Dhaka"}
    )


@contextmanager
def opened(workplace: Workplace, mails: MailServer, *newsletters: NewsletterSettings) -> Iterator[Site]:
    first = newsletters[0].language
    named = dict(
        zip(("publisher", "postal_address"), PUBLICATIONS.get(first, ("", "", ""))[1:3], strict=True)
    )
    changed = {"newsletters": newsletters, **({} if first == "en" else named)}
    place = replace(workplace, settings=workplace.settings.model_copy(update=changed))
    with running(place) as url, httpx.Client(base_url=url, follow_redirects=False) as http:
        yield Site(place, http, mails)


def life(site: Site) -> Iterator[tuple[str, httpx.Response]]:
    """Every page that a visitor, then reader, then former reader may see."""
    for path in ("/", "/issues/", "/privacy", "/unsubscribe", "/preferences", "/nowhere", "/confirm/forged"):
        yield path, site.http.get(path)
    yield "not allowed", site.http.put("/subscribe")
    yield "too much", site.http.post("/subscribe", content=b"email=" + b"a" * 70_000)
    for address in ("ada@", "ada", "", "ada%@exam ple.org"):
        yield f"refused {address}", site.http.post("/subscribe", data={"email": address, "newsletter": "no"})
    yield "check your inbox", site.sign_up()
    path = site.confirm_path()
    yield "confirm", site.http.get(path)
    yield "confirm, again", site.http.post(path)
    yield "confirmed", site.press_the_button(path)
    (reader,) = site.audience()
    leave = f"/unsubscribe/{site.token(Purpose.UNSUBSCRIBE, reader)}"
    change = f"/preferences/{site.token(Purpose.PREFERENCES, reader)}"
    yield "preferences, by letter", site.http.get(change)
    yield "preferences, by letter, again", site.http.post(change)
    fresh = site.fresh_path(reader)
    yield "fresh link mailed", site.press_the_button(change)
    yield "preferences", site.http.get(fresh)
    yield "preferences, again", site.http.post(fresh)
    soon = (site.workplace.clock.now() + timedelta(days=9)).date().isoformat()
    for act, fields in {
        "newsletters": {"newsletter": "daily", "often-daily": "weekly"},
        "pause": {"until": soon},
        "resume": {},
        "forget": {},
        "language": {"language": ""},
        "data": {},
    }.items():
        yield act, site.press_the_button(fresh, act=act, **fields)
    for act, fields in {
        "pause": {"until": "2020-01-01"},
        "language": {"language": "tlh"},
        "address": {"email": "ada@"},
    }.items():
        yield f"{act} refused", site.press_the_button(fresh, act=act, **fields)
    yield "unsubscribe", site.http.get(leave)
    yield "unsubscribe, again", site.http.post(leave)
    yield "gone", site.press_the_button(leave, scope="this")
    yield "off already", site.http.get(leave)
    yield "on again", site.press_the_button(fresh, act="newsletters", newsletter="daily")
    yield "off again", site.press_the_button(fresh, act="newsletters")
    yield "spent", site.http.get(path)


@pytest.mark.parametrize("language", PUBLICATIONS)
def test_a_reader_of_another_language_never_meets_an_english_page(
    connected: Workplace, smtp_server: MailServer, language: str
) -> None:
    title, *_, direction = PUBLICATIONS[language]
    wording = wording_of(language)
    with opened(connected, smtp_server, newsletter(language)) as site:
        for name, answer in life(site):
            page = unescape(answer.text)
            assert f'<html lang="{language}" dir="{direction}">' in page, name
            assert title in page.partition("</title>")[0], name
            assert english_in(answer.text, wording) == [], name
            if language != "es":
                assert latin_in(answer.text, wording) == [], name


def test_the_search_for_english_finds_it(site: Site) -> None:
    page = site.http.get("/").text
    assert "Your e-mail address" in english_in(page, wording_of("ar"))
    assert "Your e-mail address" in latin_in(page, wording_of("ar"))


@pytest.mark.parametrize("language", PUBLICATIONS)
def test_the_form_speaks_the_language_down_to_its_faults(
    connected: Workplace, smtp_server: MailServer, language: str
) -> None:
    _ = wording_of(language).gettext
    with opened(connected, smtp_server, newsletter(language)) as site:
        page = site.http.get("/").text
        assert _("Your e-mail address") in words(page)
        assert _("Sign up") in words(page)
        faulty = unescape(site.http.post("/subscribe", data={"email": "ada@"}).text)
        assert _("There must be something after the @-sign.") in faulty
        assert _("Tick the box if you want the newsletter. Without that we may not send it.") in faulty
        rare = unescape(site.http.post("/subscribe", data={"email": "a%(b)s@example.org"}).text)
        assert _("This is not an e-mail address.") in rare


def acts(site: Site) -> list[ConsentAct]:
    with site.workplace.database.read() as connection:
        return [one.content for one in consent_records(connection, 1)]


@pytest.mark.parametrize("language", ["ar", "bn"])
def test_a_person_who_agrees_has_the_words_that_were_shown_in_the_record(
    connected: Workplace, smtp_server: MailServer, language: str
) -> None:
    with opened(connected, smtp_server, newsletter(language)) as site:
        said = wording_of(language).gettext(CONSENT).replace("{newsletter}", PUBLICATIONS[language][0])
        assert said in words(site.http.get("/").text)
        site.sign_up()
        path = site.confirm_path()
        assert said in words(site.http.get(path).text)
        site.press_the_button(path)
        assert [act.wording for act in acts(site)] == [said, said]


def test_each_form_and_each_page_behind_a_link_is_in_the_language_of_its_newsletter(
    connected: Workplace, smtp_server: MailServer
) -> None:
    both = (NewsletterSettings(), newsletter("ar", "salama"))
    with opened(connected, smtp_server, *both) as site:
        assert '<html lang="en" dir="ltr">' in site.http.get("/?newsletter=nobody").text
        form = site.http.get("/subscribe?newsletter=salama").text
        assert '<html lang="ar" dir="rtl">' in form
        assert re.search(r'value="salama" checked', form)
        assert '<a class="name" href="/" lang="en" dir="ltr">Daily Health</a>' in form
        refused = site.http.post("/subscribe", data={"newsletter": "salama", "language": "ar"})
        assert '<html lang="ar" dir="rtl">' in refused.text
        site.sign_up(newsletter="salama", language=hidden(form, "language"))
        path = site.confirm_path()
        assert '<html lang="ar"' in site.press_the_button(path).text
        assert wording_of("ar").gettext("the newsletter chosen here") in acts(site)[0].wording
        (reader,) = site.audience("salama")
        leave, page = (
            site.http.get(f"/{purpose}/{site.token(purpose, reader)}").text
            for purpose in (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES)
        )
        assert '<html lang="ar" dir="rtl">' in leave
        assert '<html lang="ar" dir="rtl">' in page
        everything = site.http.get(site.fresh_path(reader)).text
        assert '<html lang="ar" dir="rtl">' in everything
        assert ' lang="en" dir="ltr">Daily Health</strong>' in everything


def test_who_fills_in_an_english_form_for_an_arabic_letter_agrees_in_english(
    connected: Workplace, smtp_server: MailServer
) -> None:
    with opened(connected, smtp_server, NewsletterSettings(), newsletter("ar", "salama")) as site:
        form = site.http.get("/").text
        site.sign_up(newsletter="salama", language=hidden(form, "language"))
        said = CONSENT.replace("{newsletter}", "the newsletter chosen here")
        assert said in words(form)
        assert acts(site)[0].wording == said


def test_a_reader_who_switches_back_on_agrees_in_the_words_of_that_page(
    connected: Workplace, smtp_server: MailServer
) -> None:
    with opened(connected, smtp_server, newsletter("bn")) as site:
        site.sign_up()
        site.press_the_button(site.confirm_path())
        (reader,) = site.audience()
        path = site.fresh_path(reader)
        off = site.press_the_button(path, act="newsletters").text
        site.press_the_button(path, act="newsletters", newsletter="daily")
        assert acts(site)[-1].wording in unescape(off)
        assert acts(site)[-1].wording == acts(site)[0].wording


def test_an_operators_own_consent_wording_is_shown_and_kept_as_it_is(
    connected: Workplace, smtp_server: MailServer
) -> None:
    own = "أوافق على استلام {newsletter} كل أسبوع."
    place = replace(connected, settings=connected.settings.model_copy(update={"consent_wording": own}))
    with opened(place, smtp_server, newsletter("ar")) as site:
        said = own.replace("{newsletter}", PUBLICATIONS["ar"][0])
        assert said in words(site.http.get("/").text)
        site.sign_up()
        assert acts(site)[0].wording == said


def test_a_link_that_is_too_old_says_so_in_its_language(
    connected: Workplace, smtp_server: MailServer
) -> None:
    with opened(connected, smtp_server, NewsletterSettings(), newsletter("hi", "sehat")) as site:
        site.sign_up(newsletter="sehat")
        path = site.confirm_path()
        late = replace(site.workplace, clock=FixedClock(NOW + timedelta(days=8)))
        with running(late) as url, httpx.Client(base_url=url) as http:
            answer = http.get(path)
        assert answer.status_code == 410
        assert wording_of("hi").gettext("This link no longer works") in words(answer.text)
        assert 'href="/subscribe?newsletter=sehat"' in answer.text


def test_the_english_draft_of_the_policy_says_that_it_is_english(
    connected: Workplace, smtp_server: MailServer
) -> None:
    with opened(connected, smtp_server, newsletter("ar")) as site:
        page = site.http.get("/privacy").text
        assert re.search(r'<div class="flow" lang="en" dir="ltr">\s*<p>This policy', page)
    with opened(connected, smtp_server, NewsletterSettings()) as site:
        assert page.count("lang=") > site.http.get("/privacy").text.count("lang=")
