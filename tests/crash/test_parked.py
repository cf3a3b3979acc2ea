"""Many runs that are parked at once: each goes on when its time has come, exactly once, at what a wait costs."""

import json
from collections import Counter

from functions.core.enrollment import GRACE_MS
from functions.core.event import TAG_ADDED
from functions.core.release import canonical, load
from functions.tables import enrollments, events
from tests.cloud import Cloud, marketing
from tests.cloud.time import START
from tests.scale import scaled

PEOPLE = min(1000, scaled(100))
GROUPS = 10
MINUTE = 60_000
DAY = 24 * 60 * MINUTE
LATE_MS = 2 * MINUTE
JOURNEY = {
    "title": "Two waits",
    "topic": "tips",
    "start": {"when": {"event": "Product Viewed"}, "again": "never"},
    "steps": [
        {"id": "apart", "wait": "2 days"},
        {"id": "first", "tag": "waited"},
        {"id": "together", "wait": {"until_day": "2026-12-01", "at": "09:00"}},
        {"id": "second", "tag": "waited-again"},
    ],
}


def test_everybody_who_is_parked_goes_on_at_their_time_and_exactly_once(cloud: Cloud) -> None:
    demo = load(marketing())
    content = demo.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    cloud.publish(canonical(type(demo).model_validate(content | {"journeys": {"two-waits": JOURNEY}})))
    for group in range(GROUPS):
        for person in range(group, PEOPLE, GROUPS):
            cloud.call("track", event="Product Viewed", anonymousId=f"browser-{person}", messageId=f"v{person}")
        cloud.settle()
        cloud.skip(minutes=7)
    assert len(cloud.machines.parked) == PEOPLE
    # Of some the clock dies: nobody but the sweep comes to them.
    dead = {json.loads(one.given)["enrollment"] for one in cloud.machines.parked[::GROUPS]}
    for one in cloud.machines.parked[::GROUPS]:
        cloud.machines.stop(one.name)

    cloud.skip(days=9)

    assert cloud.failures == []
    assert cloud.machines.parked == []
    # A clock that died took one transition. Its successor waits for one moment, not for two.
    assert cloud.machines.transitions == (PEOPLE - len(dead)) * 2 * 2 + len(dead) * (1 + 2)
    ended = Counter(one.status for one in cloud.machines.executions.values())
    assert ended == {"SUCCEEDED": PEOPLE, "ABORTED": len(dead)}
    contacts = {item["pk"].removeprefix("C#") for item in cloud.items() if item["sk"].startswith("J#")}
    runs = [run for contact in contacts for run in enrollments.of(contact)]
    assert len(runs) == PEOPLE
    for run in runs:
        late = LATE_MS + GRACE_MS * (run.id in dead)
        steps = [passed.step for passed in run.path]
        assert (run.state, steps) == ("done", ["apart", "first", "together", "second"])
        apart, first, together, second = (passed.at for passed in run.path)
        assert run.begun + 2 * DAY <= apart <= first <= run.begun + 2 * DAY + late
        assert START + 7 * DAY <= together <= second <= START + 7 * DAY + LATE_MS
    stored = [events.from_row(row) for row in cloud.items("events") if events.is_event(row)]
    added = Counter((one.source, one.properties["tag"]) for one in stored if one.name == TAG_ADDED)
    assert (len(added), set(added.values())) == (2 * PEOPLE, {1})
