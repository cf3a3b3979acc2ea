"""The preference centre: /p/{token}. Looking changes nothing; what a button sends is done before it is answered.

The ledgers first, one entry for each address of the person that it concerns, then the event; all have the
page's own key, so that sending it again changes nothing, and what a crash left undone is done then.

Mails are forwarded, so the page shows no more than whoever got the mail knows: which topics are sent to its
address, and that address in part. Of the person's other addresses it shows that a channel is there and what
is sent by it, never the address, and no name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from functions import clock, releases, tokens
from functions.core import consent, preferences
from functions.core.channels import BY_EMAIL, CHANNELS
from functions.core.consent import Entry, Head
from functions.core.contact import Contact, Profile, State
from functions.core.errors import Refused
from functions.core.identity import EMAIL, hash_of, identity_ref, kind_of
from functions.core.preferences import Asked, Offer
from functions.core.release import Release
from functions.core.words import Words
from functions.http import Answer, Request, json_answer
from functions.observability import metric
from functions.pages import render
from functions.releases import Live
from functions.tables import addresses, contacts
from functions.texts import catalogue
from functions.tokens import Preferring
from functions.track import forms, shown, store

SOURCE = "preference-page"


@dataclass(frozen=True, slots=True)
class _Person:
    """Whose page it is: `kinds` are their address hashes by the kind of identity, `heads` what their ledgers say."""

    said: Preferring
    contact: Contact
    kind: str
    kinds: Mapping[str, tuple[str, ...]]
    heads: Mapping[str, Head]

    @property
    def head(self) -> Head:
        """What the ledger of the address says that the message went to."""
        return self.heads[self.said.address]

    def granted_at(self, channel: str) -> tuple[str, ...]:
        """The addresses for which a box of a channel is ticked: where the link went, or those of another kind."""
        kind = CHANNELS[channel].identity
        return (self.said.address,) if kind == self.kind else self.kinds[kind]

    def is_on(self, offer: Offer) -> bool:
        return any(consent.allowed(self.heads[address], offer.topic) for address in self.granted_at(offer.channel))


def follow(request: Request, token: str) -> Answer:
    """Show what is sent to whom the link went, or change it."""
    live = shown.live()
    release = live.release if live else None
    sending = release.sending if release else None
    try:
        said = tokens.read_preferring(releases.keyring().signing, token)
        if request.method != "POST":
            return _show(_person(said), release, None)
        typed = forms.read_body(request)
    except Refused as reason:
        metric("TokensRefused")
        if reason.code == "bad-token":
            reason = Refused(reason.code, reason.message, status=404)
        return render.refused(request, reason, sending)
    person, now = _person(said), clock.now_ms()
    offers = _offers(person, release, _words(person, release))
    languages = [code for code, _ in _languages(release)]
    asked = preferences.read(typed, offers, languages, sent=said.sent, now=now)
    if asked:
        _record(person, typed, asked, live, now)
    return _show(_person(said), release, asked) if request.wants_html else json_answer(200, {"success": True})


def _record(person: _Person, typed: preferences.Typed, asked: Asked, live: Live | None, now: int) -> None:
    """The ledgers first: from this moment nothing is sent, however far behind the events are."""
    said = person.said
    channels = [name for name, channel in CHANNELS.items() if person.kinds.get(channel.identity)]
    event = preferences.event(person.contact.id, said.message, said.sent, typed, asked, channels, now)
    admitted = store.admit([event])
    language = _words(person, live.release if live else None).language
    for name in channels:
        for address in person.kinds[CHANNELS[name].identity]:
            changes = preferences.changes(asked, name, own=address in person.granted_at(name))
            # Who was erased may leave once more, but comes back by a form only.
            changes = changes if admitted else preferences.without_grants(changes)
            if changes:
                about = {"language": language, "release": live.id if live else "", "page": "preferences"}
                addresses.append(address, Entry(event.ref, now, now, SOURCE, changes, **about))
    metric("PreferencesChanged")
    if admitted:
        store.insert_admitted(admitted)


def _person(said: Preferring) -> _Person:
    contact = contacts.surviving(said.contact)
    if contact.state.erased:
        contact = Contact(State(said.contact), Profile(said.contact))
    kinds: dict[str, tuple[str, ...]] = {}
    own = EMAIL
    for ref in contact.profile.identities:
        if any(channel.identity == kind_of(ref) for channel in CHANNELS.values()):
            kinds[kind_of(ref)] = (*kinds.get(kind_of(ref), ()), hash_of(ref))
            own = kind_of(ref) if hash_of(ref) == said.address else own
    kinds[own] = tuple(dict.fromkeys((said.address, *kinds.get(own, ()))))
    heads = addresses.heads(address for hashes in kinds.values() for address in hashes)
    return _Person(said, contact, own, kinds, heads)


def _offers(person: _Person, release: Release | None, words: Words) -> list[Offer]:
    """The boxes: each topic by each channel that the business has and the person can be reached by."""
    if release is None:
        return []
    by = [
        name
        for name, channel in CHANNELS.items()
        if person.kinds.get(channel.identity)
        and (name == BY_EMAIL or channel.identity == person.kind or release.templates.get(name))
    ]
    topics = [topic for topic in release.sending.topics if not topic.transactional]
    return [Offer(name, topic.id, _label(words, name, topic.titled(words.language))) for topic in topics for name in by]


def _label(words: Words, channel: str, topic: str) -> str:
    key = f"pref-box-{channel}"
    return words(key if key in words.texts else "pref-box", topic=topic, channel=channel)


def _languages(release: Release | None) -> list[tuple[str, str]]:
    """The languages that the business writes in, each by its own name."""
    if release is None:
        return []
    own = release.sending.business.language
    found = [own, *(code for email in release.emails.values() for code in email.offered(own))]
    return [(code, catalogue.own_name(code)) for code in dict.fromkeys(found)]


def _words(person: _Person, release: Release | None) -> Words:
    """The page's words: in the person's language where we speak it, otherwise the business's."""
    return shown.words_for(person.contact, release.sending if release else None)


def _show(person: _Person, release: Release | None, asked: Asked | None) -> Answer:
    """The page as things stand: before anything is done (None) or after."""
    now = clock.now_ms()
    # What was just asked for is the person's language, though its event is still on its way.
    words = _words(person, release)
    if asked and asked.language and catalogue.speaks(asked.language):
        words = catalogue.words_in(asked.language, release.sending if release else None)
    more = preferences.is_good_for_more(person.said.sent, now)
    offers = _offers(person, release, words)
    frequency = consent.frequency(person.head)
    paused = consent.paused_until(person.head)
    languages = _languages(release)
    language = (asked.language if asked else None) or _language(person, [code for code, _ in languages])
    is_off = asked is not None and asked.everything_off
    hidden = [
        *((preferences.WAS, offer.key) for offer in offers if person.is_on(offer)),
        (f"{preferences.WAS}_{preferences.FREQUENCY}", frequency),
        (f"{preferences.WAS}_{preferences.LANGUAGE}", language),
        (preferences.SHOWN, str(now)),
    ]
    values: dict[str, Any] = {
        "said": asked is not None,
        "title": words("pref-title" if asked is None else "stopped-all-title" if is_off else "pref-saved-title"),
        "text": words("pref-intro" if asked is None else "stopped-all" if is_off else "pref-saved"),
        "whose": _shown_address(person),
        "paused": _day(paused, words, release) if paused > now else "",
        "hidden": hidden,
        "boxes": [(offer, person.is_on(offer)) for offer in offers],
        "more": more,
        "frequency": frequency,
        "frequencies": _frequencies(words, frequency, more),
        "languages": languages if len(languages) > 1 else [],
        "language": language,
    }
    return render.preferences(values, words, release.sending if release else None)


def _frequencies(words: Words, now: str, more: bool) -> list[tuple[str, str, bool]]:
    known = list(consent.FREQUENCIES)
    return [(word, words(f"pref-{word}"), more or known.index(word) >= known.index(now)) for word in known]


def _language(person: _Person, offered: Sequence[str]) -> str:
    """Which of the offered languages the person's mails are in, as far as is known."""
    wished = str(person.contact.profile.trait("language") or person.contact.profile.trait("locale") or "")
    for code in (wished.replace("_", "-"), wished.replace("_", "-").partition("-")[0]):
        if code in offered:
            return code
    return offered[0] if offered else ""


def _shown_address(person: _Person) -> str:
    """The address that the mail went to, in part; "" where it is no longer known here."""
    address = person.contact.profile.email
    ref = identity_ref(EMAIL, address, releases.keyring().pepper) if address else None
    return preferences.masked(address) if address and ref and hash_of(ref) == person.said.address else ""


def _day(moment: int, words: Words, release: Release | None) -> str:
    from functions.core.days import day_of
    from functions.texts.places import Place

    return Place(words.language).spell(day_of(moment, release.sending.business.time_zone if release else "UTC"))
