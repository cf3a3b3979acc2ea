"""Every kind of step, one by one: what it asks for, which way it goes, and when its wait is over."""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from math import sqrt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from functions.core import alarm
from functions.core.advance import TURN_MS, advance
from functions.core.contact import Contact
from functions.core.effects import Effect, HandOff, Record, SendMessage, from_plain, to_plain
from functions.core.enrollment import PATH_KEPT, Enrollment, Turns, enroll, watches
from functions.core.release import Release
from functions.tables import enrollments
from tests.journeys import DAY, HOUR, NOW, clicked, contact, entered, happened, holding, journey, release, rules

YEAR = 365 * DAY


class Walk:
    """One run through a journey of these steps, woken at moments of one's choosing."""

    def __init__(self, *steps: dict[str, Any], person: Contact | None = None, zone: str = "UTC", **rest: Any) -> None:
        self.made: Release = release(welcome=journey(*steps, **rest))
        self.zone = zone
        self.run: Enrollment = entered(self.made)
        self.effects: list[Effect] = []
        self.wake(person or contact())

    def wake(self, person: Contact, now: int = NOW) -> tuple[Effect, ...]:
        self.run, effects = advance(rules(self.made), self.run, person, self.made, now, lambda _: self.zone)
        self.effects += effects
        return effects

    def ring(self, person: Contact | None = None) -> tuple[Effect, ...]:
        """Wake at the alarm's moment."""
        assert self.run.waiting is not None
        return self.wake(person or contact(), self.run.waiting.alarm)

    @property
    def went(self) -> list[tuple[str, str]]:
        return [(passed.step, passed.outcome) for passed in self.run.path]

    @property
    def stands(self) -> tuple[str, int]:
        assert self.run.waiting is not None
        return self.run.waiting.step, self.run.waiting.deadline

    def recorded(self) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
        records = [effect for effect in self.effects if isinstance(effect, Record)]
        return [(one.name, dict(one.properties), dict(one.traits)) for one in records]


def wall(zone: str, text: str) -> int:
    """The first moment (ms) at which clocks of a zone show a time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1000


# What steps do


def test_each_acting_step_asks_for_what_it_says() -> None:
    walk = Walk(
        {"id": "know", "update": {"traits": {"plan": "gold", "trial": None, "şehir": "İzmir"}, "stage": "customer"}},
        {"id": "mark", "tag": "vip"},
        {"id": "clear", "untag": "trial"},
        {"id": "keen", "add": {"score": "interest", "points": -5}},
        {"id": "crm", "webhook": "crm", "keep": {"plan": "plan.name"}},
        {"id": "tell", "notify": {"to": "shop", "subject": "New"}},
        {"id": "sales", "handoff": {"to": "shop", "reason": "Wants 40 kg"}},
        {"id": "next", "start": "other"},
        {"id": "text", "send": {"sms": "hi"}, "topic": "offers"},
    )
    assert walk.run.state == "done"
    assert [outcome for _, outcome in walk.went] == [
        "updated",
        "tagged",
        "untagged",
        "added",
        "called",
        "notified",
        "handed-off",
        "asked-for",
        "sent",
    ]
    (lead,) = [effect for effect in walk.effects if isinstance(effect, HandOff)]
    assert (lead.to, lead.reason) == ("shop", "Wants 40 kg")
    assert walk.recorded() == [
        ("Traits Changed", {}, {"plan": "gold", "trial": None, "şehir": "İzmir"}),
        ("Stage Set", {"stage": "customer"}, {}),
        ("Tag Added", {"tag": "vip"}, {}),
        ("Tag Removed", {"tag": "trial"}, {}),
        ("Points Added", {"score": "interest", "points": -5}, {}),
        ("Lead Handed Off", {"lead": lead.lead, "to": "shop", "reason": "Wants 40 kg"}, {}),
        ("Journey Requested", {"wanted": "other"}, {}),
    ]
    messages = [effect for effect in walk.effects if isinstance(effect, SendMessage)]
    assert [(one.channel, one.template, one.topic) for one in messages] == [
        ("webhook", "crm", "tips"),
        ("staff", "tell", "tips"),
        ("staff", "sales", "tips"),
        ("sms", "hi", "offers"),
    ]
    assert walk.run.messages == {one.step: one.message for one in messages}
    assert [from_plain(to_plain(effect)) for effect in walk.effects] == walk.effects


def test_what_a_run_changes_twice_in_one_moment_is_dated_in_its_order() -> None:
    walk = Walk(
        {"id": "on", "tag": "hot"},
        {"id": "off", "untag": "hot"},
        {"id": "silver", "update": {"traits": {"plan": "silver"}}},
        {"id": "gold", "update": {"traits": {"plan": "gold"}}},
        {"id": "other", "tag": "new"},
        {"id": "hot", "if": {"tag": "hot"}, "then": [{"id": "yes", "send": "yes"}]},
        {"id": "is-gold", "if": {"trait": "plan", "is": "gold"}, "else": [{"id": "no", "send": "no"}]},
    )
    assert [one.at - NOW for one in walk.effects if isinstance(one, Record)] == [0, 1, 0, 1, 0]
    assert walk.went[-2:] == [("hot", "else"), ("is-gold", "then")]


def test_a_trait_that_a_step_set_outranks_what_anyone_claimed_later() -> None:
    steps = (
        {"id": "gold", "update": {"traits": {"plan": "gold"}}},
        {"id": "pause", "wait": "1 hour"},
        {"id": "ask", "if": {"trait": "plan", "is": "gold"}},
    )
    claimed, proved = Walk(*steps), Walk(*steps)
    claimed.ring(holding(contact(), "plan", "free", NOW + 1))
    proved.ring(holding(contact(), "plan", "free", NOW + 1, proved=True))
    assert claimed.went[-1] == ("ask", "then")
    assert proved.went[-1] == ("ask", "else")


# Ways


def test_a_switch_goes_the_first_way_that_holds_and_otherwise_where_none_does() -> None:
    switch = {
        "id": "budget",
        "switch": [
            {"id": "small", "when": {"trait": "budget", "below": 5000}, "then": [{"id": "a", "send": "a"}]},
            {"id": "any", "when": {"trait": "budget", "known": True}, "then": [{"id": "b", "send": "b"}]},
        ],
        "otherwise": [{"id": "c", "send": "c"}],
    }
    went = [
        Walk(switch, person=person).went[0][1]
        for person in (holding(contact(), "budget", 4999), holding(contact(), "budget", 5000), contact())
    ]
    assert went == ["small", "any", "otherwise"]


def _many(made: Release, people: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for number in range(people):
        person = contact()
        who = f"person-{number}"
        run = enroll("welcome", made.journeys["welcome"], "r1", None, contact=who, cause=f"e{number}", at=NOW)
        assert run is not None
        moved, _ = advance(rules(made), run, replace(person, state=replace(person.state, contact=who)), made, NOW)
        again = enroll("welcome", made.journeys["welcome"], "r2", None, contact=who, cause="another", at=NOW)
        assert again is not None
        once_more, _ = advance(rules(made), again, person, made, NOW + YEAR)
        assert [one.outcome for one in moved.path] == [one.outcome for one in once_more.path]
        found[moved.path[0].outcome] += 1
    return found


def _within_chance(times: int, people: int, percent: int) -> bool:
    """Whether a share lies within five standard deviations of what was meant."""
    expected = people * percent / 100
    return abs(times - expected) <= 5 * sqrt(expected * (1 - percent / 100))


def test_shares_of_a_split_are_as_meant_and_a_person_goes_the_same_way_each_time() -> None:
    ways = [{"id": f"w{percent}", "percent": percent} for percent in (5, 0, 25, 70)]
    found = _many(release(welcome=journey({"id": "ab", "split": ways})), 4_000)
    assert found["w0"] == 0
    assert all(_within_chance(found[f"w{percent}"], 4_000, percent) for percent in (5, 25, 70))


def test_a_holdout_lets_its_share_leave() -> None:
    found = _many(release(welcome=journey({"id": "control", "holdout": 10}, {"id": "x", "send": "x"})), 4_000)
    assert _within_chance(found["held-out"], 4_000, 10)
    assert found["held-out"] + found["goes-on"] == 4_000


def test_two_splits_of_a_journey_are_drawn_apart() -> None:
    made = release(
        welcome=journey(
            *(
                {"id": name, "split": [{"id": "a", "percent": 50}, {"id": "b", "percent": 50}]}
                for name in ("one", "two")
            )
        )
    )
    pairs: Counter[tuple[str, ...]] = Counter()
    for number in range(2_000):
        run = enroll("welcome", made.journeys["welcome"], "r1", None, contact=f"p{number}", cause="e", at=NOW)
        assert run is not None
        pairs[tuple(one.outcome for one in advance(rules(made), run, contact(), made, NOW)[0].path)] += 1
    assert all(_within_chance(many, 2_000, 25) for many in pairs.values())
    assert len(pairs) == 4


# Days and times of the week


@pytest.mark.parametrize(
    ("zone", "day", "at", "moment"),
    [
        ("UTC", "2026-10-01", "09:00", "2026-10-01T09:00"),
        ("Asia/Tokyo", "2026-10-01", "09:00", "2026-10-01T09:00"),
        ("America/Los_Angeles", "2026-10-01", "24:00", "2026-10-02T00:00"),
        # 02:30 is skipped: as long after the gap as it is in it.
        ("Europe/Berlin", "2027-03-28", "02:30", "2027-03-28T03:30"),
        # 02:30 comes twice: the first time.
        ("Europe/Berlin", "2026-10-25", "02:30", "2026-10-25T02:30"),
        ("America/New_York", "2027-03-14", "02:30", "2027-03-14T03:30"),
        # Clocks are put back at midnight, to 23:00 of the day before.
        ("America/Havana", "2026-11-01", "00:30", "2026-11-01T00:30"),
        # Clocks are put forward at midnight: the day begins at 01:00.
        ("Africa/Cairo", "2027-04-30", "00:00", "2027-04-30T01:00"),
        ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-04T02:45"),
        ("Pacific/Apia", "2026-12-31", "09:00", "2026-12-31T09:00"),
    ],
)
def test_a_wait_for_a_day_ends_by_the_contacts_own_clock(zone: str, day: str, at: str, moment: str) -> None:
    walk = Walk({"id": "day", "wait": {"until_day": day, "at": at}}, {"id": "x", "send": "x"}, zone=zone)
    assert walk.stands == ("day", wall(zone, moment))
    walk.wake(contact(), wall(zone, moment) - 1)
    assert walk.run.active
    walk.wake(contact(), wall(zone, moment))
    assert walk.went == [("day", "passed"), ("x", "sent")]


@pytest.mark.parametrize(("shift", "day"), [({"before": "3 days"}, "2026-10-07"), ({"after": "1 week"}, "2026-10-17")])
def test_so_long_before_or_after_the_day(shift: dict[str, str], day: str) -> None:
    walk = Walk({"id": "day", "wait": {"until_day": "2026-10-10", **shift}})
    assert walk.stands == ("day", wall("UTC", f"{day}T09:00"))


def test_a_day_that_is_over_or_not_known_is_not_waited_for() -> None:
    assert Walk({"id": "day", "wait": {"until_day": "2026-09-01"}}).went == [("day", "passed")]
    assert Walk({"id": "day", "wait": {"until_trait": "ends"}}).went == [("day", "no-day")]
    odd = holding(contact(), "ends", "some day")
    assert Walk({"id": "day", "wait": {"until_trait": "ends"}}, person=odd).went == [("day", "no-day")]
    last = {"until_day": "9999-12-31", "after": "30 days"}
    assert Walk({"id": "day", "wait": last}).went == [("day", "no-day")]


def test_the_day_of_a_trait_may_move_while_it_is_waited_for() -> None:
    def ends(day: str | None) -> Contact:
        return holding(contact(), "ends", day)

    step = {"id": "day", "wait": {"until_trait": "ends", "before": "1 day", "at": "10:00"}}
    walk = Walk(step, person=ends("2026-10-10"))
    assert watches(rules(walk.made)), "a change of the trait wakes it"
    assert walk.stands == ("day", wall("UTC", "2026-10-09T10:00"))
    turn = walk.run.turn
    walk.wake(ends("2026-10-10"), NOW + HOUR)
    assert walk.run.turn == turn, "nothing moved, nothing is written"
    walk.wake(ends("2026-10-05"), NOW + HOUR)
    assert walk.stands == ("day", wall("UTC", "2026-10-04T10:00"))
    walk.wake(ends("2026-11-05"), NOW + 2 * HOUR)
    assert walk.stands == ("day", wall("UTC", "2026-11-04T10:00"))
    assert walk.run.waiting is not None
    assert walk.run.waiting.alarm == walk.run.waiting.deadline
    gone, past = replace(walk.run), replace(walk.run)
    moved, _ = advance(rules(walk.made), gone, ends(None), walk.made, NOW + 3 * HOUR)
    assert [one.outcome for one in moved.path] == ["no-day"]
    moved, _ = advance(rules(walk.made), past, ends("2026-09-20"), walk.made, NOW + 3 * HOUR)
    assert [one.outcome for one in moved.path] == ["passed"]


@pytest.mark.parametrize(
    ("zone", "opening", "first"),
    [
        # NOW is Monday, 14:13 in London's winter, 15:13 in its summer.
        ("UTC", {"between": ["09:00", "18:00"]}, None),
        ("UTC", {"between": ["15:00", "18:00"]}, "2026-09-21T15:00"),
        ("Asia/Tokyo", {"on": ["monday"], "between": ["09:00", "18:00"]}, "2026-09-28T09:00"),
        ("America/Los_Angeles", {"on": ["monday"], "between": ["09:00", "18:00"]}, "2026-09-21T09:00"),
        ("UTC", {"on": ["saturday", "sunday"]}, "2026-09-26T00:00"),
    ],
)
def test_a_wait_for_a_time_of_the_week(zone: str, opening: dict[str, Any], first: str | None) -> None:
    walk = Walk({"id": "open", "wait": {"until_open": opening}}, zone=zone)
    if first is None:
        assert walk.went == [("open", "passed")]
    else:
        assert walk.stands == ("open", wall(zone, first))
        walk.ring()
        assert walk.went == [("open", "passed")]


def test_a_time_of_the_week_that_clocks_skip_that_night_is_that_of_the_next_week() -> None:
    entry = wall("Europe/Berlin", "2027-03-27T12:00")
    made = release(
        welcome=journey({"id": "open", "wait": {"until_open": {"on": ["sunday"], "between": ["02:15", "02:45"]}}})
    )
    moved, _ = advance(rules(made), entered(made, at=entry), contact(), made, entry, lambda _: "Europe/Berlin")
    assert moved.waiting is not None
    assert moved.waiting.deadline == wall("Europe/Berlin", "2027-04-04T02:15")


def test_a_clock_that_comes_late_waits_for_the_next_time_of_the_week() -> None:
    walk = Walk({"id": "open", "wait": {"until_open": {"between": ["15:00", "16:00"]}}}, {"id": "x", "send": "x"})
    walk.wake(contact(), wall("UTC", "2026-09-21T17:00"))
    assert walk.stands == ("open", wall("UTC", "2026-09-22T15:00"))


def test_a_wait_of_three_years_outlives_its_clocks() -> None:
    walk = Walk({"id": "long", "wait": "1095 days"}, {"id": "x", "send": "x"})
    assert walk.stands == ("long", NOW + 3 * YEAR)
    now, clocks, run = NOW, 1, replace(walk.run, todo=())
    held = alarm.first(run, now)
    while run.active:
        assert 0 < held.seconds <= alarm.LIFE_S
        now += held.seconds * 1000
        moved, _ = advance(rules(walk.made), run, contact(), walk.made, now)
        assert (moved is run) == (now < NOW + 3 * YEAR)
        run = moved
        match alarm.answer(run, held, now, timed_out=True):
            case alarm.Again(next_alarm):
                held = next_alarm
            case alarm.HandOver():
                clocks += 1
                run = replace(run, clock=run.clock + 1)
                held = alarm.first(run, now)
            case alarm.End():
                assert not run.active
    assert now == NOW + 3 * YEAR
    assert clocks > 3
    assert [one.outcome for one in run.path] == ["passed", "sent"]


# Repeated parts


def test_two_thousand_turns_keep_a_small_row_and_ids_of_their_own() -> None:
    week = ({"id": "tip", "send": "tip"}, {"id": "mark", "untag": "x"}, {"id": "week", "wait": "7 days"})
    walk = Walk({"id": "weekly", "repeat": list(week), "at_most": 2_000}, {"id": "bye", "send": "bye"})
    sizes = [len(str(enrollments.to_row(walk.run, NOW)))]
    while walk.run.active:
        walk.ring()
        sizes.append(len(str(enrollments.to_row(walk.run, NOW))))
    sent = [effect.message for effect in walk.effects if isinstance(effect, SendMessage)]
    recorded = [effect.event for effect in walk.effects if isinstance(effect, Record)]
    assert len(sent) == len(set(sent)) == 2_001
    assert len(recorded) == len(set(recorded)) == 2_000
    assert walk.run.ended == NOW + 2_000 * 7 * DAY
    assert walk.went[-2:] == [("weekly", "enough"), ("bye", "sent")]
    assert len(walk.run.path) == PATH_KEPT
    assert max(sizes[50:]) - sizes[50] < 100


def test_the_first_visit_keeps_the_ids_that_steps_outside_of_repeats_have() -> None:
    steps = (
        {"id": "tip", "send": "tip"},
        {"id": "mark", "tag": "x"},
        {"id": "lead", "handoff": {"to": "a", "reason": "b"}},
    )
    once, turned = Walk(*steps), Walk({"id": "r", "repeat": [*steps, {"id": "w", "wait": "1 day"}], "at_most": 2})
    assert once.effects == turned.effects[:-1]


def test_a_turn_that_takes_no_time_is_followed_by_the_next_a_minute_later() -> None:
    walk = Walk({"id": "r", "repeat": [{"id": "tip", "send": "tip"}], "at_most": 3})
    for turn in (1, 2):
        assert walk.stands == ("r", NOW + turn * TURN_MS)
        walk.wake(contact(), NOW + turn * TURN_MS - 1)
        assert len(walk.run.path) == 2 * turn
        walk.ring()
    assert not walk.run.active
    assert walk.went == [("r", "again"), ("tip", "sent")] * 3 + [("r", "enough")]


def test_what_a_turn_waits_for_must_happen_in_that_turn() -> None:
    asked = {"id": "asked", "wait": {"until": {"event": "Order Completed"}, "at_most": "7 days"}}
    walk = Walk({"id": "r", "repeat": [{"id": "tip", "send": "tip"}, asked], "at_most": 3})
    bought = happened(contact(), "Order Completed", NOW + HOUR)
    walk.wake(bought, NOW + HOUR)
    assert walk.went[-2:] == [("r", "again"), ("tip", "sent")]
    assert walk.stands == ("asked", NOW + HOUR + 7 * DAY), "the order of the first turn ends no wait of the second"
    walk.wake(happened(bought, "Order Completed", NOW + 2 * HOUR), NOW + 2 * HOUR)
    assert walk.stands == ("asked", NOW + 2 * HOUR + 7 * DAY)


def test_a_click_is_asked_of_the_message_of_this_turn() -> None:
    asked = {"id": "asked", "wait": {"until": {"clicked": "tip"}, "at_most": "7 days"}}
    walk = Walk({"id": "r", "repeat": [{"id": "tip", "send": "tip"}, asked], "at_most": 3})
    first = walk.run.messages["tip"]
    person = clicked(contact(), first, NOW + HOUR)
    walk.wake(person, NOW + HOUR)
    assert walk.run.messages["tip"] != first
    assert walk.stands == ("asked", NOW + HOUR + 7 * DAY)


def test_until_is_asked_before_each_turn_the_first_among_them() -> None:
    steps = {
        "id": "r",
        "repeat": [{"id": "tip", "send": "tip"}, {"id": "day", "wait": "1 day"}],
        "until": {"tag": "done"},
    }
    tagged = Walk({"id": "mark", "tag": "done"}, steps)
    assert tagged.went == [("mark", "tagged"), ("r", "until")]
    walk = Walk(
        {**steps, "until": {"event": "Order Completed"}}, person=happened(contact(), "Order Completed", NOW - DAY)
    )
    assert walk.run.active, "an order from before the journey is not what it is repeated until"
    walk.wake(happened(contact(), "Order Completed", NOW + HOUR), NOW + HOUR)
    assert walk.stands[0] == "day", "a turn that was begun is gone through"
    walk.ring(happened(contact(), "Order Completed", NOW + HOUR))
    assert walk.went[-2:] == [("day", "passed"), ("r", "until")]


def _nested(**rest: Any) -> Walk:
    inner = {"id": "inner", "repeat": [{"id": "tip", "send": "tip"}, {"id": "hour", "wait": "1 hour"}], "at_most": 2}
    outer = {"id": "outer", "repeat": [inner, {"id": "day", "wait": "1 day"}], "at_most": 3}
    return Walk(outer, {"id": "bye", "send": "bye"}, **rest)


def test_repeats_inside_repeats_count_their_turns_apart() -> None:
    walk = _nested()
    while walk.run.active:
        walk.ring()
    assert walk.run.ended == NOW + 3 * DAY + 6 * HOUR
    assert {name: (one.total, one.since) for name, one in walk.run.turns.items()} == {"outer": (3, 3), "inner": (6, 2)}
    sent = [effect.message for effect in walk.effects if isinstance(effect, SendMessage)]
    assert len(sent) == len(set(sent)) == 7


@pytest.mark.parametrize(
    ("rest", "person", "state"),
    [
        ({"goal": {"event": "Order Completed"}}, happened(contact(), "Order Completed", NOW + DAY), "goal"),
        ({"exit": {"event": "Order Completed"}}, happened(contact(), "Order Completed", NOW + DAY), "exited"),
        ({"ends": "2026-09-22"}, contact(), "exited"),
    ],
)
def test_whatever_ends_a_run_ends_it_inside_nested_repeats(rest: dict[str, Any], person: Contact, state: str) -> None:
    walk = _nested(**rest)
    walk.ring()
    assert walk.stands[0] == "hour"
    before = len(walk.run.path)
    walk.wake(person, NOW + DAY + HOUR)
    assert (walk.run.state, walk.run.waiting, len(walk.run.path)) == (state, None, before)


def test_the_last_day_of_a_journey_sets_the_alarm_by_the_business_clock() -> None:
    walk = Walk({"id": "long", "wait": "60 days"}, ends="2026-09-24")
    assert walk.run.waiting is not None
    assert walk.run.waiting.alarm == wall("UTC", "2026-09-24T00:00")
    walk.ring()
    assert walk.run.state == "exited"


def test_an_exit_inside_a_turn_leaves_the_whole_journey() -> None:
    turn = [{"id": "day", "wait": "1 day"}, {"id": "x", "if": {"tag": "x"}, "else": [{"id": "out", "exit": True}]}]
    walk = Walk({"id": "r", "repeat": turn}, {"id": "bye", "send": "bye"})
    walk.ring()
    assert (walk.run.state, walk.went[-1]) == ("exited", ("out", "exit"))


def test_a_row_of_turns_without_their_beginning_is_read() -> None:
    walk = _nested()
    row = enrollments.to_row(walk.run, NOW)
    assert enrollments.from_row(row) == walk.run
    old = {**row, "turns": {name: turns[:2] for name, turns in row["turns"].items()}}
    assert enrollments.from_row(old).turns == {"outer": Turns(1, 1), "inner": Turns(1, 1)}
