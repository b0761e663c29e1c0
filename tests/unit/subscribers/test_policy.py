from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from newsletter.clock import FixedClock
from newsletter.database import Database
from newsletter.errors import SettingsError
from newsletter.overrides import template_root
from newsletter.settings import Settings
from newsletter.subscribers.policy import keep_policy, kept_policy, load_policy

DRAFT = template_root() / "web" / "privacy.md"


def test_the_shipped_draft_says_so_and_names_the_publisher(settings: Settings) -> None:
    policy = load_policy(settings, draft=DRAFT)
    assert policy.is_draft
    assert settings.publisher in policy.text
    assert settings.postal_address in policy.text
    assert "$" not in policy.text
    assert "publisher to complete" in policy.text


def test_the_operators_own_policy_is_taken_word_for_word(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "policy.md"
    path.write_text("We charge $publisher nothing.\n", encoding="utf-8")
    own = settings.model_copy(update={"privacy_policy": path, "privacy_version": "2"})
    policy = load_policy(own, draft=DRAFT)
    assert (policy.text, policy.version, policy.is_draft) == ("We charge $publisher nothing.", "2", False)


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00"])
def test_a_policy_that_cannot_be_read_is_named(
    settings: Settings, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "policy.md"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"policy\.md") as refused:
        load_policy(settings.model_copy(update={"privacy_policy": path}), draft=DRAFT)
    assert refused.value.next_step


def test_a_folder_or_no_path_at_all_in_place_of_the_policy_is_told_in_words(
    settings: Settings, tmp_path: Path
) -> None:
    for path in (tmp_path, Path("policy\0.md")):
        with pytest.raises(SettingsError, match=r"cannot be read: .*\. Put the policy there"):
            load_policy(settings.model_copy(update={"privacy_policy": path}), draft=DRAFT)


def test_a_text_that_somebody_agreed_to_is_kept_once_and_found_by_its_version(
    settings: Settings, database: Database, clock: FixedClock, tmp_path: Path
) -> None:
    policy = load_policy(settings, draft=DRAFT)
    path = tmp_path / "policy.md"
    path.write_text("Corrected.", encoding="utf-8")
    corrected = load_policy(settings.model_copy(update={"privacy_policy": path}), draft=DRAFT)
    with database.write() as connection:
        keep_policy(connection, policy, now=clock.now())
        keep_policy(connection, policy, now=clock.now())
        assert kept_policy(connection, policy.version) == policy.text
        keep_policy(connection, corrected, now=clock.now() + timedelta(days=1))
        assert kept_policy(connection, policy.version) == "Corrected."
        assert kept_policy(connection, "none-such") is None
