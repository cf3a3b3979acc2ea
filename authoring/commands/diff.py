"""diff: what differs between marketing/ and the live release, and who would stand elsewhere by it."""

from collections import Counter
from typing import Any

import click
from rich.table import Table

from authoring import foresight, published
from authoring.commands.progress import bar
from authoring.commands.release import show_changes
from authoring.commands.shared import App, console, counted, emit, explained, json_option, say
from authoring.foresight import Plan
from authoring.tally import Crossing, Scale, Shift, Tally, mean, quantile
from functions import clock
from functions.core.changes import Change

_LINES = {"temperature": "temperature", "grade": "grade", "stages": "stage"}
_NO_JOURNEY = "No journey starts by publishing: of whoever moves it is noted that the rules changed."


@click.command()
@click.option("--exact", is_flag=True, help="Read everybody, however many they are.")
@click.option("--sample", default=foresight.SAMPLE, show_default=True, help="So many contacts are read at most.")
@click.option("--who", is_flag=True, help="Name people by their addresses, not only by the ids of their contacts.")
@json_option
@click.pass_obj
def diff(app: App, exact: bool, sample: int, who: bool, as_json: bool) -> None:
    """What would change if marketing/ were published now, and who would move.

    Counts who would enter and leave segments, bands, grades and stages, and how scores would shift. Nothing is
    written, and nobody is told. Of a long list a sample is read, the same each time; its margin is printed.
    """
    with explained(as_json):
        where = app.connect()
        compiled, pointer, found = published.preview(app.marketing)
        if pointer is None:
            raise published.NothingLive("no release is live to compare with: publish one with `samovar publish`")
        plan = foresight.plan(compiled.content, pointer, sample=None if exact else sample)
        if not as_json:
            _tell_changes(found, plan)
        tally = looked(plan, who, as_json) if plan.changed else Tally()
    if as_json:
        differing = [change.as_json() for change in found]
        emit({"stack": where.name, "release": compiled.release_id, "changes": differing, **plain(plan, tally)})
    elif plan.changed:
        tell(plan, tally)


def _tell_changes(found: list[Change], plan: Plan) -> None:
    show_changes(found)
    if not found:
        say("Nothing differs from the live release.", "green")
    elif not plan.changed:
        say("Nobody would stand elsewhere: no segment, score, band, grade or stage differs.", "green")
    else:
        whom = "Everybody is read" if plan.sample is None else f"A sample of some {plan.sample:,} contacts is read"
        history = ", with all that they did, for the new rules count what was not counted" if plan.recounts else ""
        cost = f"AWS takes about ${plan.dollars:.2f} for it ({plan.read_units:,.0f} read units)"
        say(f"\n{whom}{history}. {cost}.")


def looked(plan: Plan, who: bool, quiet: bool) -> Tally:
    """Compare contacts, with a bar unless `quiet`."""
    begun = clock.monotonic()
    with bar(quiet=quiet) as shown:
        total = (plan.rows if plan.sample is None else None) or None
        task = shown.add_task("comparing", total=total, contacts=0, rate=0.0)

        def seen(contacts: int, rows: int) -> None:
            rate = contacts / max(0.001, clock.monotonic() - begun)
            done, most = (contacts, plan.sample) if plan.sample is not None else (rows, max(rows, plan.rows))
            shown.update(task, completed=done, total=most, contacts=contacts, rate=rate)

        return foresight.look(plan, clock.now_ms(), who=who, seen=seen)


def _scale(plan: Plan, tally: Tally) -> Scale:
    return Scale(tally.contacts, tally.parts, plan.parts)


def tell(plan: Plan, tally: Tally) -> None:
    """Print who would stand elsewhere."""
    scale = _scale(plan, tally)
    if scale.whole:
        say(f"\nEverybody was compared: {counted(tally.contacts, 'contact')}.", "bold")
    else:
        said = f"{tally.contacts:,} of about {scale.everybody:,} contacts were compared: shares are right to"
        say(f"\n{said} ±{scale.widest:.1f} in a hundred, counts are of everybody. --exact reads all.", "bold")
    table = Table("", "now", "then", "enter", "leave", "for example", box=None, padding=(0, 2, 0, 0))
    for kind, crossings in (("segment", tally.segments), ("journey", tally.journeys)):
        for name in _names(plan, kind):
            crossing = crossings.get(name, Crossing())
            counts = (_count(scale, one) for one in (crossing.now, crossing.then, crossing.enters, crossing.leaves))
            table.add_row(f"{kind} {name}", *counts, _named(crossing))
    for line, title in _LINES.items():
        if line in plan.changed:
            for row in _standings(title, tally.moves.get(title, Counter()), scale):
                table.add_row(*row)
    console().print(table)
    for name in _names(plan, "score"):
        _tell_score(name, tally.scores.get(name, Shift()), scale)
    if _names(plan, "journey"):
        say("Of a journey: who stands behind the line that starts it, and is not started for standing there already.")
    if tally.kept:
        kept = f"{_count(scale, tally.kept)} would keep a band that they would not enter"
        say(f"Bands are entered at one number and left below a lower one: {kept}.", "yellow")
    if tally.recounted:
        say(f"Counted again from the events, in memory: {tally.recounted:,} of those who were read.")
    same = "1 other rule is as it was" if plan.same == 1 else f"{plan.same} other rules are as they were"
    say(f"{same}. {_NO_JOURNEY}")


def _names(plan: Plan, kind: str) -> list[str]:
    return [line.removeprefix(f"{kind} ") for line in plan.changed if line.startswith(f"{kind} ")]


def _standings(title: str, moves: Counter[tuple[str, str]], scale: Scale) -> list[tuple[str, ...]]:
    rows = []
    for name in sorted({one for pair in moves for one in pair}):
        now = sum(count for (before, _), count in moves.items() if before == name)
        then = sum(count for (_, after), count in moves.items() if after == name)
        stay = moves[name, name]
        froms = ", ".join(
            f"{before or 'none'} → {name or 'none'}: {_count(scale, count)}"
            for (before, after), count in sorted(moves.items())
            if after == name != before
        )
        counts = (_count(scale, one) for one in (now, then, then - stay, now - stay))
        rows.append((f"{title} {name or 'none'}", *counts, froms))
    return rows


def _tell_score(name: str, shift: Shift, scale: Scale) -> None:
    def told(counted: Counter[int]) -> str:
        half, nine = quantile(counted, 0.5), quantile(counted, 0.9)
        return f"half have {half} or less, nine of ten {nine}, mean {mean(counted):.1f}"

    say(f"score {name}: {_count(scale, shift.rise)} rise, {_count(scale, shift.fall)} fall", "bold")
    say(f"  now:  {told(shift.now)}")
    say(f"  then: {told(shift.then)}")


def _count(scale: Scale, count: int) -> str:
    return f"{scale.up(count):,}" if scale.whole else f"{scale.up(count):,} ±{scale.margin(count):,}"


def _named(crossing: Crossing) -> str:
    signs = (("+", crossing.entering), ("-", crossing.leaving))
    return " ".join(f"{sign}{shown or contact}" for sign, some in signs for contact, shown in list(some.items())[:2])


def plain(plan: Plan, tally: Tally) -> dict[str, Any]:
    """Who would stand elsewhere, for programs."""
    scale = _scale(plan, tally)
    segments = {name: _plain_segment(tally.segments.get(name, Crossing()), scale) for name in _names(plan, "segment")}
    journeys = {name: _plain_segment(tally.journeys.get(name, Crossing()), scale) for name in _names(plan, "journey")}
    standings = {
        title: [
            {"from": before, "to": after, "contacts": scale.up(count), "margin": scale.margin(count)}
            for (before, after), count in sorted(tally.moves.get(title, {}).items())
        ]
        for line, title in _LINES.items()
        if line in plan.changed
    }
    scores = {name: _plain_score(tally.scores.get(name, Shift()), scale) for name in _names(plan, "score")}
    return {
        "cost": {"read_units": round(plan.read_units), "usd": round(plan.dollars, 4)},
        "contacts": {
            "compared": tally.contacts,
            "of_about": scale.everybody,
            "everybody": scale.whole,
            "recounted": tally.recounted,
        },
        "changed": list(plan.changed),
        "unchanged": plan.same,
        "segments": segments,
        **({"stand_where_journeys_start": journeys} if journeys else {}),
        **standings,
        "scores": scores,
        "keep_a_band_they_would_not_enter": scale.up(tally.kept),
        "journeys_started": 0,
    }


def _plain_segment(crossing: Crossing, scale: Scale) -> dict[str, Any]:
    counts = {name: scale.up(getattr(crossing, name)) for name in ("now", "then", "enters", "leaves")}
    margins = {name: scale.margin(getattr(crossing, name)) for name in counts} if not scale.whole else {}
    some = {
        name: [{"contact": contact, **({"email": shown} if shown else {})} for contact, shown in found.items()]
        for name, found in (("entering", crossing.entering), ("leaving", crossing.leaving))
    }
    return {**counts, **({"margins": margins} if margins else {}), **some}


def _plain_score(shift: Shift, scale: Scale) -> dict[str, Any]:
    told = {
        name: {"median": quantile(counted, 0.5), "nine_of_ten": quantile(counted, 0.9), "mean": round(mean(counted), 2)}
        for name, counted in (("now", shift.now), ("then", shift.then))
    }
    return {**told, "rise": scale.up(shift.rise), "fall": scale.up(shift.fall)}
