"""Scenarios played to a whole stack: what happens in one is done to the stack at its moment, by the roads that people
and programs take, and what became of everybody is read from its tables."""

import json
import os
import re
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_string
from email.message import EmailMessage
from email.policy import default as policy
from typing import Any, Final, assert_never
from urllib.parse import urlencode

from authoring import target
from authoring.scenarios import model
from authoring.scenarios.moments import resolve, wall
from authoring.scenarios.run import Life, live
from authoring.scenarios.world import Rules
from functions import releases, tokens
from functions.core import confirm
from functions.core import event as names
from functions.core import traits as reserved
from functions.core.consent import Change, Entry
from functions.core.event import IMPORT, SYSTEM, Event
from functions.core.identity import ADDRESSES, EMAIL, PHONE, USER, contact_id, hash_of, identity_ref, kind_of
from functions.core.keys import secret_key
from functions.core.release import Release, canonical
from functions.core.submission import CONSENT, NONCE
from functions.publish import keyring
from functions.tables import addresses, events, identities
from functions.tables.releases import live as pointer
from functions.tables.releases import publish
from functions.work import start_plans
from local import skip
from local.feedback import Sent
from local.feedback import events as reports
from local.stack import Stack
from tests.cloud.visitors import BROWSER
from tests.lives import Trace, lived, stored
from tests.unit.core.test_push import GOOD

KEY: Final = "sk_of_the_played_stories"
PROGRAM: Final = "shop-backend/1.0"
HOUR_MS: Final = 3_600_000
ATTEMPTS: Final = 5
PATIENCE_S: Final = 200
"""A queue gives a message again after so long (s) where a function was refused to it."""
BEFORE_MS: Final = 600_000
"""So long before a story begins its person becomes known."""


@contextmanager
def connected(stack: Stack) -> Iterator[None]:
    """Inside the block this process's tables are the stack's."""
    before = dict(os.environ)
    os.environ["STATE_DIR"] = stack.state_dir
    try:
        target.connect("local")
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        target.session.reset()
        releases.forget()


@dataclass(slots=True)
class Story:
    """A scenario of a journey. `only_virtual` names events of it, by place, that the stack brings about by itself."""

    journey: str
    scenario: model.Scenario
    only_virtual: frozenset[int] = frozenset()
    user: str = ""
    contact: str = ""
    life: Life | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """What tells it from others."""
        return f"{self.journey}: {self.scenario.name}"


class Player:
    """Plays stories to a stack, which it has for itself."""

    def __init__(self, stack: Stack, release: Release, begins: str) -> None:
        """`release` is live from an hour before a moment ("2027-03-01 09:00")."""
        self.stack, self.rules = stack, Rules.of(release)
        self.zone = release.sending.business.time_zone
        self.stops = 0
        self._pepper = releases.keyring().pepper
        if all(key.name != "played" for key in releases.keyring().keys):
            keyring.add(secret_key("played", KEY, self._pepper, at=0))
        self.to(wall(begins, self.zone) - HOUR_MS)
        before = pointer()
        made = publish(canonical(release), {}, by="tests", based_on=before.release if before else None)
        start_plans.schedule(made.release, stack.now_ms())

    def play(self, stories: Sequence[Story], days: int) -> None:
        """Live all stories in virtual time, and play them to the stack side by side, for so many days from where each
        begins."""
        for number, story in enumerate(stories):
            self._live(story, number, days)
        starts = {id(story): wall(story.scenario.starts, self.zone) for story in stories}
        acts: list[tuple[int, int, Callable[[], None]]] = []
        for story in stories:
            life, start = self._life(story), starts[id(story)]
            acts.append((start - BEFORE_MS, len(acts), lambda story=story: self._known(story)))  # type: ignore[misc]
            for place, one in enumerate(story.scenario.events):
                at = resolve(one.at, start, self.zone, life.theirs)
                if place not in story.only_virtual:
                    act = lambda story=story, place=place, one=one, at=at: self._happens(story, place, one, at)  # type: ignore[misc]  # noqa: E731
                    acts.append((at, len(acts), act))
        acts.sort(key=lambda act: act[:2])
        while acts:
            moment = acts[0][0]
            self.to(moment)
            while acts and acts[0][0] == moment:
                acts.pop(0)[2]()
                # The emulator runs few functions at once, and a refused one is tried again only after a while.
                self.stack.settle(PATIENCE_S)
        self.to(max(starts.values()) + days * 86_400_000)

    def to(self, moment: int) -> None:
        """Let time pass up to a moment (ms)."""
        self.stops += skip.to(self.stack, moment).stops

    def traces(self, story: Story) -> tuple[Trace, Trace]:
        """What became of a story's person in virtual time, and on the stack."""
        contact = self.contact(story.user)
        assert contact == story.contact
        return lived(self._life(story)), stored(contact)

    def _live(self, story: Story, number: int, days: int) -> None:
        def user(attempt: int) -> str:
            return f"person-{number}-{attempt}"

        tried: dict[str, str] = {}

        def contact(attempt: int) -> str:
            found = contact_id(self._ref(USER, user(attempt)))
            tried[found] = user(attempt)
            return found

        traits = {"email": f"person-{number}@example.com", **story.scenario.contact.traits}
        person = story.scenario.contact.model_copy(update={"traits": traits})
        story.scenario = story.scenario.model_copy(update={"until": f"{days} days later", "contact": person})
        story.life = live(self.rules, story.journey, story.scenario, contact)
        assert story.life.broken is None, (story.name, story.life.broken)
        story.contact = story.life.world.contact.id
        story.user = tried[story.contact]

    def _life(self, story: Story) -> Life:
        assert story.life is not None
        return story.life

    def _ref(self, kind: str, value: str) -> str:
        ref = identity_ref(kind, value, self._pepper)
        assert ref is not None
        return ref

    # What happens.

    def _known(self, story: Story) -> None:
        """As an import writes it: known from before, cause of nothing."""
        person, now = story.scenario.contact, wall(story.scenario.starts, self.zone) - BEFORE_MS
        traits = dict(person.traits)
        traits |= {name: value for name in ("locale", "time_zone") if (value := getattr(person, name)) is not None}
        refs = [self._ref(USER, story.user)]
        refs += [
            self._ref(kind, traits[name]) for kind, name in ((EMAIL, "email"), (PHONE, "phone")) if traits.get(name)
        ]
        said = {"tags": list(person.tags), "consents": dict.fromkeys(person.consents, now)}
        event = Event(
            refs[0],
            "known",
            now,
            now,
            now,
            SYSTEM,
            names.IMPORTED,
            said,
            reserved.normal(traits),
            {"active": False},
            tuple(refs[1:]),
            IMPORT,
            proved=True,
        )
        changes = tuple(Change("grant", topic) for topic in person.consents)
        for ref in refs:
            if changes and kind_of(ref) in ADDRESSES:
                addresses.append(hash_of(ref), Entry(event.ref, now, now, "tests", changes))
        events.insert([event])
        if person.push:
            browser = f"browser-of-{story.user}"
            self._post("/v1/identify", {"userId": story.user, "anonymousId": browser, "timestamp": now})
            self.stack.settle()
            subscription = {**GOOD, "endpoint": f"https://push.example/{story.user}"}
            # As if they had come there by a link in their own mail.
            mine = tokens.Proof(story.contact, hash_of(self._ref(EMAIL, traits["email"])), self.stack.now_ms())
            proof = tokens.sign_proof(releases.keyring().signing, mine)
            said = {"subscription": subscription, "anonymousId": browser, "agreed": True, "proof": proof}
            self._post("/v1/push/subscribe", {"writeKey": self.stack.write_key, **said}, agent=BROWSER)

    def _happens(self, story: Story, place: int, one: model.AnyHappening, at: int) -> None:
        match one:
            case model.Event():
                self.call(story.user, str(place), at, "track", event=one.event, properties=one.properties)
            case model.Known():
                self.call(story.user, str(place), at, "identify", traits=one.traits)
            case model.Tagged():
                self.call(story.user, str(place), at, "track", event=names.TAG_ADDED, properties={"tag": one.tag})
            case model.Untagged():
                self.call(story.user, str(place), at, "track", event=names.TAG_REMOVED, properties={"tag": one.untag})
            case model.Unsubscribed():
                said = {} if one.unsubscribed == "everything" else {"topic": one.unsubscribed}
                self.call(story.user, str(place), at, "track", event=names.UNSUBSCRIBED, properties=said)
            case model.JourneyAsked():
                self.ask(story.user, str(place), at, one.requested, one.properties)
            case model.FormSent():
                self._form(story, one)
            case model.Opened():
                self._follow(r"/o/[^\"\s]+", self._letter(story, one.opened).get_body(("html",)))
            case model.Clicked():
                self._follow(r"/c/[^\s]+", self._letter(story, one.clicked).get_body(("plain",)))
            case model.Bounced():
                sent = self._sent(story, one.bounced)
                bounced = Sent(
                    **{
                        **{name: getattr(sent, name) for name in Sent.__slots__},
                        "to": ("bounce@simulator.amazonses.com",),
                    }
                )
                report = next(event for event in reports(bounced) if event["eventType"] == "Bounce")
                for recipient in report["bounce"]["bouncedRecipients"]:
                    recipient["emailAddress"] = sent.to[0]
                self.stack.client("sns").publish(TopicArn=self.stack.feedback_topic_arn, Message=json.dumps(report))
            case model.Confirmed():
                self._confirm(story, one.confirmed)
            case _:
                assert_never(one)

    def call(self, user: str, id: str, at: int, kind: str, **said: Any) -> None:
        """A call of the tracking API, with a secret key, about something that happened at a moment (ms)."""
        self._post(f"/v1/{kind}", {"userId": user, "messageId": f"told-{id}", "timestamp": at, **said})

    def ask(self, user: str, id: str, at: int, journey: str, properties: Mapping[str, Any] = {}) -> None:
        """Ask for a journey, with a secret key."""
        said = {"userId": user, "messageId": f"told-{id}", "timestamp": at, "properties": properties}
        self._post(f"/v1/journeys/{journey}/start", said)

    def contact(self, user: str) -> str:
        """The contact who has a user id."""
        ref = self._ref(USER, user)
        return identities.read([ref])[ref].contact

    def _post(self, path: str, body: Mapping[str, Any], agent: str = PROGRAM) -> None:
        headers = {
            "user-agent": agent,
            "content-type": "application/json",
            "authorization": "Basic " + b64encode(f"{KEY}:".encode()).decode(),
        }
        request = urllib.request.Request(self.stack.api_url + path, json.dumps(body).encode(), headers)
        for left in reversed(range(ATTEMPTS)):
            try:
                with urllib.request.urlopen(request, timeout=60) as answer:
                    assert answer.status == 200
                return
            except urllib.error.HTTPError as refused:
                # As every SDK does: the same messageId again, when what is under way has been dealt with.
                if refused.code != 429 or not left:
                    raise
                self.stack.settle()

    def _form(self, story: Story, one: model.FormSent) -> None:
        form, now = self.rules.release.forms[one.form], self.stack.now_ms()
        typed = {**one.answers}
        for asked in form.fields:
            if asked.type == "email" and asked.required and asked.name not in typed:
                typed[asked.name] = story.scenario.contact.traits["email"]
        typed |= {NONCE: f"{now - 9000:013d}-{story.user[-16:].encode().hex()[:16]:0>16}"}
        fields = [*typed.items(), *((CONSENT, topic) for topic in one.consents)]
        headers = {"content-type": "application/x-www-form-urlencoded", "user-agent": BROWSER}
        address = f"{self.stack.api_url}/f/{one.form}"
        request = urllib.request.Request(address, urlencode(fields, doseq=True).encode(), headers)
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert answer.status == 200

    def _sent(self, story: Story, step: str) -> Sent:
        return self._sent_by(story, story.journey, step=step)[-1]

    def _sent_by(self, story: Story, journey: str, **more: str) -> list[Sent]:
        wanted = {"contact": story.contact, "journey": journey, **more}
        return [one for one in self.stack.messages() if wanted.items() <= one.tags.items()]

    def _letter(self, story: Story, step: str) -> EmailMessage:
        return _parsed(self._sent(story, step))

    def _confirm(self, story: Story, form: str) -> None:
        """They look at the page that the mail leads to, and press its button."""
        (sent,) = self._sent_by(story, confirm.MARK + form)[-1:]
        link = self._link(r"/confirm/[^\s]+", _parsed(sent).get_body(("plain",)))
        for body in (None, b""):
            request = urllib.request.Request(link, body, {"user-agent": BROWSER})
            with _without_redirects.open(request, timeout=60) as answer:
                assert answer.status in (200, 303)

    def _follow(self, path: str, part: Any) -> None:
        request = urllib.request.Request(self._link(path, part), headers={"user-agent": BROWSER})
        with _without_redirects.open(request, timeout=60):
            pass

    def _link(self, path: str, part: Any) -> str:
        found = re.search(re.escape(self.stack.api_url) + path, str(part.get_content()))
        assert found, path
        return found[0]


def _parsed(sent: Sent) -> EmailMessage:
    parsed = message_from_string(sent.raw, policy=policy)
    assert isinstance(parsed, EmailMessage)
    return parsed


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        """A click counts before it leads anywhere."""
        return

    def http_error_302(self, req: Any, fp: Any, code: int, msg: str, headers: Any) -> Any:
        """Where it leads is not looked at."""
        return fp


_without_redirects = urllib.request.build_opener(_Stay)
