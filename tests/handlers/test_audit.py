"""An audit finds every number that is not what is stored, and nothing else; mending makes it so."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from authoring import audit
from authoring.cli import main
from functions import settings
from functions.aws import dynamodb
from functions.core.counting import Place, Unit
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
    assert found.units > 10
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
    day = next(iter(counts.of("mail", "1", "9")))[0]
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


def test_what_is_under_way_while_it_is_mended_is_left_alone(busy: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    row = next(one for one in busy.items() if one["pk"] == "R#mail" and one.get("m.sent"))
    dynamodb.put(settings.contacts_table(), row | {"m.sent": row["m.sent"] + 1})
    wrong = audit.run().wrong
    # Read between the rows of an event that is just being counted, another number looks wrong as well.
    dynamodb.put(settings.contacts_table(), row | {"m.sent": row["m.sent"] + 1, "m.opened": row["m.opened"] + 1})
    assert audit.run(mend=wrong).mended == 1
    assert {(place.measure, many) for _, place, many in audit.run().wrong} == {("opened", 1)}


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
