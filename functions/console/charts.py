"""Bars by week as SVG, drawn here and not in the browser: of each, how large it is and how much of it is filled. Every
colour is a class; the table beside a chart says the same numbers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from functions.console.layout import LINE, MARGIN, SMALL, TEXT
from functions.console.pictures import text
from functions.core.lettering import wrapped

NARROWEST: Final = 300
"""A chart is no narrower: as wide as a phone."""
_BAR, _GAP, _HIGH, _BETWEEN = 12, 4, 56, 16
_LEAST: Final = 1.5
"""What is more than nothing is seen."""


@dataclass(frozen=True, slots=True)
class Bar:
    """How large it is, how much of it is filled, and both in words."""

    whole: int
    part: int
    says: str


@dataclass(frozen=True, slots=True)
class Panel:
    """Bars that are compared with each other, and their title."""

    title: str
    bars: Sequence[Bar]


def chart(panels: Sequence[Panel], ends: tuple[str, str], title: str, description: str) -> str:
    """Panels one below the other; `ends` is what stands below the first bar and the last one."""
    wide = max(NARROWEST, max(len(panel.bars) for panel in panels) * (_BAR + _GAP) - _GAP) + 2 * MARGIN
    drawn: list[str] = []
    y: float = MARGIN
    for panel in panels:
        for line in wrapped(panel.title, wide - 2 * MARGIN, TEXT * 1.08, 2):
            y += LINE
            drawn.append(f'<text class="name" x="{MARGIN}" y="{y - 4:g}">{text(line)}</text>')
        y += _HIGH
        drawn += _bars(panel.bars, y, wide)
        y += _BETWEEN
    y += SMALL - _BETWEEN / 2
    last = MARGIN + max(len(panel.bars) for panel in panels) * (_BAR + _GAP) - _GAP
    drawn.append(f'<text class="way" x="{MARGIN}" y="{y:g}">{text(ends[0])}</text>')
    if last >= NARROWEST / 2:
        drawn.append(f'<text class="way" x="{last:g}" y="{y:g}" text-anchor="end">{text(ends[1])}</text>')
    size = f'width="{wide:g}" height="{y + MARGIN:g}" viewBox="0 0 {wide:g} {y + MARGIN:g}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="drawing chart" {size} role="img" '
            'aria-labelledby="chart-title chart-words">',
            f'<title id="chart-title">{text(title)}</title>',
            f'<desc id="chart-words">{text(description)}</desc>',
            *drawn,
            "</svg>",
        ]
    )


def _bars(bars: Sequence[Bar], bottom: float, wide: float) -> Iterator[str]:
    most = max((bar.whole for bar in bars), default=0)
    for place, bar in enumerate(bars):
        if bar.whole <= 0:
            continue
        x, high = MARGIN + place * (_BAR + _GAP), max(_LEAST, (_HIGH - 6) * bar.whole / most)
        filled = min(high, max(_LEAST, high * bar.part / bar.whole)) if bar.part > 0 else 0
        yield f"<g><title>{text(bar.says)}</title>"
        yield f'<rect class="came" x="{x}" y="{bottom - high:g}" width="{_BAR}" height="{high:g}"/>'
        if filled:
            yield f'<rect class="went" x="{x}" y="{bottom - filled:g}" width="{_BAR}" height="{filled:g}"/>'
        yield "</g>"
    yield f'<path class="line" d="M{MARGIN} {bottom:g}L{wide - MARGIN:g} {bottom:g}"/>'
