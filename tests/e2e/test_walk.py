"""One visitor from an advertisement to a page of their own, on a telephone and at a desk: the headline that was
promised, a form, a book, what is known then, and a choice. Everybody can use every page on the way (axe), and nothing
of it moves.

`SCREENSHOTS=folder` keeps what was seen; `-s` shows how soon the pages were painted.
"""

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from local import skip
from local.emulator import ROOT
from local.stack import Stack
from local.waiting import until
from tests.e2e.conftest import AGENT
from tests.e2e.test_loop import MINUTE, letters_to, person

pytestmark = [pytest.mark.stack, pytest.mark.browser]

AXE = ROOT / "tests" / "npm" / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = {"serious", "critical"}
PHONE_AGENT = (
    "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 "
    "Mobile Safari/537.36"
)
MEASURED = """() => new Promise(done => {
    const seen = {moved: 0, painted: 0};
    new PerformanceObserver(list => list.getEntries().forEach(one => seen.moved += one.value))
        .observe({type: "layout-shift", buffered: true});
    new PerformanceObserver(list => list.getEntries().forEach(one => seen.painted = one.startTime))
        .observe({type: "largest-contentful-paint", buffered: true});
    setTimeout(() => done(seen), 200);
})"""


@pytest.fixture(params=["phone", "desk"])
def context(request: pytest.FixtureRequest, browser: Browser) -> Any:
    """A browser with a telephone's screen, or a large one. Its policy stands aside for axe alone, which must be put
    into the page; other tests hold that the policy stands."""
    version = browser.version.partition(".")[0]
    if request.param == "phone":
        made = browser.new_context(
            viewport={"width": 360, "height": 740},
            user_agent=PHONE_AGENT.format(version),
            has_touch=True,
            is_mobile=True,
            device_scale_factor=2,
            bypass_csp=True,
        )
    else:
        size = {"width": 1280, "height": 800}
        made = browser.new_context(
            viewport=size, user_agent=AGENT.format(version), color_scheme="dark", bypass_csp=True
        )
    made.set_default_timeout(15_000)
    yield made
    made.close()


def looked_at(page: Page, name: str) -> None:
    """The page as it stands can be used by everybody, and nothing of it moved or is wider than the screen."""
    width = (page.viewport_size or {})["width"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    seen = page.evaluate(MEASURED)
    assert seen["moved"] == 0, (name, seen)
    print(f"{name} at {width} px: largest paint after {seen['painted']:.0f} ms")
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"walk-{width}-{name}.png", full_page=True)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run().then(({violations}) => violations)")
    wrong = [(one["id"], [node["html"] for node in one["nodes"]]) for one in found if one["impact"] in SERIOUS]
    assert wrong == [], name


def test_an_advertisement_leads_to_a_book_and_to_a_page_of_one_s_own(context: BrowserContext, stack: Stack) -> None:
    page = context.new_page()
    wide = (page.viewport_size or {})["width"]
    selin = f"selin{wide}@example.com"
    page.goto(f"{stack.api_url}/page/first-flush?utm_campaign=first-flush&utm_term=first+flush&utm_source=ad{wide}")
    expect(page.get_by_role("heading", level=1)).to_have_text("You looked for first flush. Here it is.")
    looked_at(page, "landing")
    page.get_by_role("region").get_by_role("button", name="Yes").click()
    page.get_by_label("Your e-mail").fill(selin)
    page.get_by_label("Your first name").fill("Selin Işık")
    page.locator("input[type=checkbox]").first.check()
    page.locator("form button[type=submit], form button:not([type])").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    looked_at(page, "thanks")
    until(lambda: letters_to(stack, selin), 60, "the welcome")

    page.goto(f"{stack.api_url}/f/brewing-book")
    looked_at(page, "form")
    page.get_by_label("Your e-mail").fill(selin)
    page.get_by_label("Your first name").fill("Selin Işık")
    page.get_by_role("button", name="Get the book").click()
    expect(page.get_by_role("link", name="Get “Two pots, one flame”")).to_be_visible()
    looked_at(page, "book-thanks")
    until(lambda: len(letters_to(stack, selin)) == 2, 60, "the letter with the book")
    book = next(one.url for letter in letters_to(stack, selin) for one in letter.links if "/get/" in one.url)
    before = person(stack, selin)
    # Nobody has read it so soon.
    skip.skip(stack, MINUTE)
    with page.expect_download() as download:
        page.evaluate("address => { location = address }", book)
    assert download.value.suggested_filename == "Two pots, one flame.pdf"
    welcome = next(one for one in letters_to(stack, selin) if not any("/get/" in link.url for link in one.links))
    page.goto(next(link.url for link in welcome.links if "/c/" in link.url))
    skip.skip(stack, MINUTE)
    after = person(stack, selin)
    assert after["scores"]["interest"] > before["scores"]["interest"]
    assert "brewing" in after["tags"]
    assert "brewers" in after["segments"]
    assert after["attribution"]["first"]["campaign"] == "first-flush"

    until(lambda: len(letters_to(stack, selin)) == 3, 60, "the offer")
    skip.skip(stack, MINUTE)
    mine = next(one.url for letter in letters_to(stack, selin) for one in letter.links if "/my/" in one.url)
    page.goto(mine)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your shelf, Selin Işık")
    expect(page.get_by_text("You took Two pots, one flame along.")).to_be_visible()
    assert page.url == f"{stack.api_url}/page/your-shelf"
    looked_at(page, "own")
    page.reload()
    page.get_by_role("button", name="A green one").click()
    expect(page.get_by_text("We will, in the next letter.")).to_be_visible()
    looked_at(page, "chosen")
    skip.skip(stack, MINUTE)
    assert person(stack, selin)["traits"]["next_tea"] == "green"

    stranger = context.browser
    assert stranger is not None
    other = stranger.new_page()
    answer = other.goto(f"{stack.api_url}/page/your-shelf")
    assert answer is not None
    assert answer.status == 403
    assert "Selin" not in other.content()
    other.close()
    assert stack.complaints() == []
