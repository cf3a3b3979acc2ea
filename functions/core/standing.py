"""Where a contact stands at a moment: temperature, grade and stage, from facts and from the lines crossed so far.

Each answer comes with its `until` (ms, later than now): no change before it unless an event arrives, None
meaning never by time alone. What is held only matters where a line is crossed one way at another place than
back (bands), or not back at all (`forward_only`); so deciding again what was just decided changes nothing.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from functions.core.certainty import Verdict, earliest
from functions.core.conditions import Condition
from functions.core.contact import Contact, Standing, State
from functions.core.funnel import Funnel
from functions.core.release import Release
from functions.core.views import band, first_day_below, local_day, midnight, points

Holds = Callable[[Condition], Verdict]
"""Whether a condition holds for the contact now."""

COLD: Final = "cold"
LOWEST: Final = "D"
NO_STAGE: Final = ""


def temperature_at(contact: Contact, release: Release, now: int) -> tuple[str, int | None]:
    """The contact's temperature band. Its until holds for whoever stands at it: whom the last write decided."""
    rule = release.scoring.temperature
    score = release.scoring.scores.get(rule.score) if rule else None
    if rule is None or score is None:
        return COLD, None
    zone = release.sending.business.time_zone
    today = local_day(now, zone)
    facts = contact.state.facts
    stands = band(points(facts, rule.score, score, today, zone), rule, contact.state.standing.temperature)
    if stands == COLD:
        return stands, None
    left = rule.hot.until_below if stands == "hot" else rule.warm.until_below
    day = first_day_below(facts, rule.score, score, today, left, zone)
    return stands, None if day is None else midnight(day, zone)


def grade_at(release: Release, holds: Holds) -> tuple[str, int | None]:
    """The grade: points of the rules that hold, added; the best letter that they are enough for."""
    grade = release.scoring.grade
    if grade is None:
        return LOWEST, None
    verdicts = [(rule.points, holds(rule.when)) for rule in grade.rules]
    fit = sum(given for given, verdict in verdicts if verdict.holds)
    letters = (("A", grade.a), ("B", grade.b), ("C", grade.c))
    letter = next((letter for letter, least in letters if fit >= least), LOWEST)
    return letter, earliest(verdict.until for _, verdict in verdicts)


def stage_at(state: State, release: Release, holds: Holds) -> tuple[str, int | None]:
    """The stage: the last one in the file whose condition holds, NO_STAGE where none does; where people only
    go forward, none before the one held. Its until holds for whoever stands at it.

    The stage that somebody was put at last counts as one whose condition holds from then on. So nobody falls back
    behind it; what the conditions say may lead further; and being put at an earlier one lets them fall back that
    far, as far as no condition holds them and people do go back.
    """
    funnel, put = release.funnel, state.facts.stage_set
    held = funnel.place(state.standing.stage) if funnel.forward_only else -1
    if put is not None:
        held = max(held, funnel.place(put[1]))
    untils: list[int | None] = []
    # From the end, and no further back than needed: what comes before a stage that holds is not asked.
    for place in range(len(funnel.stages) - 1, held, -1):
        verdict = holds(funnel.stages[place].when)
        if verdict.holds:
            # Nobody who only goes forward leaves a stage that ceases to hold.
            untils.append(None if funnel.forward_only else verdict.until)
            return funnel.stages[place].id, earliest(untils)
        untils.append(verdict.until)
    return funnel.stages[held].id if held >= 0 else NO_STAGE, earliest(untils)


def joined_stages(one: Standing, other: Standing, funnel: Funnel) -> Standing:
    """`one` with the stages of `other`, who turned out to be the same person: each entered when it was entered
    last. It stays where it stands, or stands at the later stage where people only go forward."""
    stages = {
        stage: max(each.stages.get(stage, 0) for each in (one, other)) for stage in {**one.stages, **other.stages}
    }
    stage = max(one.stage, other.stage, key=funnel.place) if funnel.forward_only else one.stage
    return replace(one, stage=stage, stages=stages)


def joined_journeys(one: Standing, other: Standing) -> dict[str, int]:
    """The journeys whose condition holds for either of two who turned out to be the same person, each since the
    earlier: what started for one of them doesn't start again for both."""
    held: dict[str, int] = dict(one.journeys)
    for name, since in other.journeys.items():
        held[name] = min(since, held.get(name, since))
    return held
