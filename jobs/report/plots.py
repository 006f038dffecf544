"""Small plots as inline SVG: bars, columns, intervals and lines over nights, coloured by the page's own style sheet.

The drawings stretch with the page and hold no text, which stands beside them in HTML: it stays readable on a telephone,
in print and in dark mode.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

WIDTH = 1000.0
HEIGHT = 100.0


def _svg(kind: str, body: str, label: str | None) -> str:
    """An SVG that fills its box; `label` says what is seen to those who do not, None = the text beside it does."""
    told = 'aria-hidden="true"' if label is None else f'role="img" aria-label="{escape(label)}"'
    return f'<svg class="{kind}" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" preserveAspectRatio="none" {told}>{body}</svg>'


def _rect(x: float, y: float, width: float, height: float, kind: str, title: str | None = None) -> str:
    hover = f"<title>{escape(title)}</title>" if title else ""
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}">{hover}</rect>'


def bar(value: float, most: float, marked: float = 0.0) -> str:
    """A horizontal bar of `value` on a track of `most`; its first part, `marked`, in the warning colour."""
    scale = WIDTH / most if most > 0 else 0.0
    body = _rect(0, 0, WIDTH, HEIGHT, "track")
    body += _rect(0, 0, max(value - marked, 0) * scale, HEIGHT, "fill")
    body += _rect(max(value - marked, 0) * scale, 0, marked * scale, HEIGHT, "warn") if marked else ""
    return _svg("bar", body, None)


def columns(counts: Sequence[float], titles: Sequence[str], label: str, kinds: Sequence[str] = ()) -> str:
    """Vertical columns side by side, a hairline apart.

    titles  shown when the pointer rests on a column
    kinds   class of each column: "fill" (default) or "warn"
    """
    most = max(counts, default=0) or 1
    step = WIDTH / max(1, len(counts))
    gap = min(step * 0.12, 4.0)
    body = "".join(
        _rect(n * step + gap / 2, HEIGHT * (1 - count / most), step - gap, HEIGHT * count / most, kind, title)
        for n, (count, title, kind) in enumerate(zip(counts, titles, kinds or ["fill"] * len(counts), strict=True))
    )
    return _svg("columns", body, label)


def interval(low: float, value: float, high: float, most: float, kind: str = "ours") -> str:
    """A value with its interval on an axis from 0 to `most`; round marks stay round however wide the page is."""
    scale = WIDTH / most if most > 0 else 0.0
    middle = HEIGHT / 2
    body = f'<path class="axis" d="M0 {middle:g}H{WIDTH:g}"/>'
    body += f'<path class="{kind} span" d="M{low * scale:.1f} {middle:g}H{high * scale:.1f}"/>'
    body += f'<path class="{kind} dot" d="M{value * scale:.1f} {middle:g}h0.01"/>'
    return _svg("interval", body, None)


Interval = tuple[float | None, float | None, float | None]


def trend(rows: Sequence[Interval], titles: Sequence[str], label: str) -> str:
    """A line over nights, from 0 to the largest value, with each night's interval; a night without a value is a gap.

    rows    low, value, high of each night, oldest first; None = not known
    titles  shown when the pointer rests on a night
    """
    most = max((high for _, _, high in rows if high is not None), default=0) or 1
    step = WIDTH / max(1, len(rows))
    marks, line, lines = "", "", ""
    for place, ((low, value, high), title) in enumerate(zip(rows, titles, strict=True)):
        if value is None:
            line = ""
            continue
        x, y = (place + 0.5) * step, _height(value, most)
        if low is not None and high is not None and low < high:
            marks += f'<path class="band" d="M{x:.1f} {_height(high, most):.1f}V{_height(low, most):.1f}"/>'
        marks += f'<path class="dot" d="M{x:.1f} {y:.1f}h0.01"><title>{escape(title)}</title></path>'
        lines += f"{'L' if line else 'M'}{x:.1f} {y:.1f}"
        line = "drawn"
    return _svg("trend", f'<path class="line" d="{lines}"/>{marks}', label)


def _height(value: float, most: float) -> float:
    return HEIGHT * (1 - max(0.0, value) / most)
