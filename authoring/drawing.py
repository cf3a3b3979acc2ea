"""A journey as a picture: one column of steps, readable on a phone, with the ways inside a step indented below it.

Pure. Text is wrapped by a table of widths, for there is no font to ask.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from textwrap import wrap
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from authoring.headcount import Heads
from functions.core.journey import Journey
from functions.core.release import Release
from functions.core.sentences import of_match
from functions.core.steps import Exit, Holdout, If, Repeat, Send, Split, Step, Switch, Wait
from functions.core.telling import contact_that, lines, of_start, of_step
from functions.core.tree import ways

WIDTH: Final = 390
_MARGIN, _INDENT, _PAD, _GAP = 14, 16, 9, 16
_LINE, _SMALL, _LETTER = 17, 14, 6.6
_LEAST: Final = 150
"""A box is no narrower, however deep it stands."""
_COLOURS: Final = {"send": "#1f6f54", "wait": "#b7791f", "branch": "#3b5ba5", "end": "#a33", "act": "#6b5b95"}
_STYLE: Final = """
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:var(--ink)}
svg{--ink:#222;--dim:#5d5d5d;--paper:#fbfaf7;--box:#fff;--line:#b9b4a8}
@media (prefers-color-scheme:dark){svg{--ink:#eee;--dim:#b5b5b5;--paper:#1b1b1d;--box:#29292d;--line:#66645e}}
.paper{fill:var(--paper)}.box{fill:var(--box);stroke:var(--line)}.rail{stroke:var(--line);stroke-width:2;fill:none}
.said{font-size:13px}.id,.way,.head{font-size:11.5px;fill:var(--dim)}.way{font-weight:600}
.title{font-size:18px;font-weight:700}.count{font-size:11.5px;font-weight:700;fill:#fff}"""


@dataclass(slots=True)
class _Page:
    """What is drawn so far, how far down it reaches, and how wide it may be."""

    y: float = 0
    width: int = WIDTH
    shapes: list[str] = field(default_factory=list)

    def text(self, x: float, kind: str, words: str, *, size: float = _SMALL) -> None:
        self.y += size
        self.shapes.append(f'<text x="{x:g}" y="{self.y:g}" class="{kind}">{escape(words)}</text>')


def svg(name: str, journey: Journey, release: Release, heads: Heads | None = None) -> str:
    """The picture of a journey as a document of its own; with `heads`, how many people stand and went where."""
    depth = max(line.depth for line in lines(journey.steps, release))
    page = _Page(_MARGIN, max(WIDTH, 2 * _MARGIN + depth * _INDENT + _LEAST))
    page.text(_MARGIN, "title", journey.title or name, size=18)
    page.y += 6
    for line in _head(name, journey, release, heads):
        for words in _wrapped(line, page.width - 2 * _MARGIN, letter=6.0):
            page.text(_MARGIN, "head", words, size=_SMALL + 1)
    page.y += _GAP
    _steps(page, journey.steps, release, heads, 0)
    _end(page, heads)
    height = page.y + _MARGIN
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {page.width} {height:g}" width="100%" '
            f'style="max-width:{page.width * 2}px" role="img" aria-label={quoteattr(journey.title or name)}>',
            f"<style>{_STYLE}</style>",
            f'<rect class="paper" width="{page.width}" height="{height:g}"/>',
            *page.shapes,
            "</svg>",
            "",
        ]
    )


def _head(name: str, journey: Journey, release: Release, heads: Heads | None) -> Iterator[str]:
    yield f"{name}: starts {of_start(journey.start, release)}."
    if journey.goal is not None:
        yield f"Goal: {of_match(journey.goal, release)}."
    if journey.exit is not None:
        yield f"Leaves as soon as {contact_that(journey.exit, release)}."
    if journey.ends is not None:
        yield f"Ends on {journey.ends}."
    if heads is not None:
        share = "" if heads.whole else f" (in {heads.parts} of {heads.of} parts of the list of contacts)"
        goal = f", {_many(heads.states['goal'])} reached the goal{_of(heads.states['goal'], heads.runs)}"
        yield (
            f"{_many(heads.runs)} entered{share}: {_many(heads.states['active'])} inside, "
            f"{_many(heads.states['done'])} to the end, {_many(heads.states['exited'])} left before"
            + (goal if journey.goal is not None else "")
            + "."
        )
        if heads.cut:
            yield f"Of {_many(heads.cut)} with very many steps only the newest are counted."


def _steps(page: _Page, steps: Sequence[Step], release: Release, heads: Heads | None, depth: int) -> None:
    x = _MARGIN + depth * _INDENT
    for index, step in enumerate(steps):
        _box(page, step, release, heads, x)
        inside = ways(step)
        for _, way, within in inside:
            _way(page, step, way, within, release, heads, depth)
        if index + 1 < len(steps):
            _arrow(page, x, _onward(step, heads))


def _box(page: _Page, step: Step, release: Release, heads: Heads | None, x: float) -> None:
    width = page.width - _MARGIN - x
    waiting = heads.waiting[step.id] if heads else 0
    colour = _COLOURS[_sort(step)]
    top = page.y
    said = _wrapped(of_step(step, release), width - 2 * _PAD - 6)
    height = 2 * _PAD + len(said) * _LINE + _SMALL
    page.shapes.append(f'<rect class="box" x="{x:g}" y="{top:g}" width="{width:g}" height="{height:g}" rx="7"/>')
    page.shapes.append(f'<rect fill="{colour}" x="{x:g}" y="{top:g}" width="5" height="{height:g}" rx="2.5"/>')
    page.y = top + _PAD - 3
    for words in said:
        page.text(x + _PAD + 5, "said", words, size=_LINE)
    page.text(x + _PAD + 5, "id", step.id, size=_SMALL)
    if waiting:
        _badge(page, x + width - _PAD, top + height - _PAD - 8, f"{_many(waiting)} waiting", colour)
    page.y = top + height


def _badge(page: _Page, right: float, middle: float, words: str, colour: str) -> None:
    width = len(words) * _LETTER + 14
    page.shapes.append(
        f'<rect fill="{colour}" x="{right - width:g}" y="{middle - 9:g}" width="{width:g}" height="18" rx="9"/>'
        f'<text x="{right - width / 2:g}" y="{middle + 4:g}" text-anchor="middle" class="count">{escape(words)}</text>'
    )


def _way(
    page: _Page, step: Step, way: str, within: Sequence[Step], release: Release, heads: Heads | None, depth: int
) -> None:
    rail = _MARGIN + depth * _INDENT + 7
    top = page.y
    page.y += 5
    label = "each turn" if isinstance(step, Repeat) else way
    page.text(rail + 9, "way", label + _went(step, way, heads) + ("" if within else ": goes on"), size=_SMALL + 3)
    page.y += 6
    if within:
        _steps(page, within, release, heads, depth + 1)
        page.y += 4
    page.shapes.append(f'<path class="rail" d="M{rail:g} {top:g}V{page.y:g}"/>')
    if isinstance(step, Repeat):
        page.shapes.append(
            f'<path class="rail" d="M{rail + 9:g} {page.y:g}H{rail:g}M{rail - 4:g} {top + 7:g}L{rail:g} {top + 1:g}'
            f'L{rail + 4:g} {top + 7:g}"/>'
        )


def _arrow(page: _Page, x: float, label: str) -> None:
    middle, top, bottom = x + 22, page.y, page.y + _GAP + (4 if label else 0)
    page.shapes.append(
        f'<path class="rail" d="M{middle:g} {top:g}V{bottom:g}M{middle - 4:g} {bottom - 6:g}L{middle:g} {bottom:g}'
        f'L{middle + 4:g} {bottom - 6:g}"/>'
    )
    if label:
        page.shapes.append(f'<text x="{middle + 9:g}" y="{bottom - 6:g}" class="id">{escape(label)}</text>')
    page.y = bottom


def _end(page: _Page, heads: Heads | None) -> None:
    _arrow(page, _MARGIN, f"{_many(heads.states['done'])} came to the end" if heads else "")
    page.text(_MARGIN + 14, "way", "End", size=_SMALL)


def _went(step: Step, way: str, heads: Heads | None) -> str:
    if heads is None:
        return f" ({next(one.percent for one in step.split if one.id == way)}%)" if isinstance(step, Split) else ""
    went, passed = heads.passed[step.id, way], heads.through(step.id)
    return f": {_many(went)}" + ("" if isinstance(step, Repeat) else _of(went, passed))


def _onward(step: Step, heads: Heads | None) -> str:
    """How many went on behind a step: what its edge says."""
    if heads is None or isinstance(step, If | Switch | Split):
        return ""
    went = {outcome: many for (one, outcome), many in heads.passed.items() if one == step.id and outcome != "again"}
    if isinstance(step, Holdout):
        went.pop("held-out", None)
    total = heads.through(step.id)
    if isinstance(step, Wait) and set(went) - {"passed"}:
        said = {"until": "it came", "limit": "limit over", "no-day": "no day", "passed": "day came"}
        parts = [
            f"{said.get(outcome, outcome)} {_many(many)}{_of(many, total)}" for outcome, many in sorted(went.items())
        ]
        return ", ".join(parts)
    return f"{_many(sum(went.values()))} went on" if went else "nobody yet"


def _sort(step: Step) -> str:
    match step:
        case Send():
            return "send"
        case Wait():
            return "wait"
        case If() | Switch() | Split() | Holdout() | Repeat():
            return "branch"
        case Exit():
            return "end"
        case _:
            return "act"


def _many(number: int) -> str:
    return f"{number:,}"


def _of(part: int, whole: int) -> str:
    return f" ({part / whole:.0%})" if whole else ""


def _wrapped(text: str, width: float, *, letter: float = _LETTER) -> list[str]:
    return wrap(text, max(12, int(width / letter)), break_long_words=True) or [""]
