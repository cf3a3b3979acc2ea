"""The browser SDKs, unmodified, in Chromium on a page of another origin, through bad weather to the whole stack.

All they are told is the API's address: their settings, the headers of their retries and their beacon pass
API Gateway's routes and CORS as the template has them.
"""

from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page

from functions.aws.attributes import from_item
from functions.tables import events
from local.front.server import Server
from local.stack import Stack
from local.waiting import until
from tests.scale import SCALE
from tests.sdk.report import Report, show
from tests.sdk.shop import Shop
from tests.sdk.weather import TROUBLES, Weather

pytestmark = [pytest.mark.stack, pytest.mark.browser]

COUNT = 25 if SCALE == 1 else 500
TROUBLED = len(TROUBLES) * (1 if SCALE == 1 else 10)
QUIET = 100
"""So many looks without a beacon mean that none will come."""
PATIENCE_S = 60 if SCALE == 1 else 600


def stored(stack: Stack, ids: set[str]) -> list[str]:
    """Which of these calls the stack has stored, one for each row."""
    pages = stack.client("dynamodb").get_paginator("scan").paginate(TableName=stack.events_table)
    rows = [from_item(item) for page in pages for item in page["Items"]]
    found = [events.from_row(row).id for row in rows if events.is_event(row)]
    return [id for id in found if id in ids]


def visit(page: Page, stack: Stack, sdk: str, mode: str, troubles: int = TROUBLED) -> Report:
    """Let a page make COUNT mixed calls, and wait until the SDK has delivered them."""
    weather = Weather(stack.api_url, troubles)
    asked = {str(n) for n in range(COUNT)}
    with Server(0, weather.proxy()) as proxy, Server(0, Shop) as shop:
        query = urlencode({"api": proxy.url, "key": stack.write_key, "count": COUNT, "mode": mode})
        page.goto(f"{shop.url}/{sdk}?{query}")
        page.wait_for_function("document.title === 'said'", timeout=PATIENCE_S * 1000)

        looks: list[int] = []

        def delivered() -> bool:
            page.wait_for_timeout(100)  # lets the browser go on
            looks.append(len(weather.log))
            if mode == "beacon" and len(looks) > QUIET and looks[-QUIET] == looks[-1]:
                return True  # what a browser would not take is not sent again
            so_far = Report(sdk, asked, weather, [])
            met = {sending.fate for sending in weather.log} & set(TROUBLES)
            return not so_far.never_arrived and set(so_far.sent_again) == met

        until(delivered, PATIENCE_S, "the SDK to deliver")
        page.goto("about:blank")
    heard = {id for sending in weather.log for id in sending.ids}
    return Report(f"{sdk} ({mode})", asked, weather, stored(stack, heard))


@pytest.mark.parametrize(
    ("sdk", "mode"), [("segment", "standard"), ("segment", "batching"), ("rudderstack", "standard")]
)
def test_a_browser_sdk_in_bad_weather_loses_nothing_and_is_stored_once(
    sdk: str, mode: str, page: Page, stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    report = visit(page, stack, sdk, mode)
    with capsys.disabled():
        print("\n" + show([report]))
    assert report.refused == []
    assert report.is_stored_once
    assert report.never_arrived == []
    assert set(report.sent_again) == set(TROUBLES)


def test_rudderstack_s_beacon_is_stored(page: Page, stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    report = visit(page, stack, "rudderstack", "beacon", troubles=0)
    with capsys.disabled():
        print("\n" + show([report]))
    assert {sending.path for sending in report.weather.log} == {"/beacon/v1/batch"}
    assert report.is_stored_once
    assert report.refused == []
    # Paced as it is here, a browser takes them all; the table says so if one does not.
    assert len(report.never_arrived) <= COUNT // 100
