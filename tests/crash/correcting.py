"""Meetings of those who correct a run, or let it go on, with those who wake it, ring its clock, mend or merge it."""

from typing import Any

from functions import releases
from functions.core.correction import GoTo, Leave, Moves, Recall, Skip
from functions.work import correct, retry
from tests.cloud import Cloud
from tests.crash.interleaving import Act, Meeting
from tests.crash.journeys import toured, with_subject
from tests.crash.meetings import deliver, sweep, two_runs

EMAIL = "ada@example.com"
DAY_MS = 86_400_000
STEPS: list[dict[str, Any]] = [
    {"id": "answer", "wait": {"until": {"event": "Order Completed"}, "at_most": "3 days"}},
    {"id": "guide", "send": "brewing-guide"},
    {"id": "rest", "wait": "1 day"},
    {"id": "mark", "tag": "guided"},
]
LATER: list[dict[str, Any]] = [
    {"id": "answer", "wait": {"until": {"event": "Order Completed"}, "at_most": "2 days"}},
    {"id": "better", "tag": "better"},
    {"id": "rest", "wait": "1 day"},
]


def waiting(cloud: Cloud, release: bytes | None = None) -> None:
    """Ada waits for an order of hers, her clock parked."""
    cloud.publish(release or toured(STEPS))
    cloud.post_form(email=EMAIL, nonce="a1")
    cloud.put_on_bus("Quote Asked", id="q1", email=EMAIL, timestamp=cloud.clock.now)
    cloud.settle()


def order(cloud: Cloud) -> None:
    """Her order is scored; the run has not heard of it."""
    cloud.clock.now += 60_000
    cloud.put_on_bus("Order Completed", id="o1", email=EMAIL, revenue=40, timestamp=cloud.clock.now)
    cloud.deliver("score")


def recalling(what: Recall, *, ordered: bool = False, days: float = 0, dead: bool = False) -> Act:
    """A recall is queued while she waits: just when she ordered, or days later, her clock alive or dead."""

    def before(cloud: Cloud) -> None:
        waiting(cloud)
        cloud.clock.now += int(days * DAY_MS)
        if ordered:
            order(cloud)
        if dead:
            for name in list(cloud.machines.executions):
                cloud.machines.stop(name)
        correct.recall("c1", "tour", "answer", what, cloud.clock.now)

    return before


def migrating(*, ordered: bool = False, days: float = 0) -> Act:
    """The same for a move to later rules."""

    def before(cloud: Cloud) -> None:
        waiting(cloud)
        cloud.publish(toured(LATER))
        cloud.clock.now += int(days * DAY_MS)
        if ordered:
            order(cloud)
        correct.migrate("m1", "tour", releases.live().id, Moves({"guide": "better"}), cloud.clock.now)

    return before


def recalling_two(cloud: Cloud) -> None:
    """An account and an address, each in its own run, turn out to be one just when everybody is recalled."""
    two_runs(cloud, later=DAY_MS)
    correct.recall("c1", "ordered", "back", Skip(), cloud.clock.now)


def retrying(*, ordered: bool) -> Act:
    """Ada is set aside by a template that fails, and let go on now that it is mended."""
    steps = [STEPS[1], STEPS[0], STEPS[3]]

    def before(cloud: Cloud) -> None:
        waiting(cloud, with_subject(toured(steps), "{{ contact.email + 1 }}"))
        cloud.skip(hours=1)
        cloud.publish(toured(steps))
        releases.forget()
        if ordered:
            order(cloud)
        retry.retry("r1", "tour", "", cloud.clock.now)

    return before


WORK, WAKE, RING = deliver("work"), deliver("journey_step"), deliver("clock", "clock")
MEETINGS = (
    *(
        meeting
        for name, what in (("skip", Skip()), ("leave", Leave()), ("goto", GoTo("rest")))
        for meeting in (
            Meeting(f"{name}, wake", recalling(what, ordered=True), WORK, WAKE),
            Meeting(f"wake, {name}", recalling(what, ordered=True), WAKE, WORK),
        )
    ),
    Meeting("skip, clock rings", recalling(Skip(), days=3.1), WORK, RING),
    Meeting("clock rings, skip", recalling(Skip(), days=3.1), RING, WORK),
    Meeting("skip, sweep", recalling(Skip(), days=3.1, dead=True), WORK, sweep),
    Meeting("move, wake", migrating(ordered=True), WORK, WAKE),
    Meeting("wake, move", migrating(ordered=True), WAKE, WORK),
    Meeting("move, clock rings", migrating(days=3.1), WORK, RING),
    Meeting("clock rings, move", migrating(days=3.1), RING, WORK),
    Meeting("skip, merge", recalling_two, WORK, deliver("score", "journey_step")),
    Meeting("merge, skip", recalling_two, deliver("score", "journey_step"), WORK),
    Meeting("retry, wake", retrying(ordered=True), WORK, WAKE),
    Meeting("wake, retry", retrying(ordered=True), WAKE, WORK),
    Meeting("retry, retry", retrying(ordered=False), WORK, WORK),
)
"""Who is held, and who runs meanwhile."""
