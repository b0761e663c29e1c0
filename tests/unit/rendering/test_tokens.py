"""Tokens: ours, an operator's over them, and errors that name what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from newsletter.errors import SettingsError
from newsletter.overrides import template_root
from newsletter.rendering.tokens import load_tokens


def saved(folder: Path, text: str) -> Path:
    """The override folder *folder*, with *text* as its tokens."""
    path = folder / "email" / "tokens.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return folder


def test_our_own_are_whole():
    ours = load_tokens()
    assert ours.light.paper == "#FBFAF7"
    assert ours.dark.paper == "#14191B"
    assert not ours.logo.url


def test_a_file_need_only_hold_what_it_changes(tmp_path: Path):
    mine = load_tokens(saved(tmp_path, '[light]\naccent = "#123456"\n\n[type]\ntitle = [40, 48]\n'))
    ours = load_tokens()
    assert mine.light.accent == "#123456"
    assert mine.type.title == (40, 48)
    assert mine.light.model_copy(update={"accent": ours.light.accent}) == ours.light
    assert mine.dark == ours.dark


def test_a_folder_without_tokens_leaves_ours(tmp_path: Path):
    assert load_tokens(tmp_path) == load_tokens()


def test_a_change_of_the_file_is_seen_and_so_is_its_end(tmp_path: Path):
    assert load_tokens(saved(tmp_path, '[light]\nink = "#111111"\n')).light.ink == "#111111"
    assert load_tokens(saved(tmp_path, '[light]\nink = "#222222"\n')).light.ink == "#222222"
    (tmp_path / "email" / "tokens.toml").unlink()
    assert load_tokens(tmp_path) == load_tokens()


def test_faces_are_by_language_and_the_default_for_the_rest(tmp_path: Path):
    mine = load_tokens(saved(tmp_path, '[fonts.es]\nserif = "Optima, serif"\nsans = "Arial, sans-serif"\n'))
    assert mine.faces("es").serif == "Optima, serif"
    assert "Naskh" in mine.faces("ar").serif
    assert mine.faces("fr") == mine.faces("en") == mine.fonts["default"]


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[light]\naccent = "blue"\n', "light.accent"),
        ('[light]\naccent = "#12345"\n', "light.accent"),
        ('[dark]\ninc = "#123456"\n', "dark.inc"),
        ('[darkness]\nink = "#123456"\n', "darkness"),
        ("[type]\ntext = [13, 20]\n", "type.text.0"),
        ("[type]\ntext = [17]\n", "type.text.1"),
        ("[space]\nphone = 99\n", "space.phone"),
        ('[shape]\nwidth = "wide"\n', "shape.width"),
        ('[logo]\nurl = "http://clinic.example/logo.png"\n', "logo.url"),
        ('[logo]\nurl = "javascript:alert(1)"\n', "logo.url"),
        ("[logo]\nwidth = 2000\n", "logo.width"),
        ('[fonts.default]\nserif = "x; background: url(//y)"\n', "fonts.default.serif"),
        ('[fonts.es]\nserif = "Optima"\n', "fonts.es.sans"),
        ('light = "#123456"\n', "light"),
    ],
)
def test_a_wrong_or_unknown_token_is_named_with_the_file_and_the_next_step(
    tmp_path: Path, text: str, key: str
):
    with pytest.raises(SettingsError) as error:
        load_tokens(saved(tmp_path, text))
    assert error.value.thing == f"{tmp_path / 'email' / 'tokens.toml'}: {key}"
    assert error.value.reason
    assert str(template_root() / "email" / "tokens.toml") in error.value.next_step
    assert error.value.exit_status == 2


@pytest.mark.parametrize("text", ["[light\n", "light.accent = #123456\n"])
def test_what_is_no_toml_is_told_with_its_line(tmp_path: Path, text: str):
    with pytest.raises(SettingsError, match=r"tokens\.toml: cannot be read: .*line 1"):
        load_tokens(saved(tmp_path, text))


def test_what_is_no_text_is_told(tmp_path: Path):
    path = saved(tmp_path, "") / "email" / "tokens.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match=r"tokens\.toml: cannot be read"):
        load_tokens(tmp_path)
