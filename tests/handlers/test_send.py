"""send against real stores, a real queue and a mail service that keeps raw messages."""

import json
from collections.abc import Callable
from dataclasses import replace
from email import message_from_string
from email.message import EmailMessage
from email.policy import default
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ReadTimeoutError

from functions import clock, releases
from functions.aws import dynamodb
from functions.core import compose
from functions.core.consent import Change, Entry
from functions.core.contact import ConsentFacts, Contact, Facts, Moment, Profile, Rank, State
from functions.core.identity import EMAIL, hash_of
from functions.core.message import PATIENCE, Feedback, Message, intended
from functions.core.release import Release, canonical, release_id
from functions.send import handler as room
from functions.send import overdue
from functions.tables import addresses, caps, contacts, messages
from functions.tokens import read_click, read_open, read_unsubscribe
from local.feedback import Sent
from tests.handlers.conftest import PUBLIC_URL, SIGNING, Stack
from tests.handlers.faults import Crash, crash_at

ADA = "ada00000000000000000000000"
ADDRESS = "Ada.L@Example.com"
NOW = 1_790_000_000_000
HOUR = 3_600_000
LOST = ReadTimeoutError(endpoint_url="https://ses.example")
RELEASE = {
    "sending": {
        "business": {"name": "Tea & Co", "address": "1 Kettle Lane", "site": "https://tea.example"},
        "from": {"name": "Çay & Co", "email": "hello@tea.example"},
        "topics": [
            {"id": "tips", "title": "Brewing tips"},
            {"id": "orders", "title": "Orders", "transactional": True},
        ],
        "caps": [{"at_most": 2, "within": "1 day"}],
        "rate_per_second": 1000,
    },
    "emails": {
        "welcome": {
            "subject": "Hoş geldin, {{ contact.first_name }} ☕",
            "html": '<a href="https://tea.example/brew">Brew</a> <a href="{{ unsubscribe_url }}">Stop</a>',
            "text": "Brew: https://tea.example/brew\nStop: {{ unsubscribe_url }}\n",
        }
    },
}


class World:
    """One deployment, the test's hold on its clock, and what the mail service took."""

    def __init__(self, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stack, self.now = stack, NOW
        self.slept: list[float] = []
        self.monkeypatch = monkeypatch
        monkeypatch.setattr(clock, "now_ms", lambda: self.now)
        monkeypatch.setattr(clock, "sleep", self.slept.append)
        room.forget()
        self.name = name = stack.environment["BUCKET"]
        self.queue = stack.emulator.client("sqs").create_queue(QueueName=f"{name}-send")["QueueUrl"]
        ses = stack.emulator.client("sesv2")
        ses.create_email_identity(EmailIdentity="tea.example")
        ses.create_configuration_set(ConfigurationSetName=name)
        monkeypatch.setenv("SEND_QUEUE_URL", self.queue)
        monkeypatch.setenv("CONFIGURATION_SET", name)
        self.address = hash_of(stack.ref(EMAIL, ADDRESS))
        self.release = self.publish(RELEASE)

    def publish(self, content: dict[str, Any]) -> str:
        release = Release.model_validate(content)
        self.stack.publish(release)
        return release_id(canonical(release))

    def contact(self, facts: Facts | None = None, **traits: Any) -> None:
        """Ada as she is stored."""
        held = {"email": ADDRESS, "first_name": "Ada"} | traits
        contacts.save_profile(
            Profile(ADA, 0, {name: (Rank(False, Moment(1, 1)), value) for name, value in held.items() if value})
        )
        contacts.save_state(State(ADA, facts=facts or Facts()), [])

    def grant(self) -> None:
        changes = (Change("grant", "tips", "Yes, send me brewing tips."),)
        addresses.append(self.address, Entry("form", self.now - HOUR, self.now - HOUR, "form:hello", changes))

    def withdraw(self) -> None:
        entry = Entry("unsubscribe", self.now, self.now, "unsubscribe-page", (Change("withdrawal", "tips"),))
        addresses.append(self.address, entry)

    def intend(self, id: str = "m1", **changes: Any) -> Message:
        fields: dict[str, Any] = {
            "id": id,
            "contact": ADA,
            "journey": "welcome",
            "step": "hello",
            "template": "welcome",
            "topic": "tips",
            "release": self.release,
            "now": self.now,
        }
        messages.intend(intended(**fields | changes))
        return self.message(id)

    def message(self, id: str = "m1") -> Message:
        message = messages.get(ADA, id)
        assert message is not None
        return message

    def deliver(self, *ids: str) -> list[str]:
        """Hand queue messages to the function; which of them must come again."""
        return self.hand_over(*(json.dumps({"v": 1, "contact": ADA, "message": id}) for id in ids or ("m1",)))

    def hand_over(self, *bodies: str) -> list[str]:
        records = [{"messageId": f"r{number}", "body": body} for number, body in enumerate(bodies)]
        context = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)
        answer = room.handler({"Records": records}, context)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def mails(self) -> list[Sent]:
        """What the mail service took for this deployment, in order."""
        kept = [Sent.from_json(path.read_text("utf-8")) for path in self.stack.emulator.mail_dir.glob("*.json")]
        mine = [mail for mail in kept if mail.configuration_set == self.name]
        return sorted(mine, key=lambda mail: mail.at)

    def queued(self) -> list[dict[str, Any]]:
        """What stands in the send queue; taken from it."""
        answer = self.stack.emulator.client("sqs").receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    def delayed(self) -> int:
        """How many bodies the queue holds back."""
        name = "ApproximateNumberOfMessagesDelayed"
        answer = self.stack.emulator.client("sqs").get_queue_attributes(QueueUrl=self.queue, AttributeNames=[name])
        return int(answer["Attributes"][name])

    def ses_fails(self, error: Exception, *, taken: bool = False) -> list[str]:
        """From now on the mail service fails; with `taken` after it took the message. The calls made."""
        original, calls = BaseClient._make_api_call, list[str]()

        def failing(client: Any, operation: str, arguments: Any) -> Any:
            if operation != "SendEmail":
                return original(client, operation, arguments)
            calls.append(operation)
            if taken:
                original(client, operation, arguments)
            raise error

        self.monkeypatch.setattr(BaseClient, "_make_api_call", failing)
        return calls


def settle(contact: str, id: str, now: int) -> None:
    """What sweep does about one message that is due."""
    assert overdue.settle([(contact, id)], now) == {}


@pytest.fixture
def world(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(stack, monkeypatch)
    made.contact()
    made.grant()
    return made


def refusal(code: str, status: int, words: str = "") -> ClientError:
    answer: Any = {"Error": {"Code": code, "Message": words}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "SendEmail")


def mime(mail: Sent) -> EmailMessage:
    parsed = message_from_string(mail.raw, policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def test_a_message_goes_out_and_its_ledger_says_so(world: World) -> None:
    world.intend()
    assert world.deliver() == []
    (mail,) = world.mails()
    message = world.message()
    assert message.state == "sent"
    assert message.provider_id == mail.message_id
    assert message.times == {"intended": NOW, "sending": NOW, "sent": NOW}
    assert (message.attempts, message.address, message.due) == (1, world.address, None)


def test_the_mail_is_addressed_as_its_owner_spells_it_and_tagged_with_ids(world: World) -> None:
    world.intend()
    world.deliver()
    (mail,) = world.mails()
    assert mail.to == (ADDRESS,)
    origin = {"template": "welcome", "journey": "welcome", "step": "hello"}
    assert mail.tags == {"message": "m1", "contact": ADA, **origin}
    assert mime(mail)["Subject"] == "Hoş geldin, Ada ☕"
    assert str(mime(mail)["To"]) == f"Ada <{ADDRESS}>"
    assert mime(mail)["From"].addresses[0].display_name == "Çay & Co"


def test_its_links_carry_what_they_need(world: World) -> None:
    world.intend()
    world.deliver()
    text = mime(world.mails()[0]).get_body(("plain",))
    html = mime(world.mails()[0]).get_body(("html",))
    assert text is not None
    assert html is not None
    links = dict(line.split(": ") for line in text.get_content().splitlines())
    clicked = read_click(SIGNING, links["Brew"].removeprefix(f"{PUBLIC_URL}/c/"))
    assert (clicked.contact, clicked.message, clicked.sent) == (ADA, "m1", NOW)
    assert (clicked.place, clicked.template, clicked.url) == ("welcome/hello", "welcome", "https://tea.example/brew")
    stopping = read_unsubscribe(SIGNING, links["Stop"].removeprefix(f"{PUBLIC_URL}/u/"))
    assert (stopping.contact, stopping.topic, stopping.address) == (ADA, "tips", world.address)
    pixel = html.get_content().split(f'src="{PUBLIC_URL}/o/')[1].split('"')[0]
    assert read_open(SIGNING, pixel).message == "m1"
    assert mime(world.mails()[0])["List-Unsubscribe"] == f"<{links['Stop']}>"


def test_a_message_delivered_again_is_sent_once(world: World) -> None:
    world.intend()
    world.deliver("m1", "m1")
    world.deliver()
    assert len(world.mails()) == 1
    assert world.message().attempts == 1


def test_a_message_that_another_worker_has_under_way_is_left_alone(world: World) -> None:
    message = world.intend()
    messages.change(message, replace(message, state="sending", attempts=1))
    assert world.deliver() == []
    assert world.mails() == []
    assert world.message().state == "sending"


def test_an_unsubscribe_while_the_send_waits_in_the_queue_withholds_it(world: World) -> None:
    world.intend()
    world.now += 60_000
    world.withdraw()
    world.deliver()
    assert world.mails() == []
    message = world.message()
    assert (message.state, message.reason, message.due) == ("withheld", "unsubscribed", None)


def test_an_unsubscribe_counts_though_the_event_stream_is_an_hour_behind(stack: Stack, monkeypatch: Any) -> None:
    """The contact's facts still say yes: the ledger says no, and it alone is asked."""
    world = World(stack, monkeypatch)
    world.contact(Facts(consents={"tips": ConsentFacts(granted=NOW - 2 * HOUR)}, last=NOW - HOUR))
    world.grant()
    world.intend()
    world.withdraw()
    world.now += HOUR
    world.deliver()
    assert world.mails() == []
    assert world.message().reason == "unsubscribed"


def test_an_unsubscribe_between_the_decision_and_its_record_is_seen(world: World) -> None:
    composed = compose.compose
    calls = []

    def unsubscribed_meanwhile(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == 1:
            world.withdraw()
        return composed(*arguments)

    world.monkeypatch.setattr(compose, "compose", unsubscribed_meanwhile)
    world.intend()
    assert world.deliver() == []
    assert len(calls) == 1
    assert world.mails() == []
    assert world.message().reason == "unsubscribed"


def test_a_bounce_between_the_decision_and_its_record_stops_a_transactional_message_too(world: World) -> None:
    composed = compose.compose

    def bounced_meanwhile(*arguments: Any) -> Any:
        entry = Entry("bounce", NOW, NOW, "ses", (Change("suppression", "bounce"),))
        addresses.append(world.address, entry)
        return composed(*arguments)

    world.monkeypatch.setattr(compose, "compose", bounced_meanwhile)
    world.intend(topic="orders")
    world.deliver()
    assert world.mails() == []
    assert world.message().reason == "suppressed-bounce"


def test_a_transactional_message_goes_to_an_address_that_agreed_to_nothing(stack: Stack, monkeypatch: Any) -> None:
    world = World(stack, monkeypatch)
    world.contact()
    world.intend(topic="orders")
    world.deliver()
    (mail,) = world.mails()
    assert "List-Unsubscribe" not in dict(mail.headers)
    assert world.message().state == "sent"


def test_two_messages_at_once_cannot_both_take_the_last_place_under_a_cap(world: World) -> None:
    composed = compose.compose
    busy = []

    def another_meanwhile(*arguments: Any) -> Any:
        if not busy:
            busy.append(True)
            world.deliver("m3")
        return composed(*arguments)

    for id in ("m1", "m2", "m3"):
        world.intend(id)
    world.deliver("m1")
    world.monkeypatch.setattr(compose, "compose", another_meanwhile)
    world.deliver("m2")
    assert len(world.mails()) == 2
    assert (world.message("m3").state, world.message("m2").reason) == ("sent", "frequency-cap")


def test_a_cap_frees_up_with_time(world: World) -> None:
    for id in ("m1", "m2", "m3", "m4"):
        world.intend(id)
    world.deliver("m1", "m2", "m3")
    assert world.message("m3").reason == "frequency-cap"
    world.now += 25 * HOUR
    world.deliver("m4")
    assert world.message("m4").state == "sent"
    # The newest before it is kept longer than caps look back: somebody may wish for one a month.
    assert set(caps.get(ADA).sends) == {"m2", "m4"}


def test_a_missing_variable_withholds_with_its_name(stack: Stack, monkeypatch: Any) -> None:
    world = World(stack, monkeypatch)
    world.contact(first_name=None)
    world.grant()
    world.intend()
    world.deliver()
    message = world.message()
    assert (message.state, message.reason, message.detail) == ("withheld", "missing-variable", "contact.first_name")
    assert caps.get(ADA).sends == {}


def test_the_release_of_the_decision_is_rendered_not_the_live_one(world: World) -> None:
    world.intend()
    emails = {"welcome": {**RELEASE["emails"]["welcome"], "subject": "Newer"}}
    world.publish({**RELEASE, "emails": emails})
    world.deliver()
    assert mime(world.mails()[0])["Subject"] == "Hoş geldin, Ada ☕"


def test_a_merged_contacts_message_goes_to_who_it_became(stack: Stack, monkeypatch: Any) -> None:
    world = World(stack, monkeypatch)
    world.contact()
    world.grant()
    old = replace(State("old"), merged_into=ADA)
    monkeypatch.setattr(contacts, "load", _with(contacts.load, Contact(old, Profile("old"))))
    messages.intend(
        intended(
            id="m9",
            contact="old",
            journey="j",
            step="s",
            template="welcome",
            topic="tips",
            release=world.release,
            now=NOW,
        )
    )
    world.hand_over(json.dumps({"v": 1, "contact": "old", "message": "m9"}))
    assert world.mails()[0].to == (ADDRESS,)


def _with(load: Callable[..., dict[str, Contact]], contact: Contact) -> Callable[..., dict[str, Contact]]:
    return lambda ids: {contact.id: contact} if list(ids) == [contact.id] else load(ids)


def test_what_the_mail_service_did_not_take_is_tried_later(world: World) -> None:
    world.intend()
    calls = world.ses_fails(refusal("MailFromDomainNotVerifiedException", 400))
    assert world.deliver() == []
    message = world.message()
    assert (message.state, message.due, message.attempts, len(calls)) == ("intended", NOW + 60_000, 1, 1)


@pytest.mark.parametrize("code", ["TooManyRequestsException", "ThrottlingException"])
def test_what_came_too_fast_is_back_on_the_queue_in_seconds_and_no_attempt_is_burnt(world: World, code: str) -> None:
    world.intend()
    world.ses_fails(refusal(code, 429, "Maximum sending rate exceeded."))
    assert world.deliver() == []
    message = world.message()
    assert (message.state, message.attempts, message.due) == ("intended", 0, NOW + PATIENCE)
    assert world.delayed() == 1


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("TooManyRequestsException", "Daily message quota exceeded."),
        ("LimitExceededException", ""),
        ("SendingPausedException", ""),
        ("AccountSuspendedException", ""),
    ],
)
def test_what_is_beyond_the_quota_waits_an_hour_and_says_why(world: World, code: str, words: str) -> None:
    world.intend()
    world.ses_fails(refusal(code, 400, words))
    assert world.deliver() == []
    message = world.message()
    assert (message.state, message.reason, message.attempts) == ("intended", "provider-limit", 0)
    assert (message.due, world.delayed()) == (NOW + HOUR, 0)


def test_a_message_tried_again_by_sweep_goes_out_and_counts_once(world: World) -> None:
    original = BaseClient._make_api_call
    world.intend()
    world.ses_fails(refusal("MailFromDomainNotVerifiedException", 400))
    world.deliver()
    world.monkeypatch.setattr(BaseClient, "_make_api_call", original)
    world.now += 60_000
    settle(ADA, "m1", world.now)
    assert world.queued() == [{"v": 1, "contact": ADA, "message": "m1"}]
    world.deliver()
    assert (world.message().state, world.message().attempts) == ("sent", 2)
    assert len(world.mails()) == len(caps.get(ADA).sends) == 1


@pytest.mark.parametrize("code", ["MessageRejected", "BadRequestException"])
def test_what_the_mail_service_refuses_is_withheld_and_not_counted(world: World, code: str) -> None:
    world.intend()
    world.ses_fails(refusal(code, 400, f"No good: {ADDRESS}"))
    assert world.deliver() == []
    message = world.message()
    assert (message.state, message.reason, message.detail) == ("withheld", "provider-rejected", code)
    assert caps.get(ADA).sends == {}


@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize(
    "error",
    [LOST, refusal("InternalFailure", 500)],
    ids=["timeout", "500"],
)
def test_a_lost_answer_leaves_the_message_under_way_and_is_never_repeated(
    world: World, error: Exception, taken: bool
) -> None:
    world.intend()
    calls = world.ses_fails(error, taken=taken)
    assert world.deliver() == []
    assert world.deliver() == []
    assert (world.message().state, len(calls)) == ("sending", 1)


def test_feedback_settles_a_message_whose_answer_was_lost(world: World) -> None:
    world.intend()
    world.ses_fails(LOST, taken=True)
    world.deliver()
    messages.settle(ADA, "m1", Feedback("delivered", NOW + 5, "ses-1"))
    assert (world.message().state, world.message().due) == ("delivered", None)
    settled = world.message()
    settle(ADA, "m1", NOW + 2 * PATIENCE)
    assert world.message() == settled


def test_a_marketing_message_without_feedback_for_an_hour_is_unknown_and_never_sent_again(world: World) -> None:
    world.intend()
    world.ses_fails(LOST)
    world.deliver()
    settle(ADA, "m1", NOW + PATIENCE - 1)
    assert world.message().state == "sending"
    settle(ADA, "m1", NOW + PATIENCE)
    assert (world.message().state, world.message().due) == ("unknown", None)
    assert world.queued() == []
    world.deliver()
    assert world.message().state == "unknown"
    assert [one.id for one in messages.list_for(ADA) if one.state == "unknown"] == ["m1"]


def test_a_transactional_message_without_feedback_for_an_hour_is_tried_again(world: World) -> None:
    original = BaseClient._make_api_call
    world.intend(topic="orders")
    world.ses_fails(LOST)
    world.deliver()
    world.monkeypatch.setattr(BaseClient, "_make_api_call", original)
    world.now += PATIENCE
    settle(ADA, "m1", world.now)
    assert (world.message().state, world.message().due) == ("intended", world.now + PATIENCE)
    assert len(world.queued()) == 1
    world.deliver()
    assert (world.message().state, world.message().attempts) == ("sent", 2)


def test_a_message_that_the_queue_lost_is_queued_again(world: World) -> None:
    world.intend()
    settle(ADA, "m1", NOW + PATIENCE - 1)
    assert world.queued() == []
    settle(ADA, "m1", NOW + PATIENCE)
    assert world.queued() == [{"v": 1, "contact": ADA, "message": "m1"}]
    assert world.message().due == NOW + 2 * PATIENCE


def test_sweep_finds_no_message_that_is_no_more(world: World) -> None:
    settle(ADA, "gone", NOW)
    assert world.queued() == []
    assert world.deliver("gone") == []


@pytest.mark.parametrize("body", ["", "{", "[]", '{"v":2,"contact":"a","message":"b"}', '{"v":1,"contact":"a"}'])
def test_a_queue_message_that_means_nothing_is_set_aside_and_the_others_go_on(world: World, body: str) -> None:
    world.intend()
    good = json.dumps({"v": 1, "contact": ADA, "message": "m1"})
    assert world.hand_over(body, good) == []
    assert [one["record"]["body"] for one in world.stack.aside()] == [body]
    assert world.message().state == "sent"


def test_a_failing_store_brings_everything_back_and_loses_nothing(world: World) -> None:
    for id in ("m1", "m2"):
        world.intend(id)
    throttled = ClientError({"Error": {"Code": "ThrottlingException"}}, "BatchGetItem")  # type: ignore[typeddict-item]

    def failing(*_: Any, **__: Any) -> Any:
        raise throttled

    with world.monkeypatch.context() as patch:
        patch.setattr(dynamodb, "batch_get", failing)
        assert world.deliver("m1", "m2") == ["r0", "r1"]
    assert world.deliver("m1", "m2") == []
    assert (world.message("m1").state, world.message("m2").state) == ("sent", "sent")


def test_sends_keep_to_the_configured_rate_over_two_workers(world: World) -> None:
    slow = world.publish({**RELEASE, "sending": {**RELEASE["sending"], "rate_per_second": 4, "caps": []}})
    moment = 0.0

    def sleep(seconds: float) -> None:
        nonlocal moment
        moment += seconds

    world.monkeypatch.setattr(clock, "monotonic", lambda: moment)
    world.monkeypatch.setattr(clock, "sleep", sleep)
    for id in ("m1", "m2", "m3"):
        world.intend(id, release=slow)
    world.deliver("m1", "m2", "m3")
    assert len(world.mails()) == 3
    assert moment == pytest.approx(1.0)


def test_what_would_wait_longer_than_the_function_lives_goes_back_to_the_queue(world: World) -> None:
    slow = world.publish({**RELEASE, "sending": {**RELEASE["sending"], "rate_per_second": 0.01}})
    for id in ("m1", "m2"):
        world.intend(id, release=slow)
    assert world.deliver("m1", "m2") == []
    assert (world.message("m1").state, world.message("m2").state) == ("sent", "intended")
    assert world.slept == []
    assert world.delayed() == 1


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("topic", ["tips", "orders"])
def test_a_crash_at_any_call_sends_no_marketing_message_twice_and_loses_none_unlisted(
    world: World, topic: str, after: bool
) -> None:
    world.intend("count", topic=topic)
    with crash_at(-1, after=False, monkeypatch=world.monkeypatch) as calls:
        world.deliver("count")
    for call in range(calls()):
        id, taken = f"m{call}", len(world.mails())
        world.now += 48 * HOUR
        world.intend(id, topic=topic)
        releases.forget()
        room.forget()
        with pytest.raises(Crash), crash_at(call, after=after, monkeypatch=world.monkeypatch):
            world.deliver(id)
        world.deliver(id, id)
        world.now += PATIENCE
        settle(ADA, id, world.now)
        world.deliver(id)
        sent, state = len(world.mails()) - taken, world.message(id).state
        if topic == "tips":
            assert (state, sent) in {("sent", 1), ("unknown", 0), ("unknown", 1)}
        else:
            assert state == "sent"
            assert sent >= 1
