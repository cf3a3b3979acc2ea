"""The preference centre in a real browser: small screen, keyboard, names for screen readers, and its effect."""

import urllib.request

import pytest
from playwright.sync_api import Page, expect

from functions.aws.attributes import from_item
from functions.releases import KEYRING
from functions.tokens import Links, Preferring, read_unsubscribe
from local import skip
from local.stack import Stack
from local.waiting import until
from tests.e2e.test_loop import DAY, letters_to, message_of, person, sign_up

pytestmark = [pytest.mark.stack, pytest.mark.browser]


def preferences_of(stack: Stack, address: str) -> str:
    """The link of the letter that came, made as the letter's own other links are."""
    headers = dict(letters_to(stack, address)[0].headers)
    url = headers["List-Unsubscribe"].strip("<>")
    base, _, token = url.rpartition("/u/")
    pk, sk = KEYRING
    row = stack.client("dynamodb").get_item(TableName=stack.contacts_table, Key={"pk": {"S": pk}, "sk": {"S": sk}})
    keys = from_item(row["Item"])["signing"]
    said = read_unsubscribe(keys, token)
    return Links(keys, base).preferences_url(Preferring(said.contact, said.message, said.sent, said.address))


def test_somebody_chooses_less_with_the_keyboard_on_a_small_screen_and_gets_less(stack: Stack, page: Page) -> None:
    sign_up(page, stack, "dilek@example.com", "Dilek İpek")
    until(lambda: letters_to(stack, "dilek@example.com"), 60, "the welcome")
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(preferences_of(stack, "dilek@example.com"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    expect(page.get_by_text("d•••@example.com")).to_be_visible()
    expect(page.locator("body")).not_to_contain_text("Dilek")
    assert page.evaluate("document.scripts.length") == 0

    tips = page.get_by_role("group", name="Messages").get_by_role(
        "checkbox", name="Yes, send me “Brewing tips” by e-mail."
    )
    expect(tips).to_be_checked()
    for control in page.get_by_role("checkbox").all() + page.get_by_role("radio").all():
        assert control.evaluate("box => box.labels.length") == 1
    tips.focus()
    page.keyboard.press("Space")
    page.get_by_role("radio", name="Whenever there is something").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Saved")).to_be_visible(timeout=30_000)
    expect(page.get_by_role("status")).to_contain_text("This is what stands now")
    expect(tips).not_to_be_checked()
    expect(page.get_by_role("radio", name="At most once a week")).to_be_checked()
    page.screenshot(path=f"{stack.state_dir}/preferences.png", full_page=True)

    stack.settle()
    assert not person(stack, "dilek@example.com")["topics"]["topics"]["tips"]["agreed"]
    skip.skip(stack, 4 * DAY)
    assert len(letters_to(stack, "dilek@example.com")) == 1
    assert message_of(stack, "dilek@example.com", "brewing-guide")["state"] == "withheld"


def test_a_mail_program_s_multipart_post_unsubscribes_through_the_front(stack: Stack, page: Page) -> None:
    sign_up(page, stack, "emre@example.com", "Emre")
    until(lambda: letters_to(stack, "emre@example.com"), 60, "the welcome")
    address = dict(letters_to(stack, "emre@example.com")[0].headers)["List-Unsubscribe"].strip("<>")
    body = b'--t\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--t--\r\n'
    kind = {"content-type": "multipart/form-data; boundary=t"}
    for method in ("GET", "HEAD"):
        with urllib.request.urlopen(urllib.request.Request(address, method=method)) as answer:
            assert answer.status == 200
    stack.settle()
    assert person(stack, "emre@example.com")["topics"]["topics"]["tips"]["agreed"]
    for _ in range(2):
        with urllib.request.urlopen(urllib.request.Request(address, body, kind)) as answer:
            assert (answer.status, answer.url) == (200, address)
    stack.settle()
    assert not person(stack, "emre@example.com")["topics"]["topics"]["tips"]["agreed"]
