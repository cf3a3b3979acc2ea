"""What may go out, decided on what stands at the moment of sending."""

from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest

from functions.core.channels import CHANNELS
from functions.core.consent import Head
from functions.core.contact import Contact, Facts, Moment, Profile, Rank, State
from functions.core.counters import counter_id
from functions.core.message import LATEST, Message, defer, intended
from functions.core.pauses import EVERYTHING, MARKETING, Pause, Pauses
from functions.core.policy import (
    PAUSED_MS,
    REASONS,
    Allow,
    Case,
    Decision,
    Defer,
    Destination,
    Recent,
    Sent,
    Unreachable,
    Withhold,
    decide,
    mailbox,
)
from functions.core.release import Release

HOUR = 3_600_000
DAY = 24 * HOUR
NOW = 1_700_000_000_000
"""2023-11-14 22:13:20 UTC, a Tuesday."""
RAW: dict[str, Any] = {
    "sending": {
        "business": {"name": "Tea"},
        "from": {"name": "Tea", "email": "hello@tea.example"},
        "topics": [
            {"id": "tips", "title": "Tips"},
            {"id": "offers", "title": "Offers"},
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
RELEASE = Release.model_validate(RAW)
HERE = Destination("ada", "Ada@Example.com")


def release(**sending: Any) -> Release:
    """The release with other rules of sending."""
    return Release.model_validate(RAW | {"sending": RAW["sending"] | sending})


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


def sends(**at: int) -> dict[str, Sent]:
    """E-mails about tips, by id."""
    return {id: Sent(moment, "email", "tips") for id, moment in at.items()}


def decision(**changes: Any) -> Decision:
    now = changes.pop("now", NOW)
    case: dict[str, Any] = {
        "message": message(),
        "contact": contact(),
        "release": RELEASE,
        "destination": HERE,
        "head": GRANTED,
    }
    return decide(Case(**case | changes), now)


def reason(**changes: Any) -> str:
    made = decision(**changes)
    return "allowed" if isinstance(made, Allow) else made.reason


def test_a_message_that_was_agreed_to_may_go_where_its_channel_says() -> None:
    made = decision()
    assert isinstance(made, Allow)
    assert made.destination == HERE


def test_a_send_is_reserved_against_the_caps_under_its_own_id() -> None:
    recent = Recent(4, sends(old=NOW - 8 * DAY, older=NOW - 9 * DAY, m0=NOW - 30 * HOUR))
    made = decision(recent=recent)
    assert isinstance(made, Allow)
    assert made.reserved == Recent(4, sends(m0=NOW - 30 * HOUR, m1=NOW))


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
    full = Recent(1, sends(a=NOW - 1, b=NOW - 2, c=NOW - 3))
    made = decision(message=message(topic="orders"), head=Head(), recent=full)
    assert made == Allow(HERE, RELEASE.sending.topics[2], None)


@pytest.mark.parametrize("why", ["bounce", "complaint"])
@pytest.mark.parametrize("topic", ["tips", "orders"])
def test_nothing_at_all_goes_to_a_suppressed_address(why: str, topic: str) -> None:
    head = Head(2, {"tips": NOW - HOUR}, {}, {why: NOW - 2 * HOUR})
    assert reason(message=message(topic=topic), head=head) == f"suppressed-{why}"


def test_the_cap_counts_only_sends_within_its_time() -> None:
    assert reason(recent=Recent(1, sends(a=NOW - 1, b=NOW - 2))) == "frequency-cap"
    assert reason(recent=Recent(1, sends(a=NOW - 1, b=NOW - DAY))) == "allowed"
    assert reason(recent=Recent(1, sends(a=NOW - 1, b=NOW - DAY, c=NOW - 3 * DAY))) == "frequency-cap"


def test_a_second_try_does_not_count_against_itself() -> None:
    assert reason(recent=Recent(1, sends(a=NOW - 1, m1=NOW - 2))) == "allowed"


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


@pytest.mark.parametrize("why", ["missing-address", "unusable-address"])
def test_whoever_can_t_be_reached_gets_nothing_for_the_reason_that_the_channel_gives(why: str) -> None:
    assert reason(destination=Unreachable(why)) == why


def test_a_pause_of_ours_defers_until_it_ends_and_marketing_s_lets_orders_through() -> None:
    for name in (EVERYTHING, MARKETING, "welcome/hello"):
        held = Pauses(1, {name: Pause(NOW - 1, "too many bounces", "samovar", NOW + HOUR)})
        assert decision(pauses=held) == Defer(NOW + HOUR, "paused")
        assert decision(pauses=held, now=NOW + HOUR) != Defer(NOW + HOUR, "paused")
    marketing = Pauses(1, {MARKETING: Pause(NOW - 1, "too many bounces", "samovar")})
    assert decision(pauses=marketing) == Defer(NOW + PAUSED_MS, "paused")
    assert reason(pauses=marketing, message=message(topic="orders")) == "allowed"
    everything = Pauses(1, {EVERYTHING: Pause(NOW - 1, "a wrong price", "Ada")})
    assert reason(pauses=everything, message=message(topic="orders")) == "paused"


def test_a_cancelled_run_sends_nothing_any_more() -> None:
    assert reason(pauses=Pauses(1, {}, frozenset({"welcome/hello"}))) == "campaign-cancelled"


def test_what_waits_past_its_last_moment_is_looked_at_right_after_it_and_withheld_with_what_it_waited_for() -> None:
    held = Pauses(1, {EVERYTHING: Pause(NOW - 1, "a wrong price", "Ada", NOW + DAY)})
    soon = message(expires=NOW + HOUR)
    assert decision(message=soon, pauses=held) == Defer(NOW + HOUR + 1, "paused")
    waiting = defer(soon, NOW + HOUR + 1, "paused")
    assert decision(message=waiting, pauses=held, now=NOW + HOUR + 1) == Withhold("too-late", "paused")


def test_quiet_hours_defer_marketing_until_they_are_over_where_the_contact_lives() -> None:
    night = release(hours=[{"quiet": {"from": "21:00", "to": "09:00"}}])
    assert decision(release=night, zone="UTC") == Defer(1_700_038_800_000, "quiet-hours")  # 09:00 on Wednesday
    assert decision(release=night, zone="Europe/Istanbul") == Defer(1_700_028_000_000, "quiet-hours")
    assert reason(release=night, zone="America/New_York") == "allowed"
    assert reason(release=night, zone="UTC", message=message(topic="orders")) == "allowed"
    strict = release(hours=[{"quiet": {"from": "21:00", "to": "09:00"}, "transactional": True}])
    assert reason(release=strict, zone="UTC", message=message(topic="orders")) == "quiet-hours"


def test_hours_of_another_channel_say_nothing_and_several_hold_together() -> None:
    with_sms = CHANNELS | {"sms": replace(CHANNELS["email"], name="sms")}
    with patch.dict(CHANNELS, with_sms):
        sms = release(hours=[{"channel": "sms", "quiet": {"from": "21:00", "to": "09:00"}}])
        assert reason(release=sms) == "allowed"
    both = release(
        hours=[
            {"quiet": {"from": "21:00", "to": "09:00"}},
            {"only": {"on": ["saturday"], "between": ["08:00", "12:00"]}},
        ]
    )
    ends_on_saturday = message(expires=NOW + 7 * DAY)
    assert decision(release=both, message=ends_on_saturday) == Defer(1_700_298_000_000, "quiet-hours")


def test_a_cap_that_waits_defers_until_there_is_room() -> None:
    waits = release(caps=[{"at_most": 2, "within": "1 day", "then": "wait"}])
    full = Recent(1, sends(a=NOW - 5, b=NOW - 3, c=NOW - 1))
    assert decision(release=waits, recent=full) == Defer(NOW - 3 + DAY, "frequency-cap")
    assert reason(release=waits, recent=full, now=NOW - 3 + DAY) == "allowed"


def test_caps_count_their_own_channel_topic_and_kind() -> None:
    an_sms = {"s": Sent(NOW - 1, "sms", "tips")}
    an_offer = {"o": Sent(NOW - 1, "email", "offers")}
    an_order = {"r": Sent(NOW - 1, "email", "orders")}
    unknown = {"u": Sent(NOW - 1)}
    one = [{"at_most": 1, "within": "1 day"}]
    together, mails = release(caps=one), release(caps=[one[0] | {"channel": "email"}])
    offers = release(caps=[one[0] | {"topics": ["offers"]}])
    orders = release(caps=[one[0] | {"transactional": True}])
    assert reason(release=together, recent=Recent(1, an_sms)) == "frequency-cap"
    assert reason(release=mails, recent=Recent(1, an_sms)) == "allowed"
    assert reason(release=mails, recent=Recent(1, unknown)) == "frequency-cap"
    assert reason(release=offers, recent=Recent(1, an_offer)) == "allowed"
    agreed = Head(1, {"offers": NOW - HOUR})
    assert reason(release=offers, message=message(topic="offers"), head=agreed, recent=Recent(1, an_offer)) == (
        "frequency-cap"
    )
    assert reason(release=together, recent=Recent(1, an_order)) == "allowed"
    assert reason(release=orders, recent=Recent(1, an_order)) == "allowed"
    assert reason(release=orders, message=message(topic="orders"), recent=Recent(1, an_order)) == "frequency-cap"
    assert reason(release=orders, message=message(topic="orders"), recent=Recent(1, an_sms)) == "allowed"


def test_what_goes_to_no_person_is_counted_and_timed_by_rules_that_name_it_alone() -> None:
    hook = replace(CHANNELS["email"], name="hook", identity="")
    with patch.dict(CHANNELS, hook=hook):
        told = {"h": Sent(NOW - 1, "hook", "tips")}
        raw = RAW | {"templates": {"hook": {"welcome": RAW["emails"]["welcome"]}}}
        common = {"message": message(channel="hook"), "destination": Destination("", "https://x.example")}
        night = [{"quiet": {"from": "21:00", "to": "09:00"}}]
        one = [{"at_most": 1, "within": "1 day"}]

        def rules(**sending: Any) -> Release:
            return Release.model_validate(raw | {"sending": RAW["sending"] | sending})

        general = rules(caps=one, hours=night)
        assert decision(**common, release=general, head=Head(), recent=Recent(1, told)) == (
            Allow(common["destination"], RELEASE.sending.topics[0], None)
        )
        assert reason(release=general, zone="America/New_York", recent=Recent(1, told)) == "allowed"
        own = rules(caps=[one[0] | {"channel": "hook"}])
        assert reason(**common, release=own, head=Head(), recent=Recent(1, told)) == "frequency-cap"
        quiet = rules(hours=[night[0] | {"channel": "hook"}])
        assert reason(**common, release=quiet, head=Head()) == "quiet-hours"


def test_whoever_paused_hears_nothing_until_then_and_what_can_t_wait_so_long_is_withheld() -> None:
    resting = replace(GRANTED, paused=(NOW - 1, NOW + HOUR))
    assert decision(head=resting) == Defer(NOW + HOUR, "paused-by-recipient")
    assert decision(head=resting, message=message(expires=NOW + 1)) == Withhold("paused-by-recipient")
    assert reason(head=resting, now=NOW + HOUR) == "allowed"
    assert reason(head=resting, message=message(topic="orders")) == "allowed"


@pytest.mark.parametrize(("word", "days"), [("weekly", 7), ("monthly", 30)])
def test_whoever_wishes_fewer_messages_gets_one_in_that_time_on_that_channel(word: str, days: int) -> None:
    wish, free = replace(GRANTED, frequency=(NOW - 1, word)), release(caps=[])
    of_offers = {"a": Sent(NOW - days * DAY + 1, "email", "offers")}
    assert decision(head=wish, recent=Recent(1, of_offers), release=free) == Withhold("frequency-chosen", word)
    assert reason(head=wish, recent=Recent(1, of_offers), release=free, now=NOW + 1) == "allowed"
    assert reason(head=wish, recent=Recent(1, {"s": Sent(NOW - 1, "sms", "tips")}), release=free) == "allowed"
    assert reason(head=wish, recent=Recent(1, {"o": Sent(NOW - 1, "email", "orders")}), release=free) == "allowed"
    orders = message(topic="orders")
    assert reason(head=wish, recent=Recent(1, of_offers), release=free, message=orders) == "allowed"


def test_the_newest_marketing_message_is_kept_without_any_cap_so_that_a_wish_for_fewer_finds_it() -> None:
    recent = Recent(2, sends(a=NOW - 29 * DAY, b=NOW - 20 * DAY))
    made = decision(release=release(caps=[]), recent=recent)
    assert isinstance(made, Allow)
    assert made.reserved == Recent(2, sends(b=NOW - 20 * DAY, m1=NOW))


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
