"""Browsers that want notifications, or no more."""

import html
import json
from typing import Any

import pytest

from functions import clock, releases
from functions.aws.attributes import to_item
from functions.core.consent import allowed
from functions.core.contact import Moment, Profile, Rank, State
from functions.core.identity import ANONYMOUS, EMAIL, PUSH, hash_of, own_ref
from functions.core.keys import public_key
from functions.core.release import Release
from functions.publish import keyring
from functions.releases import Keyring
from functions.score.resolve import Resolver, identities_of
from functions.tables import addresses, contacts, identities, subscriptions
from functions.texts import catalogue
from functions.tokens import Proof, sign_proof
from tests.handlers import http_client
from tests.handlers.conftest import PEPPER, SIGNING, WRITE_KEY, Stack
from tests.unit.core.test_push import GOOD

NOW = 1_790_000_000_000
BROWSER = "b1a2c3"
RELEASE = {
    "sending": {
        "business": {"name": "Çay </script> & Co", "site": "https://tea.example"},
        "from": {"name": "Tea", "email": "hello@tea.example"},
        "topics": [{"id": "tips", "title": "Tips"}, {"id": "offers", "title": "Offers"}],
        "push": {"topics": ["tips"], "wording": "Evet, bildirim gönderin."},
    }
}


@pytest.fixture
def shop(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Stack:
    stack.publish(Release.model_validate(RELEASE))
    monkeypatch.setattr(clock, "now_ms", lambda: NOW)
    return stack


def post(action: str = "subscribe", **more: Any) -> http_client.Reply:
    body = {"writeKey": WRITE_KEY, "subscription": GOOD, "anonymousId": BROWSER, "agreed": True, **more}
    return http_client.send("POST", f"/v1/push/{action}", json.dumps(body).encode(), {"content-type": "text/plain"})


def address(shop: Stack) -> str:
    return hash_of(shop.ref(PUSH, str(GOOD["endpoint"])))


def test_a_click_on_the_button_is_consent_with_the_wording_that_was_shown(shop: Stack) -> None:
    assert post(page="https://tea.example/çay").status == 200
    head = addresses.head(address(shop))
    assert allowed(head, "tips")
    assert not allowed(head, "offers")
    (entry,) = addresses.entries(address(shop))
    assert (entry.changes[0].wording, entry.source, entry.page) == (
        "Evet, bildirim gönderin.",
        "push",
        "https://tea.example/çay",
    )
    (event,) = shop.events()
    assert (event.name, event.source) == ("Push Subscribed", shop.ref(ANONYMOUS, BROWSER))
    assert event.identities == (shop.ref(PUSH, str(GOOD["endpoint"])),)
    kept = subscriptions.read([address(shop)])[address(shop)]
    assert (kept.endpoint, kept.browser, kept.proved) == (GOOD["endpoint"], event.source, "")


def publish(shop: Stack, **push: Any) -> None:
    sending = RELEASE["sending"] | {"push": {"topics": ["tips"], **push}}
    shop.publish(Release.model_validate({"sending": sending}))


def page(query: str = "", **headers: str) -> str:
    names = {"accept": "text/html", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return http_client.send("GET", "/push", headers=names, query=query).text


@pytest.mark.parametrize(("accepts", "language"), [("tr-TR,tr;q=0.9", "tr"), ("pl", "pl"), ("fr", "en"), ("", "en")])
def test_the_page_and_what_is_kept_of_it_speak_the_visitor_s_language(accepts: str, language: str, shop: Stack) -> None:
    publish(shop)
    shown, words = page(accept_language=accepts), catalogue.texts(language)
    assert f'<html lang="{language}"' in shown
    for key in ("push-button", "push-wording", "push-stop", "push-denied"):
        assert html.escape(words[key]) in shown
    assert post(language=language).status == 200
    (entry,) = addresses.entries(address(shop))
    assert (entry.changes[0].wording, entry.language) == (words["push-wording"], language)


def test_whoever_comes_from_their_own_mailbox_reads_the_language_they_told(shop: Stack) -> None:
    publish(shop)
    traits = {"language": (Rank(False, Moment(1, 1)), "ru")}
    contacts.save_profile(Profile("c1", 0, traits))
    contacts.save_state(State("c1"), [])
    proof = sign_proof(SIGNING, Proof("c1", hash_of(shop.ref(EMAIL, "ada@tea.example")), NOW))
    assert '<html lang="ru"' in page(f"sv={proof}", accept_language="tr")
    assert '<html lang="tr"' in page("sv=forged", accept_language="tr")


def test_words_of_the_business_s_own_are_asked_in_the_languages_they_are_written_in(shop: Stack) -> None:
    publish(shop, wording={"tr": "Evet, haber verin.", "en": "Yes, tell me."}, button="Tell me")
    assert '<html lang="en"' in page(accept_language="tr")
    publish(shop, wording={"tr": "Evet, haber verin.", "en": "Yes, tell me."})
    assert "Evet, haber verin." in page(accept_language="tr")
    assert "Yes, tell me." in page(accept_language="pl")
    assert post(language="tr-TR").status == 200
    (entry,) = addresses.entries(address(shop))
    assert (entry.changes[0].wording, entry.language) == ("Evet, haber verin.", "tr")


@pytest.mark.parametrize("language", [7, None, ["tr"], "x" * 5000, "\u202e"])
def test_any_other_language_is_the_business_s(language: Any, shop: Stack) -> None:
    publish(shop)
    assert post(language=language).status == 200
    (entry,) = addresses.entries(address(shop))
    assert (entry.changes[0].wording, entry.language) == (catalogue.texts("en")["push-wording"], "en")


def test_asking_twice_is_asking_once(shop: Stack) -> None:
    post()
    post()
    assert len(shop.events()) == 1
    assert len(list(addresses.entries(address(shop)))) == 1


def test_a_page_that_is_merely_opened_agrees_to_nothing(shop: Stack) -> None:
    post(agreed=False)
    assert addresses.head(address(shop)).version == 0
    post(agreed=False)
    assert len(shop.events()) == 1


def test_opening_a_page_again_does_not_take_back_a_withdrawal(shop: Stack) -> None:
    post()
    post("unsubscribe")
    post(agreed=False)
    assert not allowed(addresses.head(address(shop)), "tips")


def test_whoever_comes_from_their_own_mailbox_is_proved(shop: Stack) -> None:
    post(agreed=False)
    token = sign_proof(SIGNING, Proof("ada", "hash", NOW))
    post(agreed=False, proof=token)
    assert subscriptions.read([address(shop)])[address(shop)].proved == "ada"
    assert {event.source for event in shop.events()} == {shop.ref(ANONYMOUS, BROWSER), own_ref("ada")}


@pytest.mark.parametrize("proof", ["forged", 5, {"a": 1}, ""])
def test_a_forged_proof_proves_nothing(proof: Any, shop: Stack) -> None:
    assert post(proof=proof).status == 200
    assert subscriptions.read([address(shop)])[address(shop)].proved == ""


def test_the_end_of_a_subscription_withdraws_and_forgets_it(shop: Stack) -> None:
    post()
    assert post("unsubscribe").status == 200
    assert not allowed(addresses.head(address(shop)), "tips")
    assert subscriptions.read([address(shop)]) == {}
    assert {event.name for event in shop.events()} == {"Push Subscribed", "Push Unsubscribed"}


def test_ending_beginning_and_ending_again_ends_it(shop: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    post()
    for later, action in enumerate(("unsubscribe", "subscribe", "unsubscribe"), 1):
        monkeypatch.setattr(clock, "now_ms", lambda at=NOW + later: at)
        post(action)
        assert allowed(addresses.head(address(shop)), "tips") == (action == "subscribe")


def test_an_end_that_nobody_began_is_kept_all_the_same(shop: Stack) -> None:
    assert post("unsubscribe", anonymousId=None).status == 200
    assert addresses.head(address(shop)).withdrawn == {"*": NOW}


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"writeKey": "wk_other"}, 401, "unknown-write-key"),
        ({"subscription": None}, 400, "invalid-subscription"),
        ({"subscription": {**GOOD, "endpoint": "https://169.254.169.254/"}}, 400, "invalid-subscription"),
        ({"subscription": {**GOOD, "endpoint": "https://[::1]/"}}, 400, "invalid-subscription"),
        ({"subscription": {**GOOD, "endpoint": "https://push.example:22/"}}, 400, "invalid-subscription"),
        ({"subscription": {**GOOD, "endpoint": "https://"}}, 400, "invalid-subscription"),
        ({"anonymousId": "null"}, 400, "no-identity"),
        ({"anonymousId": {"a": []}}, 400, "no-identity"),
    ],
)
def test_what_a_stranger_types_is_refused_with_a_code(more: Any, status: int, code: str, shop: Stack) -> None:
    reply = post(**more)
    assert (reply.status, reply.code) == (status, code)
    assert shop.events() == []


def resolve(*events: Any) -> list[str | None]:
    found = []
    for event in events:
        found.append(Resolver(identities.read(identities_of([event]))).contact_of(event))
    return found


def test_a_subscription_belongs_to_whoever_has_the_browser(shop: Stack) -> None:
    post()
    (event,) = shop.events()
    (visitor,) = resolve(event)
    assert visitor is not None
    ref = shop.ref(PUSH, str(GOOD["endpoint"]))
    assert ref in contacts.surviving(visitor).profile.identities


def test_a_visitor_with_a_subscription_still_becomes_the_person_they_say_they_are(shop: Stack) -> None:
    from dataclasses import replace

    post()
    (event,) = shop.events()
    resolve(event)
    mail = shop.ref(EMAIL, "ada@tea.example")
    identify = replace(event, source=mail, identities=(event.source,), id="i", kind="identify", name="Identified")
    (person,) = resolve(identify)
    assert person is not None
    profile = contacts.surviving(person).profile
    assert {mail, event.source, shop.ref(PUSH, str(GOOD["endpoint"]))} <= set(profile.identities)


def test_the_script_knows_the_deployment_and_can_not_be_broken_out_of(shop: Stack) -> None:
    vapid = keyring.new_vapid(NOW)
    row = keyring.to_row(Keyring(PEPPER, SIGNING, (public_key("tests", WRITE_KEY, at=0),), vapid=(vapid,)), 0)
    shop.dynamodb().put_item(TableName=shop.environment["CONTACTS_TABLE"], Item=to_item(row))
    releases.forget()
    script = http_client.send("GET", "/push.js")
    assert vapid.public in script.text
    assert WRITE_KEY in script.text
    assert "</script>" not in script.text
    assert vapid.private.decode().splitlines()[1] not in script.text
    page = http_client.send("GET", "/push")
    assert page.status == 200
    assert "Evet, bildirim gönderin." in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]


def test_a_deployment_of_before_gets_its_key_for_push_services_once(shop: Stack) -> None:
    assert not keyring.ensure()
    releases.forget()
    (made,) = releases.keyring().vapid
    keyring.ensure()
    releases.forget()
    assert releases.keyring().vapid == (made,)


def test_a_webhooks_secret_is_replaced_while_both_sign(shop: Stack) -> None:
    first = keyring.make_secret("crm", replace=False)
    with pytest.raises(keyring.NameTaken):
        keyring.make_secret("crm", replace=False)
    second = keyring.make_secret("crm", replace=True)
    releases.forget()
    assert releases.keyring().webhooks == {"crm": (second, first)}
    assert keyring.retire("crm") == 1
    releases.forget()
    assert releases.keyring().webhooks == {"crm": (second,)}
    with pytest.raises(keyring.NoSuchKey, match="crm"):
        keyring.retire("other")
