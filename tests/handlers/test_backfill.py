"""Bringing everybody to a release that was published: who did nothing too, once, with the cause, whatever dies."""

import itertools
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from functions import releases as runtime
from functions.core.contact import Contact
from functions.core.decisions import BACKFILL
from functions.core.release import canonical
from functions.score import apply
from functions.tables import contacts, decisions
from functions.tables import releases as moves
from functions.work import backfills, jobs, walk
from functions.work.jobs import Job
from local.emulator import EmulatorProcess
from tests.cloud import Call, Cloud, Killed
from tests.ended import ended
from tests.handlers.test_score import PAGE, contact, decided, release, visit
from tests.handlers.test_work import KillNowAndThen
from tests.scale import scaled

PEOPLE = 9
ORDER = {"event": "Order Completed"}


def rules(segments: dict[str, Any] | None = None, **scoring: Any) -> bytes:
    """The shop's release with other segments than those it opened with."""
    content = json.loads(release(**scoring))
    content["segments"] |= segments or {}
    return canonical(runtime_release(content))


def runtime_release(content: dict[str, Any]) -> Any:
    from functions.core.release import Release

    return Release.model_validate(content)


BUYERS = {"buyers": {"when": {**ORDER, "at_least": 1}}}
LOOKERS = {"lookers": {"when": {**PAGE, "at_least": 2, "within": "7 days"}}}


@pytest.fixture
def shop(emulator: EmulatorProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """A shop with visitors who saw one to three pages; every third of them ordered."""
    monkeypatch.setattr(walk, "ROWS_PER_SLICE", 12)
    with Cloud(emulator, release()) as cloud:
        for number in range(PEOPLE):
            visit(cloud, 1 + number % 3, f"browser-{number}")
            if number % 3 == 0:
                cloud.call("track", messageId=f"order-{number}", anonymousId=f"browser-{number}", event=ORDER["event"])
        cloud.settle()
        # Long after the shop opened: nobody works by an earlier release.
        cloud.skip(minutes=5)
        yield cloud


def publish(cloud: Cloud, content: bytes) -> list[str]:
    """Make a release live as a deploy does; the ids of the jobs that bring everybody to it."""
    cloud.publish(content)
    runtime.forget()
    pointer = moves.live()
    assert pointer is not None
    return backfills.start(pointer, cloud.clock.now)


def people(cloud: Cloud) -> list[Contact]:
    return [contact(cloud, value=f"browser-{number}") for number in range(PEOPLE)]


def members(cloud: Cloud, segment: str) -> set[str]:
    rows = (row for row in cloud.items() if row["pk"].startswith(f"G#{segment}#") and not row.get("left"))
    return {row["sk"].removeprefix("C#") for row in rows}


def standing(cloud: Cloud) -> list[Any]:
    """All that a backfill may change, without versions and moments."""
    return [
        (one.state.spec, one.state.facts, one.state.standing.temperature, sorted(one.state.standing.segments))
        for one in people(cloud)
    ]


def made_by_backfill(cloud: Cloud) -> list[tuple[str, str, str]]:
    """(segment or band, contact, way) of every decision in the log that has the cause."""
    return sorted(
        (made.name, one.id, made.after)
        for one in people(cloud)
        for made in decisions.of(one.id)
        if made.cause == BACKFILL
    )


def test_a_new_segment_gets_those_who_do_nothing_with_the_cause_and_once(shop: Cloud) -> None:
    before = decided(shop)
    ids = publish(shop, rules(BUYERS))
    found = ended(shop, ids)
    buyers = {one.id for number, one in enumerate(people(shop)) if number % 3 == 0}
    assert members(shop, "buyers") == buyers
    assert made_by_backfill(shop) == sorted(("buyers", one, "in") for one in buyers)
    assert len(decided(shop)) == len(before) + len(buyers)
    notes = {name: sum(job.notes.get(name, 0) for job in found) for name in ("contacts", "rebuilt", "decisions")}
    assert notes == {"contacts": PEOPLE, "rebuilt": PEOPLE, "decisions": len(buyers)}
    assert {one.state.release for one in people(shop)} == {runtime.live().seq}
    assert len({one.state.spec for one in people(shop)}) == 1


def test_it_starts_no_journey_and_tells_the_bus_why(shop: Cloud) -> None:
    ended(shop, publish(shop, rules(BUYERS)))
    shop.settle()
    assert not [row for row in shop.items() if row["sk"].startswith("J#")]
    told = [json.loads(entry["Detail"]) for entry in shop.bus if "buyers" in entry["Detail"]]
    assert [one["cause"] for one in told] == [BACKFILL] * 3
    others = {json.loads(entry["Detail"])["cause"] for entry in shop.bus if "buyers" not in entry["Detail"]}
    assert others == {"event"}


def test_publishing_and_starting_again_decides_nothing_twice(shop: Cloud) -> None:
    ids = publish(shop, rules(BUYERS))
    ended(shop, ids)
    made, stands = decided(shop), standing(shop)
    pointer = moves.live()
    assert pointer is not None
    assert backfills.start(pointer, shop.clock.now) == ids
    ended(shop, ids)
    assert decided(shop) == made
    assert standing(shop) == stands


def test_where_nobody_can_stand_elsewhere_nothing_is_begun(shop: Cloud) -> None:
    content = json.loads(release())
    content["segments"]["keen"]["title"] = "Those who look around"
    content["sending"]["business"]["name"] = "Tea & Co"
    assert publish(shop, canonical(runtime_release(content))) == []


def test_a_contact_that_is_right_already_costs_only_the_read_that_finds_it(shop: Cloud) -> None:
    ids = publish(shop, rules(BUYERS))
    ended(shop, ids)
    versions = [one.state.version for one in people(shop)]
    for lane in range(backfills.LANES):
        jobs.create(Job(f"again-{lane}", "backfill", 0, lane=lane, lanes=backfills.LANES, seq=runtime.live().seq))
    watch = Calls()
    with shop.watched(watch):
        found = ended(shop, ["again-0", "again-1"])
    assert sum(job.notes["contacts"] for job in found) == PEOPLE
    assert sum(job.notes["already"] for job in found) == PEOPLE
    assert [one.state.version for one in people(shop)] == versions
    slices = sum(job.slices for job in found)
    assert watch.count["Scan"] <= slices + 2
    assert watch.count["Query"] == 0


def test_rules_that_count_the_same_rebuild_nobody_and_write_only_who_moves(shop: Cloud) -> None:
    versions = {one.id: one.state.version for one in people(shop)}
    shop.publish(rules({"lookers": {"when": {**PAGE, "at_least": 2, "within": "7 days"}}}))
    runtime.forget()
    pointer = moves.live()
    assert pointer is not None
    ids = backfills.start(pointer, shop.clock.now)
    shop.clock.now += 200_000
    found = ended(shop, ids)
    assert sum(job.notes.get("rebuilt", 0) for job in found) == 0
    moved = {one.id for one in people(shop) if one.state.version != versions[one.id]}
    assert moved == members(shop, "lookers")
    assert len(moved) == 6


def test_whoever_comes_first_is_brought_by_their_own_event_and_both_are_told_apart(shop: Cloud) -> None:
    shop.paused = {"work"}
    ids = publish(shop, rules(BUYERS | {"second": {"when": {**PAGE, "at_least": 2, "within": "1 day"}}}))
    visit(shop, 1, "browser-0", first=5)
    shop.settle()
    found = contact(shop, value="browser-0")
    causes = {made.name: made.cause for made in decisions.of(found.id) if made.kind == "segment"}
    assert causes["buyers"] == BACKFILL
    assert causes["second"].startswith("a#")
    shop.paused = set()
    ended(shop, ids)
    assert standing(shop)[0][3] == ["buyers", "second"]
    assert len([made for made in decisions.of(found.id) if made.name == "buyers"]) == 1


def test_what_time_crosses_before_the_backfill_comes_is_time_s_doing(shop: Cloud) -> None:
    shop.paused = {"work"}
    warm = [one for one in people(shop) if one.state.standing.temperature == "warm"]
    publish(shop, rules(BUYERS))
    shop.skip(days=30)
    cooled = [made for one in warm for made in decisions.of(one.id) if made.after == "cold"]
    assert len(cooled) == len(warm) > 0
    assert {made.cause for made in cooled} == {"time"}


def test_a_second_publish_takes_over_and_nobody_is_forgotten(shop: Cloud) -> None:
    first = publish(shop, rules(BUYERS))
    assert shop.deliver("work")
    # Only a title differs from the release before, whose own backfill has hardly begun.
    content = json.loads(rules(BUYERS))
    content["segments"]["buyers"]["title"] = "Buyers"
    second = publish(shop, canonical(runtime_release(content)))
    assert second
    assert second != first
    superseded, done = ended(shop, first), ended(shop, second)
    assert any(job.notes.get("superseded") for job in superseded)
    assert sum(job.notes["contacts"] for job in done) == PEOPLE
    assert len(members(shop, "buyers")) == 3
    assert len(made_by_backfill(shop)) == 3


def test_stopped_it_stands_still_and_resumed_it_ends_the_same(shop: Cloud) -> None:
    ids = publish(shop, rules(BUYERS))
    assert shop.deliver("work")
    for job_id in ids:
        assert jobs.stop(job_id, shop.clock.now)
    shop.skip(hours=1)
    held = [jobs.get(job_id) for job_id in ids]
    assert all(job is not None and job.finished is None and not job.open for job in held)
    assert not jobs.stop(ids[0], shop.clock.now)
    for job_id in ids:
        assert jobs.resume(job_id)
    ended(shop, ids)
    assert len(members(shop, "buyers")) == 3
    assert not jobs.resume(ids[0])


class Calls:
    """Counts what work asks of AWS."""

    def __init__(self) -> None:
        from collections import Counter

        self.count: Counter[str] = Counter()

    def before(self, call: Call) -> None:
        if call.handler == "work":
            self.count[call.operation] += 1

    def after(self, call: Call) -> None:
        pass

    def repeat(self, call: Call) -> bool:
        return False


@pytest.mark.parametrize("seed", range(scaled(3)))
def test_killed_at_random_points_and_resumed_it_ends_as_if_it_never_was(
    emulator: EmulatorProcess, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr(walk, "ROWS_PER_SLICE", 12)

    def story(cloud: Cloud, meanwhile: Callable[[list[str]], None]) -> tuple[list[Any], list[Any], set[str]]:
        for number in range(PEOPLE):
            visit(cloud, 1 + number % 3, f"browser-{number}")
            if number % 3 == 0:
                cloud.call("track", messageId=f"order-{number}", anonymousId=f"browser-{number}", event=ORDER["event"])
        cloud.settle()
        cloud.skip(minutes=5)
        meanwhile(publish(cloud, rules(BUYERS | LOOKERS)))
        assert cloud.aside == []
        return standing(cloud), made_by_backfill(cloud), members(cloud, "lookers")

    with Cloud(emulator, release()) as cloud:
        calm = story(cloud, lambda ids: ended(cloud, ids) and None)
    with Cloud(emulator, release()) as cloud:
        watch = KillNowAndThen(random.Random(seed), 12)

        def stormy(ids: list[str]) -> None:
            with cloud.watched(watch):
                ended(cloud, ids)

        assert story(cloud, stormy) == calm
        assert watch.left < 12


def test_one_contact_that_kills_whoever_touches_it_is_set_aside_and_the_others_are_brought(
    shop: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    poison, real = people(shop)[4].id, apply.bring

    def deadly(found: Contact, *arguments: Any, **named: Any) -> Any:
        if found.id == poison:
            raise Killed
        return real(found, *arguments, **named)

    monkeypatch.setattr("functions.work.backfill.bring", deadly)
    done = ended(shop, publish(shop, rules(BUYERS | LOOKERS)))
    assert sum(job.notes.get("aside", 0) for job in done) == 1
    assert [kept["record"]["contact"] for kept in shop.aside] == [poison]
    assert sum(job.notes["contacts"] for job in done) == PEOPLE - 1
    assert len(members(shop, "buyers")) == 3


def test_one_that_always_raises_is_tried_some_times_and_set_aside(shop: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    poison, real, tried = people(shop)[4].id, apply.bring, itertools.count()

    def contended(found: Contact, *arguments: Any, **named: Any) -> Any:
        if found.id == poison:
            next(tried)
            raise RuntimeError("again, please")
        return real(found, *arguments, **named)

    monkeypatch.setattr("functions.work.backfill.bring", contended)
    done = ended(shop, publish(shop, rules(BUYERS)))
    assert sum(job.notes.get("aside", 0) for job in done) == 1
    assert walk.TRIES <= next(tried) <= walk.TRIES + 1
    assert len(members(shop, "buyers")) == 3


def test_whoever_did_too_much_for_the_stream_is_counted_by_work_and_nobody_waits(
    shop: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply.Reading.__init__, "__defaults__", (4,))
    shop.paused = {"work"}
    # The three of browser-2, the one of browser-4 and the two new ones are too much to be read at once.
    ids = publish(shop, rules(BUYERS))
    visit(shop, 3, "browser-2", first=5)
    visit(shop, 1, "browser-4", first=5)
    shop.settle()
    assert shop.failures == []
    put_off = contact(shop, value="browser-2")
    assert put_off.state.spec == ""
    shop.paused = set()
    ended(shop, ids)
    shop.skip(minutes=30)
    found = contact(shop, value="browser-2")
    assert found.state.spec == contact(shop, value="browser-4").state.spec != ""
    assert sum(sum(days.values()) for days in found.state.facts.counters.values()) == 6
    assert "keen" in found.state.standing.segments


def test_the_moved_facts_of_a_rebuild_are_decided_later_with_the_cause(shop: Cloud) -> None:
    found = people(shop)[2]
    shop.emulator.client("dynamodb").update_item(
        TableName=f"{shop.name}-contacts",
        Key={"pk": {"S": contacts.partition(found.id)}, "sk": {"S": "S"}},
        UpdateExpression="SET segs = :none",
        ExpressionAttributeValues={":none": {"M": {}}},
    )
    rebuilt = apply.refold(found.id, shop.clock.now)
    assert rebuilt is not None
    assert [made.name for made in rebuilt.differing] == ["keen"]
    before = decisions.of(found.id)
    shop.settle()
    assert decisions.of(found.id) == before
    shop.skip(minutes=3)
    assert [(made.name, made.cause) for made in decisions.of(found.id)][-1] == ("keen", BACKFILL)


JOURNEYS = {
    "hello": {"topic": "tips", "start": {"when": PAGE}, "steps": [{"id": "mark", "tag": "met"}]},
    "patient": {"topic": "tips", "start": {"when": PAGE}, "steps": [{"id": "wait", "wait": "30 days"}]},
}
ASKING = {
    "met": {"when": {"journey": "hello", "was": "finished"}},
    "waiting": {"when": {"journey": "patient", "is": "in"}},
}


def test_runs_that_nobody_asked_about_are_recorded_when_a_segment_does(emulator: EmulatorProcess) -> None:
    content = json.loads(release()) | {"journeys": JOURNEYS}
    with Cloud(emulator, canonical(runtime_release(content))) as cloud:
        for number in range(3):
            visit(cloud, 1, f"browser-{number}")
        cloud.settle()
        cloud.skip(hours=1)
        assert not [row for row in cloud.items("events") if row["name"].startswith("Journey")]
        content["segments"] |= ASKING
        ids = publish(cloud, canonical(runtime_release(content)))
        # One of them is brought by an event of their own, before anybody had recorded their runs.
        cloud.paused = {"work"}
        visit(cloud, 1, "browser-1", first=5)
        cloud.settle()
        cloud.paused = set()
        ended(cloud, ids)
        cloud.settle()
        for name in ("met", "waiting"):
            assert len(members(cloud, name)) == 3, name
        recorded = [row["name"] for row in cloud.items("events") if row["name"].startswith("Journey")]
        assert sorted(recorded) == ["Journey Ended"] * 3 + ["Journey Entered"] * 6
        assert len([row for row in cloud.items() if row["sk"].startswith("J#")]) == 6


def test_grades_and_stages_are_brought_as_well_and_told_with_the_cause(shop: Cloud) -> None:
    content = json.loads(release())
    met = [{"id": "looked", "when": {**PAGE, "at_least": 2}, "points": 10}]
    content["scoring"]["grade"] = {"rules": met, "a": 10, "b": 5, "c": 1}
    content["funnel"] = {"stages": [{"id": "aware", "when": PAGE}, {"id": "bought", "when": ORDER}]}
    ended(shop, publish(shop, canonical(runtime_release(content))))
    stands = [(one.state.standing.grade, one.state.standing.stage) for one in people(shop)]
    assert stands == [("D", "bought"), ("A", "aware"), ("A", "aware")] * 3
    causes = {(made.kind, made.cause) for one in people(shop) for made in decisions.of(one.id)}
    assert {("grade", BACKFILL), ("stage", BACKFILL)} <= causes
    assert {cause for kind, cause in causes if kind in ("grade", "stage")} == {BACKFILL}


def test_a_move_whose_backfill_was_never_begun_is_made_good_by_the_next(shop: Cloud) -> None:
    shop.publish(rules(BUYERS))
    # Whoever published died here; the next release differs in a title only.
    content = json.loads(rules(BUYERS))
    content["segments"]["buyers"]["title"] = "Those who bought"
    ended(shop, publish(shop, canonical(runtime_release(content))))
    assert len(members(shop, "buyers")) == 3


def test_whoever_is_begun_by_an_older_release_after_the_backfill_passed_is_brought_all_the_same(
    shop: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    older, current = runtime.live(), runtime.live_and
    ended(shop, publish(shop, rules({"seen": {"when": {**PAGE, "at_least": 1}}})))
    monkeypatch.setattr(runtime, "live_and", lambda keys: (older, current(keys)[1]))
    visit(shop, 1, "latecomer")
    shop.settle()
    found = contact(shop, value="latecomer")
    assert found.state.release == runtime.live().seq
    assert "seen" in found.state.standing.segments
    assert found.id in members(shop, "seen")


def test_whoever_waits_to_be_counted_by_work_is_asked_about_and_read_once(
    shop: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply.Reading.__init__, "__defaults__", (2,))
    shop.paused = {"work"}
    ids = publish(shop, rules(BUYERS))
    visit(shop, 1, "browser-2", first=5)
    shop.settle()
    due = contact(shop, value="browser-2").state.due
    read, asked, real = itertools.count(), itertools.count(), apply.History.told
    with monkeypatch.context() as watched:
        watched.setattr(apply.History, "told", lambda *arguments: (next(read), real(*arguments))[1])
        watched.setattr(apply.queue, "ask", lambda what: next(asked))
        for number in range(6, 12):
            visit(shop, 1, "browser-2", first=number)
            shop.settle()
    assert (next(read), next(asked)) == (0, 0)
    assert contact(shop, value="browser-2").state.due == due
    shop.paused = set()
    ended(shop, ids)
    assert sum(sum(days.values()) for days in contact(shop, value="browser-2").state.facts.counters.values()) == 10


def test_days_in_doubt_are_read_no_further_than_others_can_wait(shop: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    visit(shop, 9, "browser-1", first=5)
    shop.settle()
    before = contact(shop, value="browser-1")
    monkeypatch.setattr(apply.Reading.__init__, "__defaults__", (4,))
    shop.paused = {"work"}
    # What was applied comes again: its day must be counted from the events.
    shop.events.rewind()
    shop.settle()
    assert contact(shop, value="browser-1").state.spec == ""
    shop.paused = set()
    shop.settle()
    after = contact(shop, value="browser-1")
    assert after.state.facts == before.state.facts
    assert after.state.spec == before.state.spec
