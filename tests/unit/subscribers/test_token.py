from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.errors import SettingsError, TokenError
from newsletter.subscribers.token import Keyring, Purpose, new_handle, write_key_file

HANDLES = st.binary(min_size=1, max_size=40)
PURPOSES = st.sampled_from(list(Purpose))
RING = Keyring.example()


@given(PURPOSES, HANDLES)
def test_a_token_gives_its_handle_back(purpose: Purpose, handle: bytes) -> None:
    assert RING.read(purpose, RING.token(purpose, handle)) == handle


@pytest.mark.parametrize(("made", "used"), list(itertools.permutations(Purpose, 2)))
def test_a_token_is_worthless_for_every_other_purpose(made: Purpose, used: Purpose) -> None:
    with pytest.raises(TokenError):
        RING.read(used, RING.token(made, b"handle"))


@given(PURPOSES, HANDLES, st.data())
def test_a_token_with_one_character_changed_is_refused(
    purpose: Purpose, handle: bytes, data: st.DataObject
) -> None:
    token = RING.token(purpose, handle)
    at = data.draw(st.integers(0, len(token) - 1))
    character = data.draw(st.characters(codec="ascii").filter(lambda drawn: drawn != token[at]))
    with pytest.raises(TokenError):
        RING.read(purpose, token[:at] + character + token[at + 1 :])


@given(PURPOSES, st.text(max_size=120))
def test_no_text_that_was_not_issued_is_a_token(purpose: Purpose, text: str) -> None:
    with pytest.raises(TokenError):
        RING.read(purpose, text)


@given(HANDLES)
def test_a_key_of_somebody_else_makes_no_token_of_ours(handle: bytes) -> None:
    stranger = Keyring({"example": b"s" * 32})
    with pytest.raises(TokenError):
        RING.read(Purpose.UNSUBSCRIBE, stranger.token(Purpose.UNSUBSCRIBE, handle))


def test_a_link_mailed_under_an_old_key_works_after_a_new_key_came() -> None:
    old = Keyring({"k1": b"1" * 32})
    both = Keyring({"k1": b"1" * 32, "k2": b"2" * 32})
    assert both.read(Purpose.UNSUBSCRIBE, old.token(Purpose.UNSUBSCRIBE, b"reader")) == b"reader"
    assert both.token(Purpose.UNSUBSCRIBE, b"reader").startswith("v1.k2.")


def test_a_token_is_short_enough_for_a_header_line_and_needs_no_escaping_in_a_link() -> None:
    token = Keyring({"k1": b"1" * 32}).token(Purpose.UNSUBSCRIBE, new_handle())
    assert len(token) < 60
    assert set(token) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


def test_handles_differ() -> None:
    assert len({new_handle() for _ in range(1000)}) == 1000


def test_a_new_key_file_can_be_read_by_its_owner_alone_and_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "newsletter.key"
    write_key_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert Keyring.load(path).key_ids == ("k1",)
    with pytest.raises(FileExistsError):
        write_key_file(path)


def test_a_key_file_that_others_can_read_is_refused_with_the_command_that_mends_it(tmp_path: Path) -> None:
    path = tmp_path / "newsletter.key"
    write_key_file(path)
    path.chmod(0o644)
    with pytest.raises(SettingsError, match="chmod 600"):
        Keyring.load(path)


@pytest.mark.parametrize(
    "content", ["", "keys = 3", "[keys]\nk1 = 7", '[keys]\nk1 = "zz"', '[keys]\nk1 = "00"', "ä"]
)
def test_a_damaged_key_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "newsletter.key"
    path.write_text(content, encoding="utf-8")
    path.chmod(0o600)
    with pytest.raises(SettingsError):
        Keyring.load(path)


def test_a_missing_key_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file"):
        Keyring.load(tmp_path / "none.key")


def test_a_keyring_does_not_show_its_keys() -> None:
    assert "1111" not in repr(Keyring({"k1": b"1" * 32}))


LETTER_LINKS = {
    (purpose, handle): RING.token(purpose, handle)
    for purpose in (Purpose.UNSUBSCRIBE, Purpose.PREFERENCES, Purpose.CONFIRM, Purpose.PROFILE)
    for handle in (b"ada-of-daily", b"grace-weekly")
}
ISSUED = frozenset(LETTER_LINKS.values())


def _pieces(token: str) -> list[str]:
    return token.split(".")


@given(st.sampled_from(sorted(ISSUED)), st.data())
def test_no_bit_of_a_token_may_flip(token: str, data: st.DataObject) -> None:
    raw = bytearray(token, "ascii")
    at = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[at // 8] ^= 1 << at % 8
    flipped = raw.decode("latin-1")
    for purpose in Purpose:
        with pytest.raises(TokenError):
            RING.read(purpose, flipped)


@given(st.sampled_from(sorted(ISSUED)), st.sampled_from(sorted(ISSUED)), st.sampled_from(Purpose), st.data())
def test_parts_of_two_tokens_make_no_third(
    one: str, other: str, purpose: Purpose, data: st.DataObject
) -> None:
    made = ".".join(
        data.draw(st.sampled_from(pair)) for pair in zip(_pieces(one), _pieces(other), strict=True)
    )
    owners = {
        handle for (wanted, handle), token in LETTER_LINKS.items() if token == made and wanted is purpose
    }
    if owners:
        assert RING.read(purpose, made) in owners
    else:
        with pytest.raises(TokenError):
            RING.read(purpose, made)


@given(st.sampled_from(sorted(ISSUED)), st.data())
def test_a_token_is_read_in_one_spelling_only(token: str, data: st.DataObject) -> None:
    change = data.draw(
        st.sampled_from(
            [
                lambda said: said + "=",
                lambda said: said + "\n",
                lambda said: " " + said,
                lambda said: said + ".",
                lambda said: said + "." + said,
                lambda said: said.upper(),
                lambda said: said.replace("v1", "v01", 1),
                lambda said: said.replace("v1", "v2", 1),
                lambda said: said.replace("example", "", 1),
                lambda said: said.replace("a", "а"),
                lambda said: said.replace(".", "\uff0e"),
                lambda said: said[: len(said) // 2],
                lambda said: said[::-1],
            ]
        )
    )
    spelled = change(token)
    if spelled != token:
        for purpose in Purpose:
            with pytest.raises(TokenError):
                RING.read(purpose, spelled)


@given(HANDLES, PURPOSES)
def test_a_token_does_not_pass_under_another_key_that_is_known(handle: bytes, purpose: Purpose) -> None:
    both = Keyring({"k1": b"1" * 32, "k2": b"2" * 32})
    token = both.token(purpose, handle)
    assert token.startswith("v1.k2.")
    with pytest.raises(TokenError):
        both.read(purpose, token.replace("v1.k2.", "v1.k1.", 1))
