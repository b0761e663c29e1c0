"""`make torture` in small: each way to hurt a newsletter while it goes out, once; and that it does tell."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.torture.house import House, Stock
from tests.torture.run import line, many_runs, one_run, prepare
from tests.torture.scenario import SCENARIOS, can_mount, clean
from tests.torture.verdict import Verdict, judge

READERS = 200


@pytest.fixture(scope="module")
def stocked(tmp_path_factory: pytest.TempPathFactory) -> Stock:
    return replace(prepare(tmp_path_factory.mktemp("torture"), readers=READERS), locked_s=1)


@pytest.mark.long
@pytest.mark.parametrize("name", SCENARIOS)
def test_whatever_happens_while_an_issue_goes_out_nobody_is_missed_and_nobody_mailed_twice(
    stocked, tmp_path, name
):
    if name == "disk full" and not can_mount(tmp_path / "mount"):
        pytest.skip("this user may not mount a file system")
    results = list(many_runs(stocked, tmp_path, name, SCENARIOS[name], runs=1, seed="small"))
    assert results[0].verdict.readers == READERS
    assert all(result.holds for result in results), f"{line(name, results)}; {results[0].problems}"


def test_a_run_that_broke_is_kept_and_its_line_says_so(stocked, tmp_path):
    def forgetful(house: House) -> None:
        clean(house)
        house.recorder.settle()
        lines = house.record.read_text(encoding="utf-8").splitlines()
        tampered = [*lines[1:-1], lines[-1], lines[-1], f"{lines[-2].partition(chr(9))[0]}\t<other@example>"]
        house.record.write_text("\n".join(tampered) + "\n", encoding="utf-8")

    result = one_run(stocked, tmp_path / "run", forgetful, number=0, seed="small")
    assert result.verdict == Verdict(readers=READERS, lost=1, repeated=2, other_id=1, differs=1)
    assert not result.holds
    assert "1 of 1 BROKEN" in line("forgetful", [result])
    assert judge(tmp_path / "run" / "kept" / "subscribers.db", tmp_path / "run" / "record") == result.verdict


@pytest.mark.parametrize(
    ("verdict", "repeats", "holds"),
    [
        (Verdict(readers=9, repeated=2, unknown=1), 2, True),
        (Verdict(readers=9, repeated=3), 2, False),
        (Verdict(readers=9, lost=1), 2, False),
        (Verdict(readers=9, other_id=1), 2, False),
        (Verdict(readers=9, differs=1), 2, False),
    ],
)
def test_only_copies_of_what_was_out_are_forgiven(verdict: Verdict, repeats: int, *, holds: bool):
    assert verdict.holds(repeats=repeats) is holds
