"""Reports say what was counted, as pages, as JSON and as files."""

import json
from typing import Any

import pytest

from functions import releases
from functions.core import answering
from functions.core.counted import Place, Unit
from functions.core.roles import Role
from functions.tables import counts
from tests.cloud import Cloud
from tests.crash.scenarios import link, mail, pixel, sign_up, wait
from tests.handlers.test_console import JSON, get, shop, signed_in

__all__ = ["shop"]


def pages(cloud: Cloud, query: str = "") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(get(cloud, f"/console/reports{query}", signed_in(Role.VIEWER), JSON)["body"])
    return found


def told(cloud: Cloud, query: str = "") -> dict[str, Any]:
    return {
        table["id"]: [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
        for table in pages(cloud, query)["tables"]
    }


def test_what_a_welcome_brought_stands_in_every_report(shop: Cloud) -> None:
    sign_up(shop)
    welcome = mail(shop, "welcome")
    assert welcome is not None
    shop.follow(pixel(welcome))
    shop.follow(link(welcome))
    wait(shop, days=1)
    found = told(shop)
    (journey,) = [row for row in found["senders"] if row["entered"] and row["clicked"]]
    assert (journey["kind"], journey["opened"], journey["clicked"]) == ("journey", 1, 1)
    assert journey["sent"] >= 1
    assert 0 < journey["cost"]["USD"] < 0.01
    assert "&lt; $0.01" in get(shop, "/console/reports", signed_in(Role.VIEWER))["body"]
    assert sum(row["sent"] for row in found["messages"]) >= journey["sent"]
    assert any(row["entered"] for row in found["funnel"])
    assert any(row["source"] == "direct" for row in found["sources"])
    assert any(row["did"] == "submitted" and row["times"] for row in found["made"])


def test_beside_what_a_journey_brought_stands_what_its_messages_cost_by_the_channels_that_they_went_by(
    shop: Cloud,
) -> None:
    at = ("journey/welcome", "2026-11-24", "hello")
    by = {"by-email": 10_000, "by-sms": 100, "sent": 10_100, "revenue-TRY": 123_400}
    counts.count([Unit("many", adds={Place(*at, measure): many for measure, many in by.items()})])
    (journey,) = [row for row in told(shop)["senders"] if row["revenue"]]
    assert (journey["revenue"], journey["cost"]) == ({"TRY": 1234}, {"USD": pytest.approx(6.27, abs=0.005)})


def test_what_answers_a_form_is_told_beside_the_journeys_and_leads_to_its_own_page(shop: Cloud) -> None:
    answers = answering.journeys(releases.live().release)
    titles = [answer.title or answering.called(id) for id, answer in answers.items()]
    for id in answers:
        counts.count([Unit(id, adds={Place(f"journey/{id}", "2026-11-24", "mail", "sent"): 3})])
    (table,) = [one for one in pages(shop)["tables"] if one["id"] == "senders"]
    assert [row[1] for row in table["rows"] if row[0] == "answer"] == titles
    for leads in table["links"]:
        assert get(shop, leads["name"], signed_in(Role.VIEWER))["statusCode"] == 200
    assert "answer to a form" in get(shop, "/console/reports", signed_in(Role.VIEWER))["body"]


def test_today_tells_what_happened_today_and_within_a_week(shop: Cloud) -> None:
    sign_up(shop)
    first = lately(shop)
    assert (first["came"], first["sent"], first["opened"]) == ((0, 1), (0, 1), (0, 0))
    welcome = mail(shop, "welcome")
    assert welcome is not None
    shop.follow(pixel(welcome))
    wait(shop, days=1)
    then = lately(shop)
    assert then["came"] == (0, 1)
    # A message counts on the day on which it was decided.
    assert then["opened"] == (0, 1)
    shop.skip(days=10)
    assert lately(shop)["opened"] == (0, 0)
    assert "opened by people" in get(shop, "/console", signed_in(Role.VIEWER))["body"]


def lately(cloud: Cloud) -> dict[str, tuple[int, int]]:
    found = json.loads(get(cloud, "/console", signed_in(Role.VIEWER), JSON)["body"])["lately"]
    return {one["what"]: (one["today"], one["week"]) for one in found}


def test_a_page_shows_them_and_each_is_a_file(shop: Cloud) -> None:
    on = "2026-11-24"
    counts.count(
        [
            Unit(
                "o1",
                adds={Place("source", on, "google", "orders"): 2, Place("source", on, "google", "revenue-TRY"): 1999},
            )
        ]
    )
    counts.count([Unit("o2", adds={Place("source", on, "-google", "orders"): 1})])
    assert [row["revenue"] for row in told(shop)["orders"]] == [{"TRY": 19.99}, None]
    page = get(shop, "/console/reports?days=30", signed_in(Role.VIEWER))
    assert page["statusCode"] == 200
    assert "TRY19.99" in page["body"]
    reply = get(shop, "/console/reports/orders/csv", signed_in(Role.VIEWER))
    assert reply["headers"]["content-type"].startswith("text/csv")
    lines = reply["body"].removeprefix("\ufeff").splitlines()
    assert lines == ["Source,Orders,Refunds,Revenue (TRY)", "google,2,0,19.99", "'-google,1,0,"]


@pytest.mark.parametrize(("path", "status"), [("/console/reports?days=7", 400), ("/console/reports/none/csv", 404)])
def test_what_there_is_not_is_refused(shop: Cloud, path: str, status: int) -> None:
    assert get(shop, path, signed_in(Role.VIEWER))["statusCode"] == status
