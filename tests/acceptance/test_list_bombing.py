"""Somebody types other people's addresses into every form there is, through hundreds of network addresses.

A real `newsletter serve` behind a proxy, a real mail server. `make bombing` sends the full 10,000 sign-ups
on a machine of its own, and judges how long honest readers wait for their mail. `make test-long` sends fewer
beside other tests: there the mail only has to come. NEWSLETTER_BOMBING is how many.
"""

from __future__ import annotations

import base64
import json
import math
import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from altcha import Challenge, solve_challenge
from sqlalchemy import func, select

from newsletter.database import Database
from newsletter.subscribers.schema import signup_counts
from newsletter.subscribers.token import write_key_file
from newsletter.workflows.subscribe import SIGNUPS_AN_HOUR
from tests.conftest import MailServer
from tests.integration.test_doors import ASKED, obfuscated
from tests.integration.test_serve import House
from tests.integration.web_site import hidden, wait_until
from tests.load import Answers, as_fast_as_it_goes, form, in_json

pytestmark = pytest.mark.long

# Read when the module is imported: the tests themselves run without NEWSLETTER_* of outside.
_IN_FULL = "NEWSLETTER_BOMBING" in os.environ
SIGN_UPS = int(os.environ.get("NEWSLETTER_BOMBING", "2000"))
VICTIMS, NETWORK_ADDRESSES, CROWDED = 50, 500, 10
#: How long is waited for a mail, and what a reader who is waiting calls at once.
AT_MOST_S = 120
WITHIN_S = 10 if _IN_FULL else AT_MOST_S

THEIRS = {"Origin": "https://clinic.example", "Referer": "https://clinic.example/blog/post"}
SETTINGS = """
smtp_url = "{smtp}"
base_url = "http://127.0.0.1:{port}"
proof_of_work = {proof}

[[sites]]
key = "clinic"
origins = ["https://clinic.example"]
"""


@dataclass
class Bombed:
    """A house that is bombed, and its mail server."""

    house: House
    mails: MailServer

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.house.port}"

    def counts(self) -> tuple[int, int]:
        """Sign-ups that the limit for a network let through, and confirmations that were written."""
        database = Database(f"sqlite:///{self.house.folder / 'subscribers.db'}")
        try:
            with database.read() as connection:
                sums = (func.sum(signup_counts.c.taken), func.sum(signup_counts.c.mailed))
                taken, mailed = connection.execute(select(*sums)).one()
        finally:
            database.close()
        return int(taken), int(mailed)

    def visitor(self, ip: str, **headers: str) -> httpx.Client:
        """A browser at that network address, behind the proxy on this machine."""
        return httpx.Client(base_url=self.url, headers={"X-Forwarded-For": ip, **headers}, timeout=30)


@pytest.fixture
def bombed(tmp_path: Path, smtp_server: MailServer, request: pytest.FixtureRequest) -> Iterator[Bombed]:
    house = House(tmp_path)
    write_key_file(tmp_path / "newsletter.key")
    proof = "true" if getattr(request, "param", False) else "false"
    house.configure(SETTINGS.format(smtp=smtp_server.url, port=house.port, proof=proof))
    house.serve("--no-scheduler")
    yield Bombed(house, smtp_server)
    for process in house.running:
        process.kill()
        process.wait(30)


def network_address(number: int) -> str:
    """The first 400 of the bot's addresses are alone in their network; the others share CROWDED networks."""
    alone = NETWORK_ADDRESSES * 4 // 5
    if number < alone:
        return f"10.{number // 250}.{number % 250}.{number % 200 + 1}"
    return f"172.16.{number % CROWDED}.{number % 200 + 1}"


def victim(number: int) -> str:
    """Five people at each of ten domains, now and then in another spelling."""
    address = f"person{number % VICTIMS}@d{number % 10}.example.org"
    return address.upper() if number % 7 == 0 else address


def sign_up(number: int) -> bytes:
    """The bot's request of that number, by one door after the other."""
    address = victim(number // 6)
    proxy = {"X_Forwarded_For": network_address(number * 7919 % NETWORK_ADDRESSES)}
    plain = {"email": address, "consent": "yes", "newsletter": "daily"}
    mailpoet = {"data[form_id]": "3", "data[email]": "", obfuscated("email"): address}
    match number % 6:
        case 0:
            return form("/subscribe", plain, **proxy)
        case 1:
            return form("/subscribe", plain | {"site": "clinic"}, **proxy, **THEIRS)
        case 2:
            return form("/embed/form", plain | {"site": "clinic"}, **proxy)
        case 3:
            body = {"email": address, "consent": True}
            return in_json("/api/v1/sites/clinic/subscriptions", body, **proxy, **THEIRS)
        case 4:
            path = "/wp-admin/admin-post.php?action=mailpoet_subscription_form"
            return form(path, mailpoet, **proxy, **THEIRS)
        case _:
            return form("/wp-admin/admin-ajax.php", ASKED | mailpoet, **proxy, **THEIRS)


def link_in(mails: MailServer, address: str) -> str:
    body = mails.to(address)[-1].message.get_body(("plain",))
    found = re.search(r"http://\S+/confirm/\S+", str(body.get_content()) if body else "")
    assert found
    return found[0]


def honest_reader(bombed: Bombed, address: str, ip: str) -> float:
    """Somebody signs up on our own page and confirms; how long they waited for the mail, in seconds.

    Infinite, if no mail came within AT_MOST_S.
    """
    with bombed.visitor(ip) as http:
        http.get("/subscribe")
        assert http.post("/subscribe", data={"email": address, "consent": "yes"}).status_code == 202
        began = time.monotonic()
        while not bombed.mails.to(address):
            if time.monotonic() - began > AT_MOST_S:
                return math.inf
            time.sleep(0.05)
        waited = time.monotonic() - began
        link = link_in(bombed.mails, address)
        done = http.post(link, data={"nonce": hidden(http.get(link).text, "nonce")})
        assert "You are subscribed" in done.text
    return waited


@contextmanager
def bombing(bombed: Bombed, requests: list[bytes], answers: Answers) -> Iterator[Future[object]]:
    """A bot sends them all meanwhile; whatever goes wrong here, its last answer is waited for."""
    with ThreadPoolExecutor(1) as bot:
        port = bombed.house.port
        yield bot.submit(as_fast_as_it_goes, port, requests, connections=32, answers=answers)


def test_fifty_people_are_mailed_once_each_and_an_honest_reader_gets_in(bombed: Bombed) -> None:
    requests = [sign_up(number) for number in range(SIGN_UPS)]
    answers = Answers()
    honest = []
    with bombing(bombed, requests, answers) as bot, ThreadPoolExecutor(2) as readers:
        for part, ip in ((0.05, "192.0.2.7"), (0.3, "198.51.100.7")):
            wait_until(lambda part=part: bot.done() or len(answers.taken) > part * SIGN_UPS, 200)
            assert not bot.done(), f"the bot was done too early: {bot.exception() or answers.statuses}"
            honest.append(readers.submit(honest_reader, bombed, f"honest{ip[:3]}@example.org", ip))
    bot.result()
    waited = [each.result() for each in honest]
    if max(waited) > WITHIN_S:
        said = " and ".join(f"{each:.1f} s" for each in waited)
        pytest.fail(f"Honest readers waited {said} for their mail, longer than {WITHIN_S} s.", pytrace=False)
    assert sum(answers.statuses.values()) == SIGN_UPS
    assert not [status for status in answers.statuses if status >= 500]

    confirmations = Counter(
        recipient.casefold()
        for each in bombed.mails.received
        for recipient in each.recipients
        if "honest" not in recipient
    )
    assert len(confirmations) <= VICTIMS
    assert set(confirmations.values()) == {1}

    # What stopped the rest: the limit of a network stops few, the limit of an address all others.
    taken, mailed = (count - len(waited) for count in bombed.counts())
    per_network = Counter(
        network_address(number * 7919 % NETWORK_ADDRESSES).rpartition(".")[0] for number in range(SIGN_UPS)
    )
    by_network = sum(max(0, number - SIGNUPS_AN_HOUR) for number in per_network.values())
    print(
        f"\n{SIGN_UPS} sign-ups in {len(per_network)} networks: {by_network} stopped by the limit of their "
        f"network, {taken - mailed} by that of the address, {mailed} mailed; honest readers had their mail "
        f"after {', '.join(f'{each:.1f} s' for each in waited)}"
    )
    assert taken == SIGN_UPS - by_network
    assert mailed == len(confirmations) == VICTIMS
    assert taken - mailed > by_network > 0


@pytest.mark.parametrize("bombed", [True], indirect=True, ids=["with proof of work"])
def test_a_bot_that_does_the_work_is_held_by_the_limits_and_cannot_use_it_twice(bombed: Bombed) -> None:
    def proof(http: httpx.Client) -> str:
        challenge = http.get("/api/v1/sites/clinic/challenge").json()
        solution = solve_challenge(Challenge.from_dict(challenge))
        assert solution is not None
        said = {"challenge": challenge, "solution": solution.to_dict()}
        return base64.b64encode(json.dumps(said).encode()).decode()

    def ask(http: httpx.Client, address: str, solved: str) -> httpx.Response:
        body = {"email": address, "consent": True, "proof": solved}
        return http.post("/api/v1/sites/clinic/subscriptions", json=body)

    with bombed.visitor("10.9.9.9", **THEIRS) as http, ThreadPoolExecutor(2) as workers:
        unsolved = ask(http, "person@example.org", "")
        assert unsolved.status_code == 422
        proofs = list(workers.map(lambda _: proof(http), range(SIGNUPS_AN_HOUR + 5)))
        first = ask(http, "person@example.org", proofs[0])
        replayed = ask(http, "other@example.org", proofs[0])
        assert (first.status_code, replayed.status_code) == (202, 422)
        assert replayed.json()["errors"][0]["field"] == "proof"
        # The same person again, each time with new work: the answer is the same, and no mail goes out.
        again = [ask(http, "Person@example.org", each) for each in proofs[1:10]]
        assert {each.status_code for each in again} == {202}
        # Other people: until the network has had its share.
        others = [ask(http, f"other{n}@example.org", each) for n, each in enumerate(proofs[10:])]
        assert [each.status_code for each in others] == [202] * 20 + [429] * 5
    wait_until(lambda: len(bombed.mails.received) >= 21, 30)
    assert len(bombed.mails.to("person@example.org")) == 1
    assert not bombed.mails.to("other@example.org")
    assert len(bombed.mails.received) == 21
