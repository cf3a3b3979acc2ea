"""What SES reports: suppression at once, the message's ledger, events."""

import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, EndpointConnectionError

from functions.core import reputation
from functions.core.consent import Change, Entry, allowed, suppression
from functions.core.feedback import tags_of
from functions.core.identity import hash_of, own_ref
from functions.core.message import Feedback, Message, begin, intended
from functions.core.reputation import Counts
from functions.tables import addresses, messages
from functions.tables import reputation as books
from functions.track.handler import handler
from tests.handlers.conftest import Stack
from tests.handlers.faults import crash_at

CONTACT, MESSAGE = "c" * 26, "m" * 26
SENT = 1_790_000_000_000


def report(kind: str, part: dict[str, Any] | None = None, tags: dict[str, list[str]] | None = None) -> dict[str, Any]:
    mail = {
        "timestamp": "2026-09-21T14:13:20.000Z",
        "messageId": "ses-1",
        "destination": ["Ada Lovelace <Ada@Tea.example>"],
        "tags": {"message": [MESSAGE], "contact": [CONTACT]} if tags is None else tags,
    }
    name = "failure" if kind == "Rendering Failure" else kind[:1].lower() + kind[1:]
    return {"eventType": kind, "mail": mail, name: {"timestamp": "2026-09-21T14:13:21.000Z", **(part or {})}}


BOUNCE = report(
    "Bounce",
    {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "feedbackId": "f1",
        "bouncedRecipients": [{"emailAddress": "ada@tea.example", "diagnosticCode": "550 <ada@tea.example> unknown"}],
    },
)
COMPLAINT = report("Complaint", {"feedbackId": "f2", "complainedRecipients": [{"emailAddress": "ada@tea.example"}]})


def deliver(*bodies: Any, envelope: bool = True) -> list[str]:
    """Hand bodies to the function as SQS would; the ids of those to be delivered again."""
    records = []
    for number, body in enumerate(bodies):
        text = body if isinstance(body, str) else json.dumps(body)
        wrapped = json.dumps({"Type": "Notification", "Message": text}) if envelope else text
        records.append({"messageId": f"r{number}", "body": wrapped, "eventSource": "aws:sqs"})
    answer = handler({"Records": records}, None)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


@pytest.fixture
def sent(stack: Stack) -> Stack:
    """A message on its way."""
    message = intended(
        id=MESSAGE, contact=CONTACT, journey="j", step="s", template="t", topic="tips", release="r", now=SENT
    )
    messages.intend(message)
    messages.change(message, begin(message, hash_of(stack.ref("e", "ada@tea.example")), SENT))
    return stack


def state() -> str:
    message = messages.get(CONTACT, MESSAGE)
    assert message
    return message.state


@pytest.mark.parametrize("envelope", [True, False])
def test_sending_and_delivery_settle_the_message(sent: Stack, envelope: bool) -> None:
    assert deliver(report("Send"), report("Delivery", {"recipients": ["ada@tea.example"]}), envelope=envelope) == []
    assert state() == "delivered"
    assert {event.name for event in sent.events()} == {"Email Sent", "Email Delivered"}
    assert {event.source for event in sent.events()} == {own_ref(CONTACT)}
    assert sent.events()[0].properties["message"] == MESSAGE


def test_the_events_of_a_message_say_which_e_mail_it_was_and_what_sent_it(sent: Stack) -> None:
    message = messages.get(CONTACT, MESSAGE)
    assert message
    tags = {name: [value] for name, value in tags_of(message).items()}
    deliver(report("Send", tags=tags), report("Delivery", tags=tags), report("Bounce", tags=tags))
    origin = {"template": "t", "journey": "j", "step": "s"}
    assert [{name: event.properties.get(name) for name in origin} for event in sent.events()] == [origin] * 3


def test_only_ids_are_taken_from_tags_and_only_of_our_own_mail(sent: Stack) -> None:
    ours = {"message": [MESSAGE], "contact": [CONTACT], "template": ["Ada ada@tea.example"], "step": ["confirm--a-1"]}
    others = {"template": ["newsletter"], "journey": ["welcome"]}
    deliver(report("Send", tags=ours), report("Delivery", tags=others))
    first, second = sent.events()
    assert (first.properties.get("template"), first.properties.get("step")) == (None, "confirm--a-1")
    assert not {"template", "journey", "step"} & set(second.properties)


def test_a_report_that_comes_twice_and_out_of_order_changes_nothing(sent: Stack) -> None:
    deliver(report("Delivery"), report("Send"), report("Delivery"))
    deliver(report("Send"))
    assert state() == "delivered"
    assert len(sent.events()) == 2


def test_a_hard_bounce_suppresses_the_address_at_once(sent: Stack) -> None:
    assert deliver(BOUNCE) == []
    assert state() == "bounced"
    assert suppression(addresses.head(hash_of(sent.ref("e", "ada@tea.example")))) == "bounce"


def test_a_soft_bounce_suppresses_nothing(sent: Stack) -> None:
    soft = BOUNCE | {"bounce": BOUNCE["bounce"] | {"bounceType": "Transient"}}
    deliver(soft)
    assert state() == "bounced"
    assert addresses.head(hash_of(sent.ref("e", "ada@tea.example"))).version == 0


def test_a_complaint_suppresses_and_marks_the_message(sent: Stack) -> None:
    deliver(report("Delivery"), COMPLAINT)
    assert state() == "complained"
    assert suppression(addresses.head(hash_of(sent.ref("e", "ada@tea.example")))) == "complaint"
    assert "Email Marked as Spam" in [event.name for event in sent.events()]


def test_the_address_that_the_mail_went_to_is_suppressed_however_ses_spells_it(sent: Stack) -> None:
    odd = BOUNCE | {"bounce": BOUNCE["bounce"] | {"bouncedRecipients": [{"emailAddress": "=?odd?="}]}}
    deliver(odd)
    assert suppression(addresses.head(hash_of(sent.ref("e", "ada@tea.example")))) == "bounce"


def test_a_bounce_of_mail_that_samovar_did_not_send_suppresses_too(stack: Stack) -> None:
    deliver({**BOUNCE, "mail": BOUNCE["mail"] | {"tags": {}}})
    assert suppression(addresses.head(hash_of(stack.ref("e", "ada@tea.example")))) == "bounce"
    assert stack.events()[0].source == stack.ref("e", "ada@tea.example")


def test_the_older_form_of_reports_is_read(sent: Stack) -> None:
    older = {**BOUNCE, "notificationType": "Bounce"}
    del older["eventType"]
    deliver(older)
    assert state() == "bounced"


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("Reject", "Email Rejected"),
        ("Rendering Failure", "Email Rendering Failed"),
        ("DeliveryDelay", "Email Delayed"),
        ("Subscription", "Email Subscription Changed"),
        ("Open", "Email Opened (reported by SES)"),
        ("Click", "Email Link Clicked (reported by SES)"),
        ("Teleported", "Email Teleported"),
    ],
)
def test_every_other_report_is_kept_even_one_that_is_not_known_yet(sent: Stack, kind: str, name: str) -> None:
    assert deliver(report(kind)) == []
    assert [event.name for event in sent.events()] == [name]
    # Whatever SES says of a mail that we know proves that it took it.
    ends = {"Reject": "bounced", "Rendering Failure": "bounced", "Teleported": "sending"}
    assert state() == ends.get(kind, "sent")


@pytest.mark.parametrize(
    "poison", ["", "not json", "[]", "{}", '{"eventType":5,"mail":{}}', '{"eventType":"Send","mail":[]}', "[" * 9999]
)
def test_poison_is_set_aside_with_its_record_and_the_batch_goes_on(sent: Stack, poison: str) -> None:
    assert deliver(poison, report("Delivery"), envelope=False) == []
    assert state() == "delivered"
    (kept,) = sent.aside()
    assert (kept["function"], kept["record"]["body"]) == ("track", poison)


def test_a_report_about_nobody_is_set_aside(stack: Stack) -> None:
    nobody = report("Send", tags={})
    nobody["mail"]["destination"] = []
    assert deliver(nobody) == []
    assert len(stack.aside()) == 1


def refusing(monkeypatch: pytest.MonkeyPatch, refused: str, code: str, first: str) -> None:
    """Let DynamoDB refuse every statement of a batch that begins with `first` and has the value `refused`."""
    original = BaseClient._make_api_call

    def call(self: Any, operation: str, arguments: Any) -> Any:
        if operation != "BatchExecuteStatement":
            return original(self, operation, arguments)
        asked = arguments["Statements"]
        bad = [one["Statement"].startswith(first) and {"S": refused} in one["Parameters"] for one in asked]
        good = [one for one, is_bad in zip(asked, bad, strict=True) if not is_bad]
        answers = iter(original(self, operation, {"Statements": good})["Responses"] if good else ())
        return {"Responses": [{"Error": {"Code": code}} if is_bad else next(answers) for is_bad in bad]}

    monkeypatch.setattr(BaseClient, "_make_api_call", call)


def test_only_the_event_that_could_not_be_stored_comes_again_and_every_report_counts_once(
    sent: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        refusing(patch, "Email Sent", "ThrottlingError", "INSERT")
        assert deliver(report("Send"), report("Delivery"), report("Send")) == ["r0", "r2"]
    assert [event.name for event in sent.events()] == ["Email Delivered"]
    assert deliver(report("Send")) == []
    day = reputation.day_of(SENT)
    assert books.totals([day])[day] == Counts(sent=1, delivered=1)


def test_a_ledger_that_cannot_be_written_holds_up_no_other(sent: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    write(sent, 0)
    other = report("Delivery", tags={"message": [message_id(0)], "contact": [CONTACT]})
    real = messages.change

    def failing(before: Message, after: Message) -> Message:
        if before.id == MESSAGE:
            raise ClientError({"Error": {"Code": "ValidationException", "Message": ""}}, "PutItem")
        return real(before, after)

    with monkeypatch.context() as patch:
        refusing(patch, f"M#{MESSAGE}", "ValidationError", "UPDATE")
        patch.setattr(messages, "change", failing)
        assert deliver(report("Delivery"), other, BOUNCE) == ["r0", "r2"]
    assert messages.get(CONTACT, message_id(0)).state == "delivered"  # type: ignore[union-attr]
    assert [event.name for event in sent.events()] == ["Email Delivered"]
    assert suppressed(sent) == "bounce", "that stands whatever became of the ledger"


def test_a_row_of_a_later_version_fails_alone(sent: Stack) -> None:
    write(sent, 0)
    key = {"pk": {"S": f"C#{CONTACT}"}, "sk": {"S": f"M#{MESSAGE}"}}
    newer = {"UpdateExpression": "SET v = :v", "ExpressionAttributeValues": {":v": {"N": "99"}}}
    sent.dynamodb().update_item(TableName=sent.environment["CONTACTS_TABLE"], Key=key, **newer)
    other = report("Delivery", tags={"message": [message_id(0)], "contact": [CONTACT]})
    assert deliver(report("Delivery"), other) == ["r0"]
    assert messages.get(CONTACT, message_id(0)).state == "delivered"  # type: ignore[union-attr]


def test_where_the_table_is_out_of_reach_all_come_again_and_nothing_is_lost(
    sent: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def call(self: Any, operation: str, arguments: Any) -> Any:
        raise EndpointConnectionError(endpoint_url="dynamodb")

    with monkeypatch.context() as patch:
        patch.setattr(BaseClient, "_make_api_call", call)
        assert deliver(report("Send"), report("Delivery"), BOUNCE) == ["r0", "r1", "r2"]
    assert (state(), sent.events()) == ("sending", [])
    assert deliver(report("Send"), report("Delivery"), BOUNCE) == []
    assert (state(), len(sent.events()), suppressed(sent)) == ("bounced", 3, "bounce")


def test_a_report_that_meets_another_worker_at_its_message_is_joined_to_what_stands_then(
    sent: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = messages.change_each

    def between(changes: Any) -> list[bool]:
        monkeypatch.setattr(messages, "change_each", real)
        messages.settle(CONTACT, MESSAGE, Feedback("delivered", SENT + 1, "ses-1"))
        return real(changes)

    monkeypatch.setattr(messages, "change_each", between)
    assert deliver(report("Send"), COMPLAINT) == []
    message = messages.get(CONTACT, MESSAGE)
    assert message
    assert message.state == "complained"
    assert message.times.keys() >= {"sent", "delivered", "complained"}


def test_a_hundred_reports_take_a_dozen_calls(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(8):
        write(stack, number)
    tags = [{"message": [message_id(number % 8)], "contact": [CONTACT]} for number in range(100)]
    told = [report("DeliveryDelay", tags=tags[number]) for number in range(100)]
    for number, one in enumerate(told):
        one["deliveryDelay"]["timestamp"] = datetime.fromtimestamp(SENT / 1000 + number, UTC).isoformat()
    with crash_at(-1, after=False, monkeypatch=monkeypatch) as calls:
        assert deliver(*told) == []
        assert calls() <= 12
    assert len(stack.events()) == 100


def ledger_of(*bodies: list[dict[str, Any]], stack: Stack) -> tuple[Any, ...]:
    for batch in bodies:
        assert deliver(*batch) == []
    rows = [messages.get(CONTACT, message_id(number)) for number in range(5)]
    settled = [(row.state, row.reason, dict(row.times), row.provider_id) for row in rows if row]
    kept = sorted((event.name, event.stamp, event.id) for event in stack.events())
    day = [reputation.day_of(SENT), reputation.day_of(SENT - DAY)]
    return settled, kept, suppressed(stack), books.totals(day)


def test_however_reports_are_ordered_repeated_and_batched_the_end_is_the_same(stack: Stack) -> None:
    told = []
    for number in range(5):
        tags = {"message": [message_id(number)], "contact": [CONTACT]}
        told += [report("Send", tags=tags), report("Delivery", tags=tags), soft(number)]
        for one in told[-3:]:
            one["mail"]["messageId"] = f"ses-{number}"
    told.append(report("Complaint", COMPLAINT["complaint"], tags={"message": [message_id(3)], "contact": [CONTACT]}))
    ends = []
    for seed in range(6):
        for row in stack.rows("contacts"):
            if not row["pk"]["S"].startswith("X#keys"):
                remove(stack, "contacts", row)
        for row in stack.rows("events"):
            remove(stack, "events", row)
        for number in range(5):
            write(stack, number)
        chance = random.Random(seed)
        mixed = [*told, *chance.choices(told, k=5)] if seed else list(told)
        if seed:
            chance.shuffle(mixed)
        size = (1, 2, 3, 7, 50, 100)[seed]
        batches = [mixed[start : start + size] for start in range(0, len(mixed), size)]
        ends.append(ledger_of(*batches, stack=stack))
    assert ends == [ends[0]] * len(ends)


def remove(stack: Stack, table: str, row: dict[str, Any]) -> None:
    key = {name: row[name] for name in ("pk", "sk")}
    stack.dynamodb().delete_item(TableName=stack.environment[f"{table.upper()}_TABLE"], Key=key)


def test_no_stored_event_quotes_an_address(sent: Stack) -> None:
    deliver(
        BOUNCE, COMPLAINT, report("Delivery", {"recipients": ["ada@tea.example"], "smtpResponse": "ok ada@tea.example"})
    )
    assert "ada@" not in json.dumps(sent.rows("events")).lower()


DAY = 86_400_000


def soft(number: int, subtype: str = "MailboxFull") -> dict[str, Any]:
    """The report of a mail that came back for now."""
    said = report("Bounce", {"bounceType": "Transient", "bounceSubType": subtype, "feedbackId": f"soft-{number}"})
    said["mail"] |= {"messageId": f"ses-{number}", "tags": {"message": [message_id(number)], "contact": [CONTACT]}}
    said["bounce"]["timestamp"] = datetime.fromtimestamp((SENT + number * DAY) / 1000, UTC).isoformat()
    return said


def message_id(number: int) -> str:
    return "abcdefgh"[number] * 26


def write(stack: Stack, number: int) -> None:
    """A message to Ada that went out on the day of that number."""
    id, at = message_id(number), SENT + number * DAY
    message = intended(id=id, contact=CONTACT, journey="j", step="s", template="t", topic="tips", release="r", now=at)
    messages.intend(message)
    messages.change(message, begin(message, hash_of(stack.ref("e", "ada@tea.example")), at))


def suppressed(stack: Stack) -> str | None:
    return suppression(addresses.head(hash_of(stack.ref("e", "ada@tea.example"))))


def test_the_fifth_soft_bounce_in_a_row_suppresses(stack: Stack) -> None:
    for number in range(5):
        assert suppressed(stack) is None
        write(stack, number)
        deliver(soft(number))
    assert suppressed(stack) == "bounce"


def test_a_delivery_between_soft_bounces_begins_the_count_anew(stack: Stack) -> None:
    for number in range(6):
        write(stack, number)
    delivered = report("Delivery", tags={"message": [message_id(2)], "contact": [CONTACT]})
    deliver(soft(0), soft(1), delivered, soft(3), soft(4), soft(5))
    assert suppressed(stack) is None


def test_what_is_too_large_says_nothing_about_the_address(stack: Stack) -> None:
    for number in range(6):
        write(stack, number)
    deliver(*(soft(number, "MessageTooLarge") for number in range(6)))
    assert suppressed(stack) is None


def test_whoever_left_by_ses_s_own_link_gets_no_more(sent: Stack) -> None:
    address = hash_of(sent.ref("e", "ada@tea.example"))
    addresses.append(address, Entry("form", SENT, SENT, "form:hello", (Change("grant", "tips", "Yes"),)))
    left = {"newTopicPreferences": {"unsubscribeAll": True}, "source": "UnsubscribeHeader"}
    assert deliver(report("Subscription", left)) == []
    assert not allowed(addresses.head(address), "tips")
    assert {event.name: event.properties.get("topic") for event in sent.events()} == {
        "Email Subscription Changed": None,
        "Unsubscribed": "*",
    }


def test_ses_s_greeting_of_a_new_topic_is_nothing_to_set_aside(stack: Stack) -> None:
    assert deliver("Successfully validated SNS topic for Amazon SES event publishing.") == []
    assert (stack.aside(), stack.events()) == ([], [])


def test_a_message_of_a_campaign_says_so_in_its_events(stack: Stack) -> None:
    message = intended(
        id=MESSAGE,
        contact=CONTACT,
        journey="campaign--spring",
        step="2026-12-01",
        template="t",
        topic="tips",
        release="r",
        now=SENT,
    )
    tags = {name: [value] for name, value in tags_of(message).items()}
    deliver(report("Send", tags=tags))
    (event,) = stack.events()
    assert (event.properties["campaign"], event.properties["run"]) == ("spring", "2026-12-01")
    assert not {"journey", "step"} & set(event.properties)
