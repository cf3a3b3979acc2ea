"""What is written under `events` of a scenario, as the events and entries of the ledger that production makes of it."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Any, assert_never

from authoring.scenarios import model
from authoring.scenarios.letters import PEPPER
from authoring.scenarios.world import Letter, World
from functions.core import assets, confirm, confirm_by_text, submission
from functions.core import event as names
from functions.core import traits as reserved
from functions.core.answers import Terms
from functions.core.consent import BOUNCE, EVERYTHING, Change, Entry, Head
from functions.core.days import day_of
from functions.core.event import FORM_SUBMITTED, IMPORT, SYSTEM, Event
from functions.core.identity import ADDRESSES, EMAIL, PHONE, PUSH, hash_of, identity_ref, kind_of, own_ref
from functions.core.ids import digest
from functions.texts import catalogue, places

EMAIL_OF_NOBODY = "somebody@example.com"


class Impossible(ValueError):
    """What is written can't happen then: the message says why."""


def begin(world: World, person: model.Person) -> None:
    """Let the contact be who they are when the scenario begins."""
    traits = {"email": EMAIL_OF_NOBODY, **person.traits}
    told = {"locale": person.locale, "time_zone": person.time_zone}
    traits |= {name: value for name, value in told.items() if value is not None}
    push = (identity_ref(PUSH, "https://push.example/subscription", PEPPER),) if person.push else ()
    refs = (*_addresses(traits), *(ref for ref in push if ref))
    at = world.now
    said = {"tags": list(person.tags), "consents": dict.fromkeys(person.consents, at)}
    # What they say of themselves later is believed: an address typed into a form may be another one.
    event = Event(
        own_ref(world.contact.id),
        "known",
        at,
        at,
        at,
        SYSTEM,
        names.IMPORTED,
        said,
        reserved.normal(traits),
        {"active": False},
        refs,
        IMPORT,
    )
    changes = tuple(Change("grant", topic) for topic in person.consents)
    for ref in refs:
        world.note(hash_of(ref), Entry(event.ref, at, at, "scenario", changes))
    world.known(event)


class Happenings:
    """Lets what is written happen to a world."""

    def __init__(self, world: World, journey: str) -> None:
        self.world = world
        self.journey = journey
        self.asked: dict[str, tuple[str, Entry]] = {}
        """By form: the address that was asked to confirm, and what the ledger kept of it."""

    def happen(self, one: model.AnyHappening, place: int) -> None:
        """Let one thing happen now; `place` tells it from others that are the same. Raises Impossible."""
        world = self.world
        match one:
            case model.Event():
                world.tell(one.event)
                world.take(self._event(one.event, place, properties=one.properties))
            case model.FormSent():
                self._form(one)
            case model.Confirmed():
                self._confirm(one.confirmed)
            case model.Opened():
                self._reacts(one.opened, "opened", names.EMAIL_OPENED)
            case model.Clicked():
                letter = self._sent(one.clicked)
                name = names.EMAIL_CLICKED if letter.message.channel == "email" else names.PUSH_CLICKED
                self._reacts(one.clicked, "clicked", name, url=one.link)
            case model.Bounced():
                self._bounce(self._sent(one.bounced))
            case model.Unsubscribed():
                self._leave(one.unsubscribed, place)
            case model.Known():
                world.tell("becomes known: " + ", ".join(one.traits))
                traits = reserved.normal(one.traits)
                event = self._event(names.IDENTIFIED, place, kind="identify", traits=traits, refs=_addresses(traits))
                world.take(event)
            case model.Tagged():
                world.tell(f"gets the tag {one.tag}")
                world.take(self._event(names.TAG_ADDED, place, kind=SYSTEM, properties={"tag": one.tag}))
            case model.Untagged():
                world.tell(f"loses the tag {one.untag}")
                world.take(self._event(names.TAG_REMOVED, place, kind=SYSTEM, properties={"tag": one.untag}))
            case model.JourneyAsked():
                world.tell(f"{one.requested} is asked for")
                said = {**one.properties, "wanted": one.requested}
                world.take(self._event(names.JOURNEY_REQUESTED, place, kind=SYSTEM, properties=said))
            case _:
                assert_never(one)

    def _event(
        self,
        name: str,
        place: int,
        *,
        kind: str = "track",
        properties: Mapping[str, Any] = {},
        traits: Mapping[str, Any] = {},
        refs: tuple[str, ...] = (),
    ) -> Event:
        now, source = self.world.now, own_ref(self.world.contact.id)
        return Event(
            source, f"written-{place}", now, now, now, kind, name, properties, traits, identities=refs, proved=True
        )

    def _form(self, one: model.FormSent) -> None:
        world, form = self.world, self.world.release.forms[one.form]
        sending, now = world.release.sending, self.world.now
        typed = {**submission.typed_json(one.answers), submission.CONSENT: list(one.consents)}
        for asked in form.fields:
            if asked.type == "email" and asked.required and asked.name not in typed:
                typed[asked.name] = [world.contact.profile.email or EMAIL_OF_NOBODY]
        terms = Terms(
            catalogue.words(sending, form), places.place(sending, form), day_of(now, world.zone), proved=False
        )
        said, problems = submission.read(one.form, form, typed, terms)
        if problems:
            raise Impossible("the form refuses it: " + "; ".join(f"{p.field}: {p.message}" for p in problems))
        event = submission.to_event(said, form, typed, received=now, pepper=PEPPER, page="", user_agent="")
        if kind_of(event.source) == EMAIL and assets.given_by(one.form, world.release.assets):
            event = event.with_properties({assets.GIVES: True})
        about = (catalogue.language_of(sending, form), "scenario", "")
        for ref in event.all_identities:
            asks = confirm.Asks(
                mail=partial(self._shall_mail, hash_of(ref)),
                text=lambda boxes: confirm_by_text.requests(boxes, text=True),
            )
            event, entry, _ = confirm.taken(event, ref, one.form, form, said.consents, asks, about)
            if entry is not None:
                world.note(hash_of(ref), entry)
                if confirm.asked_in(entry):
                    self.asked[one.form] = hash_of(ref), entry
        world.tell(f"{FORM_SUBMITTED}: {one.form}")
        world.take(event, identities=(event.source,) if kind_of(event.source) in ADDRESSES else ())

    def _shall_mail(self, address: str, topics: Any) -> bool:
        head = self.world.heads.get(address, Head())
        return confirm.is_pending(head, topics) and confirm.may_mail(head, self.world.now)

    def _confirm(self, form: str) -> None:
        world = self.world
        sent = self._newest(lambda one: one.message.journey == confirm.MARK + form)
        if sent is None or form not in self.asked:
            raise Impossible(f"no mail that asks to confirm {form} was sent before")
        address, entry = self.asked[form]
        within = world.release.forms[form].double_opt_in
        if within is not None and world.now > sent.message.created + within.within * 1000:
            raise Impossible(f"the link had expired: it holds for {timedelta(seconds=within.within)}")
        if not confirm.still_asked(entry, world.heads.get(address, Head())):
            raise Impossible("they unsubscribed after they had asked for it")
        message = sent.message
        event = confirm.confirmed(world.contact.id, message.id, message.created, form, address, entry, world.now)
        world.note(address, confirm.grant(event, entry, form))
        world.tell(f"{names.SUBSCRIPTION_CONFIRMED}: {form}")
        world.take(event)

    def _newest(self, wanted: Callable[[Letter], bool]) -> Letter | None:
        return next((one for one in reversed(self.world.letters) if one.state == "sent" and wanted(one)), None)

    def _sent(self, step: str) -> Letter:
        found = self._newest(lambda one: (one.message.journey, one.message.step) == (self.journey, step))
        if found is None:
            raise Impossible(f"step {step} has sent nothing before")
        return found

    def _reacts(self, step: str, what: str, name: str, **more: str) -> None:
        message = self._sent(step).message
        self.world.tell(f"{what} {message.template}")
        self.world.take(self.world.about(message, name, sent=message.created, **more))

    def _bounce(self, letter: Letter) -> None:
        message, world = letter.message, self.world
        event = world.about(message, names.EMAIL_BOUNCED, bounceType="Permanent")
        entry = Entry(event.ref, world.now, world.now, "ses", (Change("suppression", BOUNCE),))
        for ref in world.contact.profile.identities:
            if kind_of(ref) == EMAIL:
                world.note(hash_of(ref), entry)
        world.tell(f"{message.template} came back for good")
        world.take(event)

    def _leave(self, topic: str, place: int) -> None:
        world, subject = self.world, EVERYTHING if topic == "everything" else topic
        event = self._event(names.UNSUBSCRIBED, place, kind=SYSTEM, properties={"topic": subject})
        entry = Entry(event.ref, world.now, world.now, "scenario", (Change("withdrawal", subject),))
        for ref in world.contact.profile.identities:
            if kind_of(ref) in ADDRESSES:
                world.note(hash_of(ref), entry)
        world.tell(f"leaves {topic}")
        world.take(event)


def _addresses(traits: Mapping[str, Any]) -> tuple[str, ...]:
    """The identities that traits name."""
    found = (identity_ref(kind, traits.get(name), PEPPER) for kind, name in ((EMAIL, "email"), (PHONE, "phone")))
    return tuple(ref for ref in found if ref)


def contact_of(seed: str, attempt: int) -> str:
    """An id for a contact, one of many to choose from."""
    return digest("scenario", seed, str(attempt))
