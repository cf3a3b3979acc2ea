"""The whole life of one contact in memory: facts, lines crossed, journeys, messages, and what each leads to.

Time moves from one thing to the next: what happens, a line that time alone crosses, an alarm, a message that had to
wait. Everything is decided by the core that runs in production. What production does within seconds happens at once
here, in the order it was asked for; what the clock does happens to the second.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count

from authoring.scenarios import letters
from authoring.scenarios.letters import Said
from functions.core import admission, consent, journey_facts, schedules
from functions.core.advance import advance
from functions.core.campaign import origin
from functions.core.channels import BY_EMAIL, CHANNELS
from functions.core.consent import Entry, Head
from functions.core.contact import Contact, Decision, Profile, State
from functions.core.counters import Counters, counters
from functions.core.decisions import BACKFILL, Outcome, decide
from functions.core.effects import Effect, HandOff, NoteRun, ReachGoal, Record, SendMessage, StartClock, Unwatch
from functions.core.enrollment import Enrollment, Passage, decline, enroll, watches
from functions.core.event import SYSTEM, Event
from functions.core.facts import Arrival, fold
from functions.core.identity import own_ref
from functions.core.ids import digest
from functions.core.message import Message, defer
from functions.core.performed import event_of, message_of
from functions.core.policy import Defer, Recent, Withhold
from functions.core.release import Release
from functions.core.schedules import Slot
from functions.core.touched import Reads, touched
from functions.texts.zones import zone_of

SEQ = 1
AFTERWARDS, AUTHORED, OCCASION, DUE, ALARM, DEFERRED = range(6)
"""What comes first of what comes at one moment: consequences, then what was written, then what the clock does."""


@dataclass(slots=True)
class Letter:
    """A message: as it stands, when (ms) it went out or was withheld, and what it says."""

    message: Message
    at: int
    state: str = "waiting"
    reason: str = ""
    detail: str = ""
    said: Said = field(default_factory=lambda: Said("", ""))


@dataclass(slots=True)
class Stop:
    """A wait that a run came to: when it begins and when it ends at the latest (ms). `moved` is how often its alarm
    was set anew, `in_vain` how often that was after it rang; `timed` whether it rang when the wait ended."""

    step: str
    at: int
    until: int
    moved: int = 0
    in_vain: int = 0
    timed: bool = False


@dataclass(slots=True)
class Run:
    """A run of a journey: its row, everything it passed, and where it stood."""

    enrollment: Enrollment
    path: list[Passage] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)

    def moved(self, after: Enrollment, now: int) -> None:
        """Take over what an advance at `now` (ms) made of the run."""
        # What follows a thing of its own kind within one moment is noted a millisecond later.
        before = sum(passed.at >= now for passed in self.enrollment.path)
        self.path += [passed for passed in after.path if passed.at >= now][before:]
        waiting, held = after.waiting, self.enrollment.waiting
        rang = held is not None and now >= held.alarm
        if held is not None and waiting is not None and (held.step, held.since) == (waiting.step, waiting.since):
            self.stops[-1].until = waiting.deadline
            self.stops[-1].moved += waiting != held
            self.stops[-1].in_vain += rang
        else:
            if held is not None:
                self.stops[-1].timed = rang
            if waiting is not None:
                self.stops.append(Stop(waiting.step, now, waiting.deadline))
        self.enrollment = after


@dataclass(frozen=True, slots=True)
class Told:
    """A line of the story: when (ms), and what was the case."""

    at: int
    text: str


@dataclass(frozen=True, slots=True)
class Handed:
    """A lead handed to sales."""

    at: int
    journey: str
    effect: HandOff


@dataclass(frozen=True, slots=True)
class Rules:
    """A release and what is derived from it once, however many lives are lived by it."""

    release: Release
    counters: Counters
    reads: Reads
    heard: frozenset[str]

    @classmethod
    def of(cls, release: Release) -> "Rules":
        """The rules of a release."""
        return cls(release, counters(release), Reads(release), journey_facts.heard(release))


class World:
    """One contact's life under a release, from `start` (ms)."""

    def __init__(self, rules: Rules, contact: str, start: int) -> None:
        self.rules = rules
        self.release = rules.release
        self.zone = rules.release.sending.business.time_zone
        self.start = self.now = self._looked = start
        self.contact = Contact(State(contact, release=SEQ, spec=rules.counters.spec), Profile(contact))
        self.heads: dict[str, Head] = {}
        self.recent = Recent()
        self.runs: list[Run] = []
        self.letters: list[Letter] = []
        self.leads: list[Handed] = []
        self.story: list[Told] = []
        self._latest: dict[tuple[str, str], Run] = {}
        self._ids: set[str] = set()
        self._refs: set[str] = set()
        self._order = count()
        self._positions = count(1)
        self._queue: list[tuple[int, int, int, Callable[[], None]]] = []
        self._zone_of = partial(zone_of, sending=self.release.sending)

    @property
    def theirs(self) -> str:
        """The time zone in which the contact lives."""
        return self._zone_of(self.contact)

    def plan(self, at: int, act: Callable[[], None], rank: int = AUTHORED) -> None:
        """Let something happen at a moment (ms)."""
        heapq.heappush(self._queue, (at, rank, next(self._order), act))

    def tell(self, text: str) -> None:
        """Note a line of the story, now."""
        self.story.append(Told(self.now, text))

    # What there is next.

    def next(self) -> tuple[int, int] | None:
        """The moment (ms) and the rank of what comes next; None where nothing ever does."""
        coming = [(self._queue[0][0], self._queue[0][1])] if self._queue else []
        if self.contact.state.due is not None:
            coming.append((max(self.now, self.contact.state.due), DUE))
        coming += [(max(self.now, at), ALARM) for at in self._alarms()]
        coming += [(at, OCCASION) for at, _, _ in self._occasions()]
        return min(coming, default=None)

    def busy(self, journey: str) -> bool:
        """Whether a run of the journey goes on, or something is planned."""
        return bool(self._queue) or any(
            run.enrollment.active and run.enrollment.journey == journey for run in self.runs
        )

    def step(self) -> None:
        """Move to what comes next, and let it happen."""
        coming = self.next()
        if coming is None:
            return
        self.now, rank = coming
        match rank:
            case _ if rank in (AFTERWARDS, AUTHORED, DEFERRED):
                heapq.heappop(self._queue)[3]()
            case _ if rank == OCCASION:
                begun = [(journey, slot) for at, journey, slot in self._occasions() if at == self.now]
                self._looked = self.now
                for journey, slot in begun:
                    self._occasion(journey, slot)
            case _ if rank == DUE:
                self._decided(decide(self.contact, self.release, self.now))
            case _:
                for run in self.runs:
                    if run.enrollment.due(self.now):
                        self._forward(run)

    def _alarms(self) -> list[int]:
        return [
            run.enrollment.waiting.alarm
            for run in self.runs
            if run.enrollment.active and run.enrollment.waiting is not None
        ]

    def _occasions(self) -> list[tuple[int, str, Slot]]:
        planned = ((id, schedules.schedule_of(self.release, id)) for id in self.release.journeys)
        slots = ((id, schedules.following(when, self._looked, self.zone)) for id, when in planned if when is not None)
        return [(slot.at, id, slot) for id, slot in slots]

    # What happens to the contact.

    def known(self, event: Event, *, identities: tuple[str, ...] = ()) -> None:
        """Let an event be what is known from the beginning: it is the cause of nothing."""
        self._fold(event, identities)
        self._decided(decide(self.contact, self.release, self.now, otherwise=BACKFILL))

    def take(self, event: Event, *, identities: tuple[str, ...] = ()) -> None:
        """An event that happens now. The same one again is none."""
        if event.ref in self._refs:
            return
        self._refs.add(event.ref)
        before = self.contact
        self._fold(event, identities)
        moved = touched(self.rules.reads, before, self.contact, [event], SEQ, self.now)
        self._decided(decide(self.contact, self.release, self.now, [event], moved))

    def note(self, address: str, entry: Entry) -> None:
        """Write an entry into the ledger of an address (its hash)."""
        self.heads[address] = consent.fold(self.heads.get(address, Head()), entry)

    def _fold(self, event: Event, identities: tuple[str, ...]) -> None:
        mine = tuple(dict.fromkeys([*self.contact.profile.identities, *event.identities, *identities]))
        person = replace(self.contact, profile=replace(self.contact.profile, identities=mine))
        self.contact = fold(person, [Arrival(next(self._positions), event)], {}, self.rules.counters)

    def _decided(self, outcome: Outcome) -> None:
        state = replace(outcome.state, version=outcome.state.version + 1)
        self.contact = replace(self.contact, state=state)
        for decision in outcome.decisions:
            match decision.kind:
                case "segment":
                    self.tell(f"{'enters' if decision.after == 'in' else 'leaves'} the segment {decision.name}")
                case "temperature" | "grade" | "stage":
                    self.tell(f"{decision.kind}: {decision.before or 'none'} → {decision.after or 'none'}")
        # Runs that are open hear of an event before it may start new ones: it may be their goal.
        if any(decision.kind == "wake" for decision in outcome.decisions):
            for run in self.runs:
                self._forward(run)
        for decision in outcome.decisions:
            if decision.kind == "trigger":
                self._admit(decision)

    # What journeys do.

    def _occasion(self, journey: str, slot: Slot) -> None:
        schedule = schedules.schedule_of(self.release, journey)
        if schedule is not None and schedule.segment in self.contact.state.standing.segments:
            self._admit(schedules.trigger(self.contact.id, journey, slot))

    def _admit(self, trigger: Decision) -> None:
        journey = self.release.every_journey[trigger.name]
        held = self._latest.get((trigger.name, trigger.after))
        existing = held.enrollment if held else None
        fresh = enroll(
            trigger.name,
            journey,
            "scenario",
            existing,
            contact=self.contact.id,
            cause=trigger.cause,
            at=trigger.at,
            key=trigger.after,
            apart=admission.apart_of(trigger),
        )
        if fresh is None or fresh.id in self._ids:
            self._refuse(trigger, admission.refused_again(journey, existing, trigger))
            if held is not None and (noted := decline(journey, held.enrollment, trigger.cause)) is not None:
                held.enrollment = noted
            return
        refusal = admission.refused_outside(journey, self.contact, self.release, self.now)
        if refusal is not None:
            self._refuse(trigger, refusal)
            return
        self._ids.add(fresh.id)
        if watches(journey):
            self._watching(self.contact.state.watching | {fresh.id})
        begun = journey_facts.begins_at(existing, self.now)
        run = Run(replace(fresh, begun=begun))
        self.runs.append(run)
        self._latest[trigger.name, trigger.after] = run
        self.tell(f"enters {trigger.name}")
        self._forward(run, begins=True)

    def _refuse(self, trigger: Decision, refusal: admission.Refusal | None) -> None:
        if refusal is not None:
            self.tell(f"is not let into {trigger.name}: {admission.REASONS[refusal]}")

    def _forward(self, run: Run, *, begins: bool = False) -> None:
        before = run.enrollment
        if not before.active:
            return
        journey = self.release.every_journey[before.journey]
        moved, effects = advance(journey, before, self.contact, self.release, self.now, self._zone_of)
        if moved is before and before.due(self.now):
            raise RuntimeError(f"journey {before.journey} stands still though its time has come")
        passed = len(run.path)
        run.moved(moved, self.now)
        for one in run.path[passed:]:
            self.tell(f"{moved.journey}: {one.step} · {one.outcome}")
        noted = journey_facts.notes(moved, self.rules.heard, begins=begins)
        effects = (*noted, *effects) if begins else (*effects, *noted)
        if not moved.active:
            self.tell(f"{moved.journey} ends: {moved.state}")
        for effect in effects:
            self.plan(self.now, partial(self._perform, effect, moved), AFTERWARDS)

    def _perform(self, effect: Effect, enrollment: Enrollment) -> None:
        match effect:
            case SendMessage():
                kept = self.release.privacy.retention.messages
                letter = Letter(message_of(effect, enrollment, kept), self.now)
                self.letters.append(letter)
                self._send(letter)
            case Record():
                self.take(event_of(effect, enrollment))
            case NoteRun():
                self.take(journey_facts.noted(effect, enrollment))
            case HandOff():
                self.leads.append(Handed(self.now, enrollment.journey, effect))
                self.tell(f"is handed to {effect.to}: {effect.reason}")
            case Unwatch():
                self._watching(self.contact.state.watching - {enrollment.id})
            case StartClock() | ReachGoal():
                # The world's own clock rings here, and nobody listens on its bus.
                pass

    def _watching(self, ids: frozenset[str]) -> None:
        self.contact = replace(self.contact, state=replace(self.contact.state, watching=ids))

    # What becomes of messages.

    def _send(self, letter: Letter) -> None:
        message = letter.message
        decided = letters.decide(message, self.contact, self.release, self.heads, self.recent, self.now)
        what = f"{message.channel} {message.template}"
        match decided:
            case Withhold(reason, detail):
                letter.at, letter.state, letter.reason, letter.detail = self.now, "withheld", reason, detail
                self.tell(f"{what} is withheld: {reason}" + (f" ({detail})" if detail else ""))
            case Defer(until, reason):
                letter.message, letter.reason = defer(message, until, reason), reason
                self.tell(f"{what} waits: {reason}")
                self.plan(until, partial(self._send, letter), DEFERRED)
            case (allowed, said):
                letter.at, letter.state, letter.reason, letter.said = self.now, "sent", "", said
                self.recent = allowed.reserved or self.recent
                self.tell(f"{what} is sent" + (f": {said.subject}" if said.subject else ""))
                self._reported(message)

    def _reported(self, message: Message) -> None:
        if message.channel not in CHANNELS:
            return
        word = CHANNELS[message.channel].word
        for what in ("Sent", "Delivered") if message.channel == BY_EMAIL else ("Sent",):
            self.plan(self.now, partial(self.take, self.about(message, f"{word} {what}")), AFTERWARDS)

    def about(self, message: Message, name: str, **more: str | int) -> Event:
        """An event about a message, as Samovar records it now."""
        said = {"message": message.id, "template": message.template, **origin(message.journey, message.step), **more}
        id = digest(name, message.id, str(self.now))
        return Event(own_ref(self.contact.id), id, self.now, self.now, self.now, SYSTEM, name, said)
