"""A web site of its own origin with samovar.js, and the whole stack behind it: from a first look to a known person."""

from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from local.stack import Stack
from local.waiting import until
from tests.e2e.test_loop import interest, letters_to, person
from tests.e2e.test_tracker_script import GATHERED, NOTHING, everything_stored, ready, visit
from tests.website import BANNER, Website

pytestmark = [pytest.mark.stack, pytest.mark.browser]

FORM = """<form method="post" action="{api}/f/hello" data-samovar-form="hello"><label>Your e-mail
<input name="email" type="email"></label><label>Your name <input name="first_name"></label>
<label><input type="checkbox" name="consent" value="tips"> Yes, tips please</label><button>Pour</button></form>"""
HOME = """<button onclick="history.pushState({}, '', '/first-flush')">First flush</button>
<a href="#">Elsewhere</a>"""


def site_of(stack: Stack) -> Website:
    pages = {"/": BANNER + HOME, "/letter": BANNER + FORM.format(api=stack.api_url), "/first-flush": BANNER + HOME}
    return Website(pages, api_url=stack.api_url, key=stack.write_key)


def posts(context: BrowserContext, stack: Stack) -> list[str]:
    """Addresses to which anything was posted, as they come."""
    seen: list[str] = []
    context.on("request", lambda request: seen.append(request.url) if request.method == "POST" else None)
    return seen


def named(found: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [event for event in reversed(found["timeline"]) if event["name"] == name]


def sign_up(page: Page, address: str) -> None:
    page.get_by_label("Your e-mail").fill(address)
    page.get_by_label("Your name").fill("İpek")
    page.get_by_label("Yes, tips please").check()
    page.get_by_role("button", name="Pour").click()
    expect(page.get_by_text("our first letter is on its way")).to_be_visible()


def test_a_visitor_is_nobody_before_consent_and_a_person_with_a_past_after_a_form(stack: Stack, page: Page) -> None:
    posted = posts(page.context, stack)
    with site_of(stack) as site:
        page.set_extra_http_headers({"referer": "https://search.example/results"})
        visit(page, site.url + "/?utm_source=newsletter&utm_medium=email&utm_campaign=%C4%B0lk%20hasat&gclid=Cj0KC")
        page.set_extra_http_headers({})
        page.clock.fast_forward(GATHERED)
        assert everything_stored(page) == NOTHING
        assert page.context.cookies() == []
        assert page.evaluate("samovar.id()") is None
        assert posted == []

        page.get_by_role("button", name="Yes").click()
        page.get_by_role("button", name="First flush").click()
        page.clock.fast_forward(1000)
        with page.expect_response("**/v1/batch"):
            page.clock.fast_forward(GATHERED)
        assert len(posted) == 1, "both pages went in one request"
        elsewhere = site.at("localhost") + "/elsewhere"
        page.evaluate(f"document.querySelector('a').href = '{elsewhere}?secret=1'")
        page.get_by_role("link", name="Elsewhere").click()
        page.wait_for_url("**secret=1")

        page.goto(site.url + "/letter")
        ready(page)
        sign_up(page, "ipek@example.com")
        stack.settle()

    found = person(stack, "ipek@example.com")
    assert [event["properties"]["path"] for event in named(found, "Page Viewed")] == ["/", "/first-flush", "/letter"]
    assert named(found, "Outbound Link Clicked")[0]["properties"]["url"] == elsewhere
    assert len(named(found, "Form Submitted")) == 1
    assert found["traits"]["first_name"] == "İpek"
    # Twenty for the form, twenty for the key page that was seen before anybody knew whose it was.
    assert interest(stack, "ipek@example.com") == 40
    first = found["attribution"]["first"]
    assert {name: first[name] for name in ("source", "medium", "campaign", "gclid", "landing")} == {
        "source": "newsletter",
        "medium": "email",
        "campaign": "İlk hasat",
        "gclid": "Cj0KC",
        "landing": site.url + "/",
    }
    del first["landing"]
    assert found["attribution"]["last"] == first, "what followed came from the site itself, or directly"


def test_what_happens_while_the_network_is_gone_is_stored_once_when_it_is_back(stack: Stack, page: Page) -> None:
    with site_of(stack) as site:
        visit(page, site.url + "/letter")
        page.get_by_role("button", name="Yes").click()
        page.context.set_offline(True)
        page.evaluate("samovar.track('Cup Drunk', {sugar: 0})")
        page.clock.fast_forward(GATHERED)
        page.clock.fast_forward(GATHERED)
        assert page.evaluate("JSON.parse(localStorage['samovar.queue']).length") == 2
        page.context.set_offline(False)
        page.wait_for_function("localStorage['samovar.queue'] === undefined")
        sign_up(page, "deniz@example.com")
        stack.settle()
    found = person(stack, "deniz@example.com")
    assert len(named(found, "Cup Drunk")) == 1
    assert len(named(found, "Page Viewed")) == 1


def test_the_shop_asks_and_a_visitor_who_agrees_is_remembered(stack: Stack, page: Page) -> None:
    page.goto(stack.site_url)
    expect(page.get_by_role("region", name="Your privacy")).to_be_visible()
    page.get_by_role("button", name="Yes", exact=True).click()
    expect(page.get_by_role("region", name="Your privacy")).to_be_hidden()
    page.goto(stack.site_url + "/first-flush")
    # What a browser without a window hands over on leaving is a machine's, so each page is left when that was sent.
    with page.expect_response("**/v1/**"):
        page.get_by_role("button", name="Buy 100 g").click()
    page.get_by_role("link", name="Wholesale").click()
    expect(page.get_by_role("link", name="Ask for samples")).to_be_visible()
    page.get_by_role("link", name="Brewing", exact=True).click()
    with page.expect_response("**/v1/**"):
        page.get_by_role("button", name="Download the e-book").click()
    page.goto(stack.site_url)
    page.get_by_label("Your e-mail").fill("shopper@example.com")
    page.get_by_label("Yes, send me brewing tips").check()
    page.get_by_role("button", name="Pour me in").click()
    expect(page.get_by_text("our first letter is on its way")).to_be_visible()
    stack.settle()
    found = person(stack, "shopper@example.com")
    assert [event["name"] for event in named(found, "Order Completed")] == ["Order Completed"]
    assert {view["properties"]["path"] for view in named(found, "Page Viewed")} >= {"/", "/brewing-guide", "/wholesale"}
    assert found["tags"] == ["black-tea", "brewing", "reader"]
    assert found["scores"]["wholesale"] == 15


def test_whoever_comes_from_a_letter_of_theirs_is_known_on_another_device(
    stack: Stack, browser: Browser, page: Page
) -> None:
    page.goto(stack.site_url)
    page.get_by_label("Your e-mail").fill("elif@example.com")
    page.get_by_label("Yes, send me brewing tips").check()
    page.get_by_role("button", name="Pour me in").click()
    until(lambda: letters_to(stack, "elif@example.com"), 15, "the welcome")
    (letter,) = letters_to(stack, "elif@example.com")
    link = next(link for link in letter.links if link.text == "See the first flush")

    elsewhere = browser.new_context()
    phone = elsewhere.new_page()
    phone.goto(link.url)
    phone.get_by_role("button", name="Yes", exact=True).click()
    assert "sv=" not in phone.url
    assert phone.evaluate("localStorage['samovar.proof']")
    phone.goto("about:blank")
    elsewhere.close()
    stack.settle()
    viewed = named(person(stack, "elif@example.com"), "Page Viewed")
    assert [event["properties"]["path"] for event in viewed] == ["/first-flush"]
