"""Whoever a mistake keeps in a journey: tried again, set aside, told of once, let go on after the mend, each once."""

import json
from typing import Any

import click
import pytest
from click.testing import CliRunner

from authoring.commands import explain, inflight, retrying
from authoring.doctor.stuck import of_stuck
from functions import alerts, releases
from functions.core import admission
from functions.core.correction import Moves
from functions.core.enrollment import Enrollment
from functions.core.pauses import Pause, of_journey
from functions.core.release import Release, canonical
from functions.journey_step import admit, progress
from functions.score.merge import merge
from functions.sweep import heal
from functions.tables import audit, enrollments, messages, pauses, setbacks
from functions.work import correct, jobs, retry
from functions.work.jobs import Job
from tests.cloud import Cloud
from tests.crash.journeys import PEOPLE, toured, with_journeys, with_subject
from tests.ended import ended
from tests.handlers.test_corrections import Here

ADA, BOB = PEOPLE
STEPS: list[dict[str, Any]] = [
    {"id": "guide", "send": "brewing-guide"},
    {"id": "rest", "wait": "1 day"},
    {"id": "mark", "tag": "guided"},
]
BROKEN = with_subject(toured(STEPS), "{{ contact.email + 1 }}")
HOUR = 3_600_000


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Subjects of what a person was told."""
    subjects: list[str] = []
    monkeypatch.setattr(alerts, "tell", lambda subject, text: subjects.append(subject))
    return subjects


def ask(cloud: Cloud, email: str) -> None:
    cloud.post_form(email=email, nonce=email[:3], first_name="Ada")
    cloud.put_on_bus("Quote Asked", id=f"q-{email}", email=email)
    cloud.settle()


def finish(cloud: Cloud, id: str) -> Job:
    return ended(cloud, [id])[0]


def run(cloud: Cloud, email: str = ADA) -> Enrollment:
    found = enrollments.get(cloud.contact(email), "tour")
    assert found is not None
    return found


def states(cloud: Cloud, email: str = ADA) -> list[tuple[str, str]]:
    return [(one.state, one.reason) for one in messages.list_for(cloud.contact(email))]


def mend(cloud: Cloud) -> None:
    cloud.publish(toured(STEPS))
    releases.forget()


def test_a_template_that_fails_sets_the_run_aside_and_everybody_once_after_the_mend(
    cloud: Cloud, told: list[str]
) -> None:
    cloud.publish(BROKEN)
    ask(cloud, ADA)
    ask(cloud, BOB)
    assert states(cloud) == [("intended", "template-error")]
    assert run(cloud).failure is None
    cloud.skip(minutes=10)
    assert states(cloud) == [("withheld", "template-error")]
    failure = run(cloud).failure
    assert failure is not None
    assert (failure.step, failure.code, failure.words) == ("guide", "template-error", "TypeError")
    assert told == ['Journey "tour" is stuck for some people at step "guide"']

    # Their time passes them by, and a click or a day changes nothing; nothing rings meanwhile.
    aside_since = failure.at
    cloud.skip(days=3)
    assert run(cloud).active
    assert run(cloud).aside
    assert not cloud.machines.parked
    assert (cloud.mails, cloud.aside) == ([], [])

    mend(cloud)
    retry.retry("r1", "tour", "", cloud.clock.now)
    done = ended(cloud, ["r1"])[0]
    assert done.notes == {"corrected": 2, "messages": 2}
    assert sorted(mail.to for mail in cloud.mails) == [ADA, BOB]
    waiting = run(cloud).waiting
    assert waiting is not None
    held = cloud.clock.now - aside_since
    # The day behind the mail is a whole day still.
    assert waiting.deadline - cloud.clock.now > 23 * HOUR
    assert waiting.since > waiting.deadline - 86_400_000 - 1
    assert held > 2 * 86_400_000
    assert setbacks.listed() == []
    cloud.skip(days=1.1)
    assert [run(cloud, email).state for email in PEOPLE] == ["done", "done"]
    retry.retry("r2", "tour", "", cloud.clock.now)
    assert ended(cloud, ["r2"])[0].notes == {}
    assert len(cloud.mails) == 2


def test_a_template_that_is_still_wrong_sets_it_aside_again(cloud: Cloud, told: list[str]) -> None:
    cloud.publish(BROKEN)
    ask(cloud, ADA)
    cloud.skip(minutes=10)
    cloud.skip(days=1)
    retry.retry("r1", "tour", "guide", cloud.clock.now)
    ended(cloud, ["r1"])[0]
    cloud.skip(minutes=10)
    assert run(cloud).aside
    assert states(cloud) == [("withheld", "template-error")]
    assert len(told) == 2
    assert len(setbacks.listed()) == 1


def test_one_step_is_let_go_and_not_another(cloud: Cloud) -> None:
    cloud.publish(BROKEN)
    ask(cloud, ADA)
    cloud.skip(minutes=10)
    mend(cloud)
    retry.retry("r1", "tour", "mark", cloud.clock.now)
    assert ended(cloud, ["r1"])[0].notes == {}
    assert run(cloud).aside
    assert len(setbacks.listed()) == 1


def test_of_a_message_after_which_the_journey_is_over_a_person_is_told_as_well(cloud: Cloud, told: list[str]) -> None:
    cloud.publish(with_subject(toured(STEPS[:1]), "{{ contact.email + 1 }}"))
    ask(cloud, ADA)
    cloud.skip(minutes=10)
    assert run(cloud).state == "done"
    assert states(cloud) == [("withheld", "template-error")]
    assert told == ['Journey "tour" is stuck for some people at step "guide"']
    assert [one.step for one in setbacks.listed()] == ["guide"]
    cloud.publish(toured(STEPS[:1]))
    releases.forget()
    retry.retry("r1", "tour", "", cloud.clock.now)
    assert finish(cloud, "r1").notes == {"messages": 1}
    assert [mail.to for mail in cloud.mails] == [ADA]
    assert setbacks.listed() == []


def test_a_message_of_long_ago_is_not_sent(cloud: Cloud) -> None:
    cloud.publish(BROKEN)
    ask(cloud, ADA)
    cloud.skip(minutes=10)
    cloud.skip(days=31)
    mend(cloud)
    retry.retry("r1", "tour", "", cloud.clock.now)
    assert finish(cloud, "r1").notes == {"corrected": 1, "past": 1}
    assert cloud.mails == []
    cloud.skip(days=2)
    assert run(cloud).state == "done"


def test_who_is_set_aside_again_while_others_are_let_go_stays_known(cloud: Cloud) -> None:
    began, minute = cloud.clock.now // 86_400_000 * 86_400_000, 60_000
    assert setbacks.is_new("tour", "guide", "template-error", began)
    assert not setbacks.is_new("tour", "guide", "template-error", began + 6 * minute)
    setbacks.forget("tour", "", began + 5 * minute)
    (one,) = setbacks.listed()
    assert (one.since, one.at) == (began, began + 6 * minute)
    setbacks.forget("tour", "", began + 7 * minute)
    assert setbacks.listed() == []


def ada_aside_and_bob(cloud: Cloud) -> tuple[list[dict[str, Any]], str, str]:
    """Ada set aside by a mail that can't be written, and Bob who will turn out to be her: the steps, and both."""
    steps = [STEPS[0], {"id": "rest", "wait": {"until": {"event": "Order Completed"}, "at_most": "1 day"}}, STEPS[2]]
    cloud.publish(with_subject(toured(steps), "{{ contact.email + 1 }}"))
    ask(cloud, ADA)
    cloud.skip(minutes=10)
    cloud.post_form(email=BOB, nonce="b1", first_name="Bob")
    cloud.settle()
    loser, survivor = cloud.contact(ADA), cloud.contact(BOB)
    return steps, loser, survivor


def test_whoever_is_set_aside_and_turns_out_to_be_somebody_else_is_so_as_that_person(cloud: Cloud) -> None:
    steps, loser, survivor = ada_aside_and_bob(cloud)
    assert merge(loser, survivor)
    cloud.settle()
    followed = enrollments.get(survivor, "tour")
    assert followed is not None
    assert followed.aside
    assert enrollments.get(loser, "tour").state == "exited"  # type: ignore[union-attr]
    cloud.publish(toured(steps))
    releases.forget()
    correct.migrate("m1", "tour", releases.live().id, Moves({}), cloud.clock.now)
    assert finish(cloud, "m1").notes == {"corrected": 1}
    retry.retry("r1", "tour", "", cloud.clock.now)
    assert finish(cloud, "r1").notes == {"corrected": 1, "messages": 1}
    cloud.skip(days=2)
    assert enrollments.get(survivor, "tour").state == "done"  # type: ignore[union-attr]
    assert len(cloud.mails) == 1


def test_whoever_is_merged_while_others_are_let_go_is_let_go_as_the_survivor(cloud: Cloud) -> None:
    steps, loser, survivor = ada_aside_and_bob(cloud)
    read = enrollments.get(loser, "tour")
    assert read is not None
    assert read.aside
    cloud.publish(toured(steps))
    releases.forget()
    # The row was read by the walk, which has passed the survivor's place.
    assert merge(loser, survivor)
    cloud.settle()
    assert retry._let_go(read, "r1") == {"corrected": 1}
    assert retry._let_go(read, "r1") == {}
    followed = enrollments.get(survivor, "tour")
    assert followed is not None
    assert not followed.aside
    cloud.skip(days=2)
    assert enrollments.get(survivor, "tour").state == "done"  # type: ignore[union-attr]


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Addresses of those for whom the code fails, as they enter and as they go on; empty it to mend that."""
    whose: list[str] = []
    advance = progress.advance

    def failing(journey: Any, run: Any, contact: Any, *rest: Any) -> Any:
        if contact.profile.email in whose:
            raise KeyError("a mistake")
        return advance(journey, run, contact, *rest)

    monkeypatch.setattr(progress, "advance", failing)
    monkeypatch.setattr(admit, "advance", failing)
    return whose


def test_a_step_that_fails_is_tried_three_times_and_holds_up_nobody_else(
    cloud: Cloud, told: list[str], broken: list[str]
) -> None:
    cloud.publish(toured(STEPS))
    ask(cloud, ADA)
    broken.append(ADA)
    cloud.skip(days=1)
    ask(cloud, BOB)
    assert run(cloud, BOB).waiting is not None
    failure = run(cloud).failure
    assert failure is not None
    assert (failure.step, failure.code, failure.tries) == ("rest", "KeyError", 1)
    assert told == []
    cloud.skip(minutes=20)
    assert run(cloud).aside
    assert told == ['Journey "tour" is stuck for some people at step "rest"']
    assert cloud.aside == []
    broken.clear()
    cloud.skip(days=1)
    assert run(cloud).aside
    retry.retry("r1", "tour", "", cloud.clock.now)
    assert ended(cloud, ["r1"])[0].notes == {"corrected": 1}
    cloud.settle()
    assert run(cloud).state == "done"
    assert run(cloud).failure is None


def test_a_run_side_by_side_that_is_over_and_could_not_tell_says_when_it_may_go_once_it_could(
    cloud: Cloud, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    start = {"when": {"event": "Order Placed"}, "one_per": {"property": "order"}, "again": "always"}
    cloud.publish(with_journeys(orders={"start": start, "steps": [STEPS[2]]}))

    def failing(*_: Any) -> None:
        raise KeyError("a mistake")

    def placed() -> dict[str, Any]:
        (row,) = [row for row in cloud.items() if row["sk"].startswith("J#orders")]
        return row

    cloud.post_form(email=ADA, nonce="a1", first_name="Ada")
    with monkeypatch.context() as broken:
        broken.setattr(progress, "perform", failing)
        cloud.put_on_bus("Order Placed", id="o1", email=ADA, properties={"order": "a"})
        cloud.settle()
        cloud.skip(minutes=20)
    assert ("failure" in placed(), "ttl" in placed(), len(told)) == (True, False, 1)
    retry.retry("r1", "orders", "", cloud.clock.now)
    assert finish(cloud, "r1").notes == {"corrected": 1}
    healed = placed()
    assert ("failure" in healed, "todo" in healed) == (False, False)
    assert healed["ttl"] >= healed["ended"] // 1000 + releases.live().release.privacy.retention.runs


def test_what_passes_by_itself_goes_on_by_itself_with_a_clock(cloud: Cloud, told: list[str], broken: list[str]) -> None:
    steps = [*STEPS[:2], {"id": "more", "wait": "1 day"}, STEPS[2]]
    cloud.publish(toured(steps))
    ask(cloud, ADA)
    broken.append(ADA)
    cloud.skip(days=1)
    broken.clear()
    cloud.skip(minutes=3)
    waiting = run(cloud).waiting
    assert waiting is not None
    assert (waiting.step, run(cloud).failure) == ("more", None)
    assert len(cloud.machines.parked) == 1
    cloud.skip(days=1)
    assert run(cloud).state == "done"
    assert (told, setbacks.listed()) == ([], [])


def test_in_a_paused_journey_what_is_to_be_tried_again_is_not_met_every_minute(
    cloud: Cloud, broken: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.publish(toured(STEPS))
    ask(cloud, ADA)
    broken.append(ADA)
    cloud.skip(days=1)
    assert run(cloud).failure is not None
    pauses.hold(of_journey("tour"), Pause(cloud.clock.now, "wrong", "ada"))
    met: list[str] = []
    healed = heal.heal

    def heard(*where: Any) -> None:
        met.append(where[1])
        healed(*where)

    monkeypatch.setattr(heal, "heal", heard)
    cloud.skip(minutes=90)
    assert len(met) <= 2
    broken.clear()
    pauses.release(of_journey("tour"))
    cloud.skip(hours=6)
    assert run(cloud).state == "done"


def test_whoever_the_code_fails_as_they_enter_is_in_and_set_aside_before_the_first_step(
    cloud: Cloud, told: list[str], broken: list[str]
) -> None:
    cloud.publish(toured(STEPS))
    broken.append(ADA)
    ask(cloud, ADA)
    cloud.skip(minutes=20)
    assert run(cloud).aside
    assert told == ['Journey "tour" is stuck for some people before its first step']
    assert cloud.aside == []
    cloud.publish(toured([{"id": "mark", "tag": "guided"}]))
    releases.forget()
    correct.migrate("m1", "tour", releases.live().id, Moves({}), cloud.clock.now)
    assert ended(cloud, ["m1"])[0].notes == {"corrected": 1}
    assert run(cloud).aside
    broken.clear()
    retry.retry("r1", "tour", "", cloud.clock.now)
    ended(cloud, ["r1"])[0]
    cloud.settle()
    assert [(one.step, one.outcome) for one in run(cloud).path] == [("mark", "tagged")]
    assert run(cloud).state == "done"


def test_whom_only_if_cannot_be_asked_of_is_not_let_in_and_a_person_is_told_and_can_let_them_be_asked_again(
    cloud: Cloud, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = json.loads(toured(STEPS))
    content["journeys"]["tour"]["start"]["only_if"] = {"trait": "first_name", "known": True}
    cloud.publish(canonical(Release.model_validate(content)))
    releases.forget()
    evaluate = admission.evaluate

    def failing(condition: Any, seen: Any, now: int) -> Any:
        if seen.contact.profile.email == ADA:
            raise KeyError("a mistake")
        return evaluate(condition, seen, now)

    with monkeypatch.context() as broken:
        broken.setattr(admission, "evaluate", failing)
        ask(cloud, ADA)
        ask(cloud, BOB)
    assert (run(cloud, BOB).state, enrollments.get(cloud.contact(ADA), "tour")) == ("active", None)
    assert told == ['Journey "tour" lets some people not in: its only_if can\'t be asked']
    assert ["only_if" in check.found for check in of_stuck(releases.live().release)] == [True]
    (aside,) = cloud.aside
    for _ in range(2):
        cloud.invoke("journey_step", {"Records": [aside["record"]]})
    assert run(cloud).cause
    cloud.settle()
    cloud.skip(days=2)
    assert (run(cloud).state, [mail.to for mail in cloud.mails].count(ADA)) == ("done", 1)
    retry.retry("r1", "tour", "", cloud.clock.now)
    finish(cloud, "r1")
    assert setbacks.listed() == []


def test_the_terminal_shows_who_is_set_aside_why_and_lets_them_go(
    cloud: Cloud, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud.publish(BROKEN)
    ask(cloud, ADA)
    cloud.skip(minutes=10)
    (check,) = of_stuck(releases.live().release)
    assert (check.name, check.state) == ("journeys", "watch")
    assert 'set aside at step "guide"' in check.found
    shown = json.loads(said(inflight.journeys, "tour", "--json"))
    assert shown["aside"] == [{"journey": "tour", "step": "guide", "code": "template-error", "people": 1}]
    explained = json.loads(said(explain.explain, ADA, "tour", "--json"))
    (one,) = explained["journeys"][0]["runs"]
    assert (one["failure"]["code"], one["failure"]["aside"]) == ("template-error", True)
    assert "set aside until samovar retry" in said(explain.explain, ADA, "tour")
    mend(cloud)
    monkeypatch.setattr(retrying, "follow", lambda ids, *_, **__: [finish(cloud, ids[0])])
    # By the name that the file has now, which is not what it is stored under.
    renamed = json.loads(toured(STEPS)) | {"names": {"journey tour": "visit", "journey tour, step guide": "book"}}
    cloud.publish(canonical(Release.model_validate(renamed)))
    releases.forget()
    words = ("visit", "--step", "book", "--why", "mended", "--yes")
    assert "1 run goes on; 1 message is tried again" in said(retrying.retry, *words)
    (noted,) = audit.all_notes()
    assert (noted.kind, noted.subject, noted.why) == ("retry", "tour/guide", "mended")
    assert len(jobs.listed()) == 1


def said(command: click.Command, *words: str) -> str:
    result = CliRunner().invoke(command, words, obj=Here(), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_a_release_with_a_mistake_loads() -> None:
    # The stories above rest on a release that no check would let through.
    assert canonical(Release.model_validate(json.loads(BROKEN))) == BROKEN
