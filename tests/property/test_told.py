"""What is told of a person is what was evaluated, and points add up, whatever people did."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.contact import Contact, Profile, State
from functions.core.counters import counters
from functions.core.evaluate import Seen, evaluate
from functions.core.facts import rebuild
from functions.core.told import Told, told
from functions.core.why import why
from tests.generate import DAY_MS, ZONES, history
from tests.language import language
from tests.scale import scaled


def parts(one: Told) -> list[Told]:
    return [one, *(inner for part in one.parts for inner in parts(part))]


@given(seed=st.integers(0, 2**32), zone=st.sampled_from(ZONES))
@settings(max_examples=scaled(40), deadline=None)
def test_whatever_people_did_is_told_as_it_was_evaluated(seed: int, zone: str) -> None:
    chance = random.Random(seed)
    release = language(chance, zone, 8)
    events = history(chance)
    contact = rebuild(Contact(State("c1"), Profile("c1")), events, counters(release))
    now = max(event.received for event in events) + chance.randint(0, 60) * DAY_MS
    seen = Seen(contact, release)
    for segment in release.segments.values():
        verdict = evaluate(segment.when, seen, now)
        found = told(segment.when, seen, now)
        assert (found.holds, found.until) == (verdict.holds, verdict.until)
        for part in parts(found):
            assert part.sentence
            assert part.parts or part.saw
            assert not any(mark in part.sentence + part.saw for mark in ("{", "}", "None", "Condition("))


@given(seed=st.integers(0, 2**32), zone=st.sampled_from(ZONES))
@settings(max_examples=scaled(40), deadline=None)
def test_every_point_has_an_event_behind_it_and_they_add_up(seed: int, zone: str) -> None:
    chance = random.Random(seed)
    release = language(chance, zone, 1)
    events = history(chance)
    contact = rebuild(Contact(State("c1"), Profile("c1")), events, counters(release))
    now = max(event.received for event in events) + chance.randint(0, 10) * DAY_MS
    for name, score in why(contact, release, events, now)["scores"].items():
        rules = {rule.id: rule for rule in release.scoring.scores[name].rules}
        left = sum(rule["left"] for rule in score["rules"])
        assert abs(max(0.0, left) - score["points"]) <= 1 + 0.06 * len(rules)
        for rule in score["rules"]:
            counted = [event for event in rule["events"] if not event["capped"]]
            assert len(counted) == rule["counted"]
            assert len(rule["events"]) - len(counted) == rule["capped"]
            assert all(event["points"] == rules[rule["rule"]].points for event in counted)
