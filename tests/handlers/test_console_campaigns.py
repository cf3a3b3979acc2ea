"""Campaigns in the console: what is planned, goes and went, and every decision about a run."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from functions.aws import ses
from functions.core.campaign import place_of
from functions.core.consent import Change, Entry
from functions.core.identity import hash_of
from functions.core.roles import Role
from functions.core.runs import Run
from functions.send.pace import Turn
from functions.tables import addresses, audit, campaigns
from functions.work import campaign_count, campaign_pace
from functions.work import campaigns as work
from local.emulator import EmulatorProcess
from tests.audience import CAMPAIGN, people, ref_of, with_campaign
from tests.cloud import Cloud
from tests.handlers.test_console import FORM, JSON, get, post, signed_in, token_of

RUN = f"/console/campaigns/{CAMPAIGN}/one"
NASTY = "<script>alert(1)</script>\"'{{ 7*7 }} İı 😀"


@pytest.fixture
def town(emulator: EmulatorProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Cloud]]:
    """Makes a deployment with a campaign, as it is told, and six people who are keen."""
    monkeypatch.setattr(campaign_count, "PIECE", 3)
    monkeypatch.setattr(campaign_pace, "_turn", Turn(ses.account))
    with ExitStack() as made:

        def make(**campaign: Any) -> Cloud:
            cloud = made.enter_context(Cloud(emulator, with_campaign(**campaign)))
            people(cloud, *range(6))
            return cloud

        yield make


def held(cloud: Cloud) -> Run:
    """A run that is counted, and not let go yet."""
    work.begin_on_request(CAMPAIGN, "one", by="tests", now=cloud.clock.now)
    cloud.settle()
    return found()


def found() -> Run:
    one = campaigns.get(CAMPAIGN, "one")
    assert one is not None
    return one


def press(cloud: Cloud, path: str, role: Role = Role.MARKETER, **typed: str) -> dict[str, Any]:
    cookie = signed_in(role)
    return post(cloud, path, cookie, _token=token_of(cloud, cookie), **typed)


def told(cloud: Cloud, path: str = RUN) -> dict[str, Any]:
    return dict(json.loads(get(cloud, path, signed_in(Role.VIEWER), JSON)["body"]))


def notes() -> list[tuple[str, str, str, str]]:
    return [(one.kind, one.subject, one.by, one.why) for one in audit.all_notes()]


def test_a_run_on_hold_says_to_whom_how_many_and_who_does_not_get_it(town: Callable[..., Cloud]) -> None:
    cloud = town(title="Harvest")
    addresses.append(hash_of(ref_of(5)), Entry("ref", 1, 1, "tests", (Change("suppression", "bounce"),)))
    held(cloud)
    said = told(cloud)
    assert (said["state"], said["people"], said["going"]) == ("holding", 6, 5)
    assert [(one["reason"], one["people"]) for one in said["withheld"]] == [("suppressed-bounce", 1)]
    assert said["audience"]["says"].startswith("the contact")
    assert said["results"] is None
    page = get(cloud, RUN, signed_in(Role.MARKETER))["body"]
    assert "To everybody in" in page
    assert "Mail to this address bounced for good." in page
    assert 'href="/console/mails/welcome' in page
    assert "Let it go out now" in page
    assert "Messages to be sent at once: 5." in page
    assert "Let it go out now" not in get(cloud, RUN, signed_in(Role.VIEWER))["body"]


def test_a_run_is_let_go_by_a_marketer_and_it_is_noted_who_did(town: Callable[..., Cloud]) -> None:
    cloud = town(hold="1 day")
    held(cloud)
    reply = press(cloud, f"{RUN}/let-go")
    assert (reply["statusCode"], reply["headers"]["location"]) == (303, RUN)
    cloud.settle()
    assert len(cloud.mails) == 6
    assert notes() == [("let-go", place_of(CAMPAIGN, "one"), "marketer@tea.example", "")]
    again = press(cloud, f"{RUN}/let-go")
    assert again["statusCode"] == 409
    assert "can&#39;t be done any more" in again["body"]


def test_a_run_is_stopped_for_good_and_says_why(town: Callable[..., Cloud]) -> None:
    cloud = town(hold="1 day")
    held(cloud)
    assert press(cloud, f"{RUN}/stop", why=NASTY, back="/console")["headers"]["location"] == "/console"
    assert (found().state, found().why) == ("cancelled", NASTY)
    cloud.skip(days=2)
    assert cloud.mails == []
    page = get(cloud, RUN, signed_in(Role.OWNER))["body"]
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;{{ 7*7 }} İı 😀" in page
    assert notes() == [("cancel", place_of(CAMPAIGN, "one"), "marketer@tea.example", NASTY)]


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/console/../f/x", "/consolery"])
def test_nobody_is_led_elsewhere_after_a_change(town: Callable[..., Cloud], back: str) -> None:
    cloud = town(hold="1 day")
    held(cloud)
    assert press(cloud, f"{RUN}/stop", back=back)["headers"]["location"] == RUN


def test_a_run_is_paused_with_a_reason_and_goes_on(town: Callable[..., Cloud]) -> None:
    cloud = town(hold="none")
    work.begin_on_request(CAMPAIGN, "one", by="tests", now=cloud.clock.now)
    assert press(cloud, f"{RUN}/pause")["statusCode"] == 422
    assert press(cloud, f"{RUN}/pause", why="the price was wrong")["statusCode"] == 303
    cloud.skip(hours=1)
    assert cloud.mails == []
    said = told(cloud)
    assert (said["state"], said["paused"]["why"]) == ("paused", "the price was wrong")
    assert "the price was wrong" in get(cloud, "/console", signed_in(Role.OWNER))["body"]
    assert press(cloud, f"{RUN}/resume")["statusCode"] == 303
    cloud.skip(hours=1)
    assert len(cloud.mails) == 6
    assert [kind for kind, *_ in notes()] == ["pause", "resume"]


def test_a_paused_run_goes_on_from_the_first_page(town: Callable[..., Cloud]) -> None:
    cloud = town(hold="none")
    work.begin_on_request(CAMPAIGN, "one", by="tests", now=cloud.clock.now)
    press(cloud, f"{RUN}/pause", why="wait")
    cloud.skip(hours=1)
    reply = press(cloud, "/console/sending/resume", what=place_of(CAMPAIGN, "one"), back="/console")
    assert reply["headers"]["location"] == "/console"
    cloud.skip(hours=1)
    assert len(cloud.mails) == 6
    assert press(cloud, "/console/sending/resume", what=place_of(CAMPAIGN, "one"))["statusCode"] == 422


def test_a_run_that_goes_shows_how_far_it_is_and_asks_again(town: Callable[..., Cloud]) -> None:
    cloud = town(hold="1 day")
    work.begin_on_request(CAMPAIGN, "one", by="tests", now=cloud.clock.now)
    counting = get(cloud, RUN, signed_in(Role.VIEWER))["body"]
    assert 'hx-trigger="every 5s"' in counting
    assert "<progress" in counting
    cloud.settle()
    assert "hx-trigger" not in get(cloud, RUN, signed_in(Role.VIEWER))["body"]
    press(cloud, f"{RUN}/let-go")
    assert told(cloud)["progress"] == {"done": 0, "of": 6}
    part = cloud.http(
        "GET", RUN, headers={"accept": "*/*", "hx-request": "true", **signed_in(Role.VIEWER)}, room="console"
    )
    assert part["headers"]["content-type"].startswith("text/html")
    assert 'max="6"' in part["body"]
    cloud.settle()
    assert told(cloud)["progress"] is None
    assert "hx-trigger" not in get(cloud, RUN, signed_in(Role.VIEWER))["body"]


def test_a_run_that_went_says_what_became_of_its_messages(town: Callable[..., Cloud]) -> None:
    cloud = town()
    held(cloud)
    press(cloud, f"{RUN}/let-go")
    cloud.skip(hours=1)
    for one in cloud.mails:
        cloud.report(one, "Delivery")
    cloud.settle()
    results = told(cloud)["results"]
    assert results["decided"] == results["sent"] == results["delivered"] == len(cloud.mails) > 0
    assert "opened" not in results


def test_campaigns_are_planned_under_way_or_over(town: Callable[..., Cloud]) -> None:
    cloud = town(hold="1 day", title=NASTY)
    listed = told(cloud, "/console/campaigns")
    assert [one["id"] for one in listed["planned"]] == [CAMPAIGN]
    held(cloud)
    assert [one["run"] for one in told(cloud, "/console/campaigns")["under_way"]] == ["one"]
    press(cloud, f"{RUN}/stop")
    listed = told(cloud, "/console/campaigns")
    assert (listed["under_way"], [one["state"] for one in listed["past"]]) == ([], ["cancelled"])
    page = get(cloud, "/console/campaigns", signed_in(Role.OWNER))["body"]
    assert "<script>alert" not in page
    assert "😀" in page


def test_the_runs_of_a_campaign_are_listed_a_page_at_a_time(town: Callable[..., Cloud]) -> None:
    cloud = town(hold="1 day")
    for number in range(27):
        campaigns.create(Run(CAMPAIGN, f"r{number:02}", found_release(), at=1, begun=number + 1, by="t", state="done"))
    first = told(cloud, f"/console/campaigns/{CAMPAIGN}")
    assert (len(first["runs"]), first["runs"][0]["run"], first["older"]) == (25, "r26", "r02")
    second = told(cloud, f"/console/campaigns/{CAMPAIGN}?before={first['older']}")
    assert ([one["run"] for one in second["runs"]], second["older"]) == (["r01", "r00"], None)
    assert "before=r02" in get(cloud, f"/console/campaigns/{CAMPAIGN}", signed_in(Role.VIEWER))["body"]


def found_release() -> str:
    from functions.releases import live

    return live().id


def test_a_program_decides_at_the_same_addresses(town: Callable[..., Cloud]) -> None:
    cloud = town(hold="1 day")
    held(cloud)
    cookie = signed_in(Role.OWNER)
    headers = {**JSON, **FORM, **cookie, "x-samovar-token": token_of(cloud, cookie)}
    reply = cloud.http("POST", f"{RUN}/pause", "why=look", headers=headers, room="console")
    assert json.loads(reply["body"]) == {"campaign": CAMPAIGN, "run": "one", "state": "holding", "paused": True}
    refused = cloud.http("POST", f"{RUN}/pause", "why=+", headers=headers, room="console")
    assert json.loads(refused["body"])["error"]["code"] == "missing-reason"
    unknown = cloud.http("POST", f"/console/campaigns/{CAMPAIGN}/two/stop", "", headers=headers, room="console")
    assert (unknown["statusCode"], json.loads(unknown["body"])["error"]["code"]) == (404, "unknown-run")


def test_when_a_campaign_runs_is_said_in_words(town: Callable[..., Cloud]) -> None:
    for when, said in (
        ({"every": "monday", "at": "09:00"}, "Every Monday at 09:00"),
        ({"every": "month", "day": 3, "at": "09:00"}, "On day 3 of every month at 09:00"),
        ({"on": "2030-12-01", "at": "08:30", "in": "contact's time zone"}, "by the clock where each contact is"),
    ):
        cloud = town(when=when)
        assert said in get(cloud, f"/console/campaigns/{CAMPAIGN}", signed_in(Role.VIEWER))["body"]


def test_the_first_page_lets_a_run_go_and_shows_no_button_to_others(town: Callable[..., Cloud]) -> None:
    cloud = town(hold="1 day")
    held(cloud)
    assert f'action="{RUN}/let-go"' in get(cloud, "/console", signed_in(Role.MARKETER))["body"]
    for role in (Role.SALES, Role.VIEWER):
        assert "/let-go" not in get(cloud, "/console", signed_in(role))["body"]


def test_a_run_whose_release_is_gone_is_shown_all_the_same(town: Callable[..., Cloud]) -> None:
    cloud = town()
    campaigns.create(Run(CAMPAIGN, "old", "0" * 64, at=1, begun=1, by="t", state="done"))
    reply = get(cloud, f"/console/campaigns/{CAMPAIGN}/old", signed_in(Role.VIEWER))
    assert reply["statusCode"] == 200


def test_longer_names_than_any_of_ours_are_at_no_address(town: Callable[..., Cloud]) -> None:
    cloud = town()
    for path in (f"/console/campaigns/{'x' * 3000}", "/console/campaigns//one", f"/console/jobs/{'x' * 201}"):
        assert get(cloud, path, signed_in(Role.OWNER))["statusCode"] == 404
