"""A campaign that is killed again and again ends as if nothing had happened: everybody allowed got it, exactly once."""

import random
from collections import Counter
from collections.abc import Iterator

import pytest

from functions.aws import ses
from functions.core.campaign import message_id
from functions.core.message import Message
from functions.send.pace import Turn
from functions.tables import campaigns, messages
from functions.work import campaign_count, campaign_pace, campaign_send
from functions.work import campaigns as rooms
from local.emulator import EmulatorProcess
from tests.audience import CAMPAIGN, contact_id, email, people, with_campaign
from tests.cloud import Call, Cloud, Killed
from tests.scale import SCALE

PEOPLE = 2_000 if SCALE > 1 else 200
ALLOWED = PEOPLE - PEOPLE // 10
KILLS = 20


class KillNowAndThen:
    """Kills work and sweep at some of their calls, and send at some of its calls once so many mails are out."""

    def __init__(self, cloud: Cloud, chance: random.Random) -> None:
        self._cloud, self._chance = cloud, chance
        self._planned = sorted(chance.sample(range(1, 90), KILLS // 2))
        self._mails = sorted(chance.sample(range(1, ALLOWED - 50), KILLS // 2))
        self._calls, self._fuse = 0, -1
        self.struck: list[str] = []
        self.seen: Counter[str] = Counter()

    def before(self, call: Call) -> None:
        self._calls += call.handler in ("work", "sweep")
        self._strike(call, "before")

    def after(self, call: Call) -> None:
        self.seen[f"{call.handler} {call.operation}"] += 1
        self._strike(call, "after")

    def _strike(self, call: Call, when: str) -> None:
        if call.handler in ("work", "sweep"):
            due = bool(self._planned) and self._calls >= self._planned[0]
            if due and self._chance.random() < 0.5:
                self._planned.pop(0)
                self._kill(call, when)
        elif call.handler == "send":
            if self._fuse < 0 and self._mails and len(self._cloud.mails) >= self._mails[0]:
                self._mails.pop(0)
                self._fuse = self._chance.randrange(12)
            if self._fuse == 0:
                self._fuse = -1
                self._kill(call, when)
            self._fuse -= self._fuse > 0

    def _kill(self, call: Call, when: str) -> None:
        self.struck.append(f"{when} {call}")
        raise Killed

    def repeat(self, call: Call) -> bool:
        return False


@pytest.fixture
def town(emulator: EmulatorProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """Many who are keen; every tenth never agreed to hear about it."""
    monkeypatch.setattr(campaign_count, "PIECE", PEOPLE // 8)
    monkeypatch.setattr(campaign_send, "STEP", 50)
    monkeypatch.setattr(campaign_pace, "_turn", Turn(ses.account))
    with Cloud(emulator, with_campaign(per_second=1000, rate=f"{PEOPLE // 3} a minute", hold="none")) as cloud:
        people(cloud, *(number for number in range(PEOPLE) if number % 10))
        people(cloud, *range(0, PEOPLE, 10), topic=None)
        yield cloud


def ledger() -> dict[int, Message]:
    found = {}
    for number in range(PEOPLE):
        contact = contact_id(number)
        one = messages.get(contact, message_id(CAMPAIGN, "one", contact))
        assert one is not None, number
        found[number] = one
    return found


def run_out(cloud: Cloud) -> None:
    """Until the run has ended and every message of it is settled, by sweep at the latest."""
    for _ in range(40):
        cloud.skip(minutes=30)
        run = campaigns.get(CAMPAIGN, "one")
        assert run is not None
        if not run.open and cloud.next_due is None:
            return
    raise AssertionError("it never ended")


@pytest.mark.parametrize("seed", range(1))
def test_killed_at_twenty_random_points_everybody_allowed_got_exactly_one(town: Cloud, seed: int) -> None:
    watch = KillNowAndThen(town, random.Random(seed))
    with town.watched(watch):
        rooms.begin_on_request(CAMPAIGN, "one", by="tests", now=town.clock.now)
        run_out(town)
    assert len(watch.struck) == sum(isinstance(one, Killed) for one in town.failures) == KILLS
    run = campaigns.get(CAMPAIGN, "one")
    assert run is not None
    assert (run.state, run.people, run.intended) == ("done", PEOPLE, PEOPLE)
    assert run.counts["allow"] == ALLOWED
    assert run.counts["withhold no-consent"] == PEOPLE - ALLOWED

    got, told = Counter(mail.to for mail in town.mails), ledger()
    assert set(got.values()) == {1}
    for number, one in told.items():
        if number % 10 == 0:
            assert (one.state, one.reason) == ("withheld", "no-consent")
            assert email(number) not in got
        else:
            # What was killed between the provider's answer and our note of it went out, or didn't: it is listed.
            assert one.state == "unknown" or (one.state == "sent" and email(number) in got), (number, one.state)
    unknown = {number for number, one in told.items() if one.state == "unknown"}
    assert len(unknown) <= KILLS * 10
    assert len(got) >= ALLOWED - len(unknown)

    # Feedback that comes late settles those that went out; the others stay listed, and are never sent again.
    late = [mail for mail in town.mails if int(mail.to.removeprefix("person-").partition("@")[0]) in unknown]
    for mail in late:
        town.report(mail, "Delivery")
    town.settle()
    after = ledger()
    for number in unknown:
        assert after[number].state == ("delivered" if email(number) in got else "unknown")
    assert Counter(mail.to for mail in town.mails) == got
    assert town.aside == []

    stages = {"work PutObject", "work PutItem", "work BatchExecuteStatement", "work SendMessageBatch", "sweep PutItem"}
    assert stages | {"work SendMessage", "send SendEmail"} <= set(watch.seen)
