"""samovar.js in a real browser, on the pages of another origin than the API's."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from functions.core.tracking import Tracking, script_settings
from functions.pages import popups, tracker
from infra.paths import BUILD
from infra.tracker import tracker_script
from local.waiting import until
from tests.website import Website

pytestmark = pytest.mark.browser

EVERYTHING_STORED = """async () => ({cookies: document.cookie, local: {...localStorage}, session: {...sessionStorage},
    databases: (await indexedDB.databases()).length})"""
NOTHING = {"cookies": "", "local": {}, "session": {}, "databases": 0}
GATHERED = 31_000
SHOP = """<a href="/tea">Tea</a> <a href="/list.pdf">List</a> <a href="http://localhost:9/else?secret=1">Away</a>
<a href="#there">There</a> <button onclick="history.pushState({}, '', '/spa?step=1')">Next</button>
<button onclick="history.replaceState({}, '', '?filter=1')">Filter</button>"""
FORM = """<form data-samovar-form="hello" method="post" action="{action}"><input name="email">
<input name="token" type="hidden" value="csrf"><input name="secret" type="password"><input name="number"
autocomplete="cc-number"><input name="note"><input name="private" data-samovar-ignore><button>Send</button></form>"""


@pytest.fixture
def agreed() -> Iterator[Website]:
    with Website({"/": SHOP}, consent="assumed") as site:
        yield site


@pytest.fixture
def asking() -> Iterator[Website]:
    with Website({}) as site:
        yield site


def visit(page: Page, address: str) -> None:
    page.clock.install()
    page.goto(address)
    ready(page)


def ready(page: Page) -> None:
    page.wait_for_function("typeof window.samovar?.id == 'function' && window.samovar.id.length == 0")


def gathered(page: Page, site: Website, calls: int) -> None:
    page.clock.fast_forward(GATHERED)
    until(lambda: len(site.api.calls) >= calls, 5, f"{calls} calls")


def fail_and_hear_of_it(page: Page, site: Website) -> None:
    """The page tries until it has surely heard of a failure: it makes a second attempt."""

    def tried_again() -> bool:
        page.clock.fast_forward(4000)
        return site.api.refused > 1

    until(tried_again, 20, "a second attempt")


def everything_stored(page: Page) -> Any:
    return page.evaluate(EVERYTHING_STORED)


def test_the_script_is_at_most_4_kb_on_the_wire_with_the_longest_settings_that_are_usual() -> None:
    tracking = Tracking(domains=["yellow-samovar.example", "yellow-samovar-tea-house.example"])
    served = tracker.serve(tracker_script(BUILD), script_settings(tracking, "https://www.yellow-samovar.example"))
    assert len(served.packed) <= 4096
    assert gzip.decompress(served.packed).decode() == served.text


def test_with_pop_ups_it_is_at_most_5_kb_and_without_any_it_knows_of_none() -> None:
    plain = tracker.serve(tracker_script(BUILD), script_settings(Tracking(), "https://tea.example"))
    asked = {"on": ["/", "/teas/*", "/guide"], "q": ["gclid", "utm_source"], "r": 1, "n": 3, "f": ["hello"]}
    served = tracker.serve(tracker_script(BUILD), script_settings(Tracking(), "https://tea.example", asked))
    assert len(served.packed) <= 5120
    assert len(popups.module().packed) <= 7168
    assert "popup" not in plain.text


def test_before_consent_nothing_is_stored_and_nothing_sent(page: Page, asking: Website) -> None:
    visit(page, asking.url + "/?utm_source=ad&gclid=Cj0")
    page.evaluate("samovar.track('Cup Drunk'); samovar.identify({email: 'ada@example.com'})")
    page.clock.fast_forward(GATHERED)
    page.goto(asking.url + "/tea")
    ready(page)
    page.clock.fast_forward(GATHERED)
    assert everything_stored(page) == NOTHING
    assert page.context.cookies() == []
    assert page.evaluate("samovar.id()") is None
    expect(page.get_by_text("May we count?")).to_be_visible()
    page.goto("about:blank")
    assert asking.api.requests == []


def test_a_no_stores_nothing_and_a_yes_reports_the_page_that_is_open(page: Page, asking: Website) -> None:
    visit(page, asking.url + "/?utm_source=ad&utm_campaign=spring")
    page.get_by_role("button", name="No").click()
    expect(page.get_by_text("May we count?")).to_be_hidden()
    assert everything_stored(page) == NOTHING
    page.reload()
    ready(page)
    page.get_by_role("button", name="Yes").click()
    expect(page.get_by_text("May we count?")).to_be_hidden()
    gathered(page, asking, 1)
    (view,) = asking.api.calls
    assert view["anonymousId"] == page.evaluate("samovar.id()")
    assert view["context"]["campaign"] == {"source": "ad", "name": "spring"}
    page.reload()
    ready(page)
    expect(page.get_by_text("May we count?")).to_be_hidden()


def test_withdrawing_consent_removes_what_was_stored(page: Page, asking: Website) -> None:
    visit(page, asking.url + "/?sv=proof")
    page.evaluate("samovar.consent(true)")
    assert everything_stored(page) != NOTHING
    page.evaluate("samovar.consent(false); samovar.track('Cup Drunk')")
    assert everything_stored(page) == NOTHING
    page.clock.fast_forward(GATHERED)
    page.goto("about:blank")
    assert asking.api.requests == []


def test_withdrawing_consent_holds_in_other_tabs(page: Page, asking: Website) -> None:
    visit(page, asking.url)
    page.evaluate("samovar.consent(true)")
    other = page.context.new_page()
    other.goto(asking.url)
    ready(other)
    assert other.evaluate("samovar.id()") == page.evaluate("samovar.id()")
    other.evaluate("samovar.consent(false)")
    page.evaluate("samovar.track('Cup Drunk')")
    assert everything_stored(page) == NOTHING
    page.clock.fast_forward(GATHERED)
    page.goto("about:blank")
    assert asking.api.named("Cup Drunk") == []


def test_a_no_to_assumed_consent_is_remembered_without_an_id(page: Page, agreed: Website) -> None:
    visit(page, agreed.url)
    page.evaluate("samovar.consent(false)")
    assert everything_stored(page) == {**NOTHING, "cookies": "samovar=-"}
    page.reload()
    ready(page)
    page.goto("about:blank")
    assert agreed.api.requests == []


@pytest.mark.parametrize("setting", ["globalPrivacyControl", "doNotTrack"])
def test_a_browser_that_objects_is_asked_first(page: Page, setting: str) -> None:
    respect = ["global-privacy-control", "do-not-track"]
    value = {"globalPrivacyControl": "true", "doNotTrack": "'1'"}[setting]
    page.add_init_script(f"Object.defineProperty(Navigator.prototype, '{setting}', {{get: () => {value}}})")
    with Website({}, consent="assumed", respect=respect) as site:
        visit(page, site.url)
        assert everything_stored(page) == NOTHING
        expect(page.get_by_text("May we count?")).to_be_visible()


def test_calls_before_the_script_is_there_are_not_lost(page: Page) -> None:
    with Website({"/": "<script>samovar.track('Cup Drunk', {sugar: 0})</script>"}, consent="assumed") as site:
        visit(page, site.url)
        gathered(page, site, 2)
        assert site.api.named("Cup Drunk")[0]["properties"] == {"sugar": 0}


def test_pages_that_a_script_changes_to_are_views_and_filters_are_not(page: Page, agreed: Website) -> None:
    visit(page, agreed.url)
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("button", name="Next").click()
    page.clock.fast_forward(1000)
    page.evaluate("history.back()")
    page.wait_for_url("**filter=1")
    page.clock.fast_forward(1000)
    gathered(page, agreed, 3)
    views = [call["context"]["page"] for call in agreed.api.named("page")]
    assert [view["url"].removeprefix(agreed.url) for view in views] == ["/", "/spa?step=1", "/?filter=1"]
    assert [view["referrer"].removeprefix(agreed.url) for view in views] == ["", "/", "/spa?step=1"]
    assert len(agreed.api.requests) == 1


def test_a_page_that_says_what_it_is_about_is_viewed_with_its_topic(page: Page) -> None:
    head = '<meta name="samovar:topic" content="Yeşil çay">'
    with Website({"/": SHOP, "/green": head + SHOP}, consent="assumed") as site:
        visit(page, site.url)
        page.goto(site.url + "/green")
        ready(page)
        gathered(page, site, 2)
        assert [call.get("properties") for call in site.api.named("page")] == [None, {"topic": "Yeşil çay"}]


def test_what_is_searched_for_and_where_links_lead_is_reported(page: Page, agreed: Website) -> None:
    visit(page, agreed.url + "/?q=%C3%A7ay%20%F0%9F%8D%B5")
    page.evaluate("document.querySelectorAll('a').forEach(a => a.addEventListener('click', e => e.preventDefault()))")
    for link in ("List", "Away", "There", "Tea"):
        page.get_by_role("link", name=link, exact=True).click()
    gathered(page, agreed, 4)
    said = [(call.get("event"), call.get("properties")) for call in agreed.api.calls][1:]
    assert said == [
        ("Site Searched", {"query": "çay 🍵"}),
        ("File Downloaded", {"url": f"{agreed.url}/list.pdf", "file": "list.pdf"}),
        ("Outbound Link Clicked", {"url": "http://localhost:9/else"}),
    ]


def test_leaving_hands_over_by_beacon_what_was_gathered(page: Page, agreed: Website) -> None:
    visit(page, agreed.url)
    page.evaluate("samovar.track('Cup Drunk')")
    page.goto("about:blank")
    until(lambda: len(agreed.api.calls) == 2, 5, "the beacon")
    assert len(agreed.api.requests) == 1


def test_the_next_page_of_the_site_takes_up_what_this_one_gathered(page: Page, agreed: Website) -> None:
    visit(page, agreed.url)
    with page.expect_navigation():
        page.get_by_role("link", name="Tea").click()
    ready(page)
    assert agreed.api.requests == []
    gathered(page, agreed, 2)
    assert [call["context"]["page"]["path"] for call in agreed.api.calls] == ["/", "/tea"]
    assert len(agreed.api.requests) == 1


@pytest.mark.parametrize("trouble", ["gone", "busy"])
def test_what_could_not_be_sent_is_sent_again_as_the_same_call(page: Page, agreed: Website, trouble: str) -> None:
    agreed.api.broken = trouble
    visit(page, agreed.url)
    page.evaluate("samovar.track('Cup Drunk')")
    fail_and_hear_of_it(page, agreed)
    page.goto("about:blank")
    agreed.api.broken = ""
    page.goto(agreed.url)
    ready(page)
    gathered(page, agreed, 3)
    sent = {json.dumps(call, sort_keys=True) for request in agreed.api.requests for call in request["batch"]}
    assert len(sent) == 3, "however often a call is sent, its id and time are the same"
    page.wait_for_function("localStorage.length == 0")


def test_an_outage_ends_by_itself(page: Page, agreed: Website) -> None:
    agreed.api.broken = "gone"
    visit(page, agreed.url)
    page.clock.fast_forward(GATHERED)
    until(lambda: agreed.api.refused, 5, "a first attempt")
    agreed.api.broken = ""
    page.wait_for_function("new Promise(done => setTimeout(() => done(true), 0))")
    page.clock.fast_forward(4000)
    until(lambda: len(agreed.api.calls) == 1, 5, "the second attempt")


def test_a_proof_leaves_the_address_and_goes_along_with_consent_only(page: Page, asking: Website) -> None:
    visit(page, asking.url + "/tea?a=%20b&sv=ey.J&c=1#x")
    assert page.url == asking.url + "/tea?a=%20b&c=1#x"
    page.get_by_role("button", name="Yes").click()
    gathered(page, asking, 1)
    (request,) = asking.api.requests
    assert request["context"]["proof"] == "ey.J"
    assert request["batch"][0]["context"]["page"]["url"] == asking.url + "/tea?a=%20b&c=1"


def test_a_visitor_is_one_person_on_all_hosts_of_a_domain(page: Page) -> None:
    with Website({}, consent="assumed", domains=["tea.localhost"]) as site:
        visit(page, site.at("tea.localhost"))
        id = page.evaluate("samovar.id()")
        page.goto(site.at("shop.tea.localhost"))
        ready(page)
        assert page.evaluate("samovar.id()") == id
        gathered(page, site, 2)
        visits = {call["context"]["sessionId"] for call in site.api.calls}
        assert len(visits) == 1
        page.evaluate("samovar.consent(false)")
        assert page.evaluate("document.cookie") == "samovar=-"


def test_a_visit_ends_after_half_an_hour_without_a_sign_of_life(page: Page, agreed: Website) -> None:
    visit(page, agreed.url)
    page.clock.fast_forward(1000 * 60 * 29)
    page.evaluate("samovar.track('Cup Drunk')")
    page.clock.fast_forward(1000 * 60 * 31)
    page.evaluate("samovar.track('Cup Drunk')")
    gathered(page, agreed, 3)
    begun = [call["context"].get("sessionStart", False) for call in agreed.api.calls]
    assert begun == [True, False, True]
    assert len({call["context"]["sessionId"] for call in agreed.api.calls}) == 2


def test_a_form_of_ours_says_whose_browser_it_is(page: Page, agreed: Website) -> None:
    with Website({"/": FORM.format(action=f"{agreed.api_url}/f/hello")}, api_url=agreed.api_url) as site:
        visit(page, site.url)
        page.evaluate("samovar.consent(true)")
        id = page.evaluate("samovar.id()")
        page.locator("[name=email]").fill("ada@example.com")
        page.get_by_role("button", name="Send").click()
        until(lambda: agreed.api.forms, 5, "the form")
        ((form, said),) = agreed.api.forms
        assert (form, said["email"], said["anonymousId"]) == ("hello", "ada@example.com", id)
        assert said["_page"] == site.url + "/"


def test_a_copy_of_another_form_has_no_password_no_card_and_no_id_before_consent(page: Page) -> None:
    with Website({"/": FORM.format(action="/own")}) as site:
        visit(page, site.url)
        for name, value in {"email": "ada@example.com", "secret": "x", "number": "1", "private": "x"}.items():
            page.locator(f"[name={name}]").fill(value)
        page.locator("[name=note]").fill("4242 4242 4242 4242")
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_text("Thanks")).to_be_visible()
        until(lambda: site.api.forms, 5, "the copy")
        ((form, said),) = site.api.forms
        assert form == "hello"
        assert set(said) == {"email", "_page", "_nonce"}


def test_a_driven_browser_says_so(page: Page, agreed: Website, context_driven: None) -> None:
    visit(page, agreed.url)
    gathered(page, agreed, 1)
    assert agreed.api.requests[0]["context"]["automation"] is True


@pytest.fixture
def context_driven(page: Page) -> None:
    page.add_init_script("Object.defineProperty(Navigator.prototype, 'webdriver', {get: () => true})")


def test_another_person_at_the_same_browser_is_somebody_else(page: Page, agreed: Website) -> None:
    visit(page, agreed.url)
    first = page.evaluate("samovar.id()")
    page.evaluate("samovar.reset()")
    assert page.evaluate("samovar.id()") not in (None, first)
    until(lambda: agreed.api.calls, 5, "what the first did")
    assert agreed.api.calls[0]["anonymousId"] == first


def test_where_nothing_can_be_stored_the_page_still_counts(page: Page, agreed: Website) -> None:
    page.add_init_script(
        "for (const name of ['localStorage']) Object.defineProperty(window, name, {get() { throw new Error('no') }});"
        "Object.defineProperty(Document.prototype, 'cookie', {get() { throw new Error('no') }, set() { throw 1 }})"
    )
    visit(page, agreed.url)
    gathered(page, agreed, 1)
    assert len(agreed.api.named("page")) == 1
