"""Whether an event costs the same however much there is beside it: contacts, history, segments; and how many
contacts and messages the sweep works off in a minute.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from bench import bill
from bench.house import House, Work, house
from bench.people import address, browse, identify, send
from bench.report import Say
from functions import releases
from functions.aws import dynamodb
from functions.aws.attributes import to_item
from functions.core.campaign import journey_of, message_id
from functions.core.contact import Facts, Standing, State
from functions.core.counters import counter_id
from functions.core.event import Event
from functions.core.facts import rebuild
from functions.core.identity import ANONYMOUS, kind_of
from functions.core.ids import digest
from functions.core.message import defer, intended
from functions.core.prices import MILLION
from functions.core.release import Release, canonical, load
from functions.core.views import local_day, midnight
from functions.sweep.sweep import BUDGET_S, WORKERS
from functions.tables import contacts, due, messages
from tests.cloud import marketing

DAY_MS = 86_400_000
CONTACTS = (10, 100_000)
HISTORY = (10, 10_000)
SEGMENTS = (20, 1_000)
TOUCHED = 20
TWO_YEARS_MS = 730 * DAY_MS
DAYS, A_DAY = 10, 6
"""What is measured: so many events on so many days, each alone in its request and in its batch of the stream."""
RUNS = 2
"""Of so many runs the one with least CPU counts."""
DUE = 1_000


def run(say: Say) -> dict[str, float]:
    """growth.event_cost_by_contacts, …_by_history, …_by_segments: the price of an event at the large end divided
    by that at the small one; due_per_minute, due_messages_per_minute: contacts whose moment comes, and messages
    that waited for one, that the sweep deals with in a minute."""
    say(f"{DAYS * A_DAY} events of one contact, {A_DAY} a day, each alone in its request and scored alone")
    ratios = {
        "contacts": _ratio("contacts", CONTACTS, _with_others, say),
        "history": _ratio("events before", HISTORY, _with_a_history, say),
        "segments": _ratio("segments", SEGMENTS, _with_segments, say),
    }
    with house() as cloud:
        rates = {"due_per_minute": _due_per_minute(cloud, say)}
    with house() as cloud:
        rates["due_messages_per_minute"] = due_messages_per_minute(cloud, say)
    return {f"growth.event_cost_by_{what}": ratio for what, ratio in ratios.items()} | rates


def _ratio(what: str, sizes: tuple[int, int], prepare: Callable[[House, int], None], say: Say) -> float:
    prices = []
    for size in sizes:
        with house() as cloud:
            prepare(cloud, size)
            prices.append(_price(cloud, random.Random(5), say))
            say(f"{size:,} {what}: {prices[-1]:.3f} dollars a million events")
    return prices[1] / prices[0]


def _price(cloud: House, chance: random.Random, say: Say) -> float:
    """Dollars per million events of one person, as the bill has them."""
    with cloud.measured():
        _traffic(cloud, chance)
    counted = bill.books(cloud).of("track", "score")
    for _ in range(RUNS):
        with cloud.timed("track", "score") as cpu:
            _traffic(cloud, chance)
        for room, work in counted.work.items():
            work.cpu = min(work.cpu, cpu[room])
    events = DAYS * A_DAY
    score = counted.work["score"]
    rows = ", ".join(f"{units / events:.2f} {kind}" for kind, units in sorted(score.spent.rows.items()))
    said = ", ".join(f"{_units(work, events)} of {room}" for room, work in counted.work.items())
    say(f"  an event: {said}; score writes {rows}; {score.calls.total() / events:.2f} calls")
    return sum(bill.lines(counted).values()) * MILLION / events


def _units(work: Work, events: int) -> str:
    return (
        f"{work.spent.write / events:.2f} write and {work.spent.read / events:.2f} read units, "
        f"{1000 * work.cpu / events:.2f} ms of CPU"
    )


def _traffic(cloud: House, chance: random.Random) -> None:
    for _ in range(DAYS):
        cloud.clock.now += DAY_MS
        for _ in range(A_DAY):
            send(cloud, [browse(cloud, chance, 0)])
            _score(cloud)


def _score(cloud: House) -> None:
    cloud.events.read()
    while cloud.events.waiting:
        cloud.deliver("score")


def _begin(cloud: House) -> str:
    """Somebody is known, and has looked around; the id of the contact."""
    chance = random.Random(3)
    send(cloud, [browse(cloud, chance, 0), identify(cloud, chance, 0)])
    _score(cloud)
    return cloud.contact(address(0))


def _with_others(cloud: House, many: int) -> None:
    """Store so many contacts, each due some day."""
    _begin(cloud)
    _put(cloud, [f"{number:06d}"[::-1] + "somebodyelse" for number in range(1, many)], cloud.clock.now + TWO_YEARS_MS)


def _put(cloud: House, names: Sequence[str], due_at: int) -> None:
    live, now = releases.live(), cloud.clock.now
    rule = next(one for one in live.release.scoring.scores["interest"].rules if one.id == "ordered")
    facts = Facts(counters={counter_id(rule.when): {local_day(now, live.counters.zone): 1}}, first=now, last=now)
    standing = Standing("hot", now)
    one = State("", 1, live.seq, live.counters.spec, facts, standing=standing, due=due_at)
    row = to_item(contacts.state_row(one, ()))
    client, table = cloud.emulator.client("dynamodb"), f"{cloud.name}-contacts"
    rows = [row | {"pk": {"S": contacts.partition(name)}, "ds": {"S": due.shard(name)}} for name in names]
    for start in range(0, len(rows), 25):
        batch = [{"PutRequest": {"Item": row}} for row in rows[start : start + 25]]
        client.batch_write_item(RequestItems={table: batch})


def _with_a_history(cloud: House, events: int) -> None:
    """Let one contact have done so much in two years, of everything that gives points."""
    chance = random.Random(3)
    contact = contacts.load([_begin(cloud)])
    (person,) = contact.values()
    live = releases.live()
    rules = live.release.scoring.scores["interest"].rules
    source = next(ref for ref in person.profile.identities if kind_of(ref) == ANONYMOUS)
    past = []
    for number in range(events):
        at, when = cloud.clock.now - TWO_YEARS_MS * number // events, chance.choice(rules).when
        properties = {**when.where, **({"form": when.form} if when.form else {})}
        past.append(Event(source, f"past-{number}", at, at, at, "track", when.event, properties))
    lived = rebuild(person, past, live.counters)
    contacts.save_state(replace(lived.state, standing=Standing("hot", cloud.clock.now)), ())


def _with_segments(cloud: House, defined: int) -> None:
    """Publish the demo business with so many segments, of which any event here touches TOUCHED."""
    release = load(marketing()).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    names = ("Page Viewed", "Product Viewed", "Product Added")
    release["segments"] = {
        f"s{number}": {"when": {"any": [{"event": name, "within": f"{number + 1} days"} for name in names]}}
        if number < TOUCHED
        else {"when": {"event": f"Something Else {number}", "at_least": 1}}
        for number in range(defined)
    }
    cloud.publish(canonical(Release.model_validate(release)))
    _begin(cloud)


def _due_per_minute(cloud: House, say: Say) -> float:
    """How many contacts that cool at one midnight are dealt with in a minute, by all workers."""
    zone = releases.live().counters.zone
    flip = midnight(local_day(cloud.clock.now, zone) + 1, zone)
    _put(cloud, [f"{number:06d}"[::-1] + "somebody" for number in range(DUE)], flip)
    cloud.clock.now = flip
    # Nobody counts while the CPU is taken: the calls are those of the first half.
    with cloud.measured():
        cloud.invoke("sweep", {"shards": ["0", "1", "2", "3"]})
    counted = cloud.work["sweep"]
    with cloud.timed("sweep") as cpu:
        cloud.invoke("sweep", {"shards": ["4", "5", "6", "7"]})
    counted.cpu = min(counted.cpu, cpu["sweep"])
    dealt_with = counted.calls["dynamodb", "UpdateItem"]
    each = bill.seconds("sweep", counted) / dealt_with
    say(
        f"{dealt_with} contacts: {_units(counted, dealt_with)}, {counted.calls.total() / dealt_with:.2f} calls, "
        f"{1000 * each:.1f} ms each: {BUDGET_S / each:,.0f} a minute by one worker of {WORKERS}"
    )
    return BUDGET_S / each * WORKERS


def due_messages_per_minute(cloud: House, say: Say) -> float:
    """How many messages that wait for one moment are back on the queue in a minute, by all workers."""
    _wait_for(cloud, cloud.clock.now + DAY_MS, DUE)
    cloud.clock.now += DAY_MS
    halves = list[tuple[Work, int]]()
    for shards in (["0", "1", "2", "3"], ["4", "5", "6", "7"]):
        with cloud.measured():
            answer = cloud.invoke("sweep", {"shards": shards})
        assert answer["failed"] == 0
        halves.append((cloud.work["sweep"], int(answer["done"])))
    assert sum(done for _, done in halves) == DUE
    counted, done = min(halves, key=lambda half: bill.seconds("sweep", half[0]) / half[1])
    each = bill.seconds("sweep", counted) / done
    say(
        f"{done} messages: {_units(counted, done)}, {counted.calls.total() / done:.3f} calls, "
        f"{1000 * each:.2f} ms each: {BUDGET_S / each:,.0f} a minute by one worker of {WORKERS}"
    )
    return BUDGET_S / each * WORKERS


def _wait_for(cloud: House, moment: int, many: int) -> None:
    """Store so many messages of a campaign that wait for a moment."""
    release = releases.live().id
    held = []
    for number in range(many):
        contact = digest("somebody", str(number))
        message = intended(
            id=message_id("spring", "20261201", contact),
            contact=contact,
            journey=journey_of("spring"),
            step="20261201",
            template="welcome",
            topic="tips",
            release=release,
            now=cloud.clock.now,
        )
        held.append(messages.to_item(defer(message, moment, "quiet-hours")))
    dynamodb.insert_new(f"{cloud.name}-contacts", held)
