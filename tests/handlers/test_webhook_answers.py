"""What a program answers to a journey's webhook becomes traits: once, whatever happens on the way."""

from typing import Any

import pytest

from functions.core.message import PATIENCE
from functions.core.setback import AGAIN_MS
from functions.send import answers
from functions.tables import events, tombstones
from tests.fakes import Server
from tests.handlers.faults import Crash
from tests.handlers.test_channels import CONTENT, House, house, server
from tests.handlers.test_send import ADA, settle

__all__ = ["house", "server"]

ASKS = {
    "topic": "tips",
    "start": {"when": {"event": "Signed Up"}},
    "steps": [
        {"id": "ask", "webhook": "crm", "keep": {"firstName": "lead.name", "worth": "lead.worth", "gone": "nowhere"}},
        {"id": "tell", "webhook": "crm"},
    ],
}
ANSWER = b'{"lead": {"name": "I\xc5\x9f\xc4\xb1l", "worth": 7}}'


@pytest.fixture
def asking(house: House, server: Server) -> House:
    house.release = house.publish({**CONTENT, "journeys": {"asks": ASKS}})
    house.person()
    server.answer = lambda asked: (200, {}, ANSWER)
    return house


def ask(house: House, id: str = "m1", step: str = "ask") -> None:
    house.intend(id, channel="webhook", template="crm", journey="asks", step=step, enrollment="e")
    house.deliver(id)


def changed(house: House) -> list[Any]:
    return [event for event in house.stack.events() if event.name == "Traits Changed"]


def test_an_answer_becomes_traits_that_outrank_claims(asking: House) -> None:
    ask(asking)
    (event,) = changed(asking)
    assert event.traits == {"first_name": "Işıl", "worth": 7}
    assert (event.source, event.kind, event.proved) == (f"c#{ADA}", "system", True)
    assert (event.properties["journey"], event.properties["step"]) == ("asks", "ask")
    assert asking.message().state == "sent"


def test_a_step_that_keeps_nothing_records_nothing(asking: House) -> None:
    ask(asking, step="tell")
    assert (changed(asking), asking.message().state) == ([], "sent")


def test_an_answer_that_is_no_json_is_ignored_and_counted(
    asking: House, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    monkeypatch.setattr(answers, "metric", lambda name, value=1: counted.append(name))
    for number, body in enumerate((b"", b"thanks", b"{" + b'"a": 1, ' * 4000 + b'"b": 1}')):
        server.answer = lambda asked, body=body: (200, {}, body)  # type: ignore[misc]
        ask(asking, f"m{number}")
        assert asking.message(f"m{number}").state == "sent"
    assert changed(asking) == []
    assert counted == ["WebhookAnswersIgnored"] * 3


@pytest.mark.parametrize("before", [True, False])
def test_a_crash_around_the_recording_asks_again_and_keeps_one_answer(
    before: bool, asking: House, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert = events.insert

    def crashing(*given: Any) -> Any:
        monkeypatch.setattr(events, "insert", insert)
        if not before:
            insert(*given)
        raise Crash

    monkeypatch.setattr(events, "insert", crashing)
    with pytest.raises(Crash):
        ask(asking)
    assert asking.message().state == "sending"
    server.answer = lambda asked: (200, {}, ANSWER.replace(b"7", b"8"))
    asking.now += PATIENCE + 1
    settle(ADA, "m1", asking.now)
    asking.deliver("m1")
    (event,) = changed(asking)
    assert (event.traits["worth"], asking.message().state) == (8 if before else 7, "sent")
    assert {asked.headers["webhook-id"] for asked in server.asked} == {"m1"}


def test_a_receiver_that_refuses_is_asked_once_more_and_then_no_more(asking: House, server: Server) -> None:
    server.answer = lambda asked: (422, {}, b"no")
    ask(asking)
    assert (asking.message().state, asking.message().reason) == ("intended", "provider-rejected")
    asking.now += AGAIN_MS
    asking.deliver("m1")
    assert (asking.message().state, asking.message().reason) == ("withheld", "provider-rejected")
    assert len(server.asked) == 2


def test_nothing_is_kept_of_somebody_erased(asking: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tombstones, "marks", lambda refs: {ref: object() for ref in refs})
    ask(asking)
    assert changed(asking) == []
