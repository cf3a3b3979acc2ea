"""Who would move, said before anything is live: what `samovar diff` counts is what publishing then does."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from authoring import foresight
from authoring.commands import diff as command
from authoring.foresight import Plan
from authoring.tally import Tally
from functions import releases as runtime
from functions.core.changes import Change
from functions.core.publishing import Pointer
from functions.core.release import canonical, load
from functions.tables import releases as moves
from local.emulator import EmulatorProcess
from tests.cloud import Cloud
from tests.ended import ended
from tests.handlers.test_backfill import (
    ASKING,
    BUYERS,
    JOURNEYS,
    LOOKERS,
    PEOPLE,
    members,
    people,
    publish,
    rules,
    runtime_release,
)
from tests.handlers.test_score import PAGE, release, visit


@pytest.fixture
def shop(emulator: EmulatorProcess) -> Iterator[Cloud]:
    """Visitors who saw one to three pages; every third of them ordered."""
    with Cloud(emulator, release()) as cloud:
        for number in range(PEOPLE):
            visit(cloud, 1 + number % 3, f"browser-{number}")
            if number % 3 == 0:
                cloud.call("track", messageId=f"o-{number}", anonymousId=f"browser-{number}", event="Order Completed")
        cloud.settle()
        cloud.skip(minutes=5)
        yield cloud


def live() -> Pointer:
    pointer = moves.live()
    assert pointer is not None
    return pointer


def looked(cloud: Cloud, content: bytes, sample: int | None = None) -> tuple[Plan, Tally]:
    runtime.forget()
    plan = foresight.plan(load(content), live(), sample=sample)
    return plan, foresight.look(plan, cloud.clock.now)


def everything(cloud: Cloud) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True, default=str) for row in cloud.items())


def test_what_it_counts_is_what_publishing_then_does_and_nothing_is_written(shop: Cloud) -> None:
    content = rules(BUYERS | LOOKERS, more=[{"id": "order", "when": {"event": "Order Completed"}, "points": 40}])
    before = everything(shop)
    plan, tally = looked(shop, content)
    assert everything(shop) == before
    assert plan.recounts
    assert set(plan.changed) == {"score interest", "segment buyers", "segment lookers", "temperature"}
    assert plan.same == 1
    assert (tally.contacts, tally.recounted) == (PEOPLE, PEOPLE)
    held = {one.id: one.state.standing for one in people(shop)}
    ended(shop, publish(shop, content))
    for name in ("buyers", "lookers"):
        crossing = tally.segments[name]
        assert (crossing.now, crossing.enters, crossing.leaves) == (0, len(members(shop, name)), 0)
        assert set(crossing.entering) <= members(shop, name)
    moved = [(held[one.id].temperature, one.state.standing.temperature) for one in people(shop)]
    assert sorted(tally.moves["temperature"].elements()) == sorted(moved)
    assert tally.scores["interest"].rise == 3
    assert tally.scores["interest"].fall == 0


def test_runs_of_journeys_that_nobody_asked_about_count_as_they_will(emulator: EmulatorProcess) -> None:
    content = json.loads(release()) | {"journeys": JOURNEYS}
    with Cloud(emulator, canonical(runtime_release(content))) as cloud:
        visit(cloud, 1, "browser-0")
        cloud.settle()
        cloud.skip(hours=1)
        content["segments"] |= ASKING
        before = everything(cloud)
        _, tally = looked(cloud, canonical(runtime_release(content)))
        assert everything(cloud) == before
        ended(cloud, publish(cloud, canonical(runtime_release(content))))
        for name in ASKING:
            assert tally.segments[name].enters == len(members(cloud, name)) == 1, name


def test_who_stands_where_a_journey_starts_is_counted_and_is_who_publishing_puts_there(shop: Cloud) -> None:
    content = json.loads(release())
    start = {"when": {"becomes": {"event": "Order Completed"}}, "again": "always"}
    content["journeys"] = {"thanks": {"topic": "tips", "start": start, "steps": [{"id": "mark", "tag": "x"}]}}
    compiled = canonical(runtime_release(content))
    plan, tally = looked(shop, compiled)
    assert plan.changed == ("journey thanks",)
    ended(shop, publish(shop, compiled))
    standing = {one.id for one in people(shop) if one.state.standing.journeys}
    crossing = tally.journeys["thanks"]
    assert (crossing.now, crossing.then, crossing.enters) == (0, len(standing), len(standing))
    assert set(crossing.entering) == standing
    assert not [row for row in shop.items() if row["sk"].startswith("J#")]


def test_who_leaves_is_counted_and_a_rule_that_stays_is_not_compared(shop: Cloud) -> None:
    plan, tally = looked(shop, rules({"keen": {"when": {**PAGE, "at_least": 4, "within": "7 days"}}}))
    assert plan.changed == ("segment keen",)
    keen = tally.segments["keen"]
    assert (keen.now, keen.then, keen.enters, keen.leaves) == (3, 0, 0, 3)
    assert len(keen.leaving) == 3


def test_a_segment_that_asks_for_a_changed_score_is_compared_as_well(shop: Cloud) -> None:
    asking = {"ready": {"when": {"score": "interest", "at_least": 50}}, "still": {"when": {"tag": "vip"}}}
    ended(shop, publish(shop, rules(asking)))
    plan, tally = looked(shop, rules(asking, more=[{"id": "more", "when": PAGE, "points": 10}]))
    assert set(plan.changed) == {"score interest", "segment ready", "temperature"}
    assert plan.same == 2
    assert not plan.recounts
    ready = tally.segments["ready"]
    assert (ready.now, ready.then) == (3, 6)


def test_bands_that_are_only_kept_are_told(shop: Cloud) -> None:
    content = json.loads(release())
    content["scoring"]["temperature"]["hot"] = {"at_least": 100, "until_below": 50}
    _, tally = looked(shop, json.dumps(content).encode())
    assert tally.moves["temperature"]["hot", "hot"] == 3
    assert tally.kept == 3


def test_where_nothing_that_people_cross_differs_nobody_is_read(shop: Cloud) -> None:
    content = json.loads(release())
    content["segments"]["keen"]["title"] = "Who looks around"
    runtime.forget()
    plan = foresight.plan(load(json.dumps(content).encode()), live())
    assert (plan.changed, plan.recounts) == ((), False)


def test_of_a_long_list_a_sample_is_read_the_same_each_time_and_says_how_sure_it_is(
    shop: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foresight, "ROWS_A_PART", 5)
    monkeypatch.setattr(foresight, "READERS", 1)
    plan, tally = looked(shop, rules(BUYERS), sample=3)
    _, again = looked(shop, rules(BUYERS), sample=3)
    assert tally == again
    assert 3 <= tally.contacts < PEOPLE
    assert tally.recounted == tally.contacts
    scale = command._scale(plan, tally)
    assert not scale.whole
    assert tally.contacts < scale.everybody
    assert scale.widest > 0
    _, whole = looked(shop, rules(BUYERS), sample=None)
    assert whole.contacts == PEOPLE


def test_reading_the_history_is_in_the_price_that_is_said_before(shop: Cloud) -> None:
    runtime.forget()
    cheap = foresight.plan(load(rules(LOOKERS)), live())
    dear = foresight.plan(load(rules(BUYERS)), live())
    assert not cheap.recounts
    assert dear.recounts
    assert 0 < cheap.dollars < dear.dollars < 0.01


@pytest.mark.parametrize("as_json", [False, True])
def test_the_command_says_it_in_words_and_in_json(shop: Cloud, monkeypatch: pytest.MonkeyPatch, as_json: bool) -> None:
    runtime.forget()
    compiled = load(rules(BUYERS))

    class Bundle:
        content, release_id = compiled, "0" * 32

    class Here:
        name = "tests"

    class Asked:
        marketing = None

        def connect(self) -> Any:
            return Here()

    monkeypatch.setattr(
        command.published, "preview", lambda root: (Bundle, live(), [Change("segment buyers", "added")])
    )
    result = CliRunner().invoke(command.diff, ["--json"] if as_json else [], obj=Asked(), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    if as_json:
        said = json.loads(result.output)
        assert said["segments"]["buyers"] | {"entering": []} == {
            "now": 0,
            "then": 3,
            "enters": 3,
            "leaves": 0,
            "entering": [],
            "leaving": [],
        }
        assert said["contacts"] == {"compared": 9, "of_about": 9, "everybody": True, "recounted": 9}
        assert said["journeys_started"] == 0
        assert said["unchanged"] == 3
    else:
        assert "Everybody was compared: 9 contacts." in result.output
        assert "segment buyers" in result.output
        assert "No journey starts by publishing" in result.output
        assert "AWS takes about $0.00 for it" in result.output
