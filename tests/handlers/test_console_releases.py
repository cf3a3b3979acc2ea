"""Releases in the console: what is live, what each changed, what waits for somebody, and going back."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from functions import releases as runtime
from functions import settings
from functions.aws import s3
from functions.core import assets
from functions.core.publishing import Approval
from functions.core.release import Release, canonical, load, release_id
from functions.core.roles import Role
from functions.tables import approvals, audit, campaigns, proposals, releases
from functions.tables.proposals import KEPT_MS, Proposal
from local.emulator import EmulatorProcess
from tests.audience import CAMPAIGN, with_campaign
from tests.cloud import Cloud
from tests.handlers.test_console import FORM, JSON, get, post, signed_in, token_of

NASTY = "<script>alert(1)</script>\"'{{ 7*7 }} İı 😀"
FIRST = with_campaign(title="First")
SECOND = with_campaign(title=NASTY, when={"every": "monday", "at": "09:00"})
ADA, BOB = "arn:aws:sts::1:assumed-role/marketing/ada", "arn:aws:sts::1:assumed-role/marketing/bob"


@pytest.fixture
def shop(emulator: EmulatorProcess) -> Iterator[Cloud]:
    """A deployment where a release is live."""
    with Cloud(emulator, FIRST) as cloud:
        for asset in load(FIRST).assets.values():
            s3.put(settings.bucket(), assets.key(asset.content), b"a file")
        yield cloud


def press(cloud: Cloud, path: str, role: Role = Role.MARKETER, **typed: str) -> dict[str, Any]:
    cookie = signed_in(role)
    return post(cloud, path, cookie, _token=token_of(cloud, cookie), **typed)


def told(cloud: Cloud, path: str, role: Role = Role.VIEWER) -> dict[str, Any]:
    return dict(json.loads(get(cloud, path, signed_in(role), JSON)["body"]))


def live() -> str:
    found = releases.live()
    assert found is not None
    return found.release


def propose(cloud: Cloud, compiled: bytes = SECOND, based_on: str | None = None, note: str = "") -> str:
    release = releases.store(compiled, {"segments.yaml": "x"})
    proposals.put(Proposal(release, "ada", cloud.clock.now, ADA, based_on or live(), note))
    return release


def guarded(compiled: bytes) -> bytes:
    content = json.loads(compiled) | {"publishing": {"approval": "required"}}
    return canonical(Release.model_validate(content))


def test_what_is_live_and_what_was_are_listed_newest_first(shop: Cloud) -> None:
    shop.publish(SECOND)
    said = told(shop, "/console/releases")
    assert [(one["number"], one["live"]) for one in said["moves"]] == [(2, True), (1, False)]
    assert {one["by"] for one in said["moves"]} == {"tests"}
    assert (said["waiting"], said["older"]) == ([], None)
    page = get(shop, "/console/releases", signed_in(Role.VIEWER))["body"]
    assert "Release 2" in page


def test_the_moves_are_listed_a_page_at_a_time(shop: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    from functions.console import releases as room

    monkeypatch.setattr(room, "PAGE", 2)
    for compiled in (SECOND, FIRST, SECOND):
        shop.publish(compiled)
    first = told(shop, "/console/releases")
    assert ([one["number"] for one in first["moves"]], first["older"]) == ([4, 3], 3)
    second = told(shop, "/console/releases?before=3")
    assert ([one["number"] for one in second["moves"]], second["older"]) == ([2, 1], None)
    for wrong in ("x", "-1", "9" * 30, "²"):
        assert get(shop, f"/console/releases?before={wrong}", signed_in(Role.OWNER))["statusCode"] == 404
        assert get(shop, f"/console/releases/{wrong}", signed_in(Role.OWNER))["statusCode"] == 404


def test_a_release_says_what_it_changed_and_what_going_back_would(shop: Cloud) -> None:
    shop.publish(SECOND)
    said = told(shop, "/console/releases/2")
    (change,) = said["changed"]
    assert (change["what"], change["how"], said["back_changes"]) == (f"campaign {CAMPAIGN}", "changed", None)
    page = get(shop, "/console/releases/2", signed_in(Role.VIEWER))["body"]
    assert "title: First →" in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    back = told(shop, "/console/releases/1")["back_changes"]
    assert [one["what"] for one in back] == [f"campaign {CAMPAIGN}"]
    assert "rollback" not in get(shop, "/console/releases/1", signed_in(Role.SALES))["body"]
    assert "rollback" in get(shop, "/console/releases/1", signed_in(Role.MARKETER))["body"]


def test_somebody_goes_back_with_a_reason_and_campaigns_follow(shop: Cloud) -> None:
    shop.publish(SECOND)
    assert press(shop, "/console/releases/1/rollback")["statusCode"] == 422
    assert press(shop, "/console/releases/1/rollback", why=NASTY)["headers"]["location"] == "/console/releases"
    newest = releases.history()[0]
    assert (newest.release, newest.by, newest.note, newest.back) == (
        release_id(FIRST),
        "marketer@tea.example",
        NASTY,
        True,
    )
    page = get(shop, "/console/releases", signed_in(Role.OWNER))["body"]
    assert "<script>alert" not in page
    assert "😀" in page
    runtime.forget()
    press(shop, "/console/releases/2/rollback", why="after all")
    plan = campaigns.plan(CAMPAIGN)
    assert plan is not None
    assert plan.release == release_id(SECOND)
    assert plan.at is not None


def test_what_is_proposed_waits_and_goes_live_by_whoever_may(shop: Cloud) -> None:
    release = propose(shop, note=NASTY)
    (waiting,) = told(shop, "/console/releases")["waiting"]
    assert (waiting["by"], waiting["note"]) == ("ada", NASTY)
    where = f"/console/proposals/{release}"
    said = told(shop, where)
    assert ([one["what"] for one in said["changed"]], said["refused"]) == ([f"campaign {CAMPAIGN}"], None)
    page = get(shop, where, signed_in(Role.MARKETER))["body"]
    assert "<script>alert" not in page
    assert f'action="{where}/publish"' in page
    assert f'action="{where}/publish"' not in get(shop, where, signed_in(Role.SALES))["body"]
    assert press(shop, f"{where}/publish", Role.SALES)["statusCode"] == 403
    assert press(shop, f"{where}/publish")["statusCode"] == 303
    assert live() == release
    newest = releases.history()[0]
    assert (newest.by, newest.arn) == ("marketer@tea.example", "console/marketer@tea.example")
    assert newest.note == f"{NASTY} (proposed by ada)"
    assert releases.sources(release) == {"segments.yaml": "x"}
    plan = campaigns.plan(CAMPAIGN)
    assert plan is not None
    assert plan.release == release
    assert told(shop, "/console/releases")["waiting"] == []
    assert press(shop, f"{where}/publish")["statusCode"] == 404


def test_a_proposal_that_is_based_on_what_was_live_before_is_refused(shop: Cloud) -> None:
    release = propose(shop)
    shop.publish(with_campaign(title="Meanwhile"))
    before = live()
    assert "is not based on it" in told(shop, f"/console/proposals/{release}")["refused"]
    reply = press(shop, f"/console/proposals/{release}/publish")
    assert (reply["statusCode"], live()) == (409, before)
    assert "is not based on it" in reply["body"]


def test_where_an_approval_is_asked_for_neither_who_proposed_nor_nobody_gives_it(shop: Cloud) -> None:
    release = propose(shop, guarded(SECOND))
    where = f"/console/proposals/{release}"
    assert "approved by nobody else" in told(shop, where)["refused"]
    approvals.note(Approval(release, ADA, 1, "mine"))
    assert "approved by nobody else" in told(shop, where)["refused"]
    assert press(shop, f"{where}/publish")["statusCode"] == 409
    approvals.note(Approval(release, BOB, 2, "read it"))
    assert told(shop, where)["refused"] is None
    assert press(shop, f"{where}/publish")["statusCode"] == 303
    assert live() == release


def test_a_proposal_is_dropped_and_it_is_noted_who_did(shop: Cloud) -> None:
    release, before = propose(shop), live()
    assert press(shop, f"/console/proposals/{release}/drop", why="not this year")["statusCode"] == 303
    assert live() == before
    assert get(shop, f"/console/proposals/{release}", signed_in(Role.OWNER))["statusCode"] == 404
    assert [(one.kind, one.subject, one.by, one.why) for one in audit.all_notes()] == [
        ("drop", release, "marketer@tea.example", "not this year")
    ]


def test_a_proposal_is_forgotten_after_thirty_days(shop: Cloud) -> None:
    release = propose(shop)
    shop.clock.now += KEPT_MS + 1
    assert told(shop, "/console/releases")["waiting"] == []
    assert get(shop, f"/console/proposals/{release}", signed_in(Role.OWNER))["statusCode"] == 404


def test_a_proposal_whose_content_or_files_are_gone_does_not_go_live(shop: Cloud) -> None:
    content = json.loads(SECOND)
    content["assets"] = {"guide": {"file": "guide.pdf", "content": "0" * 64, "size": 1, "title": "Guide"}}
    release = propose(shop, canonical(Release.model_validate(content)))
    reply = press(shop, f"/console/proposals/{release}/publish")
    assert (reply["statusCode"], "is gone from the bucket" in reply["body"]) == (409, True)
    gone = "0" * 64
    proposals.put(Proposal(gone, "ada", shop.clock.now, ADA, live()))
    assert "is gone" in told(shop, f"/console/proposals/{gone}")["refused"]
    assert press(shop, f"/console/proposals/{gone}/publish")["statusCode"] == 409
    later = "1" * 32
    s3.put(settings.bucket(), f"releases/{later}.json", b'{"shape": "of tomorrow"}')
    s3.put(settings.bucket(), f"releases/{later}.sources.json", b'{"sources": {}}')
    proposals.put(Proposal(later, "ada", shop.clock.now, ADA, live()))
    assert told(shop, f"/console/proposals/{later}")["changed"] is None
    assert press(shop, f"/console/proposals/{later}/publish")["statusCode"] == 409
    assert live() == release_id(FIRST)


def test_a_program_publishes_what_waits(shop: Cloud) -> None:
    release, cookie = propose(shop), signed_in(Role.OWNER)
    headers = {**JSON, **FORM, **cookie, "x-samovar-token": token_of(shop, cookie)}
    reply = shop.http("POST", f"/console/proposals/{release}/publish", "", headers=headers, room="console")
    assert json.loads(reply["body"]) == {"release": release, "number": 2}
    wrong = shop.http("POST", f"/console/proposals/{release}/drop", "", headers=headers, room="console")
    assert json.loads(wrong["body"])["error"]["code"] == "unknown-release"
    assert re.fullmatch("[0-9a-f]+", release)
