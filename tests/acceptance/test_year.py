"""A season of each layout over the reference articles: no rule broken, the same on any machine.

The whole year is `make year`.
"""

from __future__ import annotations

import json

import pytest

from tests.acceptance.year import LAYOUTS, twice
from tests.benchmarks.medquad import REFERENCE

pytestmark = pytest.mark.skipif(not REFERENCE.exists(), reason=f"needs the reference data ({REFERENCE})")

COUNT = 30


@pytest.mark.long
def test_a_season_of_every_layout_breaks_no_rule_and_is_the_same_in_two_processes():
    first, second = twice(COUNT)
    assert first == second
    found = [json.loads(line) for line in first]
    assert [one["layout"] for one in found] == list(LAYOUTS)
    for one in found:
        assert one["broken"] == []
        assert (one["issues"], one["empty"]) == (COUNT, 0)
        assert one["tagged"] >= 0.6
        assert one["rungs"] == {"0": COUNT}
