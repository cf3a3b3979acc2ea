"""What composing one letter costs in CPU: the demo's e-mails for people with names, every link signed."""

import time
from typing import Final

from authoring.compile import bundle
from bench.report import Say
from functions import passes
from functions.core import compose
from functions.core.compose import Circumstances, Urls
from functions.core.contact import Contact, Moment, Profile, Rank, State
from functions.core.message import intended
from functions.core.policy import topic_of
from functions.texts.writing import hand
from functions.tokens import Clicked, Links, Opened, Unsubscribing
from infra.paths import ROOT

PEOPLE: Final = 200
SAMPLES: Final = 9
_BASE: Final = "https://abcdef1234.execute-api.eu-west-1.amazonaws.com"
_NOW: Final = 1_780_000_000_000


def run(say: Say) -> dict[str, float]:
    """compose_us.<template>, least of several runs, and compose_us: their mean."""
    release = bundle(ROOT / "marketing").content
    topic = topic_of(release, "tips")
    assert topic is not None
    links = Links((b"s" * 32,), _BASE)
    people = [_person(number) for number in range(PEOPLE)]

    def letter(template: str, person: Contact) -> bytes:
        id = f"{person.id[:20]}{template[:6]:x<6}"
        message = intended(
            id=id,
            contact=person.id,
            journey="welcome",
            step="hello",
            template=template,
            topic="tips",
            release="r",
            now=_NOW,
        )
        about = (message.contact, message.id, message.created)
        urls = Urls(
            lambda url: links.click_url(Clicked(*about, "welcome/hello", template, url, "a" * 32)),
            links.open_url(Opened(*about, "welcome/hello", template)),
            links.unsubscribe_url(Unsubscribing(*about, "tips", "a" * 32)),
            rate=lambda id, answer: f"{links.base_url}/rate/{passes.sign_rate(links.keys, rated(id, answer, about))}",
            page=lambda id: f"{links.base_url}/my/{passes.sign_page(links.keys, paged(id, about))}",
        )
        when = Circumstances(_NOW, str, hand)
        return compose.compose(message, person, topic, "ada@example.com", release, urls, when).raw

    def rated(id: str, answer: str, about: tuple[str, str, int]) -> passes.RateByMail:
        return passes.RateByMail(id, answer, *about, "welcome/guide", "brewing-guide", _NOW)

    def paged(id: str, about: tuple[str, str, int]) -> passes.PageOf:
        contact, message, sent = about
        return passes.PageOf(id, contact, "a" * 32, sent, _NOW, message, "welcome/offer", "first-offer")

    found: dict[str, float] = {}
    for template in ("welcome", "brewing-guide", "first-offer"):
        size = len(letter(template, people[0]))
        best = float("inf")
        for _ in range(SAMPLES):
            begun = time.process_time()
            for person in people:
                letter(template, person)
            best = min(best, (time.process_time() - begun) / PEOPLE)
        found[f"compose_us.{template}"] = best * 1e6
        say(f"{template}: {best * 1e6:,.0f} µs, {size:,} bytes")
    found["compose_us"] = sum(found.values()) / len(found)
    return found


def _person(number: int) -> Contact:
    traits = {"first_name": f"İpek {number}", "last_name": "Łódź", "email": "ada@example.com", "favourite": "Green"}
    held = {name: (Rank(False, Moment(1, 1)), value) for name, value in traits.items()}
    id = f"{number:026d}"
    return Contact(State(id), Profile(id, 1, held))
