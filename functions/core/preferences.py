"""What somebody asks for on the page that says what may be sent to them. Pure.

Only what was changed there counts, held against what the page had shown: a page that lay open while its
reader unsubscribed elsewhere brings nothing back, and sent again it says what it said the first time.

A link is good for leaving as long as there are mails: for stopping, pausing, and getting less. For getting
more it is good for thirty days, because mails are forwarded and mailboxes change hands.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from functions.core.channels import BY_EMAIL
from functions.core.consent import EVERY, EVERYTHING, FREQUENCIES, Change
from functions.core.event import PREFERENCES_CHANGED, SYSTEM, Event
from functions.core.identity import own_ref
from functions.core.ids import digest

ON: Final = "on"
WAS: Final = "was"
FREQUENCY: Final = "frequency"
LANGUAGE: Final = "language"
SHOWN: Final = "_shown"
"""Hidden field: when (ms) the page was shown."""
ACTION: Final = "action"
SAVE, PAUSE, RESUME, OFF = "save", "pause", "resume", "off"

GOOD_FOR_MORE: Final = 30 * 86_400_000
"""Milliseconds after sending in which a link may be used to get more."""
A_MONTH: Final = 30 * 86_400_000
"""Milliseconds for which a pause lasts."""

_RARER: Final = tuple(FREQUENCIES)

Typed = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Offer:
    """A box of the page: a topic on a channel, with the exact words beside it."""

    channel: str
    topic: str
    label: str

    @property
    def key(self) -> str:
        return f"{self.channel}.{self.topic}"


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page was used for. `paused_until` in ms (0: the pause is over; None: nothing was said of it)."""

    grants: tuple[Offer, ...] = ()
    withdrawals: tuple[Offer, ...] = ()
    frequency: str | None = None
    language: str | None = None
    paused_until: int | None = None
    everything_off: bool = False

    def __bool__(self) -> bool:
        return self != Asked()


def is_good_for_more(sent: int, now: int) -> bool:
    """Whether a link in a message of `sent` may be used at `now` (ms) to get more than before."""
    return now - sent <= GOOD_FOR_MORE


def read(typed: Typed, offers: Iterable[Offer], languages: Iterable[str], *, sent: int, now: int) -> Asked:
    """What was asked for at `now` (ms) by the link of a message of `sent`. What the link may not do is left out."""
    more = is_good_for_more(sent, now)
    action = _last(typed, ACTION)
    if action == OFF:
        return Asked(everything_off=True)
    ticked, was = frozenset(typed.get(ON, ())), frozenset(typed.get(WAS, ()))
    boxes = tuple(offers)
    until = now + A_MONTH if action == PAUSE else 0 if action == RESUME and more else None
    return Asked(
        tuple(box for box in boxes if more and box.key in ticked - was),
        tuple(box for box in boxes if box.key in was - ticked),
        _frequency(typed, more),
        _changed(typed, LANGUAGE, tuple(languages)),
        until,
    )


def _frequency(typed: Typed, more: bool) -> str | None:
    asked, was = _changed(typed, FREQUENCY, _RARER), _last(typed, f"{WAS}_{FREQUENCY}")
    if asked is None or more:
        return asked
    rarer = _RARER.index(asked) > _RARER.index(was if was in _RARER else EVERY)
    return asked if rarer else None


def _changed(typed: Typed, name: str, known: Sequence[str]) -> str | None:
    asked = _last(typed, name)
    return asked if asked in known and asked != _last(typed, f"{WAS}_{name}") else None


def changes(asked: Asked, channel: str, *, own: bool) -> tuple[Change, ...]:
    """What the ledger of one of the person's addresses keeps of it. `own`: grants are for this address."""
    if asked.everything_off:
        return (Change("withdrawal", EVERYTHING),)
    said = [Change("grant", box.topic, box.label) for box in asked.grants if own and box.channel == channel]
    said += [Change("withdrawal", box.topic) for box in asked.withdrawals if box.channel == channel]
    if asked.frequency is not None:
        said.append(Change("frequency", asked.frequency))
    if asked.paused_until is not None:
        said.append(Change("pause", str(asked.paused_until)))
    return tuple(said)


def without_grants(said: tuple[Change, ...]) -> tuple[Change, ...]:
    """What holds also for somebody whose grants may not be kept."""
    return tuple(change for change in said if change.kind != "grant")


def event(
    contact: str, message: str, sent: int, typed: Typed, asked: Asked, channels: Iterable[str], now: int
) -> Event:
    """The event of it. The same page sent again is the same event."""
    shown = _last(typed, SHOWN)
    stamp = int(shown) if shown.isascii() and shown.isdigit() and sent <= int(shown[:15]) <= now else now
    properties: dict[str, Any] = {
        "message": message,
        "consents": [_fact(box.channel, box.topic) for box in asked.grants],
        "withdrawn": [_fact(channel, EVERYTHING) for channel in channels]
        if asked.everything_off
        else [_fact(box.channel, box.topic) for box in asked.withdrawals],
        "frequency": asked.frequency,
        "paused_until": asked.paused_until,
        "language": asked.language,
    }
    said = {name: value for name, value in properties.items() if value not in (None, [])}
    # A pause ends later when it is asked for again, but not where the same page is sent again.
    content = {name: value for name, value in said.items() if name != "paused_until"}
    return Event(
        source=own_ref(contact),
        id=digest("preferences", message, _last(typed, ACTION), repr(sorted(content.items())), str(stamp)),
        stamp=stamp,
        at=now,
        received=now,
        kind=SYSTEM,
        name=PREFERENCES_CHANGED,
        properties=said,
        traits={"language": asked.language} if asked.language else {},
        proved=True,
    )


def _fact(channel: str, topic: str) -> str:
    """How a contact's facts name a topic: those of e-mail by themselves, others with their channel."""
    return topic if channel == BY_EMAIL else f"{channel}:{topic}"


def masked(address: str) -> str:
    """An address whose owner knows it again: "a•••@example.com"."""
    local, _, domain = address.strip().rpartition("@")
    return f"{local[:1]}•••@{domain}" if local else f"•••{address.strip()[-2:]}"


def _last(typed: Typed, name: str) -> str:
    return next(iter(reversed(typed.get(name, ()))), "")
