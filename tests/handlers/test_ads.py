"""From a click on an ad to the share of ads with a page of their own: score notes it, `samovar pages --ads` says it."""

import itertools
import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from authoring.ads import lately
from functions import releases
from functions.core.ads import Ad, Landed
from functions.core.identity import ANONYMOUS
from functions.core.release import Release, canonical, load
from functions.score import advertised
from functions.score.advertised import Noted
from functions.tables import ads
from local.emulator import EmulatorProcess
from tests.cloud import Cloud, marketing
from tests.handlers.conftest import Stack
from tests.handlers.faults import Crash, crash_at
from tests.handlers.test_cli import Terminal, terminal

__all__ = ["terminal"]
PAGE = "first-flush"
SPRING = {"source": "google", "medium": "cpc", "name": "spring"}
OTHER = {"source": "google", "medium": "cpc", "name": "Glass & Gold"}
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
DAY = date(2026, 5, 4)
ONE = Landed(Ad("google", "cpc", "spring"), PAGE, "", DAY)


@pytest.fixture
def shop(emulator: EmulatorProcess) -> Iterator[Cloud]:
    with Cloud(emulator, marketing()) as cloud:
        yield cloud


_numbers = itertools.count()


def click(shop: Cloud, campaign: dict[str, str], page: str = "", browser: str = "ada", **context: Any) -> None:
    """Somebody comes by an ad."""
    properties = (
        {"url": f"https://tea.example/page/{page}?x", "page": page} if page else {"url": "https://tea.example/"}
    )
    shop.call(
        "page",
        messageId=f"click-{next(_numbers)}",
        anonymousId=browser,
        properties=properties,
        context={"campaign": campaign, **context},
    )


def rows(shop: Cloud) -> list[dict[str, Any]]:
    return [row for row in shop.items() if row["pk"].startswith("X#ads#")]


def seen() -> list[tuple[str, int, list[str], bool]]:
    _, found = lately(30, releases.live().release.pages)
    return [(one.ad.campaign, one.days, [place.fit for place in one.places], one.is_own) for one in found]


def test_a_busy_ad_is_put_down_once_a_day_and_the_share_follows_from_the_pages(shop: Cloud) -> None:
    for number in range(5):
        click(shop, SPRING, PAGE, f"browser-{number}")
        click(shop, OTHER, PAGE, f"browser-{number}")
    click(shop, OTHER)
    click(shop, {**SPRING, "medium": "email"}, PAGE)
    shop.settle()
    assert sorted(row["sk"] == ads.HEAD for row in rows(shop)) == [False, False, False, True]
    assert next(row["n"] for row in rows(shop) if row["sk"] == ads.HEAD) == 3
    assert seen() == [("Glass & Gold", 1, ["elsewhere", "shared"], False), ("spring", 1, ["answers"], True)]
    shop.skip(days=1)
    click(shop, OTHER, PAGE)
    shop.settle()
    assert seen()[0] == ("Glass & Gold", 2, ["shared"], False)
    content = load(marketing()).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    content["pages"][PAGE]["blocks"][0]["came_with"]["utm_campaign"] = ["spring", "glass & gold"]
    shop.publish(canonical(Release.model_validate(content)))
    assert seen() == [("Glass & Gold", 2, ["answers"], True), ("spring", 1, ["answers"], True)]


def test_delivered_again_and_by_another_worker_it_is_the_same_rows(shop: Cloud) -> None:
    shop.duplicate = True
    click(shop, SPRING, PAGE)
    click(shop, OTHER, PAGE)
    shop.settle()
    before = rows(shop)
    shop.fresh_process()
    shop.events.rewind()
    shop.settle()
    assert rows(shop) == before
    assert len(before) == 3


def test_machines_bring_no_ad(shop: Cloud) -> None:
    click(shop, SPRING, PAGE, userAgent=GOOGLEBOT)
    shop.settle()
    assert rows(shop) == []


def test_the_rows_name_nobody_and_stay_when_somebody_is_forgotten(shop: Cloud) -> None:
    click(shop, {**SPRING, "content": "ada@example.com"}, PAGE)
    shop.settle()
    shop.post_form(email="ada@example.com", anonymous="ada")
    shop.settle()
    contact = shop.owner(ANONYMOUS, "ada")
    held = json.dumps(rows(shop), default=str)
    refs = [row["pk"] for row in shop.items() if row["pk"].startswith("I#")]
    assert refs
    assert not [one for one in ("ada", contact, *(ref.rpartition("#")[2] for ref in refs)) if one in held]
    assert next(row["a"] for row in rows(shop) if row["sk"] != ads.HEAD) == {
        "source": "google",
        "medium": "cpc",
        "campaign": "spring",
    }


def test_what_is_noted_first_stands_and_is_read_back(stack: Stack) -> None:
    same = Landed(Ad("Google", "CPC", "Spring"), PAGE, "", DAY)
    elsewhere = Landed(Ad(click="gclid"), "", "tea.example/çay", DAY + timedelta(days=1))
    assert all(map(ads.note, (ONE, same, elsewhere, elsewhere)))
    assert list(ads.of_days(DAY, DAY + timedelta(days=1))) == [ONE, elsewhere]
    assert list(ads.of_days(DAY + timedelta(days=2), DAY + timedelta(days=9))) == []


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("operation", ["PutItem", "UpdateItem"])
def test_whatever_call_a_worker_dies_at_the_same_event_again_ends_the_same(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, operation: str, after: bool
) -> None:
    with crash_at(operation, after=after, monkeypatch=monkeypatch), pytest.raises(Crash):
        Noted().take(ONE)
    assert Noted().take(ONE)
    assert list(ads.of_days(DAY, DAY)) == [ONE]


def test_a_day_takes_no_more_than_it_may_and_the_worker_then_stops_asking(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ads, "AT_MOST", 3)
    calls = list[Landed]()

    def note(one: Landed) -> bool:
        calls.append(one)
        return ads.note(one)

    made_up = [Landed(Ad("google", "cpc", f"made-up-{number}"), PAGE, "", DAY) for number in range(9)]
    worker = Noted(note)
    assert [worker.take(one) for one in made_up] == [True] * 3 + [False] * 6
    assert worker.take(made_up[0])
    assert len(calls) == 4
    assert len(list(ads.of_days(DAY, DAY))) == 3
    assert worker.take(Landed(ONE.ad, PAGE, "", DAY + timedelta(days=1)))


def test_a_worker_remembers_so_much_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = list[Landed]()
    monkeypatch.setattr(advertised, "_HELD", 2)
    worker = Noted(lambda one: bool(calls.append(one)) or True)
    some = [Landed(Ad(campaign=name), PAGE, "", DAY) for name in "abc"]
    for one in [*some[:2], *some[:2], *some, *some[2:]]:
        worker.take(one)
    assert [one.ad.campaign for one in calls] == ["a", "b", "c"]


def told(stack: Stack, *campaigns: str, page: str = PAGE) -> None:
    today, _ = lately(1, {})
    for campaign in campaigns:
        ads.note(Landed(Ad("google", "cpc", campaign), page, "" if page else "tea.example/", today))


def test_the_command_says_the_share_and_what_to_write(terminal: Terminal) -> None:
    terminal.run("publish")
    assert "No ad brought anybody" in terminal.run("pages", "--ads").output
    told(terminal.stack, "spring", "[red]Glass & Gold[/red]")
    told(terminal.stack, "home", page="")
    result = terminal.run("pages", "--ads")
    assert result.exit_code == 0, result.output
    assert "1 of 3 ads" in result.output
    assert "33%" in result.output
    lines = [line for line in result.output.splitlines() if "google" in line]
    assert [line.partition(": ")[0].rpartition("campaign ")[2] for line in lines] == [
        "[red]Glass & Gold[/red]",
        "home",
        "spring",
    ]
    assert 'a block of page first-flush with came_with: {utm_campaign: "[red]Glass & Gold[/red]"}' in result.output
    assert "lead it to a page, with a block that says came_with: {utm_campaign: home}" in result.output


def test_the_command_s_data_are_the_same_and_may_be_of_one_page(terminal: Terminal) -> None:
    terminal.run("publish")
    told(terminal.stack, "spring")
    told(terminal.stack, "home", page="")
    found = terminal.read("pages", "--ads", "--days", "7")
    assert (found["days"], found["share"]) == (7, 0.5)
    home, spring = found["ads"]
    assert home["places"] == [{"address": "tea.example/", "fit": "elsewhere"}]
    assert home["came_with"] == {"utm_campaign": "home"}
    assert spring["places"] == [{"page": PAGE, "fit": "answers"}]
    assert (spring["own"], spring["days"], spring["came_with"], spring["write"]) == (True, 1, {}, "")
    assert terminal.read("pages", PAGE, "--ads")["share"] == 1
    assert terminal.run("pages", "second-flush", "--ads").exit_code == 1
