"""An audit finds every number that is not what is stored, and nothing else; mending makes it so."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from click.testing import CliRunner

from authoring import audit
from authoring.cli import main
from functions import settings
from functions.aws import dynamodb
from functions.core.counted import NEVER, Counted, Place, Unit
from functions.core.enrollment import PATH_KEPT
from functions.core.identity import own_ref
from functions.people.erasing import about
from functions.tables import counts
from functions.work import jobs
from functions.work.jobs import Job
from local.emulator import EmulatorProcess
from tests.cloud import Cloud
from tests.crash.scenarios import link, mail, pixel, sign_up, wait


@pytest.fixture
def busy(emulator: EmulatorProcess) -> Iterator[Cloud]:
    """Ada came, signed up, opened and clicked; Igor was only looked after by a scanner."""
    with Cloud(emulator) as cloud:
        cloud.page("/first-flush", "p1", "laptop")
        sign_up(cloud)
        welcome = mail(cloud, "welcome")
        assert welcome is not None
        cloud.follow(pixel(welcome))
        cloud.follow(link(welcome))
        wait(cloud, days=3)
        assert cloud.failures == []
        yield cloud


def test_nothing_differs_where_everything_was_counted(busy: Cloud) -> None:
    found = audit.run()
    assert found.differences == []
    assert (found.differ, found.mended) == (0, 0)
    assert found.units > 5
    assert found.numbers > 30
    assert found.rows == len(busy.items()) + len(busy.items("events"))


def test_a_number_that_somebody_changed_is_found_and_put_right(busy: Cloud) -> None:
    row = next(one for one in busy.items() if one["pk"] == "R#mail" and one.get("m.delivered"))
    dynamodb.put(settings.contacts_table(), row | {"m.delivered": row["m.delivered"] + 7})
    (only,) = audit.run().differences
    assert (only.unit, only.place.subject, only.place.measure) == ("", "mail", "delivered")
    assert only.counted == only.recounted + 7
    assert audit.mended(after_s=0).mended == 1
    assert audit.run().differ == 0


def test_a_unit_that_was_never_counted_is_found_and_counted(busy: Cloud) -> None:
    before = _numbers(busy)
    taken = [one for one in busy.items() if one["pk"].startswith("N#")]
    for row in taken:
        dynamodb.delete(settings.contacts_table(), (row["pk"], row["sk"]))
    for row in busy.items():
        if row["pk"].startswith("R#"):
            dynamodb.delete(settings.contacts_table(), (row["pk"], row["sk"]))
    found = audit.run()
    assert {one.counted for one in found.differences} == {0}
    assert audit.mended(after_s=0).mended == len({one.unit for one in found.differences}) > 5
    assert audit.run().differ == 0
    # By which source somebody had come is told only as it happens.
    assert _numbers(busy) == {name: many for name, many in before.items() if "funnel-by-source" not in name}
    busy.counted.rewind()
    busy.settle()
    assert audit.run().differ == 0


def test_what_was_counted_and_never_was_is_found_and_taken_off(busy: Cloud) -> None:
    day = date.fromtimestamp(busy.clock.now / 1000).isoformat()
    ghost = Unit("nobody-s", 3, adds={Place("mail", day, "email", "sent"): 1}, stands={Place("x", "0", "y", "here"): 1})
    counts.count([ghost])
    found = audit.run().differences
    assert {(one.unit, one.place.measure, one.recounted) for one in found} == {
        ("nobody-s", "sent", 0),
        ("nobody-s", "here", 0),
    }
    assert audit.mended(after_s=0).mended == 1
    assert audit.run().differ == 0


def test_whoever_is_erased_is_no_difference(busy: Cloud) -> None:
    contact = busy.contact("ada@example.com")
    jobs.create(Job("forget1", "forget", busy.clock.now, about=about(contact, own_ref(contact))))
    wait(busy, days=1)
    assert not any(row["sk"].startswith("M#") for row in busy.items())
    assert audit.run().differences == []


def test_what_is_under_way_is_looked_at_again(busy: Cloud) -> None:
    busy.paused.add("count")
    busy.post_form(email="igor@example.com", name="Игорь 🫖")
    busy.settle()
    assert audit.run().differ > 0

    def later(_: float) -> None:
        busy.paused.discard("count")
        busy.settle()

    found = audit.settled(after_s=60, wait=later)
    assert found.differences == []


def test_what_is_under_way_while_it_is_mended_is_left_alone(busy: Cloud) -> None:
    row = next(one for one in busy.items() if one["pk"] == "R#mail" and one.get("m.sent"))
    dynamodb.put(settings.contacts_table(), row | {"m.sent": row["m.sent"] + 1})
    before = audit.run()
    # Read between the rows of an event that is just being counted, another number looks wrong as well.
    dynamodb.put(settings.contacts_table(), row | {"m.sent": row["m.sent"] + 1, "m.opened": row["m.opened"] + 1})
    assert audit.run(before=before).mended == 1
    left = audit.run()
    assert {(place.measure, many) for _, place, many in left.wrong} == {("opened", 1)}
    # A number that moved since somebody looked, though it be as wrong as then, is none to be touched.
    dynamodb.put(settings.contacts_table(), row | {"m.opened": row["m.opened"] + 1})
    moved = replace(left, not_sums={place: many - 1 for place, many in left.not_sums.items()})
    assert audit.run(before=moved).mended == 0


def test_what_was_decided_within_the_hour_is_not_counted_by_mending(busy: Cloud) -> None:
    busy.paused.add("count")
    busy.post_form(email="igor@example.com", name="Игорь 🫖")
    busy.settle()
    assert audit.run().differ
    audit.mended(after_s=0)
    busy.paused.discard("count")
    busy.settle()
    assert audit.run().differences == []


def test_what_went_when_its_time_was_over_stays_counted(busy: Cloud) -> None:
    busy.skip(days=1200)
    numbers = _numbers(busy)
    for row in busy.items():
        # What DynamoDB would have taken off by now.
        if row.get("ttl", 10**12) < busy.clock.now // 1000 and not row["pk"].startswith("N#"):
            dynamodb.delete(settings.contacts_table(), (row["pk"], row["sk"]))
    for row in busy.items("events"):
        dynamodb.delete(settings.events_table(), (row["pk"], row["sk"]))
    assert not any(row["sk"].startswith(("M#", "D#")) for row in busy.items())
    assert [one for one in audit.run().differences if one.place.day != "0"] == []
    audit.mended(after_s=0)
    assert _past(_numbers(busy)) == _past(numbers)


def test_crossings_of_before_they_said_since_when_leave_the_funnel_as_it_was(busy: Cloud) -> None:
    log = [row for row in busy.items() if row["sk"].startswith("D#") and row.get("since")]
    assert log
    for row in log:
        dynamodb.put(settings.contacts_table(), {name: value for name, value in row.items() if name != "since"})
    assert audit.run().differences == []


def test_of_a_run_whose_first_steps_are_not_kept_nothing_is_taken_off(busy: Cloud) -> None:
    row = next(one for one in busy.items() if one["sk"].startswith("J#welcome"))
    path = [f"again {row['begun' if 'begun' in row else 'at']} then"] * PATH_KEPT
    dynamodb.put(settings.contacts_table(), row | {"path": path})
    found = audit.run().differences
    assert {(one.place.part, one.counted, one.recounted) for one in found} == {("again", 0, 1)}


def test_a_unit_with_more_numbers_than_a_transaction_takes_is_mended_and_forgotten(busy: Cloud) -> None:
    days = [(date(2024, 1, 1) + timedelta(days=number)).isoformat() for number in range(300)]
    adds = {Place("temperature", day, "warm", "entered"): 1 for day in days}
    here = Place("standing", "0", "band", "warm")
    right = Counted(7, adds, {here: 1})
    assert counts.put_right({"many": (Counted(), right)}) == 1
    held = dynamodb.get(settings.contacts_table(), counts.unit_key("many"))
    assert held is not None
    assert "ttl" not in held
    assert counts.from_row(held) == right
    assert sum(one["entered"] for one in counts.of("temperature", days[0], days[-1]).values()) == 300
    counts.forget(["many"])
    held = dynamodb.get(settings.contacts_table(), counts.unit_key("many"))
    assert held is not None
    assert counts.from_row(held) == Counted(NEVER)
    assert sum(one["entered"] for one in counts.of("temperature", days[0], days[-1]).values()) == 300
    assert counts.recountable(next(iter(adds))) == 0
    assert counts.recountable(here) == sum(one["warm"] for one in counts.standing("standing").values())


def _past(numbers: dict[str, int]) -> dict[str, int]:
    return {name: many for name, many in numbers.items() if " 0 " not in name}


def test_rows_that_nobody_can_read_are_named_and_hold_nothing_up(busy: Cloud) -> None:
    dynamodb.put(settings.events_table(), {"pk": "a#x", "sk": "1790000000000#bad", "v": 2})
    dynamodb.put(settings.contacts_table(), {"pk": "C#x", "sk": "M#bad", "v": 1})
    found = audit.run()
    assert sorted(found.spoiled) == ["C#x M#bad", "a#x 1790000000000#bad"]
    assert found.differences == []


def test_the_command_says_what_differs_and_fails(busy: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("authoring.target.connect", lambda stack: None)
    monkeypatch.setattr("authoring.commands.audit.WAIT_S", 0)
    assert _audit()["differ"] == 0
    row = next(one for one in busy.items() if one["pk"] == "R#mail" and one.get("m.sent"))
    dynamodb.put(settings.contacts_table(), row | {"m.sent": 99})
    said = CliRunner().invoke(main, ["audit"])
    assert said.exit_code == 1
    assert "1 difference" in said.output
    assert " 99 " in said.output
    assert _audit(code=1)["differences"][0]["counted"] == 99
    refused = CliRunner().invoke(main, ["audit", "--mend", "--json"])
    assert "add --yes" in refused.output
    assert _audit("--mend", "--yes")["mended"] == 1
    assert _audit()["differences"] == []


def _audit(*options: str, code: int = 0) -> dict[str, Any]:
    said = CliRunner().invoke(main, ["audit", "--json", *options])
    assert said.exit_code == code, said.output
    return dict(json.loads(said.stdout))


def _numbers(cloud: Cloud) -> dict[str, int]:
    """All numbers by place, of whatever shard."""
    found: dict[str, int] = {}
    for row in cloud.items():
        if row["pk"].startswith("R#"):
            day, part, _ = counts.place_of(row["sk"])
            for measure, many in counts.measures_of(row).items():
                name = f"{row['pk']} {day} {part} {measure}"
                found[name] = found.get(name, 0) + many
    return {name: many for name, many in found.items() if many}
