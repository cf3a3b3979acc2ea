"""What a page view says about how its visitor came."""

from typing import Any

import pytest

from functions.core.attribution import touch_of
from functions.core.event import Event
from functions.core.intake import Sender, to_event
from functions.core.wire import parse

NOW = 1_790_000_000_000
HERE = "https://tea.example/first-flush"


def page(url: str = HERE, referrer: str = "", kind: str = "page", **context: Any) -> Event:
    said = {"page": {"url": url, "referrer": referrer}, **context}
    item = {"anonymousId": "a1", "context": said} | ({"event": "Cup Drunk"} if kind == "track" else {})
    return to_event(parse(item, kind), None, Sender(NOW, b"pepper"))


def test_a_campaign_is_read_from_the_call_or_from_the_address() -> None:
    expected = {"source": "newsletter", "campaign": "İlk hasat 🍵", "landing": HERE}
    called = page(campaign={"source": "newsletter", "name": "İlk hasat 🍵"})
    assert touch_of(called) == expected
    written = page(f"{HERE}?utm_source=newsletter&utm_campaign=%C4%B0lk+hasat+%F0%9F%8D%B5&utm_medium=#utm_term=x")
    assert touch_of(written) == expected
    assert written.context["campaign"] == {"source": "newsletter", "name": "İlk hasat 🍵"}


@pytest.mark.parametrize("name", ["gclid", "fbclid", "msclkid", "ttclid"])
def test_a_click_s_id_is_kept_though_the_address_is_cut(name: str) -> None:
    event = page(f"{HERE}?pad={'x' * 500}&{name}=Cj0KC&other=1")
    assert event.context["clicks"] == {name: "Cj0KC"}
    assert touch_of(event) == {name: "Cj0KC", "landing": HERE}


@pytest.mark.parametrize(
    ("referrer", "site"),
    [
        ("https://www.search.example/results?q=tea", "search.example"),
        ("android-app://com.example.mail/", "com.example.mail"),
        ("https://tea.example/", None),
        ("https://www.tea.example/", None),
        ("https://shop.tea.example/", None),
        ("https://notmytea.example/", "notmytea.example"),
        ("", None),
        ("not an address", None),
        ("https://[", None),
    ],
)
def test_another_site_is_a_touch_and_the_own_one_is_not(referrer: str, site: str | None) -> None:
    assert touch_of(page(referrer=referrer)) == ({"referrer": site, "landing": HERE} if site else None)


def test_a_site_that_was_passed_through_in_the_middle_of_a_visit_is_no_touch() -> None:
    till = "https://pay.example/"
    assert touch_of(page(referrer=till, sessionId=1, sessionStart=True))
    assert touch_of(page(referrer=till, sessionId=1)) is None
    assert touch_of(page(f"{HERE}?gclid=x", referrer=till, sessionId=1)), "a click on an advertisement always is"


def test_only_page_views_are_touches() -> None:
    assert touch_of(page(f"{HERE}?gclid=x", kind="track")) is None
    assert touch_of(page(HERE, referrer="https://search.example/", kind="screen")) is None


@pytest.mark.parametrize(
    "context",
    [
        {"campaign": "spring"},
        {"campaign": {"source": 7, "medium": None}},
        {"sessionId": True, "sessionStart": True},
        {"sessionId": -1, "automation": "yes"},
    ],
)
def test_what_is_not_understood_is_left_out(context: dict[str, Any]) -> None:
    assert page(**context).context == {}


def test_an_address_of_a_thousand_parameters_names_nothing() -> None:
    assert page(HERE + "?" + "&".join(f"gclid={number}" for number in range(1000))).context == {}


def test_a_browser_s_word_that_it_is_driven_is_kept() -> None:
    assert page(automation=True).context == {"automation": True}
