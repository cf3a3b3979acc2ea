"""How journeys went, told of one person: from rows, facts and definitions alone."""

from dataclasses import replace
from typing import Any

import pytest

from authoring.course import Course, UnknownJourney
from functions.core.advance import advance
from functions.core.contact import Contact
from functions.core.enrollment import Enrollment, Passage
from functions.core.event import SYSTEM, Event
from functions.core.journey_facts import MERGED
from functions.core.message import Message
from functions.core.release import Release
from tests.journeys import DAY, HOUR, NOW, WELCOME, contact, entered, happened, holding, journey, release, rules


def event(name: str, at: int = NOW, *, kind: str = "track", **properties: Any) -> Event:
    return Event("e#ada", f"m{at}", at, at, at, kind, name, properties)


def course(
    made: Release,
    *runs: Enrollment,
    person: Contact | None = None,
    events: list[Event] | None = None,
    now: int = NOW,
    **more: Any,
) -> Course:
    return Course(person or contact(), made, {"r1": made}, runs, more.get("messages", ()), events or [], now)


def ran(made: Release, person: Contact, *moments: int, name: str = "welcome") -> Enrollment:
    run = entered(made, name)
    for now in moments:
        run, _ = advance(rules(made, name), run, person, made, now)
    return run


def codes(made: Release, name: str = "welcome", **known: Any) -> list[str]:
    runs = known.pop("runs", ())
    (told,) = course(made, *runs, **known).told(name)
    return [reason["code"] for reason in told["kept_out"]]


def test_each_step_that_was_passed_is_told_with_its_message_and_what_it_asked() -> None:
    made = release(welcome=WELCOME)
    run = ran(made, contact(), NOW, NOW + 3 * DAY)
    hello = Message(run.messages["hello"], "ada", "welcome", "hello", "welcome", "tips", "r1", NOW, enrollment=run.id)
    guide = replace(
        hello, id=run.messages["guide"], step="guide", created=NOW + 3 * DAY, state="withheld", reason="no-consent"
    )
    (told,) = course(made, run, messages=[guide, hello], events=[event("Form Submitted")]).told("welcome")
    (shown,) = told["runs"]
    assert [(one["step"], one["says"]) for one in shown["steps"]] == [
        ("hello", "was to get the e-mail “welcome”"),
        ("clicked", "let 3 days go by"),
        ("keen", "went else: does not have at least 50 points in “interest”"),
        ("guide", "was to get the e-mail “brewing-guide”"),
        ("mark", "was given the tag welcomed"),
    ]
    by_step = {one["step"]: one for one in shown["steps"]}
    assert by_step["hello"]["message"]["state"] == "intended"
    assert (by_step["guide"]["message"]["state"], by_step["guide"]["message"]["reason"]) == ("withheld", "no-consent")
    assert by_step["guide"]["message"]["why"]
    assert by_step["keen"]["asked"] == [
        {
            "sentence": "has at least 50 points in “interest”",
            "holds": False,
            "until": None,
            "saw": "0 points",
        }
    ]
    assert "message" not in by_step["mark"]
    assert (shown["says"], shown["ended_because"]) == ("came to its end", "there was no further step")
    assert shown["waiting"] is None


def test_what_a_run_waits_for_is_told_with_its_limit_and_what_is_known() -> None:
    made = release(welcome=WELCOME)
    run = ran(made, contact(), NOW)
    (shown,) = course(made, run).told("welcome")[0]["runs"]
    assert shown["waiting"] == {
        "step": "clicked",
        "says": "Wait until the contact has clicked a link in the message of step hello, 3 days at most",
        "since": "2026-09-21T14:13:20.000Z",
        "until": "2026-09-24T14:13:20.000Z",
        "looks_again": "2026-09-24T14:13:20.000Z",
        "asked": [
            {
                "sentence": "has clicked a link in the message of step hello",
                "holds": False,
                "until": None,
                "saw": "not yet",
            }
        ],
    }


def test_a_wait_in_a_turn_is_told_by_what_happened_in_that_turn() -> None:
    asked = {"id": "asked", "wait": {"until": {"event": "Order Completed"}, "at_most": "7 days"}}
    made = release(welcome=journey({"id": "r", "repeat": [asked], "at_most": 3}))
    bought = happened(contact(), "Order Completed", NOW + HOUR)
    run, _ = advance(rules(made), ran(made, contact(), NOW), bought, made, NOW + 2 * HOUR)
    (shown,) = course(made, run, person=bought, now=NOW + 3 * HOUR).told("welcome")[0]["runs"]
    assert [one["holds"] for one in shown["waiting"]["asked"]] == [False]


def test_a_run_that_went_on_as_another_persons_says_so() -> None:
    made = release(welcome=WELCOME)
    run = ran(made, contact(), NOW)
    ended = replace(run, state="exited", ended=NOW, waiting=None, path=(*run.path, Passage("", NOW, MERGED)))
    (shown,) = course(made, ended).told("welcome")[0]["runs"]
    assert shown["steps"][-1]["says"] == "turned out to be somebody else, whose journey it is from here on"
    assert shown["ended_because"] == ""


def test_a_run_of_a_journey_or_a_step_that_is_gone_is_still_told() -> None:
    run = ran(release(welcome=WELCOME), contact(), NOW, NOW + 3 * DAY)
    made = release(other=journey({"id": "out", "exit": True}))
    told = Course(contact(), made, {}, [run], [], [], NOW).told("welcome")
    assert [one["says"] for one in told[0]["runs"][0]["steps"]] == ["sent", "limit", "else", "sent", "tagged"]
    assert (told[0]["live"], told[0]["starts"], told[0]["kept_out"]) == (False, None, [])


def test_a_trigger_that_never_happened_keeps_out_and_is_told_from_one_that_did_not_fit() -> None:
    made = release(
        big=journey(
            {"id": "out", "exit": True}, start={"when": {"event": "Order Completed", "where": {"total": {"above": 50}}}}
        )
    )
    (told,) = course(made, events=[event("Order Completed", total=9)]).told("big")
    assert told["kept_out"][0]["says"] == (
        "Order Completed where total is above 50 never happened, though Order Completed did, 1 time"
    )
    assert codes(made, "big") == ["never-happened", "topic"]
    assert codes(made, "big", events=[event("Order Completed", total=90)]) == ["unknown", "topic"]
    imported = replace(event("Order Completed", total=90), cause="import")
    assert codes(made, "big", events=[imported]) == ["not-live", "topic"]


@pytest.mark.parametrize(
    ("start", "known", "expected"),
    [
        ({"when": {"becomes": {"tag": "x"}}}, {}, "never-crossed"),
        ({"when": {"becomes": {"not": {"tag": "x"}}}}, {}, "held-before"),
        ({"when": {"every": "monday", "segment": "nobody"}}, {}, "not-in-segment"),
        ({"when": {"requested": True}}, {}, "never-asked"),
        ({"when": {"requested": True}}, {"events": [event("Journey Requested", kind=SYSTEM, wanted="it")]}, "unknown"),
        (
            {"when": {"requested": True}},
            {"events": [event("Journey Requested", kind=SYSTEM, wanted="x")]},
            "never-asked",
        ),
        (
            {"when": {"event": "Cart Filled"}, "one_per": {"property": "cart"}},
            {"events": [event("Cart Filled")]},
            "no-key",
        ),
    ],
)
def test_each_trigger_says_why_it_did_not_start_anything(start: Any, known: Any, expected: str) -> None:
    made = release(it=journey({"id": "out", "exit": True}, start=start))
    assert codes(made, "it", **known)[0] == expected


def test_who_may_not_enter_is_told_by_the_condition_and_the_last_day() -> None:
    start = {"when": {"event": "Cart Filled"}, "only_if": {"trait": "plan", "is": "gold"}}
    made = release(it=journey({"id": "out", "exit": True}, start=start, ends="2026-09-21"))
    assert codes(made, "it", events=[event("Cart Filled")]) == ["ended", "unknown", "only-if", "topic"]
    gold = holding(contact(), "plan", "gold")
    assert codes(made, "it", person=gold, events=[event("Cart Filled")]) == ["ended", "unknown", "topic"]


@pytest.mark.parametrize(
    ("again", "days", "expected"),
    [("never", 90, ["again"]), ("after 30 days", 29, ["again"]), ("after 30 days", 30, []), ("always", 1, [])],
)
def test_why_nobody_enters_twice(again: str, days: int, expected: list[str]) -> None:
    made = release(it=journey({"id": "out", "exit": True}, start={"when": {"event": "Cart Filled"}, "again": again}))
    run = ran(made, contact(), NOW, name="it")
    assert codes(made, "it", runs=[run], now=NOW + days * DAY) == expected
    waiting = release(
        it=journey({"id": "w", "wait": "1 day"}, start={"when": {"event": "Cart Filled"}, "again": again})
    )
    assert codes(waiting, "it", runs=[ran(waiting, contact(), NOW, name="it")]) == ["inside"]


def test_a_journey_that_is_none_is_named_with_those_that_are() -> None:
    with pytest.raises(UnknownJourney, match="welcome"):
        course(release(welcome=WELCOME)).told("nowhere")
    assert [one["id"] for one in course(release(welcome=WELCOME)).told()] == ["welcome"]
