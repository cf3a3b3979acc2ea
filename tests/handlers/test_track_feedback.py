"""What SES reports: suppression at once, the message's ledger, events."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.core.consent import Change, Entry, allowed, suppression
from functions.core.feedback import tags_of
from functions.core.identity import hash_of, own_ref
from functions.core.message import begin, intended
from functions.tables import addresses, messages
from functions.track.handler import handler
from tests.handlers.conftest import Stack

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
    assert [event.name for event in sent.events()] == ["Email Sent", "Email Delivered"]
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
    assert sent.events()[-1].name == "Email Marked as Spam"


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


def test_only_what_failed_is_delivered_again(sent: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    real = messages.settle

    def failing(contact: str, id: str, feedback: Any) -> Any:
        if feedback.state == "sent":
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "GetItem")
        return real(contact, id, feedback)

    monkeypatch.setattr("functions.tables.messages.settle", failing)
    assert deliver(report("Send"), report("Delivery")) == ["r0"]
    assert state() == "delivered"


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
