"""Links in mails: what looking does, what a POST does, and what a forged token doesn't."""

from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.exceptions import ClientError

from functions import clock, tokens
from functions.core.consent import Change, Entry, allowed
from functions.core.contact import Moment, Profile, Rank
from functions.core.identity import hash_of, own_ref
from functions.http import PIXEL
from functions.tables import addresses, contacts
from functions.texts import catalogue
from functions.tokens import Clicked, Links, Opened, Unsubscribing
from tests.handlers.conftest import PUBLIC_URL, SIGNING, Stack
from tests.handlers.http_client import BROWSER, post, post_form, send

CONTACT, MESSAGE, ADDRESS = "c" * 26, "m" * 26, "a" * 26
SENT = 1_790_000_000_000
LINKS = Links(SIGNING, PUBLIC_URL)
OPEN = LINKS.open_url(Opened(CONTACT, MESSAGE, SENT, "welcome/hello", "first")).removeprefix(PUBLIC_URL)
TARGET = "https://tea.example/brew?a=1&b=ç"
CLICK = LINKS.click_url(Clicked(CONTACT, MESSAGE, SENT, "welcome/hello", "first", TARGET)).removeprefix(PUBLIC_URL)
STOP = LINKS.unsubscribe_url(Unsubscribing(CONTACT, MESSAGE, SENT, "tips", ADDRESS)).removeprefix(PUBLIC_URL)
ONE_CLICK = b"List-Unsubscribe=One-Click"


def throttled(*_: object) -> None:
    raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "BatchExecuteStatement")


def test_an_open_is_one_event_however_often_the_image_is_fetched(stack: Stack) -> None:
    for _ in range(2):
        reply = send("GET", OPEN)
        assert (reply.status, reply.headers["content-type"], reply.body) == (200, "image/gif", PIXEL)
        assert reply.headers["cache-control"] == "no-store"
    event = stack.events()[0]
    assert (event.name, event.source) == ("Email Opened", own_ref(CONTACT))
    assert event.properties == {
        "message": MESSAGE,
        "sent": SENT,
        "journey": "welcome",
        "step": "hello",
        "template": "first",
    }
    assert len({event.id for event in stack.events()}) == 1


@pytest.mark.parametrize("path", ["/o/forged", "/o/" + CLICK[3:], OPEN[:-2], "/o/" + "x" * 9000])
def test_a_forged_pixel_is_an_image_all_the_same_and_no_event(stack: Stack, path: str) -> None:
    reply = send("GET", path)
    assert (reply.status, reply.body) == (200, PIXEL)
    assert stack.events() == []


def test_a_click_is_noted_and_led_on(stack: Stack) -> None:
    reply = send("GET", CLICK, headers=BROWSER)
    assert (reply.status, reply.headers["location"]) == (302, TARGET)
    (event,) = stack.events()
    assert (event.name, event.properties["url"], event.properties["sent"]) == ("Email Link Clicked", TARGET, SENT)


def test_a_click_to_the_business_s_own_site_brings_a_proof_of_whose_mailbox_it_came_from(stack: Stack) -> None:
    own = LINKS.click_url(Clicked(CONTACT, MESSAGE, SENT, "welcome/hello", "first", f"{TARGET}&sv=old#top", ADDRESS))
    location = urlsplit(send("GET", own.removeprefix(PUBLIC_URL), headers=BROWSER).headers["location"])
    assert location.fragment == "top"
    assert location.query.startswith("a=1&b=ç&sv=")
    (token,) = parse_qs(location.query)["sv"]
    assert tokens.read_proof(SIGNING, token, clock.now_ms()).contact == CONTACT
    call = {"anonymousId": "laptop", "messageId": "p1", "event": "Tea Chosen", "context": {"proof": token}}
    assert post("track", call).status == 200
    event = next(event for event in stack.events() if event.name == "Tea Chosen")
    assert (event.source, event.identities) == (own_ref(CONTACT), (stack.ref("a", "laptop"),))
    assert "proof" not in event.context


@pytest.mark.parametrize("age_ms", [tokens.PROOF_MS + 1, None])
def test_an_old_or_forged_proof_proves_nothing_and_loses_nothing(stack: Stack, age_ms: int | None) -> None:
    said = tokens.Proof(CONTACT, ADDRESS, clock.now_ms() - (age_ms or 0))
    token = tokens.sign_proof(SIGNING if age_ms else [b"another deployment's key"], said)
    assert post("page", {"anonymousId": "laptop", "messageId": "p1", "context": {"proof": token}}).status == 200
    (event,) = stack.events()
    assert (event.source, event.identities) == (stack.ref("a", "laptop"), ())


def test_opens_and_clicks_are_held_until_they_are_judged(stack: Stack) -> None:
    for path in (OPEN, CLICK):
        send("GET", path, headers=BROWSER)
    assert [(event.held, event.context["userAgent"]) for event in stack.events()] == [(True, BROWSER["user-agent"])] * 2


def test_head_leads_on_and_is_a_look_and_no_click(stack: Stack) -> None:
    reply = send("HEAD", CLICK)
    assert (reply.status, reply.headers["location"]) == (302, TARGET)
    (look,) = stack.events()
    assert (look.name, look.properties["url"], look.held) == ("Email Link Looked At", TARGET, False)


def test_a_scanner_that_looks_a_moment_before_does_not_stand_in_for_the_click(stack: Stack) -> None:
    for agent in ("", "Mozilla/5.0 Firefox/140"):
        send("GET", CLICK, headers={"user-agent": agent})
    assert len(stack.events()) == 2


@pytest.mark.parametrize(
    "header", [{"sec-purpose": "prefetch;prerender"}, {"purpose": "prefetch"}, {"x-moz": "prefetch"}]
)
def test_what_is_fetched_ahead_says_so(stack: Stack, header: dict[str, str]) -> None:
    send("GET", CLICK, headers=BROWSER | header)
    assert [event.context["automation"] for event in stack.events()] == ["prefetch"]


def test_links_signed_with_an_older_key_hold(stack: Stack) -> None:
    older = Links(SIGNING[1:], PUBLIC_URL)
    path = older.click_url(Clicked(CONTACT, MESSAGE, SENT, "j/s", "t", TARGET)).removeprefix(PUBLIC_URL)
    assert send("GET", path).status == 302


@pytest.mark.parametrize("path", ["/c/forged", "/c/" + OPEN[3:], CLICK[:-1] + "A", "/u/forged", "/u/" + CLICK[3:]])
def test_a_forged_link_is_a_404_page_that_leads_nowhere(stack: Stack, path: str) -> None:
    page = send("GET", path, headers=BROWSER)
    assert page.status == 404
    assert "location" not in page.headers
    assert "text/html" in page.headers["content-type"]
    assert (send("GET", path).status, send("GET", path).code) == (404, "bad-token")
    assert stack.events() == []


def test_a_token_to_anything_but_a_web_page_is_refused(stack: Stack) -> None:
    token = tokens.sign(
        SIGNING, tokens.CLICK, {"c": "c", "m": "m", "s": 1, "k": "", "t": "", "u": "javascript:alert(1)"}
    )
    assert send("GET", f"/c/{token}").status == 404


def test_a_click_that_cannot_be_noted_waits_and_offers_the_way_on(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.tables.events.insert", throttled)
    reply = send("GET", CLICK, headers=BROWSER)
    assert (reply.status, reply.headers["retry-after"]) == (503, "2")
    assert 'href="https://tea.example/brew?a=1&amp;b=ç"' in reply.text
    assert 'http-equiv="refresh"' in reply.text


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_an_unsubscribe_link_changes_nothing(live: Stack, method: str) -> None:
    page = send(method, STOP, headers=BROWSER)
    assert page.status == 200
    assert "Unsubscribe from Brewing tips?" in page.text
    assert '<form method="post">' in page.text
    assert addresses.head(ADDRESS).version == 0
    (look,) = live.events()
    assert look.name == "Email Link Looked At"
    assert look.properties == {"message": MESSAGE, "sent": SENT, "link": "unsubscribe"}


def test_the_unsubscribe_page_opens_where_the_look_can_not_be_noted(
    live: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.tables.events.insert", throttled)
    assert send("GET", STOP, headers=BROWSER).status == 200


def test_the_page_opens_before_anything_is_published(stack: Stack) -> None:
    assert "Unsubscribe from these e-mails?" in send("GET", STOP, headers=BROWSER).text


def test_the_page_speaks_the_person_s_language(live: Stack) -> None:
    assert '<html lang="en"' in send("GET", STOP, headers=BROWSER).text
    contacts.save_profile(Profile(CONTACT, 0, {"language": (Rank(False, Moment(1, 1)), "tr-TR")}))
    page = send("GET", STOP, headers=BROWSER).text
    assert '<html lang="tr-TR"' in page
    assert catalogue.texts("tr")["stop-all"] in page
    assert "“Demleme ipuçları” aboneliğinden çıkılsın mı?" in page
    contacts.save_profile(Profile(CONTACT, 1, {"language": (Rank(False, Moment(2, 1)), "pl")}))
    page = send("GET", STOP, headers=BROWSER).text
    assert "Zrezygnować z „Brewing tips”?" in page, "a title that isn't translated stands as it is"


def test_a_mail_program_s_one_click_unsubscribes(stack: Stack) -> None:
    reply = send("POST", STOP, ONE_CLICK, {"content-type": "application/x-www-form-urlencoded"})
    assert (reply.status, reply.json) == (200, {"success": True})
    assert addresses.head(ADDRESS).withdrawn.keys() == {"tips"}
    (event,) = stack.events()
    assert (event.name, event.source, event.properties["topic"]) == ("Unsubscribed", own_ref(CONTACT), "tips")


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"action=nonsense", b"x" * 100_000])
def test_any_post_to_the_link_unsubscribes(stack: Stack, body: bytes) -> None:
    assert send("POST", STOP, body).status == 200
    assert "tips" in addresses.head(ADDRESS).withdrawn


def test_unsubscribing_twice_is_fine(live: Stack) -> None:
    for _ in range(2):
        assert "You are unsubscribed" in post_form(STOP, {"action": "withdraw"}).text
    assert not allowed(addresses.head(ADDRESS), "tips")


def test_whoever_stops_resumes_and_stops_again_stays_stopped(live: Stack) -> None:
    post_form(STOP, {"action": "withdraw"})
    assert "Welcome back" in post_form(STOP, {"action": "undo"}).text
    assert allowed(addresses.head(ADDRESS), "tips")
    post_form(STOP, {"action": "withdraw"})
    assert not allowed(addresses.head(ADDRESS), "tips")
    assert [event.name for event in live.events()] == ["Unsubscribed", "Resubscribed", "Unsubscribed"]


def test_an_old_withdrawal_is_not_taken_back_by_a_link_that_may_have_been_forwarded(
    live: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    post_form(STOP, {"action": "withdraw"})
    later = clock.now_ms() + 3_600_001
    monkeypatch.setattr(clock, "now_ms", lambda: later)
    refused = post_form(STOP, {"action": "undo"})
    assert refused.status == 410
    assert "sign up again" in refused.text
    assert not allowed(addresses.head(ADDRESS), "tips")
    assert [event.name for event in live.events()] == ["Unsubscribed"]


def test_everything_can_be_stopped_with_one_button(live: Stack) -> None:
    assert "Everything is stopped" in post_form(STOP, {"action": "all"}).text
    assert "*" in addresses.head(ADDRESS).withdrawn
    assert live.events()[0].properties["topic"] == "*"


def test_stopping_everything_stops_it_on_every_channel_and_for_nobody_else(live: Stack) -> None:
    mine = [live.ref("e", "ada@work.example"), live.ref("p", "+905321234567"), live.ref("w", "https://push.example/1")]
    contacts.save_profile(Profile(CONTACT, 0, {}, (*mine, live.ref("a", "browser"))))
    others = live.ref("p", "+905320000000")
    contacts.save_profile(Profile("d" * 26, 0, {}, (others,)))
    hashes = [hash_of(ref) for ref in (*mine, others)]
    for address in hashes:
        addresses.append(address, Entry("form", SENT, SENT, "form:hello", (Change("grant", "tips", "Yes"),)))
    post_form(STOP, {"action": "withdraw"})
    assert [allowed(addresses.head(address), "tips") for address in hashes] == [True] * 4, "that was about the mail"
    for _ in range(2):
        assert "Everything is stopped" in post_form(STOP, {"action": "all"}).text
    assert [allowed(addresses.head(address), "tips") for address in hashes] == [False, False, False, True]
    assert not allowed(addresses.head(ADDRESS), "tips")


def test_the_mailbox_is_stopped_even_where_nobody_can_tell_what_else_there_is(
    live: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.tables.contacts.surviving", throttled)
    assert post_form(STOP, {"action": "all"}).status == 503
    assert "*" in addresses.head(ADDRESS).withdrawn


def test_the_ledger_says_stop_even_where_the_event_could_not_be_stored(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.tables.events.insert", throttled)
    assert send("POST", STOP, ONE_CLICK).status == 503
    assert "tips" in addresses.head(ADDRESS).withdrawn
