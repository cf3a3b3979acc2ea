"""Correcting everybody in flight: recalled from a step or moved to another release, once each, whatever dies."""

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from authoring.commands import inflight
from functions import releases as runtime
from functions.core.correction import GoTo, Leave, Moves, Recall, Skip
from functions.core.enrollment import Enrollment
from functions.core.release import canonical
from functions.tables import audit, contacts, enrollments
from functions.tables import releases as moves
from functions.work import correct, jobs, walk
from functions.work.jobs import Job
from local.emulator import EmulatorProcess
from tests.cloud import Cloud
from tests.ended import ended
from tests.handlers.test_score import contact, release
from tests.handlers.test_work import KillNowAndThen
from tests.scale import scaled

PEOPLE = 8
SIGNED_UP = {"event": "Signed Up"}
STEPS: list[dict[str, Any]] = [
    {"id": "tag-first", "tag": "one"},
    {"id": "week", "wait": "7 days"},
    {"id": "tag-second", "tag": "two"},
    {"id": "answer", "wait": {"until": {"event": "Order Completed"}, "at_most": "10 days"}},
    {"id": "tag-third", "tag": "three"},
]


def with_journey(steps: list[dict[str, Any]], id: str = "tour") -> bytes:
    """The shop's release with one journey."""
    content = json.loads(release())
    content["journeys"] = {id: {"topic": "tips", "start": {"when": SIGNED_UP}, "steps": steps}}
    from functions.core.release import Release

    return canonical(Release.model_validate(content))


@pytest.fixture
def shop(emulator: EmulatorProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """A shop whose visitors all wait at the journey's first wait; half of them have waited for a week more."""
    monkeypatch.setattr(walk, "ROWS_PER_SLICE", 12)
    with Cloud(emulator, with_journey(STEPS)) as cloud:
        for number in range(PEOPLE):
            cloud.call("track", messageId=f"sign-{number}", anonymousId=f"browser-{number}", event="Signed Up")
            if number == PEOPLE // 2 - 1:
                cloud.settle()
                cloud.skip(days=7)
        cloud.settle()
        yield cloud


def runs(cloud: Cloud, journey: str = "tour") -> list[Enrollment]:
    found = [enrollments.get(contact(cloud, value=f"browser-{number}").id, journey) for number in range(PEOPLE)]
    return [run for run in found if run is not None]


def standing(cloud: Cloud) -> list[str]:
    return sorted(run.waiting.step if run.waiting else run.state for run in runs(cloud))


def recall(cloud: Cloud, what: Recall, step: str = "week") -> Job:
    correct.recall("c1", "tour", step, what, cloud.clock.now)
    return ended(cloud, ["c1"])[0]


def test_everybody_stands_where_the_story_begins(shop: Cloud) -> None:
    assert standing(shop) == ["answer"] * (PEOPLE // 2) + ["week"] * (PEOPLE // 2)


@pytest.mark.parametrize(
    ("what", "stand"),
    [(Skip(), "answer"), (Leave(), "exited"), (GoTo("tag-third"), "done")],
    ids=["skip", "leave", "goto"],
)
def test_a_recall_moves_those_who_wait_at_the_step_and_nobody_else(shop: Cloud, what: Recall, stand: str) -> None:
    done = recall(shop, what)
    half = PEOPLE // 2
    assert standing(shop) == sorted(["answer"] * half + [stand] * half)
    assert done.notes.get("corrected") == half
    assert not shop.aside
    # Their clocks know it: nothing rings for a wait that is over, and what goes on comes to its end.
    shop.skip(days=11)
    shop.settle()
    assert {run.state for run in runs(shop)} <= {"done", "exited"}


def test_a_recall_that_is_killed_anywhere_moves_each_once(shop: Cloud) -> None:
    for number in range(scaled(4)):
        chance = random.Random(number)
        with shop.watched(KillNowAndThen(chance, 6, 0.15)):
            correct.recall(f"k{number}", "tour", "week", Skip(), shop.clock.now)
            ended(shop, [f"k{number}"])
    assert standing(shop) == ["answer"] * PEOPLE
    assert [sum(passed.outcome == "skipped" for passed in run.path) for run in runs(shop)].count(1) == PEOPLE // 2
    shop.skip(minutes=5)
    shop.settle()
    assert not [run for run in runs(shop) if run.todo or run.place]


def test_whoever_is_merged_while_a_recall_passes_is_recalled_as_the_survivor(emulator: EmulatorProcess) -> None:
    with Cloud(emulator, with_journey(STEPS)) as cloud:
        cloud.call("track", messageId="s1", userId="u1", event="Signed Up")
        cloud.call("identify", messageId="a1", anonymousId="b1", traits={"email": "ada@example.com"})
        cloud.settle()
        (read,) = [enrollments.from_row(row) for row in cloud.items() if row["sk"] == "J#tour"]
        correct.recall("c1", "tour", "week", Skip(), cloud.clock.now)
        job = jobs.get("c1")
        assert job is not None
        # The row was read by the walk, which has passed the survivor's place.
        cloud.call("identify", messageId="i1", userId="u1", traits={"email": "ada@example.com"})
        for _ in range(3):
            cloud.deliver("score")
            cloud.deliver("journey_step")
        survivor = contacts.surviving(read.contact).id
        assert survivor != read.contact
        assert correct._correct(read, job) == {"corrected": 1}
        assert correct._correct(read, job) == {}
        gone_on = enrollments.get(survivor, "tour")
        assert gone_on is not None
        assert [(one.step, one.outcome) for one in gone_on.path][-2:] == [("week", "skipped"), ("tag-second", "tagged")]


def test_people_in_flight_move_to_the_live_release_and_end_by_it(shop: Cloud) -> None:
    later = [
        {"id": "pause", "wait": "2 days"},
        {"id": "mark", "tag": "better"},
        {"id": "answer", "wait": {"until": {"event": "Order Completed"}, "at_most": "1 day"}},
    ]
    shop.publish(with_journey(later))
    runtime.forget()
    pointer = moves.live()
    assert pointer is not None
    correct.migrate("m1", "tour", pointer.release, Moves({"week": "pause"}), shop.clock.now)
    done = ended(shop, ["m1"])[0]
    assert done.notes.get("corrected") == PEOPLE
    assert {run.release for run in runs(shop)} == {pointer.release}
    shop.skip(minutes=10)
    assert (shop.next_due or 0) > shop.clock.now + 12 * 3_600_000, "nobody looks at them every minute until then"
    shop.skip(days=4)
    shop.settle()
    assert standing(shop) == ["done"] * PEOPLE
    assert {passed.step for run in runs(shop) for passed in run.path if passed.outcome == "tagged"} >= {"mark"}
    assert not shop.aside


def test_who_has_no_place_in_the_other_release_stays_and_is_counted(shop: Cloud) -> None:
    shop.publish(with_journey([{"id": "answer", "wait": "1 day"}]))
    runtime.forget()
    pointer = moves.live()
    assert pointer is not None
    correct.migrate("m1", "tour", pointer.release, Moves({}), shop.clock.now)
    done = ended(shop, ["m1"])[0]
    assert (done.notes.get("corrected"), done.notes.get("unfit")) == (PEOPLE // 2, PEOPLE // 2)
    assert standing(shop).count("week") == PEOPLE // 2


def test_a_journey_whose_id_begins_alike_is_another(shop: Cloud) -> None:
    correct.recall("c1", "tou", "week", Skip(), shop.clock.now)
    assert not ended(shop, ["c1"])[0].notes.get("corrected")


class Here:
    """The options before a command, for a deployment that this process is pointed at already."""

    stack = None

    def connect(self) -> None:
        runtime.forget()


def samovar(cloud: Cloud, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    """What a command prints; the jobs that it begins run to their end while it looks on."""

    def follow(ids: list[str], what: str, *, quiet: bool) -> list[Job]:
        return ended(cloud, ids)

    monkeypatch.setattr(inflight, "follow", follow)
    command = {"journeys": inflight.journeys, "recall": inflight.recall, "migrate": inflight.migrate}[arguments[0]]
    return CliRunner().invoke(command, list(arguments[1:]), obj=Here()).output


def test_the_command_says_who_waits_where_and_recalls_them(shop: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    half = PEOPLE // 2
    listed = samovar(shop, monkeypatch, "journeys", "tour")
    assert all(f"tour     {step:<6}  {half}" in listed for step in ("answer", "week"))
    said = samovar(shop, monkeypatch, "recall", "tour", "weak", "--skip", "--why", "typo", "--yes")
    assert f'nobody waits at "weak" of "tour" now: {half} at answer, {half} at week' in said
    said = samovar(shop, monkeypatch, "recall", "tour", "week", "--goto", "nowhere", "--why", "typo", "--yes")
    assert 'no step "nowhere" to go to' in said
    assert standing(shop).count("week") == half
    said = samovar(shop, monkeypatch, "recall", "tour", "week", "--goto", "tag-third", "--why", "yanlış fiyat", "--yes")
    assert f"{half} runs were corrected" in said
    (noted,) = audit.all_notes()
    assert (noted.kind, noted.subject, noted.many, noted.why) == ("recall", "tour/week", half, "yanlış fiyat")


def test_the_command_moves_nobody_before_each_step_has_a_place(shop: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    half = PEOPLE // 2
    shop.publish(with_journey([{"id": "pause", "wait": "1 day"}, {"id": "answer", "wait": "1 day"}]))
    said = samovar(shop, monkeypatch, "migrate", "tour", "--why", "shorter", "--yes")
    assert (
        f'no step: {half} at "week". Say where they go on (--map week=STEP), or that they leave (--exit week)' in said
    )
    said = samovar(shop, monkeypatch, "migrate", "tour", "--map", "week=pausse", "--why", "shorter", "--yes")
    assert 'no step "pausse"' in said
    assert not audit.all_notes()
    said = samovar(shop, monkeypatch, "migrate", "tour", "--map", "week=pause", "--why", "shorter", "--yes")
    assert f"{PEOPLE} runs were corrected" in said
    assert "goes by the live release already" in samovar(
        shop, monkeypatch, "migrate", "tour", "--why", "again", "--yes"
    )


def test_a_run_that_is_looked_at_with_nothing_to_do_is_not_looked_at_again_every_minute(shop: Cloud) -> None:
    later = [{**step, "wait": "30 days"} if step["id"] == "week" else step for step in STEPS]
    shop.publish(with_journey(later))
    runtime.forget()
    pointer = moves.live()
    assert pointer is not None
    correct.migrate("m1", "tour", pointer.release, Moves({}), shop.clock.now)
    ended(shop, ["m1"])
    shop.skip(minutes=15)
    due = [row["du"] for row in shop.items() if row["sk"].startswith("J#")]
    assert len(due) == PEOPLE
    assert min(due) > shop.clock.now + 86_400_000
