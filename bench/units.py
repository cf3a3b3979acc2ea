"""Write units per event: 100 ordinary events of 10 contacts who have a history and some 3 KB of rows each."""

import random
from collections import Counter

from bench import sizes
from bench.house import House, house
from bench.people import PEOPLE, browse, live_through, order, send
from bench.report import Say
from functions.aws.attributes import to_item
from functions.tables.contacts import partition

EVENTS = 100


def run(say: Say) -> dict[str, float]:
    """write_units_per_event.intake and .score, each also for table and index apart."""
    with house() as measured:
        return measure(measured, say)


def measure(measured: House, say: Say) -> dict[str, float]:
    """Count a day's traffic: 98 pages and products, 2 orders, scored in one batch of the stream."""
    chance = random.Random(11)
    live_through(measured, chance)
    _describe(measured, say)
    calls = [browse(measured, chance, number % PEOPLE) for number in range(EVENTS - 2)]
    calls += [order(measured, chance, chance.randrange(PEOPLE)) for _ in range(2)]
    chance.shuffle(calls)
    with measured.measured():
        for call in calls:
            send(measured, [call])
        measured.settle()
    numbers: dict[str, float] = {}
    for name, room in (("intake", "track"), ("score", "score")):
        work = measured.work[room]
        each = ", ".join(f"{units / EVENTS:.2f} {kind}" for kind, units in sorted(work.spent.rows.items()))
        say(f"{room}: {work.invocations} invocations; by row: {each}; {work.spent.read / EVENTS:.2f} read units")
        numbers[f"write_units_per_event.{name}"] = work.spent.write / EVENTS
        numbers[f"write_units_per_event.{name}.table"] = work.spent.table / EVENTS
        numbers[f"write_units_per_event.{name}.index"] = work.spent.index / EVENTS
        numbers[f"read_units_per_event.{name}"] = work.spent.read / EVENTS
    return numbers


def _describe(measured: House, say: Say) -> None:
    held: Counter[str] = Counter()
    for item in measured.items():
        if item["pk"].startswith(partition("")):
            held[item["sk"].partition("#")[0]] += sizes.item_bytes(to_item(item))
    each = ", ".join(f"{kind} {total / PEOPLE:,.0f}" for kind, total in sorted(held.items()))
    say(f"bytes a contact before: {sum(held.values()) / PEOPLE:,.0f} in all rows ({each})")
    stored = [sizes.item_bytes(to_item(item)) for item in measured.items("events")]
    say(f"bytes an event: {sum(stored) / len(stored):,.0f} on average, {max(stored):,} at most")
