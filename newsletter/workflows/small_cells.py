"""Counts of few people are not shown: in a small group, a number may tell of one of them.

A cell under K stands as "fewer than 20". What is hidden adds up to the total less what is shown, so the total
is left out, too, unless it leaves each hidden cell everything that it may be, from 0 to K - 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

#: Groups smaller than this are not shown.
K = 20

#: What is shown of a count: None stands for fewer than K.
Cell = int | None


@dataclass(frozen=True, slots=True)
class Column:
    """The cells of one column as they may be shown, and their total; None where it would give one away."""

    cells: tuple[Cell, ...]
    total: int | None


def shown(count: int) -> Cell:
    """One count on its own."""
    return count if count >= K else None


def shown_column(counts: Sequence[int], *, with_total: bool) -> Column:
    """*counts* and (*with_total*) their sum, so that no count under K can be worked out.

    >>> shown_column([30, 5, 40], with_total=True)
    Column(cells=(30, None, 40), total=None)
    >>> shown_column([30, 15, 10, 12], with_total=True)
    Column(cells=(30, None, None, None), total=67)
    """
    small = [count for count in counts if count < K]
    total = sum(counts)
    is_told = with_total and total >= K and (not small or _is_safe(small))
    return Column(tuple(shown(count) for count in counts), total if is_told else None)


def _is_safe(small: Sequence[int]) -> bool:
    """Whether the sum of hidden cells says nothing of any of them: each may still be anything under K."""
    return K - 1 <= sum(small) <= (K - 1) * (len(small) - 1)
