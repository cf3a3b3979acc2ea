"""First and last touch are functions of the set of events, however these came."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.attribution import LANDING, touch_of
from functions.core.contact import Contact, Profile, State, Touch
from functions.core.counters import counters
from functions.core.event import PAGE_VIEWED, Event
from functions.core.facts import Arrival, fold, rebuild
from functions.core.folding import moment_of
from functions.core.joining import joined
from functions.tables.contacts import profile_from, profile_row, state_from, state_row
from tests.generate import release
from tests.scale import scaled

NOW = 1_790_000_000_000
COUNTING = counters(release())


def view(number: int, at: int, context: dict[str, Any], referrer: str) -> Event:
    properties = {"url": "https://tea.example/", "referrer": referrer}
    return Event("a#x", f"m{number}", at, at, NOW, "page", PAGE_VIEWED, properties, context=context)


VIEWS = st.lists(
    st.tuples(
        st.integers(NOW - 3, NOW),
        st.sampled_from(
            [{}, {"campaign": {"source": "ад", "name": "x"}}, {"clicks": {"gclid": "1"}}, {"sessionId": 1}]
        ),
        st.sampled_from(["", "https://search.example/", "https://tea.example/"]),
    ),
    max_size=12,
)


def touches_of(contact: Contact) -> tuple[Touch | None, Touch | None]:
    return contact.profile.first_touch, contact.state.last_touch


def _without_landing(touch: Touch) -> Touch:
    return Touch(touch.moment, {name: text for name, text in touch.said.items() if name != LANDING})


@given(VIEWS, st.randoms(use_true_random=False))
@settings(max_examples=scaled(80), deadline=None)
def test_order_repetition_and_batching_do_not_matter(said: list[Any], chance: random.Random) -> None:
    events = [view(number, *one) for number, one in enumerate(said)]
    touches = [Touch(moment_of(event), found) for event in events if (found := touch_of(event))]
    touches.sort(key=lambda touch: touch.moment)
    expected = (touches[0], _without_landing(touches[-1])) if touches else (None, None)

    delivered = [*events, *chance.choices(events, k=len(events))] if events else []
    chance.shuffle(delivered)
    fresh = contact = Contact(State("c1", spec=COUNTING.spec), Profile("c1"))
    while delivered:
        size = chance.randint(1, 5)
        batch, delivered = [Arrival(1, event) for event in delivered[:size]], delivered[size:]
        folded = fold(contact, batch, {}, COUNTING)
        # What is stored is what the next write reads.
        contact = Contact(folded.state, profile_from(profile_row(folded.profile, 1)))
        assert state_from(state_row(folded.state, [])).last_touch == folded.state.last_touch
    assert touches_of(contact) == expected
    assert touches_of(rebuild(fresh, events, COUNTING)) == expected
    assert touches_of(rebuild(contact, events[:0], COUNTING)) == (None, None)

    half = chance.randint(0, len(events))
    one, other = (rebuild(fresh, part, COUNTING) for part in (events[:half], events[half:]))
    assert touches_of(joined(one, other, COUNTING)) == expected
