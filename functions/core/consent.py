"""Consent and suppression of one address: an append-only ledger, and its fold.

A request says that a form asked, and that a confirmation is awaited; it allows nothing.
Entries join in any order and any number of times. A grant counts from the earlier of its
own time and its arrival; a withdrawal from its arrival. So no client's clock can out-date
an unsubscribe, and a form that was filled in before it but arrived later changes nothing.
A pause and a wish for fewer messages hold as the latest to arrive says.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal, assert_never

EVERYTHING: Final = "*"
"""Subject of a withdrawal from all topics."""

BOUNCE: Final = "bounce"
COMPLAINT: Final = "complaint"
BY_HAND: Final = "by-hand"
"""Why nothing goes to an address that somebody of the staff stopped: the one reason that is ever lifted."""

WEEKLY: Final = "weekly"
MONTHLY: Final = "monthly"
EVERY: Final = "every"
FREQUENCIES: Final[Mapping[str, int | None]] = MappingProxyType({EVERY: None, WEEKLY: 7 * 86_400, MONTHLY: 30 * 86_400})
"""How often somebody wishes to be written to: one marketing message in so many seconds, or all there are."""

_NONE: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Change:
    """One thing an entry says. `subject` is a topic or EVERYTHING; for a suppression and a lift its reason, for a
    pause the moment (ms) at which it ends ("0": it is over), for a frequency one of FREQUENCIES.

    `wording` is the exact text that was agreed to, kept as proof.
    """

    kind: Literal["request", "grant", "withdrawal", "suppression", "lift", "pause", "frequency"]
    subject: str
    wording: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one event says about an address. `ref` names the event; the first entry of a ref wins.

    `at` is the event's own time, `arrived` the server's; ms. `source` says where it came from,
    such as "form:hello", "unsubscribe-link", "ses". `language` is that of the wordings, `release`
    the id of the one that had them, `page` where they were shown; "" where nobody knows.
    """

    ref: str
    at: int
    arrived: int
    source: str
    changes: tuple[Change, ...]
    language: str = ""
    release: str = ""
    page: str = ""

    def moment(self, change: Change) -> int:
        """When a change of this entry counts from."""
        match change.kind:
            case "grant":
                return min(self.at, self.arrived)
            case "request" | "withdrawal" | "suppression" | "lift" | "pause" | "frequency":
                return self.arrived
            case _:
                assert_never(change.kind)


@dataclass(frozen=True, slots=True)
class Head:
    """What the ledger of an address amounts to: the latest moment (ms) per subject.

    `paused` and `frequency` are pairs: when the latest to arrive did, and what it said (see Change).
    `version` grows with every entry; 0 means that there is none.
    """

    version: int = 0
    granted: Mapping[str, int] = field(default_factory=lambda: _NONE)
    withdrawn: Mapping[str, int] = field(default_factory=lambda: _NONE)
    suppressed: Mapping[str, int] = field(default_factory=lambda: _NONE)
    requested: Mapping[str, int] = field(default_factory=lambda: _NONE)
    paused: tuple[int, int] = (0, 0)
    frequency: tuple[int, str] = (0, EVERY)
    lifted: Mapping[str, int] = field(default_factory=lambda: _NONE)


def fold(head: Head, entry: Entry) -> Head:
    """The head with an entry joined; its version is one more."""
    registers: dict[str, dict[str, int]] = {
        "grant": dict(head.granted),
        "withdrawal": dict(head.withdrawn),
        "suppression": dict(head.suppressed),
        "request": dict(head.requested),
        "lift": dict(head.lifted),
    }
    paused, frequency = head.paused, head.frequency
    for change in entry.changes:
        moment = entry.moment(change)
        match change.kind:
            case "pause":
                paused = max(paused, (moment, int(change.subject)))
            case "frequency":
                frequency = max(frequency, (moment, change.subject))
            case _:
                register = registers[change.kind]
                register[change.subject] = max(moment, register.get(change.subject, 0))
    return Head(
        head.version + 1,
        registers["grant"],
        registers["withdrawal"],
        registers["suppression"],
        registers["request"],
        paused,
        frequency,
        registers["lift"],
    )


def folded(entries: Iterable[Entry]) -> Head:
    """The head of a whole ledger."""
    head = Head()
    for entry in entries:
        head = fold(head, entry)
    return head


def allowed(head: Head, topic: str) -> bool:
    """Whether marketing about `topic` may go to the address, as far as consent is concerned."""
    return head.granted.get(topic, 0) > withdrawn(head, topic)


def withdrawn(head: Head, topic: str) -> int:
    """Moment of the latest withdrawal that covers `topic`, 0 for none."""
    return max(head.withdrawn.get(topic, 0), head.withdrawn.get(EVERYTHING, 0))


def suppression(head: Head) -> str | None:
    """Why nothing at all may go to the address, or None. A complaint outweighs a bounce."""
    return max(suppressed(head), key=lambda reason: (reason == COMPLAINT, reason), default=None)


def suppressed(head: Head) -> dict[str, int]:
    """Why nothing at all may go to the address, and since when (ms): what was lifted since holds no longer."""
    return {reason: at for reason, at in head.suppressed.items() if at >= head.lifted.get(reason, 0)}


def paused_until(head: Head) -> int:
    """The moment (ms) until which the address's owner wishes to hear nothing; 0 without such a wish."""
    return head.paused[1]


def frequency(head: Head) -> str:
    """How often the address's owner wishes to be written to: one of FREQUENCIES."""
    said = head.frequency[1]
    return said if said in FREQUENCIES else EVERY
