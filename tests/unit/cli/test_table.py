from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.cli.table import short_ids


def test_an_id_is_cut_where_no_other_begins_alike() -> None:
    ids = [
        "high-blood-pressure-99ff00",
        "high-blood-sugar-0a0b0c",
        "gout-1a2b3c",
        "gout-1a2b4d",
        "gout-1a2b3c-2",
    ]
    assert short_ids(ids) == {
        "high-blood-pressure-99ff00": "high-blood-pressure",
        "high-blood-sugar-0a0b0c": "high-blood-sugar",
        "gout-1a2b3c": "gout-1a2b3c",
        "gout-1a2b3c-2": "gout-1a2b3c-2",
        "gout-1a2b4d": "gout-1a2b4d",
    }


@given(st.sets(st.text("ab-", min_size=1, max_size=20)))
def test_a_cut_id_names_one_article(ids: set[str]) -> None:
    for whole, cut in short_ids(ids).items():
        assert [one for one in ids if one.startswith(cut)] == [whole] or cut == whole
