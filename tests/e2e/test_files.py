"""A file for an address, and a rating, in a real browser on a narrow screen, against the whole stack.

`SCREENSHOTS=folder` keeps what was seen.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Download, Page, expect

from authoring.reference import MARKETING
from local import skip
from local.stack import Stack
from local.waiting import until
from tests.e2e.conftest import AGENT
from tests.e2e.test_loop import DAY, MINUTE, letters_to, person, sign_up

pytestmark = [pytest.mark.stack, pytest.mark.browser]

FILE = MARKETING / "assets" / "Two pots, one flame.pdf"
READER, RATER = "dora@example.com", "emre@example.com"


@pytest.fixture
def phone(browser: Browser) -> Iterator[Page]:
    """A visitor with a telephone, who runs no script of ours."""
    agent = AGENT.format(browser.version.partition(".")[0])
    size = {"width": 360, "height": 740}
    context = browser.new_context(viewport=size, user_agent=agent, java_script_enabled=False, color_scheme="dark")
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def look(page: Page, name: str) -> None:
    widths = page.locator("main").bounding_box()
    assert widths
    assert widths["width"] <= (page.viewport_size or {})["width"]
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def is_the_book(download: Download) -> bool:
    return download.suggested_filename == FILE.name and download.path().read_bytes() == FILE.read_bytes()


def test_a_book_is_asked_for_downloaded_and_found_again_in_the_mail(stack: Stack, phone: Page) -> None:
    phone.goto(f"{stack.api_url}/f/brewing-book")
    phone.get_by_label("Your e-mail").fill(READER)
    phone.get_by_label("Your first name").fill("Dora")
    phone.get_by_role("button", name="Get the book").click()
    link = phone.get_by_role("link", name="Get “Two pots, one flame”")
    expect(link).to_be_visible()
    look(phone, "file-thanks")
    with phone.expect_download() as first:
        link.click()
    assert is_the_book(first.value)
    until(lambda: letters_to(stack, READER), 60, "the letter with the book")
    stack.settle()
    said = person(stack, READER)
    assert (said["tags"], said["scores"]["interest"]) == (["brewing"], 40)

    skip.skip(stack, DAY)
    (letter,) = letters_to(stack, READER)
    (mailed,) = [one.url for one in letter.links if "/get/" in one.url]
    with phone.expect_download() as second:
        phone.set_content(f'<a href="{mailed}">book</a>')
        phone.get_by_role("link", name="book").click()
    assert is_the_book(second.value)
    skip.skip(stack, MINUTE)
    assert stack.complaints() == []


def test_a_rating_is_one_click_and_changed_on_the_page_without_script(stack: Stack, page: Page, phone: Page) -> None:
    sign_up(page, stack, RATER, "Emre")
    until(lambda: letters_to(stack, RATER), 60, "the welcome")
    skip.skip(stack, 3 * DAY)
    skip.skip(stack, MINUTE)
    guide = letters_to(stack, RATER)[-1]
    rate = {one.text: one.url for one in guide.links if "/rate/" in one.url}
    assert list(rate) == ["1", "2", "3", "4", "5"]
    phone.goto(rate["2"])
    expect(phone.get_by_text("Your answer: 2")).to_be_visible()
    look(phone, "rating")
    phone.get_by_role("button", name="4").click()
    expect(phone.get_by_text("Your answer: 4")).to_be_visible()
    phone.get_by_label("What could we have told you better?").fill("Çay kaç dakika demlenir?")
    phone.get_by_role("button", name="Send").click()
    expect(phone.get_by_label("What could we have told you better?")).to_have_count(0)
    look(phone, "rating-commented")
    skip.skip(stack, MINUTE)
    assert person(stack, RATER)["traits"]["first_glass"] == 4
