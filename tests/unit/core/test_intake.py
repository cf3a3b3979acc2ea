"""Whose an event is, and when it happened."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core import event as names
from functions.core.event import Event
from functions.core.identity import identity_ref
from functions.core.intake import WINDOW_MS, Sender, take, to_event
from functions.core.wire import Posted, parse, read_batch
from functions.tables.events import to_row

NOW = 1_790_000_000_000
PEPPER = b"pepper"
SENDER = Sender(NOW, PEPPER, "Mozilla/5.0")


def made(item: dict[str, Any], kind: str = "track", sent_at: int | None = None, sender: Sender = SENDER) -> Event:
    filled = {"event": "Cup Drunk", **item} if kind == "track" else item
    return to_event(parse(filled, kind), sent_at, sender)


def ref(kind: str, value: str) -> str:
    found = identity_ref(kind, value, PEPPER)
    assert found
    return found


def code_of(item: dict[str, Any], kind: str = "track") -> str:
    _, dropped = take(Posted([(0, parse({"event": "Cup Drunk", **item}, kind))]), SENDER)
    return dropped[0].reason.code


def test_an_event_is_stored_under_the_best_identity_and_carries_the_others() -> None:
    everything = {"userId": "u1", "anonymousId": "a1", "traits": {"email": "Ada@Tea.example"}}
    identify = made(everything, "identify")
    assert identify.source == ref("u", "u1")
    assert identify.identities == (ref("e", "ada@tea.example"), ref("a", "a1"))
    assert made({"anonymousId": "a1", "traits": {"email": "ada@tea.example"}}, "identify").source == ref(
        "e", "ada@tea.example"
    )
    assert made({"anonymousId": "a1"}).source == ref("a", "a1")


def test_an_address_that_a_browser_remembers_is_no_new_claim_unless_nothing_else_says_who_it_is() -> None:
    context = {"traits": {"email": "ada@tea.example"}}
    event = made({"anonymousId": "a1", "context": context})
    assert (event.source, event.identities) == (ref("a", "a1"), ())
    assert made({"context": context}).source == ref("e", "ada@tea.example")
    server = Sender(NOW, PEPPER, trusted=True)
    assert made({"anonymousId": "a1", "context": context}, sender=server).source == ref("e", "ada@tea.example")


def test_a_phone_and_a_user_id_that_is_an_address_are_identities_as_well() -> None:
    event = made({"userId": "Ada@Tea.example", "traits": {"phone": "+90 (0)532 123 45 67"}}, "identify")
    assert event.source == ref("u", "ada@tea.example")
    assert event.identities == (ref("e", "ada@tea.example"), ref("p", "+905321234567"))
    assert made({"userId": "u1", "traits": {"phone": "0532 123 45 67"}}, "identify").identities == ()


def test_a_signed_link_s_proof_says_whose_event_it_is_and_a_forged_one_nothing() -> None:
    sender = Sender(NOW, PEPPER, proofs={"signed": "contact1"})
    event = made({"anonymousId": "a1", "context": {"proof": "signed"}}, sender=sender)
    assert (event.source, event.identities) == ("c#contact1", (ref("a", "a1"),))
    assert "proof" not in event.context
    forged = made({"anonymousId": "a1", "context": {"proof": "forged"}}, sender=sender)
    assert (forged.source, forged.identities) == (ref("a", "a1"), ())


def test_an_alias_names_the_browser_that_became_a_user_and_only_the_owner_s_systems_join_two_users() -> None:
    alias = {"userId": "u1", "previousId": "a1"}
    assert made(alias, "alias").identities == (ref("a", "a1"),)
    assert made(alias, "alias", sender=Sender(NOW, PEPPER, trusted=True)).identities == (ref("u", "a1"),)


@pytest.mark.parametrize("nobody", ["null", "undefined", "00000000-0000-0000-0000-000000000000", "", " "])
def test_an_identity_that_many_share_is_none(nobody: str) -> None:
    assert made({"userId": nobody, "anonymousId": "a1"}).source == ref("a", "a1")
    assert code_of({"userId": nobody}) == "no-identity"


def test_a_group_s_address_is_nobody_s() -> None:
    event = made({"groupId": "g", "userId": "u1", "traits": {"email": "info@company.example"}}, "group")
    assert event.identities == ()
    assert event.properties == {"groupId": "g", "email": "info@company.example"}
    assert not event.traits


def test_a_wrong_clock_is_corrected_but_not_in_the_key() -> None:
    behind = made({"userId": "u", "timestamp": NOW - 7_200_000}, sent_at=NOW - 7_199_000)
    assert (behind.stamp, behind.at) == (NOW - 7_200_000, NOW - 1000)
    ahead = made({"userId": "u", "timestamp": NOW + 60_000}, sent_at=NOW + 60_500)
    assert (ahead.stamp, ahead.at) == (NOW + 60_000, NOW - 500)
    assert made({"userId": "u", "timestamp": NOW + 60_000}).at == NOW


@given(st.integers(0, 10**13 - 1), st.none() | st.integers(0, 10**13 - 1), st.integers(0, 10**13 - 1))
def test_nothing_happens_after_it_arrived(timestamp: int, sent_at: int | None, received: int) -> None:
    # Times written as text, so that a small one is not taken for seconds.
    event = made({"userId": "u", "timestamp": max(timestamp, 10**11)}, sent_at=sent_at, sender=Sender(received, PEPPER))
    assert 0 <= event.at <= event.received == received


def test_a_retry_has_the_same_key_whatever_the_server_s_clock_says() -> None:
    for item in ({"userId": "u", "messageId": "m1"}, {"userId": "u", "messageId": "m1", "timestamp": NOW - 5}):
        first, later = (made(item, sent_at=now - 3, sender=Sender(now, PEPPER)) for now in (NOW, NOW + 86_400_000))
        assert first.ref == later.ref


def test_without_id_and_time_a_quick_repetition_is_a_retry_and_a_late_one_is_news() -> None:
    start = NOW - NOW % WINDOW_MS
    first, retry, late = (
        made({"userId": "u"}, sender=Sender(now, PEPPER)) for now in (start, start + 2000, start + WINDOW_MS)
    )
    assert first.ref == retry.ref != late.ref


def test_the_same_event_twice_in_one_batch_is_one() -> None:
    item = {"type": "page", "userId": "u", "messageId": "m1", "timestamp": NOW}
    events, dropped = take(read_batch({"batch": [item, item]}, 10), SENDER)
    assert (len(events), dropped) == (1, [])


@pytest.mark.parametrize("name", [names.UNSUBSCRIBED, names.EMAIL_CLICKED, names.TAG_ADDED])
def test_what_only_samovar_can_know_is_not_taken_from_strangers(name: str) -> None:
    assert code_of({"userId": "u", "event": name}) == "reserved-event"
    assert made({"userId": "u", "event": name}, sender=Sender(NOW, PEPPER, trusted=True)).name == name


def test_a_stranger_s_form_submitted_says_nothing_about_consent() -> None:
    item = {"userId": "u", "event": names.FORM_SUBMITTED, "properties": {"form": "hello", "consents": ["tips"]}}
    assert made(item).properties == {"form": "hello"}


def test_an_identify_that_brings_no_valid_address_claims_none() -> None:
    event = made({"userId": "u", "traits": {"email": "<script>", "name": "Ada"}}, "identify")
    assert event.traits == {"name": "Ada"}


def test_traits_in_the_context_of_an_identify_count_too() -> None:
    event = made({"userId": "u", "traits": None, "context": {"traits": {"name": "Ada"}}}, "identify")
    assert event.traits == {"name": "Ada"}


def test_a_page_view_says_which_page_once() -> None:
    page = {"url": "https://tea.example/p?q=1", "path": "/p", "search": "?q=1", "title": "Prices", "referrer": ""}
    event = made({"anonymousId": "a", "name": "Prices", "context": {"page": page}}, "page")
    assert event.name == names.PAGE_VIEWED
    assert event.properties == {"url": "https://tea.example/p?q=1", "path": "/p", "title": "Prices", "name": "Prices"}
    assert event.context == {"userAgent": "Mozilla/5.0"}


def test_the_visitor_s_network_address_is_not_kept() -> None:
    context = {"ip": "203.0.113.9", "locale": "tr", "campaign": {"source": "x", "evil": "y"}, "library": {"name": "n"}}
    assert made({"userId": "u", "context": context}).context == {
        "locale": "tr",
        "campaign": {"source": "x"},
        "userAgent": "Mozilla/5.0",
    }


def test_a_context_of_odd_types_is_trimmed_not_refused() -> None:
    context = {"page": 5, "campaign": ["x"], "locale": {}, "userAgent": 7, "traits": "none"}
    assert made({"userId": "u", "context": context}).context == {}


def test_a_browser_s_page_view_fits_in_one_write_unit() -> None:
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Safari/537"
    url = "https://www.tea-shop.example/collections/green/sencha-first-flush?utm_source=newsletter&utm_medium=email"
    page = {"path": "/collections/green/sencha-first-flush", "referrer": "https://www.google.com/", "url": url}
    page |= {"search": "?utm_source=newsletter&utm_medium=email", "title": "Sencha, first flush | The Tea Shop"}
    item = {
        "anonymousId": "5d6f7a1e-0f0e-4c64-9a55-2ad2b1f9f0aa",
        "messageId": "ajs-next-1790000000000-5d6f7a1e-0f0e-4c64-9a55-2ad2b1f9f0aa",
        "timestamp": NOW,
        "properties": page,
        "context": {
            "page": page,
            "userAgent": agent,
            "locale": "en-US",
            "timezone": "Europe/Istanbul",
            "campaign": {"source": "newsletter", "medium": "email"},
            "library": {"name": "analytics.js", "version": "npm:next-1.84.3"},
        },
    }
    row = to_row(made(item, "page"))
    assert sum(len(name) + len(str(value).encode()) for name, value in row.items()) < 1000


def test_what_is_imported_is_history_once_it_is_a_day_old() -> None:
    importing = Sender(NOW, PEPPER, importing=True)
    for age, cause in ((0, names.LIVE), (86_400_000, names.LIVE), (86_400_001, names.IMPORT)):
        item = {"userId": "u1", "timestamp": NOW - age}
        assert made(item, sender=importing).cause == cause
        assert made(item).cause == names.LIVE


def test_an_item_s_own_time_of_sending_corrects_its_clock_where_the_request_has_none() -> None:
    item = {"userId": "u1", "timestamp": NOW - 3_601_000, "sentAt": NOW - 3_600_000}
    assert made(item).at == NOW - 1000
    assert made(item, sent_at=NOW).at == NOW - 3_601_000
    assert made(item).stamp == made(item, sent_at=NOW).stamp


def test_of_the_context_is_kept_what_tells_where_it_happened_and_never_an_address_of_the_network() -> None:
    context = {
        "active": False,
        "app": {"name": "Shop"},
        "campaign": {"source": "newsletter", "name": "spring"},
        "channel": "browser",
        "device": {"id": "B5372DB0", "type": "ios", "advertisingId": "7A3C"},
        "groupId": "tea-club",
        "ip": "203.0.113.9",
        "library": {"name": "analytics.js", "version": "2"},
        "locale": "tr-TR",
        "network": {"wifi": True},
        "os": {"name": "iPhone OS", "version": "8.1"},
        "page": {"url": "https://tea.example/çay", "title": "Çay"},
        "referrer": {"id": "ABC", "type": "dataxu"},
        "screen": {"width": 320},
        "timezone": "Europe/Istanbul",
        "userAgent": "Safari",
    }
    stored = made({"userId": "u1", "context": context, "channel": "mobile", "integrations": {"All": False}}).context
    assert stored == {
        "active": False,
        "campaign": {"source": "newsletter", "name": "spring"},
        "channel": "mobile",
        "device": {"type": "ios"},
        "groupId": "tea-club",
        "locale": "tr-TR",
        "os": {"name": "iPhone OS"},
        "page": {"url": "https://tea.example/çay", "title": "Çay"},
        "referrer": {"id": "ABC", "type": "dataxu"},
        "timezone": "Europe/Istanbul",
        "userAgent": "Safari",
    }


def test_first_names_are_one_trait_however_an_sdk_spells_them() -> None:
    assert made({"userId": "u1", "traits": {"firstName": "Łucja", "age": "42"}}, "identify").traits == {
        "first_name": "Łucja",
        "age": 42,
    }


def test_a_group_s_traits_are_not_its_member_s_though_a_server_says_so() -> None:
    server = Sender(NOW, PEPPER, trusted=True)
    item = {"userId": "u1", "groupId": "g", "traits": {"name": "Tea & Co"}, "context": {"traits": {"name": "Ada"}}}
    event = made(item, "group", sender=server)
    assert (event.traits, event.properties) == ({"name": "Ada"}, {"groupId": "g", "name": "Tea & Co"})


def test_a_context_of_the_whole_batch_is_added_to_each_item_s_own() -> None:
    items = [
        {"type": "page", "userId": "u1", "context": {"locale": "pl-PL"}},
        {"type": "page", "userId": "u2", "context": None},
    ]
    body = {"batch": items, "context": {"locale": "tr-TR", "timezone": "Europe/Istanbul"}}
    events, _ = take(read_batch(body, 1), SENDER)
    assert [(event.context["locale"], event.context["timezone"]) for event in events] == [
        ("pl-PL", "Europe/Istanbul"),
        ("tr-TR", "Europe/Istanbul"),
    ]
