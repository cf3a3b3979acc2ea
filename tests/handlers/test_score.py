"""Score against real stores and streams: what the events' stream may do to a contact, and what it may not."""

import itertools
import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from functions import releases
from functions.aws import dynamodb
from functions.aws.attributes import from_item
from functions.core.contact import Contact, Decision
from functions.core.experiments import Test
from functions.core.identity import ANONYMOUS, EMAIL, USER
from functions.core.release import Release, canonical
from functions.core.views import local_day
from functions.tables import compact, contacts
from local.emulator import EmulatorProcess
from tests.cloud import Cloud
from tests.cloud.streams import Record

DAY_MS = 86_400_000
PAGE = {"event": "Page Viewed"}


def release(**scoring: Any) -> bytes:
    """Twenty points a page, warm from twenty; keen are those who saw three pages in a week."""
    rules = [{"id": "page", "when": PAGE, "points": 20}, *scoring.pop("more", [])]
    temperature = {
        "score": "interest",
        "warm": {"at_least": 20, "until_below": 12},
        "hot": {"at_least": 60, "until_below": 40},
    }
    return canonical(
        Release.model_validate(
            {
                "sending": {
                    "business": {"name": "Tea", "time_zone": "Europe/Istanbul"},
                    "from": {"name": "Tea", "email": "hello@tea.example"},
                    "topics": [{"id": "tips", "title": "Tips"}],
                },
                "scoring": {
                    "scores": {"interest": {"half_life": "14 days", "rules": rules}},
                    "temperature": temperature,
                },
                "segments": {"keen": {"when": {**PAGE, "at_least": 3, "within": "7 days"}}},
                "forms": {
                    "hello": {
                        "title": "Hello",
                        "fields": [{"name": "email", "label": "E-mail", "type": "email", "required": True}],
                        "consents": [{"topic": "tips", "label": "Yes"}],
                        "thanks": "Thanks",
                    }
                },
            }
        )
    )


@pytest.fixture
def shop(emulator: EmulatorProcess) -> Iterator[Cloud]:
    with Cloud(emulator, release()) as cloud:
        yield cloud


def contact(shop: Cloud, kind: str = ANONYMOUS, value: str = "browser") -> Contact:
    owner = shop.owner(kind, value)
    return contacts.load([owner])[owner]


def pages(found: Contact) -> int:
    """How many pages the contact's counters hold."""
    return sum(sum(days.values()) for days in found.state.facts.counters.values())


def visit(shop: Cloud, count: int, browser: str = "browser", first: int = 0) -> None:
    for number in range(first, first + count):
        shop.page("/", f"{browser}-{number}", browser)


def decided(shop: Cloud) -> list[Decision]:
    """Every decision that stood in the outbox, in order."""
    images = [from_item(record["dynamodb"]["NewImage"]) for record in shop.decisions.seen]
    return [decision for image in images for decision in contacts.decisions_of(image)]


def without_positions(found: Contact) -> tuple[Any, ...]:
    return compact.dump(found.state.facts), found.state.standing, found.profile.traits, found.profile.identities


def test_pages_of_a_browser_and_the_form_posted_in_it_are_one_contact(shop: Cloud) -> None:
    visit(shop, 2)
    shop.settle()
    nobody = shop.owner(ANONYMOUS, "browser")
    shop.post_form(email="Ada@example.com", anonymous="browser")
    shop.settle()
    visit(shop, 1, first=2)
    shop.settle()
    found = contact(shop, EMAIL, "ada@example.com")
    assert shop.owner(ANONYMOUS, "browser") == found.id == nobody
    assert found.profile.email == "Ada@example.com"
    assert pages(found) == 3
    assert found.state.facts.consents["tips"].granted


def test_records_delivered_again_change_nothing(shop: Cloud) -> None:
    visit(shop, 3)
    shop.settle()
    before, made = without_positions(contact(shop)), decided(shop)
    for _ in range(2):
        shop.events.rewind()
        shop.settle()
    assert without_positions(contact(shop)) == before
    assert decided(shop) == made


def test_every_batch_delivered_twice_counts_once(shop: Cloud) -> None:
    shop.duplicate = True
    visit(shop, 4)
    shop.settle()
    assert pages(contact(shop)) == 4


def test_records_of_one_source_out_of_order_are_all_counted_once(shop: Cloud) -> None:
    visit(shop, 5)
    shop.events.read()
    records, shop.events.waiting = shop.events.waiting, []
    for place in (3, 1, 4, 3, 0, 2, 0):
        shop.invoke("score", {"Records": [records[place]]})
    assert pages(contact(shop)) == 5


def test_two_sources_of_one_contact_may_come_from_two_shards_in_any_order(shop: Cloud) -> None:
    visit(shop, 1)
    shop.post_form(email="ada@example.com", anonymous="browser")
    shop.settle()
    visit(shop, 3, first=1)
    shop.call("identify", messageId="i1", userId="u1", anonymousId="browser", traits={"email": "ada@example.com"})
    shop.call("track", messageId="t1", userId="u1", event="Page Viewed")
    shop.events.read()
    shards: dict[str, list[Record]] = {}
    for record in shop.events.waiting:
        shards.setdefault(record["dynamodb"]["Keys"]["pk"]["S"], []).append(record)
    shop.events.waiting = []
    for records in reversed(shards.values()):
        shop.invoke("score", {"Records": records})
    found = contact(shop, EMAIL, "ada@example.com")
    assert found.id == shop.owner(USER, "u1") == shop.owner(ANONYMOUS, "browser")
    assert pages(found) == 5


def test_two_contacts_that_turn_out_to_be_one_merge_with_their_histories(shop: Cloud) -> None:
    shop.post_form(email="ada@example.com", anonymous="laptop")
    visit(shop, 2, "laptop")
    visit(shop, 3, "phone")
    shop.settle()
    ada, phone = shop.owner(EMAIL, "ada@example.com"), shop.owner(ANONYMOUS, "phone")
    assert ada != phone
    shop.post_form(email="ada@example.com", anonymous="phone")
    shop.settle()
    found = contact(shop, EMAIL, "ada@example.com")
    assert shop.owner(ANONYMOUS, "phone") == found.id == ada
    assert contacts.load([phone])[phone].state.merged_into == ada
    assert pages(found) == 5
    shop.events.rewind()
    shop.settle()
    assert without_positions(contact(shop, EMAIL, "ada@example.com")) == without_positions(found)


def test_a_contact_that_is_merged_leaves_its_segments_to_the_survivor(shop: Cloud) -> None:
    shop.post_form(email="ada@example.com", anonymous="laptop")
    visit(shop, 3, "phone")
    shop.settle()
    phone = shop.owner(ANONYMOUS, "phone")
    assert contacts.load([phone])[phone].state.standing.segments
    shop.post_form(email="ada@example.com", anonymous="phone")
    shop.settle()
    keen = [one for one in shop.items() if one["pk"].startswith("G#keen#") and "left" not in one]
    assert [one["sk"] for one in keen] == [f"C#{shop.owner(EMAIL, 'ada@example.com')}"]
    assert shop.failures == []


def test_people_who_both_have_a_user_id_are_not_joined(shop: Cloud) -> None:
    shop.call("identify", messageId="a", userId="ada", traits={"email": "ada@example.com"})
    shop.call("identify", messageId="b", userId="bob", traits={"email": "bob@example.com"})
    shop.settle()
    shop.call("identify", messageId="c", userId="bob", traits={"email": "ada@example.com"})
    shop.settle()
    assert shop.owner(EMAIL, "ada@example.com") == shop.owner(USER, "ada")
    assert shop.owner(USER, "bob") != shop.owner(USER, "ada")


def test_a_browser_that_two_people_use_joins_neither_to_the_other_and_gives_each_his_own_pages(shop: Cloud) -> None:
    visit(shop, 2, "kiosk")
    shop.settle()
    shop.post_form(email="ada@example.com", anonymous="kiosk")
    shop.settle()
    visit(shop, 1, "kiosk", first=2)
    shop.settle()
    shop.post_form(email="bob@example.com", anonymous="kiosk")
    shop.settle()
    visit(shop, 4, "kiosk", first=3)
    shop.settle()
    shop.post_form(email="ada@example.com", anonymous="kiosk", nonce="again")
    visit(shop, 8, "kiosk", first=7)
    shop.settle()
    ada, bob = contact(shop, EMAIL, "ada@example.com"), contact(shop, EMAIL, "bob@example.com")
    assert ada.id != bob.id
    assert (pages(ada), pages(bob)) == (2 + 1 + 8, 4)


def test_a_late_identify_moves_what_was_done_since_then_to_whom_it_names(shop: Cloud) -> None:
    before = shop.clock.now
    shop.post_form(email="ada@example.com", anonymous="kiosk")
    shop.clock.now += 60_000
    visit(shop, 3, "kiosk")
    shop.settle()
    assert pages(contact(shop, EMAIL, "ada@example.com")) == 3
    # Bob's phone was offline: he had identified half a minute after Ada.
    traits = {"email": "bob@example.com"}
    shop.call("identify", messageId="late", anonymousId="kiosk", traits=traits, timestamp=before + 30_000)
    shop.settle()
    shop.sweep()
    shop.settle()
    assert pages(contact(shop, EMAIL, "bob@example.com")) == 3
    assert pages(contact(shop, EMAIL, "ada@example.com")) == 0


def test_a_new_counter_is_made_from_the_events_there_are(shop: Cloud) -> None:
    shop.call("track", messageId="o1", anonymousId="browser", event="Order Completed")
    visit(shop, 2)
    shop.settle()
    shop.publish(release(more=[{"id": "ordered", "when": {"event": "Order Completed"}, "points": 60}]))
    visit(shop, 1, first=2)
    shop.settle()
    assert pages(contact(shop)) == 4
    assert contact(shop).state.release == 2


def test_a_worker_with_an_older_release_does_not_write_over_a_newer_one(
    shop: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.call("track", messageId="o1", anonymousId="browser", event="Order Completed")
    shop.settle()
    older = releases.live()
    shop.publish(release(more=[{"id": "ordered", "when": {"event": "Order Completed"}, "points": 60}]))
    visit(shop, 1)
    shop.settle()
    spec = contact(shop).state.spec
    current, asked = releases.live_and, []

    def stale(keys: Iterable[dynamodb.Key]) -> tuple[releases.Live, dict[dynamodb.Key, dynamodb.Item]]:
        asked.append(None)
        return older, current(keys)[1]

    monkeypatch.setattr(releases, "live_and", stale)
    visit(shop, 1, first=1)
    shop.settle()
    assert len(asked) == 1
    assert (contact(shop).state.spec, contact(shop).state.release, pages(contact(shop))) == (spec, 2, 3)


def test_a_record_that_nobody_can_read_is_set_aside_and_the_others_go_on(shop: Cloud) -> None:
    poison = {"pk": "a#poison", "sk": "0000000000000#x", "v": 1}
    dynamodb.put(f"{shop.name}-events", poison)
    visit(shop, 2)
    shop.settle()
    assert pages(contact(shop)) == 2
    (kept,) = shop.aside
    assert kept["function"] == "score"
    assert kept["record"]["dynamodb"]["Keys"]["pk"]["S"] == "a#poison"
    json.dumps(kept["record"])


def test_events_of_a_person_who_was_erased_meanwhile_are_dropped(shop: Cloud) -> None:
    shop.post_form(email="ada@example.com", anonymous="browser")
    (record,) = list(shop.items("events"))
    tombstone = {"pk": f"I#{record['pk']}", "sk": "I", "contact": "", "forgotten": True, "v": 1}
    dynamodb.put(f"{shop.name}-contacts", tombstone)
    shop.settle()
    assert not [item for item in shop.items() if item["pk"].startswith("C#")]
    assert shop.failures == []


def test_what_a_person_who_was_erased_meanwhile_saw_of_tests_is_not_noted(
    shop: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[str] = []
    monkeypatch.setattr("functions.score.handler.expose", lambda event, _: noted.append(event.source))
    monkeypatch.setattr("functions.releases.tests_of", lambda _: {"spring": Test("spring", ("a", "b"))})
    shop.post_form(email="ada@example.com", anonymous="browser")
    (record,) = list(shop.items("events"))
    tombstone = {"pk": f"I#{record['pk']}", "sk": "I", "contact": "", "forgotten": True, "v": 1}
    dynamodb.put(f"{shop.name}-contacts", tombstone)
    shop.settle()
    assert noted == []
    shop.post_form(email="bob@example.com", anonymous="other")
    shop.settle()
    assert len(noted) == 1
    assert noted[0] != record["pk"]


def test_the_outbox_stands_in_exactly_those_writes_that_made_decisions(shop: Cloud) -> None:
    handed_on = []
    for number in range(5):
        visit(shop, 1, first=number)
        shop.settle()
        (state,) = [item for item in shop.items() if item["sk"] == "S"]
        handed_on.append((state.get("o", 0), [row["name"] for row in state.get("out", [])]))
    assert handed_on == [(1, ["temperature"]), (0, []), (2, ["temperature", "keen"]), (0, []), (0, [])]
    assert [(one.name, one.before, one.after) for one in decided(shop)] == [
        ("temperature", "cold", "warm"),
        ("temperature", "warm", "hot"),
        ("keen", "out", "in"),
    ]


def test_the_due_moment_moves_earlier_at_once_and_later_only_when_it_is_reached(shop: Cloud) -> None:
    dues = []
    for number in range(6):
        visit(shop, 1, first=number)
        shop.settle()
        dues.append(contact(shop).state.due)
        shop.clock.now += DAY_MS // 2
    assert dues[0] is not None
    assert all(later <= earlier for earlier, later in itertools.pairwise(dues))
    shop.skip(days=40)
    assert contact(shop).state.due != dues[-1]


def test_temperature_cools_by_time_alone_and_says_so_once(shop: Cloud) -> None:
    visit(shop, 3)
    shop.settle()
    assert contact(shop).state.standing.temperature == "hot"
    shop.skip(days=60)
    assert contact(shop).state.standing.temperature == "cold"
    assert contact(shop).state.due is None
    cooled = [decision for decision in decided(shop) if decision.cause == "time" and decision.kind == "temperature"]
    assert [(one.before, one.after) for one in cooled] == [("hot", "warm"), ("warm", "cold")]
    zone = "Europe/Istanbul"
    first = local_day(decided(shop)[0].at, zone)
    # Sixty points halve in fourteen days: below forty after nine, below twelve after thirty-three.
    assert [local_day(one.at, zone) - first for one in cooled] == [9, 33]
    assert [one.after for one in decided(shop) if one.name == "keen"] == ["in", "out"]


def test_a_whole_batch_costs_one_write_for_each_contact(shop: Cloud) -> None:
    for browser in ("one", "two"):
        visit(shop, 1, browser)
    shop.settle()
    for browser in ("one", "two"):
        visit(shop, 20, browser, first=1)
    before = shop.wire.counts["score"]
    shop.settle()
    # The pointer with the owners, each contact by a query, and one write each.
    assert shop.wire.counts["score"] - before == 5
