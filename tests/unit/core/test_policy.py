"""What may go out, decided on what stands at the moment of sending."""

from typing import Any

import pytest

from functions.core.consent import Head
from functions.core.contact import Contact, Facts, Moment, Profile, Rank, State
from functions.core.counters import counter_id
from functions.core.message import LATEST, Message, intended
from functions.core.policy import REASONS, Allow, Recent, Withhold, decide, mailbox
from functions.core.release import Release

HOUR = 3_600_000
NOW = 1_700_000_000_000
RELEASE = Release.model_validate(
    {
        "sending": {
            "business": {"name": "Tea"},
            "from": {"name": "Tea", "email": "hello@tea.example"},
            "topics": [
                {"id": "tips", "title": "Tips"},
                {"id": "orders", "title": "Orders", "transactional": True},
            ],
            "caps": [{"at_most": 2, "within": "1 day"}, {"at_most": 3, "within": "1 week"}],
        },
        "emails": {"welcome": {"subject": "Hello", "html": "<p>Hello</p>", "text": "Hello"}},
        "journeys": {
            "welcome": {
                "topic": "tips",
                "start": {"when": {"event": "Form Submitted"}},
                "goal": {"event": "Order Completed"},
                "steps": [{"id": "hello", "send": "welcome"}],
            }
        },
    }
)
GRANTED = Head(1, {"tips": NOW - HOUR})


def message(**changes: Any) -> Message:
    fields: dict[str, Any] = {
        "id": "m1",
        "contact": "c",
        "journey": "welcome",
        "step": "hello",
        "template": "welcome",
        "topic": "tips",
        "release": "r",
        "now": NOW - 1000,
        "enrollment": "e",
        "since": NOW - 2000,
    }
    return intended(**fields | changes)


def contact(email: str | None = "Ada@Example.com", goal_at: int | None = None) -> Contact:
    traits = {"email": (Rank(False, Moment(1, 1)), email)} if email else {}
    journey = RELEASE.journeys["welcome"]
    assert journey.goal is not None
    newest = {counter_id(journey.goal): (Moment(goal_at, 1),)} if goal_at else {}
    return Contact(State("c", facts=Facts(newest=newest)), Profile("c", 1, traits))


def reason(**changes: Any) -> str:
    arguments: dict[str, Any] = {
        "message": message(),
        "contact": contact(),
        "head": GRANTED,
        "recent": Recent(),
        "release": RELEASE,
        "now": NOW,
    }
    decision = decide(**arguments | changes)
    return decision.reason if isinstance(decision, Withhold) else "allowed"


def test_a_message_that_was_agreed_to_may_go_to_the_address_as_its_owner_spells_it() -> None:
    decision = decide(message(), contact(), GRANTED, Recent(), RELEASE, NOW)
    assert isinstance(decision, Allow)
    assert decision.recipient == "Ada@Example.com"


def test_a_send_is_reserved_against_the_caps_under_its_own_id() -> None:
    recent = Recent(4, {"old": NOW - 8 * 24 * HOUR, "m0": NOW - 30 * HOUR})
    decision = decide(message(), contact(), GRANTED, recent, RELEASE, NOW)
    assert isinstance(decision, Allow)
    assert decision.reserved == Recent(4, {"m0": NOW - 30 * HOUR, "m1": NOW})


def test_nothing_goes_out_without_consent() -> None:
    assert reason(head=Head()) == "no-consent"
    assert reason(head=Head(1, {"offers": NOW})) == "no-consent"


def test_an_unsubscribe_that_arrived_after_the_decision_withholds() -> None:
    assert reason(head=Head(2, {"tips": NOW - HOUR}, {"tips": NOW - 10})) == "unsubscribed"
    assert reason(head=Head(2, {"tips": NOW - HOUR}, {"*": NOW - 10})) == "unsubscribed"


def test_the_contacts_facts_say_nothing_about_consent() -> None:
    """The event stream may be an hour behind: only the ledger's head counts."""
    assert reason(contact=contact(), head=Head(2, {"tips": NOW - HOUR}, {"tips": NOW - 1})) == "unsubscribed"


def test_a_transactional_message_needs_no_consent_and_counts_against_no_cap() -> None:
    full = Recent(1, {"a": NOW - 1, "b": NOW - 2, "c": NOW - 3})
    decision = decide(message(topic="orders"), contact(), Head(), full, RELEASE, NOW)
    assert decision == Allow("Ada@Example.com", RELEASE.sending.topics[1], None)


@pytest.mark.parametrize("why", ["bounce", "complaint"])
@pytest.mark.parametrize("topic", ["tips", "orders"])
def test_nothing_at_all_goes_to_a_suppressed_address(why: str, topic: str) -> None:
    head = Head(2, {"tips": NOW - HOUR}, {}, {why: NOW - 2 * HOUR})
    assert reason(message=message(topic=topic), head=head) == f"suppressed-{why}"


def test_the_cap_counts_only_sends_within_its_time() -> None:
    day = 24 * HOUR
    assert reason(recent=Recent(1, {"a": NOW - 1, "b": NOW - 2})) == "frequency-cap"
    assert reason(recent=Recent(1, {"a": NOW - 1, "b": NOW - day})) == "allowed"
    assert reason(recent=Recent(1, {"a": NOW - 1, "b": NOW - day, "c": NOW - 3 * day})) == "frequency-cap"


def test_a_second_try_does_not_count_against_itself() -> None:
    assert reason(recent=Recent(1, {"a": NOW - 1, "m1": NOW - 2})) == "allowed"


def test_a_goal_reached_since_entry_withholds_what_still_waits() -> None:
    assert reason(contact=contact(goal_at=NOW - 1500)) == "goal-reached"
    assert reason(contact=contact(goal_at=NOW - 2000)) == "allowed"
    assert reason(message=message(enrollment=None), contact=contact(goal_at=NOW - 1500)) == "allowed"


def test_a_message_that_could_not_be_sent_for_three_days_is_given_up() -> None:
    assert reason(message=message(now=NOW - LATEST)) == "allowed"
    assert reason(message=message(now=NOW - LATEST - 1)) == "too-late"


def test_what_the_release_does_not_have_is_withheld_with_its_name() -> None:
    assert reason(message=message(topic="gone")) == "unknown-topic"
    assert reason(message=message(template="gone")) == "unknown-template"


def test_a_contact_without_an_address_gets_nothing() -> None:
    assert reason(contact=contact(email=None), head=None) == "missing-address"
    assert reason(head=None) == "unusable-address"
    assert reason(contact=contact(email="Ağa@example.com")) == "unusable-address"


@pytest.mark.parametrize(
    ("address", "spelled"),
    [
        ("Ada@Example.com", "Ada@Example.com"),
        ("ada+tea@example.com", "ada+tea@example.com"),
        (" o'neil@example.com ", "o'neil@example.com"),
        ("ada@çay.example", "ada@xn--ay-3ia.example"),
        ("ılgaz@example.com", None),
        ("ada@example.com, eve@example.com", None),
        ("ada@example.com\r\nBcc: eve@example.com", None),
        ("<ada@example.com>", None),
        ("ada@localhost", None),
        ("ada..l@example.com", None),
        ("ada@-example.com", None),
        ("ada@straße.example", None),
        (f"{'a' * 65}@example.com", None),
        (f"ada@{'ç' * 70}.example", None),
        ("", None),
    ],
)
def test_only_addresses_that_mail_servers_take_are_written(address: str, spelled: str | None) -> None:
    assert mailbox(address) == spelled


def test_every_reason_has_a_sentence() -> None:
    for code, sentence in REASONS.items():
        assert code == code.lower()
        assert " " not in code
        assert sentence.endswith(".")
    for why in ("bounce", "complaint"):
        assert f"suppressed-{why}" in REASONS
