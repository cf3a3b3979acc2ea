"""Making a plan: what the folder would do, and, where a deployment can be asked, to whom."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from authoring.inflight import InFlight
from authoring.plan.base import Base, against
from authoring.plan.items import items
from authoring.plan.journeys import told
from authoring.plan.model import Item, Plan, Standing
from authoring.plan.trials import trials
from authoring.problems import Invalid
from functions.core import renaming
from functions.core.backfilling import covers, decides_otherwise
from functions.core.counters import counters
from functions.core.release import Release
from functions.core.sentences import of_match

Count = Callable[[], InFlight]
Refusals = Callable[[Any], Iterable[str]]


def plan(
    root: Path,
    base: Base,
    *,
    count: Count | None = None,
    release_of: Callable[[str], Release] | None = None,
    refusals: Refusals = lambda made: (),
    foresee: Callable[[], dict[str, Any]] | None = None,
) -> Plan:
    """What publishing the folder would do in the place of the base.

    `count` counts the people in flight, where they can be counted, and `release_of` reads the releases that they are
    on; `refusals` says why the compiled folder would be refused as things stand.
    """
    try:
        made = against(root, base)
    except Invalid as invalid:
        return Plan(base.says, "", problems=invalid.problems, standing=None)
    now = made.sources
    differing = items(base.release, made.content, base.sources, now)
    return Plan(
        base.says,
        made.release_id,
        differing,
        _standing(differing, made.content, base, count, release_of),
        trials(made, base),
        counted(base.release, made.content),
        base.release is not None and _moves_people(base.release, made.content),
        made.warnings,
        refused=tuple(refusals(made)),
        foreseen=foresee() if foresee is not None else {},
    )


def counted(before: Release | None, after: Release) -> tuple[str, ...]:
    """What is counted that was not counted before, in words; nothing for a first release, where all is."""
    if before is None:
        return ()
    held, needed = counters(before, (), ""), counters(after, (), "")
    names = renaming.authored(after)
    fresh = [one for id, one in sorted(needed.by_id.items()) if id not in held.by_id]
    return tuple(dict.fromkeys(of_match(one.match, names) for one in fresh))


def _moves_people(before: Release, after: Release) -> bool:
    return decides_otherwise(before, after) or not covers(counters(before, (), ""), counters(after, (), ""))


def _standing(
    differing: tuple[Item, ...],
    after: Release,
    base: Base,
    count: Count | None,
    release_of: Callable[[str], Release] | None,
) -> tuple[Standing, ...] | None:
    concerned = {
        after.first_name("journey", item.name)
        for item in differing
        if item.kind == "journey"
        and item.how in ("changed", "renamed", "removed")
        and (item.lines or item.how == "removed")
    }
    if base.release is not None:
        concerned = {base.release.first_name("journey", name) for name in concerned}
    if not concerned:
        return ()
    if count is None or release_of is None:
        return None
    found = [
        Standing(
            after.present_name("journey", journey),
            release,
            after.present_name("step", step, f"journey {journey}") if step else "",
            people,
            _becomes(journey, step, release_of(release), after),
        )
        for (journey, release, step), people in sorted(count().waiting.items())
        if journey in concerned
    ]
    return tuple(found)


def _becomes(journey: str, step: str, before: Release, after: Release) -> Any:
    if journey not in after.every_journey:
        return "no journey"
    if not step:
        return "same"
    now = _steps(after, journey).get(step)
    if now is None:
        return "gone"
    return "same" if now == _steps(before, journey).get(step) else "changed"


def _steps(release: Release, journey: str) -> Mapping[str, Mapping[str, Any]]:
    held = release.every_journey.get(journey)
    return {} if held is None else {one.id: one.own for one in told(held.steps, release)}
