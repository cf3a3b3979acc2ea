"""Rows of enrollments under two writers: whoever read an older row writes nothing."""

import json
from dataclasses import replace

import pytest

from functions import settings
from functions.aws import dynamodb
from functions.aws.attributes import decode, from_item
from functions.aws.dynamodb import ConditionFailed
from functions.core.effects import StartClock
from functions.core.enrollment import Enrollment, Waiting
from functions.tables import contacts, enrollments
from tests.stored import FIXTURES

NOW = 1_790_000_000_000
RUN = Enrollment("run", "ada", "welcome", "release", "cause", NOW, waiting=Waiting("clicked", NOW, NOW + 9, NOW + 9))

pytestmark = pytest.mark.usefixtures("stack")


def test_a_row_that_changed_since_it_was_read_is_not_overwritten() -> None:
    read = enrollments.begin(RUN, None, NOW)
    first = enrollments.save(read, replace(read, turn=1), NOW)
    with pytest.raises(ConditionFailed):
        enrollments.save(read, replace(read, turn=7), NOW)
    assert enrollments.get("ada", "welcome") == first


def test_a_run_takes_no_place_that_is_taken() -> None:
    enrollments.begin(RUN, None, NOW)
    with pytest.raises(ConditionFailed):
        enrollments.begin(replace(RUN, id="other"), None, NOW)
    held = enrollments.get("ada", "welcome")
    assert held is not None
    assert held.id == "run"


def test_settling_leaves_alone_a_row_that_has_moved_on() -> None:
    read = enrollments.begin(RUN, None, NOW)
    moved = enrollments.save(read, replace(read, turn=1, todo=(StartClock(1),)), NOW)
    enrollments.settle(read, NOW)
    assert enrollments.get("ada", "welcome") == moved


@pytest.mark.parametrize("version", range(1, 5))
def test_what_older_code_noted_on_a_state_is_still_heard_and_forgotten(version: int) -> None:
    """They noted a run by its id alone: what happens wakes it all the same, beside runs that are noted as today."""
    stored = json.loads((FIXTURES / f"v{version}" / "state.json").read_text("utf-8"))
    (bare,) = decode(stored["w"])
    assert bare.isalnum(), "an id alone, without the place of its row"
    contact = from_item(stored)["pk"].removeprefix("C#")
    dynamodb.put(settings.contacts_table(), from_item(stored))
    enrollments.begin(replace(RUN, contact=contact, id=bare), None, NOW)
    newer = enrollments.begin(replace(RUN, contact=contact, id="newer", journey="orders", key="a/7#é"), None, NOW)
    watched = contacts.watch(contact, enrollments.mark(newer))
    assert watched is not None
    assert watched.state.watching == {bare, enrollments.mark(newer)}
    for noted in ({bare}, watched.state.watching):
        assert {run.id for run in enrollments.noted(contact, noted)} == {bare, "newer"}
    assert enrollments.noted(contact, [enrollments.mark(newer)]) == [newer]
    contacts.unwatch(contact, enrollments.marks(replace(RUN, contact=contact, id=bare)))
    assert contacts.load([contact])[contact].state.watching == {enrollments.mark(newer)}
