"""Erased people: which events may still be written, and which would bring somebody back. Pure.

Whoever was erased leaves a tombstone for each identity. It closes the identity to everything:
calls under way, batches that an SDK sends again, a nightly sync that knows nothing of the
erasure. Only a form filled in after the erasure opens it again, from that moment on; what bears
an older stamp stays out for good, so that nothing of before ever returns.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from functions.core.event import FORM, Event
from functions.core.identity import ANONYMOUS, PERSONAL, PUSH, SELF, kind_of
from functions.core.ids import digest

_STRONGEST_FIRST: Final = (SELF, *PERSONAL, ANONYMOUS, PUSH)

STAGE_NAMES: Final = (
    *("closing identities", "journeys and messages", "events", "consent", "set aside", "searching events"),
    *("waiting for what is under way", "looking again", "looking again", "looking again", "searching contacts"),
)
"""What a person is told of each stage of an erasure, in their order."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What an erasure left on an identity. `at` is its moment (ms); once the person came back
    the identity is `contact`'s, for events stamped `since` or later."""

    at: int
    contact: str = ""
    since: int | None = None

    def closes(self, event: Event) -> bool:
        """Whether the identity is closed to an event that names it."""
        return self.since is None or event.stamp < self.since


Marks = Mapping[str, Mark]


def named(events: Iterable[Event]) -> set[str]:
    """Every identity that these events name."""
    return {ref for event in events for ref in event.all_identities}


def closed_to(event: Event, marks: Marks) -> list[str]:
    """The identities of an event that an erasure closed to it, strongest first."""
    return sorted((ref for ref in event.all_identities if ref in marks and marks[ref].closes(event)), key=_strength)


def remains(event: Event, marks: Marks) -> Event | None:
    """What may be stored of an event; None where that would bring back somebody erased.

    A browser of theirs may be anybody's afterwards: whoever does something new in it under a
    name of their own is kept, without the browser.
    """
    closed = closed_to(event, marks)
    if not closed:
        return event
    if not _is_new(event, closed, marks) or not all(map(_is_browser, closed)):
        return None
    others = [ref for ref in event.all_identities if ref not in closed and not _is_browser(ref)]
    if not others:
        return None
    return replace(event, source=others[0], identities=tuple(others[1:]))


def linked(event: Event, marks: Marks) -> list[str]:
    """Names that an event which arrived before an erasure, and was not scored then, would have joined to the
    erased person."""
    closed = closed_to(event, marks)
    if not closed or event.received > max(marks[ref].at for ref in closed):
        return []
    return [ref for ref in event.all_identities if ref not in marks and kind_of(ref) in PERSONAL]


def comes_back(event: Event, marks: Marks) -> str | None:
    """The contact as which an erased person returns by this event, or None if it is no return.

    They return by a form shown to them after the erasure, under an id that nobody ever had;
    what they name later together with an identity that is theirs again, returns to them too.
    """
    closed = closed_to(event, marks)
    if not closed or not _is_new(event, closed, marks):
        return None
    again = sorted((ref for ref in event.all_identities if ref in marks and ref not in closed), key=_strength)
    if again and not _is_browser(again[0]):
        return marks[again[0]].contact
    if event.kind != FORM or (_is_browser(closed[0]) and not all(map(_is_browser, event.all_identities))):
        return None
    return digest("contact", closed[0], str(event.stamp))


def _is_new(event: Event, closed: Iterable[str], marks: Marks) -> bool:
    """Whether the event was stamped after every erasure that closed an identity of it."""
    return all(marks[ref].since is None and event.stamp > marks[ref].at for ref in closed)


def _is_browser(ref: str) -> bool:
    return kind_of(ref) in (ANONYMOUS, PUSH)


def _strength(ref: str) -> tuple[int, str]:
    return _STRONGEST_FIRST.index(kind_of(ref)), ref
