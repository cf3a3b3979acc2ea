"""Double opt-in of a telephone number: a text asks, and only its owner's YES makes consent."""

from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions import releases
from functions.core import confirm, confirm_by_text
from functions.core.consent import Change, allowed
from functions.core.identity import hash_of
from functions.core.release import Release
from functions.tables import addresses
from tests.handlers.conftest import Stack
from tests.handlers.faults import Crash, crash_at
from tests.handlers.http_client import post_form
from tests.handlers.test_inbound_texts import DAY, NOW, NUMBER, Line
from tests.handlers.test_track_forms import BOTH, NONCE, asking_for_both

QUIET = confirm.QUIET_S * 1000
LABEL = "Tips as text messages, please."


@pytest.fixture
def line(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Line:
    stack.publish(asking_for_both(sms_double_opt_in=True))
    return Line(stack, monkeypatch)


def submit(number: str = "0532 123 45 67", nonce: str = NONCE, **more: Any) -> None:
    assert post_form("/f/both", BOTH | {"mobile": number, "_nonce": nonce} | more).status == 303


def nonce(place: int) -> str:
    return f"{NONCE[:-2]}{place:02x}"


def ledger(line: Line) -> list[tuple[str, tuple[Change, ...]]]:
    return [(entry.source, entry.changes) for entry in addresses.entries(hash_of(line.ref))]


def test_a_ticked_box_asks_the_number_and_only_yes_agrees_in_the_words_that_were_ticked(line: Line) -> None:
    submit()
    (text,) = line.texts
    assert text["PhoneNumber"] == NUMBER
    assert text["Message"] == (
        "Tea & Co: answer YES to get text messages about: Brewing tips. If it was not you who asked, do nothing. "
        "STOP to end."
    )
    assert not line.agreed()
    assert allowed(addresses.head(hash_of(line.stack.ref("e", "ada@tea.example"))), "tips"), "the mailbox is another's"
    (event,) = line.stack.events()
    assert (event.properties["consents"], event.properties["asked"]) == (["tips"], ["sms:tips"])
    line.now += 60_000
    line.says("Evet!")
    assert line.agreed()
    asked, granted = sorted(addresses.entries(hash_of(line.ref)), key=lambda entry: entry.arrived)
    assert asked.changes == (Change("request", "tips", LABEL), Change("request", "@text"))
    assert (granted.source, granted.changes) == ("confirmed:both", (Change("grant", "tips", LABEL),))
    assert (granted.at, granted.arrived, granted.release) == (NOW, NOW + 60_000, releases.live().id)
    names = {event.name: event for event in line.stack.events()}
    said = names["Subscription Confirmed"]
    assert said.source == line.ref
    assert said.properties == {"form": "both", "consents": ["sms:tips"], "requested": NOW}


@pytest.mark.parametrize("text", ["no", "who is this", "HELP", "yes please", "STOP"])
def test_nothing_else_agrees(text: str, line: Line) -> None:
    submit()
    line.says(text)
    assert not line.agreed()


def test_yes_to_nothing_agrees_to_nothing(line: Line) -> None:
    line.says("YES")
    assert ledger(line) == []
    submit(consent=["tips"])
    line.says("YES", id="in-2")
    assert ledger(line) == []


def test_whoever_stops_between_asking_and_answering_stays_stopped(line: Line) -> None:
    submit()
    line.now += 1
    line.says("STOP")
    line.now += 1
    line.says("YES", id="in-2")
    assert not line.agreed()
    # A form that is filled in long after it asks anew.
    line.now += 30 * DAY
    submit(nonce=nonce(2))
    line.says("YES", id="in-3")
    assert line.agreed()


def test_a_yes_that_is_delivered_again_answers_nothing_that_was_asked_after_it(line: Line) -> None:
    submit()
    line.now += 60_000
    said = line.now
    line.says("YES")
    assert line.agreed()
    line.now += 60_000
    line.says("STOP", id="in-2")
    line.now += 31 * DAY
    submit(nonce=nonce(2))
    assert len(line.texts) == 2
    line.now += 60_000
    line.says("YES", at=said)
    assert not line.agreed()
    line.says("YES", id="in-3")
    assert line.agreed()


def test_a_yes_that_was_held_up_counts_from_when_it_was_said(line: Line) -> None:
    submit()
    said = line.now = line.now + DAY
    line.now += 5 * DAY
    line.says("YES", at=said)
    assert line.agreed()


def test_a_number_that_said_stop_is_not_texted_whenever_somebody_types_it(line: Line) -> None:
    submit()
    line.now += 1
    line.says("STOP")
    for place in range(1, 6):
        line.now += DAY
        submit(nonce=nonce(place))
    assert len(line.texts) == 1
    line.now += 30 * DAY
    submit(nonce=nonce(6))
    line.says("STOP", id="in-2")
    line.now += QUIET
    submit(nonce=nonce(7))
    assert len(line.texts) == 2


def test_topics_are_called_as_the_form_s_language_calls_them(line: Line) -> None:
    raw = asking_for_both(sms_double_opt_in=True, language="tr").model_dump(by_alias=True, exclude_defaults=True)
    raw["sending"]["topics"][0]["titles"] = {"tr": "Demleme ipuçları"}
    line.stack.publish(Release.model_validate(raw))
    submit()
    (text,) = line.texts
    assert "Demleme ipuçları hakkında SMS almak için EVET" in text["Message"]


@pytest.mark.parametrize("text", ["OUI", "Sí.", "sim", "так"])
def test_yes_is_said_in_the_languages_in_which_stop_is(text: str, line: Line) -> None:
    submit()
    line.says(text)
    assert line.agreed()


def test_an_answer_counts_for_three_days(line: Line) -> None:
    submit()
    line.now += 3 * DAY + 1
    line.says("YES")
    assert not line.agreed()


def test_a_number_is_asked_once_in_four_hours_however_often_it_is_typed(line: Line) -> None:
    for place in range(3):
        submit(nonce=nonce(place))
    submit(nonce=nonce(0))
    assert len(line.texts) == 1
    line.now += QUIET
    submit(nonce=nonce(9))
    assert len(line.texts) == 2


def test_a_number_that_agreed_is_not_asked_again(line: Line) -> None:
    submit()
    line.says("YES")
    line.now += QUIET
    submit(nonce=nonce(1))
    assert len(line.texts) == 1
    assert line.agreed()


def test_an_answer_is_about_what_its_text_asked(line: Line) -> None:
    raw = asking_for_both(sms_double_opt_in=True).model_dump(by_alias=True, exclude_defaults=True)
    raw["forms"]["both"]["consents"].append({"topic": "offers", "channel": "sms", "label": "Offers, too."})
    line.stack.publish(Release.model_validate(raw))
    submit()
    submit(nonce=nonce(1), consent=["sms:offers"])
    line.says("YES")
    head = addresses.head(hash_of(line.ref))
    assert head.granted.keys() == {"tips"}
    assert head.requested.keys() == {"tips", "offers", "@text"}


def test_forms_cannot_be_made_to_text_many_numbers(line: Line) -> None:
    line.now -= line.now % 60_000
    for place in range(confirm_by_text.A_MINUTE + 5):
        submit(f"0532 000 00 {place:02d}", nonce(place))
    assert len(line.texts) == confirm_by_text.A_MINUTE
    line.now += 60_000
    submit("0532 000 00 99", nonce(99))
    assert len(line.texts) == confirm_by_text.A_MINUTE + 1


def test_no_text_goes_to_a_country_that_is_refused(line: Line) -> None:
    raw = asking_for_both(sms_double_opt_in=True).model_dump(by_alias=True, exclude_defaults=True)
    raw["sending"]["sms"] = {"countries": {"TR": {"refused": True}}}
    line.stack.publish(Release.model_validate(raw))
    submit()
    assert line.texts == []
    line.says("YES")
    assert not line.agreed()


def test_the_owner_s_own_words_are_sent(line: Line) -> None:
    line.stack.publish(asking_for_both(sms_double_opt_in={"text": "“Çay”: EVET ya da DUR"}))
    submit()
    assert [text["Message"] for text in line.texts] == ['"Çay": EVET ya da DUR']


def test_a_text_that_fails_is_no_failure_of_the_form(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any, **__: Any) -> Any:
        raise ClientError({"Error": {"Code": "Throttled", "Message": ""}}, "Publish")

    class _Client:
        publish = staticmethod(failing)

    monkeypatch.setattr("functions.aws.sns.client", lambda *_, **__: _Client())
    submit()
    assert not line.agreed()


def test_wherever_a_crash_falls_the_number_is_texted_at_most_once_and_yes_agrees_once(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    with crash_at(-1, after=False, monkeypatch=monkeypatch) as calls:
        submit("0532 000 01 00", nonce(0), email="c0@tea.example")
        made = calls()
    texted = len(line.texts)
    assert texted == 1
    survived = 0
    for call in range(made):
        line.now += 60_000
        number = f"+90532000{call + 200:04d}"
        before = len(line.texts)
        with crash_at(call, after=True, monkeypatch=monkeypatch), suppress(Crash):
            submit(number, nonce(1), email=f"c{call + 1}@tea.example")
            survived += 1
        submit(number, nonce(1), email=f"c{call + 1}@tea.example")
        assert len(line.texts) - before <= 1
        for _ in range(2):
            line.says("YES", number=number, id=f"in-{call}")
        ref = line.stack.ref("p", number)
        grants = [entry for entry in addresses.entries(hash_of(ref)) if entry.source == "confirmed:both"]
        if len(line.texts) > before:
            assert len(grants) == 1
        said = [one for one in line.stack.events() if one.name == "Subscription Confirmed" and one.source == ref]
        assert len(said) == len(grants) <= 1
    assert survived < made / 2, "what is read once in a worker's life is not read again"
