"""A message: one send decision for one contact on one channel, and its ledger.

    intended → sending → sent → delivered → bounced → complained
                  └→ unknown ┘        └ withheld (with the reason)

What the provider reports is *feedback*. It joins a message in any order and any number of
times: the first moment of each state is kept, and the state is the furthest one reached.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, Literal

from functions.core.channels import BY_EMAIL

State = Literal["intended", "sending", "withheld", "unknown", "sent", "delivered", "bounced", "complained"]
Outcome = Literal["sent", "delivered", "bounced", "complained"]

ORDER: Final[tuple[State, ...]] = (
    "intended",
    "sending",
    "withheld",
    "unknown",
    "sent",
    "delivered",
    "bounced",
    "complained",
)
"""How far each state is. A bounce for good may follow a delivery, and a complaint anything."""

UNSETTLED: Final[frozenset[State]] = frozenset({"intended", "sending"})
"""States in which something must still happen; sweep looks at these when they are overdue."""

PATIENCE: Final = 3_600_000
"""Milliseconds after which a message that is still unsettled is looked at again."""

REQUEUED_MS: Final = 120_000
"""Milliseconds after which a message that was let go again is queued by sweep, should whoever let it have died."""

LATEST: Final = 3 * 86_400_000
"""Milliseconds after its decision at which a message that could not be sent is given up."""

SOFT: Final[frozenset[str]] = frozenset({"transient", "undetermined", "content"})
"""Reasons of bounces that are not for good. One beside a delivery is an automatic answer, such as "out of office"."""

_NONE: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Message:
    """One message as its ledger row holds it. Times are epoch milliseconds.

    `id` is deterministic (ids.message_id), so deciding twice is one message. `since` is when
    the contact entered the enrollment (0 without one). `release` is the release id whose
    template is rendered. `address` is the hash of the address that it went to; `mailbox` says at whose mailboxes
    that is (core/mailboxes), None where it is no mail. `reason` says why it was withheld or bounced; `detail` adds
    what code can't know beforehand (a missing variable's name, the provider's words), never an address. `cause` is
    the ref of the event that it answers, kept where the letter needs it. After `expires` it is not sent any more.
    `attempts` counts how often it was handed to the provider. `links` is how many different links
    of ours it had then, 0 where that wasn't noted. `times` holds the first moment of each state.
    `warm_up_day` is the day of the business (2026-12-05) on which it has a place in the warm-up of its domain.
    `due` is when sweep looks at it again; None once it is settled. `version` guards writes. The row may
    go at `kept_until` (epoch seconds; None: never).
    """

    id: str
    contact: str
    journey: str
    step: str
    template: str
    topic: str
    release: str
    created: int
    enrollment: str | None = None
    since: int = 0
    expires: int | None = None
    channel: str = BY_EMAIL
    state: State = "intended"
    attempts: int = 0
    cause: str | None = None
    links: int = 0
    reason: str = ""
    detail: str = ""
    provider_id: str | None = None
    address: str | None = None
    mailbox: str | None = None
    times: Mapping[str, int] = field(default_factory=lambda: _NONE)
    warm_up_day: str | None = None
    due: int | None = None
    version: int = 0
    kept_until: int | None = None

    @property
    def place(self) -> str:
        """By what it was sent, as links and pauses name it: "journey/step", for a campaign "campaign--ID/RUN"."""
        return f"{self.journey}/{self.step}"


@dataclass(frozen=True, slots=True)
class Feedback:
    """What the provider reports about a message, at `at` (ms).

    "sent": the provider took it. "bounced" covers every way of not arriving after that;
    `reason` tells which: "permanent", "rejected", or one of SOFT.
    """

    state: Outcome
    at: int
    provider_id: str | None = None
    reason: str = ""


def intended(
    *,
    id: str,
    contact: str,
    journey: str,
    step: str,
    template: str,
    topic: str,
    release: str,
    now: int,
    enrollment: str | None = None,
    since: int = 0,
    kept_until: int | None = None,
    cause: str | None = None,
    channel: str = BY_EMAIL,
    expires: int | None = None,
) -> Message:
    """A message just decided, to be stored with `tables.messages.intend` and put on the send queue."""
    return Message(
        id=id,
        contact=contact,
        journey=journey,
        step=step,
        template=template,
        topic=topic,
        release=release,
        created=now,
        enrollment=enrollment,
        since=since,
        cause=cause,
        channel=channel,
        expires=expires,
        times={"intended": now},
        due=now + PATIENCE,
        kept_until=kept_until,
    )


def begin(message: Message, address: str, now: int, links: int = 0, mailbox: str | None = None) -> Message:
    """On its way with so many links, to a mailbox at `mailbox`: from here nobody may hand it over a second time.

    When it was due it still is: that is soon enough, and moving an entry of the index would cost two writes.
    """
    return replace(
        message,
        state="sending",
        times={**message.times, "sending": now},
        attempts=message.attempts + 1,
        address=address,
        mailbox=mailbox,
        links=links,
        reason="",
        due=message.due if message.due is not None and message.due > now else now + PATIENCE,
    )


def settled_by(message: Message) -> int:
    """When (ms) nobody waits any longer for what became of a message in state sending."""
    return message.times.get("sending", 0) + PATIENCE


def postpone(message: Message, until: int) -> Message:
    """Back to intended, because the provider surely did not take it; due again at `until`."""
    times = {state: at for state, at in message.times.items() if state != "sending"}
    return replace(message, state="intended", times=times, due=until)


def put_back(message: Message, now: int) -> Message:
    """Intended as if it had not begun: the provider asked for a pause before it looked at the message."""
    due = message.due if message.due is not None and message.due > now else now + PATIENCE
    return replace(postpone(message, due), attempts=max(0, message.attempts - 1))


def last_moment(message: Message) -> int:
    """After this moment (ms) a message is not sent any more."""
    return message.created + LATEST if message.expires is None else message.expires


def defer(message: Message, until: int, reason: str, warm_up_day: str | None = None) -> Message:
    """Not yet: due again at `until` (ms), for a reason; on the day of the warm-up that it is given, if any."""
    return replace(postpone(message, until), reason=reason, warm_up_day=warm_up_day or message.warm_up_day)


def withhold(message: Message, reason: str, now: int, detail: str = "") -> Message:
    """Not sent, and never will be; the reason is kept."""
    return replace(_at(message, "withheld", now), reason=reason, detail=detail[:200], due=None)


def reopen(message: Message, release: str, now: int) -> Message:
    """Intended again after it was withheld by a mistake that a release mends: made from that one's template, and sent
    within LATEST from `now` (ms) where it had no moment of its own."""
    times = {state: at for state, at in message.times.items() if state not in ("withheld", "sending")}
    expires = message.expires if message.expires is not None else now + LATEST
    return replace(
        message,
        state="intended",
        times=times,
        release=release,
        reason="",
        detail="",
        expires=expires,
        due=now + REQUEUED_MS,
    )


def give_up(message: Message, now: int) -> Message:
    """Nobody knows whether it went out: listed, not sent again, open to late feedback."""
    return replace(_at(message, "unknown", now), due=None)


def settle(message: Message, feedback: Feedback) -> Message:
    """The message with one report joined to it; equal to the old one where it says nothing new."""
    times = dict(message.times)
    times[feedback.state] = min(feedback.at, times.get(feedback.state, feedback.at))
    stands, says = _reach(message.state, message.reason), _reach(feedback.state, feedback.reason)
    reason = message.reason
    if says == stands:
        reason = min(filter(None, (message.reason, feedback.reason)), default="")
    elif says > stands:
        reason = feedback.reason
    return replace(
        message,
        state=feedback.state if says > stands else message.state,
        times=times,
        reason=reason,
        provider_id=min(filter(None, (message.provider_id, feedback.provider_id)), default=None),
        due=None,
    )


def _reach(state: State, reason: str) -> float:
    """How far a state is. What came back for now and yet was delivered is delivered."""
    if state == "bounced" and reason in SOFT:
        return ORDER.index("delivered") - 0.5
    return ORDER.index(state)


def _at(message: Message, state: State, now: int) -> Message:
    return replace(message, state=state, times={**message.times, state: now})
