"""Whose word about the visitor's address `newsletter serve` takes: seen in what a real process keeps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from newsletter.database import Database
from newsletter.subscribers.origin import open_origin
from newsletter.subscribers.schema import consents
from newsletter.subscribers.token import Keyring, write_key_file
from tests.integration.test_serve import House

#: All on this machine: loopback is a network of sixteen million addresses.
PROXY, BALANCER, STRANGER = "127.0.0.2", "127.1.0.9", "127.0.0.3"
VISITOR = "198.51.100.7"
LIES = "203.0.113.66"


class Door(House):
    """The sign-up page of a running house, and what it took each visitor for."""

    def ask(self, *forwarded: str, peer: str = PROXY) -> httpx.Response:
        """Sign up from *peer*, which hands on these X-Forwarded-For headers."""
        headers = [("X-Forwarded-For", each) for each in forwarded]
        with httpx.Client(transport=httpx.HTTPTransport(local_address=peer)) as http:
            data = {"email": f"reader{len(self.origins())}@example.org", "consent": "yes"}
            return http.post(f"http://127.0.0.1:{self.port}/subscribe", data=data, headers=headers)

    def visitor(self, *forwarded: str, peer: str = PROXY) -> str:
        """The address that is kept of such a sign-up."""
        answer = self.ask(*forwarded, peer=peer)
        assert answer.status_code == 202
        return self.origins()[-1]

    def origins(self) -> list[str]:
        database, keyring = self.opened()
        try:
            with database.read() as connection:
                rows = connection.execute(select(consents).order_by(consents.c.id)).all()
        finally:
            database.close()
        return [open_origin(keyring, row.origin, subscriber_id=row.subscriber_id)["ip"] for row in rows]

    def opened(self) -> tuple[Database, Keyring]:
        return (
            Database(f"sqlite:///{self.folder / 'subscribers.db'}"),
            Keyring.load(self.folder / "newsletter.key"),
        )


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder: Path = tmp_path_factory.mktemp("door")
    door = Door(folder)
    write_key_file(folder / "newsletter.key")
    door.configure(f'trusted_proxies = ["{PROXY}", "127.1.0.0/16"]\n')
    door.serve("--no-scheduler")
    yield door
    for process in door.running:
        process.kill()
        process.wait(30)


def test_a_trusted_proxy_says_who_the_visitor_is(door: Door) -> None:
    assert door.visitor(VISITOR) == VISITOR
    assert door.visitor("2001:db8::7") == "2001:db8::7"
    assert door.visitor(f"{VISITOR}:51234") == VISITOR


def test_of_a_chain_the_last_address_counts_that_is_no_trusted_proxy(door: Door) -> None:
    assert door.visitor(f"{VISITOR}, {BALANCER}") == VISITOR
    assert door.visitor(VISITOR, BALANCER) == VISITOR  # in two headers


def test_a_visitor_who_writes_the_header_does_not_choose_a_network(door: Door) -> None:
    assert door.visitor(f"{LIES}, {VISITOR}") == VISITOR
    assert door.visitor(LIES, f"{VISITOR}, {BALANCER}") == VISITOR
    assert door.visitor(f"127.0.0.1, {VISITOR}") == VISITOR  # this machine has no limit
    assert door.visitor(f"{LIES}, {PROXY}, {VISITOR}") == VISITOR


def test_nobody_else_is_believed_and_not_this_machine_itself_when_it_is_not_listed(door: Door) -> None:
    for peer in (STRANGER, "127.0.0.1"):
        assert door.visitor(VISITOR, peer=peer) == peer
        assert door.visitor(peer=peer) == peer


def test_one_network_is_stopped_however_many_it_names_before_itself(door: Door) -> None:
    answers = [door.ask(f"192.0.{number}.1, 100.64.9.{number}").status_code for number in range(33)]
    assert answers == [202] * 30 + [429] * 3
    assert door.ask("100.64.10.1").status_code == 202


def test_the_environment_of_the_server_widens_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    house = Door(tmp_path)
    write_key_file(tmp_path / "newsletter.key")
    house.configure("trusted_proxies = []\n")
    process = house.serve("--no-scheduler")
    try:
        assert house.visitor(VISITOR, peer="127.0.0.1") == "127.0.0.1"
    finally:
        process.kill()
        process.wait(30)
