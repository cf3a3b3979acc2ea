"""E-mails in the console: shown as somebody would get them, where nothing runs, and tried on oneself alone."""

import json
from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest

from functions.console import mails
from functions.core.release import Release, canonical, load
from functions.core.roles import Role
from functions.tables import messages, releases
from local.emulator import EmulatorProcess
from tests.cloud import Cloud, marketing
from tests.crash.scenarios import sign_up
from tests.handlers.test_console import ADA, FORM, JSON, get, post, signed_in, token_of

WELCOME = "/console/mails/welcome"
NASTY = "<script>alert(1)</script>\"'{{ 7*7 }} İı 😀"


@pytest.fixture
def shop(emulator: EmulatorProcess) -> Iterator[Cloud]:
    """A shop where Ada signed up."""
    with Cloud(emulator) as cloud:
        sign_up(cloud)
        cloud.skip(days=1)
        yield cloud


def press(cloud: Cloud, path: str, role: Role = Role.MARKETER, **typed: str) -> dict[str, Any]:
    cookie = signed_in(role)
    return post(cloud, path, cookie, _token=token_of(cloud, cookie), **typed)


def told(cloud: Cloud, path: str, role: Role = Role.MARKETER) -> dict[str, Any]:
    return dict(json.loads(get(cloud, path, signed_in(role), JSON)["body"]))


def test_a_mail_is_shown_as_a_made_up_person_gets_it_to_whoever_sees_nobody(shop: Cloud) -> None:
    assert "welcome" in [one["id"] for one in told(shop, "/console/mails", Role.VIEWER)["mails"]]
    said = told(shop, WELCOME, Role.VIEWER)
    assert (said["subject"], said["withheld"], said["person"]) == ("Welcome, Ada", "", "")
    page = get(shop, WELCOME, signed_in(Role.VIEWER))["body"]
    assert "<strong>Welcome, Ada</strong>" in page
    assert 'class="letter desktop" sandbox title=' in page
    assert "As this person" not in page
    assert "Send me a test" not in page


def test_a_mail_is_shown_as_somebody_gets_it_to_whoever_sees_people(shop: Cloud) -> None:
    ada = shop.contact(ADA)
    reply = get(shop, f"{WELCOME}?as={quote(ADA)}", signed_in(Role.SALES))
    assert reply["headers"]["location"] == f"{WELCOME}?look=desktop&as={ada}"
    page = get(shop, f"{WELCOME}?as={ada}", signed_in(Role.SALES))["body"]
    assert ADA in page
    for path in (f"{WELCOME}?as={ada}", f"{WELCOME}/html?as={ada}"):
        assert get(shop, path, signed_in(Role.VIEWER))["statusCode"] == 403
    nobody = get(shop, f"{WELCOME}?as={quote(NASTY)}", signed_in(Role.OWNER))
    assert nobody["statusCode"] == 404
    assert "<script>alert" not in nobody["body"]


def test_what_a_person_may_not_get_says_why(shop: Cloud) -> None:
    said = told(shop, f"{WELCOME}?as={shop.contact(ADA)}&language=tr")
    assert said["language"] == "tr"
    unknown = get(shop, f"{WELCOME}?language=pl", signed_in(Role.OWNER))
    assert unknown["statusCode"] == 404
    assert get(shop, "/console/mails/none", signed_in(Role.OWNER))["statusCode"] == 404
    for release in ("0" * 64, "x", "../live", "0" * 63):
        assert get(shop, f"{WELCOME}?release={release}", signed_in(Role.OWNER))["statusCode"] == 404


def test_a_mail_of_another_release_is_shown_as_it_is_there(shop: Cloud) -> None:
    content = load(marketing()).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    content["emails"]["welcome"]["subject"] = "Another"
    release = releases.store(canonical(Release.model_validate(content)), {})
    assert told(shop, f"{WELCOME}?release={release}")["subject"] == "Another"
    assert told(shop, WELCOME)["subject"] == "Welcome, Ada"


def test_no_script_runs_in_a_mail_that_is_shown(shop: Cloud) -> None:
    reply = get(shop, f"{WELCOME}/html", signed_in(Role.VIEWER))
    policy = reply["headers"]["content-security-policy"]
    said = [part.strip() for part in policy.split(";")]
    assert "sandbox" in said, "without allow-scripts, and in an origin of its own"
    assert "default-src 'none'" in said
    assert "script-src" not in policy
    assert "frame-ancestors 'self'" in said
    assert reply["headers"]["referrer-policy"] == "no-referrer"
    outside = get(shop, WELCOME, signed_in(Role.VIEWER))["headers"]["content-security-policy"]
    assert "frame-src 'self'" in outside
    assert "frame-ancestors 'none'" in outside
    assert "unsafe" not in outside
    assert "frame-src" not in get(shop, "/console", signed_in(Role.VIEWER))["headers"]["content-security-policy"]


def test_what_a_person_called_themselves_is_text_in_the_mail_and_around_it(shop: Cloud) -> None:
    shop.call("identify", anonymousId="b", messageId="m", traits={"email": "b@example.com", "first_name": NASTY})
    shop.skip(hours=1)
    someone = shop.contact("b@example.com")
    page = get(shop, f"{WELCOME}?as={someone}", signed_in(Role.OWNER))["body"]
    letter = get(shop, f"{WELCOME}/html?as={someone}", signed_in(Role.OWNER))["body"]
    for html in (page, letter):
        assert "<script>alert" not in html
    assert f"Welcome, {NASTY}" in unescape(page)


def test_a_mail_is_looked_at_on_a_phone_and_in_the_dark(shop: Cloud) -> None:
    assert 'class="letter phone"' in get(shop, f"{WELCOME}?look=phone", signed_in(Role.VIEWER))["body"]
    dark = get(shop, f"{WELCOME}/html?look=dark", signed_in(Role.VIEWER))["body"]
    assert "prefers-color-scheme: dark)" not in dark
    assert "prefers-color-scheme: dark)" in get(shop, f"{WELCOME}/html", signed_in(Role.VIEWER))["body"]
    assert 'class="letter desktop"' in get(shop, f"{WELCOME}?look=%22%3E", signed_in(Role.VIEWER))["body"]


def test_a_test_goes_to_whoever_asks_and_is_in_nobody_s_history(shop: Cloud) -> None:
    before, ada = len(shop.postbox.memos), shop.contact(ADA)
    listed = len(messages.list_for(ada))
    reply = press(shop, f"{WELCOME}/test", **{"as": ada})
    assert reply["statusCode"] == 303
    (mail,) = shop.postbox.memos[before:]
    assert mail.to == "marketer@tea.example"
    assert mail.subject.startswith("[Test] Welcome")
    shop.settle()
    assert len(messages.list_for(ada)) == listed
    page = get(shop, reply["headers"]["location"], signed_in(Role.MARKETER))["body"]
    assert "A test is on its way to marketer@tea.example" in page
    for role in (Role.SALES, Role.VIEWER):
        assert press(shop, f"{WELCOME}/test", role)["statusCode"] == 403
    assert post(shop, f"{WELCOME}/test", signed_in(Role.OWNER))["statusCode"] == 403


def test_nobody_else_gets_a_test_and_nobody_many(shop: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mails, "TESTS_AN_HOUR", 2)
    cookie, before = signed_in(Role.OWNER), len(shop.postbox.memos)
    headers = {**JSON, **FORM, **cookie, "x-samovar-token": token_of(shop, cookie)}
    said = [
        shop.http("POST", f"{WELCOME}/test", "to=x%40evil.example", headers=headers, room="console") for _ in range(3)
    ]
    assert [one["statusCode"] for one in said] == [200, 200, 429]
    assert json.loads(said[0]["body"]) == {"sent": True, "to": "owner@tea.example"}
    assert int(said[2]["headers"]["retry-after"]) <= 3600
    assert {mail.to for mail in shop.postbox.memos[before:]} == {"owner@tea.example"}
    shop.clock.now += mails.HOUR_MS
    headers |= signed_in(Role.OWNER)
    headers["x-samovar-token"] = token_of(shop, {"cookie": headers["cookie"]})
    again = shop.http("POST", f"{WELCOME}/test", "", headers=headers, room="console")
    assert again["statusCode"] == 200


def test_a_test_that_can_not_be_sent_says_why(shop: Cloud) -> None:
    content = load(marketing()).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    content["emails"]["welcome"]["subject"] = "{{ contact.email + 1 }}"
    release = releases.store(canonical(Release.model_validate(content)), {})
    reply = press(shop, f"{WELCOME}/test", release=release)
    assert reply["statusCode"] == 409
    assert "nothing was sent" in reply["body"]
    shown = get(shop, f"{WELCOME}?release={release}", signed_in(Role.MARKETER))
    assert (shown["statusCode"], "It would not be sent" in shown["body"]) == (200, True)
