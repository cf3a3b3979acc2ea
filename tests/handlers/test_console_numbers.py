"""Reports in depth: the funnel by week, steps, ways, runs, mailboxes; where numbers lead; strangers' text."""

import csv
import io
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest

from authoring import audit
from functions import releases
from functions.console import reports, tabled, wording
from functions.core.campaign import journey_of
from functions.core.counted import Place, Unit
from functions.core.counting import part
from functions.core.identity import own_ref
from functions.core.release import Release, canonical, load
from functions.core.roles import Role
from functions.core.runs import Run
from functions.core.staff import IDLE_MS
from functions.people.erasing import about
from functions.tables import campaigns, counts
from functions.work import jobs
from functions.work.jobs import Job
from local.emulator import EmulatorProcess
from tests.cloud import Cloud, marketing
from tests.crash.scenarios import link, mail, pixel, sign_up, wait
from tests.handlers.test_console import HTML, JSON, get, post, signed_in, token_of
from tests.handlers.test_console import shop as fresh

__all__ = ["fresh"]

NASTY = "=<script>alert('İı\"😀')</script>"
FORMULA = '=HYPERLINK("https://evil.example","x")'
DAY_MS = 86_400_000
JOURNEY = "/console/reports/journeys/tried"
CAMPAIGN = "/console/reports/campaigns/harvest"
FILES = (
    *(f"/console/reports/{table}/csv" for table in reports.TABLES),
    *(f"{JOURNEY}/{table}/csv" for table in ("steps", "ways", "waiting")),
    f"{CAMPAIGN}/runs/csv",
)
ROOMS = ("/console/reports", JOURNEY, CAMPAIGN)
SOURCES = ("=cmd|calc", "@sum(1)", "+1", NASTY, "İşçi Bülteni 😀", "ads", "\u202eads\r\nX: y")


def release() -> bytes:
    """The demo with hostile titles, a journey that is divided by chance, and a campaign."""
    plain = load(marketing()).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    plain["segments"]["keen"]["title"] = NASTY
    plain["forms"]["hello"]["title"] = FORMULA
    plain["funnel"]["stages"][0]["title"] = NASTY
    # Two of one title are two.
    plain["funnel"]["stages"][1]["title"] = NASTY
    plain["journeys"]["tried"] = {
        "title": NASTY,
        "topic": "tips",
        "start": {"when": {"event": "Form Submitted", "form": "hello"}, "again": "never"},
        "goal": {"event": "Order Completed"},
        "steps": [
            {
                "id": "by-chance",
                "split": [
                    {"id": "short", "percent": 30, "then": [{"id": "one", "send": "welcome"}]},
                    {"id": "long", "percent": 70, "then": [{"id": "two", "send": "brewing-guide"}]},
                ],
            },
            {"id": "tell", "notify": {"to": "shop", "subject": NASTY}},
        ],
    }
    plain["campaigns"]["harvest"] = {**plain["campaigns"]["new-harvest"], "title": NASTY}
    return canonical(Release.model_validate(plain))


@pytest.fixture(scope="module")
def shop(emulator: EmulatorProcess) -> Iterator[Cloud]:
    """A shop of which much was counted."""
    with Cloud(emulator, release()) as cloud:
        add("funnel", monday(cloud, 1), "attention", entered=8, through=3, out=1, ms=10 * DAY_MS)
        add("funnel", monday(cloud, 1, 6), "attention", entered=2)
        add("funnel", monday(cloud, 0), "attention", entered=5)
        add("funnel", monday(cloud, 1), "interest", entered=3)
        add("funnel", monday(cloud, 1), "", came=8)
        add("standing", "0", "stage", attention=6, interest=3)
        add("standing", "0", "band", hot=2, warm=1)
        add("temperature", monday(cloud, 1), "hot", entered=4)
        add("segment/keen", monday(cloud, 1), "", entered=3, left=1)
        add("segment/keen", "0", "", inside=2)
        on = monday(cloud, 1)
        add("journey/tried", on, "", entered=10, goal=2)
        add("journey/tried", on, "by-chance", passed=10, **{"way-short": 4, "way-long": 5, "way-gone": 1})
        add("journey/tried", on, "one", decided=4, sent=4, opened=2, clicked=1, orders=1, **{"revenue-TRY": 1999})
        add("journey/tried", on, "two", decided=5, sent=5, opened=1)
        add("journey/tried", on, "before", decided=1, sent=1, **{"by-sms": 1})
        add("journey/tried", on, "tell", decided=9, sent=9)
        add("journey/tried", "0", "by-chance", here=3, stuck=1)
        for run in ("one", "two", NASTY):
            add(f"journey/{journey_of('harvest')}", on, run, decided=7, sent=6)
        for place, run in enumerate(("two", "one")):
            at = cloud.clock.now - DAY_MS + place
            campaigns.create(Run("harvest", run, releases.live().id, at=at, begun=at, by="ada", state="done"))
        add("mailboxes", on, "gmail.com", sent=5, delivered=4, bounced=1, opened=2)
        add("mailboxes", on, "others", sent=9)
        for source in SOURCES:
            add("funnel-by-source", on, f"attention.{source}", entered=1)
            add("source", on, source, orders=2, **{"revenue-TRY": 1999, "refunded-TRY": 499, "revenue-=1+1": 100})
        add("form/hello", on, "", submitted=1)
        add("mail", on, "email", decided=9, sent=9)
        yield cloud


def add(subject: str, day: str, of: str, **measures: int) -> None:
    id = f"{subject} {day} {of}"
    counts.count([Unit(id, adds={Place(subject, day, of, measure): many for measure, many in measures.items()})])


def monday(cloud: Cloud, weeks_ago: int, plus: int = 0) -> str:
    today = datetime.fromtimestamp(cloud.clock.now / 1000, UTC).date()
    return (today - timedelta(days=today.weekday() + 7 * weeks_ago - plus)).isoformat()


def told(cloud: Cloud, path: str, role: Role = Role.VIEWER) -> dict[str, Any]:
    reply = get(cloud, path, signed_in(role), JSON)
    assert reply["statusCode"] == 200, reply["body"]
    found: dict[str, Any] = json.loads(reply["body"])
    return found


def lines(cloud: Cloud, path: str, id: str) -> list[dict[str, Any]]:
    (table,) = [one for one in told(cloud, path)["tables"] if one["id"] == id]
    return [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]


def test_of_those_who_came_to_a_stage_in_a_week_it_is_told_who_went_on_and_after_how_long(shop: Cloud) -> None:
    found = lines(shop, "/console/reports?days=30", "weeks")
    assert found == [
        line(monday(shop, 0), 5, 0, 0.0, None, 0),
        line(monday(shop, 1), 10, 3, 30.0, 2.5, 1),
        line(monday(shop, 1), 3, 0, 0.0, None, 0),
    ]


def line(week: str, entered: int, through: int, share: float, days: float | None, out: int) -> dict[str, Any]:
    passage = {"entered": entered, "through": through, "share": share, "days": days, "out": out}
    return {"week": week, "stage": NASTY, **passage}


def test_a_week_is_whole_even_where_the_days_asked_for_begin_within_it(fresh: Cloud) -> None:
    first = date.fromisoformat(told(fresh, "/console/reports?days=30")["first"])
    start = first - timedelta(days=first.weekday())
    add("funnel", start.isoformat(), "attention", entered=4)
    add("mail", start.isoformat(), "email", decided=4)
    assert lines(fresh, "/console/reports?days=30", "weeks")[-1]["entered"] == 4
    assert lines(fresh, "/console/reports?days=30", "messages")[-1]["decided"] == 4


def test_the_funnel_says_what_is_wanted_of_each_stage_beside_what_is(shop: Cloud) -> None:
    first, *_, last = lines(shop, "/console/reports", "funnel")
    assert (first["entered"], first["days"], first["now"]) == (15, 2.5, 6)
    assert (first["target-share"], first["target-days"]) == (20, 30.0)
    assert (last["target-share"], last["target-days"]) == (None, None)


def test_weeks_are_drawn_for_who_sees_and_told_for_who_hears(shop: Cloud) -> None:
    assert "chart" not in told(shop, "/console/reports")
    body = get(shop, "/console/reports?days=30", signed_in(Role.VIEWER))["body"]
    drawing = ElementTree.fromstring(re.findall(r"<svg.*?</svg>", body, re.DOTALL)[0])
    names = {one.get("id"): one.text for one in drawing}
    assert drawing.get("role") == "img"
    assert all(names[id] for id in str(drawing.get("aria-labelledby")).split())
    bars = [one for one in drawing.iter("{http://www.w3.org/2000/svg}title") if one.get("id") is None]
    assert [bar.text for bar in bars][:2] == [
        f"Week of {monday(shop, 1)}: 10 came, 3 of them went on (30%)",
        f"Week of {monday(shop, 0)}: 5 came, 0 of them went on (0%)",
    ]
    came, went = (
        [one for one in drawing.iter("{http://www.w3.org/2000/svg}rect") if one.get("class") == kind]
        for kind in ("came", "went")
    )
    assert (len(came), len(went)) == (3, 1)
    assert all(float(one.get("height", 0)) > 0 for one in (*came, *went))


def test_where_nobody_came_nothing_is_drawn(fresh: Cloud) -> None:
    fresh.clock.now += 600 * DAY_MS
    assert "<svg" not in get(fresh, "/console/reports", signed_in(Role.VIEWER))["body"]
    assert lines(fresh, "/console/reports", "weeks") == []


def test_a_journey_is_told_by_step_in_its_order_with_what_is_there_no_more_behind(shop: Cloud) -> None:
    found = lines(shop, JOURNEY, "steps")
    assert [one["step"] for one in found] == ["one", "two", "tell", "before"]
    assert [one["channel"] for one in found] == ["email", "email", "staff", "sms"]
    assert [one["template"] for one in found] == ["welcome", "brewing-guide", None, None]
    first = found[0]
    assert (first["sent"], first["opened"], first["clicked"], first["orders"]) == (4, 2, 1, 1)
    assert first["revenue"] == {"TRY": 19.99}


def test_ways_stand_side_by_side_with_their_share_and_what_came_of_their_messages(shop: Cloud) -> None:
    found = {one["way"]: one for one in lines(shop, JOURNEY, "ways")}
    assert list(found) == ["short", "long", "gone"]
    assert [(one["percent"], one["people"], one["part"]) for one in found.values()] == [
        (30, 4, 40.0),
        (70, 5, 50.0),
        (None, 1, 10.0),
    ]
    assert (found["short"]["sent"], found["short"]["clicked"], found["short"]["revenue"]) == (4, 1, {"TRY": 19.99})
    assert (found["long"]["sent"], found["long"]["clicked"], found["long"]["revenue"]) == (5, 0, None)


def test_it_is_told_where_people_wait_in_a_journey(shop: Cloud) -> None:
    assert lines(shop, JOURNEY, "waiting") == [{"step": "by-chance", "here": 3, "stuck": 1}]


def test_a_campaign_is_told_by_run_the_newest_first_and_each_leads_to_its_page(shop: Cloud) -> None:
    (table,) = told(shop, CAMPAIGN)["tables"]
    assert table["columns"][:2] == ["begun", "run"]
    # Of the last nothing is stored any more but its numbers.
    assert [row[1] for row in table["rows"]] == ["one", "two", NASTY]
    began = [row[0] for row in table["rows"]]
    assert began == [*sorted(began[:2], reverse=True), None]
    assert table["links"][1] == {"begun": "/console/campaigns/harvest/two"}
    assert "<" not in table["links"][2]["run"]
    page = get(shop, CAMPAIGN, signed_in(Role.VIEWER))["body"]
    assert f'<a href="/console/campaigns/harvest/two"><time datetime="{began[1]}">' in page


def test_a_journey_and_a_campaign_lead_to_their_numbers(shop: Cloud) -> None:
    (table,) = [one for one in told(shop, "/console/reports?days=30")["tables"] if one["id"] == "senders"]
    leads = [one["name"] for one in table["links"]]
    assert leads == [f"{JOURNEY}?days=30", f"{CAMPAIGN}?days=30"]
    goals = [dict(zip(table["columns"], row, strict=True))["goal"] for row in table["rows"]]
    assert goals == [2, None]
    assert JOURNEY in get(shop, "/console/journeys/tried", signed_in(Role.VIEWER))["body"]
    assert CAMPAIGN in get(shop, "/console/campaigns/harvest", signed_in(Role.VIEWER))["body"]
    for path in leads:
        assert get(shop, path, signed_in(Role.VIEWER))["statusCode"] == 200


def test_what_people_are_there_leads_to_them_for_whoever_may_see_people_and_nobody_else(shop: Cloud) -> None:
    leads = set[str]()
    for role in (Role.VIEWER, Role.MARKETER, Role.SALES, Role.OWNER):
        sees = role is not Role.VIEWER
        reply = get(shop, "/console/reports", signed_in(role))
        assert ("/console/people?of=" in reply["body"]) == sees
        links = [one for table in told(shop, "/console/reports", role)["tables"] for one in table["links"]]
        leads = {one["now"] for one in links if "now" in one}
        assert bool(leads) == sees
        for path in leads:
            assert get(shop, path, signed_in(role))["statusCode"] == 200
    assert {"/console/people?of=stage%3Aattention", "/console/people?of=band%3Ahot"} < leads
    assert "/console/people?of=segment%3Akeen" in leads
    # Nobody is no list.
    assert "/console/people?of=stage%3Aaction" not in leads
    cold = next(one for one in told(shop, "/console/reports", Role.OWNER)["tables"] if one["id"] == "bands")
    # Whoever never became anything is cold, and nobody counts them.
    assert (cold["rows"][-1], cold["links"][-1]) == (["cold", 0, None], {})


def test_a_mail_counts_for_whose_mailboxes_it_went_to_and_no_domain_of_ones_own_is_told(fresh: Cloud) -> None:
    fresh.post_form(email="ada@ada-lovelace.example", anonymous="desk", nonce="b1")
    fresh.post_form(email="berk@googlemail.com", anonymous="phone", nonce="b2")
    wait(fresh)
    for letter in fresh.mails:
        fresh.follow(pixel(letter))
    wait(fresh, days=1)
    before = lines(fresh, "/console/reports", "mailboxes")
    told_of = {one["mailbox"]: one for one in before}
    assert list(told_of) == ["others", "gmail.com"]
    berks = told_of["gmail.com"]
    assert (berks["sent"], berks["delivered"], berks["opened"], berks["bounced"]) == (1, 1, 1, 0)
    assert told_of["others"]["sent"] == 2
    rows = [one for one in fresh.items() if one["pk"].startswith("R#")]
    assert "lovelace" not in json.dumps(rows, default=str)
    assert {one["mailbox"] for one in fresh.items() if "mailbox" in one} == {"others", "gmail.com"}
    assert audit.run().differ == 0
    gone = fresh.contact("berk@googlemail.com")
    jobs.create(Job("forget1", "forget", fresh.clock.now, about=about(gone, own_ref(gone))))
    wait(fresh, days=1)
    assert berks in lines(fresh, "/console/reports", "mailboxes")
    assert audit.run().differ == 0


def test_what_strangers_call_a_source_or_a_currency_is_short_and_plain(fresh: Cloud) -> None:
    came = {
        "campaign": dict.fromkeys(("source", "medium", "name"), NASTY),
        "page": {"url": f"https://tea.example/{NASTY}"},
    }
    fresh.call("page", messageId="n1", anonymousId="eves", name=NASTY, context=came)
    fresh.post_form(email="eve@example.com", anonymous="eves", nonce="e1", first_name=NASTY)
    for number, currency in enumerate((NASTY, FORMULA, "try", 7)):
        fresh.put_on_bus(
            "Order Completed",
            id=f"o{number}",
            email="eve@example.com",
            properties={"revenue": 10, "currency": currency},
        )
    wait(fresh, days=1)
    found = {one["source"] for one in lines(fresh, "/console/reports", "sources")}
    assert part(NASTY) in found
    assert not any(sign in source for source in found for sign in "<>='\"")
    (order,) = lines(fresh, "/console/reports", "orders")
    assert (order["orders"], order["revenue"]) == (4, {"": 30, "TRY": 10})
    assert "<script>alert" not in get(fresh, "/console/reports", signed_in(Role.OWNER))["body"]


def test_strangers_text_is_text_on_every_page(shop: Cloud) -> None:
    for path in ROOMS:
        body = get(shop, path, signed_in(Role.OWNER))["body"]
        assert "<script>alert" not in body, path
        assert "İı" in body
        assert "😀" in body
        assert not re.search(r"<[^>]*\sstyle=|<style|<[^>]*\son\w+=", body), path
        assert "javascript:" not in body


def is_number(text: str) -> bool:
    with suppress(ValueError):
        float(text)
        return True
    return False


@pytest.mark.parametrize("path", FILES)
def test_every_table_is_a_file_and_json_and_no_cell_of_it_a_formula(shop: Cloud, path: str) -> None:
    cookie = signed_in(Role.SALES)
    made = json.loads(get(shop, path, cookie, JSON)["body"])
    assert made["rows"], path
    assert all(len(row) == len(made["columns"]) for row in made["rows"])
    assert len(made["links"]) == len(made["rows"])
    reply = get(shop, path, cookie)
    assert reply["headers"]["content-type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(r'attachment; filename="[a-z0-9.-]+"', reply["headers"]["content-disposition"])
    head, *rows = csv.reader(io.StringIO(reply["body"].removeprefix("\ufeff")))
    assert len(rows) == len(made["rows"])
    assert len(head) == len(set(head)), "each column by a name of its own"
    for row, cells in zip(rows, made["rows"], strict=True):
        assert len(row) == len(head)
        written = dict(zip(head, row, strict=True))
        for column, cell in zip(made["columns"], cells, strict=True):
            called = wording.words()(f"column-{column}")
            for currency, amount in cell.items() if isinstance(cell, dict) else ():
                assert float(written[f"{called} ({currency})" if currency else called]) == amount
            if isinstance(cell, int | float):
                assert float(written[called]) == cell
        assert not [one for one in row if re.match(r"\s*[=+\-@＝＋－＠\t\r\n]", one) and not is_number(one)]


@pytest.mark.parametrize("path", [*ROOMS, *FILES])
def test_no_page_and_no_file_is_for_whoever_is_not_signed_in(shop: Cloud, path: str) -> None:
    cookie = signed_in(Role.OWNER)
    member, _, secret = cookie["cookie"].partition("=")[2].rpartition(".")
    name = cookie["cookie"].partition("=")[0]
    forged = [f"{name}={member}.{secret[:-1]}x", f"{name}=other.{secret}", f"{name}={member}.", f"{name}={NASTY!a}"]
    for value in forged:
        assert get(shop, path, {"cookie": value})["statusCode"] == 302
        assert get(shop, path, {"cookie": value}, JSON)["statusCode"] == 401
    began = shop.clock.now
    shop.clock.now += IDLE_MS + 1
    assert get(shop, path, cookie)["statusCode"] == 302
    shop.clock.now = began
    assert shop.http("POST", path, "x=1", headers={**HTML, **cookie}, room="console")["statusCode"] == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/console/reports?days=0", 400),
        ("/console/reports?days=-30", 400),
        ("/console/reports?days=%3Cscript%3E", 400),
        ("/console/reports?days=30&days=7", 400),
        (f"{JOURNEY}?days=7", 400),
        (f"{JOURNEY}/steps/csv?days=x", 400),
        ("/console/reports/journeys/none", 404),
        ("/console/reports/journeys/%3Cscript%3E", 404),
        ("/console/reports/journeys/none/steps/csv", 404),
        (f"{JOURNEY}/runs/csv", 404),
        (f"{CAMPAIGN}/steps/csv", 404),
        ("/console/reports/campaigns/none", 404),
        ("/console/reports/campaigns/none/runs/csv", 404),
        ("/console/reports/campaigns/csv", 404),
        ("/console/reports/..%2Ffunnel/csv", 404),
    ],
)
def test_what_there_is_not_is_refused_and_shown_as_text(shop: Cloud, path: str, status: int) -> None:
    reply = get(shop, path, signed_in(Role.VIEWER))
    assert reply["statusCode"] == status
    assert "<script>" not in reply["body"]


def test_a_real_letter_stands_in_the_numbers_of_its_step_and_its_way(fresh: Cloud) -> None:
    sign_up(fresh)
    welcome = mail(fresh, "welcome")
    assert welcome is not None
    fresh.follow(pixel(welcome))
    fresh.follow(link(welcome))
    wait(fresh, days=1)
    (first, *_) = lines(fresh, "/console/reports/journeys/welcome", "steps")
    assert (first["step"], first["sent"], first["opened"], first["clicked"]) == ("hello", 1, 1, 1)
    went = {one["way"]: one["people"] for one in lines(fresh, "/console/reports/journeys/welcome", "ways")}
    assert sum(went.values()) == 1


def test_what_is_live_no_more_keeps_its_line_and_its_page(cloud: Cloud) -> None:
    add("journey/welcome", monday(cloud, 1), "hello", decided=4, sent=4)
    add("journey/welcome", monday(cloud, 1), "", entered=4)
    add(f"journey/{journey_of('new-harvest')}", monday(cloud, 1), "one", decided=7, sent=6)
    release = json.loads(marketing())
    title = release["journeys"]["welcome"]["title"]
    rest = {name: one for name, one in release["journeys"].items() if name != "welcome"}
    for journeys in (rest, rest | {"another": release["journeys"]["welcome"]}):
        cloud.publish(canonical(Release.model_validate(release | {"journeys": journeys, "campaigns": {}})))
        cloud.fresh_process()
        found = {one["kind"]: one for one in lines(cloud, "/console/reports", "senders")}
        assert found.keys() == {"former-journey", "former-campaign"}
        gone = found["former-journey"]
        assert (gone["name"], gone["entered"], gone["sent"]) == (title, 4, 4)
        assert found["former-campaign"]["sent"] == 6
    assert "journey, not live any more" in get(cloud, "/console/reports", signed_in(Role.VIEWER))["body"]
    # As the release had it that it went with: every step that sends in its order, with its template and its ways.
    (steps,) = [one for one in told(cloud, "/console/reports/journeys/welcome")["tables"] if one["id"] == "steps"]
    assert [(row[0], row[2]) for row in steps["rows"]] == [
        ("hello", "welcome"),
        ("offer", "first-offer"),
        ("guide", "brewing-guide"),
    ]
    assert [one.get("step") for one in steps["links"]] == [None] * 3
    assert lines(cloud, "/console/reports/journeys/welcome", "steps")[0]["sent"] == 4
    assert lines(cloud, "/console/reports/journeys/welcome", "ways") != []
    assert lines(cloud, "/console/reports/campaigns/new-harvest", "runs")[0]["sent"] == 6
    for path, led in (("journeys/welcome", False), ("campaigns/new-harvest", True)):
        page = get(cloud, f"/console/reports/{path}", signed_in(Role.VIEWER))["body"]
        assert "is not live any more" in page
        assert (f'href="/console/{path}"' in page) == led

    # Whoever is still inside is told of among the journeys, and can be kept from going on.
    assert [one["id"] for one in told(cloud, "/console/journeys")["journeys"]] == ["another"]
    add("journey/welcome", "0", "clicked", here=3)
    (_, still) = told(cloud, "/console/journeys")["journeys"]
    assert (still["title"], still["live"], still["inside"]) == (title, False, 3)
    page = get(cloud, "/console/journeys", signed_in(Role.MARKETER))["body"]
    assert "Still in it: 3" in page
    assert 'action="/console/journeys/welcome/pause"' in page
    cookie = signed_in(Role.MARKETER)
    reply = post(cloud, "/console/journeys/welcome/pause", cookie, _token=token_of(cloud, cookie), why="Not now")
    assert reply["statusCode"] == 303
    assert told(cloud, "/console/journeys")["journeys"][0]["paused"]["why"] == "Not now"

    # One that was renamed before it went is found by both.
    renamed = {"names": {"journey welcome": "greeting"}}
    for more in (renamed, {"journeys": {}, "campaigns": {}}):
        cloud.publish(canonical(Release.model_validate(release | more)))
        cloud.fresh_process()
    for name in ("welcome", "greeting"):
        page = told(cloud, f"/console/reports/journeys/{name}")
        assert (page["name"], page["title"], page["former"]) == ("greeting", title, True)
        assert lines(cloud, f"/console/reports/journeys/{name}", "steps")[0]["sent"] == 4

    # Another journey bears the name of one that is gone: their pages are not mixed up.
    others = {"quotes": release["journeys"]["welcome"]}
    taken = {"journeys": others, "campaigns": {}, "names": {"journey quotes": "welcome"}}
    cloud.publish(canonical(Release.model_validate(release | taken)))
    cloud.fresh_process()
    (table,) = [one for one in told(cloud, "/console/reports")["tables"] if one["id"] == "senders"]
    leads = dict(zip((row[0] for row in table["rows"]), table["links"], strict=True))
    assert leads["former-journey"] == {}
    assert leads["former-campaign"] == {"name": "/console/reports/campaigns/new-harvest?days=90"}

    cloud.publish(canonical(Release.model_validate(release)))
    cloud.fresh_process()
    assert {one["kind"] for one in lines(cloud, "/console/reports", "senders")} == {"journey", "campaign"}


def test_sources_that_somebody_makes_up_by_the_thousand_cost_the_page_one_table(
    shop: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tabled, "ROWS", 40)
    counts.count(
        [Unit(f"s{n}", adds={Place("funnel-by-source", "2026-11-24", f"desire.s{n}", "entered"): 1}) for n in range(60)]
    )
    reply = get(shop, "/console/reports", signed_in(Role.VIEWER))
    assert reply["statusCode"] == 200
    assert "Too many different sources" in reply["body"]
    assert get(shop, "/console/reports/sources/csv", signed_in(Role.VIEWER))["statusCode"] == 200
