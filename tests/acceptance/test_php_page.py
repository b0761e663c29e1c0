"""The sample programs of docs/how-to/php.md, taken out of the page and run against a running newsletter."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from newsletter.settings import SiteSettings
from newsletter.subscribers.site import site_secret
from newsletter.workflows.subscribe import SIGNUPS_AN_HOUR
from newsletter.workflows.workplace import Workplace
from tests.conftest import MailServer, free_port
from tests.integration.web_site import ADA, Site, hidden, running
from tests.unit.workflows.conftest import Life

PAGE = Path(__file__).parent.parent.parent / "docs/how-to/php.md"
NO_PHP = "php is not installed here: the PHP sample was not run"
WORDING = "Yes, send me the daily health letter by e-mail. I can unsubscribe at any time."


def sample(name: str) -> str:
    pattern = rf"<!-- sample: {re.escape(name)} -->\n```\w+\n(.*?)^```$"
    found = re.search(pattern, PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    assert found, name
    return found[1]


@pytest.fixture
def clinic(connected: Workplace, smtp_server: MailServer) -> Iterator[Site]:
    told = SiteSettings(key="clinic", origins=("https://clinic.example.org",))
    place = replace(connected, settings=connected.settings.model_copy(update={"sites": (told,)}))
    with running(place) as url, httpx.Client(base_url=url, follow_redirects=False) as http:
        yield Site(place, http, smtp_server)


def environment(site: Site) -> dict[str, str]:
    """What both samples read."""
    return {
        **os.environ,
        "NEWSLETTER_API": f"{site.http.base_url}/api/v1/sites/clinic".replace("//api", "/api"),
        "NEWSLETTER_SECRET": site_secret(site.workplace.keyring, "clinic"),
    }


class TestInPython:
    def run(self, site: Site, folder: Path, address: str = ADA) -> subprocess.CompletedProcess[str]:
        (folder / "signup.py").write_text(sample("signup.py"), encoding="utf-8")
        return subprocess.run(
            [sys.executable, "-W", "error", "signup.py", address, "192.0.2.7"],
            cwd=folder,
            env=environment(site),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def test_signs_a_reader_up_who_confirms(self, clinic: Site, tmp_path: Path) -> None:
        done = self.run(clinic, tmp_path)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("Check your inbox: look for “Please confirm: Daily Health” from ")
        assert "You are subscribed" in clinic.press_the_button(clinic.confirm_path()).text
        request = Life(clinic.workplace, ADA).consents()[0].content
        assert (request.wording, request.door) == (WORDING, "JSON API")

    def test_says_what_is_wrong(self, clinic: Site, tmp_path: Path) -> None:
        done = self.run(clinic, tmp_path, "ada@")
        assert (done.returncode, done.stderr) == (1, "")
        assert "after the @-sign" in done.stdout

    def test_is_held_by_the_limit_of_the_visitors_network(self, clinic: Site, tmp_path: Path) -> None:
        proved = {"Authorization": f"Bearer {environment(clinic)['NEWSLETTER_SECRET']}"}
        for number in range(SIGNUPS_AN_HOUR):
            said = {"email": f"r{number}@example.org", "consent": True, "visitor_ip": "192.0.2.200"}
            url = "/api/v1/sites/clinic/subscriptions"
            assert clinic.http.post(url, json=said, headers=proved).status_code == 202
        done = self.run(clinic, tmp_path)
        assert done.returncode == 1
        assert "From your network so many addresses were signed up" in done.stdout


class TestInPhp:
    @pytest.fixture
    def page(self, clinic: Site, tmp_path: Path) -> Iterator[str]:
        """The address of the sample as PHP's own server runs it."""
        php, port = shutil.which("php"), free_port()
        if php is None:
            pytest.skip(NO_PHP)
        (tmp_path / "signup.php").write_text(sample("signup.php"), encoding="utf-8")
        command = [php, "-n", "-d", "display_errors=1", "-S", f"127.0.0.1:{port}"]
        with subprocess.Popen(
            command, cwd=tmp_path, env=environment(clinic), stderr=subprocess.DEVNULL
        ) as process:
            try:
                url = f"http://127.0.0.1:{port}/signup.php"
                ends_at = time.monotonic() + 20
                while not _answers(url):
                    assert process.poll() is None, "php ended"
                    assert time.monotonic() < ends_at, "php does not answer"
                yield url
            finally:
                process.kill()

    def test_signs_a_reader_up_who_confirms(self, clinic: Site, page: str) -> None:
        form = httpx.get(page).text
        assert 'name="email"' in form
        done = httpx.post(page, data={"email": ADA, "consent": "yes", "website": ""})
        assert done.status_code == 200
        assert "Check your inbox" in done.text
        assert "Please confirm: Daily Health" in done.text
        assert "You are subscribed" in clinic.press_the_button(clinic.confirm_path()).text
        assert Life(clinic.workplace, ADA).consents()[0].content.wording == WORDING

    def test_says_what_is_wrong_and_keeps_what_was_typed(self, page: str) -> None:
        typed = '"><b>ada@hotmial.es'
        wrong = httpx.post(page, data={"email": typed})
        assert wrong.status_code == 422
        assert "Tick the box" in wrong.text
        assert "<b>ada" not in wrong.text
        assert httpx.post(page, data={"email[]": "ada"}).status_code == 422

    def test_asks_about_a_slip_once(self, clinic: Site, page: str) -> None:
        said = {"email": "ada@hotmial.es", "consent": "yes"}
        asked = httpx.post(page, data=said)
        assert "Did you mean ada@hotmail.es?" in asked.text
        again = httpx.post(page, data={**said, "sure": hidden(asked.text, "sure")})
        assert again.status_code == 200
        assert Life(clinic.workplace, "ada@hotmial.es").mails()

    def test_a_bot_is_answered_and_dropped(self, clinic: Site, page: str) -> None:
        answer = httpx.post(page, data={"email": ADA, "consent": "yes", "website": "https://spam.example"})
        assert "Check your inbox" in answer.text
        assert not Life(clinic.workplace, ADA).mails()


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.TransportError:
        time.sleep(0.05)
        return False
