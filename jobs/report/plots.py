"""Small plots as inline SVG: bars, columns and intervals, coloured by the page's own style sheet.

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
