"""The circle, in a real browser: a form post becomes a scored contact, a journey and an email."""

import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from local import skip
from local.front import letters
from local.front.letters import Letter
from local.stack import Stack
from local.waiting import until

pytestmark = [pytest.mark.stack, pytest.mark.browser]

SAMOVAR = Path(sys.executable).with_name("samovar")
MINUTE = 60
DAY = 86_400


def sign_up(page: Page, stack: Stack, address: str, name: str) -> None:
    page.goto(stack.site_url)
    page.get_by_label("Your e-mail").fill(address)
    page.get_by_label("Your first name").fill(name)
    page.get_by_label("Yes, send me brewing tips").check()
    page.get_by_role("button", name="Pour me in").click()
    expect(page.get_by_text("our first letter is on its way")).to_be_visible()


def letters_to(stack: Stack, address: str) -> list[Letter]:
    """Oldest first."""
    return [letters.read(sent) for sent in stack.messages() if address in sent.to]


def person(stack: Stack, address: str) -> dict[str, Any]:
    """What `samovar contact` says of somebody."""
    run = subprocess.run(
        [str(SAMOVAR), "contact", address, "--json"],
        check=False,
        env={**os.environ, "STATE_DIR": stack.state_dir},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def interest(stack: Stack, address: str) -> int:
    return int(person(stack, address)["scores"]["interest"])


def message_of(stack: Stack, address: str, template: str) -> dict[str, Any]:
    """The only message of a template in the ledger."""
    found = [message for message in person(stack, address)["messages"] if message["template"] == template]
    assert len(found) == 1
    entry: dict[str, Any] = found[0]
    return entry


def test_a_visitor_signs_up_reads_clicks_and_gets_the_offer(stack: Stack, page: Page) -> None:
    sign_up(page, stack, "ada@example.com", "Ada")
    until(lambda: letters_to(stack, "ada@example.com"), 30, "the welcome")
    stack.settle()
    assert interest(stack, "ada@example.com") == 20

    # Nobody has read it so soon.
    skip.skip(stack, MINUTE)
    page.goto(stack.inbox_url)
    page.get_by_role("link", name="ada@example.com").click()
    expect(page.get_by_role("heading", name="Welcome, Ada")).to_be_visible()
    letter = page.frame_locator("iframe")
    expect(letter.get_by_text("It is good to have you at the table")).to_be_visible()
    # The letter shows its pixel, so it counts as opened, once that was judged.
    stack.settle()
    assert interest(stack, "ada@example.com") == 20
    skip.skip(stack, MINUTE)
    assert interest(stack, "ada@example.com") == 20 + 10

    with page.expect_popup() as opened:
        letter.get_by_role("link", name="See the first flush").click()
    shop = opened.value
    expect(shop.get_by_role("heading", name="First Flush")).to_be_visible()
    assert shop.url.startswith(f"{stack.site_url}/first-flush")
    stack.settle()
    skip.skip(stack, MINUTE)
    until(lambda: len(letters_to(stack, "ada@example.com")) == 2, 10, "the second letter")
    stack.settle()
    assert interest(stack, "ada@example.com") >= 20 + 10 + 20
    second = letters_to(stack, "ada@example.com")[1]
    assert second.message == message_of(stack, "ada@example.com", "first-offer")["id"]

    skip.skip(stack, 3 * DAY)
    assert len(letters_to(stack, "ada@example.com")) == 2
    assert person(stack, "ada@example.com")["tags"] == ["welcomed"]


def test_whoever_never_clicks_gets_the_guide_after_three_days(stack: Stack, page: Page) -> None:
    sign_up(page, stack, "bora@example.com", "Bora")
    until(lambda: letters_to(stack, "bora@example.com"), 10, "the welcome")

    page.goto(stack.inbox_url)
    with page.expect_navigation():
        page.get_by_role("button", name="Skip 1 day").click()
    expect(page.get_by_text(re.compile(r"\d days? (.+ )?ahead"))).to_be_visible()
    skip.skip(stack, DAY)
    assert len(letters_to(stack, "bora@example.com")) == 1

    skip.skip(stack, DAY)
    welcome, guide = letters_to(stack, "bora@example.com")
    assert guide.message == message_of(stack, "bora@example.com", "brewing-guide")["id"]
    # The wait counts from the step, and the welcome took a moment from there.
    assert abs(guide.at - welcome.at - 3 * DAY * 1000) < 60_000
    page.goto(stack.inbox_url)
    expect(page.get_by_role("heading", name=guide.subject)).to_be_visible()


def test_one_click_unsubscribes_and_nothing_more_comes(stack: Stack, page: Page) -> None:
    sign_up(page, stack, "chiara@example.com", "Chiara")
    until(lambda: letters_to(stack, "chiara@example.com"), 10, "the welcome")
    headers = dict(letters_to(stack, "chiara@example.com")[0].headers)
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = headers["List-Unsubscribe"].strip("<>")
    with urllib.request.urlopen(urllib.request.Request(address, b"List-Unsubscribe=One-Click")) as answer:
        assert answer.status == 200

    skip.skip(stack, 4 * DAY)
    assert len(letters_to(stack, "chiara@example.com")) == 1
    assert message_of(stack, "chiara@example.com", "brewing-guide")["state"] == "withheld"


@pytest.mark.parametrize(("mailbox", "state"), [("bounce", "bounced"), ("complaint", "complained")])
def test_a_message_learns_what_became_of_it(stack: Stack, page: Page, mailbox: str, state: str) -> None:
    address = f"{mailbox}@simulator.amazonses.com"
    sign_up(page, stack, address, "Sim")
    until(lambda: letters_to(stack, address), 10, "the welcome")
    stack.settle()
    assert message_of(stack, address, "welcome")["state"] == state
    skip.skip(stack, 4 * DAY)
    assert len(letters_to(stack, address)) == 1


@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_is_wider_than_the_screen(stack: Stack, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    for place in ("", "/first-flush", "/brewing-guide", "/wholesale"):
        page.goto(stack.site_url + place)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.goto(stack.inbox_url)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
