"""Dollars per million of a thing, from everything that was counted while some of them happened."""

import random

from bench import bill, waits
from bench.arrivals import BUSY_HOURS_A_MONTH, batches, moments
from bench.house import House, house
from bench.people import PEOPLE, browse, live_through, send
from bench.report import Say
from functions.core.prices import MILLION

EVENTS = 100
RUNS = 5
"""Of so many runs the one with least CPU counts: they differ by what other programs do to it."""
POSTS = {
    "events_alone": [[number % PEOPLE] for number in range(EVENTS)],
    "events_single": [[number % PEOPLE] for number in range(EVENTS)],
    "events_batched_10": [[person] * 10 for person in range(PEOPLE)],
    "events_batched_10_mixed": [list(range(PEOPLE))] * 10,
}
"""Requests, each with the people whose events it brings."""


def run(say: Say) -> dict[str, float]:
    """usd_per_million.events_…, .timed_waits, .emails; usd_per_month.idle."""
    window, lanes = bill.gathering()
    say(f"events come at random in the {BUSY_HOURS_A_MONTH} busy hours of a month of a million; alone: none within")
    say(f"{window} s of another. The stream gathers for {window} s in each of {lanes} lanes, as the template says")
    say(f"billed time: CPU here ÷ share of a vCPU (memory/{bill.VCPU_MB}), and a wait for each call, in ms:")
    say(f"{bill.ROUND_TRIP_MS}, DynamoDB's reads {bill.READ_MS}, transactions {bill.TRANSACTION_MS}")
    numbers: dict[str, float] = {}
    with house() as cloud:
        chance = random.Random(13)
        live_through(cloud, chance)
        for name in POSTS:
            numbers[name] = _events(cloud, chance, name, say)
    numbers["timed_waits"] = _journeys("timed wait", "timed_waits", say, "journey_step")
    numbers["emails"] = _journeys("mail", "emails", say)
    dollars = {f"usd_per_million.{name}": value for name, value in numbers.items()}
    return dollars | {"usd_per_month.idle": bill.idle()}


def _events(cloud: House, chance: random.Random, name: str, say: Say) -> float:
    """Store and score the posts of that name."""
    _traffic(cloud, chance, name)
    with cloud.measured():
        invocations = _traffic(cloud, chance, name)
    counted = bill.books(cloud).of("track", "score")
    for _ in range(RUNS):
        with cloud.timed("track", "score") as cpu:
            _traffic(cloud, chance, name)
        for room, work in counted.work.items():
            work.cpu = min(work.cpu, cpu[room])
    say(f"{name}: {len(POSTS[name])} requests, {EVENTS} events, scored in {invocations} batches")
    return per_million(bill.lines(counted), EVENTS, name, say)


def _traffic(cloud: House, chance: random.Random, name: str) -> int:
    """Everything is posted, then scored in the batches that the moments of arrival make; their number."""
    posts, arrived = POSTS[name], []
    for moment, people in zip(moments(random.Random(17), posts), posts, strict=True):
        send(cloud, [browse(cloud, chance, person) for person in people])
        cloud.events.read()
        arrived += [(moment, record) for record in cloud.events.waiting]
        cloud.events.waiting.clear()
    window, lanes = bill.gathering()
    made = batches(arrived, -1 if name == "events_alone" else window, lanes)
    for batch in made:
        cloud.invoke("score", {"Records": batch})
    cloud.settle()
    return len(made)


def _journeys(journey: str, name: str, say: Say, *rooms: str) -> float:
    """What a journey takes beyond one that only sets a tag; of `rooms` alone where others do the same in both."""
    with_it, without = waits.story(journey), waits.story("plain")
    if rooms:
        with_it, without = with_it.only(*rooms), without.only(*rooms)
    return per_million(bill.plus(bill.lines(with_it), bill.lines(without), -1), waits.SIGN_UPS, name, say)


def per_million(paid: bill.Paid, count: int, name: str, say: Say) -> float:
    """Dollars of a million of what `count` of were paid for, which are printed item by item."""
    shown = {item: dollars * MILLION / count for item, dollars in paid.items()}
    say(f"{name}: " + ", ".join(f"{item} {usd:.3f}" for item, usd in sorted(shown.items()) if abs(usd) >= 0.0005))
    return sum(shown.values())
