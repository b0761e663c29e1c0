"""No number of fewer than twenty people is shown, nor can be worked out of what is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from newsletter.workflows.small_cells import K, shown, shown_column

COUNTS = st.lists(st.one_of(st.integers(0, 60), st.integers(0, K)), min_size=1, max_size=12)


@given(st.integers(0, 10_000))
def test_a_count_is_shown_from_twenty_on(count: int):
    assert shown(count) == (count if count >= 20 else None)


@given(counts=COUNTS, with_total=st.booleans())
def test_every_hidden_count_may_still_be_anything_under_twenty(counts: list[int], *, with_total: bool):
    column = shown_column(counts, with_total=with_total)
    assert all(
        cell is None or (cell == count and count >= K)
        for cell, count in zip(column.cells, counts, strict=True)
    )
    hidden = column.cells.count(None)
    if column.total is None or not hidden:
        return
    assert with_total
    rest = column.total - sum(cell for cell in column.cells if cell is not None)
    # What others than one may be at the least and at the most bounds that one.
    least = max(0, rest - (hidden - 1) * (K - 1))
    most = min(K - 1, rest)
    assert (least, most) == (0, K - 1)


@given(COUNTS)
def test_a_total_is_right_where_it_is_told(counts: list[int]):
    total = shown_column(counts, with_total=True).total
    assert total is None or total == sum(counts) >= K
    if min(counts) >= K:
        assert total == sum(counts)
