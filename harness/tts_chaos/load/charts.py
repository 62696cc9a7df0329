"""Line charts as SVG: readable without scripts, in light and dark, and by screen readers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Limit", "Line", "Zone", "line_chart"]

WIDTH, HEIGHT = 860, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 12, 30
_TICKS = 5
_HOVER_MAX = 400


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its name, its number in the palette from 0, and points (second, value)."""

    name: str
    colour: int
    points: Sequence[tuple[float, float]]
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Limit:
    """A horizontal line that should not be crossed, in the colour of what it is for."""

    name: str
    colour: int
    value: float


@dataclass(frozen=True, slots=True)
class Zone:
    """A stretch of time with a name."""

    name: str
    begin_s: float
    end_s: float


def line_chart(
    title: str,
    unit: str,
    lines: Sequence[Line],
    *,
    span_s: float,
    limits: Sequence[Limit] = (),
    zones: Sequence[Zone] = (),
) -> str:
    """Return a figure with a chart of values over time, its legend and its zones.

    Args:
        title: What it shows.
        unit: Of the values.
        lines: What is drawn; empty lines are left out.
        span_s: Length of the time axis.
        limits: Horizontal lines.
        zones: Stretches of time behind the lines.
    """
    drawn = [line for line in lines if line.points]
    if not drawn:
        return f"<figure><figcaption>{escape(title)}</figcaption><p>Nothing was seen.</p></figure>"
    seen = [value for line in drawn for _, value in line.points]
    top = _round_up(max([*seen, *(limit.value for limit in limits)]) * 1.05)
    scale = _Scale(max(span_s, 1.0), top)
    parts = [scale.zone(zone) for zone in zones]
    parts += scale.grid(unit)
    parts += [scale.limit(limit) for limit in limits]
    parts += [scale.line(line) for line in drawn]
    told = f"{title}, over {span_s:.0f} seconds; highest {max(seen):.4g} {unit}"
    legend = "".join(
        f'<li><span class="key c{line.colour}{" dashed" if line.dashed else ""}"></span>'
        f"{escape(line.name)}</li>"
        for line in drawn
    )
    return (
        f"<figure><figcaption>{escape(title)}</figcaption>"
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(told)}">'
        f'{"".join(parts)}</svg><ul class="legend">{legend}</ul></figure>'
    )


class _Scale:
    def __init__(self, span_s: float, top: float) -> None:
        self._span_s, self._top = span_s, top

    def x(self, at_s: float) -> float:
        inner = WIDTH - _LEFT - _RIGHT
        return _LEFT + inner * min(max(at_s / self._span_s, 0.0), 1.0)

    def y(self, value: float) -> float:
        inner = HEIGHT - _TOP - _BOTTOM
        return _TOP + inner * (1 - min(value / self._top, 1.0))

    def zone(self, zone: Zone) -> str:
        begin, end = self.x(zone.begin_s), self.x(zone.end_s)
        return (
            f'<g class="zone"><rect x="{begin:.1f}" y="{_TOP}" width="{max(end - begin, 1):.1f}" '
            f'height="{HEIGHT - _TOP - _BOTTOM}"/><text x="{begin + 4:.1f}" y="{_TOP + 12}">'
            f"{escape(zone.name)}</text></g>"
        )

    def grid(self, unit: str) -> list[str]:
        rows = []
        for step in range(_TICKS + 1):
            value, at_s = self._top * step / _TICKS, self._span_s * step / _TICKS
            y, x = self.y(value), self.x(at_s)
            left = _LEFT - 6
            text = f"{value:.4g}" + (f" {unit}" if step == _TICKS else "")
            rows.append(
                f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
                f'<text class="tick" x="{left}" y="{y + 4:.1f}" text-anchor="end">{text}</text>'
                f'<text class="tick" x="{x:.1f}" y="{HEIGHT - 10}" text-anchor="middle">'
                f"{at_s:.0f} s</text>"
            )
        return rows

    def limit(self, limit: Limit) -> str:
        y = self.y(limit.value)
        return (
            f'<line class="limit c{limit.colour}" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" '
            f'y1="{y:.1f}" y2="{y:.1f}"><title>{escape(limit.name)}</title></line>'
            f'<text class="tick" x="{WIDTH - _RIGHT}" y="{y - 3:.1f}" text-anchor="end">'
            f"{escape(limit.name)}</text>"
        )

    def line(self, line: Line) -> str:
        points = " ".join(f"{self.x(at_s):.1f},{self.y(value):.1f}" for at_s, value in line.points)
        dashed = " dashed" if line.dashed else ""
        step = max(1, len(line.points) // _HOVER_MAX)
        hovers = "".join(
            f'<circle class="hover" cx="{self.x(at_s):.1f}" cy="{self.y(value):.1f}" r="5">'
            f"<title>{escape(line.name)}: {value:.4g} at {at_s:.0f} s</title></circle>"
            for at_s, value in line.points[::step]
        )
        return f'<polyline class="line c{line.colour}{dashed}" points="{points}"/>{hovers}'


def _round_up(value: float) -> float:
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= value)
