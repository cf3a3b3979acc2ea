"""pages: which there are, what is known of the variants that are tried on them, and which ads lead to them."""

from collections.abc import Mapping
from typing import Any, Final

import click
from rich.table import Column, Table

from authoring.commands.advertised import DAYS, show_ads
from authoring.commands.shared import App, console, emit, explained, json_option, live_page, say
from authoring.variants import Tried, tried
from functions import releases
from functions.core.bandit import Figures, Results

_WIDE: Final = 12
_VERDICTS: Final = {
    "too-few": "Too few visitors yet to say anything: each variant needs a hundred, and ten must have converted.",
    "open": "Nothing is better than all others beyond doubt yet. The shares move on by themselves.",
}


@click.command()
@click.argument("page", required=False, metavar="[PAGE]")
@click.option("--ads", "of_ads", is_flag=True, help="Which ads brought visitors, and whether to pages of their own.")
@click.option("--days", type=click.IntRange(1, 400), default=DAYS, show_default=True, help="With --ads: how far back.")
@json_option
@click.pass_obj
def pages(app: App, page: str | None, of_ads: bool, days: int, as_json: bool) -> None:
    """The landing pages, and how their variants do: rates with intervals, shares, and a winner if there is one; or the
    share of your ads that leads to a page of its own."""
    if of_ads:
        with explained(as_json):
            app.connect()
            show_ads(page, days, as_json)
        return
    with explained(as_json):
        app.connect()
        live = releases.live()
        release, known = live.release, live.tests
        wanted = release.pages if page is None else [live_page(release, page)]
        found = {id: tried(known[id]) if id in known else None for id in wanted}
        names = {id: release.present_name("page", id) for id in found}
        titles = {id: release.pages[id].title for id in found}
    if as_json:
        emit({"pages": [{"page": names[id], "title": titles[id], "test": _plain(one)} for id, one in found.items()]})
    elif page is None:
        table = Table("page", "title", "visitors of its test", "converted", "winner", box=None)
        for id, one in found.items():
            seen, converted, winner = ("", "", "") if one is None else _short(one.results)
            table.add_row(names[id], titles[id], seen, converted, winner)
        console().print(table)
    else:
        (one,) = found.values()
        if one is None:
            say(f"{page} has no variants: everybody sees the same.")
        else:
            _show(one)


def _short(results: Results) -> tuple[str, str, str]:
    figures = results.figures.values()
    said = results.winner or {"too-few": "too few to say", "open": "open"}[results.verdict]
    return f"{sum(one.seen for one in figures):,}", f"{sum(one.converted for one in figures):,}", said


def _show(one: Tried) -> None:
    for title, results in (
        ("variant", one.results),
        *((part, found) for part, found in one.parts.items()),
    ):
        top = max((figures.high for figures in results.figures.values()), default=1) or 1
        first = Column(title, min_width=max(map(len, results.figures)))
        table = Table(first, "share", "sent the form", "rate", "between", "", "best", box=None)
        for name, figures in results.figures.items():
            share = one.shares.get(name)
            table.add_row(
                name,
                "" if share is None else f"{share:.0%}",
                f"{figures.converted:,} of {figures.seen:,}",
                f"{figures.rate:.1%}",
                f"{figures.low * 100:.1f}–{figures.high:.1%}",
                _bar(figures, top),
                f"{figures.best:.0%}",
            )
        console().print(table)
        if results.winner:
            say(f"{results.winner} is better than every other.", "bold green")
        else:
            say(_VERDICTS[results.verdict], "dim")
        say("")
    say(
        f"Epoch {one.epoch}. A rate lies between its bounds with a probability of 95 %; best says how likely it is the "
        "highest of all.",
        "dim",
    )


def _bar(figures: Figures, top: float) -> str:
    """The interval as a line, with the rate on it."""
    low, rate, high = (round(value / top * (_WIDE - 1)) for value in (figures.low, figures.rate, figures.high))
    return "".join("●" if place == rate else "─" if low <= place <= high else " " for place in range(_WIDE))


def _plain(one: Tried | None) -> dict[str, Any] | None:
    if one is None:
        return None
    return {
        "id": one.test,
        "epoch": one.epoch,
        "shares": dict(one.shares),
        **_results(one.results),
        "parts": [{"part": part, **_results(found)} for part, found in one.parts.items()],
    }


def _results(results: Results) -> dict[str, Any]:
    return {
        "verdict": results.verdict,
        "winner": results.winner,
        "variants": {name: _figures(figures) for name, figures in results.figures.items()},
    }


def _figures(figures: Figures) -> Mapping[str, float | int]:
    return {
        "seen": figures.seen,
        "converted": figures.converted,
        "rate": figures.rate,
        "low": figures.low,
        "high": figures.high,
        "best": figures.best,
    }
