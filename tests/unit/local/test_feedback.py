"""What the local stack says SES reported."""

import json

import pytest

from functions.core.feedback import read
from local.feedback import Sent, event_type, events


def sent(*to: str) -> Sent:
    return Sent(
        message_id="0102@email.amazonses.com",
        at=1_795_354_176_977,
        source="Tea <tea@shop.example>",
        to=to,
        headers=(("From", "Tea <tea@shop.example>"), ("Subject", "Hello")),
        tags={"message": "m1"},
        configuration_set="settings",
        raw="From: Tea <tea@shop.example>\r\nSubject: Hello\r\n\r\nHi",
    )


@pytest.mark.parametrize(
    ("address", "reported"),
    [
        ("ada@example.com", ["SEND", "DELIVERY"]),
        ("success@simulator.amazonses.com", ["SEND", "DELIVERY"]),
        ("bounce@simulator.amazonses.com", ["SEND", "BOUNCE"]),
        ("bounce+label@simulator.amazonses.com", ["SEND", "BOUNCE"]),
        ("Complaint@simulator.amazonses.com", ["SEND", "DELIVERY", "COMPLAINT"]),
        ("suppressionlist@simulator.amazonses.com", ["SEND", "BOUNCE"]),
        ("ooto@simulator.amazonses.com", ["SEND", "DELIVERY", "BOUNCE"]),
        ("notspam@simulator.amazonses.com", ["SEND", "DELIVERY", "COMPLAINT"]),
        ("softbounce@simulator.amazonses.com", ["SEND", "BOUNCE"]),
        ("toolarge@simulator.amazonses.com", ["SEND", "BOUNCE"]),
        ("undetermined@simulator.amazonses.com", ["SEND", "BOUNCE"]),
        ("delay@simulator.amazonses.com", ["SEND", "DELIVERY_DELAY", "DELIVERY"]),
        ("reject@simulator.amazonses.com", ["SEND", "REJECT"]),
        ("unsubscribe@simulator.amazonses.com", ["SEND", "DELIVERY", "SUBSCRIPTION"]),
        ("bounce@example.com", ["SEND", "DELIVERY"]),
    ],
)
def test_the_address_decides_what_becomes_of_a_message(address: str, reported: list[str]) -> None:
    assert [event_type(event) for event in events(sent(address))] == reported


def test_every_event_carries_the_tags_and_headers_of_its_message() -> None:
    for event in events(sent("bounce@simulator.amazonses.com")):
        assert event["mail"]["tags"]["message"] == ["m1"]
        assert event["mail"]["tags"]["ses:configuration-set"] == ["settings"]
        assert event["mail"]["messageId"] == "0102@email.amazonses.com"
        assert event["mail"]["commonHeaders"]["subject"] == "Hello"
        assert event["mail"]["timestamp"] == "2026-11-22T13:29:36.977Z"


def test_a_bounce_names_its_recipient_and_kind() -> None:
    (bounce,) = (event["bounce"] for event in events(sent("bounce@simulator.amazonses.com")) if "bounce" in event)
    assert bounce["bounceType"] == "Permanent"
    assert [recipient["emailAddress"] for recipient in bounce["bouncedRecipients"]] == [
        "bounce@simulator.amazonses.com"
    ]


def test_every_type_is_spelt_as_configuration_sets_spell_it() -> None:
    said = {event_type({"eventType": kind}) for kind in ("Send", "Rendering Failure", "DeliveryDelay", "Subscription")}
    assert said == {"SEND", "RENDERING_FAILURE", "DELIVERY_DELAY", "SUBSCRIPTION"}


@pytest.mark.parametrize(
    ("who", "kind", "suppress", "withdraws"),
    [
        ("bounce", "Bounce", "bounce", ()),
        ("suppressionlist", "Bounce", "bounce", ()),
        ("ooto", "Bounce", None, ()),
        ("complaint", "Complaint", "complaint", ()),
        ("notspam", "Complaint", None, ()),
        ("softbounce", "Bounce", None, ()),
        ("undetermined", "Bounce", None, ()),
        ("unsubscribe", "Subscription", None, ("*",)),
    ],
)
def test_what_the_simulator_says_is_understood(
    who: str, kind: str, suppress: str | None, withdraws: tuple[str, ...]
) -> None:
    told = [read(json.dumps(event), b"pepper") for event in events(sent(f"{who}@simulator.amazonses.com"))]
    (report,) = [one for one in told if one and one.kind == kind]
    assert (report.suppress, report.withdraws) == (suppress, withdraws)


def test_a_kept_message_is_read_back_as_it_was() -> None:
    assert Sent.from_json(sent("ada@example.com").to_json()) == sent("ada@example.com")
