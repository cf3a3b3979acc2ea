"""What the staff changes about one person in the console: who may, what follows, what is noted, and that it is text."""

import json
import re
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from functions.console import people as page_of_people
from functions.console import routes, wording
from functions.core.consent import Change, Entry, Head, suppression
from functions.core.identity import EMAIL, hash_of, identity_ref
from functions.core.roles import RIGHTS, Right, Role
from functions.tables import addresses, audit, contacts
from local.emulator import EmulatorProcess
from tests.cloud import Cloud
from tests.cloud.cloud import PEPPER
from tests.cloud.traces import search
from tests.crash.scenarios import sign_up
from tests.handlers.test_console import ADA, FORM, HTML, JSON, get, post, signed_in, token_of

NASTY = '<script>alert("1")</script>\'{{ 7*7 }} İı 😀'


@pytest.fixture
def shop(emulator: EmulatorProcess) -> Iterator[Cloud]:
    """A shop where Ada signed up."""
    with Cloud(emulator) as cloud:
        sign_up(cloud)
        cloud.skip(days=1)
        yield cloud


def ada(shop: Cloud) -> str:
    return shop.contact(ADA)


def change(shop: Cloud, what: str, role: Role = Role.SALES, contact: str = "", **typed: str) -> dict[str, Any]:
    cookie = signed_in(role)
    token = token_of(shop, cookie)
    reply = post(shop, f"/console/people/{contact or ada(shop)}/{what}", cookie, _token=token, **typed)
    shop.settle()
    return reply


def page(shop: Cloud, role: Role = Role.OWNER, contact: str = "") -> str:
    return str(get(shop, f"/console/people/{contact or ada(shop)}", signed_in(role))["body"])


def known(shop: Cloud, contact: str = "") -> dict[str, Any]:
    reply = get(shop, f"/console/people/{contact or ada(shop)}", signed_in(Role.OWNER), JSON)
    return dict(json.loads(reply["body"])["person"])


def kinds(shop: Cloud) -> list[tuple[str, str]]:
    return [(one.kind, one.by) for one in audit.all_notes()]


CHANGES = [route for route in routes.ROUTES if route.method == "POST" and route.parts[0] == "people"]


@pytest.mark.parametrize("route", CHANGES, ids=lambda route: route.parts[-1])
def test_nobody_changes_anything_without_the_right_a_session_and_the_page_s_token(
    shop: Cloud, route: routes.Route
) -> None:
    path = f"/console/people/{ada(shop)}/{route.parts[-1]}"
    before = (shop.items("contacts"), len(shop.items("events")))
    told = {"tag": "vip", "name": "house", "value": "cafe", "do": "stop", "other": ada(shop), "typed": ADA}
    for role in Role:
        cookie = signed_in(role)
        assert post(shop, path, cookie, **told)["statusCode"] == 403
        assert post(shop, path, cookie, _token="0" * 64, **told)["statusCode"] == 403
        if route.right not in RIGHTS[role]:
            reply = post(shop, path, cookie, _token=token_of(shop, cookie), **told)
            assert reply["statusCode"] == 403
            assert "Your role does not allow this" in reply["body"]
    assert shop.http("POST", path, urlencode(told), headers={**HTML, **FORM}, room="console")["statusCode"] == 302
    shop.settle()
    after = (shop.items("contacts"), len(shop.items("events")))
    assert [row for row in after[0] if not row["pk"].startswith(("U#", "X#costs"))] == [
        row for row in before[0] if not row["pk"].startswith(("U#", "X#costs"))
    ]
    assert before[1] == after[1]


def test_the_page_offers_only_what_a_role_may_do(shop: Cloud) -> None:
    sales, owner = page(shop, Role.SALES), page(shop, Role.OWNER)
    assert "Change something" in sales
    assert "Erase this person" not in sales
    assert "Erase this person" in owner


def test_a_tag_goes_on_and_off_by_events_that_say_who_did_it(shop: Cloud) -> None:
    reply = change(shop, "tag", tag="Green Tea / VIP")
    assert reply["headers"]["location"].endswith("?noted=tag")
    assert "green-tea-vip" in known(shop)["tags"]
    assert "tag green-tea-vip (by hand)" in page(shop)
    (why,) = [one for one in known(shop)["why"]["tags"] if one["tag"] == "green-tea-vip"]
    assert why["by"] == "somebody of the staff, by hand"
    change(shop, "tag", tag="green-tea-vip", off="1")
    assert "green-tea-vip" not in known(shop)["tags"]
    assert kinds(shop) == [("tag", "sales@tea.example")] * 2


@pytest.mark.parametrize(
    ("name", "typed", "kind", "stands"),
    [
        ("house", "cafe", "text", "cafe"),
        ("rooms", "12", "number", 12),
        ("rooms", "1,5", "number", 1.5),
        ("regular", "x", "yes", True),
        ("note", NASTY, "text", NASTY),
        ("firstName", "Ayşe", "text", None),
    ],
)
def test_a_trait_is_set_as_what_it_is_and_taken_away_again(
    shop: Cloud, name: str, typed: str, kind: str, stands: Any
) -> None:
    assert change(shop, "trait", name=name, value=typed, kind=kind)["statusCode"] == 303
    traits = known(shop)["traits"]
    assert traits.get(name) == stands
    if name == "firstName":
        assert traits["first_name"] == "Ayşe"
        assert "<h1>Ayşe</h1>" in page(shop)
    assert "<script>alert" not in page(shop)
    change(shop, "trait", name=name, off="1")
    assert known(shop)["traits"].get(name) is None


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ({"name": "", "value": "x"}, "bad-trait"),
        ({"name": "a" * 101, "value": "x"}, "bad-trait"),
        ({"name": "a\u202eb", "value": "x"}, "bad-trait"),
        ({"name": "a", "value": "x" * 2001}, "bad-trait"),
        ({"name": "rooms", "value": "many", "kind": "number"}, "bad-trait"),
        ({"name": "rooms", "value": "nan", "kind": "number"}, "bad-trait"),
        ({"name": "email", "value": "evil@example.com"}, "trait-identifies"),
        ({"name": "phone", "value": "+905320000000"}, "trait-identifies"),
    ],
)
def test_what_is_no_trait_is_refused_with_words(shop: Cloud, typed: dict[str, str], code: str) -> None:
    reply = change(shop, "trait", Role.SALES, "", **typed)
    assert reply["statusCode"] == 422
    assert wording.words()(code) in unescape(reply["body"])
    assert kinds(shop) == []


@pytest.mark.parametrize("tag", ["", "  ", "///"])
def test_what_is_no_tag_is_refused(shop: Cloud, tag: str) -> None:
    assert change(shop, "tag", tag=tag)["statusCode"] == 422


def head(email: str = ADA) -> Head:
    ref = identity_ref(EMAIL, email, PEPPER)
    assert ref is not None
    return addresses.head(hash_of(ref))


def test_messages_are_stopped_and_let_go_again_and_a_withdrawal_wins(shop: Cloud) -> None:
    before = head()
    change(shop, "mail", do="stop")
    assert suppression(head()) == "by-hand"
    assert "Somebody of the staff stopped all messages" in page(shop)
    mails = len(shop.mails)
    shop.call("track", userId="nobody", event="x", messageId="x")
    shop.skip(days=4)
    assert len(shop.mails) == mails
    withheld = [one for one in known(shop)["messages"] if one["reason"] == "suppressed-by-hand"]
    assert withheld
    assert withheld[0]["why"] in page(shop)
    change(shop, "mail", do="allow")
    assert suppression(head()) is None
    assert head().granted == before.granted
    change(shop, "mail", do="stop")
    assert suppression(head()) == "by-hand"
    ref = identity_ref(EMAIL, ADA, PEPPER)
    assert ref is not None
    now = shop.clock.now
    addresses.append(hash_of(ref), Entry("w", now, now, "unsubscribe-link", (Change("withdrawal", "*"),)))
    change(shop, "mail", do="allow")
    assert not any(topic["agreed"] for topic in known(shop)["topics"]["topics"].values())
    assert [kind for kind, _ in kinds(shop)] == ["stop-mail", "allow-mail", "stop-mail", "allow-mail"]


def test_a_bounce_is_never_lifted_by_hand(shop: Cloud) -> None:
    ref = identity_ref(EMAIL, ADA, PEPPER)
    assert ref is not None
    addresses.append(hash_of(ref), Entry("b", 1, 1, "ses", (Change("suppression", "bounce"),)))
    change(shop, "mail", do="stop")
    change(shop, "mail", do="allow")
    assert suppression(head()) == "bounce"
    assert change(shop, "mail", do="perhaps")["statusCode"] == 422


def test_a_program_is_told_in_json(shop: Cloud) -> None:
    cookie = signed_in(Role.SALES)
    headers = {**JSON, **FORM, **cookie, "x-samovar-token": token_of(shop, cookie)}
    path = f"/console/people/{ada(shop)}/tag"
    reply = shop.http("POST", path, urlencode({"tag": "vip"}), headers=headers, room="console")
    assert json.loads(reply["body"]) == {"contact": ada(shop), "noted": "tag", "tag": "vip", "off": False}


def test_everything_that_is_kept_is_given_as_a_file_and_noted(shop: Cloud) -> None:
    reply = change(shop, "export", Role.OWNER)
    assert reply["headers"]["content-disposition"].startswith('attachment; filename="person-')
    found = json.loads(reply["body"])
    assert found["email"] == ADA
    assert found["consent"]
    assert kinds(shop) == [("export", "owner@tea.example")]


def test_nobody_is_erased_whose_address_was_not_typed(shop: Cloud) -> None:
    shop.post_form(email="bob@example.com")
    shop.settle()
    asked = get(shop, f"/console/people/{ada(shop)}/forget", signed_in(Role.OWNER))["body"]
    assert f"Type the person&#39;s address to go on: {ADA}" in asked
    for wrong in ("", "bob@example.com", ada(shop), NASTY):
        reply = change(shop, "forget", Role.OWNER, typed=wrong)
        assert reply["statusCode"] == 422
        assert "Nothing was erased" in reply["body"]
        assert "<script>alert" not in reply["body"]
    assert kinds(shop) == []
    assert search(shop, ADA)


def test_somebody_whose_address_was_typed_is_erased_everywhere_and_the_page_says_how_far_it_is(shop: Cloud) -> None:
    cookie = signed_in(Role.OWNER)
    contact = ada(shop)
    token = token_of(shop, cookie)
    reply = post(shop, f"/console/people/{contact}/forget", cookie, _token=token, typed="ADA@example.com")
    where = reply["headers"]["location"]
    assert where.startswith("/console/erasures/")
    assert "Step 1 of 11" in get(shop, where, cookie)["body"]
    shop.skip(minutes=10)
    done = get(shop, where, signed_in(Role.OWNER))["body"]
    assert "Everything is gone since" in done
    assert "hx-trigger" not in done
    assert search(shop, ADA) == []
    assert get(shop, f"/console/people/{contact}", signed_in(Role.OWNER))["statusCode"] == 404
    assert ("forget", "owner@tea.example") in kinds(shop)
    assert get(shop, "/console/erasures/nothing", signed_in(Role.OWNER))["statusCode"] == 404


def test_two_are_looked_at_and_made_one(shop: Cloud) -> None:
    shop.post_form(email="ada+tea@example.com")
    shop.settle()
    other = shop.contact("ada+tea@example.com")
    path = f"/console/people/{ada(shop)}/same"
    both = get(shop, f"{path}?with={quote('ada+tea@example.com')}", signed_in(Role.SALES))
    assert both["statusCode"] == 200
    assert "ada+tea@example.com" in both["body"]
    assert "It can&#39;t be taken back" in both["body"]
    reply = change(shop, "same", other=other)
    assert reply["headers"]["location"].endswith("?noted=merged")
    assert contacts.surviving(other).id == ada(shop)
    assert kinds(shop) == [("merge", "sales@tea.example")]
    shop.skip(minutes=2)
    assert "Contacts Merged" in page(shop)
    assert change(shop, "same", other=other)["statusCode"] == 409
    assert change(shop, "same", other="nobody")["statusCode"] == 404
    nobody = get(shop, f"{path}?with={quote(NASTY)}", signed_in(Role.SALES))
    assert nobody["statusCode"] == 404
    assert "<script>alert" not in nobody["body"]


def test_two_with_accounts_of_their_own_are_never_made_one(shop: Cloud) -> None:
    from functions import settings
    from functions.aws import dynamodb

    for id in ("u1", "u2"):
        shop.call("identify", userId=id, messageId=id, traits={"email": f"{id}@example.com"})
        shop.settle()
        row = next(one for one in shop.items("contacts") if one["pk"].startswith("I#u#") and not one.get("proved"))
        dynamodb.update(settings.contacts_table(), (row["pk"], "I"), "SET proved = :yes", values={":yes": True})
    one, other = shop.contact("u1@example.com"), shop.contact("u2@example.com")
    asked = get(shop, f"/console/people/{one}/same?with=u2", signed_in(Role.SALES))["body"]
    assert "Your own systems gave each of them an account" in asked
    assert "Make them one person" not in asked
    assert change(shop, "same", contact=one, other=other)["statusCode"] == 409
    assert contacts.surviving(other).id == other


def test_a_long_history_is_read_page_by_page_and_says_so(shop: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_of_people, "READ", 8)
    monkeypatch.setattr(page_of_people, "EVENTS", 3)
    for number in range(20):
        shop.call("track", userId="bob", event=f"Step {number}", messageId=f"s{number}", anonymousId="b1")
        shop.clock.now += 1000
    shop.call("identify", userId="bob", anonymousId="b1", messageId="i", traits={"email": "bob@example.com"})
    shop.settle()
    contact = shop.contact("bob@example.com")
    first = page(shop, contact=contact)
    assert "the reasons name the newest events only" in first
    everything = [event["ref"] for event in known(shop, contact)["timeline"]]
    following = re.search(r'href="([^"]+/older\?before=[^"]+)"', first)
    while following:
        where = following[1].replace("&amp;", "&")
        said = json.loads(get(shop, where, signed_in(Role.SALES), JSON)["body"])
        everything += [event["ref"] for event in said["timeline"]]
        following = re.search(r'href="([^"]+/older\?before=[^"]+)"', get(shop, where, signed_in(Role.SALES))["body"])
    assert len(everything) == len(set(everything)) == 21
    assert get(shop, f"/console/people/{contact}/older?before=x", signed_in(Role.SALES))["statusCode"] == 400


def test_the_rights_of_pages_about_erasing_are_the_owner_s() -> None:
    assert {route.right for route in routes.ROUTES if route.module == "functions.console.erasing"} == {Right.ERASE}
