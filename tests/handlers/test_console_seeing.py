"""The console's rooms for what the business has made: segments, journeys drawn, forms, pages, pop-ups, files."""

import json
import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest

from functions import clock, releases
from functions.core.experiments import LASTS_MS, Assigned, Exposure
from functions.core.release import Release, canonical, load
from functions.core.roles import Role
from functions.tables import experiments, memberships
from functions.work.epoch import next_epoch
from functions.work.queue import NextEpoch
from local.emulator import EmulatorProcess
from tests.cloud import Cloud, marketing
from tests.handlers.test_console import ADA, JSON, get, signed_in

NASTY = "<script>alert('İı\"😀')</script>"
PAGE = "first-flush"


@pytest.fixture(scope="module")
def shop(emulator: EmulatorProcess) -> Iterator[Cloud]:
    """A shop with the demo's definitions, a journey of every sort of way, and a segment called by hostile text."""
    with Cloud(emulator, release()) as cloud:
        cloud.post_form(email=ADA)
        cloud.settle()
        cloud.skip(days=1)
        yield cloud


def release() -> bytes:
    """The demo with hostile titles."""
    plain = load(marketing()).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    plain["segments"]["keen"]["title"] = NASTY
    plain["segments"]["nasty"] = {
        "title": NASTY,
        "when": {"all": [{"segment": "keen"}, {"trait": "city", "is": NASTY}]},
    }
    plain["forms"]["hello"]["title"] = NASTY
    plain["popups"]["letter"]["title"] = NASTY
    plain["surveys"]["first-glass"]["question"] = NASTY
    plain["pages"][PAGE]["title"] = NASTY
    plain["assets"]["brewing-book"]["title"] = NASTY
    plain["journeys"]["nasty"] = {
        "title": NASTY,
        "topic": "tips",
        "start": {"when": {"every": "monday", "segment": "keen"}, "again": "always"},
        "goal": {"event": "Order Completed"},
        "exit": {"segment": "keen"},
        "ends": "2030-01-01",
        "steps": [
            {
                "id": "ab",
                "split": [
                    {"id": "one", "percent": 30, "then": [{"id": "mark", "tag": "x"}]},
                    {"id": "two", "percent": 70},
                ],
            },
            {"id": "again", "repeat": [{"id": "week", "wait": "1 week"}], "at_most": 3},
            {"id": "tell", "notify": {"to": "shop", "subject": NASTY}},
        ],
    }
    return canonical(Release.model_validate(plain))


def said(shop: Cloud, path: str, role: Role = Role.OWNER) -> Any:
    reply = get(shop, path, signed_in(role), JSON)
    assert reply["statusCode"] == 200, reply["body"]
    return json.loads(reply["body"])


def page(shop: Cloud, path: str, role: Role = Role.OWNER) -> str:
    reply = get(shop, path, signed_in(role))
    assert reply["statusCode"] == 200, reply["body"]
    return str(reply["body"])


ROOMS = ("/console/segments", "/console/segments/nasty", "/console/journeys/nasty", "/console/made")


@pytest.mark.parametrize("path", ROOMS)
def test_everybody_on_the_staff_sees_what_was_made_and_nobody_else(shop: Cloud, path: str) -> None:
    for role in Role:
        assert get(shop, path, signed_in(role))["statusCode"] == 200, role
    assert get(shop, path)["statusCode"] == 302
    assert get(shop, path, kind=JSON)["statusCode"] == 401


@pytest.mark.parametrize("path", ROOMS)
def test_what_a_marketer_wrote_is_text_and_no_style_stands_in_a_page(shop: Cloud, path: str) -> None:
    body = page(shop, path)
    assert "<script>alert" not in body
    assert "İı" in body
    assert "😀" in body
    assert not re.search(r"<[^>]*\sstyle=|<style|<[^>]*\son\w+=", body)


@pytest.mark.parametrize("path", ["/console/segments/none", "/console/journeys/none"])
def test_what_there_is_not_is_said_to_be_unknown(shop: Cloud, path: str) -> None:
    reply = get(shop, path, signed_in(Role.VIEWER))
    assert reply["statusCode"] == 404
    assert "There is no such" in reply["body"]


def test_a_segment_is_told_in_words_with_its_people_and_where_it_is_used(shop: Cloud) -> None:
    found = {one["segment"]: one for one in said(shop, "/console/segments")["segments"]}
    assert found["customers"]["says"].startswith("The contact has bought")
    assert found["customers"]["people"] == 0
    keen = said(shop, "/console/segments/keen")
    uses = {(one["kind"], one["name"]) for one in keen["used"]}
    assert {("segment", "nasty"), ("journey", "nasty")} <= uses
    assert ("segment", "keen") not in uses
    lapsed = said(shop, "/console/segments/customers")["used"]
    assert ("segment", "lapsed") in {(one["kind"], one["name"]) for one in lapsed}


def test_a_segment_leads_whoever_may_see_people_to_the_list_of_them_and_nobody_else(shop: Cloud) -> None:
    ada = shop.contact(ADA)
    memberships.note("brewers", ada, inside=True, version=1, at=clock.now_ms())
    shop.settle()
    path = "/console/segments/brewers"
    assert said(shop, path, Role.SALES)["list"] == {"of": "segment:brewers"}
    assert 'href="/console/people?of=segment%3Abrewers"' in page(shop, path, Role.SALES)
    assert "list" not in said(shop, path, Role.VIEWER)
    assert "/console/people" not in page(shop, path, Role.VIEWER)
    assert said(shop, path, Role.VIEWER)["people"] == 1


def test_a_segment_tells_exactly_how_many_are_in_it_and_who_came_and_went_on_which_day(shop: Cloud) -> None:
    for number in range(12):
        memberships.note("lapsed", f"{number:x}bcd{number}", inside=True, version=1, at=clock.now_ms())
    shop.skip(days=1)
    for number in range(5):
        memberships.note("lapsed", f"{number:x}bcd{number}", inside=False, version=2, at=clock.now_ms())
    memberships.note("lapsed", "0bcd0", inside=True, version=3, at=clock.now_ms())
    shop.settle()
    found = said(shop, "/console/segments/lapsed", Role.VIEWER)
    assert found["people"] == 8
    assert [(one["entered"], one["left"]) for one in found["days"]] == [(1, 5), (12, 0)]
    assert re.search(r"<dd>8</dd>", page(shop, "/console/segments/lapsed", Role.VIEWER))


def test_a_journey_is_drawn_and_told_as_a_list_that_its_steps_lead_to(shop: Cloud) -> None:
    body = page(shop, "/console/journeys/nasty")
    (drawn,) = re.findall(r"<svg.*?</svg>", body, re.DOTALL)
    picture = ElementTree.fromstring(drawn)
    space = "{http://www.w3.org/2000/svg}"
    assert picture.find(f"{space}title") is not None
    assert picture.find(f"{space}desc") is not None
    leads = [one.attrib["href"] for one in picture.iter(f"{space}a")]
    assert leads == ["#step-ab", "#step-mark", "#step-again", "#step-week", "#step-tell"]
    assert all(f'id="{to.removeprefix("#")}"' in body for to in leads)
    texts = [one.text for one in picture.iter(f"{space}text")]
    assert {"Start", "End", "one (30%)", "two (70%)", "each turn"} <= set(texts)
    assert "Ends on" in body


def test_a_program_gets_a_journeys_steps_and_edges(shop: Cloud) -> None:
    found = said(shop, "/console/journeys/welcome", Role.VIEWER)
    assert [step["step"] for step in found["steps"]] == ["hello", "clicked", "keen", "mark"]
    assert {"from": "keen", "way": "then", "to": "offer"} in found["edges"]
    assert {"from": "offer", "way": "", "to": "mark"} in found["edges"]
    assert "picture" not in found
    assert found["goal"] == "Order Completed"


def test_what_was_made_is_listed_with_its_address_and_what_to_paste(shop: Cloud) -> None:
    found = said(shop, "/console/made", Role.VIEWER)
    forms = {one["id"]: one for one in found["forms"]}
    assert forms["hello"]["address"] == "https://tea.example/f/hello"
    assert 'src="https://tea.example/f/hello.js"' in forms["hello"]["embed"]
    assert "_nonce" not in forms["hello"]["html"]
    pages = {one["id"]: one for one in found["pages"]}
    assert pages[PAGE]["address"] == "https://tea.example/page/first-flush"
    assert pages["your-shelf"]["address"] is None
    assert pages["your-shelf"]["snippet"] == '{{ page_url("your-shelf") }}'
    assert found["files"][0]["snippet"] == '{{ asset_url("brewing-book") }}'
    assert {one["snippet"] for one in found["surveys"]} >= {'{{ survey("first-glass") }}'}
    assert 'src="https://tea.example/samovar.js"' in found["tracker"]
    assert releases.keyring().write_keys[0] in found["tracker"]
    body = page(shop, "/console/made")
    assert body.count("<textarea") == body.count("data-copies=")
    assert "&lt;script async src=" in body


def test_a_page_with_variants_says_what_was_counted_when_their_shares_moved_last(shop: Cloud) -> None:
    def test_of() -> Any:
        return next(one for one in said(shop, "/console/made")["pages"] if one["id"] == PAGE)["test"]

    test = releases.live().tests[PAGE]
    assert (test_of()["as_of"], test_of()["verdict"], test_of()["epoch"]) == (None, "too-few", 1)
    assert "six hours" in page(shop, "/console/made")
    next_epoch(NextEpoch(PAGE), clock.now_ms())
    for variant in test.variants:
        for number in range(120):
            won = 2 if number < (60 if variant == "harvest/letter" else 4) else None
            experiments.expose(test, Exposure(f"{variant}{number}", Assigned(variant, 1), 1, won))
    next_epoch(NextEpoch(PAGE), clock.now_ms() + LASTS_MS)
    found = test_of()
    assert (found["verdict"], found["winner"], found["epoch"]) == ("winner", "harvest/letter", 2)
    best = next(one for one in found["variants"] if one["variant"] == "harvest/letter")
    assert (best["seen"], best["converted"]) == (120, 60)
    assert best["low"] < 0.5 < best["high"]
    body = page(shop, "/console/made")
    assert "harvest/letter is better than every other" in body
    assert "60 of 120" in body
