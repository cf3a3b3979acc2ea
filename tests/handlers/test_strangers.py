"""What a stranger who holds the public write key can't do to anybody else, nor to the stream they share."""

import json
from collections.abc import Iterator

import pytest

from functions.aside import LONGEST, set_aside
from functions.core import facts
from functions.core.event import FORM, FORM_SUBMITTED, Event
from functions.core.identity import ANONYMOUS, EMAIL, PHONE, USER, identity_ref
from functions.score import apply, resolve
from functions.score import merge as merging
from functions.score.merge import merge
from functions.tables import contacts, events, identities
from local.emulator import EmulatorProcess
from tests.cloud import Cloud
from tests.cloud.cloud import PEPPER
from tests.handlers.test_score import DAY_MS, contact, pages, release, visit

ADA = "ada@example.com"


@pytest.fixture
def shop(emulator: EmulatorProcess) -> Iterator[Cloud]:
    with Cloud(emulator, release()) as cloud:
        yield cloud


def test_mail_to_a_person_is_not_led_to_an_address_that_somebody_claims_for_her(shop: Cloud) -> None:
    shop.post_form(email=ADA, anonymous="laptop")
    shop.settle()
    # Anyone may type her address, and so give her contact a user id that only he knows …
    shop.call("identify", messageId="1", userId="mallory", traits={"email": ADA})
    shop.settle()
    assert shop.owner(USER, "mallory") == shop.owner(EMAIL, ADA)
    # … but not lead her mail, and with it her name, to an address of his, be it new or known.
    shop.post_form(email="known@mallory.example", anonymous="his")
    shop.settle()
    for number, address in enumerate(("known@mallory.example", "new@mallory.example")):
        shop.call("identify", messageId=f"2-{number}", userId="mallory", traits={"email": address, "city": "Rize"})
        shop.settle()
    found = contact(shop, EMAIL, ADA)
    assert (found.profile.email, found.profile.trait("city")) == (ADA, "Rize")
    assert shop.owner(EMAIL, "known@mallory.example") != found.id
    shop.post_form(email="new@mallory.example", anonymous="his")
    shop.settle()
    assert contact(shop, EMAIL, ADA).profile.email == ADA


@pytest.mark.parametrize("vouched", [True, False])
def test_whoever_proves_a_mailbox_proves_nothing_about_the_phone_typed_beside_it(shop: Cloud, vouched: bool) -> None:
    hers = {"email": ADA, "phone": "+905321234567"}
    if vouched:
        shop.put_on_bus("Order Completed", id="o1", email=ADA, traits=hers)
    else:
        shop.call("identify", messageId="i", anonymousId="laptop", traits=hers)
    shop.post_form(email="mallory@example.com")
    shop.settle()
    mailbox, phone = (identity_ref(*one, PEPPER) for one in ((EMAIL, "mallory@example.com"), (PHONE, hers["phone"])))
    assert mailbox
    assert phone
    now = shop.clock.now
    said = Event(mailbox, "f", now, now, now, FORM, FORM_SUBMITTED, {"form": "hello"}, identities=(phone,), proved=True)
    events.insert([said])
    shop.settle()
    assert shop.owner(PHONE, hers["phone"]) == shop.owner(EMAIL, ADA) != shop.owner(EMAIL, "mallory@example.com")


def test_an_address_in_another_spelling_is_still_her_own(shop: Cloud) -> None:
    for number, spelling in enumerate((ADA, "Ada@Example.com")):
        shop.clock.now += 1000
        shop.call("identify", messageId=str(number), userId="ada", traits={"email": spelling})
    shop.settle()
    assert contact(shop, USER, "ada").profile.email == "Ada@Example.com"


def test_a_browser_with_more_identities_than_one_transaction_holds_stays_apart(shop: Cloud) -> None:
    shop.post_form(email=ADA, anonymous="laptop")
    visit(shop, 1, "flood")
    shop.settle()
    for number in range(merging.MOVED_AT_ONCE + 10):
        identities.claim(f"a#previous-{number}", shop.owner(ANONYMOUS, "flood"))
    shop.call("identify", messageId="i", anonymousId="flood", traits={"email": ADA})
    visit(shop, 1, "somebody")
    shop.settle()
    assert shop.owner(ANONYMOUS, "flood") != shop.owner(EMAIL, ADA)
    assert pages(contact(shop, ANONYMOUS, "somebody")) == 1
    assert (shop.failures, shop.aside) == ([], [])


def test_a_contact_takes_in_only_so_many_browsers(shop: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "IDENTITIES_KEPT", 8)
    for number in range(6):
        visit(shop, 1, f"browser-{number}")
        shop.settle()
        shop.call("identify", messageId=f"i{number}", anonymousId=f"browser-{number}", traits={"email": ADA})
        shop.settle()
    assert len(contact(shop, EMAIL, ADA).profile.identities) <= 8
    assert shop.aside == []


def test_a_contact_takes_in_only_so_many_browsers_of_others(shop: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "IDENTITIES_KEPT", 8)
    for number in range(12):
        for who in (f"somebody-{number}@example.com", ADA):
            shop.clock.now += 1000
            shop.call("identify", messageId=f"{who}{number}", anonymousId=f"browser-{number}", traits={"email": who})
        shop.settle()
    assert len(contact(shop, EMAIL, ADA).profile.identities) <= 8
    assert (shop.failures, shop.aside) == ([], [])


def test_a_record_whose_contact_can_not_be_found_out_holds_up_nobody(
    shop: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.post_form(email=ADA, anonymous="laptop")
    visit(shop, 1, "phone")
    shop.settle()

    def refused(*_: object) -> None:
        raise ValueError("never")

    monkeypatch.setattr(resolve, "merge", refused)
    shop.call("identify", messageId="i", anonymousId="phone", traits={"email": ADA})
    visit(shop, 1, "somebody")
    shop.settle()
    assert pages(contact(shop, ANONYMOUS, "somebody")) == 1
    assert [kept["error"] for kept in shop.aside] == ["ValueError"]


def test_a_clock_that_is_centuries_ahead_does_not_hide_events_from_a_recount(shop: Cloud) -> None:
    # Microseconds where milliseconds belong.
    shop.call("track", messageId="m", anonymousId="browser", event="Page Viewed", timestamp=1_795_500_000_000_000)
    shop.settle()
    visit(shop, 2)
    shop.settle()
    shop.events.rewind()
    shop.settle()
    assert pages(contact(shop)) == 3


def test_doubt_about_many_days_costs_no_query_for_each_of_them(shop: Cloud) -> None:
    for number in range(apply.RECOUNTS_AT_MOST + 10):
        moment = shop.clock.now - number * DAY_MS
        shop.call("track", messageId=f"m{number}", anonymousId="browser", event="Page Viewed", timestamp=moment)
    shop.settle()
    found, before = contact(shop), shop.wire.counts["score"]
    shop.events.rewind()
    shop.settle()
    assert shop.wire.counts["score"] - before < 10
    assert contact(shop).state.facts == found.state.facts


def test_traits_never_fill_the_row_of_somebody_else(shop: Cloud) -> None:
    for number in range(facts.TRAITS_KEPT // 2):
        longest = f"{number:x<{facts.TRAIT_NAME_BYTES}}"
        traits = {longest: "\x01" * 300, f"{number}{'y' * 14_000}": "v", f"long-{number}": "ç" * 1001}
        shop.call("identify", messageId=f"i{number}", traits={"email": ADA, **traits})
    shop.post_form(email=ADA, anonymous="laptop")
    shop.settle()
    found = contact(shop, EMAIL, ADA)
    assert found.state.facts.consents["tips"].granted
    assert len(found.profile.traits) == facts.TRAITS_KEPT // 2 + 1
    assert shop.aside == []
    most = facts.TRAITS_KEPT * (facts.TRAIT_BYTES + facts.TRAIT_NAME_BYTES + 60) + merging.IDENTITIES_KEPT * 30
    assert most < 400_000


def test_a_flooded_browser_does_not_keep_its_person_from_being_counted_anew(
    shop: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.call("identify", messageId="i", anonymousId="laptop", traits={"email": ADA, "city": "Rize"})
    shop.settle()
    visit(shop, 60, "flood")
    shop.settle()
    monkeypatch.setattr(events, "READ_AT_MOST", 10_000)
    shop.call("identify", messageId="i2", anonymousId="flood", traits={"email": ADA})
    shop.settle()
    assert pages(contact(shop, EMAIL, ADA)) == 60
    apply.refold(contact(shop, EMAIL, ADA).id, shop.clock.now)
    found = contact(shop, EMAIL, ADA)
    assert found.id == shop.owner(ANONYMOUS, "flood")
    assert 0 < pages(found) < 60
    assert found.profile.trait("city") == "Rize"


def test_a_claim_for_a_contact_that_was_merged_meanwhile_goes_to_its_survivor(shop: Cloud) -> None:
    visit(shop, 1, "phone")
    shop.post_form(email=ADA, anonymous="laptop")
    shop.settle()
    phone, ada = shop.owner(ANONYMOUS, "phone"), shop.owner(EMAIL, ADA)
    merge(phone, ada)
    # Whoever read the owner a moment before the merge.
    late = contacts.load([ada])[ada].profile.identities[0].replace("a#", "a#late").replace("e#", "a#late")
    claimed = identities.claim(late, phone)
    assert claimed is not None
    assert claimed.contact == ada
    assert late in contacts.load([ada])[ada].profile.identities
    assert late not in contacts.load([phone])[phone].profile.identities


def test_whoever_takes_in_a_contact_without_its_facts_knows_of_its_shared_browsers(shop: Cloud) -> None:
    for number, who in enumerate(("bob@example.com", "carol@example.com")):
        shop.clock.now += 1000
        shop.call("identify", messageId=f"i{number}", anonymousId="tablet", traits={"email": who})
        shop.settle()
    shop.post_form(email=ADA)
    shop.settle()
    bob, ada = shop.owner(EMAIL, "bob@example.com"), shop.owner(EMAIL, ADA)
    shared = contacts.load([bob])[bob].state.shared
    assert shared
    merge(bob, ada)
    # A worker that still reads the browser's row as it was must learn that a part of it is another's.
    assert contacts.load([ada])[ada].state.shared == shared


def test_what_is_set_aside_is_never_refused_by_the_queue(shop: Cloud) -> None:
    for record in ({"text": "\uffff \ud800 çay"}, {"text": "ç" * LONGEST}):
        set_aside("score", record, ValueError("poison"))
    whole, cut = (json.dumps(kept) for kept in shop.aside)
    assert json.loads(whole)["record"] == {"text": "\uffff \ud800 çay"}
    assert whole.isascii()
    assert len(cut) <= LONGEST
    assert json.loads(cut)["cut"].startswith('{"text": ')
