"""Texts that people send: a stop holds at once, HELP is answered once, and nothing is told to the logs."""

import json
from typing import Any

import pytest
from botocore.client import BaseClient

from functions import clock
from functions.core.consent import Change, Entry, allowed
from functions.core.identity import PHONE, hash_of
from functions.core.views import iso
from functions.tables import addresses
from functions.track.handler import handler
from tests.handlers.conftest import Stack
from tests.handlers.faults import Crash, crash_at

NUMBER = "+905321234567"
OURS = "+905320000000"
NOW = 1_790_000_000_000
DAY = 86_400_000


class Line:
    """A telephone line to the deployment."""

    def __init__(self, stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stack, self.now = stack, NOW
        self.texts: list[dict[str, Any]] = []
        self.ref = stack.ref(PHONE, NUMBER)
        monkeypatch.setattr(clock, "now_ms", lambda: self.now)
        original = BaseClient._make_api_call

        def kept(client: Any, operation: str, arguments: Any) -> Any:
            if operation == "Publish":
                self.texts.append(arguments)
                return {"MessageId": "sns-1"}
            return original(client, operation, arguments)

        monkeypatch.setattr(BaseClient, "_make_api_call", kept)

    def says(self, text: str, *, id: str = "in-1", number: str = NUMBER, at: int | None = None) -> list[str]:
        said = {
            "originationNumber": number,
            "destinationNumber": OURS,
            "messageKeyword": "KEYWORD",
            "messageBody": text,
            "inboundMessageId": id,
        }
        return self.delivered(said, at)

    def delivered(self, said: Any, at: int | None = None) -> list[str]:
        stamp = iso(self.now if at is None else at)
        notice = {"Type": "Notification", "Timestamp": stamp, "Message": json.dumps(said)}
        record = {"messageId": "r", "body": json.dumps(notice), "eventSource": "aws:sqs"}
        return [one["itemIdentifier"] for one in handler({"Records": [record]}, None)["batchItemFailures"]]

    def agreed(self) -> bool:
        return allowed(addresses.head(hash_of(self.ref)), "tips")


@pytest.fixture
def line(live: Stack, monkeypatch: pytest.MonkeyPatch) -> Line:
    made = Line(live, monkeypatch)
    entry = Entry("form", NOW - DAY, NOW - DAY, "form:hello", (Change("grant", "tips", "Yes"),))
    addresses.append(hash_of(made.ref), entry)
    return made


@pytest.mark.parametrize("text", ["STOP", "İptal", "СТОП", "stop."])
def test_a_stop_withdraws_everything_at_once(text: str, line: Line) -> None:
    assert line.agreed()
    assert line.says(text) == []
    assert not line.agreed()
    (event,) = line.stack.events()
    assert (event.source, event.name, event.kind) == (line.ref, "SMS Unsubscribed", "system")
    assert line.texts == []


def test_a_stop_of_a_number_that_nobody_knows_is_kept_all_the_same(line: Line) -> None:
    line.says("STOP", number="+33612345678")
    head = addresses.head(hash_of(line.stack.ref(PHONE, "+33612345678")))
    assert head.withdrawn == {"*": NOW}


def test_a_start_grants_nothing(line: Line) -> None:
    line.says("STOP")
    line.now += 1000
    line.says("START", id="in-2")
    assert not line.agreed()


def test_a_stop_that_is_delivered_again_is_one(line: Line) -> None:
    for _ in range(3):
        line.says("STOP", at=NOW)
        line.now += 1000
    assert len(line.stack.events()) == 1
    assert len(list(addresses.entries(hash_of(line.ref)))) == 2


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", range(6))
def test_a_stop_survives_a_crash_anywhere(call: int, after: bool, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        with crash_at(call, after=after, monkeypatch=monkeypatch):
            line.says("STOP")
    except Crash:
        pass
    line.says("STOP")
    assert not line.agreed()
    assert [event.name for event in line.stack.events()] == ["SMS Unsubscribed"]


def test_help_is_answered_once_a_day_from_the_number_that_was_asked(line: Line) -> None:
    for number in range(3):
        line.says("HELP", id=f"in-{number}")
    (text,) = line.texts
    assert (text["PhoneNumber"], text["Message"]) == (NUMBER, "Tea & Co. https://tea.example STOP to end.")
    assert text["MessageAttributes"]["AWS.MM.SMS.OriginationNumber"]["StringValue"] == OURS
    line.now += DAY
    line.says("Yardım?", id="in-9")
    assert len(line.texts) == 2


def test_anything_else_is_an_event_with_what_was_said(line: Line, capsys: pytest.CaptureFixture[str]) -> None:
    line.says("Çayınız çok güzel ☕")
    (event,) = line.stack.events()
    assert (event.name, event.properties) == ("SMS Received", {"text": "Çayınız çok güzel ☕", "asks": "other"})
    assert line.agreed()
    said = "".join(capsys.readouterr())
    assert "güzel" not in said
    assert NUMBER not in said


@pytest.mark.parametrize(
    "said", [{"originationNumber": "x", "messageBody": "STOP"}, {"originationNumber": None, "messageBody": None}]
)
def test_what_can_never_be_read_is_set_aside(said: Any, line: Line) -> None:
    assert line.delivered(said) == []
    assert len(line.stack.aside()) == 1


def test_a_report_of_mail_that_quotes_the_word_is_still_a_report(line: Line) -> None:
    mail = {"timestamp": "2026-09-21T14:13:20.000Z", "messageId": "s", "destination": ["a@b.example"], "tags": {}}
    assert line.delivered({"eventType": "Send", "mail": mail, "send": {"note": "originationNumber"}}) == []
    assert [event.name for event in line.stack.events()] == ["Email Sent"]
