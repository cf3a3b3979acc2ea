"""Forms in a real browser: without script, on a narrow screen, in the dark, in long words, inside another site.

`SCREENSHOTS=folder` keeps what was seen.
"""

import base64
import os
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from functions.aws import session
from functions.pages.handler import handler as pages
from functions.track.handler import handler as track
from local.emulator import EmulatorProcess
from local.front.server import Handler, Server
from tests.e2e import every_field
from tests.handlers.conftest import Stack, make_stack
from tests.handlers.http_client import event

pytestmark = pytest.mark.browser

PHONE, DESKTOP = {"width": 320, "height": 640}, {"width": 1280, "height": 900}
HOST_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>A shop</title>
<meta http-equiv="content-security-policy" content="style-src 'self' 'unsafe-inline'">
<style>body {{ font: 18px Georgia, serif; margin: 2rem; --samovar-brand: #14532d }} label {{ color: red }}</style>
<h1>A shop of somebody else</h1>
<a href="{api}/f/every" data-samovar-form="every">Ask for samples</a>
<script async src="{api}/f/every.js" data-anonymous-id="visitor-1"></script>
<p>After the form</p></html>"""


@dataclass(frozen=True)
class Site:
    """Our API at an address of its own, another site at another, and the stores behind."""

    api: str
    shop: str
    stack: Stack


class Api(Handler):
    """What API Gateway does: routes by method and path."""

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        headers = dict(self.headers.items())
        asked = event(self.command, parts.path, self.body() or b"", headers, parts.query)
        is_page = self.command == "GET" and not parts.path.startswith("/confirm/")
        answer = (pages if is_page else track)(asked, None)
        raw = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
        self.send_response(answer["statusCode"])
        for name, value in answer["headers"].items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    do_GET = do_POST = _answer


class Shop(Handler):
    api = ""

    def do_GET(self) -> None:
        if self.route == "/frame":
            frames = [f'<iframe title="{form}" src="{self.api}/f/{form}"></iframe>' for form in ("framed", "every")]
            self.page("".join(frames))
        else:
            self.page(HOST_PAGE.format(api=self.api))


@pytest.fixture(scope="module")
def site(emulator: EmulatorProcess) -> Iterator[Site]:
    session.reset()
    with pytest.MonkeyPatch.context() as patch:
        stack = make_stack(emulator, patch, "forms in a browser")
        stack.publish(every_field.release())
        with Server(0, Api) as api, Server(0, type("BoundShop", (Shop,), {"api": api.url})) as shop:
            yield Site(api.url, shop.url, stack)
    session.reset()


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A browser that runs no script."""
    context = browser.new_context(java_script_enabled=False, viewport=DESKTOP)
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def shoot(page: Page, name: str) -> None:
    """Keep a picture, where asked."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def fill(page: Page) -> None:
    """Answers that are right, of a hotel that wants a visit."""
    page.get_by_label("Your e-mail").fill("İpek@çay.example")
    page.get_by_label("Your name").fill("Łucja Ш.")
    page.get_by_label("A hotel or guest house").first.check()
    page.get_by_label("How many rooms?").fill("1,200")
    page.get_by_label("Which of these do you like best?").select_option("shop")
    teas = page.get_by_role("group", name="Which would you like to visit?")
    teas.get_by_label("A café or restaurant").check()
    teas.get_by_label("A shop").check()
    page.get_by_label("How much tea do you need").fill("12.5")
    page.get_by_label("Please come by with a samovar").check()
    page.get_by_label("Which day suits you?").fill("2030-12-31")
    page.get_by_label("A number where we reach you").fill("0532 123 45 67")
    page.get_by_label("Your web site").fill("www.çay.example")
    page.get_by_label("Anything else?").fill("Two\nlines")
    page.get_by_label("Yes, send me brewing tips").check()


TOLD = {
    "email": "İpek@çay.example",
    "name": "Łucja Ш.",
    "house": "hotel",
    "rooms": 1200,
    "favourite": "shop",
    "teas": ["cafe", "shop"],
    "kilos": "12.5",
    "visit": True,
    "day": "2030-12-31",
    "phone": "+905321234567",
    "site": "https://www.çay.example",
    "note": "Two\nlines",
}


def told(site: Site) -> dict[str, object]:
    """What the newest submission said."""
    return dict(site.stack.events()[-1].traits)


def test_a_form_is_sent_without_script_and_says_thanks(site: Site, plain: Page) -> None:
    plain.goto(f"{site.api}/f/every?source=fair")
    fill(plain)
    shoot(plain, "every-filled-desktop")
    plain.get_by_role("button", name="Send").click()
    expect(plain.get_by_role("heading", name="Thank you")).to_be_visible()
    expect(plain.get_by_text("The samples are on their way.")).to_be_visible()
    assert told(site) == TOLD | {"source": "fair"}


def test_what_depends_on_an_answer_appears_with_it_without_script(site: Site, plain: Page) -> None:
    plain.goto(f"{site.api}/f/every")
    rooms, day = plain.get_by_label("How many rooms?"), plain.get_by_label("Which day suits you?")
    expect(rooms).to_be_hidden()
    expect(day).to_be_hidden()
    plain.get_by_label("A hotel or guest house").first.check()
    plain.get_by_label("Please come by").check()
    expect(rooms).to_be_visible()
    expect(day).to_be_visible()
    rooms.fill("many")
    plain.get_by_label("A shop", exact=True).first.check()
    expect(rooms).to_be_hidden()


def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(site: Site, plain: Page) -> None:
    plain.goto(f"{site.api}/f/every")
    fill(plain)
    plain.get_by_label("Your e-mail").fill("ada")
    plain.get_by_label("How many rooms?").fill("1,2,3")
    plain.get_by_label("Which day suits you?").fill("2020-01-01")
    plain.get_by_role("button", name="Send").click()
    summary = plain.get_by_role("alert")
    expect(summary.get_by_role("listitem")).to_have_count(3)
    expect(plain.get_by_label("Your e-mail")).to_have_value("ada")
    expect(plain.get_by_label("Your e-mail")).to_have_accessible_description("Please enter a complete e-mail address.")
    expect(plain.get_by_label("How many rooms?")).to_have_value("1,2,3")
    expect(plain.get_by_label("Which day suits you?")).to_have_value("2020-01-01")
    expect(plain.get_by_label("A hotel or guest house").first).to_be_checked()
    expect(plain.get_by_label("Anything else?")).to_have_value("Two\nlines")
    shoot(plain, "every-problems-desktop")
    summary.get_by_role("link", name="How many rooms?").click()
    expect(plain.get_by_label("How many rooms?")).to_be_focused()
    plain.get_by_label("Your e-mail").fill("İpek@çay.example")
    plain.get_by_label("How many rooms?").fill("1200")
    plain.get_by_label("Which day suits you?").fill("2030-12-31")
    plain.get_by_role("button", name="Send").click()
    expect(plain.get_by_role("heading", name="Thank you")).to_be_visible()
    assert told(site) == TOLD


def test_a_form_is_filled_in_by_keyboard_alone(site: Site, plain: Page) -> None:
    plain.goto(f"{site.api}/f/framed")
    plain.keyboard.press("Tab")
    plain.keyboard.type("ada@tea.example")
    plain.keyboard.press("Tab")
    expect(plain.get_by_role("button", name="Send")).to_be_focused()
    plain.keyboard.press("Enter")
    expect(plain.get_by_role("heading", name="Thank you")).to_be_visible()


@pytest.mark.parametrize("form", ["every", "german", "persian"])
@pytest.mark.parametrize("wrong", [False, True])
def test_no_form_is_wider_than_a_narrow_screen(site: Site, browser: Browser, form: str, wrong: bool) -> None:
    for scheme in ("light", "dark"):
        context = browser.new_context(viewport=PHONE, color_scheme=scheme)
        page = context.new_page()
        page.goto(f"{site.api}/f/{form}")
        for choice in page.get_by_role("radio").all()[1:2] + page.get_by_role("checkbox").all()[-2:-1]:
            choice.check()
        if wrong:
            page.locator("button").click()
            expect(page.get_by_role("alert")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        shoot(page, f"{form}-phone-{scheme}{'-problems' * wrong}")
        context.close()


@pytest.mark.parametrize("form", ["every", "german", "turkish", "persian"])
def test_forms_look_right_on_a_desk(site: Site, browser: Browser, form: str) -> None:
    for scheme in ("light", "dark"):
        context = browser.new_context(viewport=DESKTOP, color_scheme=scheme)
        page = context.new_page()
        page.goto(f"{site.api}/f/{form}")
        assert page.evaluate("document.documentElement.dir") == ("rtl" if form == "persian" else "ltr")
        shoot(page, f"{form}-desktop-{scheme}")
        context.close()


CONTRAST = """() => {
  const channel = (value) => (value /= 255, value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  const light = (colour) => { const [r, g, b] = colour.match(/[\\d.]+/g).map(Number);
    return 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b); };
  const behind = (element) => { for (let one = element; one; one = one.parentElement) {
    const colour = getComputedStyle(one).backgroundColor; if (!colour.endsWith(", 0)")) return colour; }
    return "rgb(255, 255, 255)"; };
  const found = [];
  for (const element of document.querySelectorAll("h1, p, label, legend, li, a, button, input, select, textarea")) {
    if (!element.getClientRects().length || element.closest(".trap")) continue;
    const [a, b] = [light(getComputedStyle(element).color), light(behind(element))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.push(`${element.tagName} ${element.className} ${ratio.toFixed(2)}`);
  }
  return found;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read_in_the_light_and_in_the_dark(site: Site, browser: Browser, scheme: str) -> None:
    context = browser.new_context(viewport=DESKTOP, color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{site.api}/f/every")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.evaluate(CONTRAST) == []
    context.close()


def test_a_number_is_read_in_the_language_of_its_form(site: Site, plain: Page) -> None:
    for form, name in (("turkish", "Ayda kaç gram"), ("every", "How much tea")):
        plain.goto(f"{site.api}/f/{form}")
        plain.locator("#field-email").fill("ada@tea.example")
        plain.locator("#field-name").fill("Ada")
        plain.locator("#field-house").check()
        plain.locator("#field-teas").check()
        plain.get_by_label(name).fill("5.000")
        plain.locator("[name=consent]").check()
        plain.locator("button").click()
        expect(plain.locator("form")).to_have_count(0)
        assert told(site)["kilos"] == (5000 if form == "turkish" else 5)


@pytest.fixture
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport=DESKTOP)
    context.set_default_timeout(15_000)
    yield context
    context.close()


def test_another_site_shows_the_form_sends_it_and_says_thanks_in_its_place(site: Site, visitor: BrowserContext) -> None:
    page = visitor.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(f"{site.shop}/?source=shop&email=evil@tea.example#top")
    expect(page.get_by_label("Your e-mail")).to_have_value("")
    expect(page.get_by_role("link", name="Ask for samples")).to_have_count(0)
    assert page.locator(".samovar-form").evaluate("host => getComputedStyle(host).fontFamily") == "Georgia, serif"
    red = page.get_by_text("Your name", exact=True).evaluate("label => getComputedStyle(label).color")
    assert red != "rgb(255, 0, 0)", "the page's rules stay outside"
    shoot(page, "embedded-desktop")
    page.get_by_label("Your e-mail").fill("ada")
    page.get_by_role("button", name="Send").click()
    alert = page.get_by_role("alert")
    expect(alert).to_be_focused()
    expect(page.get_by_label("Your e-mail")).to_have_value("ada")
    shoot(page, "embedded-problems-desktop")
    alert.get_by_role("link", name="Your e-mail").click()
    expect(page.get_by_label("Your e-mail")).to_be_focused()
    complaints.clear()
    fill(page)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status")).to_be_focused()
    expect(page.get_by_text("The samples are on their way.")).to_be_visible()
    expect(page.get_by_text("After the form")).to_be_visible()
    shoot(page, "embedded-thanks")
    stored = site.stack.events()[-1]
    assert dict(stored.traits) == TOLD | {"source": "shop"}
    assert stored.properties["page"] == f"{site.shop}/?source=shop&email=evil@tea.example"
    assert stored.identities == (site.stack.ref("p", "+905321234567"), site.stack.ref("a", "visitor-1"))
    assert complaints == []


def test_an_embedded_form_fits_a_narrow_screen(site: Site, browser: Browser) -> None:
    context = browser.new_context(viewport=PHONE)
    page = context.new_page()
    page.goto(site.shop)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    shoot(page, "embedded-phone-problems")
    context.close()


def test_without_script_another_site_still_leads_to_the_form(site: Site, plain: Page) -> None:
    plain.goto(site.shop)
    plain.get_by_role("link", name="Ask for samples").click()
    expect(plain.get_by_role("heading", name="Tea for your house")).to_be_visible()


def test_when_the_network_fails_the_answers_stay_and_it_is_said(site: Site, visitor: BrowserContext) -> None:
    page = visitor.new_page()
    page.goto(site.shop)
    fill(page)
    page.route("**/f/every", lambda route: route.abort())
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_have_text("This could not be sent. Please try again in a moment.")
    page.unroute("**/f/every")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status")).to_be_visible()


def test_only_sites_that_are_named_may_frame_a_form(site: Site) -> None:
    def policy(path: str) -> str:
        with urllib.request.urlopen(site.api + path) as answer:
            return str(answer.headers["content-security-policy"])

    assert "frame-ancestors http://127.0.0.1:*" in policy("/f/framed")
    assert "frame-ancestors http://127.0.0.1:*" in policy("/thanks/framed")
    assert "frame-ancestors 'none'" in policy("/f/every")


def test_a_frame_of_a_form_shows_it_where_it_is_allowed(site: Site, visitor: BrowserContext) -> None:
    page = visitor.new_page()
    page.goto(f"{site.shop}/frame")
    framed, refused = page.frame_locator("iframe").first, page.frame_locator("iframe").nth(1)
    expect(framed.get_by_label("Your e-mail")).to_be_visible()
    expect(refused.get_by_label("Your e-mail")).to_have_count(0)
