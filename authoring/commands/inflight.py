"""journeys, recall, migrate: who is in a journey now, and mending their runs where they stand."""

import getpass
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import click
from rich.table import Table

from authoring import inflight
from authoring.commands.progress import bar, follow
from authoring.commands.shared import App, console, emit, explained, json_option, must_ask, say
from authoring.inflight import InFlight
from functions import clock, releases, settings
from functions.aws import dynamodb
from functions.core.correction import GoTo, Leave, Moves, Recall, Skip, check_recall, unmapped
from functions.core.ids import digest
from functions.core.journey import Journey
from functions.core.release import Release
from functions.core.setback import in_words
from functions.core.tree import walk
from functions.tables import audit, pauses
from functions.tables.audit import Noted
from functions.work import correct, deciding
from functions.work.deciding import LONGEST_WHY, Decision
from functions.work.jobs import Job

_WHY = click.option("--why", required=True, help="Kept with who did it, and when.")
_YES = click.option("--yes", is_flag=True, help="Don't ask.")


@click.command()
@click.argument("journey", required=False, default="")
@json_option
@click.pass_obj
def journeys(app: App, journey: str, as_json: bool) -> None:
    """Who is in which journey now, and at which step they wait.

    Reads the whole table, with a bar.
    """
    with explained(as_json):
        app.connect()
        live = releases.live()
        journey = live.release.first_name("journey", journey)
        if journey and journey not in live.release.journeys:
            known = [live.release.present_name("journey", name) for name in live.release.journeys]
            raise ValueError(f'there is no journey "{journey}": {", ".join(known) or "none is defined"}')
        found = looked(journey, as_json)
        held = pauses.get().journeys(clock.now_ms())
    if as_json:
        emit({"live": live.id, "in_flight": plain(found), "aside": plain_aside(found)})
        return
    table = Table("journey", "step", "people", "rules", box=None)
    for (name, release, step), many in sorted(found.waiting.items()):
        rules = "live" if release == live.id else f"of release {release[:12]}"
        called = live.release.present_name("step", step, f"journey {name}")
        table.add_row(live.release.present_name("journey", name), called or "(on the way)", f"{many:,}", rules)
    if not found.waiting:
        say("Nobody is in a journey now.")
    else:
        console().print(table)
    for (name, step, code), many in sorted(found.aside.items()):
        called = live.release.present_name("step", step, f"journey {name}")
        where = f'at "{called}"' if step else "before the first step"
        say(
            f'Set aside: {many:,} of "{live.release.present_name("journey", name)}" {where}: {in_words(code)} ({code})',
            "red",
        )
    if found.aside:
        say("samovar explain says of one person what went wrong; once it is mended, samovar retry JOURNEY.", "red")
    if any(release != live.id for _, release, _ in found.waiting):
        say("People stay on the rules by which they came in; `samovar migrate JOURNEY` moves them to the live ones.")
    for name in sorted(held & {name for name, _, _ in found.waiting}):
        say(f"{live.release.present_name('journey', name)} is paused: nobody moves in it.", "yellow")


def looked(journey: str, quiet: bool) -> InFlight:
    """Who is in flight, in one journey or all (""), with a bar unless `quiet`."""
    total = dynamodb.size_of(settings.contacts_table())[0] or None
    with bar(quiet=quiet) as shown:
        task = shown.add_task("looking for runs", total=total, contacts=0, rate=0.0)

        def looked(rows: int) -> None:
            shown.update(task, completed=rows, total=max(total, rows) if total else None, contacts=rows)

        return inflight.count(journey, looked)


@click.command()
@click.argument("journey")
@click.argument("step")
@click.option("--skip", "how", flag_value="skip", help="They go on as if the wait were over.")
@click.option("--exit", "how", flag_value="exit", help="They leave the journey.")
@click.option("--goto", metavar="STEP", help="They go on at this step.")
@_WHY
@_YES
@json_option
@click.pass_obj
def recall(
    app: App, journey: str, step: str, how: str | None, goto: str | None, why: str, yes: bool, as_json: bool
) -> None:
    """Correct those who wait at a STEP of a JOURNEY now, whatever release they came in by.

    Messages that are on their way are not taken back (`samovar pause` stops those), and none that was sent is sent
    again. People who come to the step later go through it as it is: change the file for them.
    """
    if (how is None) == (goto is None):
        raise click.UsageError("say one of --skip, --exit and --goto STEP")
    with explained(as_json):
        app.connect()
        live = releases.live().release
        at_step, to_step = step, goto
        journey = live.first_name("journey", journey)
        step = live.first_name("step", step, f"journey {journey}")
        goto = goto and live.first_name("step", goto, f"journey {journey}")
        what: Recall = GoTo(goto) if goto else Skip() if how == "skip" else Leave()
        found = looked(journey, as_json).of(journey)
        _check(live, journey, step, what, found)
        many = sum(number for (_, at), number in found.items() if at == step)
        if must_ask(yes, as_json):
            told = {Skip: "go on after it", Leave: "leave the journey"}.get(type(what), f'go on at "{to_step}"')
            who = "1 person waits" if many == 1 else f"{many:,} people wait"
            click.confirm(f'{who} at "{at_step}" now, and will {told}. Go on?', abort=True)
        job = deciding.recall(journey, step, what, Decision(getpass.getuser(), clock.now_ms(), why), many=many)
        (done,) = follow([job.id], "correcting runs", quiet=as_json)
    _report(done, as_json)


def _check(live: Release, journey: str, step: str, what: Recall, found: Counter[tuple[str, str]]) -> None:
    """Raises where nobody waits at the step, or their release of the journey has no step to go to."""
    standing = {release for release, at in found if at == step}
    if not standing:
        places = Counter[str]()
        for (_, at), many in found.items():
            places[live.present_name("step", at, f"journey {journey}") or "(on the way)"] += many
        told = ", ".join(f"{many:,} at {at}" for at, many in sorted(places.items())) or "nobody is in it"
        called, of = live.present_name("step", step, f"journey {journey}"), live.present_name("journey", journey)
        raise ValueError(f'nobody waits at "{called}" of "{of}" now: {told}')
    for release in standing:
        check_recall(releases.by_id(release).every_journey[journey], step, what)


@click.command()
@click.argument("journey")
@click.option("--map", "pairs", metavar="OLD=NEW", multiple=True, help="Who waits at OLD goes on at NEW.")
@click.option("--exit", "leave", metavar="STEP", multiple=True, help="Who waits there leaves.")
@_WHY
@_YES
@json_option
@click.pass_obj
def migrate(
    app: App, journey: str, pairs: Sequence[str], leave: Sequence[str], why: str, yes: bool, as_json: bool
) -> None:
    """Move those who are in a JOURNEY by an earlier release to the live one.

    Whoever waits at a step that the live journey has waits on there, from when they began, as long as it says now.
    Other steps need a --map or an --exit; nothing is moved before each has one.
    """
    with explained(as_json):
        app.connect()
        live = releases.live()
        journey = live.release.first_name("journey", journey)
        to = live.release.journeys.get(journey)
        if to is None:
            known = ", ".join(sorted(live.release.present_name("journey", one) for one in live.release.journeys))
            raise ValueError(f'the live release has no journey "{journey}": {known or "none is defined"}')
        found = {key: many for key, many in looked(journey, as_json).of(journey).items() if key[0] != live.id}
        first, called = (
            partial(name, "step", inside=f"journey {journey}")
            for name in (live.release.first_name, live.release.present_name)
        )
        leave = [first(step) for step in leave]
        moves = Moves({first(old): first(new) for old, new in _pairs(pairs)}, frozenset(leave))
        _check_moves(moves, to, called)
        standing = Counter[str]()
        for (_, step), many in found.items():
            standing[step] += many
        _all_mapped(standing, to, moves, called)
        if not standing:
            emit({"moved": 0}) if as_json else say("Everybody in it goes by the live release already.", "green")
            return
        if must_ask(yes, as_json):
            for step, many in sorted(standing.items()):
                where = "leave" if step in leave else f"go on at {called(moves.of(step)) or 'the same place'}"
                say(f"  {many:,} at {called(step) or '(on the way)'}: {where}")
            click.confirm(f"Move them to release {live.id[:12]}?", abort=True)
        now = clock.now_ms()
        job = correct.migrate(digest("migrate", journey, live.id, str(now)), journey, live.id, moves, now)
        _note(journey, job, standing.total(), why, now)
        (done,) = follow([job.id], "moving runs", quiet=as_json)
    _report(done, as_json)


def _pairs(said: Sequence[str]) -> Iterator[tuple[str, str]]:
    for pair in said:
        before, sign, after = pair.partition("=")
        if not sign or not before or not after:
            raise ValueError(f'--map "{pair}" is not OLD=NEW')
        yield before, after


def _check_moves(moves: Moves, to: Journey, called: Callable[[str], str]) -> None:
    known = {step.id for step in walk(to.steps)}
    for before, after in moves.steps.items():
        if after not in known:
            steps = ", ".join(sorted(map(called, known)))
            pair = f"{called(before)}={called(after)}"
            raise ValueError(f'--map {pair}: the live journey has no step "{called(after)}": {steps}')


def _all_mapped(standing: Counter[str], to: Journey, moves: Moves, called: Callable[[str], str]) -> None:
    missing = unmapped([step for step in standing if step], to, moves)
    if missing:
        told = "; ".join(f'{standing[step]:,} at "{called(step)}"' for step in sorted(missing))
        one = called(missing[0])
        raise ValueError(
            f"people wait where the live journey has no step: {told}. Say where they go on (--map {one}=STEP), "
            f"or that they leave (--exit {one})"
        )


def _note(journey: str, job: Job, many: int, why: str, now: int) -> None:
    said = why.strip()[:LONGEST_WHY]
    audit.note(Noted("migrate", journey, now, job=job.id, by=getpass.getuser(), many=many, why=said))


def _report(done: Job, as_json: bool) -> None:
    moved, unfit = done.notes.get("corrected", 0), done.notes.get("unfit", 0)
    if as_json:
        emit({"job": done.id, "finished": done.finished is not None, "notes": dict(done.notes)})
        return
    people = "1 run was" if moved == 1 else f"{moved:,} runs were"
    say(f"{people} corrected.", "green")
    if unfit:
        say(f"{unfit:,} could not be: their step came and went meanwhile. Run it again.", "yellow")
    if done.notes.get("aside"):
        say(f"{done.notes['aside']} were set aside: see the aside queue.", "red")
    if done.finished is None:
        say("It goes on by itself: `samovar jobs` shows how far.", "yellow")


def plain_aside(found: InFlight) -> list[dict[str, Any]]:
    """Whom a mistake keeps, for programs."""
    return [
        {"journey": name, "step": step, "code": code, "people": many}
        for (name, step, code), many in sorted(found.aside.items())
    ]


def plain(found: InFlight) -> list[dict[str, Any]]:
    """Who is in flight, for programs."""
    return [
        {"journey": name, "release": release, "step": step, "people": many}
        for (name, release, step), many in sorted(found.waiting.items())
    ]
