"""Pop-ups in a real browser, on a site whose policy lets nothing in but our script.

`SCREENSHOTS=folder` keeps what was seen.
"""

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from functions import clock, releases
from functions.aws import session
from functions.core.contact import Facts, Moment, Profile, Rank, State
from functions.core.identity import contact_id, hash_of
from functions.core.release import Release, canonical
from functions.core.tracking import Tracking, script_settings
from functions.pages import tracker
from functions.tables import contacts
from functions.tables import releases as published
from functions.tokens import Proof, sign_proof
from infra.paths import BUILD
from infra.tracker import tracker_script
from local.emulator import EmulatorProcess
from local.front.server import Handler, Server
from local.stack import Stack
from local.waiting import until
from tests.e2e.test_forms import Api, Site, shoot
from tests.e2e.test_loop import person
from tests.e2e.test_tracker_script import GATHERED, NOTHING, everything_stored
from tests.handlers.conftest import SIGNING, WRITE_KEY, demo, make_stack
from tests.website import BANNER

pytestmark = pytest.mark.browser

DAY_MS = 86_400_000
POPUPS: dict[str, Any] = {
    "letter": {
        "title": "A letter about tea, now and then?",
        "text": "How to brew it, where it grows, and which harvest has just arrived.",
        "form": "hello",
        "on": ["/after"],
        "trigger": {"after": "5 seconds"},
    },
    "guide": {
        "title": "The brewing guide",
        "text": "Twelve pages that fit into a pocket.",
        "link": {"text": "Read it", "to": "/guide"},
        "style": "slide-in",
        "on": ["/scroll"],
        "trigger": {"scrolled": "50 percent"},
        "not_after": ["followed", "dismissed"],
    },
    "stay": {
        "title": "Free samples until Friday",
        "link": {"text": "Send me some", "to": "/guide"},
        "style": "bar",
        "on": ["/leaving"],
        "trigger": "leaving",
        "at_most": "once per day",
    },
    "asked": {"title": "Ask us", "form": "hello", "on": ["/click"], "trigger": {"clicked": "#open"}},
    "vip": {
        "title": "The chest with your name on it",
        "on": ["/vip"],
        "to": "contacts",
        "when": {"tag": "vip"},
        "trigger": {"after": "1 second"},
    },
}
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{path}</title>
<meta http-equiv="content-security-policy" content="default-src 'none'; script-src {api}; connect-src {api}">
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<script async src="{api}/samovar.js" data-key="{key}"></script>
<h1>A shop of somebody else</h1><p><a href="/else">Elsewhere</a> <button id="open">Open it</button></p>
{banner}{lines}"""
LINES = "<p>Tea takes its time.</p>" * 120


class Shop(Handler):
    api = ""

    def do_GET(self) -> None:
        self.page(PAGE.format(path=self.route, api=self.api, key=WRITE_KEY, lines=LINES, banner=BANNER))


class Hours:
    """The server's clock, which tests move."""

    def __init__(self) -> None:
        self.ahead = 0
        self._now = clock.now_ms

    def __call__(self) -> int:
        return self._now() + self.ahead


@pytest.fixture(scope="module")
def hours() -> Hours:
    return Hours()


@pytest.fixture(scope="module")
def site(emulator: EmulatorProcess, hours: Hours) -> Iterator[Site]:
    session.reset()
    with pytest.MonkeyPatch.context() as patch:
        stack = make_stack(emulator, patch, "pop-ups in a browser")
        plain = demo().model_dump(mode="json", by_alias=True, exclude_defaults=True)
        patch.setattr(tracker, "SCRIPT", tracker_script(BUILD))
        patch.setattr(clock, "now_ms", hours)
        published.publish(canonical(Release.model_validate({**plain, "popups": POPUPS})), {}, by="ada", based_on=None)
        releases.forget()
        with Server(0, Api) as api, Server(0, type("BoundShop", (Shop,), {"api": api.url})) as shop:
            yield Site(api.url, shop.url, stack)
    session.reset()


def visit(page: Page, address: str) -> None:
    """Look at a page until it is known what it shows."""
    with page.expect_response("**/popup?*"):
        page.goto(address)
    ready(page)


def ready(page: Page) -> None:
    """The script is there. (Nothing here may be evaluated by the page itself.)"""
    until(lambda: page.evaluate("window.samovar?.id.length === 0"), 10, "the script")


def pass_time(page: Page, hours: Hours, ms: int) -> None:
    """Move the server's clock on. What the browser keeps goes by a clock that nobody moves."""
    hours.ahead += ms
    page.context.new_cdp_session(page).send("Network.clearBrowserCache")


def box(page: Page, name: str) -> Any:
    return page.get_by_role("dialog", name=name).or_(page.get_by_role("region", name=name))


def focused(page: Page) -> str:
    """What has the focus, through all shadow trees: its id, name or text."""
    said: str = page.evaluate(
        """() => { let one = document.activeElement;
        while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
        return one.name || one.id || one.ariaLabel || one.textContent; }"""
    )
    return said


def come(page: Page, name: str, brings: Callable[[], object] = lambda: None, *, after: int = 50) -> Any:
    """What comes up by and by: the module that shows it may not be there yet when it is asked for."""
    found = box(page, name)

    def is_there() -> bool:
        if not found.count():
            brings()
            page.clock.run_for(after)
        return bool(found.count())

    until(is_there, 10, name)
    expect(found).to_be_visible()
    return found


@pytest.mark.stack
def test_the_shop_offers_its_letter_to_whoever_leaves(stack: Stack, page: Page) -> None:
    page.goto(stack.site_url)
    page.get_by_role("button", name="Yes", exact=True).click()
    found = page.get_by_role("region", name="One letter about tea before you go?")

    def leaves() -> bool:
        page.mouse.move(400, 300)
        page.mouse.move(400, -5)
        return bool(found.count())

    until(leaves, 15, "the slide-in")
    found.get_by_label("Your e-mail").fill("leaver@example.com")
    found.get_by_label("Yes, send me brewing tips").check()
    found.get_by_role("button", name="Pour me in").click()
    expect(found.get_by_text("our first letter is on its way")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    with page.expect_response("**/popup?*") as asked:
        page.goto(stack.site_url + "/first-flush")
    assert asked.value.json()["popups"] == []
    page.goto("about:blank")
    stack.settle()
    timeline = person(stack, "leaver@example.com")["timeline"]
    assert [event["properties"]["popup"] for event in timeline if event["name"] == "Form Submitted"] == ["letter"]


def test_a_pop_up_comes_once_within_its_time_and_never_after_its_form_was_sent(
    page: Page, site: Site, hours: Hours
) -> None:
    page.clock.install()
    visit(page, site.shop + "/after")
    page.get_by_role("link", name="Elsewhere").focus()
    expect(box(page, "A letter about tea, now and then?")).to_have_count(0)
    letter = come(page, "A letter about tea, now and then?", after=2500)
    expect(letter).to_have_accessible_description("How to brew it, where it grows, and which harvest has just arrived.")
    assert page.locator(".samovar-popup").bounding_box() is not None
    assert focused(page) == "title"
    order = []
    for _ in range(4):
        page.keyboard.press("Tab")
        order.append(focused(page))
    assert order == ["email", "first_name", "favourite", "note"]
    close = page.get_by_role("button", name="Close").bounding_box()
    assert close is not None
    assert (round(close["width"]), round(close["height"])) == (44, 44)
    shoot(page, "popup-1280")
    page.keyboard.press("Escape")
    expect(letter).to_have_count(0)
    assert focused(page) == "Elsewhere"
    stored = everything_stored(page)
    assert (stored["cookies"], set(stored["local"])) == ("", {"samovar.popups"}), "nothing that tells browsers apart"

    # Within its time: not in this tab, not in another, not by a clock that is wrong.
    other = page.context.new_page()
    for tab in (page, other):
        with tab.expect_response("**/popup?*") as asked:
            tab.goto(site.shop + "/after")
        assert asked.value.json()["popups"] == []
    other.close()
    page.clock.fast_forward(30 * DAY_MS)
    with page.expect_response("**/popup?*") as asked:
        page.goto(site.shop + "/after")
    assert asked.value.json()["popups"], "by this browser's clock it could come again"
    for _ in range(10):
        page.clock.run_for(2000)
        page.wait_for_timeout(50)
    expect(box(page, "A letter about tea, now and then?")).to_have_count(0)

    # After it: again, and what is wrong is said in place.
    pass_time(page, hours, 7 * DAY_MS + 400_000)
    visit(page, site.shop + "/after")
    letter = come(page, "A letter about tea, now and then?", after=2500)
    letter.get_by_label("Your e-mail").fill("nobody")
    letter.get_by_role("button", name="Pour me in").click()
    expect(letter.get_by_role("alert")).to_contain_text("Please check what you entered")
    shoot(page, "popup-problems-1280")
    letter.get_by_label("Your e-mail").fill("grace@tea.example")
    letter.get_by_label("Yes, send me brewing tips.").check()
    letter.get_by_role("button", name="Pour me in").click()
    expect(letter.get_by_text("The kettle is on.")).to_be_visible()
    assert page.url == site.shop + "/after"
    page.mouse.click(3, 3)
    expect(letter).to_have_count(0)
    (sent,) = [event for event in site.stack.events() if event.name == "Form Submitted"]
    assert sent.properties["popup"] == "letter"
    pass_time(page, hours, 365 * DAY_MS)
    page.clock.fast_forward(365 * DAY_MS)
    with page.expect_response("**/popup?*") as asked:
        page.goto(site.shop + "/after")
    assert asked.value.json()["popups"] == []


def test_of_two_tabs_that_wait_for_the_same_moment_one_shows_it(page: Page, site: Site) -> None:
    page.clock.install()
    tabs = [page, page.context.new_page()]
    for tab in tabs:
        visit(tab, site.shop + "/after")

    def shown() -> int:
        page.clock.run_for(1000)
        return sum(box(tab, "A letter about tea, now and then?").count() for tab in tabs)

    until(shown, 10, "the letter")
    assert [shown() for _ in range(10)] == [1] * 10


def test_with_consent_alone_a_browser_asks_with_what_its_visit_was_like_and_forgets_it(page: Page, site: Site) -> None:
    asks: list[dict[str, str]] = []

    def note(request: Request) -> None:
        if "/popup?" in request.url:
            asks.append(dict(parse_qsl(urlsplit(request.url).query)))

    page.on("request", note)
    settings = script_settings(Tracking(pop_ups="with consent"), "", {"on": ["*"], "q": ["utm_source"], "r": 1, "n": 2})
    script = tracker.serve(tracker_script(BUILD), settings).text
    page.route("**/samovar.js", lambda route: route.fulfill(body=script, content_type="text/javascript"))
    page.goto(site.shop + "/?utm_source=%C3%A7ay&secret=1", referer="https://search.example/secret")
    ready(page)
    assert everything_stored(page) == NOTHING
    assert asks == []
    with page.expect_response("**/popup?*"):
        page.get_by_role("button", name="Yes").click()
    for path in ("/%C3%A7ay", "/more"):
        visit(page, site.shop + path)
    whole = {"q": "utm_source=%C3%A7ay", "r": "search.example"}
    assert asks == [{"path": path, "n": n, **whole} for path, n in (("/", "1"), ("/çay", "2"), ("/more", "2"))]
    page.evaluate("samovar.consent(false)")
    assert everything_stored(page) == NOTHING


def test_each_comes_by_what_brings_it_and_only_the_first_is_in_the_way(page: Page, site: Site) -> None:
    page.clock.install()
    visit(page, site.shop + "/scroll")
    page.get_by_role("button", name="Yes").click()
    page.get_by_role("link", name="Elsewhere").focus()
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight / 4)")
    page.clock.run_for(500)
    expect(box(page, "The brewing guide")).to_have_count(0)
    before = page.evaluate("document.documentElement.scrollHeight")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight * 0.6)")
    guide = come(page, "The brewing guide")
    assert focused(page) == "Elsewhere"
    assert page.evaluate("document.documentElement.scrollHeight") == before
    page.clock.run_for(200)
    expect(page.get_by_role("status")).to_have_text("The brewing guide. Twelve pages that fit into a pocket.")
    shoot(page, "slide-in-1280")
    guide.get_by_role("link", name="Read it").focus()
    page.keyboard.press("Escape")
    expect(guide).to_have_count(0)
    assert focused(page) == "Elsewhere"

    visit(page, site.shop + "/leaving")
    bar = come(page, "Free samples until Friday", lambda: (page.mouse.move(400, 300), page.mouse.move(400, -5)))
    shoot(page, "bar-1280")
    bar.get_by_role("link", name="Send me some").click()
    page.wait_for_url("**/guide")

    visit(page, site.shop + "/click")
    page.get_by_role("button", name="Open it").focus()
    for _ in range(2):
        ask = come(page, "Ask us", lambda: page.keyboard.press("Enter"))
        page.get_by_role("button", name="Close").click()
        expect(ask).to_have_count(0)
        assert focused(page) == "open", "as often as it is asked for, and back to where it was"
    page.clock.fast_forward(GATHERED)

    def told() -> list[tuple[str, Any]]:
        return [(one.name, one.properties["popup"]) for one in site.stack.events() if one.name.startswith("Popup ")]

    until(lambda: len(told()) >= 8, 10, "what was shown")
    assert sorted(told()) == [
        ("Popup Clicked", "stay"),
        *[("Popup Dismissed", "asked")] * 2,
        ("Popup Dismissed", "guide"),
        *[("Popup Shown", "asked")] * 2,
        ("Popup Shown", "guide"),
        ("Popup Shown", "stay"),
    ]


def test_only_whose_mailbox_it_was_is_shown_what_looks_at_a_person_also_on_a_telephone(
    browser: Browser, site: Site
) -> None:
    ref = site.stack.ref("e", "ada@tea.example")
    traits = {"email": (Rank(False, Moment(1, 1)), "ada@tea.example")}
    contacts.save_profile(Profile(contact_id(ref), 0, traits, (ref,)))
    contacts.save_state(State(contact_id(ref), facts=Facts(tags={"vip": (Moment(1, 1), True)})), [])
    context = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.clock.install()
    visit(page, site.shop + "/after")
    page.get_by_role("button", name="Yes").click()
    letter = come(page, "A letter about tea, now and then?", after=2500)
    shoot(page, "popup-360")
    letter.get_by_label("Your e-mail").fill("ada@tea.example")
    letter.get_by_label("Yes, send me brewing tips.").check()
    letter.get_by_role("button", name="Pour me in").click()
    expect(letter.get_by_text("The kettle is on.")).to_be_visible()
    page.evaluate("samovar.identify({email: 'ada@tea.example'})")
    with page.expect_response("**/popup?*") as asked:
        page.goto(site.shop + "/vip")
    assert asked.value.json()["popups"] == []

    token = sign_proof(SIGNING, Proof(contact_id(ref), hash_of(ref), clock.now_ms()))
    visit(page, f"{site.shop}/vip?sv={token}")
    come(page, "The chest with your name on it", after=1000)
    page.get_by_role("button", name="Close").click()

    visit(page, site.shop + "/scroll")
    page.evaluate("scrollTo(0, document.documentElement.scrollHeight * 0.6)")
    come(page, "The brewing guide")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    shoot(page, "slide-in-360")
    visit(page, site.shop + "/leaving")

    def back_up() -> None:
        for place in (2000, 1400, 900):
            page.evaluate(f"scrollTo(0, {place})")
            page.clock.run_for(50)

    come(page, "Free samples until Friday", back_up)
    shoot(page, "bar-360")
    context.close()
