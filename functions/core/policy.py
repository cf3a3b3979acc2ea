"""May this message go out now? Decided again at the moment of sending, on what stands then."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from functions.core import confirm, consent
from functions.core.consent import Head
from functions.core.contact import Contact
from functions.core.counters import counter_id
from functions.core.message import Message, last_moment
from functions.core.pauses import Pauses
from functions.core.release import Release
from functions.core.sending import Cap, Topic

REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "missing-address": "The contact has no e-mail address.",
        "unusable-address": "The address can't be written in a form that mail servers take.",
        "suppressed-bounce": "Mail to this address bounced for good.",
        "suppressed-complaint": "The recipient marked mail from us as spam.",
        "no-consent": "The address never agreed to this topic.",
        "unsubscribed": "The recipient unsubscribed from this topic.",
        "goal-reached": "The contact reached the journey's goal before the message went out.",
        "frequency-cap": "The contact already got as many messages as the cap allows.",
        "too-late": "The message could not be sent before its time was over.",
        "paused": "Sending is paused.",
        "same-person": "Another entry of the campaign's list turned out to be the same person, who gets it once.",
        "campaign-cancelled": "The campaign was cancelled before the message went out.",
        "other-address": "The contact's address is not the one that was asked to confirm.",
        "missing-variable": "The template needs something that is not known about the contact.",
        "template-error": "The template failed with this contact's data.",
        "unknown-template": "The release has no such template.",
        "unknown-topic": "The release has no such topic.",
        "provider-rejected": "The mail service refused the message.",
    }
)
"""Every reason for which a message is withheld. Codes never change once released."""

PAUSED_MS: Final = 600_000
"""What is held by a pause without an end is looked at again after so long."""

_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9-]{2,63}")
_DEVIATIONS = frozenset("ßς\u200c\u200d")
"""Letters that Python's IDNA writes as other letters, which may be somebody else's domain."""

_NONE: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Recent:
    """What counts against a contact's caps: when (ms) each recent message was sent or reserved."""

    version: int = 0
    sends: Mapping[str, int] = field(default_factory=lambda: _NONE)


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
    """Not before `until` (ms); then decide again. `reason` is one of REASONS."""

    until: int
    reason: str


@dataclass(frozen=True, slots=True)
class Withhold:
    """Don't, ever; `reason` is one of REASONS."""

    reason: str
    detail: str = ""


Decision = Allow | Withhold | Defer


def decide(case: Case, now: int) -> Decision:
    """Whether the case's message may be sent at `now` (ms).

    A transactional topic needs no consent and counts against no cap, but nothing goes to a
    suppressed address. What is deferred past its last moment is withheld.
    """
    message, release, destination = case.message, case.release, case.destination
    topic = topic_of(release, message.topic)
    if topic is None:
        return Withhold("unknown-topic", message.topic)
    if release.template(message.channel, message.template) is None:
        return Withhold("unknown-template", message.template)
    if now > last_moment(message):
        return Withhold("too-late")
    place = f"{message.journey}/{message.step}"
    if place in case.pauses.cancelled:
        return Withhold("campaign-cancelled")
    if isinstance(destination, Unreachable):
        return Withhold(destination.reason)
    suppressed = consent.suppression(case.head)
    if suppressed is not None:
        return Withhold(f"suppressed-{suppressed}")
    pause = case.pauses.holding(place, transactional=topic.transactional, now=now)
    if pause is not None:
        return Defer(pause.until or now + PAUSED_MS, "paused")
    if topic.transactional:
        return Allow(destination, topic, None)
    if destination.address and not consent.allowed(case.head, topic.id):
        return Withhold("unsubscribed" if consent.withdrawn(case.head, topic.id) else "no-consent")
    if _goal_reached(message, case.contact, release):
        return Withhold("goal-reached")
    if not _within_caps(message, case.recent, release.sending.caps, now):
        return Withhold("frequency-cap")
    return Allow(destination, topic, _reserve(message, case.recent, release.sending.caps, now))


def topic_of(release: Release, id: str) -> Topic | None:
    """The topic of a release with this id."""
    known = next((topic for topic in release.sending.topics if topic.id == id), None)
    return known or confirm.topic(id, release.forms)


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


def _within_caps(message: Message, recent: Recent, caps: Iterable[Cap], now: int) -> bool:
    others = [at for id, at in recent.sends.items() if id != message.id]
    return all(sum(at > now - cap.within * 1000 for at in others) < cap.at_most for cap in caps)


def _reserve(message: Message, recent: Recent, caps: list[Cap], now: int) -> Recent | None:
    if not caps:
        return None
    opening = now - max(cap.within for cap in caps) * 1000
    kept = {id: at for id, at in recent.sends.items() if at > opening}
    return Recent(recent.version, {**kept, message.id: now})
