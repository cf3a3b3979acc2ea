"""Personal pages: whom a link shows its page, for how long, and what stands there."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from functions import passes, tokens
from functions.core.event import EMAIL_CLICKED, EMAIL_LOOKED, SURVEY_ANSWERED, Event
from functions.core.identity import hash_of, identity_ref
from functions.core.submission import PROOF
from functions.pages.personal import COOKIE
from functions.passes import PageOf
from functions.tables import contacts, events, revoked
from local.emulator import EmulatorProcess
from tests.cloud import Cloud
from tests.cloud.cloud import PEPPER, SIGNING
from tests.crash import erasing
from tests.crash.scenarios import link, mail, sign_up

ADA = "ada@example.com"
HTML = {"accept": "text/html"}
FORM = {"content-type": "application/x-www-form-urlencoded", **HTML}
BASE = "https://tea.example"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
DAY = 86_400_000
PAGE = "your-shelf"


@pytest.fixture
def shop(emulator: EmulatorProcess) -> Iterator[Cloud]:
    """A shop where Ada signed up and clicked, so that the offer with the link to her page went out."""
    with Cloud(emulator) as cloud:
        sign_up(cloud)
        welcome = mail(cloud, "welcome")
        assert welcome is not None
        cloud.follow(link(welcome), agent=CHROME)
        cloud.put_on_bus("Offer Wanted", id="b0", email=ADA)
        for number in range(8):
            cloud.call("page", messageId=f"p{number}", anonymousId="laptop", properties={"path": "/first-flush"})
        cloud.skip(hours=3)
        yield cloud


def ledger() -> str:
    ref = identity_ref("e", ADA, PEPPER)
    assert ref is not None
    return hash_of(ref)


def made(shop: Cloud, **changed: Any) -> PageOf:
    """What a link of Ada's says that is made now."""
    now = shop.clock.now
    said = PageOf(PAGE, shop.contact(ADA), ledger(), now, now + 60 * DAY, "m1", "welcome/offer", "first-offer")
    return replace(said, **changed)


def signed(said: PageOf) -> str:
    return passes.sign_page(SIGNING, said)


@dataclass(frozen=True)
class Opened:
    """What a browser got that opened a link: where it was led, and the cookie that it keeps."""

    status: int
    location: str
    cookie: str
    said: str


def opened(shop: Cloud, token: str, method: str = "GET", agent: str = CHROME) -> Opened:
    answer = shop.http(method, f"/my/{token}", headers={**HTML, "user-agent": agent})
    headers = answer["headers"]
    return Opened(answer["statusCode"], headers.get("location", ""), headers.get("set-cookie", ""), answer["body"])


def page(shop: Cloud, cookie: str = "", path: str = f"/page/{PAGE}") -> dict[str, Any]:
    held = {"cookie": cookie.partition(";")[0]} if cookie else {}
    return shop.http("GET", path, headers={**HTML, **held, "user-agent": CHROME}, room="pages")


def told(shop: Cloud, name: str) -> list[Event]:
    rows = [item for item in shop.items("events") if events.is_event(item)]
    return [one for one in map(events.from_row, rows) if one.name == name]


def test_the_link_in_a_mail_leads_to_a_page_that_knows_whom_it_is_for(shop: Cloud) -> None:
    offer = mail(shop, "first-offer")
    assert offer is not None
    (address,) = {html.unescape(one) for one in re.findall(r'href="([^"]+/my/[^"]+)"', offer.part("html"))}
    found = opened(shop, address.partition("/my/")[2])
    where = urlsplit(found.location)
    assert (found.status, where.path) == (302, f"/page/{PAGE}")
    shown = page(shop, found.cookie)
    assert shown["statusCode"] == 200
    assert "<h1>Your shelf, Ada</h1>" in shown["body"]
    # The address tells whose mailbox it was, as every link to the business's own pages does, and nothing shows by that.
    proof = tokens.read_proof(SIGNING, parse_qs(where.query)["sv"][0], shop.clock.now)
    assert proof.contact == shop.contact(ADA)
    assert page(shop, path=f"{where.path}?{where.query}")["statusCode"] == 403


def test_the_page_s_own_address_shows_nobody_anything(shop: Cloud) -> None:
    shown = page(shop)
    assert shown["statusCode"] == 403
    assert "This page is for one person" in shown["body"]
    assert "Ada" not in shown["body"]


def test_a_page_of_somebody_is_kept_found_and_told_by_nobody(shop: Cloud) -> None:
    shown = page(shop, opened(shop, signed(made(shop))).cookie)
    assert shown["headers"]["cache-control"] == "no-store"
    assert shown["headers"]["referrer-policy"] == "no-referrer"
    assert shown["headers"]["x-robots-tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in shown["body"]
    assert "og:title" not in shown["body"]
    assert "canonical" not in shown["body"]
    sitemap = shop.http("GET", "/sitemap.xml", room="pages")["body"]
    assert "first-flush" in sitemap
    assert PAGE not in sitemap


def test_the_cookie_stays_at_one_page_and_ends_with_the_link(shop: Cloud) -> None:
    cookie = opened(shop, signed(made(shop))).cookie
    parts = {part.strip() for part in cookie.split(";")[1:]}
    assert {f"Path=/page/{PAGE}", "HttpOnly", "Secure", "SameSite=Lax"} <= parts
    (age,) = [int(part.partition("=")[2]) for part in parts if part.startswith("Max-Age=")]
    assert 59 * 86_400 < age <= 60 * 86_400


WRONG: dict[str, Any] = {
    "forged": lambda shop: signed(made(shop))[:-4] + "abcd",
    "cut short": lambda shop: signed(made(shop))[:40],
    "of another deployment": lambda shop: passes.sign_page([b"another-key" * 3], made(shop)),
    "for a file": lambda shop: tokens.sign(SIGNING, "get", {"p": PAGE, "c": shop.contact(ADA), "a": ledger(), "s": 1}),
    "without its parts": lambda shop: tokens.sign(SIGNING, "my", {"p": PAGE}),
    "too long": lambda shop: "a" * 9000,
    "of signs": lambda shop: "%F0%9F%AB%96.%00..",
    "nothing": lambda shop: "x",
}
OVER: dict[str, Any] = {
    "ended": lambda shop: signed(made(shop, until=shop.clock.now - 1)),
    "of a page that is gone": lambda shop: signed(made(shop, page="old-shelf")),
    "of a page for everybody": lambda shop: signed(made(shop, page="first-flush")),
    "of nobody": lambda shop: signed(made(shop, contact="nobody")),
    "of somebody else's mailbox": lambda shop: signed(made(shop, address="0" * 32)),
}


@pytest.mark.parametrize("kind", [*WRONG, *OVER])
def test_no_other_link_shows_anything_or_tells_who_there_is(shop: Cloud, kind: str) -> None:
    token = (WRONG | OVER)[kind](shop)
    found = opened(shop, token)
    assert (found.status, found.cookie) == (404 if kind in WRONG else 410, "")
    assert "Ada" not in found.said
    shown = page(shop, f"{COOKIE}={token}")
    assert shown["statusCode"] == (403 if kind in WRONG else 410)
    assert "Ada" not in shown["body"]
    assert told(shop, EMAIL_LOOKED) == []


def test_all_that_is_over_is_answered_alike(shop: Cloud) -> None:
    said = {re.sub(r'value="[^"]*"', "", opened(shop, make(shop)).said) for make in OVER.values()}
    assert len(said) == 1


def test_a_cookie_of_one_page_opens_no_other(shop: Cloud) -> None:
    other = signed(made(shop, page="another"))
    assert page(shop, f"{COOKIE}={other}")["statusCode"] == 410
    # At a page for everybody it says nothing.
    assert page(shop, f"{COOKIE}={signed(made(shop))}", "/page/first-flush")["statusCode"] == 200


def test_what_is_revoked_shows_nothing_and_newer_links_do(shop: Cloud) -> None:
    token = signed(made(shop))
    cookie = opened(shop, token).cookie
    revoked.revoke(ledger(), PAGE, shop.clock.now)
    assert opened(shop, token).status == 410
    assert page(shop, cookie)["statusCode"] == 410
    shop.clock.now += 1
    newer = signed(made(shop))
    assert opened(shop, newer).status == 302
    revoked.revoke(ledger(), revoked.EVERY, shop.clock.now)
    assert opened(shop, newer).status == 410
    # Revoking what was revoked later changes nothing.
    revoked.revoke(ledger(), revoked.EVERY, 1)
    assert opened(shop, newer).status == 410


def test_whoever_is_forgotten_has_no_page_any_more(shop: Cloud) -> None:
    token = signed(made(shop))
    cookie = opened(shop, token).cookie
    revoked.revoke(ledger(), "another", shop.clock.now)
    erasing.ask(shop, ADA)
    erasing.finish(shop)
    shop.skip(hours=1)
    assert opened(shop, token).status == 410
    assert page(shop, cookie)["statusCode"] == 410
    assert [row for row in shop.items() if row["pk"] == f"A#{ledger()}" and row["sk"] == "Y"] == []


def test_whoever_was_merged_keeps_the_page_that_is_now_of_both(shop: Cloud) -> None:
    token = signed(made(shop))
    before = shop.contact(ADA)
    shop.put_on_bus("Order Completed", id="o1", userId="u1", revenue=30)
    shop.skip(hours=1)
    shop.call("track", messageId="t9", userId="u1", event="Looked")
    shop.put_on_bus("Order Completed", id="o2", userId="u1", email=ADA, revenue=40)
    shop.skip(hours=2)
    shown = page(shop, opened(shop, token).cookie)
    assert shown["statusCode"] == 200
    assert "Your shelf, Ada" in shown["body"]
    # The order is in the history: the owner's own system told of it.
    assert "An order of ours found its way to you." in shown["body"]
    assert "A strainer of brass" in shown["body"]
    assert contacts.surviving(before).id == shop.contact(ADA)


def test_nothing_that_a_stranger_says_of_somebody_stands_in_their_history(shop: Cloud) -> None:
    claim = {"event": "Order Completed", "properties": {"total": "<b>1</b>"}}
    shop.call("track", messageId="c1", userId="u7", **claim)
    shop.call("identify", messageId="c2", anonymousId="other", userId="u7", traits={"email": ADA})
    shop.call("track", messageId="c3", context={"traits": {"email": ADA}}, **claim)
    shop.skip(hours=1)
    shown = page(shop, opened(shop, signed(made(shop))).cookie)["body"]
    assert "An order of ours" not in shown
    assert "Nothing yet. There is a first time for every glass." in shown


def test_whoever_claims_another_s_account_for_their_address_sees_nothing_of_it(shop: Cloud) -> None:
    """The shop's own system names the account alone: that it is Ada's, only Ada's own browser ever said."""
    shop.call("identify", messageId="i5", anonymousId="laptop", userId="somebody", traits={"email": ADA})
    shop.skip(hours=1)
    shop.put_on_bus("Order Completed", id="o5", userId="somebody", revenue=900)
    shop.skip(hours=1)
    assert "An order of ours" not in page(shop, opened(shop, signed(made(shop))).cookie)["body"]
    shop.put_on_bus("Order Completed", id="o6", userId="somebody", email=ADA, revenue=5)
    shop.skip(hours=1)
    shown = page(shop, opened(shop, signed(made(shop))).cookie)["body"]
    assert shown.count("An order of ours") == 2


@pytest.mark.parametrize(("after", "is_a_person"), [(DAY, True), (100, False)])
def test_what_was_downloaded_stands_there_once_it_is_known_to_have_been_a_person(
    shop: Cloud, after: int, is_a_person: bool
) -> None:
    """Nobody opens a mail a tenth of a second after it was sent."""
    now = shop.clock.now
    about = ("asset--brewing-book/give", "brewing-book", ledger(), now + DAY)
    said = passes.OfMail("brewing-book", shop.contact(ADA), "m2", now - after, *about)
    reply = shop.http("GET", f"/get/{passes.sign(SIGNING, said)}", headers={**HTML, "user-agent": CHROME})
    assert reply["statusCode"] == 302
    cookie = opened(shop, signed(made(shop))).cookie
    assert "along." not in page(shop, cookie)["body"]
    shop.skip(hours=1)
    assert ("You took Two pots, one flame along." in page(shop, cookie)["body"]) == is_a_person


def test_a_choice_is_an_event_and_a_trait_of_the_one_whose_page_it_is(shop: Cloud) -> None:
    shown = page(shop, opened(shop, signed(made(shop))).cookie)["body"]
    (address,) = re.findall(r'action="\.\.(/rate/[^"]+)"', shown)
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', shown))
    reply = shop.http("POST", address, urlencode({**fields, "answer": "green"}), headers=FORM)
    assert reply["statusCode"] == 200
    shop.http("POST", address, urlencode({**fields, "answer": "green"}), headers=FORM)
    (event,) = told(shop, SURVEY_ANSWERED)
    assert (event.properties["answer"], event.properties["page"], event.proved) == ("green", PAGE, True)
    shop.skip(hours=1)
    owner = shop.contact(ADA)
    assert contacts.load([owner])[owner].profile.trait("next_tea") == "green"
    assert "You told us what you think." in page(shop, opened(shop, signed(made(shop))).cookie)["body"]


def test_a_click_is_noted_once_and_judged_as_any_click_is(shop: Cloud) -> None:
    token = signed(made(shop))
    before = len(told(shop, EMAIL_CLICKED))
    opened(shop, token)
    opened(shop, token)
    opened(shop, token, "HEAD")
    (event,) = told(shop, EMAIL_CLICKED)[before:]
    assert event.held
    assert event.properties["url"] == f"{BASE}/my/{PAGE}"
    assert event.properties["personal"] == PAGE
    assert len(told(shop, EMAIL_LOOKED)) == 1


def test_a_link_that_was_made_by_hand_counts_no_click(shop: Cloud) -> None:
    before = len(told(shop, EMAIL_CLICKED))
    found = opened(shop, signed(made(shop, message="", place="", template="")))
    # It came to nobody's mailbox: it shows the page, and proves nothing of whoever opens it.
    assert (found.status, found.location) == (302, f"{BASE}/page/{PAGE}")
    assert len(told(shop, EMAIL_CLICKED)) == before
    shown = page(shop, found.cookie)["body"]
    assert "Your shelf, Ada" in shown
    assert f'name="{PROOF}"' not in shown


@pytest.mark.parametrize(
    "name",
    ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}{% raw %}", "Ayşe İıŞ 🫖", "\u202eada"],
)
def test_whatever_somebody_is_called_is_text(shop: Cloud, name: str) -> None:
    shop.put_on_bus("Renamed", id="r1", email=ADA, traits={"first_name": name, "email": ADA})
    shop.call("identify", messageId="i9", anonymousId="laptop", traits={"email": ADA, "first_name": name})
    shop.skip(hours=1)
    shown = page(shop, opened(shop, signed(made(shop))).cookie)["body"]
    assert f"<h1>Your shelf, {html.escape(name)}</h1>".replace("&quot;", "&#34;") in shown


def test_what_is_sent_from_the_page_proves_whose_it_is(shop: Cloud) -> None:
    shown = page(shop, opened(shop, signed(made(shop))).cookie)["body"]
    (proof,) = re.findall(rf'name="{PROOF}" value="([^"]+)"', shown)
    assert tokens.read_proof(SIGNING, proof, shop.clock.now).contact == shop.contact(ADA)


def test_a_browser_whose_click_cannot_be_noted_just_now_asks_again_by_itself(
    shop: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = signed(made(shop))

    def away(*_: object, **__: object) -> None:
        raise OSError("away")

    with monkeypatch.context() as broken:
        broken.setattr("functions.track.store.insert", away)
        answer = shop._attempt("track", request(f"/my/{token}"))
    assert answer is not None
    assert (answer["statusCode"], answer["headers"]["retry-after"]) == (503, "2")
    assert '<meta http-equiv="refresh"' in answer["body"]
    assert opened(shop, token).status == 302


def request(path: str) -> dict[str, Any]:
    about = {"http": {"method": "GET", "path": path, "sourceIp": "192.0.2.1"}}
    return {"version": "2.0", "rawPath": path, "headers": {**HTML, "user-agent": CHROME}, "requestContext": about}
