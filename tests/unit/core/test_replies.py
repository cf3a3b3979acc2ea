"""What people answer to text messages."""

import json

import pytest

from functions.core import replies
from functions.core.replies import kind_of_text

PEPPER = b"pepper"


@pytest.mark.parametrize(
    "text",
    [
        *("STOP", "stop", " Stop. ", "“STOP”", "STOPALL", "Stop all", "UNSUBSCRIBE", "Cancel", "END", "quit"),
        *(
            "DUR",
            "dur",
            "İPTAL",
            "iptal",
            "IPTAL",
            "СТОП",
            "стоп!",
            "Arrêt",
            "STOP please",
            "stop\n",
            "ＳＴＯＰ",
            "停止",
        ),
    ],
)
def test_a_stop_is_one_in_any_case_and_language(text: str) -> None:
    assert kind_of_text(text) == "stop"


@pytest.mark.parametrize(
    "text", ["Don't stop!", "the bus stop", "endless", "I want to cancel my order", "Привет", "茶", "", "😀"]
)
def test_other_texts_stop_nothing(text: str) -> None:
    assert kind_of_text(text) == "other"


def test_help_and_start_are_told_apart() -> None:
    assert [kind_of_text(text) for text in ("HELP", "Yardım?", "START", "unstop")] == ["help", "help", "start", "start"]


def notice(**more: str) -> dict[str, str]:
    return {
        "originationNumber": "+905321234567",
        "destinationNumber": "+905320000000",
        "messageKeyword": "KEYWORD",
        "messageBody": "Merhaba",
        "inboundMessageId": "cae173d2",
    } | more


def test_a_reply_is_an_event_of_its_number_with_the_text_cut_short() -> None:
    reply = replies.read(notice(messageBody="ç" * 5000), PEPPER)
    event = replies.to_event(reply, 2000, 1000)
    assert event.source == reply.ref
    assert event.name == "SMS Received"
    assert event.properties == {"text": "ç" * replies.LONGEST, "asks": "other"}
    assert "532" not in json.dumps([event.source, event.id, dict(event.properties)])


def test_the_same_notice_is_the_same_event() -> None:
    one, two = (replies.to_event(replies.read(notice(), PEPPER), at, 1000) for at in (2000, 9000))
    assert one.ref == two.ref


@pytest.mark.parametrize("number", ["", "STOP", "12", "+"])
def test_a_notice_from_no_number_is_refused(number: str) -> None:
    with pytest.raises(ValueError, match="number"):
        replies.read(notice(originationNumber=number), PEPPER)
