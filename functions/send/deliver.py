"""Many messages from the queue to their providers.

Everything that may forbid a message is read and decided again; then one transaction says `sending` of as many as go
out in the next two seconds, and only while the consent ledgers and the caps are as they were read.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from functions import clock, releases
from functions.aws.faults import is_of_aws
from functions.core import policy
from functions.core.message import Message, last_moment
from functions.core.pauses import Pauses
from functions.core.policy import Allow, Case, Defer, Withhold
from functions.send import commit, outcome, twins
from functions.send.drafts import Ready, compose_for
from functions.send.gather import Facts, gather, look
from functions.send.pace import WORKERS, Turn
from functions.send.queue import Pair, enqueue_many
from functions.send.ramp import granted
from functions.tables.messages import change_each

ATTEMPTS: Final = 10
"""How often a decision is made anew because something changed under it."""
FRESH_S: Final = 5.0
"""What is read is decided on within so many seconds."""
UNDER_WAY_S: Final = 2.0
"""So many seconds of messages are `sending` at once: a crash leaves that many of which nobody knows."""

Allowed = tuple[Case, Allow]
TurnOf = Callable[[str], Turn]


class Contended(RuntimeError):
    """Others kept changing what the decision rests on; the message should come again."""


def deliver(pairs: Sequence[Pair], turn_of: TurnOf, budget: float) -> dict[Pair, Exception]:
    """Send messages, or note why not; those that must come again, and why. What is under way or settled is left alone.

    `turn_of` paces each channel; `budget` is how many seconds may be spent waiting for turns: what would take
    longer goes back to the queue.
    """
    deadline = clock.monotonic() + budget
    failed: dict[Pair, Exception] = {}
    waiting, pauses = look(list(dict.fromkeys(pairs)), failed)
    lanes: dict[str, list[Message]] = defaultdict(list)
    for message in waiting:
        lanes[message.channel].append(message)
    # One channel's pace holds up the others of this batch: that of few first.
    for channel, theirs in sorted(lanes.items(), key=lambda lane: len(lane[1])):
        _Lane(channel, turn_of(channel), deadline, failed).send(theirs, pauses)
    return failed


@dataclass(slots=True)
class _Lane:
    """The messages of one channel."""

    channel: str
    turn: Turn
    deadline: float
    failed: dict[Pair, Exception]
    alone: list[Message] = field(default_factory=list)
    """Those whose decision no longer stood, or who have another's of this round: each is decided by itself."""
    places: dict[str, str] = field(default_factory=dict)
    """The days of the warm-up on which messages have places that were taken here."""

    def send(self, messages: Sequence[Message], pauses: Pauses) -> None:
        messages = self._without_broken(messages)
        # Nobody waits for a receipt because of a campaign.
        waiting = sorted(self._not_held(messages, pauses), key=lambda one: not _transactional(one))
        while waiting:
            if self._is_over(waiting):
                break
            round_, waiting = _apart(waiting, max(1, int(FRESH_S * self._rate(waiting[0]) / WORKERS)))
            self._guarded(self._round, round_)
        alone, self.alone = self.alone, []
        for message in alone:
            self._guarded(self._again, [message])

    def _guarded(self, act: Callable[[Sequence[Message]], None], messages: Sequence[Message]) -> None:
        try:
            act(messages)
        except Exception as error:
            if len(messages) == 1 or is_of_aws(error):
                self.failed |= {(one.contact, one.id): error for one in messages}
            else:
                # One that can't be dealt with must not hold up the others. Those that are under way are found so.
                self.alone += messages

    def _again(self, messages: Sequence[Message]) -> None:
        """Decide one message anew, on what stands now, until nothing changes under it."""
        (message,) = messages
        pair = (message.contact, message.id)
        for attempt in range(ATTEMPTS):
            found, _ = look([pair], self.failed)
            if not found or self._is_over(found):
                return
            self.alone = []
            self._round(found)
            if not self.alone:
                return
            clock.sleep(0.02 * 2 ** min(attempt, 5))
        raise Contended("a message's consent or caps kept changing")

    def _round(self, messages: Sequence[Message]) -> None:
        keys = releases.keyring()
        facts = gather(messages, self.channel, keys)
        messages, seconds = _one_each(messages, facts)
        self.alone += seconds
        now = clock.now_ms()
        allowed, others = list[Allowed](), list[tuple[Message, Withhold | Defer]]()
        for message in messages:
            case = facts.case(message)
            decision = policy.decide(case, now)
            if isinstance(decision, Allow) and twins.is_second(message, case.contact, now):
                decision = Withhold(twins.REASON)
            if isinstance(decision, Allow):
                allowed.append((case, decision))
            else:
                others.append((message, decision))
        if self.turn.closed:
            allowed = self._without_marketing(allowed)
        allowed, waits = granted(self.channel, allowed, now, self.places)
        self.alone += outcome.settle([*others, *waits], now)
        while allowed:
            size = max(1, min(commit.AT_MOST, int(UNDER_WAY_S * self._rate(allowed[0][0].message) / WORKERS)))
            chunk, allowed = allowed[:size], allowed[size:]
            waiting = [case.message for case, _ in [*chunk, *allowed]]
            if self._is_over(waiting):
                return
            if self.turn.closed:
                chunk = self._without_marketing(chunk)
            self._hand_over(chunk, keys)

    def _hand_over(self, chunk: Sequence[Allowed], keys: releases.Keyring) -> None:
        ready, others = list[Ready](), list[tuple[Message, Withhold | Defer]]()
        now = clock.now_ms()
        for case, decision in chunk:
            match compose_for(case, decision, keys, now):
                case Withhold() as unrenderable:
                    others.append((case.message, unrenderable))
                case Ready() as draft:
                    # Noted with `sending`: what its provider puts off until later today keeps its place.
                    ready.append(replace(draft, message=self._placed(draft.message)))
        self.alone += outcome.settle(others, now)
        begun, refused = commit.begin(ready, clock.now_ms())
        self.alone += refused
        if begun:
            outcome.hand_over(begun, self.turn, self._rate(begun[0][0]), clock.now_ms(), self.deadline)

    def _without_marketing(self, chunk: Sequence[Allowed]) -> list[Allowed]:
        now = clock.now_ms()
        waits = [case.message for case, decision in chunk if not decision.topic.transactional]
        until = now + outcome.CLOSED_MS
        self.alone += outcome.settle(
            [(message, Defer(until, "provider-limit", self.places.get(message.id))) for message in waits], now
        )
        return [one for one in chunk if one[1].topic.transactional]

    def _is_over(self, waiting: Sequence[Message]) -> bool:
        """Whether there is no time left for the next turn; then those that wait are back on the queue."""
        wait = self.turn.wait(self._rate(waiting[0]))
        if clock.monotonic() + wait <= self.deadline:
            return False
        placed = [(one, self._placed(one)) for one in waiting]
        change_each([(before, after) for before, after in placed if after is not before])
        enqueue_many([(one.contact, one.id) for one in waiting], wait)
        return True

    def _placed(self, message: Message) -> Message:
        day = self.places.get(message.id, message.warm_up_day)
        return message if day == message.warm_up_day else replace(message, warm_up_day=day)

    def _rate(self, message: Message) -> float:
        return self.turn.rate(releases.by_id(message.release).sending.rate_per_second)

    def _without_broken(self, messages: Sequence[Message]) -> list[Message]:
        found = []
        for message in messages:
            try:
                releases.by_id(message.release)
            except Exception as error:
                self.failed[message.contact, message.id] = error
            else:
                found.append(message)
        return found

    def _not_held(self, messages: Sequence[Message], pauses: Pauses) -> list[Message]:
        """The messages that nothing holds back. For the others it is enough to know that: nothing more is read."""
        now, held = clock.now_ms(), dict[str, Withhold | Defer]()
        for message in messages:
            decision = _held(message, pauses, now)
            if decision is not None:
                held[message.id] = decision
        self.alone += outcome.settle([(one, held[one.id]) for one in messages if one.id in held], now)
        return [one for one in messages if one.id not in held]


def _held(message: Message, pauses: Pauses, now: int) -> Withhold | Defer | None:
    if now > last_moment(message):
        return None
    over = policy.cancelled(message, pauses)
    return over or policy.paused(message, pauses, transactional=_transactional(message), now=now)


def _transactional(message: Message) -> bool:
    topic = policy.about(message, releases.by_id(message.release))
    return topic is not None and topic.transactional


def _one_each(messages: Sequence[Message], facts: Facts) -> tuple[list[Message], list[Message]]:
    """One message for each person, and those for contacts that were merged into one of these."""
    taken: dict[str, Message] = {}
    seconds = []
    for message in messages:
        if taken.setdefault(facts.contacts[message.contact].id, message) is not message:
            seconds.append(message)
    return list(taken.values()), seconds


def _apart(waiting: Sequence[Message], at_most: int) -> tuple[list[Message], list[Message]]:
    """The first so many messages of different contacts, and the others: what one does to caps, the next must see."""
    taken: dict[str, Message] = {}
    others = []
    for message in waiting:
        if len(taken) < at_most and message.contact not in taken:
            taken[message.contact] = message
        else:
            others.append(message)
    return list(taken.values()), others
