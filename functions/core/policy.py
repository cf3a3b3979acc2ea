"""May this message go out now? Decided again at the moment of sending, on what stands then."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from functions.core import answering, consent, hours
from functions.core.channels import BY_EMAIL, BY_STAFF, to_people
from functions.core.consent import Head
from functions.core.contact import Contact
from functions.core.counters import counter_id
from functions.core.definition import spell_duration
from functions.core.hours import Hours
from functions.core.journey import Limit
from functions.core.message import Message, last_moment
from functions.core.pauses import Pauses
from functions.core.reasons import REASONS as REASONS
from functions.core.release import Release
from functions.core.sending import Cap, Topic

PAUSED_MS: Final = 600_000
"""What is held by a pause without an end is looked at again after so long."""

_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}")
_DEVIATIONS = frozenset("ßς\u200c\u200d")
"""Letters that Python's IDNA writes as other letters, which may be somebody else's domain."""

_NONE: Mapping[str, Any] = MappingProxyType({})


class Sent(NamedTuple):
    """When (ms) something was sent or reserved, on which channel, about what ("" where that wasn't kept), and by which
    journey where it has a limit ("" elsewhere)."""

    at: int
    channel: str = BY_EMAIL
    topic: str = ""
    journey: str = ""


@dataclass(frozen=True, slots=True)
class Recent:
    """What counts against a contact's caps: each recent message by its id, on all channels."""

    version: int = 0
    sends: Mapping[str, Sent] = field(default_factory=lambda: _NONE)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a message goes on its channel: `address` is the hash under which consent and suppression stand ("" where
    it goes to no person), `at` what the provider is given (a mailbox, a number in E.164, a URL)."""

    address: str
    at: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """Why the contact can't be reached on a channel: one of REASONS."""

    reason: str


@dataclass(frozen=True, slots=True)
class Case:
    """All that is decided on: what was read a moment ago.

    `head` is what the ledger of the destination's address says. `zone` is the contact's time zone, as
    far as it can be told.
    """

    message: Message
    contact: Contact
    release: Release
    destination: Destination | Unreachable
    head: Head = field(default_factory=Head)
    recent: Recent = field(default_factory=Recent)
    pauses: Pauses = field(default_factory=Pauses)
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class Allow:
    """Send it, and count it as `reserved` (None: uncounted)."""

    destination: Destination
    topic: Topic
    reserved: Recent | None


@dataclass(frozen=True, slots=True)
class Defer:
    """Not before `until` (ms); then decide again. `reason` is one of REASONS. `warm_up_day` is given to it where
    it has a place in the warm-up of its domain on a later day (2026-12-05)."""

    until: int
    reason: str
    warm_up_day: str | None = None


@dataclass(frozen=True, slots=True)
class Withhold:
    """Don't, ever; `reason` is one of REASONS."""

    reason: str
    detail: str = ""


Decision = Allow | Withhold | Defer


def decide(case: Case, now: int) -> Decision:
    """Whether the case's message may be sent at `now` (ms).

    Nothing goes to a suppressed address, whatever it is about: a mailbox that is gone takes no order's
    confirmation either, and who called our mail spam would call the next one so too, which costs everybody
    else's mail its way into the mailbox. A transactional topic needs no consent and counts against no cap
    of marketing; it keeps to hours and caps that say so. What is deferred past its last moment is withheld,
    with the reason for which it had waited. A mail to people of the business is like a transactional one.
    """
    message, release, destination = case.message, case.release, case.destination
    topic = about(message, release)
    if topic is None:
        return Withhold("unknown-topic", message.topic)
    if not _is_written(message, release):
        return Withhold("unknown-template", message.template)
    if now > last_moment(message):
        return Withhold("too-late", message.reason)
    if (over := cancelled(message, case.pauses)) is not None:
        return over
    if isinstance(destination, Unreachable):
        return Withhold(destination.reason)
    suppressed = consent.suppression(case.head)
    if suppressed is not None:
        return Withhold(f"suppressed-{suppressed}")
    if (waits := paused(message, case.pauses, transactional=topic.transactional, now=now)) is not None:
        return waits
    if topic.transactional:
        held = _too_early(case, topic, now) or _too_many(case, topic, now)
    else:
        held = _unwanted(case, topic, now) or _too_early(case, topic, now) or _too_many(case, topic, now)
    return held or Allow(destination, topic, _reserve(case, topic, now))


def cancelled(message: Message, pauses: Pauses) -> Withhold | None:
    """Why a message of a cancelled campaign never goes out."""
    return Withhold("campaign-cancelled") if message.place in pauses.cancelled else None


def paused(message: Message, pauses: Pauses, *, transactional: bool, now: int) -> Defer | None:
    """Until when a pause holds a message back."""
    pause = pauses.holding(message.place, transactional=transactional, now=now)
    return None if pause is None else _later(message, pause.until or now + PAUSED_MS, "paused")


def _later(message: Message, until: int, reason: str) -> Defer:
    # Once its time is over it is looked at once more, and withheld.
    return Defer(min(until, last_moment(message) + 1), reason)


def _unwanted(case: Case, topic: Topic, now: int) -> Withhold | Defer | None:
    """What the person's own wishes, or what they did meanwhile, say against a marketing message."""
    message, head, destination = case.message, case.head, case.destination
    if isinstance(destination, Destination) and destination.address:
        if not consent.allowed(head, topic.id):
            return Withhold("unsubscribed" if consent.withdrawn(head, topic.id) else "no-consent")
        until = consent.paused_until(head)
        if until > last_moment(message):
            return Withhold("paused-by-recipient")
        if until > now:
            return Defer(until, "paused-by-recipient")
    if _goal_reached(message, case.contact, case.release):
        return Withhold("goal-reached")
    return None


def hours_of(message: Message, release: Release) -> list[Hours]:
    """The rules about hours that may hold for a message: the business's, and those of its journey."""
    journey = release.journeys.get(message.journey)
    return [*release.sending.hours, *(journey.hours if journey else ())]


def opens(case: Case, topic: Topic, at: int) -> int:
    """The first moment (ms) from `at` on at which the hours let the case's message go."""
    channel = case.message.channel
    rules = hours.holding(
        hours_of(case.message, case.release),
        channel,
        transactional=topic.transactional,
        to_person=to_people(channel),
    )
    return at if not rules or hours.is_open(rules, at, case.zone) else hours.opens(rules, at, case.zone)


def _too_early(case: Case, topic: Topic, now: int) -> Defer | None:
    at = opens(case, topic, now)
    return _later(case.message, at, "quiet-hours") if at > now else None


def _too_many(case: Case, topic: Topic, now: int) -> Withhold | Defer | None:
    """What the caps and the journey's limit say, and how often the person wishes to be written to."""
    message, limit = case.message, _limit(case.message, case.release)
    if limit is not None:
        of_journey = (sent.at for sent in _others(case) if sent.journey == message.journey)
        if sum(at > now - limit.within * 1000 for at in of_journey) >= limit.at_most:
            return Withhold("journey-limit", f"at most {limit.at_most} within {spell_duration(limit.within)}")
    room = now
    for cap in case.release.sending.caps:
        if not cap.counts(message.channel, topic.id, transactional=topic.transactional):
            continue
        counted = sorted(sent.at for sent in _others(case) if _is_counted(cap, sent, case.release))
        within = [at for at in counted if at > now - cap.within * 1000]
        if len(within) < cap.at_most:
            continue
        if cap.then == "withhold":
            return Withhold("frequency-cap", f"at most {cap.at_most} within {spell_duration(cap.within)}")
        room = max(room, within[-cap.at_most] + cap.within * 1000)
    wished = None if topic.transactional else consent.FREQUENCIES[consent.frequency(case.head)]
    if wished is not None:
        newest = max((sent.at for sent in _marketing(case) if sent.channel == message.channel), default=0)
        if newest > now - wished * 1000:
            return Withhold("frequency-chosen", consent.frequency(case.head))
    return _later(message, room, "frequency-cap") if room > now else None


def _limit(message: Message, release: Release) -> Limit | None:
    """The limit of the message's journey; what goes to no person is not counted against it."""
    journey = release.journeys.get(message.journey)
    return journey.limit if journey is not None and to_people(message.channel) else None


def _others(case: Case) -> Iterable[Sent]:
    return (sent for id, sent in case.recent.sends.items() if id != case.message.id)


def _marketing(case: Case) -> Iterable[Sent]:
    return (sent for sent in _others(case) if not _is_transactional(sent.topic, case.release))


def _is_transactional(topic: str, release: Release) -> bool:
    known = topic_of(release, topic)
    # What answers a form is no marketing, also where its form is gone.
    return known.transactional if known is not None else answering.is_answer(topic)


def _is_counted(cap: Cap, sent: Sent, release: Release) -> bool:
    return cap.counts(sent.channel, sent.topic, transactional=_is_transactional(sent.topic, release))


def topic_of(release: Release, id: str) -> Topic | None:
    """The topic of a release with this id."""
    known = next((topic for topic in release.sending.topics if topic.id == id), None)
    return known or answering.topic(id, release)


def about(message: Message, release: Release) -> Topic | None:
    """What a message is about. What goes to people of the business serves them, whatever its journey is about."""
    topic = topic_of(release, message.topic)
    if topic is None or message.channel != BY_STAFF:
        return topic
    return topic.model_copy(update={"transactional": True})


def _is_written(message: Message, release: Release) -> bool:
    if message.channel == BY_STAFF:
        return release.said_to_staff(message.journey, message.template) is not None
    return release.template(message.channel, message.template) is not None


def mailbox(address: str) -> str | None:
    """The address as SES takes it: its owner's spelling, an international domain in ASCII.

    None where that can't be: SES takes no letters beyond ASCII before the @.
    """
    local, _, domain = address.strip().rpartition("@")
    if _DEVIATIONS & set(domain):
        return None
    try:
        domain = domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    if len(local) > 64 or not _LOCAL_PART.fullmatch(local) or not _DOMAIN.fullmatch(domain):
        return None
    return f"{local}@{domain}"


def _goal_reached(message: Message, contact: Contact, release: Release) -> bool:
    journey = release.journeys.get(message.journey)
    if journey is None or journey.goal is None or message.enrollment is None:
        return False
    newest = contact.state.facts.newest.get(counter_id(journey.goal), ())
    return any(moment.at > message.since for moment in newest)


def _reserve(case: Case, topic: Topic, now: int) -> Recent | None:
    """What is kept once the message is counted; None where nothing ever looks at it.

    As far back as the longest cap of the release looks, or the limit of the journey that it was sent by; and the
    newest marketing message of each channel for as long as the longest wish for fewer of them does, so that a wish
    holds from the moment it is said.
    """
    message, caps = case.message, case.release.sending.caps
    by_limit = _limit(message, case.release) is not None
    by_caps = any(cap.counts(message.channel, topic.id, transactional=topic.transactional) for cap in caps)
    by_wish = not topic.transactional and to_people(message.channel)
    if not by_caps and not by_wish and not by_limit:
        return None
    others = {id: sent for id, sent in case.recent.sends.items() if id != message.id}
    opening = now - max((cap.within for cap in caps), default=0) * 1000
    wishes = now - max(filter(None, consent.FREQUENCIES.values())) * 1000
    newest: dict[str, str] = {}
    for id, sent in sorted(others.items(), key=lambda one: one[1].at):
        if sent.at > wishes and not _is_transactional(sent.topic, case.release):
            newest[sent.channel] = id
    limits = {name: one.limit.within * 1000 for name, one in case.release.journeys.items() if one.limit}
    kept = {
        id: sent
        for id, sent in others.items()
        if sent.at > opening or newest.get(sent.channel) == id or sent.at > now - limits.get(sent.journey, 0)
    }
    mine = Sent(now, message.channel, topic.id, message.journey if by_limit else "")
    return Recent(case.recent.version, {**kept, message.id: mine})
