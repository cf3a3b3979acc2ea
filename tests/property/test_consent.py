"""The consent ledger joins in any order and any number of times."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from functions.core.confirm import BY_MAIL, confirmed, grant, still_asked
from functions.core.consent import EVERYTHING, Change, Entry, Head, allowed, folded

TOPICS = ["tips", "offers"]
moments = st.integers(min_value=1, max_value=60)
changes = st.one_of(
    st.builds(Change, st.just("grant"), st.sampled_from(TOPICS)),
    st.builds(Change, st.just("request"), st.sampled_from([*TOPICS, BY_MAIL])),
    st.builds(Change, st.just("withdrawal"), st.sampled_from([*TOPICS, EVERYTHING])),
    st.builds(Change, st.just("suppression"), st.sampled_from(["bounce", "complaint"])),
    st.builds(Change, st.just("pause"), st.integers(0, 90).map(str)),
    st.builds(Change, st.just("frequency"), st.sampled_from(["every", "weekly", "monthly"])),
)
entries = st.builds(
    Entry,
    ref=st.integers(0, 9).map(str),
    at=moments,
    arrived=moments,
    source=st.just("form:hello"),
    changes=st.lists(changes, min_size=1, max_size=3).map(tuple),
)


def unversioned(head: Head) -> Head:
    return replace(head, version=0)


@given(st.lists(entries, max_size=12), st.data())
def test_the_head_is_the_same_for_any_order_and_duplication(ledger: list[Entry], data: st.DataObject) -> None:
    shuffled = data.draw(
        st.permutations(ledger + data.draw(st.lists(st.sampled_from(ledger)) if ledger else st.just([])))
    )
    assert unversioned(folded(shuffled)) == unversioned(folded(ledger))


@given(st.lists(entries, max_size=12), moments, st.sampled_from(TOPICS))
def test_no_client_clock_outdates_an_unsubscribe(ledger: list[Entry], arrived: int, topic: str) -> None:
    """Whatever times were claimed: after an unsubscribe only what arrived later can allow again."""
    earlier = [replace(entry, arrived=min(entry.arrived, arrived), at=10**15) for entry in ledger]
    unsubscribe = Entry("u", 0, arrived, "unsubscribe-link", (Change("withdrawal", topic),))
    assert not allowed(folded([unsubscribe, *earlier]), topic)
    assert not allowed(folded([*earlier, unsubscribe]), topic)


@given(st.lists(entries, max_size=12), st.sampled_from(TOPICS))
def test_asking_allows_nothing(ledger: list[Entry], topic: str) -> None:
    asked = [replace(entry, changes=tuple(_asked(change) for change in entry.changes)) for entry in ledger]
    assert not allowed(folded(asked), topic)


@given(st.lists(entries, max_size=12), moments, moments, st.sampled_from(TOPICS))
def test_confirming_counts_from_asking_so_a_withdrawal_since_wins(
    ledger: list[Entry], asked: int, later: int, topic: str
) -> None:
    request = Entry("r", asked, asked, "form:hello", (Change("request", topic, "Yes."), Change("request", BY_MAIL)))
    event = confirmed("c", "m", asked, "hello", "hash", request, asked + later)
    granted = grant(event, request, "hello")
    others = [replace(entry, changes=tuple(_asked(change) for change in entry.changes)) for entry in ledger]
    head = folded([*others, request, granted])
    assert allowed(head, topic) == still_asked(request, head)
    withdrawal = Entry("w", 0, asked, "unsubscribe-link", (Change("withdrawal", EVERYTHING),))
    assert not allowed(folded([request, withdrawal, granted]), topic)


def _asked(change: Change) -> Change:
    return replace(change, kind="request") if change.kind == "grant" else change
