"""A letter in one scheme: what `newsletter preview --watch` does to its style."""

from __future__ import annotations

import pytest

from newsletter.web.watch import in_scheme

HEAD = '<head><meta name="color-scheme" content="light dark"><style>{}</style></head>'


@pytest.mark.parametrize(
    ("rule", "light", "dark"),
    [
        ("@media (prefers-color-scheme: dark) {", "@media not all {", "@media all {"),
        ("@media(prefers-color-scheme:light){", "@media all{", "@media not all{"),
        (
            "@media screen and (prefers-color-scheme: dark) {",
            "@media screen and (max-width: 0) {",
            "@media screen and (min-width: 0) {",
        ),
        (
            ":root { color-scheme: light dark; }",
            ":root { color-scheme: light; }",
            ":root { color-scheme: dark; }",
        ),
        ("@media (max-width: 479px) {", "@media (max-width: 479px) {", "@media (max-width: 479px) {"),
    ],
)
def test_a_rule_holds_in_its_own_scheme_and_in_no_other(rule: str, light: str, dark: str) -> None:
    assert f"<style>{light}</style>" in in_scheme(HEAD.format(rule), "light")
    shown = in_scheme(HEAD.format(rule), "dark")
    assert f"<style>{dark}</style>" in shown
    assert 'content="dark"' in shown


def test_words_of_the_letter_are_left_alone() -> None:
    said = "<p>A light dark and a dark light colour</p>"
    assert in_scheme(said, "dark") == said
