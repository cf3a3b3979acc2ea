"""Where people stand and how they go on: the funnel as a whole, by week and by source; temperatures; segments."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from functions import releases
from functions.console import wording
from functions.console.cells import Cell
from functions.console.charts import Bar, Panel, chart
from functions.console.listing import BAND, BANDS, SEGMENT, STAGE
from functions.console.segments import count_of
from functions.console.tabled import MOST, Line, Period, most_first, path, people, share, table, together
from functions.core.funnel import Stage
from functions.tables import counts
from functions.texts.writing import hand

Weeks = Mapping[tuple[str, str], Counter[str]]
"""Numbers by week and part."""

FUNNEL: Final = ("entered", "through", "share", "days", "out")
_DAY_MS: Final = 86_400_000
_DAY_S: Final = 86_400
_COLD: Final = "cold"
"""Whoever never crossed a line is that, and none that is counted."""


def funnel(period: Period) -> dict[str, Any]:
    """The funnel: of those who came to a stage in the period, how many went on since, and after how long."""
    found, stages = period.parts("funnel"), _stages()
    now = counts.standing("standing").get("stage", Counter[str]())
    lines = [
        Line(
            [
                _title(stage),
                *_passage(found.get(stage.id, Counter()), is_last=stage is stages[-1]),
                *_target(stage),
                now[stage.id],
            ],
            people(period, f"{STAGE}:{stage.id}", now[stage.id]),
        )
        for stage in stages
    ]
    return table("funnel", ["stage", *FUNNEL, "target-share", "target-days", "now"], lines)


def by_week(period: Period, found: Weeks | None = None) -> dict[str, Any]:
    """The same by the week in which they came to a stage, the newest first; of numbers that were `found`, if any."""
    found = period.weeks("funnel") if found is None else found
    weeks, stages = period.every_week()[::-1], _stages()
    lines = [
        [week, _title(stage), *_passage(numbers, is_last=stage is stages[-1])]
        for week in weeks
        for stage in stages
        if any((numbers := found.get((week, stage.id), Counter[str]())).values())
    ]
    return table("weeks", ["week", "stage", *FUNNEL], lines)


def drawn(period: Period, found: Weeks) -> str:
    """The same as a picture: of each stage how many came in a week, and how many of those went on; "" where nobody
    came."""
    words = wording.words()
    write = hand(words.language, "UTC").number
    weeks, panels = period.every_week(), list[Panel]()
    for stage in _stages():
        bars = []
        for week in weeks:
            numbers = found.get((week, stage.id), Counter[str]())
            came, went = numbers["entered"], numbers["through"]
            says = words("chart-bar", week=week, came=write(came), went=write(went))
            percent = share(went, came)
            bars.append(Bar(came, went, f"{says} ({write(percent)}%)" if percent is not None else says))
        most = max(bar.whole for bar in bars)
        panels.append(Panel(words("chart-stage", many=write(most), stage=_title(stage)), bars))
    if not any(bar.whole for panel in panels for bar in panel.bars):
        return ""
    return chart(panels, (weeks[0], weeks[-1]), words("report-weeks"), words("chart-how"))


def by_source(period: Period) -> dict[str, Any]:
    """The funnel by the source by which people came first."""
    stages, rows = _stages(), list[list[Cell]]()
    titles = {stage.id: _title(stage) for stage in stages}
    try:
        found = period.parts_of_strangers("funnel-by-source")
    except counts.TooMany:
        return table("sources", ["stage", "source", *FUNNEL], []) | {"too_many": True}
    for part, numbers in found.items():
        stage, _, source = part.partition(".")
        if stage in titles:
            rows.append([titles[stage], source, *_passage(numbers, is_last=stage == stages[-1].id)])
    return table("sources", ["stage", "source", *FUNNEL], most_first(rows, 2, 1)[:MOST])


def temperatures(period: Period) -> dict[str, Any]:
    """Who became hot, warm and cold again, and how many are."""
    found = period.parts("temperature")
    now = counts.standing("standing").get("band", Counter[str]())
    return table(
        "bands",
        ["band", "entered", "now"],
        (
            Line(
                [band, found.get(band, Counter[str]())["entered"], None if band == _COLD else now[band]],
                {} if band == _COLD else people(period, f"{BAND}:{band}", now[band]),
            )
            for band in BANDS
        ),
    )


def segments(period: Period) -> dict[str, Any]:
    """Who entered each segment and left it, and how many are inside."""
    release, lines = releases.live().release, []
    for id, segment in release.segments.items():
        name = release.present_name("segment", id)
        moved, inside = together(period.parts(f"segment/{id}").values()), count_of(id)
        leads = {"segment": path("segments", name)} | people(period, f"{SEGMENT}:{name}", inside)
        lines.append(Line([segment.title or name, moved["entered"], moved["left"], inside], leads))
    return table("segments", ["segment", "entered", "left", "now"], lines)


def _stages() -> list[Stage]:
    return releases.live().release.funnel.stages


def _title(stage: Stage) -> str:
    return stage.title or stage.id


def _target(stage: Stage) -> list[Cell]:
    """What the business wants of a stage: so many of a hundred go on, within so many days."""
    target = stage.target
    if target is None:
        return [None, None]
    return [target.go_on, None if target.within is None else round(target.within / _DAY_S, 1)]


def _passage(numbers: Counter[str], *, is_last: bool) -> list[Cell]:
    """What FUNNEL names; from the last stage there is nowhere to go on to."""
    entered, through, left = numbers["entered"], numbers["through"], numbers["through"] + numbers["out"]
    days = round(numbers["ms"] / left / _DAY_MS, 1) if left else None
    if is_last and not through:
        return [entered, None, None, days, numbers["out"]]
    return [entered, through, share(through, entered), days, numbers["out"]]
