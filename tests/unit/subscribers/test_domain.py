from __future__ import annotations

import string
import timeit

import pytest
from disposable_email_domains import blocklist
from hypothesis import assume, given
from hypothesis import strategies as st

from newsletter.subscribers.domain import PROVIDERS, REAL, is_disposable, is_refused, near_domain

#: Real, though they look like a slip of the finger or another provider.
LOOK_ALIKE = """
    mail.com ymail.com email.com gmx.com gmx.at aim.com yahoo.co live.co.uk hotmail.de outlook.de mail.de
    yahoo.se yahoo.it yahoo.ie yahoo.ca yahoo.co.id yahoo.co.il yahoo.com.ar yahoo.com.my hotmail.se
    hotmail.it hotmail.be outlook.fr live.fr live.com.mx aol.de yandex.ua yandex.rs yandex.net mail.kz
    me.com mac.com web.dev aon.com love.com olive.com five.com bol.com email.ru mai.ru cloud.com example.org
    example.com example.net mail.example.com mailbox.org fastmail.com a.test
"""
LETTERS = string.ascii_lowercase + string.digits
LONG_NAMED = [provider for provider in PROVIDERS if provider.index(".") >= 5]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("fmail.com", "gmail.com"),
        ("GMIAL.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmail.cm", "gmail.com"),
        ("gmai.lcom", "gmail.com"),
        ("gmail.net", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("hotmail.cmo", "hotmail.com"),
        ("hotmail.org", "hotmail.com"),
        ("hotmail.couk", "hotmail.co.uk"),
        ("hotmail.com.uk", "hotmail.co.uk"),
        ("htomail.fr", "hotmail.fr"),
        ("yaho.com", "yahoo.com"),
        ("yahoo.con.br", "yahoo.com.br"),
        ("outlok.com", "outlook.com"),
        ("icluod.com", "icloud.com"),
        ("redifmail.com", "rediffmail.com"),
        ("protn.me", "proton.me"),
        ("yadnex.ru", "yandex.ru"),
        ("alo.com", "aol.com"),
        ("aol.con", "aol.com"),
        ("wbe.de", "web.de"),
    ],
)
def test_a_slip_of_the_finger_gives_the_provider_that_was_meant(typed: str, meant: str) -> None:
    assert near_domain(typed) == meant


@pytest.mark.parametrize("domain", LOOK_ALIKE.split())
def test_a_real_domain_is_never_taken_for_a_slip(domain: str) -> None:
    assert near_domain(domain) == ""


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_provider_is_never_taken_for_another_nor_for_a_throw_away_one(provider: str) -> None:
    assert near_domain(provider) == ""
    assert not is_disposable(provider, refused=())


@st.composite
def slips(draw: st.DrawFn) -> tuple[str, str]:
    """A provider, and its domain with one slip in the name."""
    provider = draw(st.sampled_from(LONG_NAMED))
    label, _, ending = provider.partition(".")
    at = draw(st.integers(0, len(label) - 1))
    letter = draw(st.sampled_from(LETTERS))
    slipped = draw(
        st.sampled_from(
            [
                label[:at] + label[at + 1 :],
                label[:at] + letter + label[at:],
                label + letter,
                label[:at] + letter + label[at + 1 :],
                label[:at] + label[at : at + 2][::-1] + label[at + 2 :],
            ]
        )
    )
    return provider, f"{slipped}.{ending}"


@given(slips())
def test_every_slip_in_a_long_name_gives_that_provider_or_another_as_near(slip: tuple[str, str]) -> None:
    provider, typed = slip
    assume(typed not in REAL)
    meant = near_domain(typed)
    assert meant in PROVIDERS
    assert meant == provider or distance(typed, meant) == 1


@given(st.text(string.ascii_lowercase, min_size=1, max_size=8), st.sampled_from(["com", "de", "net", "ru"]))
def test_what_is_further_than_one_slip_from_every_name_is_left_alone(label: str, ending: str) -> None:
    typed = f"{label}.{ending}"
    assume(all(distance(label, provider.partition(".")[0]) > 1 for provider in PROVIDERS))
    assert near_domain(typed) == ""


def distance(one: str, other: str) -> int:
    """The optimal string alignment distance, by the textbook's table."""
    rows = [list(range(len(other) + 1))]
    for i, ours in enumerate(one, 1):
        row = [i]
        for j, theirs in enumerate(other, 1):
            best = min(rows[-1][j] + 1, row[-1] + 1, rows[-1][j - 1] + (ours != theirs))
            if i > 1 and j > 1 and ours == other[j - 2] and one[i - 2] == theirs:
                best = min(best, rows[-2][j - 2] + 1)
            row.append(best)
        rows.append(row)
    return rows[-1][-1]


@pytest.mark.parametrize("domain", ["example.org", "yahoo.com.au", "hotmali.com", "wurst.de"])
def test_a_sign_up_does_not_wait_for_it(domain: str) -> None:
    calls = 200
    seconds = min(timeit.repeat(lambda: near_domain(domain), number=calls, repeat=15)) / calls
    assert seconds < 50e-6


def test_throw_away_mailboxes_are_known_and_what_is_under_them() -> None:
    assert is_disposable("mailinator.com", refused=())
    assert is_disposable("MAILINATOR.com", refused=())
    assert is_disposable("ada.mailinator.com", refused=())
    assert not is_disposable("not-mailinator.com", refused=())
    assert not is_disposable("mailinator.com.example.org", refused=())
    assert not is_disposable("example.org", refused=())


def test_domains_that_the_operator_refuses_count_too() -> None:
    refused = ["throwaway.example", ".other.example"]
    assert is_disposable("throwaway.example", refused=refused)
    assert is_disposable("mail.throwaway.example", refused=refused)
    assert is_disposable("other.example", refused=refused)
    assert not is_disposable("away.example", refused=refused)
    assert is_refused("throwaway.example", refused=refused)
    assert not is_refused("mailinator.com", refused=refused)


def test_domains_in_other_scripts_are_compared_as_they_go_over_the_wire() -> None:
    assert is_disposable("xn--bcher-kva.example", refused=["Bücher.example"])
    assert is_disposable("post.bücher.example", refused=["xn--bcher-kva.example"])
    listed = next(domain for domain in sorted(blocklist) if domain.startswith("xn--yaho"))
    assert is_disposable(listed.encode("ascii").decode("idna"), refused=())


def test_what_is_no_domain_is_refused_by_nobody_and_stops_nobody() -> None:
    assert not is_disposable("ä" * 80 + ".example", refused=["ö" * 80 + ".example"])
    assert near_domain("") == ""
