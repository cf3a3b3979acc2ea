"""Journeys and sending in the console: what stands, what is paused or stuck, and what a person does about it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from functions import alerts, releases
from functions.console import drawing
from functions.core.pauses import EVERYTHING, MARKETING, of_journey
from functions.core.release import Release, canonical
from functions.core.roles import Role
from functions.tables import audit, duplicates, enrollments, pauses
from local.emulator import EmulatorProcess
from tests.cloud import Cloud
from tests.crash.journeys import PEOPLE, toured, with_subject
from tests.ended import ended
from tests.handlers.test_console import FORM, JSON, get, post, signed_in, token_of

ADA, BOB = PEOPLE
STEPS: list[dict[str, Any]] = [
    {"id": "guide", "send": "brewing-guide"},
    {"id": "rest", "wait": "1 day"},
    {"id": "mark", "tag": "guided"},
]
NASTY = "<script>alert(1)</script>\"'{{ 7*7 }} İı 😀"


@pytest.fixture
def tour(emulator: EmulatorProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """A deployment with one journey of three steps."""
    monkeypatch.setattr(alerts, "tell", lambda subject, text: None)
    with Cloud(emulator, toured(STEPS)) as cloud:
        yield cloud


def ask(cloud: Cloud, email: str = ADA) -> None:
    cloud.post_form(email=email, nonce=email[:3], first_name="Ada")
    cloud.put_on_bus("Quote Asked", id=f"q-{email}", email=email)
    cloud.settle()


def press(cloud: Cloud, path: str, role: Role = Role.MARKETER, **typed: str) -> dict[str, Any]:
    cookie = signed_in(role)
    return post(cloud, path, cookie, _token=token_of(cloud, cookie), **typed)


def told(cloud: Cloud, path: str, role: Role = Role.VIEWER) -> dict[str, Any]:
    return dict(json.loads(get(cloud, path, signed_in(role), JSON)["body"]))


def job_of(reply: dict[str, Any]) -> str:
    assert reply["statusCode"] == 303, reply["body"]
    return str(reply["headers"]["location"].rpartition("/")[2])


def test_every_template_of_the_console_is_one() -> None:
    for name in drawing.environment().list_templates():
        drawing.environment().get_template(name)


def test_a_journey_says_what_starts_it_and_that_it_is_live(tour: Cloud) -> None:
    (one,) = told(tour, "/console/journeys")["journeys"]
    assert (one["id"], one["live"], one["paused"], one["stuck"]) == ("tour", True, None, [])
    assert one["starts"].startswith("when ")
    assert one["starts"].partition(" ")[2][:10] in get(tour, "/console/journeys", signed_in(Role.VIEWER))["body"]


def test_a_journey_is_paused_with_a_reason_and_goes_on(tour: Cloud) -> None:
    assert press(tour, "/console/journeys/tour/pause")["statusCode"] == 422
    assert press(tour, "/console/journeys/tour/pause", why=NASTY)["statusCode"] == 303
    standing = pauses.get().standing(of_journey("tour"), tour.clock.now)
    assert standing is not None
    assert (standing.by, standing.why) == ("marketer@tea.example", NASTY)
    for path in ("/console", "/console/journeys", "/console/sending"):
        page = get(tour, path, signed_in(Role.MARKETER))["body"]
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;{{ 7*7 }} İı 😀" in page
        assert "Let it go on" in page
    ask(tour)
    assert tour.mails == []
    assert press(tour, "/console/journeys/tour/resume")["statusCode"] == 303
    tour.skip(hours=1)
    assert [mail.to for mail in tour.mails] == [ADA]
    assert [(one.kind, one.subject, one.by) for one in audit.all_notes()] == [
        ("pause", "journey--tour", "marketer@tea.example"),
        ("resume", "journey--tour", "marketer@tea.example"),
    ]


def test_whoever_waits_at_a_step_is_recalled_and_the_job_says_how_many(tour: Cloud) -> None:
    ask(tour)
    ask(tour, BOB)
    page = get(tour, "/console/journeys/tour/recall?step=rest", signed_in(Role.MARKETER))["body"]
    assert '<option value="rest" selected>' in page
    assert "Wait 1 day" in page
    where = "/console/journeys/tour/recall"
    assert press(tour, where, step="rest", how="skip")["statusCode"] == 422
    for wrong in ({"step": "nowhere", "how": "skip"}, {"step": "rest", "how": "goto", "to": "rest"}, {"step": "rest"}):
        assert press(tour, where, why="x", **wrong)["statusCode"] == 422
    job = job_of(press(tour, where, step="rest", how="skip", why="no need to wait"))
    assert "hx-trigger" in get(tour, f"/console/jobs/{job}", signed_in(Role.VIEWER))["body"]
    ended(tour, [job])
    done = get(tour, f"/console/jobs/{job}", signed_in(Role.VIEWER))["body"]
    assert "2 runs were corrected" in done
    assert "hx-trigger" not in done
    assert told(tour, f"/console/jobs/{job}")["notes"] == {"corrected": 2}
    assert [getattr(enrollments.get(tour.contact(email), "tour"), "state", "") for email in PEOPLE] == ["done", "done"]
    assert [(one.kind, one.subject, one.why) for one in audit.all_notes()] == [
        ("recall", "tour/rest", "no need to wait")
    ]


def test_a_mistake_that_keeps_nobody_any_more_says_so(tour: Cloud) -> None:
    tour.publish(with_subject(toured(STEPS), "{{ contact.email + 1 }}"))
    releases.forget()
    ask(tour)
    tour.skip(minutes=10)
    ended(tour, [job_of(press(tour, "/console/journeys/tour/recall", step="rest", how="leave", why="Never mind"))])
    tour.settle()
    (stuck,) = told(tour, "/console")["stuck"]
    assert stuck["keeps"] == 0
    for path in ("/console", "/console/journeys"):
        page = get(tour, path, signed_in(Role.VIEWER))["body"]
        assert "It keeps nobody now" in page
    assert "The journey tour was stuck" in get(tour, "/console", signed_in(Role.VIEWER))["body"]


def test_whom_a_mistake_keeps_is_let_go_on_from_the_first_page_once(tour: Cloud) -> None:
    tour.publish(with_subject(toured(STEPS), "{{ contact.email + 1 }}"))
    releases.forget()
    ask(tour)
    tour.skip(minutes=10)
    (stuck,) = told(tour, "/console")["stuck"]
    assert (stuck["id"], stuck["at"], stuck["code"], stuck["keeps"]) == ("tour", "guide", "template-error", 1)
    assert "People it keeps now: 1" in get(tour, "/console", signed_in(Role.VIEWER))["body"]
    assert 'action="/console/journeys/tour/retry"' in get(tour, "/console", signed_in(Role.MARKETER))["body"]
    assert 'action="/console/journeys/tour/retry"' not in get(tour, "/console", signed_in(Role.VIEWER))["body"]
    tour.publish(toured(STEPS))
    releases.forget()
    assert press(tour, "/console/journeys/tour/retry", step="mark")["statusCode"] == 409
    job = job_of(press(tour, "/console/journeys/tour/retry", step="guide"))
    ended(tour, [job])
    tour.settle()
    assert [mail.to for mail in tour.mails] == [ADA]
    assert told(tour, "/console")["stuck"] == []
    assert press(tour, "/console/journeys/tour/retry", step="guide")["statusCode"] == 409
    assert [(one.kind, one.subject) for one in audit.all_notes()] == [("retry", "tour/guide")]


@pytest.mark.parametrize("what", [MARKETING, EVERYTHING])
def test_sending_is_paused_and_goes_on(tour: Cloud, what: str) -> None:
    assert "Nothing is paused" in get(tour, "/console/sending", signed_in(Role.VIEWER))["body"]
    assert press(tour, "/console/sending/pause", what=what)["statusCode"] == 422
    assert press(tour, "/console/sending/pause", what=what, why="the price was wrong")["statusCode"] == 303
    ask(tour)
    tour.skip(hours=1)
    assert tour.mails == []
    (one,) = told(tour, "/console/sending")["paused"]
    assert (one["what"], one["why"], one["until"]) == (what, "the price was wrong", None)
    assert f'value="{what}"' in get(tour, "/console", signed_in(Role.MARKETER))["body"]
    assert "Let it go on" not in get(tour, "/console", signed_in(Role.SALES))["body"]
    assert press(tour, "/console/sending/resume", what=what)["statusCode"] == 303
    tour.skip(hours=1)
    assert [mail.to for mail in tour.mails] == [ADA]
    assert [(one.kind, one.subject) for one in audit.all_notes()] == [("pause", what), ("resume", what)]


def test_a_pause_may_end_by_itself(tour: Cloud) -> None:
    for hours in ("0", "-1", "1.5", "721", "x", "²", "9" * 50):
        assert press(tour, "/console/sending/pause", why="x", hours=hours)["statusCode"] == 422
    assert press(tour, "/console/sending/pause", why="x", hours="2")["statusCode"] == 303
    assert told(tour, "/console/sending")["paused"][0]["until"] is not None
    tour.skip(hours=3)
    assert told(tour, "/console/sending")["paused"] == []


def test_nothing_else_is_paused_than_there_is(tour: Cloud) -> None:
    assert press(tour, "/console/sending/pause", what="journey--tour", why="x")["statusCode"] == 422
    assert press(tour, "/console/sending/resume", what="campaign--none/one")["statusCode"] == 422
    assert press(tour, "/console/journeys/none/pause", why="x")["statusCode"] == 404
    assert get(tour, "/console/journeys/none/recall", signed_in(Role.OWNER))["statusCode"] == 404
    assert get(tour, "/console/jobs/none", signed_in(Role.OWNER))["statusCode"] == 404


def test_a_program_pauses_and_is_told(tour: Cloud) -> None:
    cookie = signed_in(Role.OWNER)
    headers = {**JSON, **FORM, **cookie, "x-samovar-token": token_of(tour, cookie)}
    reply = tour.http("POST", "/console/sending/pause", "why=look", headers=headers, room="console")
    assert json.loads(reply["body"]) == {"what": "marketing", "paused": True, "changed": True}
    again = tour.http("POST", "/console/sending/pause", "why=look", headers=headers, room="console")
    assert json.loads(again["body"])["changed"] is False


def test_pairs_that_may_be_one_person_are_listed_with_both(tour: Cloud) -> None:
    ask(tour)
    ask(tour, BOB)
    one, other = (f"c#{tour.contact(email)}" for email in PEOPLE)
    duplicates.note(duplicates.CONFLICT, one, other, "cause", tour.clock.now)
    page = get(tour, "/console", signed_in(Role.SALES))["body"]
    for email in PEOPLE:
        assert f'href="/console/people/{tour.contact(email)}">Ada</a> <span class="quiet">{email}</span>' in page
    assert told(tour, "/console", Role.SALES)["conflicts"] == 1
    viewer = get(tour, "/console", signed_in(Role.VIEWER))["body"]
    assert ADA not in viewer
    assert "Pairs that may be one person: " in viewer
    assert told(tour, "/console")["pairs"] == []
    (pair,) = told(tour, "/console/pairs", Role.SALES)["pairs"]
    assert {pair["one"]["who"], pair["other"]["who"]} == {ADA, BOB}


def test_pairs_are_listed_a_page_at_a_time(tour: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    from functions.console import pairs

    monkeypatch.setattr(pairs, "PAGE", 2)
    people = [f"p{number}@example.com" for number in range(4)]
    for email in people:
        ask(tour, email)
    first, *others = (f"c#{tour.contact(email)}" for email in people)
    for other in others:
        duplicates.note(duplicates.PLUS_TAG, first, other, "cause", tour.clock.now)
    page = told(tour, "/console/pairs", Role.SALES)
    rest = told(tour, f"/console/pairs?after={page['more'].replace(' ', '%20').replace('#', '%23')}", Role.SALES)
    assert (len(page["pairs"]), len(rest["pairs"]), rest["more"]) == (2, 1, None)


def test_a_journey_that_nobody_defined_any_more_can_go_on(tour: Cloud) -> None:
    press(tour, "/console/journeys/tour/pause", why="x")
    content = json.loads(toured(STEPS)) | {"journeys": {}}
    tour.publish(canonical(Release.model_validate(content)))
    (one,) = told(tour, "/console/journeys")["journeys"]
    assert (one["id"], one["live"], bool(one["paused"])) == ("tour", False, True)
    assert press(tour, "/console/journeys/tour/resume")["statusCode"] == 303
