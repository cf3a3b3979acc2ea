"""A contact as stored: facts, decisions and profile, kept apart.

*Facts* are a function of the set of the contact's events. *Decisions* are lines that
were crossed, each made once. The *profile* holds what changes rarely.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

_NONE: Mapping[Any, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """Orders competing values of one register: the event's time, then its id."""

    at: int
    tie: int


@dataclass(frozen=True, slots=True, order=True)
class Rank:
    """Orders competing values of one trait: what the owner's systems say outranks what anyone may claim."""

    proved: bool
    moment: Moment


@dataclass(frozen=True, slots=True)
class MessageFacts:
    """What people (not machines) did with one message: first times in ms, None if never."""

    sent: int
    opened: int | None = None
    clicked: int | None = None


@dataclass(frozen=True, slots=True)
class ConsentFacts:
    """Latest grant and latest withdrawal of one topic, in ms."""

    granted: int = 0
    withdrawn: int = 0


@dataclass(frozen=True, slots=True)
class Touch:
    """How a contact came to the site once: `said` holds source, medium, campaign, term, content, referrer (a host),
    landing (a page) and advertisers' click ids by name, as far as they are known. See core/attribution.py."""

    moment: Moment
    said: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Facts:
    """Mergeable summaries of a set of events.

    `counters` hold integers per counter and local day (day number since 1970 in the
    business's time zone); `newest` the newest moments per counter, ascending; `earliest` the
    first of all. `stage_set` is the stage of the funnel that somebody was put at last, and when.
    Times in ms.
    """

    counters: Mapping[str, Mapping[int, int]] = field(default_factory=lambda: _NONE)
    newest: Mapping[str, tuple[Moment, ...]] = field(default_factory=lambda: _NONE)
    tags: Mapping[str, tuple[Moment, bool]] = field(default_factory=lambda: _NONE)
    messages: Mapping[str, MessageFacts] = field(default_factory=lambda: _NONE)
    consents: Mapping[str, ConsentFacts] = field(default_factory=lambda: _NONE)
    first: int | None = None
    last: int | None = None
    skew: tuple[int, int] = (0, 0)
    earliest: Mapping[str, Moment] = field(default_factory=lambda: _NONE)
    stage_set: tuple[Moment, str] | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """The lines a contact stands behind now: temperature band, grade, stage, segments with entry times.

    `stage` is "" before the first. `stages` say when (ms) each stage was entered last, the present one among them.
    `journeys` are those that start where a condition comes to hold, and for whom it holds, since when (ms).
    """

    temperature: str = "cold"
    since: int = 0
    segments: Mapping[str, int] = field(default_factory=lambda: _NONE)
    grade: str = "D"
    stage: str = ""
    stages: Mapping[str, int] = field(default_factory=lambda: _NONE)
    journeys: Mapping[str, int] = field(default_factory=lambda: _NONE)


@dataclass(frozen=True, slots=True)
class Closed:
    """Day integers of `Facts.counters` that stand in a row of their own, and that row's version."""

    version: int
    days: Mapping[str, Mapping[int, int]]


@dataclass(frozen=True, slots=True)
class State:
    """The row that scoring reads and writes, conditional on `version`.

    `positions` map a source to (highest stream position applied, newest arrival applied);
    `fence` is the newest arrival seen by the last recount: a record at or before either is
    not trusted to be new. `due` is a lower bound (ms) of when time alone may cross a line.
    `watching` notes open enrollments; `merged_into` points to the surviving contact, and to
    nobody ("") where the person was erased. `listed` stands for the places that were put for them in the staff's
    lists (core/directory), "" for none. `shared` holds, for each browser that changed hands,
    the version of its row that last moved a part of its history to or from this contact.
    `last_touch` stands here, not in the profile: it changes with every visit from a campaign,
    when this row is written anyway. `closed` are days of the facts as they were read from a row of
    their own: nothing to decide by, for the facts have them too.
    """

    contact: str
    version: int = 0
    release: int = 0
    spec: str = ""
    facts: Facts = field(default_factory=Facts)
    positions: Mapping[str, tuple[int, int]] = field(default_factory=lambda: _NONE)
    fence: int = 0
    standing: Standing = field(default_factory=Standing)
    due: int | None = None
    watching: frozenset[str] = frozenset()
    merged_into: str | None = None
    shared: Mapping[str, int] = field(default_factory=lambda: _NONE)
    last_touch: Touch | None = None
    listed: str = ""
    closed: Closed | None = field(default=None, compare=False, repr=False)

    @property
    def erased(self) -> bool:
        """Whether the person was erased: nothing may be written for them any more."""
        return self.merged_into == ""


@dataclass(frozen=True, slots=True)
class Profile:
    """Who the contact is, as far as claimed or proved. `traits` map a name to (rank, value);
    `identities` are "kind#hash" of every source whose events are this contact's."""

    contact: str
    version: int = 0
    traits: Mapping[str, tuple[Rank, Any]] = field(default_factory=lambda: _NONE)
    identities: tuple[str, ...] = ()
    first_touch: Touch | None = None

    def trait(self, name: str) -> Any:
        """The current value of a trait, or None."""
        held = self.traits.get(name)
        return held[1] if held else None

    @property
    def email(self) -> str | None:
        """The address to send to, in the spelling its owner used."""
        value = self.trait("email")
        return value if isinstance(value, str) and value else None


@dataclass(frozen=True, slots=True)
class Contact:
    """Both rows of one person."""

    state: State
    profile: Profile

    @property
    def id(self) -> str:
        return self.state.contact


@dataclass(frozen=True, slots=True)
class Decision:
    """A line crossed, made once, with its cause; handed on through the outbox.

    Kinds: "temperature" (before, after are bands), "grade" (A to D), "stage" (before, after are
    stages, "" for none), "segment" (name is the segment; after is "in" or "out"), "trigger" (name
    is the journey to start; after is the key of the run; before is "step" where a run of a journey
    made the event), "wake" (something that open enrollments may wait for). `since` is when (ms) the stage `before` was
    entered, 0 for everything else. `cause` is an event's ref, "time",
    or "backfill" where the rules changed; of a trigger what it is told from others by: an event's ref, a
    line crossed, or an occasion of the journey's plan.
    """

    id: str
    kind: str
    name: str
    at: int
    cause: str
    before: str = ""
    after: str = ""
    since: int = 0
