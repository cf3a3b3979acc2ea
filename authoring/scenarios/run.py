"""Living a scenario: from a person and what happens to them to everything that came of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from authoring.load import Path
from authoring.scenarios.happen import Happenings, Impossible, begin, contact_of
from authoring.scenarios.model import Scenario
from authoring.scenarios.moments import resolve, wall
from authoring.scenarios.world import AUTHORED, Letter, Rules, Run, World
from functions.core.advance import advance
from functions.core.contact import Contact, Profile, State
from functions.core.enrollment import Enrollment
from functions.core.journey import Journey
from functions.core.release import Release
from functions.core.steps import Holdout, Share, Split
from functions.core.tree import walk

DAY_MS: Final = 86_400_000
BEFORE_MS: Final = 1000
"""So long before the start everything is known that is known from the beginning."""
QUIET_MS: Final = 366 * DAY_MS
"""So long after the last thing that was written, lines that time alone crosses are waited for."""
LONGEST_MS: Final = 3660 * DAY_MS
MOVES: Final = 20_000
"""No scenario is followed further than ten years, or than so many moves of its clock."""
ATTEMPTS: Final = 100_000


@dataclass(slots=True)
class Life:
    """What came of a scenario. `broken` says where in it something is written that can't happen, and why."""

    scenario: Scenario
    journey: str
    world: World
    broken: tuple[Path, str] | None = None
    unfinished: bool = False
    theirs: str = field(default="")

    @property
    def runs(self) -> list[Run]:
        """The runs of the journey, in the order they were entered."""
        return [run for run in self.world.runs if run.enrollment.journey == self.journey]

    @property
    def letters(self) -> list[Letter]:
        """The messages of the journey, in the order they were decided."""
        return [letter for letter in self.world.letters if letter.message.journey == self.journey]

    def at(self, moment: str) -> int:
        """When (ms) a moment of the scenario is."""
        return resolve(moment, self.world.start, self.world.zone, self.theirs)


def live(rules: Rules, journey: str, scenario: Scenario, ids: Callable[[int], str] | None = None) -> Life:
    """Live a scenario of a journey to its end, as the first contact whom chance takes the ways that it wants;
    `ids` names those to choose among, by number."""
    zone = rules.release.sending.business.time_zone
    start = wall(scenario.starts, zone)
    world = World(rules, "", start)
    life = Life(scenario, journey, world)
    try:
        contact = _by_chance(rules.release, journey, scenario, ids)
    except Impossible as error:
        life.broken = (("by_chance",), str(error))
        return life
    world = life.world = World(rules, contact, start)
    world.now = start - BEFORE_MS
    begin(world, scenario.contact)
    life.theirs = world.theirs
    happenings = Happenings(world, journey)
    moments = [life.at(one.at) for one in scenario.events]
    for place, (at, one) in enumerate(zip(moments, scenario.events, strict=True)):
        if at < start:
            life.broken = (("events", place, "at"), "it happens before the scenario starts")
            return life
        world.plan(at, lambda place=place, one=one: _happen(life, happenings, place, one), AUTHORED)  # type: ignore[misc]
    until = life.at(scenario.until) if scenario.until else None
    life.unfinished = not _follow(world, journey, until, max([start, *moments]) + QUIET_MS)
    return life


def _follow(world: World, journey: str, until: int | None, quiet: int) -> bool:
    """Let a world go on to `until` (ms), or for as long as something of the journey goes on, and lines that time
    crosses up to `quiet`. False where it went on without end."""
    for _ in range(MOVES):
        coming = world.next()
        if coming is None:
            return True
        at = coming[0]
        if until is not None and at > until:
            world.now = until
            return True
        if until is None and not world.busy(journey) and at > quiet:
            return True
        if at > world.start + LONGEST_MS:
            return False
        world.step()
    return False


def _happen(life: Life, happenings: Happenings, place: int, one: object) -> None:
    if life.broken is not None:
        return
    try:
        happenings.happen(one, place)  # type: ignore[arg-type]
    except Impossible as error:
        life.broken = (("events", place), str(error))


def chances(journey: Journey) -> Iterator[Split | Holdout]:
    """The steps of a journey at which chance takes the way."""
    return (step for step in walk(journey.steps) if isinstance(step, Split | Holdout))


def ways_of(step: Split | Holdout) -> list[str]:
    """The ways that chance can take at a step."""
    return [way.id for way in step.split if way.percent] if isinstance(step, Split) else ["held-out", "goes-on"]


def _by_chance(release: Release, journey: str, scenario: Scenario, ids: Callable[[int], str] | None) -> str:
    """A contact whom chance takes the ways that the scenario wants. Raises Impossible."""
    wanted = scenario.by_chance
    bare = [_bare(step) for step in chances(release.journeys[journey]) if step.id in wanted]
    ids = ids or partial(contact_of, f"{journey}/{scenario.name}")
    for attempt in range(ATTEMPTS):
        contact = ids(attempt)
        if all(_taken(step, contact, journey, release) == wanted[step.id] for step in bare):
            return contact
    raise Impossible("chance takes these ways so rarely that nobody was found")


def _bare(step: Split | Holdout) -> Split | Holdout:
    if isinstance(step, Holdout):
        return step
    return Split(id=step.id, split=[Share(id=way.id, percent=way.percent) for way in step.split])


def _taken(step: Split | Holdout, contact: str, journey: str, release: Release) -> str:
    """The way that chance takes a contact at a step of a journey."""
    alone = release.journeys[journey].model_copy(update={"goal": None, "exit": None, "ends": None, "steps": [step]})
    run = Enrollment(contact, contact, journey, "", "", 0)
    moved, _ = advance(alone, run, Contact(State(contact), Profile(contact)), release, 0)
    return moved.path[0].outcome
