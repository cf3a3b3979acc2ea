"""What journeys are called when people ask what they do."""

from typing import Any

import pytest
from pydantic import TypeAdapter

from functions.core.advance import advance
from functions.core.contact import Contact
from functions.core.journey import TRIGGERS, Journey, Start, trigger_kind
from functions.core.journey_facts import MERGED, NOT_AGAIN
from functions.core.release import Release
from functions.core.steps import STEPS, Step, step_kind
from functions.core.telling import lines, of_end, of_outcome, of_start, of_state, of_step, of_trigger
from functions.core.tree import walk
from tests.journeys import DAY, NOW, WELCOME, contact, entered, journey, release, rules

STEP: TypeAdapter[Step] = TypeAdapter(Step)
RELEASE = Release.model_validate(
    {
        "sending": {
            "business": {"name": "Tea", "time_zone": "Europe/Istanbul"},
            "from": {"name": "Tea", "email": "hello@tea.example"},
            "topics": [{"id": "tips", "title": "Brewing tips"}],
        },
        "scoring": {"scores": {"interest": {"title": "Interest in our tea"}}},
        "segments": {"keen": {"title": "Keen people", "when": {"tag": "x"}}},
        "funnel": {"stages": [{"id": "desire", "title": "Wants it", "when": {"tag": "x"}}]},
        "journeys": {"welcome": {**WELCOME, "title": "A warm welcome"}},
    }
)

STEPS_SAID: list[tuple[dict[str, Any], str, dict[str, str]]] = [
    ({"send": "welcome"}, "Send the e-mail “welcome”", {"sent": "was to get the e-mail “welcome”"}),
    (
        {"send": {"sms": "hi"}, "topic": "tips"},
        "Send the text message “hi”, about “Brewing tips”",
        {"sent": "was to get the text message “hi”"},
    ),
    ({"send": {"push": "hi"}}, "Send the notification “hi”", {}),
    ({"wait": "3 days"}, "Wait 3 days", {"passed": "waited 3 days"}),
    (
        {"wait": {"until": {"event": "Order Completed"}, "at_most": "1 week"}},
        "Wait until the contact has bought (Order Completed), 1 week at most",
        {"until": "is waited for no longer: has bought (Order Completed)", "limit": "let 1 week go by"},
    ),
    (
        {"wait": {"until_trait": "trial_ends", "before": "3 days", "at": "10:00"}},
        "Wait until 3 days before their trial ends, 10:00 by the contact's clock",
        {"passed": "came to the day", "no-day": "went on at once: the day is not known"},
    ),
    (
        {"wait": {"until_day": "2027-03-08", "after": "1 day"}},
        "Wait until 1 day after 2027-03-08, 09:00 by the contact's clock",
        {},
    ),
    (
        {"wait": {"until_open": {"on": ["monday", "friday"], "between": ["09:00", "18:00"]}}},
        "Wait until it is a Monday or Friday between 09:00 and 18:00 by the contact's clock",
        {"passed": "came to such a time of the week"},
    ),
    (
        {"if": {"score": "interest", "at_least": 50}},
        "Ask whether the contact has at least 50 points in “Interest in our tea”",
        {
            "then": "went then: has at least 50 points in “Interest in our tea”",
            "else": "went else: does not have at least 50 points in “Interest in our tea”",
        },
    ),
    (
        {"switch": [{"id": "big", "when": {"trait": "budget", "at_least": 5000}}], "otherwise": []},
        "Go the first way that fits: big if their budget is at least 5000; otherwise",
        {"big": "went big: their budget is at least 5000", "otherwise": "went otherwise: no way fitted"},
    ),
    (
        {"split": [{"id": "a", "percent": 30}, {"id": "b", "percent": 70}]},
        "Divide people by chance: 30 of a hundred go a and 70 of a hundred go b",
        {"a": "went a, by chance"},
    ),
    (
        {"holdout": 10},
        "Let 10 of a hundred people leave here, to compare the others with",
        {"held-out": "left, for comparison", "goes-on": "is not held out"},
    ),
    (
        {"update": {"traits": {"plan_name": "gold", "trial": None}, "stage": "desire"}},
        "Set their plan name to gold, forget their trial and put the contact at the stage “Wants it”",
        {"updated": "was changed: plan name is gold, trial is not known any more and stands at the stage “Wants it”"},
    ),
    ({"tag": "vip"}, "Put the tag vip on the contact", {"tagged": "was given the tag vip"}),
    ({"untag": "vip"}, "Take the tag vip off the contact", {"untagged": "lost the tag vip"}),
    (
        {"add": {"score": "interest", "points": -5}},
        "Take 5 points off “Interest in our tea”",
        {"added": "was given -5 in “Interest in our tea”"},
    ),
    ({"add": {"score": "interest", "points": 1}}, "Add 1 point to “Interest in our tea”", {}),
    (
        {"webhook": "crm", "keep": {"plan": "plan.name"}},
        "Call the webhook “crm”, and keep plan of its answer",
        {"called": "was sent to the webhook “crm”"},
    ),
    (
        {"notify": {"to": "shop", "subject": "Look here"}},
        "Tell the staff group “shop”: “Look here”",
        {"notified": "was named to the staff group “shop”"},
    ),
    (
        {"handoff": {"to": "shop", "reason": "Wants 40 kg"}},
        "Hand the contact to the staff group “shop”: “Wants 40 kg”",
        {"handed-off": "was handed to the staff group “shop”"},
    ),
    (
        {"start": "welcome"},
        "Start the journey “A warm welcome”",
        {"asked-for": "was to start the journey “A warm welcome”"},
    ),
    (
        {"repeat": [{"id": "day", "wait": "1 day"}], "until": {"tag": "x"}, "at_most": 3},
        "Do these steps again and again until the contact carries the tag x, 3 times at most",
        {
            "again": "began a turn",
            "until": "needs no further turn: carries the tag x",
            "enough": "went on after 3 turns",
        },
    ),
    ({"repeat": [{"id": "day", "wait": "1 day"}], "at_most": 1}, "Do these steps 1 time", {}),
    ({"repeat": [{"id": "day", "wait": "1 day"}]}, "Do these steps again and again", {}),
    ({"exit": True}, "Leave the journey", {"exit": "left the journey"}),
]

TRIGGERS_SAID: list[tuple[dict[str, Any], str]] = [
    (
        {"event": "Order Completed", "where": {"total": {"above": 50}}},
        "when Order Completed where total is above 50 happens",
    ),
    (
        {"becomes": {"segment": "keen"}},
        "as soon as the contact is in the segment “Keen people”, which was not so before",
    ),
    (
        {"every": "monday", "at": "08:30", "segment": "keen"},
        "every Monday at 08:30, for everybody in the segment “Keen people”",
    ),
    (
        {"every": "month", "day": 31, "segment": "keen"},
        "on day 31 of every month at 09:00, for everybody in the segment “Keen people”",
    ),
    ({"requested": True}, "when it is asked for: by a call with a secret key, a step of another journey, or by hand"),
]


@pytest.mark.parametrize(("step", "said", "outcomes"), STEPS_SAID)
def test_a_step_reads_aloud_and_so_does_how_it_was_passed(
    step: dict[str, Any], said: str, outcomes: dict[str, str]
) -> None:
    made = STEP.validate_python({"id": "one", **step})
    assert of_step(made, RELEASE) == said
    assert {outcome: of_outcome(made, outcome, RELEASE) for outcome in outcomes} == outcomes
    for merged in (MERGED, NOT_AGAIN):
        assert of_outcome(made, merged, RELEASE).startswith("turned out to be somebody else")


@pytest.mark.parametrize(("when", "said"), TRIGGERS_SAID)
def test_a_trigger_reads_aloud(when: dict[str, Any], said: str) -> None:
    assert of_trigger(Start.model_validate({"when": when}).when, RELEASE) == said


def test_no_kind_of_step_and_of_trigger_is_without_words() -> None:
    assert {step_kind(step) for step, _, _ in STEPS_SAID} == set(STEPS)
    assert {trigger_kind(when) for when, _ in TRIGGERS_SAID} == set(TRIGGERS)


@pytest.mark.parametrize(
    ("rest", "often"),
    [
        ({}, "once in a lifetime"),
        ({"again": "always"}, "again each time, when the last run is over"),
        ({"again": "after 30 days"}, "again 30 days after the last start, when that run is over"),
        ({"again": "always", "one_per": "event"}, "as often as it happens, side by side"),
        (
            {"again": "always", "one_per": {"property": "order_id"}},
            "again each time, when the last run is over, for each order id apart",
        ),
    ],
)
def test_how_often_a_journey_is_taken_reads_aloud(rest: dict[str, Any], often: str) -> None:
    start = Start.model_validate({"when": {"event": "Cart Filled"}, "only_if": {"tag": "x"}, **rest})
    assert of_start(start, RELEASE) == f"when Cart Filled happens; only if the contact carries the tag x; {often}"


def test_every_line_of_a_journey_says_how_deep_it_stands_and_what_leads_there() -> None:
    told = [(line.depth, line.way, line.step.id) for line in lines(RELEASE.journeys["welcome"].steps, RELEASE)]
    assert told == [
        (0, "", "hello"),
        (0, "", "clicked"),
        (0, "", "keen"),
        (1, "then", "offer"),
        (1, "else", "guide"),
        (0, "", "mark"),
    ]


def test_the_way_a_real_run_went_reads_aloud() -> None:
    made = release(welcome=WELCOME)
    moved, _ = advance(rules(made), entered(made), contact(), made, NOW)
    moved, _ = advance(rules(made), moved, contact(), made, NOW + 3 * DAY)
    steps = {step.id: step for step in walk(rules(made).steps)}
    assert [of_outcome(steps[one.step], one.outcome, made) for one in moved.path] == [
        "was to get the e-mail “welcome”",
        "let 3 days go by",
        "went else: does not have at least 50 points in “interest”",
        "was to get the e-mail “brewing-guide”",
        "was given the tag welcomed",
    ]
    assert of_state(moved.state) == "came to its end"


@pytest.mark.parametrize(
    ("state", "why"),
    [
        ("active", ""),
        ("done", "there was no further step"),
        ("goal", "Order Completed happened"),
        ("exited", "the contact carries the tag x, 2027-03-08 came or a step led out"),
    ],
)
def test_why_a_run_is_over_reads_aloud(state: Any, why: str) -> None:
    made = Journey.model_validate(
        journey({"id": "out", "exit": True}, exit={"tag": "x"}, ends="2027-03-08", goal={"event": "Order Completed"})
    )
    assert of_end(made, state, RELEASE) == why


def test_nobody_needs_a_title() -> None:
    person: Contact = contact()
    made = release(
        welcome=journey({"id": "go", "start": "nowhere"}, {"id": "more", "add": {"score": "none", "points": 2}})
    )
    moved, _ = advance(rules(made), entered(made), person, made, NOW)
    assert [of_step(step, made) for step in rules(made).steps] == [
        "Start the journey “nowhere”",
        "Add 2 points to “none”",
    ]
    assert moved.state == "done"
