"""What a row of a file says of somebody counts like anything else, in any order."""

from itertools import permutations

from functions.core import event as names
from functions.core.contact import Contact, Facts, Profile, State
from functions.core.counters import Counters
from functions.core.event import Event
from functions.core.facts import rebuild
from functions.core.intake import RESERVED

DAY = 86_400_000
COUNTERS = Counters({}, "UTC")


def row(at: int, **said: object) -> Event:
    return Event(
        source="e#hash",
        id=f"im-x-{at}",
        stamp=at,
        at=at,
        received=at + 5,
        kind=names.SYSTEM,
        name=names.IMPORTED,
        properties=said,
        context={"active": False},
        cause=names.IMPORT,
        proved=True,
    )


def facts(*events: Event) -> Facts:
    contact = Contact(State("c"), Profile("c"))
    return rebuild(contact, events, COUNTERS).state.facts


def test_a_row_brings_tags_consents_with_their_own_time_and_withdrawals() -> None:
    found = rebuild(
        Contact(State("c"), Profile("c")),
        [row(10 * DAY, tags=["vip"], consents={"tips": 3 * DAY, "offers": 99 * DAY}, withdrawn=["*"])],
        COUNTERS,
    ).state.facts
    assert [tag for tag, (_, held) in found.tags.items() if held] == ["vip"]
    assert found.consents["tips"].granted == 3 * DAY
    assert found.consents["offers"].granted == 10 * DAY, "no consent is younger than the row"
    assert found.consents["*"].withdrawn == 10 * DAY + 5
    assert (found.first, found.last) == (None, None), "a row is no sign of life"


def test_the_order_of_rows_changes_nothing() -> None:
    rows = [
        row(DAY, tags=["a"], consents={"tips": 5}),
        row(2 * DAY, consents={"tips": 9}),
        row(3 * DAY, withdrawn=["tips"]),
    ]
    assert len({repr(facts(*order)) for order in permutations(rows)}) == 1


def test_what_is_no_list_or_time_counts_for_nothing() -> None:
    assert facts(row(DAY, tags="vip", consents=["tips"], withdrawn=3)) == facts(row(DAY))
    assert facts(row(DAY, consents={"tips": "now"})) == facts(row(DAY))


def test_nobody_outside_can_say_that_somebody_was_imported() -> None:
    assert names.IMPORTED in RESERVED
