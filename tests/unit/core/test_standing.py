"""Temperature, grade and stage: where somebody stands, when a line is crossed, and that the order doesn't matter."""

import itertools
import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core.conditions import Condition, TagCondition
from functions.core.contact import Contact, Facts, Moment, Profile, Standing, State
from functions.core.counters import counter_id
from functions.core.decisions import decide, differing, keep
from functions.core.evaluate import Seen, Verdict, evaluate
from functions.core.release import Release
from functions.core.standing import grade_at, joined_stages, stage_at, temperature_at
from functions.core.views import local_day, midnight
from tests.journeys import DAY, NOW

TODAY = local_day(NOW, "UTC")
STAGES = ("attention", "interest", "desire", "action")
GRADE = {
    "rules": [
        {"id": "shop", "when": {"tag": "shop"}, "points": 30},
        {"id": "cafe", "when": {"tag": "cafe"}, "points": 20},
        {"id": "home", "when": {"tag": "home"}, "points": -25},
    ],
    "a": 50,
    "b": 30,
    "c": 0,
}


def release(**more: Any) -> Release:
    funnel = {"stages": [{"id": stage, "when": {"tag": stage}} for stage in STAGES]}
    return Release.model_validate(
        {
            "sending": {
                "business": {"name": "Tea", "time_zone": "UTC"},
                "from": {"name": "Tea", "email": "hello@tea.example"},
                "topics": [{"id": "tips", "title": "Tips"}],
            },
            "scoring": {
                "scores": {
                    "interest": {
                        "half_life": "10 days",
                        "rules": [{"id": "page", "when": {"event": "Page Viewed"}, "points": 20}],
                    }
                },
                "temperature": {
                    "score": "interest",
                    "warm": {"at_least": 20, "until_below": 10},
                    "hot": {"at_least": 60, "until_below": 40},
                },
                "grade": GRADE,
            },
            "funnel": funnel,
            **more,
        }
    )


def forward(**more: Any) -> Release:
    made = release(**more)
    return made.model_copy(update={"funnel": made.funnel.model_copy(update={"forward_only": True})})


def contact(tags: tuple[str, ...] = (), pages: int = 0, **standing: Any) -> Contact:
    page = counter_id(release().scoring.scores["interest"].rules[0].when)
    facts = Facts(tags={tag: (Moment(NOW, 1), True) for tag in tags}, counters={page: {TODAY: pages}} if pages else {})
    return Contact(State("ada", facts=facts, standing=Standing(**standing)), Profile("ada"))


class Holds:
    """Which tags there are and until when; and what was asked."""

    def __init__(self, *tags: str, until: Mapping[str, int] | None = None) -> None:
        self.tags, self.until, self.asked = tags, until or {}, list[str]()

    def __call__(self, condition: Condition) -> Verdict:
        assert isinstance(condition, TagCondition)
        self.asked.append(condition.tag)
        return Verdict(condition.tag in self.tags, self.until.get(condition.tag))


@pytest.mark.parametrize(
    ("tags", "letter"),
    [((), "C"), (("shop",), "B"), (("shop", "cafe"), "A"), (("shop", "cafe", "home"), "C"), (("home",), "D")],
)
def test_the_grade_is_the_best_letter_that_the_fit_is_enough_for(tags: tuple[str, ...], letter: str) -> None:
    assert grade_at(release(), Holds(*tags)) == (letter, None)


def test_a_grade_stands_until_the_first_of_its_rules_may_change() -> None:
    assert grade_at(release(), Holds("shop", until={"shop": NOW + 5, "home": NOW + 3}))[1] == NOW + 3
    assert grade_at(release(scoring={}), Holds()) == ("D", None)


def stage(made: Release, holds: Holds, held: str = "", put: str = "") -> tuple[str, int | None]:
    facts = Facts(stage_set=(Moment(NOW, 1), put)) if put else Facts()
    return stage_at(State("c", facts=facts, standing=Standing(stage=held)), made, holds)


def test_people_stand_at_the_last_stage_that_holds_and_go_back_when_it_ceases() -> None:
    assert stage(release(), Holds()) == ("", None)
    assert stage(release(), Holds("attention", "desire"))[0] == "desire"
    assert stage(release(), Holds("attention"), held="desire")[0] == "attention"
    assert stage(release(), Holds(), held="desire")[0] == ""
    assert stage(release(), Holds("interest"), held="a-stage-that-went")[0] == "interest"


def test_who_only_goes_forward_never_stands_before_the_stage_held() -> None:
    assert stage(forward(), Holds("attention"), held="desire") == ("desire", None)
    assert stage(forward(), Holds("action"), held="desire")[0] == "action"
    assert stage(forward(), Holds(), held="action") == ("action", None)
    assert stage(forward(), Holds("attention"), held="a-stage-that-went")[0] == "attention"


def test_a_stage_stands_until_it_or_a_later_one_may_change_and_no_earlier_one_is_asked() -> None:
    untils = {"attention": NOW + 1, "interest": NOW + 5, "desire": NOW + 9, "action": NOW + 7}
    holds = Holds("interest", until=untils)
    assert stage(release(), holds) == ("interest", NOW + 5)
    assert holds.asked == ["action", "desire", "interest"]
    assert stage(release(), Holds(until=untils)) == ("", NOW + 1)
    assert stage(forward(), Holds("interest", until=untils)) == ("interest", NOW + 7)
    assert stage(forward(), Holds("interest", until=untils), held="desire") == ("desire", NOW + 7)


def test_a_stage_that_somebody_was_put_at_counts_as_reached_from_then_on() -> None:
    for made in (release(), forward()):
        assert stage(made, Holds(), put="desire") == ("desire", None)
        assert stage(made, Holds("attention"), held="attention", put="desire")[0] == "desire"
        assert stage(made, Holds("action"), put="desire")[0] == "action"
        assert stage(made, Holds("attention"), put="a-stage-that-went")[0] == "attention"


def test_who_is_put_at_an_earlier_stage_falls_back_that_far_unless_people_only_go_forward() -> None:
    assert stage(release(), Holds("attention"), held="desire", put="interest")[0] == "interest"
    assert stage(release(), Holds("desire"), held="desire", put="interest")[0] == "desire"
    assert stage(forward(), Holds(), held="desire", put="interest")[0] == "desire"


def test_a_stage_somebody_was_put_at_stands_until_a_later_one_may_hold() -> None:
    holds = Holds("interest", until={"attention": NOW + 1, "interest": NOW + 2, "desire": NOW + 9, "action": NOW + 7})
    assert stage(release(), holds, put="interest") == ("interest", NOW + 7)
    assert holds.asked == ["action", "desire"]


@pytest.mark.parametrize(
    ("pages", "held", "band", "days"),
    [
        (0, "hot", "cold", None),
        (1, "cold", "warm", 11),
        (2, "cold", "warm", 21),
        (2, "hot", "hot", 1),
        (3, "cold", "hot", 6),
    ],
)
def test_a_band_is_entered_at_one_number_and_left_below_a_lower_one(
    pages: int, held: str, band: str, days: int | None
) -> None:
    until = None if days is None else midnight(TODAY + days, "UTC")
    assert temperature_at(contact(pages=pages, temperature=held), release(), NOW) == (band, until)


def made_by(person: Contact, rules: Release, now: int = NOW) -> tuple[Contact, list[tuple[str, str, str]]]:
    outcome = decide(person, rules, now)
    lines = [(one.kind, one.before, one.after) for one in outcome.decisions]
    return replace(person, state=replace(outcome.state, version=outcome.state.version + 1)), lines


def test_a_crossed_grade_and_stage_are_decisions_made_once() -> None:
    person, lines = made_by(contact(("shop", "interest")), release())
    assert lines == [("grade", "D", "B"), ("stage", "", "interest")]
    assert (person.state.standing.grade, person.state.standing.stage) == ("B", "interest")
    assert made_by(person, release())[1] == []


def test_a_standing_remembers_when_each_stage_was_entered_last() -> None:
    person, _ = made_by(contact(("interest",)), release())
    for number, tags in enumerate((("action",), ("interest",), ())):
        person = replace(person, state=replace(person.state, facts=contact(tags).state.facts))
        person, lines = made_by(person, release(), NOW + (number + 1) * DAY)
        assert [kind for kind, _, _ in lines] == ["stage"]
    assert (person.state.standing.stage, dict(person.state.standing.stages)) == (
        "",
        {"interest": NOW + 2 * DAY, "action": NOW + DAY},
    )


def test_a_stage_that_the_funnel_no_longer_has_is_left_and_forgotten() -> None:
    person = contact(("interest",), stage="gone", stages={"gone": NOW - 5, "attention": NOW - 9}, grade="C")
    person, lines = made_by(person, release())
    assert lines == [("stage", "gone", "interest")]
    assert dict(person.state.standing.stages) == {"attention": NOW - 9, "interest": NOW}


def test_a_rebuild_decides_nothing_and_tells_what_would_differ() -> None:
    person = contact(("shop", "interest"), pages=1)
    assert keep(person, release(), NOW).decisions == ()
    assert keep(person, release(), NOW).state.standing == person.state.standing
    assert keep(person, release(), NOW).state.due == NOW
    assert [one.kind for one in differing(person, release(), NOW)] == ["temperature", "grade", "stage"]


def test_what_is_decided_is_due_when_the_earliest_line_may_be_crossed() -> None:
    quiet = {"event": "Page Viewed", "within": "3 days"}
    made = release(funnel={"stages": [{"id": "interest", "when": quiet}]})
    person = contact(pages=1)
    key = counter_id(made.funnel.stages[0].when)  # type: ignore[arg-type]
    facts = replace(person.state.facts, newest={key: (Moment(NOW - DAY, 1),)})
    person = replace(person, state=replace(person.state, facts=facts))
    person, lines = made_by(person, made)
    assert ("stage", "", "interest") in lines
    assert person.state.due == NOW + 2 * DAY
    assert made_by(person, made, NOW + 2 * DAY)[1] == [("stage", "interest", "")]


def test_two_who_are_one_stand_at_the_later_stage_where_people_only_go_forward() -> None:
    one = Standing(stage="interest", stages={"attention": 5, "interest": 9})
    other = Standing(stage="desire", stages={"attention": 7, "desire": 8}, grade="A")
    joined = joined_stages(one, other, forward().funnel)
    assert (joined.stage, dict(joined.stages)) == ("desire", {"attention": 7, "interest": 9, "desire": 8})
    assert joined.grade == "D"
    assert joined_stages(other, one, forward().funnel).stage == "desire"
    assert joined_stages(one, other, release().funnel).stage == "interest"


def entangled(only: bool) -> Release:
    """Temperature bears on the grade, the grade on the stage, and all of them on segments."""
    rules = [*GRADE["rules"], {"id": "hot", "when": {"temperature": ["warm", "hot"]}, "points": 20}]  # type: ignore[misc]
    plain = release().model_dump(mode="json", by_alias=True)
    plain["scoring"]["grade"] |= {"rules": rules}
    plain["funnel"] = {
        "forward_only": only,
        "stages": [
            {"id": "attention", "when": {"not": {"temperature": "cold"}}},
            {"id": "interest", "when": {"any": [{"tag": "interest"}, {"grade": "B"}]}},
            {"id": "desire", "when": {"all": [{"grade": ["A", "B"]}, {"segment": "near"}]}},
            {"id": "action", "when": {"tag": "action"}},
        ],
    }
    plain["segments"] = {
        "near": {"when": {"score": "interest", "at_least": 30}},
        "ready": {"when": {"all": [{"stage": "interest", "or_later": True}, {"not": {"grade": "D"}}]}},
        "stuck": {"when": {"stage": "interest", "for_at_least": "3 days"}},
        "cool": {"when": {"temperature": "cold"}},
    }
    return Release.model_validate(plain)


def crossed(kind: str, person: Contact, made: Release, now: int) -> Standing:
    """Where the person stands once one line, or all segments, are decided, and nothing else."""
    standing = person.state.standing

    def holds(condition: Condition) -> Verdict:
        return evaluate(condition, Seen(person, made), now)

    match kind:
        case "temperature":
            return replace(standing, temperature=temperature_at(person, made, now)[0])
        case "grade":
            return replace(standing, grade=grade_at(made, holds)[0])
        case "stage":
            stage = stage_at(person.state, made, holds)[0]
            since = standing.stages.get(stage, now) if stage == standing.stage else now
            return replace(
                standing, stage=stage, stages={**standing.stages, stage: since} if stage else standing.stages
            )
        case _:
            return replace(
                standing, segments={name: now for name, one in made.segments.items() if holds(one.when).holds}
            )


_TAGS = st.sets(st.sampled_from(("shop", "cafe", "home", *STAGES)))


@given(
    tags=_TAGS,
    pages=st.integers(0, 5),
    temperature=st.sampled_from(("cold", "warm", "hot")),
    grade=st.sampled_from("ABCD"),
    stage=st.sampled_from(("", *STAGES)),
    only=st.booleans(),
    order=st.permutations(("temperature", "grade", "stage", "segments")),
    later=st.integers(0, 30),
)
def test_the_order_in_which_lines_are_crossed_does_not_matter(
    tags: set[str], pages: int, temperature: str, grade: str, stage: str, only: bool, order: list[str], later: int
) -> None:
    made = entangled(only)
    stages = {stage: NOW - 2 * DAY} if stage else {}
    person = contact(tuple(tags), pages, temperature=temperature, grade=grade, stage=stage, stages=stages)
    now = NOW + later * DAY
    outcome = decide(person, made, now)
    standing = person.state.standing
    for kind in order:
        standing = crossed(kind, replace(person, state=replace(person.state, standing=standing)), made, now)
    after = outcome.state.standing
    assert (standing.temperature, standing.grade, standing.stage) == (after.temperature, after.grade, after.stage)
    assert set(standing.segments) == set(after.segments)
    assert decide(replace(person, state=outcome.state), made, now).decisions == ()


def test_every_band_once_crossed_is_held_on_the_same_points() -> None:
    chance = random.Random(7)
    for pages, held in itertools.product(range(9), ("cold", "warm", "hot")):
        now = NOW + chance.randint(0, 40) * DAY
        band, until = temperature_at(contact(pages=pages, temperature=held), release(), now)
        assert temperature_at(contact(pages=pages, temperature=band), release(), now) == (band, until)
