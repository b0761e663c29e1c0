"""Doctor, backup and restore, and what a reader asks an operator for; on real files."""

from __future__ import annotations

import json
import stat
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from typer.testing import Result

from newsletter.clock import SystemClock
from newsletter.errors import RefusedError, SettingsError
from newsletter.settings import load_settings
from newsletter.subscribers.schema import consents, mailed_links, subscriptions
from newsletter.subscribers.suppression import Reason
from newsletter.workflows.workplace import open_workplace
from tests.unit.cli.conftest import Run
from tests.unit.workflows.conftest import Life

ADA, GRACE, EMMY = "ada@example.org", "grace@example.org", "emmy@example.org"


@pytest.fixture
def readers(config: Path) -> Callable[..., None]:
    def confirm(*addresses: str) -> None:
        with open_workplace(load_settings(config), SystemClock()) as workplace:
            for address in addresses:
                Life(workplace, address).confirmed()

    return confirm


def checks(result: Result) -> dict[str, Any]:
    return {one["name"]: one for one in json.loads(result.stdout)["checks"]}


def state_of(run: Run, address: str) -> str:
    return str(json.loads(run("subscribers", "show", address, "--json").stdout)["state"])


def test_the_doctor_says_what_is_still_an_example_and_that_the_rest_is_well(run: Run, readers) -> None:
    readers(ADA)
    found = checks(run("doctor", "--json"))
    assert {name for name, one in found.items() if one["level"] == "warn"} <= {
        "privacy policy",
        "postal address",
        "sender",
        "content store",
        "clock of daily",
    }
    assert found["privacy policy"]["detail"] == "still the shipped draft"
    for name in ("key file", "relay", "database", "journal", "consent records"):
        assert found[name]["level"] == "ok"
    assert found["relay"]["detail"] == "answers, asked without a login"
    assert "1 looked at" in found["consent records"]["detail"]
    assert "warn privacy policy: still the shipped draft" in run("doctor").stdout


def test_a_new_database_is_its_owners_alone(run: Run, readers, config: Path) -> None:
    database = config.parent / "subscribers.db"
    database.unlink()
    readers(ADA)
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    database.chmod(0o644)
    assert "can be read by others" in checks(run("doctor", "--json"))["database"]["detail"]


def test_the_doctor_before_the_first_start_only_warns(run: Run, config: Path) -> None:
    (config.parent / "subscribers.db").unlink()
    assert checks(run("doctor", "--json"))["database"]["level"] == "warn"


def test_the_doctor_sees_a_policy_that_was_changed_under_its_old_version(
    run: Run, readers, config: Path
) -> None:
    text = config.parent / "privacy.md"
    text.write_text("We keep your address.", encoding="utf-8")
    with config.open("a", encoding="utf-8") as file:
        file.write('privacy_policy = "privacy.md"\nprivacy_version = "2026-1"\n')
    readers(ADA)
    assert "policy version" not in checks(run("doctor", "--json"))
    text.write_text("We sell your address.", encoding="utf-8")
    assert checks(run("doctor", "--json"))["policy version"]["level"] == "warn"


def test_who_is_not_on_the_list_and_never_mailed_is_told_of(run: Run) -> None:
    run("subscribers", "suppress", ADA)
    assert "A keyed hash of it is kept since" in run("subscribers", "show", ADA, status=1).output
    assert "A keyed hash of it is kept since" in run("subscribers", "erase", ADA, "--yes", status=1).output
    assert "keyed hash" not in run("subscribers", "show", GRACE, status=1).output


def test_the_doctor_sees_that_nothing_deletes_what_is_over(run: Run, config: Path) -> None:
    with open_workplace(load_settings(config), SystemClock()) as workplace:
        Life(workplace, ADA).sign_up()
        assert checks(run("doctor", "--json"))["retention"]["level"] == "ok"
        ten_days_ago = workplace.clock.now() - timedelta(days=10)
        with workplace.database.write() as connection:
            connection.execute(update(subscriptions).values(created_at=ten_days_ago))
            connection.execute(update(mailed_links).values(requested_at=ten_days_ago))
    assert checks(run("doctor", "--json"))["retention"]["level"] == "warn"


@pytest.mark.parametrize("broken", ["key file", "relay", "journal", "consent records", "database"])
def test_the_doctor_finds_what_is_broken(run: Run, readers, config: Path, broken: str) -> None:
    readers(ADA, GRACE)
    run("subscribers", "unsubscribe", GRACE)
    folder = config.parent
    if broken == "key file":
        (folder / "newsletter.key").chmod(0o644)
    elif broken == "relay":
        config.write_text('smtp_url = "smtp://127.0.0.1:1?tls=none"\n', encoding="utf-8")
    elif broken == "journal":
        (folder / "newsletter.journal").unlink()
    elif broken == "consent records":
        with (
            open_workplace(load_settings(config), SystemClock()) as workplace,
            workplace.database.write() as connection,
        ):
            connection.execute(update(consents).values(evidence="forged"))
    else:
        database = folder / "subscribers.db"
        for beside in folder.glob("subscribers.db-*"):
            beside.unlink()
        database.write_bytes(b"nothing of the kind" * 500)
    found = checks(run("doctor", "--json", status=1))
    assert found[broken]["level"] == "fail"
    assert found[broken]["mend"]


def test_who_left_or_was_erased_after_a_backup_is_not_mailed_when_it_is_restored(
    run: Run, readers, config: Path
) -> None:
    readers(ADA, GRACE, EMMY)
    folder = config.parent / "kept"
    said = json.loads(run("backup", str(folder), "--json").stdout)
    assert str(folder / "subscribers.db") in said["files"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "subscribers.db").stat().st_mode) == 0o600
    assert not (folder / "newsletter.key").exists()
    run("subscribers", "unsubscribe", GRACE)
    run("subscribers", "erase", ADA, "--yes")
    done = json.loads(run("restore", str(folder), "--yes", "--json").stdout)
    assert done["replayed"] == 2
    assert Path(done["kept"]).is_dir()
    assert state_of(run, GRACE) == "unsubscribed"
    assert state_of(run, EMMY) == "active"
    run("subscribers", "show", ADA, status=1)
    assert "suppressed" in str(json.loads(run("subscribers", "show", GRACE, "--json").stdout))


def test_a_restore_on_a_new_machine_brings_the_journal_along(run: Run, readers, config: Path) -> None:
    readers(ADA)
    run("subscribers", "suppress", GRACE)
    folder = config.parent / "kept"
    run("backup", str(folder))
    for path in [*config.parent.glob("subscribers.db*"), config.parent / "newsletter.journal"]:
        path.unlink()
    done = json.loads(run("restore", str(folder), "--yes", "--json").stdout)
    assert done["kept"] is None
    assert (config.parent / "newsletter.journal").read_bytes() == (folder / "newsletter.journal").read_bytes()
    assert state_of(run, ADA) == "active"


def test_a_restore_is_seen_by_whoever_has_the_database_open(run: Run, readers, config: Path) -> None:
    readers(ADA)
    folder = config.parent / "kept"
    run("backup", str(folder))
    readers(GRACE)
    with open_workplace(load_settings(config), SystemClock()) as running:
        assert Life(running, GRACE).is_mailed()
        run("restore", str(folder), "--yes")
        assert not Life(running, GRACE).is_mailed()
        assert Life(running, ADA).is_mailed()
        Life(running, EMMY).confirmed()
    assert state_of(run, EMMY) == "active"


def test_a_backup_never_overwrites_one_and_a_restore_asks_first(run: Run, readers, config: Path) -> None:
    readers(ADA)
    folder = config.parent / "kept"
    run("backup", str(folder))
    with pytest.raises(SettingsError, match=r"holds subscribers\.db already"):
        run("backup", str(folder))
    assert "Replace both" in run("restore", str(folder), status=1, typed="n\n").output
    (config.parent / "empty").mkdir()
    with pytest.raises(SettingsError, match=r"holds no subscribers\.db"):
        run("restore", str(config.parent / "empty"), "--yes")


def test_a_damaged_backup_or_one_of_another_key_file_is_refused(run: Run, readers, config: Path) -> None:
    readers(ADA)
    folder = config.parent / "kept"
    run("backup", str(folder))
    key = config.parent / "newsletter.key"
    key.unlink()
    key.write_text('current = "k9"\n[keys]\nk9 = "' + "ab" * 32 + '"\n', encoding="ascii")
    key.chmod(0o600)
    with pytest.raises(RefusedError, match="does not hold"):
        run("restore", str(folder), "--yes")
    (folder / "subscribers.db").write_bytes(b"no database at all")
    with pytest.raises(SettingsError, match="is no database of ours"):
        run("restore", str(folder), "--yes")


def test_a_reader_is_erased_at_their_wish_and_no_list_brings_them_back(
    run: Run, readers, config: Path
) -> None:
    readers(ADA)
    assert "cannot be undone" in run("subscribers", "erase", ADA, status=1, typed="n\n").output
    assert state_of(run, ADA) == "active"
    assert "Backups made before" in run("subscribers", "erase", ADA, typed="y\n").stdout
    old_list = config.parent / "old.csv"
    old_list.write_text(f"email\n{ADA}\n{EMMY}\n", encoding="utf-8")
    done = json.loads(
        run("subscribers", "import", str(old_list), "--basis", "paper forms", "--yes", "--json").stdout
    )
    assert (done["imported"], done["suppressed"]) == (1, 1)
    run("subscribers", "show", ADA, status=1)
    with pytest.raises(RefusedError, match="erased at its owner's wish"):
        run("subscribers", "readmit", ADA, "--reason", "asked by telephone")


def test_only_an_operator_readmits_who_complained_and_nobody_is_switched_on_by_it(run: Run, readers) -> None:
    readers(ADA)
    run("subscribers", "suppress", ADA, "--reason", str(Reason.COMPLAINED))
    with pytest.raises(RefusedError, match="may not be mailed"):
        run("subscribers", "add", ADA)
    run("subscribers", "unsubscribe", ADA)
    assert json.loads(
        run("subscribers", "readmit", ADA, "--reason", "pressed by mistake", "--json").stdout
    ) == {"email": ADA, "was": "complained"}
    assert state_of(run, ADA) == "unsubscribed"
    with pytest.raises(RefusedError, match="is not suppressed"):
        run("subscribers", "readmit", ADA, "--reason", "again")
    run("subscribers", "erase", GRACE, "--yes", status=1)
    run("subscribers", "unsubscribe", GRACE, status=1)


def test_an_operator_writes_a_readers_data_into_a_file_for_them(run: Run, readers, config: Path) -> None:
    readers(ADA)
    out = config.parent / "ada.zip"
    run("subscribers", "data", ADA, "--out", str(out))
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    with zipfile.ZipFile(out) as archive:
        assert json.loads(archive.read("data.json"))["address"] == ADA
    with pytest.raises(SettingsError, match="cannot be made"):
        run("subscribers", "data", ADA, "--out", str(out))
    run("subscribers", "data", GRACE, "--out", str(config.parent / "grace.zip"), status=1)
