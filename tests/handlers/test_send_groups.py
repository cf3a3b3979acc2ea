"""send with many messages at once: each exactly once, nobody held up or lost because of another."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError

from functions import alerts, clock
from functions.aws import dynamodb, ses
from functions.core import compose
from functions.core.consent import Change, Entry
from functions.core.contact import Moment, Profile, Rank, State
from functions.core.identity import EMAIL, hash_of
from functions.core.message import PATIENCE, Feedback, Message, intended
from functions.score.merge import merge
from functions.send import handler as room
from functions.send import queue
from functions.tables import addresses, caps, contacts, messages, pauses
from tests.handlers.conftest import Stack
from tests.handlers.test_send import HOUR, NOW, RELEASE, World, refusal, settle

CAMPAIGN = {"journey": "campaign--spring", "step": "20261201"}
MANY = 45


class Crowd(World):
    """The same deployment, with many people in it."""

    def people(self, count: int, **traits: Any) -> list[str]:
        """Contacts who agreed to tips; their ids."""
        return [self.person(number, **traits) for number in range(count)]

    def person(self, number: int, **traits: Any) -> str:
        contact, address = f"p{number:03d}", self.mailbox(number)
        held = {"email": address, "first_name": f"Ömer {number}"} | traits
        contacts.save_profile(
            Profile(contact, 0, {name: (Rank(False, Moment(1, 1)), value) for name, value in held.items() if value})
        )
        contacts.save_state(State(contact), [])
        changes = (Change("grant", "tips", "Yes."),)
        addresses.append(self.hash(number), Entry("form", NOW - HOUR, NOW - HOUR, "form:hello", changes))
        return contact

    def mailbox(self, number: int) -> str:
        return f"person{number}@example.com"

    def hash(self, number: int) -> str:
        return hash_of(self.stack.ref(EMAIL, self.mailbox(number)))

    def decided(self, people: list[str], *, id: str = "m", **changes: Any) -> list[queue.Pair]:
        """A campaign's message for each of them, stored; who and which."""
        fields: dict[str, Any] = {"template": "welcome", "topic": "tips", "release": self.release, "now": self.now}
        stored = [intended(id=f"{id}-{one}", contact=one, **fields | CAMPAIGN | changes) for one in people]
        messages.intend_many(stored)
        return [(one.contact, one.id) for one in stored]

    def send(self, pairs: list[queue.Pair]) -> list[str]:
        """Hand them to the function in bodies of twenty."""
        size = queue.AT_MOST
        return self.hand_over(*(queue.body_of(pairs[start : start + size]) for start in range(0, len(pairs), size)))

    def read(self, pair: queue.Pair) -> Message:
        message = messages.get(*pair)
        assert message is not None
        return message

    def states(self, pairs: list[queue.Pair]) -> Counter[str]:
        return Counter(self.read(pair).state for pair in pairs)

    def got(self) -> Counter[str]:
        """How many mails each mailbox got."""
        return Counter(mail.to[0] for mail in self.mails())

    def each_call(self, operation: str, act: Callable[[int, Callable[[], Any]], Any]) -> list[Any]:
        """Let `act` answer each call of an operation, given its number and what makes it; the requests."""
        original, made = BaseClient._make_api_call, list[Any]()

        def acted(client: Any, name: str, arguments: Any) -> Any:
            if name != operation:
                return original(client, name, arguments)
            made.append(arguments)
            return act(len(made), lambda: original(client, name, arguments))

        self.monkeypatch.setattr(BaseClient, "_make_api_call", acted)
        return made


@pytest.fixture
def crowd(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Crowd:
    made = Crowd(stack, monkeypatch)
    # Answers of SES come from several threads only where the account allows many in a second.
    monkeypatch.setattr(ses, "account", lambda: ses.Account(1000, None, 0, sandbox=False))
    return made


def test_many_messages_go_out_once_each_in_few_calls(crowd: Crowd) -> None:
    pairs = crowd.decided(crowd.people(MANY))
    calls = Counter[str]()
    original = BaseClient._make_api_call

    def counted(client: Any, operation: str, arguments: Any) -> Any:
        calls[operation] += 1
        return original(client, operation, arguments)

    crowd.monkeypatch.setattr(BaseClient, "_make_api_call", counted)
    assert crowd.send(pairs) == []
    assert crowd.states(pairs) == {"sent": MANY}
    assert crowd.got() == {crowd.mailbox(number): 1 for number in range(MANY)}
    assert calls["SendEmail"] == MANY
    assert calls["TransactWriteItems"] == 2
    assert calls["BatchExecuteStatement"] == 3
    assert calls["PutItem"] + calls["UpdateItem"] == 0


def test_what_is_delivered_again_or_twice_in_a_batch_is_sent_once(crowd: Crowd) -> None:
    pairs = crowd.decided(crowd.people(3))
    crowd.send([*pairs, *pairs])
    crowd.send(pairs)
    assert set(crowd.got().values()) == {1}
    assert len(crowd.got()) == 3


def test_one_who_withdraws_at_that_moment_is_left_out_and_the_others_get_theirs(crowd: Crowd) -> None:
    pairs = crowd.decided(crowd.people(30))
    composed, done = compose.compose, list[bool]()

    def withdrawn_meanwhile(*arguments: Any) -> Any:
        if not done:
            done.append(True)
            entry = Entry("unsubscribe", NOW, NOW, "unsubscribe-page", (Change("withdrawal", "tips"),))
            addresses.append(crowd.hash(7), entry)
        return composed(*arguments)

    crowd.monkeypatch.setattr(compose, "compose", withdrawn_meanwhile)
    assert crowd.send(pairs) == []
    assert crowd.read(pairs[7]).reason == "unsubscribed"
    assert crowd.states(pairs) == {"sent": 29, "withheld": 1}
    assert crowd.mailbox(7) not in crowd.got()


def test_messages_of_one_contact_in_one_batch_see_each_other_s_place_under_the_cap(crowd: Crowd) -> None:
    people = crowd.people(2)
    pairs = [pair for id in ("a", "b", "c") for pair in crowd.decided(people, id=id)]
    assert crowd.send(pairs) == []
    assert set(crowd.got().values()) == {2}
    assert [crowd.read(pair).reason for pair in pairs[4:]] == ["frequency-cap"] * 2
    assert set(caps.get(people[0]).sends) == {"a-p000", "b-p000"}


def test_contacts_that_share_an_address_share_its_guard(crowd: Crowd) -> None:
    people = crowd.people(2)
    profile = contacts.load(people)[people[1]].profile
    shared = {**profile.traits, "email": (Rank(False, Moment(2, 2)), crowd.mailbox(0))}
    contacts.save_profile(Profile(people[1], profile.version, shared))
    pairs = crowd.decided(people)
    assert crowd.send(pairs) == []
    assert crowd.got() == {crowd.mailbox(0): 2}


def test_a_template_that_fails_for_one_contact_withholds_that_one_only(crowd: Crowd) -> None:
    people = [*crowd.people(4), crowd.person(4, first_name=None)]
    pairs = crowd.decided(people)
    crowd.send(pairs)
    assert crowd.read(pairs[4]).reason == "missing-variable"
    assert crowd.states(pairs) == {"sent": 4, "withheld": 1}


def test_a_provider_that_refuses_some_does_not_make_the_others_come_again(crowd: Crowd) -> None:
    pairs = crowd.decided(crowd.people(20))

    def refusing(number: int, call: Callable[[], Any]) -> Any:
        if number % 5 == 0:
            raise refusal("MessageRejected", 400)
        return call()

    crowd.each_call("SendEmail", refusing)
    assert crowd.send(pairs) == []
    crowd.send(pairs)
    assert crowd.states(pairs) == {"sent": 16, "withheld": 4}
    assert set(crowd.got().values()) == {1}


def test_what_a_person_got_before_a_merge_counts_against_their_caps(crowd: Crowd) -> None:
    first, second = crowd.people(2)
    before = [*crowd.decided([first], id="one"), *crowd.decided([second], id="two")]
    crowd.send(before)
    assert crowd.states(before) == {"sent": 2}
    assert merge(first, second)
    after = [*crowd.decided([first], id="three", step="a"), *crowd.decided([second], id="four", step="b")]
    crowd.send(after)
    assert [crowd.read(pair).reason for pair in after] == ["frequency-cap", "frequency-cap"]


def test_what_can_not_be_noted_of_one_is_noted_of_the_others(crowd: Crowd) -> None:
    pairs = crowd.decided(crowd.people(5))

    def refusing(number: int, call: Callable[[], Any]) -> Any:
        if number == 2:
            raise refusal("MessageRejected", 400)
        if number == 4:
            raise refusal("TooManyRequestsException", 429)
        return call()

    def failing(*_: Any) -> None:
        raise RuntimeError("passes")

    crowd.each_call("SendEmail", refusing)
    with crowd.monkeypatch.context() as patch:
        patch.setattr(caps, "give_back", failing)
        crowd.send(pairs)
    assert "sending" not in crowd.states(pairs)
    assert crowd.states(pairs)["sent"] == len(crowd.mails())


def test_a_provider_that_takes_its_time_leaves_nothing_begun_when_the_time_is_up(crowd: Crowd) -> None:
    moment = [1000.0]
    crowd.monkeypatch.setattr(clock, "monotonic", lambda: moment[0])
    crowd.monkeypatch.setattr(clock, "sleep", lambda seconds: None)
    # Slow enough that one call at a time is made.
    crowd.monkeypatch.setattr(ses, "account", lambda: ses.Account(14, None, 0, sandbox=False))
    pairs = crowd.decided(crowd.people(14))
    began = moment[0]

    def slow(number: int, call: Callable[[], Any]) -> Any:
        moment[0] += 12
        return call()

    crowd.each_call("SendEmail", slow)
    assert crowd.send(pairs) == []
    assert moment[0] - began < 60
    assert crowd.states(pairs) == {"sent": len(crowd.mails()), "intended": 14 - len(crowd.mails())}
    assert 0 < len(crowd.mails()) < 14


def test_a_row_that_this_code_can_not_read_is_set_aside_alone(crowd: Crowd) -> None:
    pairs = crowd.decided(crowd.people(5))
    table = crowd.stack.environment["CONTACTS_TABLE"]
    dynamodb.update(table, messages.key(*pairs[2]), "SET v = :v", values={":v": "not a number"})
    assert crowd.send(pairs) == []
    (kept,) = crowd.stack.aside()
    assert queue.parse(kept["record"]["body"]) == [pairs[2]]
    assert set(crowd.got().values()) == {1}
    assert len(crowd.got()) == 4


def test_a_contact_that_can_not_be_read_is_set_aside_alone(crowd: Crowd) -> None:
    pairs = crowd.decided(crowd.people(6))
    table = crowd.stack.environment["CONTACTS_TABLE"]
    dynamodb.update(table, ("C#p003", "P"), "SET traits = :t", values={":t": "{no json"})
    assert crowd.send(pairs) == []
    (kept,) = crowd.stack.aside()
    assert queue.parse(kept["record"]["body"]) == [pairs[3]]
    assert len(crowd.got()) == 5


def test_what_failed_among_others_comes_again_by_itself(crowd: Crowd) -> None:
    pairs = crowd.decided(crowd.people(3))
    original = compose.compose

    def failing(message: Message, *arguments: Any) -> Any:
        if message.id == pairs[1][1]:
            raise RuntimeError("passes")
        return original(message, *arguments)

    with crowd.monkeypatch.context() as patch:
        patch.setattr(compose, "compose", failing)
        assert crowd.send(pairs) == []
    assert crowd.states(pairs) == {"sent": 2, "intended": 1}
    assert crowd.delayed() == 1
    # Alone it is counted by its record.
    with crowd.monkeypatch.context() as patch:
        patch.setattr(compose, "compose", failing)
        assert crowd.send([pairs[1]]) == ["r0"]
    crowd.send([pairs[1]])
    assert crowd.states(pairs) == {"sent": 3}


def test_a_record_comes_again_where_what_failed_could_not_be_queued(crowd: Crowd) -> None:
    pairs = crowd.decided(crowd.people(2))
    original = compose.compose

    def failing(message: Message, *arguments: Any) -> Any:
        if message.id == pairs[1][1]:
            raise RuntimeError("passes")
        return original(message, *arguments)

    def unreachable(*_: Any, **__: Any) -> None:
        raise ClientError({"Error": {"Code": "ServiceUnavailable"}}, "SendMessage")  # type: ignore[typeddict-item]

    with crowd.monkeypatch.context() as patch:
        patch.setattr(compose, "compose", failing)
        patch.setattr(room, "enqueue_many", unreachable)
        assert crowd.send(pairs) == ["r0"]
    assert crowd.send(pairs) == []
    assert set(crowd.got().values()) == {1}
    assert len(crowd.got()) == 2


def test_receipts_go_before_a_campaign(crowd: Crowd) -> None:
    people = crowd.people(6)
    pairs = [*crowd.decided(people[:4]), *crowd.decided(people[4:], topic="orders", id="order")]
    slow = crowd.publish({**RELEASE, "sending": {**RELEASE["sending"], "rate_per_second": 0.02}})
    for pair in pairs:
        message = crowd.read(pair)
        fields = {"template": "welcome", "topic": message.topic, "release": slow, "now": NOW}
        dynamodb.delete(crowd.stack.environment["CONTACTS_TABLE"], messages.key(*pair))
        messages.intend(intended(id=message.id, contact=message.contact, **fields | CAMPAIGN))
    assert crowd.send(pairs) == []
    assert crowd.got() == {crowd.mailbox(4): 1}
    assert crowd.delayed() == 1


def test_a_provider_that_throttles_makes_everybody_slower_and_loses_nobody(crowd: Crowd) -> None:
    moment = 0.0

    def sleep(seconds: float) -> None:
        nonlocal moment
        moment += seconds

    crowd.monkeypatch.setattr(clock, "monotonic", lambda: moment)
    crowd.monkeypatch.setattr(clock, "sleep", sleep)
    crowd.monkeypatch.setattr(ses, "account", lambda: ses.Account(64, None, 0, sandbox=False))
    pairs = crowd.decided(crowd.people(MANY))
    window: list[float] = []

    def throttling(number: int, call: Callable[[], Any]) -> Any:
        window[:] = [at for at in window if at > moment - 1.0]
        if len(window) >= 8:
            raise refusal("TooManyRequestsException", 429, "Maximum sending rate exceeded.")
        window.append(moment)
        return call()

    calls = crowd.each_call("SendEmail", throttling)
    rounds = 0
    while crowd.states(pairs)["sent"] < MANY:
        rounds += 1
        assert rounds < 60
        assert crowd.send(pairs) == []
        moment += 15
    assert set(crowd.got().values()) == {1}
    assert len(crowd.got()) == MANY
    assert {crowd.read(pair).attempts for pair in pairs} == {1}
    assert len(calls) < 3 * MANY
    assert room._turns["email"].share < 1


def test_a_worker_that_was_too_fast_comes_back_to_its_rate_in_minutes(crowd: Crowd) -> None:
    moment = 0.0
    crowd.monkeypatch.setattr(clock, "monotonic", lambda: moment)
    turn = room._turn_of("email")
    for _ in range(5):
        turn.slow_down()
    assert turn.rate(100) == 50
    moment = 10.0
    turn.slow_down()
    assert turn.rate(100) == 25
    moment = 45.0
    assert turn.rate(100) == 37.5
    moment = 300.0
    assert turn.rate(100) == 100


def test_the_account_s_own_rate_is_kept_where_it_is_less(crowd: Crowd) -> None:
    asked = []

    def account() -> ses.Account:
        asked.append(True)
        return ses.Account(14, 50_000, 0, sandbox=False)

    crowd.monkeypatch.setattr(ses, "account", account)
    turn = room._turn_of("email")
    assert (turn.rate(1000), turn.rate(1), turn.rate(1000)) == (14, 1, 14)
    assert len(asked) == 1


def test_where_the_quota_can_not_be_read_the_configured_rate_holds(crowd: Crowd) -> None:
    def account() -> ses.Account:
        raise refusal("AccessDeniedException", 403)

    crowd.monkeypatch.setattr(ses, "account", account)
    assert room._turn_of("email").rate(25) == 25


def test_beyond_the_day_s_quota_marketing_waits_and_receipts_are_still_tried(crowd: Crowd) -> None:
    people = crowd.people(40)
    campaign = crowd.decided(people)

    def used_up(number: int, call: Callable[[], Any]) -> Any:
        raise refusal("TooManyRequestsException", 429, "Daily message quota exceeded.")

    calls = crowd.each_call("SendEmail", used_up)
    assert crowd.send(campaign) == []
    tried = len(calls)
    assert tried <= 33
    assert crowd.states(campaign) == {"intended": 40}
    receipts = crowd.decided(people[:2], topic="orders", id="order")
    more = crowd.decided(people, id="more")
    crowd.send([*more, *receipts])
    # Both may be under way before the first is answered; of the others none is tried.
    assert len(calls) - tried in (1, 2)
    assert {crowd.read(pair).reason for pair in more} == {"provider-limit"}
    assert {crowd.read(pair).due for pair in more} == {NOW + HOUR}


def test_a_paused_campaign_waits_without_anything_else_being_read(crowd: Crowd) -> None:
    pairs = crowd.decided(crowd.people(30))
    place = "/".join(CAMPAIGN.values())
    hold = {"since": NOW, "why": "a wrong price", "by": "Ada", "until": NOW + 2 * HOUR}
    _pause(crowd, held={place: hold})
    reads = crowd.each_call("BatchGetItem", lambda _, call: call())
    crowd.send(pairs)
    assert crowd.got() == {}
    assert {(one.state, one.reason, one.due) for one in map(crowd.read, pairs)} == {
        ("intended", "paused", NOW + 2 * HOUR)
    }
    assert len(reads) == 1
    crowd.now += 2 * HOUR
    _pause(crowd, held={})
    for pair in pairs:
        settle(*pair, crowd.now)
    crowd.send(pairs)
    assert crowd.states(pairs) == {"sent": 30}


def test_a_cancelled_campaign_is_withheld_and_others_are_not(crowd: Crowd) -> None:
    people = crowd.people(4)
    gone, other = crowd.decided(people[:2]), crowd.decided(people[2:], step="20261202")
    _pause(crowd, held={}, cancelled={"/".join(CAMPAIGN.values())})
    crowd.send([*gone, *other])
    assert {crowd.read(pair).reason for pair in gone} == {"campaign-cancelled"}
    assert crowd.states(other) == {"sent": 2}


def test_the_big_switch_holds_receipts_too_and_the_brake_on_marketing_does_not(crowd: Crowd) -> None:
    people = crowd.people(2)
    held = {"since": NOW, "why": "", "by": "samovar"}
    receipts, tips = crowd.decided(people[:1], topic="orders", id="o"), crowd.decided(people[1:])
    _pause(crowd, held={"marketing": held})
    crowd.send([*receipts, *tips])
    assert (crowd.states(receipts), crowd.states(tips)) == ({"sent": 1}, {"intended": 1})
    _pause(crowd, held={"everything": held})
    more = crowd.decided(people[:1], topic="orders", id="more")
    crowd.send(more)
    assert crowd.states(more) == {"intended": 1}


def _pause(crowd: Crowd, **row: Any) -> None:
    pk, sk = pauses.KEY
    dynamodb.put(crowd.stack.environment["CONTACTS_TABLE"], {"pk": pk, "sk": sk, "v": 1, "n": 1, **row})


def test_a_report_that_is_faster_than_our_note_is_joined_to_it(crowd: Crowd) -> None:
    pairs = crowd.decided(crowd.people(3))

    def reported(number: int, call: Callable[[], Any]) -> Any:
        answer = call()
        if number == 2:
            for pair in pairs:
                messages.settle(*pair, Feedback("delivered", NOW + 1))
        return answer

    crowd.each_call("SendEmail", reported)
    crowd.send(pairs)
    found = [crowd.read(pair) for pair in pairs]
    assert {one.state for one in found} == {"delivered"}
    assert all("sent" in one.times and one.provider_id for one in found)


def test_two_workers_with_the_same_messages_send_each_once(crowd: Crowd) -> None:
    pairs = crowd.decided(crowd.people(12))
    composed, busy = compose.compose, list[bool]()

    def another_meanwhile(*arguments: Any) -> Any:
        if not busy:
            busy.append(True)
            crowd.send(pairs)
        return composed(*arguments)

    crowd.monkeypatch.setattr(compose, "compose", another_meanwhile)
    assert crowd.send(pairs) == []
    assert crowd.got() == {crowd.mailbox(number): 1 for number in range(12)}


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_killed_at_any_call_everybody_gets_one_or_is_listed(crowd: Crowd, after: bool) -> None:
    people = crowd.people(4)
    count = 0
    for call in range(40):
        pairs, taken = crowd.decided(people, id=f"m{call}"), len(crowd.mails())
        crowd.now += 48 * HOUR
        pairs = crowd.decided(people, id=f"n{call}")
        room.forget()
        struck = _killed(crowd, pairs, call, after=after)
        crowd.send(pairs)
        crowd.now += PATIENCE
        for pair in pairs:
            settle(*pair, crowd.now)
        crowd.send(pairs)
        states, sent = crowd.states(pairs), len(crowd.mails()) - taken
        assert set(states) <= {"sent", "unknown"}
        assert states["sent"] <= sent <= 4
        if not struck:
            break
        count += 1
    assert count > 5


class _Killed(BaseException):
    pass


def _killed(crowd: Crowd, pairs: list[queue.Pair], number: int, *, after: bool) -> bool:
    """Send, and end the process at the `number`-th call; whether it came to that."""
    original, made = BaseClient._make_api_call, list[str]()

    def acted(client: Any, operation: str, arguments: Any) -> Any:
        made.append(operation)
        if len(made) > number + 1:
            raise _Killed
        if len(made) == number + 1 and not after:
            raise _Killed
        answer = original(client, operation, arguments)
        if len(made) == number + 1:
            raise _Killed
        return answer

    with crowd.monkeypatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", acted)
        try:
            crowd.send(pairs)
        except _Killed:
            return True
    return False


def test_what_was_queued_in_one_call_of_sqs_is_tried_again_where_sqs_left_some_out(crowd: Crowd) -> None:
    def leaving_out(number: int, call: Callable[[], Any]) -> Any:
        return {"Failed": [{"Id": "1"}, {"Id": "3"}]} if number == 1 else {}

    calls = crowd.each_call("SendMessageBatch", leaving_out)
    queue.enqueue_many([(f"c{number}", "m") for number in range(80)])
    assert [len(call["Entries"]) for call in calls] == [4, 2]
    again = [entry["MessageBody"] for entry in calls[1]["Entries"]]
    assert again == [calls[0]["Entries"][place]["MessageBody"] for place in (1, 3)]


def test_what_sqs_keeps_leaving_out_is_said(crowd: Crowd) -> None:
    crowd.each_call("SendMessageBatch", lambda number, call: {"Failed": [{"Id": "0"}]})
    with pytest.raises(RuntimeError, match="1 of 2"):
        queue.enqueue_many([(f"c{number}", "m") for number in range(40)])


def test_bodies_hold_twenty_and_one_alone_is_as_before(crowd: Crowd) -> None:
    pairs = [(f"c{number}", f"m{number}") for number in range(41)]
    queue.enqueue_many(pairs)
    bodies = sorted(crowd.queued(), key=lambda body: body["v"])
    assert [body["v"] for body in bodies] == [1, 2, 2]
    assert sorted(pair for body in bodies for pair in queue.parse(json.dumps(body))) == sorted(pairs)


def test_a_message_that_stands_is_never_overwritten_by_a_second_decision(crowd: Crowd) -> None:
    people = crowd.people(30)
    pairs = crowd.decided(people)
    crowd.send(pairs)
    again = [intended(id=id, contact=contact, template="welcome", topic="tips", release=crowd.release, now=NOW,
                      **CAMPAIGN) for contact, id in pairs]  # fmt: skip
    assert messages.intend_many(again) == [False] * 30
    assert crowd.states(pairs) == {"sent": 30}


def test_a_person_is_told_once_a_day_that_the_mail_service_takes_no_more(crowd: Crowd) -> None:
    told = []
    crowd.monkeypatch.setattr(alerts, "tell", lambda subject, text: told.append(f"{subject} {text}"))
    crowd.ses_fails(refusal("SendingPausedException", 400))
    people = crowd.people(2)
    for id, day in (("a", 0), ("b", 0), ("c", 2)):
        crowd.now = NOW + day * 24 * HOUR
        room.forget()
        crowd.send(crowd.decided(people, id=id))
    assert len(told) == 2
    assert "@" not in "".join(told)
