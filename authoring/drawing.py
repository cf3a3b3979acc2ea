"""A journey as a picture of its own: what the console draws, below what the journey is and who was in it. Pure."""

from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from authoring.headcount import Heads
from functions.console.layout import LINE, MARGIN, TEXT, laid_out
from functions.console.pictures import said, shapes
from functions.core.graph import END, graph_of
from functions.core.journey import Journey
from functions.core.lettering import plain, wrapped
from functions.core.release import Release
from functions.core.sentences import of_match
from functions.core.telling import contact_that, of_start

WIDTH: Final = 390
"""A picture is no narrower: as wide as a phone."""
_MARGIN, _TITLE, _GAP = 14, 18, 16
_STYLE: Final = """
text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:var(--ink)}
svg{--ink:#222;--dim:#5d5d5d;--paper:#fbfaf7;--card:#fff;--rim:#cfcabf;--edge:#8b867a;
--send:#1f6f54;--wait:#a56a0a;--branch:#3b5ba5;--act:#6b5b95;--stop:#a83232}
@media (prefers-color-scheme:dark){svg{--ink:#eee;--dim:#b5b5b5;--paper:#1b1b1d;--card:#29292d;--rim:#4b4a46;
--edge:#8d8a82;--send:#4fb18d;--wait:#d99a3a;--branch:#7d9ce6;--act:#a796d6;--stop:#e07a74}}
.paper{fill:var(--paper)}.box{fill:var(--card);stroke:var(--rim)}.pill{fill:var(--paper);stroke:var(--rim)}
.line,.head{fill:none;stroke:var(--edge);stroke-width:1.5}.stripe,.badge{fill:var(--edge)}
.name{font-weight:700}.way,.about{font-size:12px;fill:var(--dim)}.title{font-size:18px;font-weight:700}
.many{font-size:12px;font-weight:700;fill:var(--paper)}
.send .stripe,.send .badge{fill:var(--send)}.wait .stripe,.wait .badge{fill:var(--wait)}
.branch .stripe,.branch .badge{fill:var(--branch)}.act .stripe,.act .badge{fill:var(--act)}
.end .stripe{fill:var(--stop)}
"""


def svg(name: str, journey: Journey, release: Release, heads: Heads | None = None) -> str:
    """The picture of a journey as a document of its own; with `heads`, how many people stand and went where."""
    here = {**heads.waiting, END: heads.states["done"]} if heads else None
    layout = laid_out(graph_of(name, journey, release), said(), here, heads.passed if heads else None)
    width = max(WIDTH, layout.width + 2 * (_MARGIN - MARGIN))
    title = journey.title or name
    texts, y = [], float(_MARGIN)
    for words in wrapped(title, width - 2 * _MARGIN, _TITLE):
        y += _TITLE + 2
        texts.append(_line(y, "title", words))
    y += 6
    for said_of_it in _head(name, journey, release, heads):
        for words in wrapped(said_of_it, width - 2 * _MARGIN, TEXT):
            y += LINE - 2
            texts.append(_line(y, "about", words))
    y += _GAP
    height = y + layout.height + _MARGIN
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
            f'height="{height:g}" role="img" aria-label={quoteattr(plain(title))}>',
            f"<style>{_STYLE}</style>",
            f'<rect class="paper" width="{width:g}" height="{height:g}"/>',
            *texts,
            f'<g transform="translate({(width - layout.width) / 2:g} {y:g})">',
            *shapes(layout, linked=False),
            "</g>",
            "</svg>",
            "",
        ]
    )


def _line(y: float, kind: str, words: str) -> str:
    return f'<text x="{_MARGIN}" y="{y:g}" class="{kind}">{escape(words)}</text>'


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


def _many(number: int) -> str:
    return f"{number:,}"


def _of(part: int, whole: int) -> str:
    return f" ({part / whole:.0%})" if whole else ""
