"""Where templates are looked for, and how a change of them is noticed."""

from __future__ import annotations

import os
from pathlib import Path

from newsletter.overrides import search_path, stamp, template_root


def test_the_operators_folder_comes_first_and_ours_second(tmp_path: Path):
    assert search_path("email", tmp_path) == [tmp_path / "email", template_root() / "email"]
    assert search_path("web") == [template_root() / "web"]


def test_a_stamp_changes_when_a_file_comes_changes_or_goes(tmp_path: Path):
    one, two = tmp_path / "one", tmp_path / "two"
    seen = [stamp([one, two])]
    one.write_text("a")
    seen.append(stamp([one, two]))
    two.write_text("a")
    seen.append(stamp([one, two]))
    one.unlink()
    seen.append(stamp([one, two]))
    assert len(set(seen)) == 4
    assert stamp([one, two]) == seen[-1]


def test_a_file_put_back_with_its_old_time_is_noticed_by_its_size(tmp_path: Path):
    file = tmp_path / "file"
    file.write_text("short")
    os.utime(file, ns=(10**18, 10**18))
    before = stamp([file])
    file.write_text("rather longer")
    os.utime(file, ns=(10**18, 10**18))
    assert stamp([file]) != before


def test_folders_and_links_to_nothing_have_no_stamp(tmp_path: Path):
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    assert stamp([tmp_path, tmp_path / "link", tmp_path / "nothing"]) == ()
