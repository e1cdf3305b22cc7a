"""Charts as SVG: shapes only, no script and no inline style; words are next to them in HTML and in a table.

The drawing is stretched to its box (preserveAspectRatio="none"), so that labels, which would be stretched with it,
are HTML. Every step carries a <title>, which browsers show when it is pointed at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from markupsafe import Markup

from avow.analytics.visits import Moment

_WIDTH: Final = 1000
_HEIGHT: Final = 200
#: Gridlines above zero.
_GRID: Final = 4
#: Words under the drawing; more collide on a phone.
_WORDS: Final = 5
_NICE: Final = (1, 2, 4, 8, 10)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart of one series: the SVG, the words at its left (top to bottom) and below it (left to right)."""

    svg: Markup
    scale: tuple[int, ...]
    words: tuple[str, ...]
    is_empty: bool


def chart(moments: Sequence[Moment]) -> Drawing:
    """Draw page views as bars and visitors as a line over them."""
    top = ceiling(max((moment.views for moment in moments), default=0))
    step = _WIDTH / max(len(moments), 1)
    svg = Markup('<svg class="chart" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">').format(
        _WIDTH, _HEIGHT, _summary(moments)
    )
    for line in range(_GRID + 1):
        y = _HEIGHT - _HEIGHT * line / _GRID
        svg += Markup('<line class="grid" x1="0" x2="{}" y1="{:g}" y2="{:g}"/>').format(_WIDTH, y, y)
    svg += Markup("").join(_bar(index, moment, step, top) for index, moment in enumerate(moments))
    points = " ".join(f"{step * (index + 0.5):.1f},{_y(moment.visitors, top):.1f}" for index, moment in enumerate(moments))
    svg += Markup('<polyline class="line" points="{}"/>').format(points)
    svg += Markup("").join(_target(index, moment, step) for index, moment in enumerate(moments))
    scale = tuple(round(top * line / _GRID) for line in range(_GRID, -1, -1))
    return Drawing(svg + Markup("</svg>"), scale, _spread(moments), all(moment.views == 0 for moment in moments))


def ceiling(most: int) -> int:
    """Return the round number at or above `most` that the scale ends with, divisible by the gridlines."""
    if most <= _GRID:
        return _GRID
    power = int("1" + "0" * (len(str(most)) - 1))
    candidates = (nice * power for nice in _NICE if nice * power >= most and nice * power % _GRID == 0)
    return next(candidates, ceil(most / (power * _GRID)) * power * _GRID)


def _bar(index: int, moment: Moment, step: float, top: int) -> Markup:
    y = _y(moment.views, top)
    return Markup('<rect class="bar" x="{:.1f}" width="{:.1f}" y="{:.1f}" height="{:.1f}"/>').format(
        step * (index + 0.14), step * 0.72, y, _HEIGHT - y
    )


def _target(index: int, moment: Moment, step: float) -> Markup:
    """Return the invisible column that is pointed at; its title says what the table says."""
    words = f"{moment.label}: {moment.views:,} page views, {moment.visitors:,} visitors"
    return Markup('<rect class="target" x="{:.1f}" width="{:.1f}" y="0" height="{}"><title>{}</title></rect>').format(
        step * index, step, _HEIGHT, words
    )


def _y(value: int, top: int) -> float:
    return _HEIGHT - _HEIGHT * value / top


def _spread(moments: Sequence[Moment]) -> tuple[str, ...]:
    """Return a few labels at even distances, the first and the last among them."""
    if len(moments) <= _WORDS:
        return tuple(moment.label for moment in moments)
    return tuple(moments[round(index * (len(moments) - 1) / (_WORDS - 1))].label for index in range(_WORDS))


def _summary(moments: Sequence[Moment]) -> str:
    if not moments:
        return "No data"
    total = sum(moment.views for moment in moments)
    most = max(moments, key=lambda moment: moment.views)
    peak = f"; most on {most.label} with {most.views:,}" if most.views else ""
    return f"{total:,} page views from {moments[0].label} to {moments[-1].label}{peak}. The table below has every figure."
