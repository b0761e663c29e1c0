"""A Maildir: what is new is read once, marked, and never lost, whatever lies there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from newsletter.errors import DeliveryError
from newsletter.feedback.incoming import MOST_OCTETS, Incoming
from newsletter.feedback.mailbox import mailbox_at


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A Maildir with a blank in its name."""
    folder = tmp_path / "came back"
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir(parents=True)
    return folder


def waiting(folder: Path) -> list[Incoming]:
    with mailbox_at(f"maildir://{folder}".replace(" ", "%20")).open() as messages:
        return list(messages)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_message_is_read_again_until_it_is_marked_and_then_lies_in_cur(folder: Path) -> None:
    (folder / "new" / "1.a.host").write_bytes(b"Subject: a\n\none\n")
    (first,), (again,) = waiting(folder), waiting(folder)
    assert first.raw == again.raw == b"Subject: a\n\none\n"
    assert not first.is_cut
    again.mark(True)
    assert waiting(folder) == []
    assert names(folder / "new") == []
    assert names(folder / "cur") == ["1.a.host:2,S"]


def test_what_a_person_should_see_is_not_marked_as_read(folder: Path) -> None:
    (folder / "new" / "1.a.host").write_bytes(b"\n")
    waiting(folder)[0].mark(False)
    assert names(folder / "cur") == ["1.a.host:2,"]


def test_two_that_took_the_same_message_do_not_disturb_each_other(folder: Path) -> None:
    (folder / "new" / "1.a.host").write_bytes(b"\n")
    (first,), (second,) = waiting(folder), waiting(folder)
    first.mark(True)
    second.mark(True)
    assert names(folder / "cur") == ["1.a.host:2,S"]


def test_a_name_that_is_taken_in_cur_is_not_overwritten(folder: Path) -> None:
    (folder / "cur" / "1.a.host:2,S").write_bytes(b"old")
    (folder / "new" / "1.a.host:2,").write_bytes(b"new")
    waiting(folder)[0].mark(True)
    assert (folder / "cur" / "1.a.host:2,S").read_bytes() == b"old"
    assert (folder / "cur" / "1.a.host.1:2,S").read_bytes() == b"new"


def test_of_a_huge_message_no_more_than_a_part_is_read_and_all_is_kept(folder: Path) -> None:
    huge = folder / "new" / "1.huge"
    with huge.open("wb") as file:
        file.write(b"Subject: huge\n\n")
        file.truncate(50 * 1024 * 1024)
    (found,) = waiting(folder)
    assert len(found.raw) == MOST_OCTETS
    assert found.is_cut
    found.mark(True)
    assert (folder / "cur" / "1.huge:2,S").stat().st_size == 50 * 1024 * 1024


def test_links_pipes_folders_and_strange_names_do_no_harm(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"secret")
    new = folder / "new"
    (new / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(new / "pipe")
    (new / "folder").mkdir()
    (new / ".hidden").write_bytes(b"\n")
    strange = [b"line\nbreak", b"\xff\xfe", b"a" * 255, b"-rf"]
    for name in strange:
        Path(os.fsdecode(bytes(new) + b"/" + name)).write_bytes(b"strange\n")
    found = waiting(folder)
    assert [each.raw for each in found] == [b"strange\n"] * len(strange)
    for each in found:
        each.mark(True)
    assert len(names(folder / "cur")) == len(strange)
    assert names(new) == [".hidden", "folder", "link", "pipe"]
    assert (tmp_path / "secret").read_bytes() == b"secret"


def test_what_is_no_maildir_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DeliveryError, match="has no folder new/") as error:
        waiting(tmp_path)
    assert "with the first message" in error.value.next_step
