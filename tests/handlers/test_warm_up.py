"""A new domain: every day as much as it allows and no more, everybody put off once, nobody for ever."""

import random
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from functions import settings
from functions.aws import dynamodb, ses
from functions.core import message as ledger
from functions.core.consent import Head
from functions.core.contact import Moment, Profile, Rank, State
from functions.core.message import Message
from functions.core.warmup import KEPT, WarmUp, allowance
from functions.send import handler as room
from functions.send.pace import Turn
from functions.send.queue import Pair
from functions.sweep.sweep import sweep
from functions.tables import addresses, contacts, messages, pauses, reputation
from tests.handlers.conftest import Stack
from tests.handlers.faults import Crash, crash_at
from tests.handlers.test_send import HOUR, NOW, RELEASE, refusal, settle
from tests.handlers.test_send_groups import CAMPAIGN, Crowd
from tests.scale import scaled

DAY = 24 * HOUR
ZONE = "UTC"
RAMP = {"first_day": 10, "grows": 1.5, "up_to": 40}
"""10, 15, 22 and 33 mails, of which 12, 18 and 27 are given out beforehand."""


class Domain(Crowd):
    """A crowd, and what a domain sent on each of its days."""

    def __init__(self, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(stack, monkeypatch)
        self.sent_on: dict[str, set[Pair]] = {}

    def begin(self, ramp: dict[str, Any] = RAMP, **sending: Any) -> WarmUp:
        """Today is the first day of a ramp."""
        warm_up = {"from": self.day(), **ramp}
        merged = {**RELEASE["sending"], "caps": [], "warm_up": warm_up, **sending}
        self.release = self.publish({**RELEASE, "sending": merged})
        return WarmUp.model_validate(warm_up)

    def store(self, count: int, first: int = 0, **traits: Any) -> list[str]:
        """People in great number, as they are stored."""
        rank, rows, ids = Rank(False, Moment(1, 1)), [], []
        for number in range(first, first + count):
            contact = f"p{number:03d}"
            held = {"email": self.mailbox(number), "first_name": "Ada", **traits}
            profile = Profile(contact, 1, {name: (rank, value) for name, value in held.items()})
            rows += [contacts.profile_row(profile, 1), contacts.state_row(State(contact), ())]
            rows.append(addresses.head_item(self.hash(number), Head(1, {"tips": NOW - HOUR})))
            ids.append(contact)
        dynamodb.insert_new(settings.contacts_table(), rows)
        return ids

    def day(self, at: int | None = None) -> str:
        return datetime.fromtimestamp((at or self.now) / 1000, UTC).date().isoformat()

    def note(self, pairs: list[Pair]) -> None:
        """Keep in mind who got theirs, and on which day."""
        for pair in pairs:
            message = self.read(pair)
            if message.state == "sent":
                self.sent_on.setdefault(self.day(message.times["sending"]), set()).add(pair)

    def pass_time(self, until: int) -> None:
        """Let whatever comes due until then be swept and sent, some minutes late."""
        while True:
            due = [int(row["du"]["N"]) for row in self.stack.rows("contacts") if "du" in row]
            following = min((at for at in due if at > self.now), default=until + 1)
            self.now = min(until, max(self.now, following + 20 * 60_000))
            assert sweep(self.now).failed == 0
            self.drain()
            if self.now >= until:
                return

    def drain(self) -> None:
        while bodies := self.queued():
            pairs = [tuple(pair) for body in bodies for pair in body.get("messages", [])]
            pairs += [(body["contact"], body["message"]) for body in bodies if body["v"] == 1]
            assert self.send(pairs) == []


@pytest.fixture
def domain(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Domain:
    made = Domain(stack, monkeypatch)
    monkeypatch.setattr(ses, "account", lambda: ses.Account(1000, None, 0, sandbox=False))
    return made


def due_on(domain: Domain, messages: list[Message]) -> Counter[str]:
    return Counter(domain.day(one.due) for one in messages if one.due is not None)


def test_what_a_day_does_not_allow_waits_for_the_day_that_has_a_place_for_it(domain: Domain) -> None:
    domain.begin()
    pairs = domain.decided(domain.store(80), expires=NOW + 30 * DAY)
    assert domain.send(pairs) == []
    assert domain.states(pairs) == {"sent": 10, "intended": 70}
    waiting = [one for one in map(domain.read, pairs) if one.state == "intended"]
    assert {one.reason for one in waiting} == {"warm-up"}
    days = [domain.day(NOW + place * DAY) for place in range(1, 5)]
    assert due_on(domain, waiting) == dict(zip(days, (12, 18, 27, 13), strict=True))
    assert Counter(one.warm_up_day for one in waiting) == due_on(domain, waiting)
    # About the time of day for which they were meant, and not all in one minute.
    assert all(0 <= (one.due - NOW) % DAY <= HOUR for one in waiting if one.due)
    assert len({one.due for one in waiting}) > 60


def test_everybody_is_put_off_once_and_sent_when_it_is_their_day(domain: Domain) -> None:
    ramp = domain.begin()
    pairs = domain.decided(domain.store(80), expires=NOW + 30 * DAY)
    domain.send(pairs)
    domain.pass_time(NOW + 6 * DAY)
    domain.note(pairs)
    assert domain.states(pairs) == {"sent": 80}
    assert set(domain.got().values()) == {1}
    assert {day: len(sent) for day, sent in domain.sent_on.items()} == dict(
        zip([domain.day(NOW + place * DAY) for place in range(5)], (10, 12, 18, 27, 13), strict=True)
    )
    for day, sent in domain.sent_on.items():
        allowed = allowance(ramp, datetime.fromisoformat(day).date())
        assert allowed is None or len(sent) <= allowed
    # Put off, queued again, begun, noted: four writes, however many days somebody waited.
    assert {domain.read(pair).version for pair in pairs} <= {2, 4}


def test_what_comes_up_on_a_day_finds_the_places_that_were_kept_for_it(domain: Domain) -> None:
    domain.begin()
    people = domain.store(90)
    domain.send(domain.decided(people[:80], expires=NOW + 30 * DAY))
    domain.now += DAY - 2 * HOUR
    fresh = domain.decided(people[80:], id="fresh", step="welcome")
    domain.send(fresh)
    assert domain.states(fresh)["sent"] == 15 // KEPT
    # The list has all that is given out beforehand: the others wait for the end of the ramp, which their time allows.
    later = [one for one in map(domain.read, fresh) if one.state == "intended"]
    assert due_on(domain, later) == {domain.day(NOW + 4 * DAY): 10 - 15 // KEPT}
    assert all(one.due < one.created + 3 * DAY for one in later if one.due)


def test_what_no_day_before_its_end_has_a_place_for_is_withheld_at_once(domain: Domain) -> None:
    domain.begin()
    pairs = domain.decided(domain.store(60), expires=NOW + 2 * DAY)
    domain.send(pairs)
    assert domain.states(pairs) == {"sent": 10, "intended": 12 + 18, "withheld": 20}
    withheld = [one for one in map(domain.read, pairs) if one.state == "withheld"]
    assert {(one.reason, one.detail) for one in withheld} == {("too-late", "warm-up")}
    assert all(one.due is None or one.due < NOW + 2 * DAY for one in map(domain.read, pairs))
    domain.pass_time(NOW + 3 * DAY)
    assert domain.states(pairs) == {"sent": 40, "withheld": 20}


def test_days_on_which_the_hours_are_closed_give_no_place_away(domain: Domain) -> None:
    # NOW is a Monday: the ramp's second day is not one of them.
    domain.begin(hours=[{"only": {"on": ["monday", "wednesday", "thursday"], "between": ["09:00", "18:00"]}}])
    pairs = domain.decided(domain.store(30), expires=NOW + 30 * DAY)
    domain.send(pairs)
    waiting = [one for one in map(domain.read, pairs) if one.state == "intended"]
    assert due_on(domain, waiting) == {domain.day(NOW + 2 * DAY): 18, domain.day(NOW + 3 * DAY): 2}
    assert all(9 <= datetime.fromtimestamp((one.due or 0) / 1000, UTC).hour < 18 for one in waiting)
    assert reputation.taken([domain.day(NOW + DAY)]) == {}


def test_receipts_are_not_held_back_and_take_no_place(domain: Domain) -> None:
    domain.begin({"first_day": 1, "grows": 1.5, "up_to": 40})
    people = domain.store(6)
    tips, receipts = domain.decided(people), domain.decided(people, topic="orders", id="order")
    domain.send([*tips, *receipts])
    assert (domain.states(tips)["sent"], domain.states(receipts)) == (1, {"sent": 6})


def test_a_second_copy_on_the_queue_takes_no_second_place(domain: Domain) -> None:
    domain.begin()
    pairs = domain.decided(domain.store(30), expires=NOW + 30 * DAY)
    domain.send(pairs)
    before, given = [domain.read(pair) for pair in pairs], reputation.taken([domain.day(NOW + DAY)])
    domain.now += HOUR
    domain.send(pairs)
    assert [(one.due, one.warm_up_day) for one in map(domain.read, pairs)] == [
        (one.due, one.warm_up_day) for one in before
    ]
    assert reputation.taken([domain.day(NOW + DAY)]) == given


def test_whoever_misses_their_day_gets_a_place_on_another(domain: Domain) -> None:
    domain.begin()
    pairs = domain.decided(domain.store(30), expires=NOW + 30 * DAY)
    domain.send(pairs)
    pk, sk = pauses.KEY
    hold = {"marketing": {"since": NOW, "why": "", "by": "Ada", "until": NOW + 2 * DAY + HOUR}}
    dynamodb.put(settings.contacts_table(), {"pk": pk, "sk": sk, "v": 1, "n": 1, "held": hold})
    domain.pass_time(NOW + 5 * DAY)
    domain.note(pairs)
    assert domain.states(pairs) == {"sent": 30}
    assert {day: len(sent) for day, sent in domain.sent_on.items()} == {
        domain.day(NOW): 10,
        domain.day(NOW + 2 * DAY): 8 + 12,
    }


def test_what_a_provider_puts_off_until_later_today_keeps_its_place(domain: Domain) -> None:
    domain.begin()
    pairs = domain.decided(domain.store(10))
    with domain.monkeypatch.context() as patch:
        original = BaseClient._make_api_call

        def throttled(client: Any, operation: str, arguments: Any) -> Any:
            if operation == "SendEmail":
                raise refusal("TooManyRequestsException", 429, "Maximum sending rate exceeded.")
            return original(client, operation, arguments)

        patch.setattr(BaseClient, "_make_api_call", throttled)
        domain.send(pairs)
    assert domain.states(pairs) == {"intended": 10}
    domain.now += HOUR
    domain.send(pairs)
    assert domain.states(pairs) == {"sent": 10}
    assert reputation.taken([domain.day(NOW)]) == {domain.day(NOW): 10}


def test_what_a_pause_held_up_before_its_day_waits_for_it_then_and_is_not_looked_at_every_hour(domain: Domain) -> None:
    domain.begin()
    pairs = domain.decided(domain.store(30), expires=NOW + 30 * DAY)
    domain.send(pairs)
    waiting = [pair for pair in pairs if domain.read(pair).state == "intended"]
    for pair in waiting:
        # As sweep leaves what a pause had held: on the queue, and due again should that be lost.
        message = domain.read(pair)
        messages.change(message, ledger.postpone(message, domain.now + HOUR))
    domain.send(waiting)
    for message in map(domain.read, waiting):
        assert message.due is not None
        assert domain.day(message.due) == message.warm_up_day
        assert message.due % DAY >= NOW % DAY


@pytest.mark.parametrize("hindrance", ["contention", "deadline", "quota"])
def test_what_is_hindered_on_its_way_keeps_its_place(domain: Domain, hindrance: str) -> None:
    domain.begin()
    pairs = domain.decided(domain.store(10))
    with domain.monkeypatch.context() as patch:
        original, times = BaseClient._make_api_call, Counter[str]()

        def hindered(client: Any, operation: str, arguments: Any) -> Any:
            times[operation] += 1
            if (hindrance, operation, times[operation]) == ("contention", "TransactWriteItems", 1):
                reasons = [{"Code": "TransactionConflict"}] * len(arguments["TransactItems"])
                error: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
                raise ClientError(error, operation)
            answer = original(client, operation, arguments)
            if operation == "UpdateItem" and arguments["Key"]["sk"]["S"] == reputation.WARM_UP:
                if hindrance == "deadline":
                    patch.setattr(Turn, "wait", lambda self, rate: 1e6)
                elif hindrance == "quota":
                    room._turn_of("email").close()
            return answer

        patch.setattr(BaseClient, "_make_api_call", hindered)
        assert domain.send(pairs) == []
    domain.now += HOUR
    room.forget()
    domain.send(pairs)
    assert domain.states(pairs) == {"sent": 10}
    assert reputation.taken([domain.day(NOW)]) == {domain.day(NOW): 10}


def test_of_a_long_ramp_only_days_are_read_on_which_a_message_may_still_go_out(domain: Domain) -> None:
    domain.begin({"first_day": 2, "grows": 1.05, "up_to": 10_000})
    read, taken = list[str](), reputation.taken

    def noted(days: Iterable[str]) -> dict[str, int]:
        asked = list(days)
        read.extend(asked)
        return taken(asked)

    domain.monkeypatch.setattr(reputation, "taken", noted)
    pairs = domain.decided(domain.store(20), expires=NOW + 3 * DAY)
    domain.send(pairs)
    assert domain.states(pairs) == {"sent": 2, "intended": 3 + 4 + 4, "withheld": 7}
    assert set(read) == {domain.day(NOW + place * DAY) for place in range(5)}


def test_a_worker_that_dies_may_lose_places_and_no_message(domain: Domain) -> None:
    domain.begin()
    pairs = domain.decided(domain.store(20), expires=NOW + 30 * DAY)
    with pytest.raises(Crash), crash_at("UpdateItem", after=True, monkeypatch=domain.monkeypatch):
        domain.send(pairs)
    domain.send(pairs)
    domain.pass_time(NOW + 6 * DAY)
    domain.note(pairs)
    assert domain.states(pairs) == {"sent": 20}
    assert len(domain.sent_on.get(domain.day(NOW), ())) == 0


@pytest.mark.parametrize("seed", range(scaled(3)))
def test_whatever_comes_on_whichever_day_no_day_sends_more_and_nobody_waits_past_the_ramp(
    domain: Domain, seed: int
) -> None:
    chance = random.Random(seed)
    ramp = domain.begin({"first_day": chance.randint(1, 8), "grows": chance.choice([1.2, 1.5, 2]), "up_to": 30})
    people, everything = domain.store(60), list[Pair]()
    for day in range(4):
        some = chance.sample(people, chance.randint(5, 30))
        expires = domain.now + chance.choice([2 * DAY, 5 * DAY, 60 * DAY])
        fresh = domain.decided(some, id=f"d{day}", step=f"s{day}", expires=expires)
        everything += fresh
        while fresh:
            size = chance.randint(1, 20)
            domain.send(fresh[:size])
            fresh = fresh[size:]
        domain.pass_time(domain.now + chance.choice([HOUR, DAY, 20 * HOUR]))
    domain.pass_time(domain.now + 25 * DAY)
    domain.note(everything)
    for day_of_ramp, sent in domain.sent_on.items():
        allowed = allowance(ramp, datetime.fromisoformat(day_of_ramp).date())
        assert allowed is None or len(sent) <= allowed, day_of_ramp
    assert set(domain.states(everything)) <= {"sent", "withheld"}
    for one in map(domain.read, everything):
        if one.state == "withheld":
            assert (one.reason, one.detail) == ("too-late", "warm-up")
        assert one.version <= 6


def test_without_a_warm_up_nothing_is_asked_for(domain: Domain) -> None:
    domain.release = domain.publish(RELEASE)
    pairs = domain.decided(domain.store(3))
    domain.send(pairs)
    assert domain.states(pairs) == {"sent": 3}
    assert reputation.taken([domain.day(NOW)]) == {}


def test_what_was_put_off_by_an_earlier_version_asks_for_a_place_when_it_comes(domain: Domain) -> None:
    domain.begin()
    (pair,) = domain.decided(domain.store(1), **{**CAMPAIGN, "step": "old"})
    message = domain.read(pair)
    where = {"reason": "warm-up", "du": NOW + HOUR}
    dynamodb.update(
        settings.contacts_table(),
        (f"C#{message.contact}", f"M#{message.id}"),
        "SET reason = :reason, du = :du",
        values={f":{name}": value for name, value in where.items()},
    )
    domain.now += HOUR
    settle(*pair, domain.now)
    domain.send([pair])
    assert domain.states([pair]) == {"sent": 1}
