"""What leaves the house is what each person agreed to, in time and not too often, whatever happened before.

People's histories, rules of sending and moments are random, nights on which clocks change among them. Each
decision is held against a naive reading of the whole history: lists that are searched from end to end, clocks
that are read minute by minute, nothing folded, kept short or computed ahead.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from functions.core.channels import CHANNELS
from functions.core.consent import Change, Entry, fold
from functions.core.contact import Contact, Facts, Moment, Profile, State
from functions.core.counters import counter_id
from functions.core.hours import WEEKDAYS
from functions.core.message import Message, defer, intended, last_moment
from functions.core.pauses import EVERYTHING, MARKETING, Pause, Pauses
from functions.core.policy import Allow, Case, Decision, Defer, Destination, Head, Recent, Sent, Withhold, decide
from functions.core.release import Release
from functions.tables import addresses, caps
from tests.scale import scaled

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
NIGHTS = [
    ("Europe/Berlin", "2026-03-29"),
    ("Europe/Berlin", "2026-10-25"),
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    ("Australia/Lord_Howe", "2026-04-05"),
    ("Australia/Lord_Howe", "2026-10-04"),
    ("Africa/Cairo", "2026-04-24"),
    ("Africa/Cairo", "2026-10-30"),
    ("Pacific/Chatham", "2026-09-27"),
    ("Asia/Kathmandu", "2026-06-01"),
    ("Europe/Istanbul", "2026-06-01"),
]
TIMES = [
    "00:00",
    "01:00",
    "01:30",
    "02:00",
    "02:10",
    "02:30",
    "03:00",
    "06:00",
    "09:00",
    "12:00",
    "18:00",
    "21:00",
    "23:30",
]
TOPICS = {"tips": False, "offers": False, "orders": True}
TO_NOBODY = ("hook", "staff")
SENDABLE = ("email", "sms", "hook")
TEMPLATE = {"subject": "S", "html": "H", "text": "T"}


@pytest.fixture(autouse=True)
def _channels() -> Iterator[None]:
    email = CHANNELS["email"]
    others = {"sms": replace(email, name="sms", identity="p"), "hook": replace(email, name="hook", identity="")}
    with patch.dict(CHANNELS, others):
        yield


@dataclass
class World:
    """One person and everything that ever happened, as it happened."""

    chance: random.Random
    release: Release
    zone: str
    now: int
    near: bool = False
    entries: dict[str, list[Entry]] = field(default_factory=lambda: {"email": [], "sms": []})
    of_journey: dict[str, int] = field(default_factory=dict)
    log: dict[str, Sent] = field(default_factory=dict)
    pauses: Pauses = field(default_factory=Pauses)
    goal: int | None = None
    heads: dict[str, Head] = field(default_factory=lambda: {"email": Head(), "sms": Head()})
    recent: Recent = field(default_factory=Recent)
    waiting: list[Message] = field(default_factory=list)
    number: int = 0


def made(chance: random.Random) -> World:
    zone, day = chance.choice(NIGHTS)
    start = int(datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)
    while True:
        sending = {
            "business": {"name": "Tea"},
            "from": {"name": "Tea", "email": "hello@tea.example"},
            "topics": [{"id": id, "title": id, "transactional": kind} for id, kind in TOPICS.items()],
            "caps": [_cap(chance) for _ in range(chance.randrange(4))],
            "hours": [_hours(chance) for _ in range(chance.randrange(3))],
        }
        raw = {
            "sending": sending,
            "emails": {"t": TEMPLATE},
            "templates": {"sms": {"t": TEMPLATE}, "hook": {"t": TEMPLATE}},
            "journeys": {"j": _journey(chance), "k": {"topic": "tips", **_PLAIN}},
        }
        try:
            release = Release.model_validate(raw)
        except ValidationError:
            continue  # These hours are never open.
        break
    # Half of them are looked at in small steps in the night itself.
    near = chance.random() < 0.5
    world = World(
        chance,
        release,
        zone,
        start - (chance.randrange(-3 * HOUR, HOUR) if near else chance.randrange(30 * HOUR)),
        near,
    )
    if chance.random() < 0.3:  # An earlier version counted mails, without their topics, and by other caps.
        times = {f"old{number}": world.now - chance.randrange(3 * DAY) for number in range(chance.randint(1, 5))}
        world.log |= {id: Sent(at) for id, at in times.items()}
        world.recent = caps.from_items(None, {"v": 1, "n": 5, "times": times})
    return world


_PLAIN: dict[str, Any] = {"start": {"when": {"event": "A"}}, "steps": [{"id": "s", "send": "t"}]}


def _journey(chance: random.Random) -> dict[str, Any]:
    journey: dict[str, Any] = {"topic": "tips", "goal": {"event": "Order Completed"}, **_PLAIN}
    journey["steps"] = [*journey["steps"], {"id": "told", "notify": {"to": "shop", "subject": "S"}}]
    if chance.random() < 0.4:
        journey["hours"] = [_hours(chance)]
    if chance.random() < 0.5:
        within = chance.choice(["2 hours", "1 day", "3 days", "10 weeks"])
        journey["limit"] = {"at_most": chance.randint(1, 4), "within": within}
    return journey


def _cap(chance: random.Random) -> dict[str, Any]:
    cap: dict[str, Any] = {
        "at_most": chance.randint(1, 3),
        "within": chance.choice(["2 hours", "6 hours", "1 day", "3 days", "2 weeks"]),
    }
    if chance.random() < 0.4:
        cap["channel"] = chance.choice(SENDABLE)
    if chance.random() < 0.3:
        cap["topics"] = chance.sample(sorted(TOPICS), chance.randint(1, 2))
    if chance.random() < 0.2:
        cap["transactional"] = True
    if chance.random() < 0.5:
        cap["then"] = "wait"
    return cap


def _hours(chance: random.Random) -> dict[str, Any]:
    rule: dict[str, Any] = {}
    first, second = chance.sample(TIMES, 2)
    if chance.random() < 0.6:
        rule["quiet"] = {"from": first, "to": second}
    else:
        rule["only"] = {"between": sorted((first, second))}
        if chance.random() < 0.6:
            rule["only"]["on"] = chance.sample(WEEKDAYS, chance.randint(1, 4))
    if chance.random() < 0.3:
        rule["channel"] = chance.choice(SENDABLE)
    if chance.random() < 0.3:
        rule["transactional"] = True
    return rule


def live(world: World) -> None:
    """Something happens."""
    chance = world.chance
    steps = [0, 1, MINUTE, 5 * MINUTE, 7 * MINUTE] if world.near else [0, 1, 20 * MINUTE, 2 * HOUR, 3 * HOUR]
    world.now += chance.choice([*steps, chance.randrange(HOUR if world.near else DAY)])
    match chance.randrange(10):
        case 0 | 1:
            _say(world, Change("grant", chance.choice(["tips", "offers"])))
        case 2:
            _say(world, Change("withdrawal", chance.choice(["tips", "offers", "*"])))
        case 3 if chance.random() < 0.2:
            _say(world, Change("suppression", chance.choice(["bounce", "complaint"])))
        case 4:
            until = chance.choice([0, 0, world.now + HOUR, world.now + DAY, world.now + 5 * DAY])
            _say(world, Change("pause", str(until)))
        case 5:
            _say(world, Change("frequency", chance.choice(["every", "every", "weekly", "monthly"])))
        case 6:
            name = chance.choice([EVERYTHING, MARKETING, "j/s"])
            ends = chance.choice([None, world.now + HOUR, world.now + 2 * DAY])
            held = {name: Pause(world.now, "why", "Ada", ends)} if chance.random() < 0.4 else {}
            cancelled = frozenset({"campaign--c/r"}) if chance.random() < 0.1 else world.pauses.cancelled
            world.pauses = Pauses(1, held, cancelled)
        case 7 if chance.random() < 0.1:
            world.goal = world.now
        case _:
            pass


def _say(world: World, change: Change) -> None:
    channel = world.chance.choice(["email", "email", "sms"])
    # A client's clock may be wrong either way, and entries may arrive late.
    at = world.now + world.chance.choice([0, 0, -HOUR, DAY])
    entry = Entry(f"e{world.number}", at, world.now, "test", (change,))
    world.number += 1
    world.entries[channel].append(entry)
    world.heads[channel] = addresses.head_from(
        addresses.head_item(channel, fold(world.heads[channel], entry))  # As the table keeps it.
    )


def message_of(world: World) -> Message:
    if world.waiting and world.chance.random() < 0.6:
        return world.waiting.pop(world.chance.randrange(len(world.waiting)))
    chance = world.chance
    of_campaign, told = chance.random() < 0.3, chance.random() < 0.1
    if told:
        of_campaign = False
    step = "told" if told else "s"
    world.number += 1
    created = world.now - chance.choice([0, HOUR, DAY])
    return intended(
        id=f"m{world.number}",
        contact="c",
        journey="campaign--c" if of_campaign else "j" if told else chance.choice("jjjk"),
        step="r" if of_campaign else step,
        template=step if told else "t",
        topic=chance.choice(sorted(TOPICS)),
        release="r",
        now=created,
        enrollment=None if of_campaign else "e",
        since=created,
        channel="staff" if told else chance.choice(["email", "email", "sms", "hook"]),
        expires=chance.choice([None, world.now, world.now + 8 * HOUR, world.now + 6 * DAY]),
    )


def case_of(world: World, message: Message) -> Case:
    person = message.channel not in TO_NOBODY
    goal = world.release.journeys["j"].goal
    assert goal is not None
    newest = {counter_id(goal): (Moment(world.goal, 1),)} if world.goal else {}
    return Case(
        message,
        Contact(State("c", facts=Facts(newest=newest)), Profile("c")),
        world.release,
        Destination(message.channel if person else "", "there"),
        world.heads[message.channel] if person else Head(),
        world.recent,
        world.pauses,
        world.zone,
    )


def objections(world: World, message: Message, now: int) -> set[str]:
    """Every reason against sending a message at a moment, by a naive reading of all that happened."""
    found = set()
    marketing = not TOPICS[message.topic] and message.channel != "staff"
    place = f"{message.journey}/{message.step}"
    said = [(entry, change) for entry in world.entries.get(message.channel, []) for change in entry.changes]
    if now > (message.created + 3 * DAY if message.expires is None else message.expires):
        found.add("too-late")
    if place in world.pauses.cancelled:
        found.add("campaign-cancelled")
    for name, pause in world.pauses.held.items():
        over = pause.until is not None and now >= pause.until
        if not over and (name in (EVERYTHING, place) or (name == MARKETING and marketing)):
            found.add("paused")
    found |= {f"suppressed-{change.subject}" for _, change in said if change.kind == "suppression"}
    if marketing and message.channel not in TO_NOBODY:
        if not _agreed(said, message.topic):
            found |= {"no-consent", "unsubscribed"}
        pauses = [int(change.subject) for _, change in said if change.kind == "pause"]
        if any(until > now for until in _latest(said, "pause", pauses)):
            found.add("paused-by-recipient")
        wishes = [change.subject for _, change in said if change.kind == "frequency"]
        for wish in _latest(said, "frequency", wishes):
            days = {"every": 0, "weekly": 7, "monthly": 30}[wish]
            others = [sent for id, sent in world.log.items() if id != message.id and sent.channel == message.channel]
            if any(not TOPICS.get(sent.topic, False) and now - sent.at < days * DAY for sent in others):
                found.add("frequency-chosen")
    if marketing and world.goal and message.journey == "j" and message.enrollment and world.goal > message.since:
        found.add("goal-reached")
    if not _is_open(world, message, now):
        found.add("quiet-hours")
    limit = world.release.journeys["j"].limit
    if limit and message.journey == "j" and message.channel not in TO_NOBODY:
        others = [at for id, at in world.of_journey.items() if id != message.id and now - at < limit.within * 1000]
        if len(others) >= limit.at_most:
            found.add("journey-limit")
    for cap in world.release.sending.caps:
        if _counts(cap, message.channel, message.topic) and _counted(world, message, cap, now) >= cap.at_most:
            found.add("frequency-cap")
    return found


def _latest(said: list[tuple[Entry, Change]], kind: str, values: list[Any]) -> list[Any]:
    """What the latest arrival says; where several arrive in one millisecond, the one that the ledger settles on."""
    arrivals = [entry.arrived for entry, change in said if change.kind == kind]
    return [max(value for value, at in zip(values, arrivals, strict=True) if at == max(arrivals))] if values else []


def _agreed(said: list[tuple[Entry, Change]], topic: str) -> bool:
    grants = [min(e.at, e.arrived) for e, change in said if change.kind == "grant" and change.subject == topic]
    stops = [e.arrived for e, change in said if change.kind == "withdrawal" and change.subject in (topic, "*")]
    return any(all(stop < grant for stop in stops) for grant in grants)


def _counts(cap: Any, channel: str, topic: str) -> bool:
    if TOPICS.get(topic, False) != cap.transactional or (cap.topics and topic not in cap.topics):
        return False
    return bool(channel == cap.channel) if cap.channel else channel not in TO_NOBODY


def _counted(world: World, message: Message, cap: Any, now: int) -> int:
    return sum(
        id != message.id and _counts(cap, sent.channel, sent.topic) and now - sent.at < cap.within * 1000
        for id, sent in world.log.items()
    )


def _is_open(world: World, message: Message, now: int) -> bool:
    local = datetime.fromtimestamp(now / 1000, ZoneInfo(world.zone))
    day, time = WEEKDAYS[local.weekday()], local.strftime("%H:%M")
    own = world.release.journeys["j"].hours if message.journey == "j" else []
    for rule in [*world.release.sending.hours, *own]:
        if rule.channel not in (None, message.channel) or (rule.channel is None and message.channel in TO_NOBODY):
            continue
        if TOPICS[message.topic] and not rule.transactional:
            continue
        if rule.quiet:
            start, end = rule.quiet.from_, rule.quiet.to
            if (start <= time < end) if start < end else (time >= start or time < end):
                return False
        elif rule.only and not (
            (not rule.only.on or day in rule.only.on) and rule.only.between[0] <= time < rule.only.between[1]
        ):
            return False
    return True


LASTING = ("quiet-hours", "frequency-cap", "paused", "paused-by-recipient")
"""What a message may wait out."""


def hold(world: World, message: Message, decision: Decision) -> str:
    """Check one decision; what it was."""
    against = objections(world, message, world.now)
    match decision:
        case Allow():
            assert against == set(), "sent in spite of it"
            return "allowed"
        case Withhold(reason):
            assert reason in against, "withheld without a reason"
            waits = [cap for cap in world.release.sending.caps if cap.then == "wait"]
            if reason == "frequency-cap":
                assert any(
                    cap not in waits
                    and _counts(cap, message.channel, message.topic)
                    and _counted(world, message, cap, world.now) >= cap.at_most
                    for cap in world.release.sending.caps
                ), "withheld by a cap that lets wait"
            else:
                assert reason not in ("quiet-hours", "paused"), "what ends was taken for what lasts"
            return reason
        case Defer(until, reason):
            assert reason in LASTING
            assert reason in against, "deferred without a reason"
            assert until > world.now
            end = last_moment(message) + 1
            assert until <= end
            if until < end and not (reason == "paused" and until - world.now == 600_000):
                assert reason not in objections(world, message, until), "the reason outlives the deferral"
            _not_sooner(world, message, reason, until)
            return f"deferred: {reason}"


def _not_sooner(world: World, message: Message, reason: str, until: int) -> None:
    if reason == "frequency-cap":
        assert reason in objections(world, message, until - 1), "there was room before"
    if reason == "quiet-hours":
        # Whole minutes after now: of long waits every seventh and the last hour.
        minutes = range((world.now // MINUTE + 1) * MINUTE, until, MINUTE)
        for at in minutes if len(minutes) < 600 else [*minutes[::7], *minutes[-60:]]:
            assert not _is_open(world, message, at), "it was open before"


def test_nothing_leaves_that_should_not_and_nothing_waits_longer_than_it_must(
    capsys: pytest.CaptureFixture[str],
) -> None:
    outcomes: Counter[str] = Counter()
    worlds = scaled(400)
    for seed in range(worlds):
        world = made(random.Random(seed))
        for _ in range(45):
            live(world)
            for _ in range(world.chance.randint(1, 2)):
                message = message_of(world)
                try:
                    _decided(world, message, outcomes)
                except AssertionError as failed:
                    raise AssertionError(f"world {seed}: {failed}; {message}; {world}") from failed
    with capsys.disabled():
        print(f"\n{worlds} people, {sum(outcomes.values())} decisions: {json.dumps(outcomes, sort_keys=True)}")
    expected = {
        "allowed",
        "no-consent",
        "unsubscribed",
        "frequency-cap",
        "frequency-chosen",
        "too-late",
        "goal-reached",
        "journey-limit",
    }
    expected |= {"suppressed-bounce", "suppressed-complaint", "campaign-cancelled", "paused-by-recipient"}
    assert expected | {f"deferred: {reason}" for reason in LASTING} <= set(outcomes), "some rule was never put to test"


def _decided(world: World, message: Message, outcomes: Counter[str]) -> None:
    case = case_of(world, message)
    decision = decide(case, world.now)
    outcomes[hold(world, message, decision)] += 1
    if isinstance(decision, Defer):
        # If nothing else forbids it, it goes out at the latest when it was promised to.
        at = decision.until
        if not objections(world, message, at):
            assert isinstance(decide(case, at), Allow), "it waits longer than it must"
        world.waiting.append(defer(message, at, decision.reason))
        if world.chance.random() < 0.3 and at < world.now + 9 * DAY:
            world.now = max(world.now, at)
    if isinstance(decision, Allow) and world.chance.random() < 0.9:  # The others were not taken, and given back.
        world.log[message.id] = Sent(world.now, message.channel, message.topic)
        if message.journey == "j" and message.channel not in TO_NOBODY:
            world.of_journey[message.id] = world.now
        if decision.reserved is not None:
            row = caps.to_item("c", replace(decision.reserved, version=decision.reserved.version + 1))
            world.recent = caps.from_items(row, None)
