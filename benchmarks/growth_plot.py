"""A line plot on two log scales as a few lines of SVG: axes with units, a faint grid, each line named at its end.

It stands alone: own colours on an own background, no script, no font to load; readable in print and for colour-blind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from math import ceil, floor, log10

WIDTH, HEIGHT = 900, 500
LEFT, RIGHT, TOP, BOTTOM = 84, 190, 64, 66
COLOURS = ("#1a1a1a", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#8a6100", "#7a5195")
LABEL_ROOM = 17
"""Pixels between two labels at the lines' ends, at least."""
STYLE = (
    "text{font:14px system-ui,sans-serif;fill:#1a1a1a}.title{font-size:17px;font-weight:600}.tick{fill:#555}"
    ".note{font-size:12px;fill:#555}.grid{stroke:#e3e3e3}.axis{stroke:#888}"
)


@dataclass(frozen=True)
class Line:
    """One line: its name, points (x, y) > 0 with x rising, and a word for each point, if any."""

    name: str
    points: Sequence[tuple[float, float]]
    notes: Sequence[str] = field(default=())


@dataclass(frozen=True)
class Scale:
    """A log scale from `low` to `high` onto pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Pixel of a value."""
        share = (log10(value) - log10(self.low)) / (log10(self.high) - log10(self.low))
        return self.start + share * (self.end - self.start)

    def ticks(self) -> list[float]:
        """1 and 3 of every power of ten on the scale."""
        powers = range(floor(log10(self.low)), ceil(log10(self.high)) + 1)
        values = (step * 10.0**power for power in powers for step in (1, 3))
        return [value for value in values if self.low * 0.999 <= value <= self.high * 1.001]


def log_log(title: str, x_title: str, y_title: str, lines: Sequence[Line]) -> str:
    """The plot as an SVG document."""
    xs, ys = ([point[axis] for line in lines for point in line.points] for axis in (0, 1))
    across = Scale(min(xs) / 1.15, max(xs) * 1.15, LEFT, WIDTH - RIGHT)
    up = Scale(_rounded(min(ys) / 1.2, floor), _rounded(max(ys) * 1.5, ceil), HEIGHT - BOTTOM, TOP)
    body = [f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>', _text(LEFT, 30, title, "title")]
    body += _axes(across, up, x_title, y_title)
    ends = _apart([up.at(line.points[-1][1]) for line in lines])
    for line, colour, end in zip(lines, COLOURS, ends, strict=False):
        body += _line(line, colour, end, across, up)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    return f'{head} role="img" aria-label="{escape(title)}">\n<style>{STYLE}</style>\n' + "\n".join(body) + "\n</svg>\n"


def _rounded(value: float, to: object) -> float:
    """The next 1 or 3 of a power of ten below (floor) or above (ceil)."""
    steps = [step * 10.0**power for power in range(floor(log10(value)) - 1, ceil(log10(value)) + 2) for step in (1, 3)]
    return max(s for s in steps if s <= value) if to is floor else min(s for s in steps if s >= value)


def _axes(across: Scale, up: Scale, x_title: str, y_title: str) -> list[str]:
    floor_y, wall_x = HEIGHT - BOTTOM, LEFT
    drawn = []
    for value in across.ticks():
        x = across.at(value)
        drawn.append(f'<path class="grid" d="M{x:.1f} {TOP}V{floor_y}"/>')
        drawn.append(_text(x, floor_y + 22, f"{value:,.0f}", "tick", "middle"))
    for value in up.ticks():
        y = up.at(value)
        drawn.append(f'<path class="grid" d="M{wall_x} {y:.1f}H{WIDTH - RIGHT}"/>')
        drawn.append(_text(wall_x - 10, y + 5, f"{value:g}", "tick", "end"))
    drawn.append(f'<path class="axis" fill="none" d="M{wall_x} {TOP}V{floor_y}H{WIDTH - RIGHT}"/>')
    drawn.append(_text((wall_x + WIDTH - RIGHT) / 2, HEIGHT - 14, f"{x_title} (log scale)", "axis-title", "middle"))
    drawn.append(_text(LEFT, TOP - 12, f"{y_title} (log scale)", "axis-title"))
    return drawn


def _line(line: Line, colour: str, end: float, across: Scale, up: Scale) -> list[str]:
    first = colour == COLOURS[0]
    at = [(across.at(x), up.at(y)) for x, y in line.points]
    path = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in at)
    drawn = [f'<path fill="none" stroke="{colour}" stroke-width="{3 if first else 1.75}" d="{path}"/>']
    drawn += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{4.5 if first else 3}" fill="{colour}"/>' for x, y in at]
    drawn += [_text(x, y - 12, note, "note", "middle") for (x, y), note in zip(at, line.notes, strict=False)]
    x, y = at[-1]
    edge = WIDTH - RIGHT + 12
    drawn.append(f'<path stroke="{colour}" fill="none" opacity=".5" d="M{x + 5:.1f} {y:.1f}L{edge - 3} {end:.1f}"/>')
    named = f'<text x="{edge}" y="{end + 5:.1f}" style="fill:{colour}{";font-weight:600" if first else ""}">'
    return [*drawn, f"{named}{escape(line.name)}</text>"]


def _text(x: float, y: float, words: str, kind: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _apart(ends: Sequence[float]) -> list[float]:
    """The labels' heights, pushed apart where they would overlap, in the order given."""
    order = sorted(range(len(ends)), key=lambda n: ends[n])
    placed, last = list(ends), -float("inf")
    for n in order:
        placed[n] = last = max(ends[n], last + LABEL_ROOM)
    too_low = max(0.0, max(placed, default=0.0) - (HEIGHT - BOTTOM))
    return [height - too_low for height in placed]
