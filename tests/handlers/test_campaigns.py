"""Campaigns: counted, held, sent once to everybody allowed, paused, resumed and cancelled, by the contact's clock."""

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from authoring.cli import main
from authoring.commands.shared import App
from functions.aws import ses
from functions.core import message as ledger
from functions.core.campaign import journey_of, message_id, place_of
from functions.core.consent import Change, Entry
from functions.core.costs import PRICE_OF_MESSAGE
from functions.core.identity import hash_of, own_ref
from functions.core.message import Message
from functions.core.pauses import EVERYTHING, Pause
from functions.core.policy import Recent, Sent
from functions.core.release import Release, canonical
from functions.core.runs import NotNow, Run
from functions.observability import logger
from functions.score.merge import merge
from functions.send import queue as send_queue
from functions.send.pace import Turn
from functions.tables import addresses, audiences, campaigns, caps, contacts, memberships, messages, pauses
from functions.work import campaign_count, campaign_pace
from functions.work import campaigns as rooms
from local.emulator import EmulatorProcess
from tests.audience import CAMPAIGN, contact_id, email, member_row, people, ref_of, store, with_campaign
from tests.cloud import Call, Cloud
from tests.cloud.time import START


@pytest.fixture
def town(emulator: EmulatorProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Cloud]]:
    """Makes a deployment with a campaign, as it is told, and twelve people who are keen."""
    monkeypatch.setattr(campaign_count, "PIECE", 5)
    monkeypatch.setattr(campaign_pace, "_turn", Turn(ses.account))
    with ExitStack() as made:

        def make(many: int = 12, **campaign: Any) -> Cloud:
            cloud = made.enter_context(Cloud(emulator, with_campaign(**campaign)))
            people(cloud, *range(many))
            return cloud

        yield make


def begin(cloud: Cloud, run: str = "one") -> Run:
    return rooms.begin_on_request(CAMPAIGN, run, by="tests", now=cloud.clock.now)


def counted(cloud: Cloud, run: str = "one") -> Run:
    """Begun and counted, and not let go yet."""
    begin(cloud, run)
    cloud.settle()
    return found(run)


def found(run: str = "one") -> Run:
    one = campaigns.get(CAMPAIGN, run)
    assert one is not None
    return one


def got(cloud: Cloud) -> Counter[str]:
    """How many mails each address got."""
    return Counter(mail.to for mail in cloud.mails)


def everybody(many: int = 12) -> Counter[str]:
    return Counter(email(number) for number in range(many))


def message(number: int, run: str = "one") -> Message | None:
    contact = contact_id(number)
    return messages.get(contact, message_id(CAMPAIGN, run, contact))


def reasons(many: int = 12, run: str = "one") -> Counter[str]:
    """What became of the messages, withheld ones with their reason."""
    told: Counter[str] = Counter()
    for number in range(many):
        one = message(number, run)
        told["none" if one is None else one.reason if one.state == "withheld" else one.state] += 1
    return told


def test_a_campaign_is_counted_held_and_sent_once_to_everybody(town: Callable[..., Cloud]) -> None:
    cloud = town()
    held = counted(cloud)
    assert (held.state, held.people, held.counts["allow"], held.chunks) == ("holding", 12, 12, 3)
    assert cloud.mails == []
    cloud.skip(minutes=9)
    assert cloud.mails == []
    cloud.skip(minutes=5)
    assert got(cloud) == everybody()
    assert (found().state, found().intended) == ("done", 12)
    cloud.skip(days=4)
    assert got(cloud) == everybody()
    assert found().due is None


def test_what_a_warm_up_leaves_over_is_foretold(emulator: EmulatorProcess, monkeypatch: Any) -> None:
    monkeypatch.setattr(campaign_count, "PIECE", 5)
    release = json.loads(with_campaign(expires="1 day"))
    today = datetime.fromtimestamp(START / 1000, ZoneInfo(release["sending"]["business"]["time_zone"])).date()
    release["sending"]["warm_up"] = {"from": today.isoformat(), "first_day": 3, "grows": 1.5, "up_to": 1000}
    cloud = Cloud(emulator, canonical(Release.model_validate(release)))
    try:
        people(cloud, *range(12))
        held = counted(cloud)
        said = {name: many for name, many in held.counts.items() if not name.startswith("lately ")}
        # Three today, four tomorrow of which all are given out (a fifth of four is none).
        assert said == {"people": 12, "allow": 3, "defer warm-up": 4, "withhold too-late": 5}
        assert held.seconds > 3600
        cloud.skip(hours=30)
        assert sum(got(cloud).values()) == 7
    finally:
        cloud.close()


def test_the_owner_is_told_of_the_hold_and_so_is_the_bus(town: Callable[..., Cloud], monkeypatch: Any) -> None:
    told: list[tuple[str, str]] = []
    monkeypatch.setattr("functions.alerts.tell", lambda subject, text: told.append((subject, text)))
    cloud = town()
    counted(cloud)
    ((subject, text),) = told
    assert subject == "Campaign harvest goes out in 10 minutes"
    assert "12 on the list, 12 of whom would get it" in text
    assert "samovar campaigns cancel harvest/one" in text
    (event,) = [event for event in cloud.bus if event["DetailType"] == "Campaign Held"]
    assert '"people":12' in event["Detail"]


def test_counting_says_who_would_not_get_it_and_why(town: Callable[..., Cloud]) -> None:
    cloud = town(3)
    people(cloud, 3, topic=None)
    people(cloud, 4, 5)
    addresses.append(hash_of(ref_of(4)), entry(cloud, "withdrawal", "tips"))
    addresses.append(hash_of(ref_of(5)), entry(cloud, "suppression", "bounce"))
    store(cloud, [member_row(99)])
    counts = counted(cloud).counts
    assert counts == {
        "people": 7,
        "allow": 3,
        "withhold no-consent": 1,
        "withhold unsubscribed": 1,
        "withhold suppressed-bounce": 1,
        "withhold missing-address": 1,
        "lately 0": 7,
    }
    rooms.let_go(found(), cloud.clock.now)
    cloud.settle()
    assert reasons(6) == {"sent": 3, "no-consent": 1, "unsubscribed": 1, "suppressed-bounce": 1}


def entry(cloud: Cloud, action: Any, subject: str) -> Entry:
    return Entry(f"ref-{action}", cloud.clock.now, cloud.clock.now, "tests", (Change(action, subject),))


def test_people_of_excluded_segments_and_those_who_left_get_nothing(town: Callable[..., Cloud]) -> None:
    cloud = town(8, **{"except": ["customers", "lapsed"]})
    store(cloud, [member_row(2, "customers"), member_row(3, "lapsed"), member_row(4, "lapsed", left=True)])
    store(cloud, [member_row(5, left=True)])
    assert counted(cloud).people == 5
    rooms.let_go(found(), cloud.clock.now)
    cloud.settle()
    assert set(got(cloud)) == {email(number) for number in (0, 1, 4, 6, 7)}


def queued(cloud: Cloud) -> list[send_queue.Pair]:
    """The messages that wait on the send queue."""
    return [pair for one in cloud.queues.by_name["send"].messages for pair in send_queue.parse(one.body)]


def test_the_audience_shrinking_and_growing_midway_changes_nothing(town: Callable[..., Cloud]) -> None:
    cloud = town()
    counted(cloud)
    for number in range(6):
        memberships.note("keen", contact_id(number), inside=False, version=2, at=cloud.clock.now)
    people(cloud, *range(20, 26))
    cloud.skip(hours=1)
    assert got(cloud) == everybody()
    assert found().state == "done"


def test_whoever_unsubscribes_after_it_was_queued_and_before_it_is_sent_gets_nothing(
    town: Callable[..., Cloud],
) -> None:
    cloud = town()
    counted(cloud)
    cloud.paused.add("send")
    cloud.skip(minutes=12)
    assert len(queued(cloud)) == 12
    addresses.append(hash_of(ref_of(3)), entry(cloud, "withdrawal", "*"))
    cloud.paused.clear()
    cloud.settle()
    assert reasons() == {"sent": 11, "unsubscribed": 1}
    assert email(3) not in got(cloud)


def test_a_run_begun_twice_is_one_run(town: Callable[..., Cloud]) -> None:
    cloud = town()
    first, second = begin(cloud), begin(cloud)
    assert first == second
    cloud.skip(hours=1)
    begin(cloud)
    cloud.skip(hours=1)
    assert got(cloud) == everybody()


def test_two_works_and_two_sweeps_at_once_send_nothing_twice(town: Callable[..., Cloud]) -> None:
    cloud = town()
    cloud.duplicate = True
    counted(cloud)
    cloud.clock.now = found().held_until
    for _ in range(2):
        cloud.sweep()
        cloud.sweep()
        cloud.settle()
    cloud.skip(hours=2)
    assert got(cloud) == everybody()
    assert found().intended == 12


def test_one_slice_at_a_time_is_on_its_way_however_long_a_run_takes(town: Callable[..., Cloud]) -> None:
    cloud = town()
    held = counted(cloud)
    pauses.hold(place_of(CAMPAIGN, "one"), Pause(cloud.clock.now, "wait", "tests"))
    rooms.let_go(held, cloud.clock.now)
    cloud.skip(hours=4)
    assert found().state == "sending"
    assert len(cloud.queues.by_name["work"].messages) == 1


def test_a_run_whose_slice_got_lost_goes_on_by_itself(town: Callable[..., Cloud]) -> None:
    cloud = town()
    held = counted(cloud)
    pauses.hold(place_of(CAMPAIGN, "one"), Pause(cloud.clock.now, "wait", "tests"))
    rooms.let_go(held, cloud.clock.now)
    cloud.settle()
    cloud.queues.by_name["work"].messages.clear()
    pauses.release(place_of(CAMPAIGN, "one"))
    cloud.skip(hours=2)
    assert got(cloud) == everybody()


def test_hold_can_be_let_go_by_a_person_and_only_once(town: Callable[..., Cloud]) -> None:
    cloud = town(hold="3 hours")
    held = counted(cloud)
    rooms.let_go(held, cloud.clock.now)
    with pytest.raises(NotNow, match="is sending, not holding"):
        rooms.let_go(found(), cloud.clock.now)
    cloud.settle()
    assert got(cloud) == everybody()


def test_without_a_hold_it_goes_with_the_next_sweep(town: Callable[..., Cloud]) -> None:
    cloud = town(hold="none")
    counted(cloud)
    cloud.skip(minutes=2)
    assert got(cloud) == everybody()


def test_cancelled_while_it_holds_it_sends_nothing(town: Callable[..., Cloud]) -> None:
    cloud = town()
    rooms.cancel(counted(cloud), "a wrong price", cloud.clock.now)
    cloud.skip(hours=2)
    assert cloud.mails == []
    assert (found().state, found().why) == ("cancelled", "a wrong price")
    with pytest.raises(NotNow):
        rooms.cancel(found(), "again", cloud.clock.now)


def test_cancelled_midway_what_is_still_on_its_way_is_withheld(town: Callable[..., Cloud]) -> None:
    cloud = town(rate="2 a minute")
    counted(cloud)
    cloud.paused.add("send")
    cloud.skip(minutes=12)
    waiting = len(queued(cloud))
    assert 0 < waiting < 12
    rooms.cancel(found(), "a wrong price", cloud.clock.now)
    cloud.paused.clear()
    cloud.skip(hours=3)
    assert cloud.mails == []
    assert reasons() == {"campaign-cancelled": waiting, "none": 12 - waiting}
    assert pauses.get().cancelled == {place_of(CAMPAIGN, "one")}
    cloud.skip(days=8)
    assert pauses.get().cancelled == frozenset()
    assert cloud.mails == []


def test_a_cancellation_that_died_halfway_is_completed(town: Callable[..., Cloud]) -> None:
    cloud = town(rate="2 a minute")
    counted(cloud)
    cloud.skip(minutes=11)
    sent = len(cloud.mails)
    assert sent < 12
    pauses.cancel(place_of(CAMPAIGN, "one"))
    cloud.skip(hours=3)
    assert len(cloud.mails) == sent
    assert found().state == "cancelled"


@pytest.mark.parametrize("name", [place_of(CAMPAIGN, "one"), EVERYTHING])
def test_paused_it_stops_at_once_and_resumed_it_goes_on_where_it_was(town: Callable[..., Cloud], name: str) -> None:
    cloud = town(rate="2 a minute")
    counted(cloud)
    cloud.skip(minutes=11)
    before = len(cloud.mails)
    assert 0 < before < 12
    pauses.hold(name, Pause(cloud.clock.now, "a look at the price", "tests"))
    cloud.skip(hours=5)
    assert len(cloud.mails) == before
    assert found().state == "sending"
    pauses.release(name)
    cloud.skip(hours=2)
    assert got(cloud) == everybody()
    assert found().state == "done"


def test_it_keeps_to_its_rate_and_queues_a_minute_ahead_at_most(town: Callable[..., Cloud]) -> None:
    cloud = town(30, rate="6 a minute")
    counted(cloud)
    cloud.paused.add("send")
    cloud.clock.now = found().held_until
    cloud.sweep()
    cloud.settle()
    begun = cloud.clock.now
    assert len(queued(cloud)) == 6
    while len(queued(cloud)) < 30:
        cloud.skip(minutes=0.5)
        sendable = (cloud.clock.now - begun) / 10_000
        assert sendable <= len(queued(cloud)) + 1 <= sendable + 8


def test_it_is_never_faster_than_the_account(town: Callable[..., Cloud]) -> None:
    cloud = town(30, per_second=100)
    cloud.postbox.rate = 0.2
    assert counted(cloud).seconds == 150


def test_what_did_not_go_out_in_time_is_not_sent_and_said(town: Callable[..., Cloud]) -> None:
    cloud = town(rate="6 an hour", expires="1 hour")
    counted(cloud)
    cloud.skip(hours=6)
    run = found()
    assert (run.state, run.intended + run.missed) == ("expired", 12)
    assert 5 <= run.intended <= 8
    assert len(cloud.mails) == run.intended


def test_a_run_whose_time_is_over_when_its_hold_ends_does_not_begin(town: Callable[..., Cloud]) -> None:
    cloud = town(hold="2 hours", expires="1 hour")
    counted(cloud)
    cloud.skip(hours=5)
    assert found().state == "expired"
    assert cloud.mails == []


def merged(cloud: Cloud, loser: int, winner: int) -> None:
    """Two entries turn out to be one person: what merging leaves (see the test below), without what follows from it."""
    profile = contacts.load([contact_id(winner)])[contact_id(winner)].profile
    names = (*profile.identities, ref_of(loser), own_ref(contact_id(loser)))
    store(cloud, [{"pk": f"C#{contact_id(loser)}", "sk": "S", "v": 3, "n": 2, "into": contact_id(winner)}])
    store(cloud, [contacts.profile_row(replace(profile, identities=names), profile.version + 1)])


def test_merging_leaves_the_losers_own_name_with_the_winner(town: Callable[..., Cloud]) -> None:
    town(3)
    assert merge(contact_id(1), contact_id(2))
    assert own_ref(contact_id(1)) in contacts.load([contact_id(2)])[contact_id(2)].profile.identities
    assert contacts.surviving(contact_id(1)).id == contact_id(2)


def test_what_somebody_got_before_a_merge_is_foretold_with_the_survivor_s(town: Callable[..., Cloud]) -> None:
    cloud = town(3)
    for number in (0, 1, 2):
        sent = Recent(1, {f"earlier {number}": Sent(cloud.clock.now - 60_000, "email", "tips")})
        store(cloud, [caps.to_item(contact_id(number), sent)])
    merged(cloud, 1, 2)
    counted(cloud)
    counts = found().counts
    assert (counts["people"], counts["lately 1"], counts["lately 2"]) == (2, 1, 1)


@pytest.mark.parametrize(("loser", "winner"), [(1, 2), (2, 1)])
@pytest.mark.parametrize("when", ["before it is counted", "while it holds", "on the queue", "one is sent"])
def test_two_entries_that_became_one_person_get_one_message(
    town: Callable[..., Cloud], when: str, loser: int, winner: int
) -> None:
    cloud = town(3)
    if when == "before it is counted":
        merged(cloud, loser, winner)
    counted(cloud)
    if when == "while it holds":
        merged(cloud, loser, winner)
    cloud.paused.add("send")
    cloud.clock.now = found().held_until
    cloud.sweep()
    while cloud.deliver("work"):
        pass
    if when == "on the queue":
        merged(cloud, loser, winner)
    cloud.paused.clear()
    if when == "one is sent":
        waiting = queued(cloud)
        cloud.queues.by_name["send"].messages.clear()
        send_queue.enqueue_many(waiting, apart=True)
        cloud.queues.by_name["send"].batch = 1
        while not ({email(1), email(2)} & set(got(cloud))):
            cloud.deliver("send")
        cloud.queues.by_name["send"].batch = 10
        merged(cloud, loser, winner)
    cloud.skip(hours=2)
    assert sum(got(cloud)[email(number)] for number in (1, 2)) == 1
    assert got(cloud)[email(0)] == 1
    told = [one for number in (1, 2) if (one := message(number)) is not None]
    assert sum(one.state == "sent" for one in told) == 1
    assert all(one.reason == "same-person" for one in told if one.state != "sent")


def test_an_erased_contact_gets_none_and_leaves_no_row(town: Callable[..., Cloud]) -> None:
    cloud = town(3)
    counted(cloud)
    store(cloud, [{"pk": f"C#{contact_id(1)}", "sk": "S", "v": 3, "n": 9, "into": ""}])
    cloud.skip(hours=1)
    assert set(got(cloud)) == {email(0), email(2)}
    assert message(1) is None


def test_a_provider_that_throttles_makes_everybody_slower_and_loses_nobody(town: Callable[..., Cloud]) -> None:
    cloud = town()
    refused = Throttle(7)
    counted(cloud)
    with cloud.watched(refused):
        cloud.skip(hours=5)
    assert refused.left == 0
    assert got(cloud) == everybody()
    assert reasons() == {"sent": 12}


class Throttle:
    """SES refuses the first so many."""

    def __init__(self, left: int, code: str = "TooManyRequestsException", status: int = 429) -> None:
        self.left, self.code, self.status = left, code, status

    def before(self, call: Call) -> None:
        from botocore.exceptions import ClientError

        if call.operation == "SendEmail" and self.left:
            self.left -= 1
            answer: Any = {"Error": {"Code": self.code}, "ResponseMetadata": {"HTTPStatusCode": self.status}}
            raise ClientError(answer, "SendEmail")

    def after(self, call: Call) -> None:
        pass

    def repeat(self, call: Call) -> bool:
        return False


def test_a_provider_that_refuses_some_does_not_make_it_send_to_everybody_again(town: Callable[..., Cloud]) -> None:
    cloud = town()
    counted(cloud)
    with cloud.watched(Throttle(4, "MessageRejected", 400)):
        cloud.skip(hours=5)
    assert reasons() == {"sent": 8, "provider-rejected": 4}
    assert set(got(cloud).values()) == {1}
    assert len(cloud.mails) == 8


def test_events_of_its_messages_name_campaign_and_run(town: Callable[..., Cloud]) -> None:
    cloud = town(1)
    counted(cloud)
    cloud.skip(minutes=15)
    (mail,) = cloud.mails
    cloud.report(mail, "Delivery")
    cloud.settle()
    told = [row for row in cloud.items("events") if row.get("name") == "Email Delivered"]
    assert len(told) == 1
    said = str(told[0])
    assert "harvest" in said
    assert "campaign--" not in said
    assert "journey" not in said


def test_a_message_of_a_campaign_names_its_run_as_a_journeys_message_names_its_step(
    town: Callable[..., Cloud],
) -> None:
    cloud = town(1)
    counted(cloud)
    cloud.skip(minutes=15)
    one = message(0)
    assert one is not None
    assert (one.journey, one.step, one.topic) == (journey_of(CAMPAIGN), "one", "tips")
    assert one.expires == found().at + 172_800_000
    assert ledger.last_moment(one) == one.expires


def test_the_same_piece_counted_twice_is_the_first(town: Callable[..., Cloud]) -> None:
    cloud = town()
    begin(cloud)
    first = audiences.put_new(CAMPAIGN, "x", 0, audiences.Piece({5: ["a"]}, {"people": 1}, ("0", "a")))
    again = audiences.put_new(CAMPAIGN, "x", 0, audiences.Piece({5: ["b", "c"]}, {"people": 2}, None))
    assert again == first


def test_the_command_line_begins_shows_pauses_resumes_lets_go_and_cancels(
    town: Callable[..., Cloud], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(App, "connect", lambda self: None)
    cloud = town()
    people(cloud, 12, topic=None)

    def asked(*words: str, code: int = 0) -> Any:
        result = CliRunner().invoke(main, ["campaigns", *words, "--json"], catch_exceptions=False)
        assert result.exit_code == code, result.output
        return json.loads(result.output)

    class Listening(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            logged.append(record.getMessage())

    logged: list[str] = []
    listening = Listening()
    logger.addHandler(listening)
    begun = asked("send", CAMPAIGN, "--key", "spring")
    name = f"{CAMPAIGN}/{begun['run']}"
    assert asked("send", CAMPAIGN, "--key", "spring")["run"] == begun["run"]
    assert "is still counting" in asked("send", CAMPAIGN, code=1)["error"]
    assert "there are: harvest" in asked("send", "harvst", code=1)["error"]
    cloud.settle()
    shown = asked("show", CAMPAIGN)
    assert (shown["state"], shown["people"], shown["foretold"]["withhold no-consent"]) == ("holding", 13, 1)
    assert shown["dollars"] == pytest.approx(12 * PRICE_OF_MESSAGE["email"])
    text = CliRunner().invoke(main, ["campaigns", "show", name]).output
    assert "1 don't get it: The address never agreed to this topic." in text
    assert f"  samovar campaigns cancel {name}\n" in text
    assert f"  samovar campaigns let-go {name}\n" in text
    # The shop's own clock, which is three hours ahead, and no line wider than a terminal.
    zone = ZoneInfo("Europe/Istanbul")
    for moment in (shown["begun"], shown["held_until"]):
        assert datetime.fromisoformat(moment).astimezone(zone).strftime("%Y-%m-%d %H:%M") in text
    assert max(map(len, text.splitlines())) <= 80

    asked("pause", name, "--why", "a look at the price")
    logged.clear()
    asked("let-go", name)
    assert logged == [], "what functions log is no output of a command"
    cloud.skip(minutes=20)
    assert cloud.mails == []
    assert asked("show", name)["paused"] == "a look at the price"
    asked("resume", name)
    cloud.settle()
    shown = asked("show", name)
    assert (shown["state"], shown["states"]) == ("done", {"sent": 12, "withheld": 1})
    assert shown["withheld"] == {"no-consent": 1}
    text = CliRunner().invoke(main, ["campaigns", "show", name]).output
    assert (
        "    12 sent; no report of them yet\n    1 not sent\n      1 The address never agreed to this topic.\n" in text
    )
    text = CliRunner().invoke(main, ["campaigns", "show", name, "--who", "withheld"]).output
    assert f"{contact_id(12)}  not sent: The address never agreed to this topic.\n" in text
    assert [one["contact"] for one in asked("show", name, "--who", "no-consent")["people"]] == [contact_id(12)]
    assert "nothing left to cancel" in asked("cancel", name, code=1)["error"]
    assert "has only just ended" in asked("send", CAMPAIGN, code=1)["error"]

    second = asked("send", CAMPAIGN, "--again")
    cloud.settle()
    assert asked("cancel", CAMPAIGN, "--why", "enough")["state"] == "cancelled"
    (listed,) = asked("list")["campaigns"]
    assert {run["run"]: run["state"] for run in listed["runs"]} == {begun["run"]: "done", second["run"]: "cancelled"}
    assert "harvest" in CliRunner().invoke(main, ["campaigns", "list"]).output
    logger.removeHandler(listening)
