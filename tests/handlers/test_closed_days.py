"""A contact whose old days stand in a row of their own, against a real store."""

from dataclasses import replace

import pytest

from functions import releases
from functions.aws import dynamodb
from functions.core.contact import Contact
from functions.core.identity import ANONYMOUS, own_ref
from functions.people import erasing
from functions.score.apply import refold
from functions.tables import closed, compact, contacts
from functions.tables.closed import CLOSED
from functions.work import jobs
from functions.work.jobs import Job
from tests.cloud import Cloud

DAY = 86_400_000


@pytest.fixture
def regular(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """Somebody came on ten days, the older of which are closed."""
    for name, few in (("OPEN_AT_MOST", 3), ("DAYS_KEPT", 1), ("DAYS_MOVED", 2)):
        monkeypatch.setattr(closed, name, few)
    for day in range(10):
        cloud.page("/first-flush", f"p{day}", "laptop")
        cloud.clock.now += DAY
        cloud.settle()
    assert row(cloud)
    return cloud


def who(cloud: Cloud) -> str:
    return cloud.owner(ANONYMOUS, "laptop")


def row(cloud: Cloud) -> dict[str, object] | None:
    return dynamodb.get(f"{cloud.name}-contacts", (contacts.partition(who(cloud)), CLOSED))


def visits(contact: Contact) -> int:
    return sum(sum(days.values()) for days in contact.state.facts.counters.values())


def test_facts_are_whole_whoever_reads_them(regular: Cloud) -> None:
    regular.page("/first-flush", "other", "phone")
    regular.settle()
    contact, other = who(regular), regular.owner(ANONYMOUS, "phone")
    assert visits(contacts.load([contact])[contact]) == 10
    assert visits(contacts.load([contact, other])[contact]) == 10
    watched = contacts.watch(contact, "run")
    assert watched is not None
    assert visits(watched) == 10
    found = refold(contact, regular.clock.now)
    assert found is not None
    assert not found.changed


def test_who_read_before_old_days_moved_may_not_write_after(regular: Cloud) -> None:
    contact = who(regular)
    before = contacts.load([contact])[contact].state
    counted = {key: {**days, 1: 1, 2: 1, 3: 1, 4: 1} for key, days in before.facts.counters.items()}
    contacts.save_state(replace(before, facts=replace(before.facts, counters=counted)), ())
    held = row(regular)
    with pytest.raises(dynamodb.ConditionFailed):
        contacts.save_state(before, ())
    with pytest.raises(dynamodb.ConditionFailed):
        contacts.save_state(replace(before, facts=replace(before.facts, counters=counted)), ())
    assert row(regular) == held


def test_closed_days_that_are_lost_are_counted_anew_from_the_events(regular: Cloud) -> None:
    contact = who(regular)
    dynamodb.delete(f"{regular.name}-contacts", (contacts.partition(contact), CLOSED))
    assert contacts.load([contact])[contact].state.spec != releases.live().counters.spec
    regular.page("/first-flush", "after", "laptop")
    regular.settle()
    assert visits(contacts.load([contact])[contact]) == 11
    assert regular.failures == []


def test_facts_that_an_older_version_wrote_without_closed_days_are_counted_anew(regular: Cloud) -> None:
    contact = who(regular)
    state = contacts.load([contact])[contact].state
    assert state.closed is not None
    opened, _ = closed.apart(state.facts.counters, state.closed.days)
    older = compact.dump(replace(state.facts, counters=opened))
    key = (contacts.partition(contact), contacts.STATE)
    dynamodb.update(f"{regular.name}-contacts", key, "SET facts = :facts, v = :v", values={":facts": older, ":v": 2})
    assert visits(contacts.load([contact])[contact]) < 10
    regular.page("/first-flush", "after", "laptop")
    regular.settle()
    found = contacts.load([contact])[contact]
    assert (visits(found), found.state.spec) == (11, state.spec)


def test_who_is_erased_keeps_no_closed_days(regular: Cloud) -> None:
    contact = who(regular)
    about = erasing.about(contact, own_ref(contact))
    jobs.create(Job("one", "forget", regular.clock.now, about=about))
    regular.skip(minutes=30)
    job = jobs.get("one")
    assert job is not None
    assert job.finished
    left = {item["sk"] for item in regular.items() if item["pk"] == contacts.partition(contact)}
    assert left == {contacts.STATE, contacts.PROFILE}
