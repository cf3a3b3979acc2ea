"""Mail to people of the business: what steps notify them of, and leads that are handed to them."""

from email import message_from_string
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from functions.core.contact import Facts, Moment
from functions.core.counters import counter_id
from functions.core.message import PATIENCE, begin
from functions.core.pauses import EVERYTHING, MARKETING, Pause
from functions.core.release import Release
from functions.core.setback import AGAIN_MS
from functions.core.views import local_day
from functions.tables import contacts, messages, pauses
from local.feedback import Sent
from tests.handlers.conftest import Stack
from tests.handlers.test_send import ADA, ADDRESS, NOW, RELEASE, World, settle

SENDING: Any = RELEASE["sending"]
HELLO = "{{ contact.first_name }} ☕"
CONTENT: dict[str, Any] = {
    **RELEASE,
    "sending": {
        **SENDING,
        "business": {**SENDING["business"], "language": "tr"},
        "caps": [{"at_most": 1, "within": "1 day"}, {"at_most": 1, "within": "1 day", "transactional": True}],
        "hours": [{"only": {"on": ["sunday"], "between": ["00:00", "00:01"]}, "transactional": True}],
        "staff": {"shop": ["ayse@tea.example", "bo@çay.example"]},
    },
    "scoring": {
        "scores": {
            "interest": {"title": "İlgi puanı", "rules": [{"id": "p", "when": {"event": "Page Viewed"}, "points": 70}]}
        },
        "temperature": {
            "score": "interest",
            "warm": {"at_least": 20, "until_below": 10},
            "hot": {"at_least": 60, "until_below": 40},
        },
        "grade": {
            "rules": [{"id": "g", "when": {"trait": "phone", "known": True}, "points": 9}],
            "a": 9,
            "b": 5,
            "c": 1,
        },
    },
    "journeys": {
        "sales": {
            "topic": "tips",
            "start": {"when": {"event": "Quote Asked"}},
            "goal": {"event": "Order Completed"},
            "steps": [
                {
                    "id": "tell",
                    "if": {"tag": "x"},
                    "then": [{"id": "told", "notify": {"to": "shop", "text": "T", "subject": HELLO}}],
                },
                {"id": "plain", "notify": {"to": "shop", "subject": "{{ contact.nickname }}"}},
                {"id": "links", "notify": {"to": "shop", "subject": "S", "text": "{{ unsubscribe_url }}"}},
                {"id": "nobody", "notify": {"to": "cellar", "subject": "S"}},
                {"id": "hand", "handoff": {"to": "shop", "reason": "asked for\na quote"}},
            ],
        }
    },
}


class House(World):
    def __init__(self, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(stack, monkeypatch)
        self.release = self.publish(CONTENT)

    def tell(self, step: str, id: str = "m1", **more: Any) -> None:
        fields = {"journey": "sales", "step": step, "template": step, "channel": "staff", "enrollment": "e"}
        self.intend(id, **{**fields, "since": self.now - 5, **more})
        self.deliver(id)

    def memo(self, id: str = "m1") -> tuple[Sent, EmailMessage]:
        """The mail of a message, as SES took it and as it is read."""
        kept = [Sent.from_json(path.read_text("utf-8")) for path in self.stack.emulator.mail_dir.glob("*.json")]
        (mail,) = [one for one in kept if one.message_id == self.message(id).provider_id]
        return mail, cast(EmailMessage, message_from_string(mail.raw, policy=default))


@pytest.fixture
def house(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> House:
    return House(stack, monkeypatch)


def test_a_notice_goes_to_the_group_whatever_the_contact_agreed_to_and_whenever(house: House) -> None:
    house.contact(first_name="Işıl")
    house.tell("told")
    house.tell("told", "m2")
    mail, read = house.memo("m2")
    assert mail.to == ("ayse@tea.example", "bo@xn--ay-3ia.example")
    assert (read["Subject"], read.get_content().strip()) == ("Işıl ☕", "T")
    assert read["List-Unsubscribe"] is None
    assert (mail.configuration_set, mail.tags) == ("", {})
    assert {house.message(id).state for id in ("m1", "m2")} == {"sent"}
    assert house.stack.events() == []


def test_a_lead_says_who_why_and_what_they_are_worth(house: House) -> None:
    page = Release.model_validate(CONTENT).scoring.scores["interest"].rules[0].when
    facts = Facts(counters={counter_id(page): {local_day(NOW, "UTC"): 1}}, newest={"x": (Moment(1, 1),)})
    house.contact(facts, name="Işıl Öz\nBcc: x@y.z", phone="+90 532 123 45 67")
    house.tell("hand")
    _, read = house.memo()
    assert read["Subject"] == "Işıl Öz Bcc: x@y.z: asked for a quote"
    assert read["Bcc"] is None
    assert read.get_content().splitlines() == [
        "Neden: asked for a quote",
        "Ad: Işıl Öz Bcc: x@y.z",
        f"E-posta: {ADDRESS}",
        "Telefon: +90 532 123 45 67",
        "İlgi puanı: 70",
        "Not: A",
        "İlgi: sıcak",
    ]


def test_a_lead_of_whom_nothing_is_known_is_told_all_the_same(house: House) -> None:
    house.contact(email=None, first_name=None)
    house.tell("hand")
    assert house.memo()[1]["Subject"] == "asked for a quote"


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ("plain", "missing-variable"),
        ("links", "missing-variable"),
        ("nobody", "no-staff"),
        ("tell", "unknown-template"),
        ("gone", "unknown-template"),
    ],
)
def test_what_cannot_be_told_is_withheld_with_the_reason(house: House, step: str, reason: str) -> None:
    house.contact()
    house.tell(step)
    if reason != "missing-variable":
        # A mistake of the business's: once more, after five minutes.
        assert (house.message().state, house.message().reason) == ("intended", reason)
        assert house.message().due == house.now + AGAIN_MS
        house.deliver()
    assert (house.message().state, house.message().reason) == ("withheld", reason)


def test_only_the_big_switch_holds_it_back(house: House) -> None:
    house.contact()
    pauses.hold(MARKETING, Pause(NOW, "why", "Ada"))
    house.tell("told")
    assert house.message().state == "sent"
    pauses.hold(EVERYTHING, Pause(NOW, "why", "Ada"))
    house.tell("told", "m2")
    assert (house.message("m2").state, house.message("m2").reason) == ("intended", "paused")


def test_one_whose_answer_was_lost_is_back_on_the_queue_within_the_hour(house: House) -> None:
    house.contact()
    house.intend(journey="sales", step="told", template="told", channel="staff")
    messages.change(house.message(), begin(house.message(), "", house.now))
    house.now += PATIENCE + 1
    settle(ADA, "m1", house.now)
    house.deliver()
    assert house.message().state == "sent"


def test_ses_says_no(house: House) -> None:
    house.contact()
    refused = {"Error": {"Code": "MessageRejected", "Message": "no"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    house.ses_fails(ClientError(refused, "SendEmail"))
    house.tell("told")
    assert (house.message().state, house.message().reason) == ("withheld", "provider-rejected")


def test_nothing_is_told_of_somebody_erased(house: House) -> None:
    house.contact()
    house.intend(journey="sales", step="hand", template="hand", channel="staff")
    table = house.stack.environment["CONTACTS_TABLE"]
    house.stack.dynamodb().update_item(
        TableName=table,
        Key={"pk": {"S": f"C#{ADA}"}, "sk": {"S": "S"}},
        UpdateExpression="SET #into = :nobody",
        ExpressionAttributeNames={"#into": "into"},
        ExpressionAttributeValues={":nobody": {"S": ""}},
    )
    assert contacts.load([ADA])[ADA].state.erased
    house.deliver()
    assert house.message().state == "withheld"
