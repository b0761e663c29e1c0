"""Charts as plain SVG: no script and no style in them, which the console's policy forbids.

pygal writes a stylesheet and a script into every chart, so these few bars are drawn here. The figures stand
in a table beside each chart, so a chart is hidden from screen readers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

_WIDTH, _HEIGHT = 360, 170
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 8, 12, 24


@dataclass(frozen=True, slots=True)
class Series:
    """Bars of one colour (1 or 2); None where there is nothing to show."""

    colour: int
    values: Sequence[float | None]


def bars(labels: Sequence[str], series: Sequence[Series], *, unit: str = "") -> Markup:
    """A bar for each value, those of one label side by side; labels at the first, middle and last."""
    every = [value for one in series for value in one.values if value is not None]
    top = _round_up(max(every, default=0))
    parts = [_axis(top, unit)]
    inner = _WIDTH - _LEFT - _RIGHT
    slot = inner / max(len(labels), 1)
    width = max(slot * 0.8 / max(len(series), 1), 1)
    for number, one in enumerate(series):
        for place, value in enumerate(one.values):
            if value is None:
                continue
            height = (value / top) * (_HEIGHT - _TOP - _BOTTOM) if top else 0
            parts.append(
                Markup('<rect class="bar-{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
                    one.colour,
                    _LEFT + place * slot + slot * 0.1 + number * width,
                    _HEIGHT - _BOTTOM - height,
                    width,
                    height,
                )
            )
    parts += [_label(labels, place, slot) for place in sorted({0, len(labels) // 2, len(labels) - 1})]
    return _svg(parts)


def line(labels: Sequence[str], values: Sequence[float], *, unit: str = "") -> Markup:
    """One line through *values*, from nothing up."""
    top = _round_up(max(values, default=0))
    slot = (_WIDTH - _LEFT - _RIGHT) / max(len(values), 1)
    points = " ".join(
        f"{_LEFT + place * slot + slot / 2:.1f},"
        f"{_HEIGHT - _BOTTOM - (value / top if top else 0) * (_HEIGHT - _TOP - _BOTTOM):.1f}"
        for place, value in enumerate(values)
    )
    drawn = Markup('<polyline class="line-1" points="{}"/>').format(points)
    marks = [_label(labels, place, slot) for place in sorted({0, len(labels) // 2, len(labels) - 1})]
    return _svg([_axis(top, unit), drawn, *marks])


def _svg(parts: Sequence[Markup]) -> Markup:
    return Markup('<svg viewBox="0 0 {} {}" aria-hidden="true" focusable="false">{}</svg>').format(
        _WIDTH, _HEIGHT, Markup().join(parts)
    )


def _axis(top: float, unit: str) -> Markup:
    lines = []
    for share in (0.0, 0.5, 1.0):
        y = _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)
        lines.append(
            Markup(
                '<line class="axis" x1="{}" y1="{:.1f}" x2="{}" y2="{:.1f}"/>'
                '<text x="{}" y="{:.1f}" text-anchor="end">{}{}</text>'
            ).format(_LEFT, y, _WIDTH - _RIGHT, y, _LEFT - 6, y + 4, _short(top * share), unit)
        )
    return Markup().join(lines)


def _label(labels: Sequence[str], place: int, slot: float) -> Markup:
    if not 0 <= place < len(labels):
        return Markup()
    anchor = "start" if place == 0 else "end" if place == len(labels) - 1 else "middle"
    x = _LEFT + (place + {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]) * slot
    return Markup('<text x="{:.1f}" y="{}" text-anchor="{}">{}</text>').format(
        x, _HEIGHT - 6, anchor, labels[place]
    )


def _round_up(value: float) -> float:
    """The next of 2, 4, 10, 20, 40, 100 and so on, so that half of it is a round number, too.

    >>> _round_up(37)
    40
    """
    step = 1
    while True:
        for digit in (2, 4, 10):
            if value <= digit * step:
                return digit * step
        step *= 10


def _short(value: float) -> str:
    """A number as an axis has it.

    >>> _short(1_500_000), _short(20_000), _short(5)
    ('1.5M', '20k', '5')
    """
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"
