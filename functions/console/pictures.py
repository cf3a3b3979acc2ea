"""A journey's picture as SVG, drawn here and not in the browser. Every colour is a class: the style sheet has them, in
light and dark. Whatever a marketer wrote is escaped."""

from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from functions.console import wording
from functions.console.layout import LINE, PAD, SMALL, TEXT, Box, Label, Layout, Line, Point, Said
from functions.core.graph import END, START
from functions.core.lettering import plain, width_of
from functions.texts.writing import hand

_ROUND: Final = 6
_STRIPE: Final = 4


def svg(layout: Layout, title: str, description: str) -> str:
    """The picture as a part of a page, which lists the steps as well: each leads to its line there (`anchor`)."""
    size = f'width="{layout.width:g}" height="{layout.height:g}" viewBox="0 0 {layout.width:g} {layout.height:g}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="drawing" {size} role="figure" '
            'aria-labelledby="drawing-title drawing-words">',
            f'<title id="drawing-title">{text(title)}</title>',
            f'<desc id="drawing-words">{text(description)}</desc>',
            *shapes(layout),
            "</svg>",
        ]
    )


def shapes(layout: Layout, *, linked: bool = True) -> Iterator[str]:
    """What is on a picture: its lines below all else, then every box and what stands on lines, in reading order."""
    yield '<g aria-hidden="true">'
    yield from map(_line, layout.lines)
    yield "</g>"
    for one in layout.placed:
        yield "".join(_box(one, linked)) if isinstance(one, Box) else _label(one)


def said() -> Said:
    """The console's words in a picture."""
    words = wording.words()
    outcomes = ("passed", "until", "limit", "no-day")
    return Said(
        words("picture-start"),
        words("picture-end"),
        words("picture-turn"),
        words("picture-waiting"),
        words("picture-onward"),
        words("picture-came"),
        {outcome: words(f"picture-{outcome}") for outcome in outcomes},
        hand(words.language, "UTC").number,
    )


def anchor(step: str) -> str:
    """The id that a step's line in the list has."""
    return f"step-{step}"


def _box(box: Box, linked: bool) -> Iterator[str]:
    leads = linked and box.id not in (START, END)
    name = quoteattr(plain(box.full + (f". {box.badge}" if box.badge else "")))
    if leads:
        yield f'<a class="node {box.kind}" href={quoteattr("#" + anchor(box.id))} aria-label={name}>'
    else:
        yield f'<g class="node {box.kind}" role="img" aria-label={name}>'
    yield f"<title>{text(box.full)}</title>"
    yield f'<rect class="box" x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="7"/>'
    yield (
        f'<rect class="stripe" x="{box.x:g}" y="{box.y:g}" width="{_STRIPE}" height="{box.height:g}" '
        f'rx="{_STRIPE / 2:g}"/>'
    )
    y = box.y + PAD - 4
    for kind, lines in (("name", box.title), ("said", box.lines)):
        for words in lines:
            y += LINE
            # The blank keeps words of two lines apart for who hears them.
            yield f'<text class="{kind}" x="{box.x + PAD + _STRIPE:g}" y="{y:g}">{text(words)}</text> '
    if box.badge:
        wide = width_of(box.badge, SMALL) + 2 * PAD
        left, top = box.x + PAD + _STRIPE, y + 7
        yield f'<rect class="badge" x="{left:g}" y="{top:g}" width="{wide:g}" height="18" rx="9"/>'
        yield (
            f'<text class="many" x="{left + wide / 2:g}" y="{top + TEXT:g}" text-anchor="middle">'
            f"{text(box.badge)}</text>"
        )
    yield "</a>" if leads else "</g>"


def _label(label: Label) -> str:
    left = label.x - label.width / 2
    rect = (
        f'<rect class="pill" x="{left:g}" y="{label.y:g}" width="{label.width:g}" height="{label.height:g}" '
        f'rx="{min(9, label.height / 2):g}"/>'
    )
    lines = (
        f'<text class="way" x="{label.x:g}" y="{label.y + 14 + number * (LINE - 2):g}" text-anchor="middle">'
        f"{text(words)}</text>"
        for number, words in enumerate(label.lines)
    )
    return f'<g aria-hidden="true">{rect}{"".join(lines)}</g>'


def _line(line: Line) -> str:
    return f'<path class="line" d="{_rounded(line.points)}"/><path class="head" d="{_head(*line.points[-2:])}"/>'


def _rounded(points: tuple[Point, ...]) -> str:
    """The way through points, with its corners rounded."""
    made = [f"M{_at(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        made += [f"L{_at(_towards(corner, before))}", f"Q{_at(corner)} {_at(_towards(corner, after))}"]
    return "".join([*made, f"L{_at(points[-1])}"])


def _towards(corner: Point, other: Point) -> Point:
    (x, y), (to_x, to_y) = corner, other
    length = abs(to_x - x) + abs(to_y - y)
    part = min(_ROUND, length / 2) / length
    return x + (to_x - x) * part, y + (to_y - y) * part


def _head(before: Point, end: Point) -> str:
    (x, y), (to_x, to_y) = before, end
    across, down = (to_x > x) - (to_x < x), (to_y > y) - (to_y < y)
    back_x, back_y = to_x - 6 * across, to_y - 6 * down
    one = f"{back_x - 4 * down:g} {back_y - 4 * across:g}"
    return f"M{one}L{to_x:g} {to_y:g}L{back_x + 4 * down:g} {back_y + 4 * across:g}"


def _at(point: Point) -> str:
    return f"{point[0]:g} {point[1]:g}"


def text(words: str) -> str:
    """Words as they may stand in a picture."""
    return escape(plain(words))
