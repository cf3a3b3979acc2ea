"""What time alone brings: announced within two minutes of its moment, also when many have it at once."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

import pytest

from functions import releases
from functions.aws.attributes import to_item
from functions.core.contact import Facts, Standing, State
from functions.core.counters import counter_id
from functions.core.identity import ANONYMOUS
from functions.core.release import Release, canonical, load
from functions.core.views import local_day, midnight
from functions.sweep import sweep as sweeping
from functions.tables import contacts, due
from tests.cloud import Call, Cloud, marketing
from tests.scale import scaled

MINUTE = 60_000
DAY = 86_400_000
ZONE = ZoneInfo("Europe/Istanbul")


def with_active() -> bytes:
    """The demo business without grade and funnel, with a segment of those who looked at a page in the last 30 days."""
    release = load(marketing()).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    release["funnel"], release["scoring"]["grade"] = {}, None
    release["segments"] = {"active": {"when": {"event": "Page Viewed", "within": "30 days"}}}
    return canonical(Release.model_validate(release))


def told(cloud: Cloud) -> list[str]:
    """What was put on the bus, in order."""
    details = [(entry["DetailType"], json.loads(entry["Detail"])) for entry in cloud.bus]
    return [f"{kind}: {detail['name']} {detail['from']} → {detail['to']}" for kind, detail in details]


def local_midnight(moment: int, days: int) -> int:
    """The local midnight so many days after the day of a moment (ms)."""
    day = datetime.fromtimestamp(moment / 1000, ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((day + timedelta(days=days)).timestamp() * 1000)


def a_minute(cloud: Cloud) -> None:
    """The schedule's next minute, and all that comes of it."""
    cloud.clock.now = (cloud.clock.now // MINUTE + 1) * MINUTE
    cloud.sweep()
    cloud.settle()


def test_who_does_nothing_cools_and_is_active_no_more_within_two_minutes_of_each_moment(cloud: Cloud) -> None:
    cloud.publish(with_active())
    begun = cloud.clock.now
    cloud.page("/first-flush", "p1", "laptop")
    cloud.call("track", messageId="o1", anonymousId="laptop", event="Order Completed")
    cloud.settle()
    assert sorted(told(cloud)) == ["Segment Entered: active out → in", "Temperature Changed: temperature cold → hot"]
    (state,) = [row for row in cloud.items() if row["sk"] == contacts.STATE]
    seen = contacts.state_from(state).facts.newest[counter_id(load(with_active()).segments["active"].when)][-1].at
    # 80 points halve in 30 days: 60.6 after 12, 59.2 after 13; 20 after 60, 19.5 after 61.
    moments = {
        local_midnight(begun, 13): "Temperature Changed: temperature hot → warm",
        seen + 30 * DAY: "Segment Left: active in → out",
        local_midnight(begun, 61): "Temperature Changed: temperature warm → cold",
    }
    for moment, announced in moments.items():
        before = len(cloud.bus)
        while cloud.clock.now < moment - 3 * MINUTE:
            cloud.clock.now = min(cloud.clock.now + 7 * 3_600_000, moment - 3 * MINUTE)
            cloud.sweep()
            cloud.settle()
        while cloud.clock.now < moment - MINUTE:
            a_minute(cloud)
        assert told(cloud)[before:] == []
        while cloud.clock.now < moment:
            a_minute(cloud)
        a_minute(cloud)
        assert cloud.clock.now < moment + 2 * MINUTE
        assert told(cloud)[before:] == [announced]
    assert cloud.next_due is None


PAGE = 3
LOOKED_AT = 12
"""Calls of a run before it deals with anything, at most."""
READ_A_PAGE = 4
CALL_MS = 10
"""What a call takes, in this model: 5 ms of CPU at the function's share and 5 of waiting, as the bench has it."""


class Toll:
    """Every call takes its time."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.calls: Counter[str] = Counter()

    def before(self, call: Call) -> None:
        self.calls[f"{call.handler} {call.operation}"] += 1
        self.cloud.clock.now += CALL_MS

    def after(self, call: Call) -> None:
        pass

    def repeat(self, call: Call) -> bool:
        return False


@contextmanager
def a_minute_s_toll(cloud: Cloud) -> Iterator[Counter[str]]:
    """One minute in which the sweep and its helpers run side by side; the calls that were made."""
    cloud.clock.now = begun = (cloud.clock.now // MINUTE + 1) * MINUTE
    toll = Toll(cloud)
    with cloud.watched(toll):
        cloud.invoke("sweep", {})
        for call in cloud.called:
            cloud.clock.now = begun
            cloud.invoke("sweep", call)
        assert 1 + len(cloud.called) <= sweeping.WORKERS
        cloud.called.clear()
        cloud.clock.now = begun
        yield toll.calls
    cloud.clock.now = begun + MINUTE - 1


def test_a_list_that_flips_at_one_midnight_is_worked_off_at_the_stated_rate_while_events_are_scored_as_ever(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = scaled(400)
    rate = many / 4
    # Everything is smaller than it is: the page, and the number of calls for which a worker has time.
    monkeypatch.setattr(sweeping, "PAGE", PAGE)
    monkeypatch.setattr(contacts, "FEW", 1)
    time_for = rate / sweeping.WORKERS * (1 + READ_A_PAGE / PAGE) + LOOKED_AT
    monkeypatch.setattr(sweeping, "BUDGET_S", time_for * (CALL_MS + 1) / 1000)
    flip = fill(cloud, many)
    cloud.page("/first-flush", "p0", "laptop")
    cloud.settle()
    cloud.fresh_process()
    ordinary = Toll(cloud)
    with cloud.watched(ordinary):
        cloud.page("/first-flush", "p1", "laptop")
        cloud.deliver("score")
    cloud.clock.now = flip
    left = [many]
    while left[-1]:
        with a_minute_s_toll(cloud) as calls:
            cloud.page("/first-flush", f"during {len(left)}", "laptop")
            cloud.deliver("score")
        assert of_intake(calls) <= of_intake(ordinary.calls)
        waiting = Counter(row["ds"] for row in cloud.items() if row.get("du", flip + 1) <= flip)
        left.append(waiting.total())
        # No shard is left behind: what still waits, waits everywhere alike, but for a page or two.
        assert max(waiting.values(), default=0) - min(waiting.values(), default=0) <= 3 * PAGE
        # One write a contact; what is read besides is a few calls a page.
        dealt_with = left[-2] - left[-1]
        assert calls["sweep UpdateItem"] == dealt_with
        reads = sum(calls[f"sweep {read}"] for read in ("Query", "GetItem", "BatchGetItem"))
        assert reads <= sweeping.WORKERS * (LOOKED_AT + READ_A_PAGE) + READ_A_PAGE * dealt_with / PAGE
        assert len(left) < 20
    assert len(left) - 1 <= ceil(many / rate) + 1, left
    cloud.settle()
    laptop = contacts.load([cloud.owner(ANONYMOUS, "laptop")])
    viewed = next(one.when for one in load(marketing()).scoring.scores["interest"].rules if one.id == "key-page")
    (counted,) = (one.state.facts.counters[counter_id(viewed)] for one in laptop.values())
    assert sum(counted.values()) == len(left) + 1
    changed = [line for line in told(cloud) if line.startswith("Temperature Changed: temperature hot")]
    assert len(changed) == many


def of_intake(calls: Counter[str]) -> int:
    """How many calls were track's and score's."""
    return sum(count for what, count in calls.items() if what.startswith(("track", "score")))


def fill(cloud: Cloud, many: int) -> int:
    """Put in contacts who are hot until one midnight, and return that moment (ms)."""
    live = releases.live()
    counters, now = live.counters, cloud.clock.now
    day = local_day(now, counters.zone)
    rule = next(one for one in live.release.scoring.scores["interest"].rules if one.id == "ordered")
    facts = Facts(counters={counter_id(rule.when): {day: 1}}, first=now, last=now)
    flip = midnight(day + 1, counters.zone)
    rows = []
    for number in range(many):
        contact = f"{number:05d}"[::-1] + "contact"
        state = State(contact, 1, live.seq, counters.spec, facts, standing=Standing("hot", now), due=flip)
        rows.append(to_item(contacts.state_row(state, ())))
    table = f"{cloud.name}-contacts"
    for start in range(0, many, 25):
        puts = [{"PutRequest": {"Item": row}} for row in rows[start : start + 25]]
        cloud.emulator.client("dynamodb").batch_write_item(RequestItems={table: puts})
    assert len({due.shard(row["pk"]["S"].removeprefix("C#")) for row in rows}) == due.SHARDS
    return flip
