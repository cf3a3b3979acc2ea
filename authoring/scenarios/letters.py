"""Whether a message of a scenario goes out, and what it says: decided and rendered by the code that sends."""

from dataclasses import dataclass
from typing import Any, Final

from functions.core import compose, confirm, policy, push, tongues
from functions.core.channels import BY_EMAIL, BY_PUSH, CHANNELS
from functions.core.compose import Circumstances, Unrenderable, Urls
from functions.core.consent import Head
from functions.core.contact import Contact
from functions.core.identity import PUSH, hash_of, kind_of
from functions.core.message import Message
from functions.core.policy import Allow, Case, Defer, Destination, Recent, Unreachable, Withhold
from functions.core.release import Release
from functions.core.sending import Topic
from functions.releases import Keyring
from functions.send.channels import Draft, way
from functions.texts.writing import hand
from functions.texts.zones import zone_of

PEPPER: Final = b"scenario"
KEYS: Final = Keyring(pepper=PEPPER, signing=(), keys=())
_ENDPOINT: Final = "https://push.example/subscription"


@dataclass(frozen=True, slots=True)
class Said:
    """What a message says: its subject ("" where its channel has none) and its text."""

    subject: str
    text: str


def decide(
    message: Message, contact: Contact, release: Release, heads: dict[str, Head], recent: Recent, now: int
) -> tuple[Allow, Said] | Withhold | Defer:
    """What becomes of a message at `now` (ms), and what it says where it goes out."""
    destination = _destination(message, contact, release)
    address = destination.address if isinstance(destination, Destination) else ""
    case = Case(
        message=message,
        contact=contact,
        release=release,
        destination=destination,
        head=heads.get(address, Head()),
        recent=recent,
        zone=zone_of(contact, release.sending),
    )
    decided = policy.decide(case, now)
    if not isinstance(decided, Allow):
        return decided
    if message.cause is not None and not confirm.is_for(message.cause, address):
        return Withhold("other-address")
    try:
        return decided, _said(message, contact, decided.topic, destination, release, now)
    except Unrenderable as failure:
        return Withhold(failure.reason, failure.detail)


def _destination(message: Message, contact: Contact, release: Release) -> Destination | Unreachable:
    if message.channel == BY_PUSH:
        # Which browser it would be is known to the deployment alone.
        refs = [ref for ref in contact.profile.identities if kind_of(ref) == PUSH]
        return Destination(hash_of(refs[0]), _ENDPOINT) if refs else Unreachable("missing-address")
    if message.channel not in CHANNELS:
        return Destination("", "")
    return way(message.channel).destinations([message], {message.contact: contact}, release, KEYS)[message.id]


def _said(
    message: Message, contact: Contact, topic: Topic, to: Destination | Unreachable, release: Release, now: int
) -> Said:
    assert isinstance(to, Destination)
    asks = confirm.form_of(message.topic) is not None
    asset = (lambda id: f"#{id}") if message.channel == BY_EMAIL else None
    rate = (lambda id, answer: f"#{id}-{answer}") if message.channel == BY_EMAIL else None
    urls = Urls(lambda url: url, "", "#unsubscribe", "#confirm" if asks else None, "#preferences", asset, rate, asset)

    def zone() -> str:
        return zone_of(contact, release.sending)

    when = Circumstances(now, zone, hand)
    if message.channel == BY_EMAIL:
        words = compose.render(message.template, contact, topic, release, urls, when)
        return Said(words.subject, words.text)
    if message.channel == BY_PUSH:
        return _notification(message, contact, topic, release, urls, when)
    composed = way(message.channel).compose(Draft(message, contact, topic, to, release, urls, now, zone))
    return Said(*(_text(composed, *names) for names in (("subject",), ("text", "body"))))


def _notification(
    message: Message, contact: Contact, topic: Topic, release: Release, urls: Urls, when: Circumstances
) -> Said:
    template = release.template(BY_PUSH, message.template)
    assert isinstance(template, push.Push)
    business = release.sending.business.language

    def filled(source: str) -> str:
        return " ".join(compose.plain_text(source, contact, topic, release, urls, when).split())

    title = filled(tongues.text_for(template.title, contact, business))
    return Said(title, filled(tongues.text_for(template.body, contact, business)) if template.body else "")


def _text(composed: Any, *names: str) -> str:
    """What a composed message has under the first of these names that it knows."""
    value = next((getattr(composed, name) for name in names if hasattr(composed, name)), "")
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
