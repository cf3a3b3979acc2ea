"""People as a business meets them: long-tailed histories, skewed clocks, late events, every language."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from functions.core import event as names
from functions.core.event import Event
from functions.core.identity import own_ref

START = 1_790_000_000_000
DAY_MS = 86_400_000
HOUR_MS = 3_600_000
EAST = ("Europe/Istanbul", "Africa/Cairo", "Asia/Tehran", "Asia/Kathmandu", "Australia/Lord_Howe", "Asia/Beirut")
WEST = ("America/Havana", "America/Asuncion", "UTC", "America/New_York", "Africa/Casablanca", "America/Santiago")
LARGEST = 5_000

WORDS = ("Çay", "çay İçildi", "IRMAK", "ırmak", "żółć", "Łódź", "Чай и мёд", "зелёный", "☕️🫖", "Straße", "plain tea")
CITIES = ("İzmir", "izmir", "Łódź", "Казань", "Köln", "city\u0301", "Diyarbakır", "")
PATHS = ("/", "/prices", "/green", "/çay", "/чай", "/prices/wholesale")
TOPICS = ("tips", "offers")
TEMPLATES = ("hello", "news", "offer")
JOURNEYS = ("welcome", "win-back")
STEPS = ("s1", "s2")
SCORES = ("interest", "wholesale")
STAGES = ("aware", "keen", "buyer", "fan")
TAGS = ("green", "black", "keen", "çay", "чай")


@dataclass(frozen=True, slots=True)
class Person:
    """One person's events in the order of their arrival, and until when (ms) they are looked at."""

    id: str
    events: tuple[Event, ...]
    end: int


def person(chance: random.Random, number: int) -> Person:
    """A person whose history is usually some dozen events, seldom thousands."""
    count = min(LARGEST, max(1, int(chance.lognormvariate(3.9, 1.2))))
    span = chance.choice((2, 30, 120, 400)) * DAY_MS
    sources = [f"{kind}#{number}-{place}" for place, kind in enumerate(chance.choices("aaeup", k=chance.randint(1, 5)))]
    skews = {one: chance.choice((0, 0, 40, -3_000, 7_200_000, -90 * DAY_MS)) for one in sources}
    made = _Made(chance, f"c{number}", span)
    received = START + chance.randint(0, 300) * DAY_MS
    for place in range(count):
        # People come in visits: many events within minutes, then nothing for long.
        received += int(chance.expovariate(1 / 40_000)) if chance.random() < 0.6 else made.pause(count)
        late = int(chance.choice((0, 0, 0, 0, 900, 5_000, 3 * DAY_MS, 40 * DAY_MS)) * chance.random())
        source = chance.choice(sources)
        at = max(1, received - late)
        made.add(place, source, at=at, stamp=max(0, at - skews[source]), received=received)
    return Person(made.id, tuple(made.events), received)


class _Made:
    """A history under construction."""

    def __init__(self, chance: random.Random, contact: str, span: int):
        self.chance, self.id, self.span = chance, contact, span
        self.events: list[Event] = []
        self.under_way: list[tuple[str, str]] = []
        self.runs = 0

    def pause(self, count: int) -> int:
        """How long nothing happens (ms)."""
        return int(self.chance.expovariate(1 / (self.span / max(1, 0.4 * count))))

    def add(self, place: int, source: str, *, at: int, stamp: int, received: int) -> None:
        """One more event."""
        chance = self.chance
        kind, name, own, properties, traits = self.what(at)
        said: dict[str, Any] = {"id": f"m{place}", "at": at, "received": received, "kind": kind, "name": name}
        said["source"] = own_ref(self.id) if own else source
        said["stamp"] = at if own else stamp
        if chance.random() < 0.04:
            said["held"] = True
        if chance.random() < 0.05:
            said["context"] = {"active": False}
        if chance.random() < 0.1:
            said["cause"] = names.IMPORT
        if chance.random() < 0.3:
            said["proved"] = True
        self.events.append(Event(properties=properties, traits=traits, **said))

    def what(self, at: int) -> tuple[str, str, bool, Mapping[str, Any], Mapping[str, Any]]:
        """Kind, name, whether it is recorded by the system, properties, traits."""
        chance = self.chance
        sort = chance.random()
        if sort < 0.34:
            return "page", names.PAGE_VIEWED, False, self.page(at), {}
        if sort < 0.44:
            return "track", "Order Completed", False, self.order(chance.choice((1, 1, 1, -1))), {}
        if sort < 0.47:
            return "track", "Order Refunded", False, self.order(-1), {}
        if sort < 0.52:
            return "track", "Чай Şişede", False, {"word": chance.choice(WORDS), "n": chance.randint(0, 9)}, {}
        if sort < 0.64:
            return "identify", names.IDENTIFIED, False, {}, self.traits(at)
        if sort < 0.70:
            consents = chance.sample(TOPICS, chance.randint(0, 2))
            form = {"form": chance.choice(("hello", "quote")), "consents": consents}
            return names.FORM, names.FORM_SUBMITTED, False, form, self.traits(at)
        if sort < 0.82:
            return self.mail(at)
        if sort < 0.88:
            name = chance.choice((names.TAG_ADDED, names.TAG_ADDED, names.TAG_REMOVED))
            by_us = chance.random() < 0.9
            return "system" if by_us else "track", name, by_us, {"tag": chance.choice(TAGS)}, {}
        if sort < 0.93:
            return self.journey()
        if sort < 0.96:
            return self.step(at)
        return self.consent(at)

    def page(self, at: int) -> dict[str, Any]:
        """What a page view says."""
        chance = self.chance
        page: dict[str, Any] = {"path": chance.choice(PATHS), "title": chance.choice(WORDS)}
        page["topic"] = chance.choice(
            (
                *("Green Tea", "green_tea", "Чай/Мёд", "İÇ ÇAY #1", " ", "", None, True, 7, 2.5, "x" * 70, "☕️  🫖"),
                *(["Oolong", "Pu Erh", None], ["ÇAY"], [], "tab\there"),
            )
        )
        if chance.random() < 0.06:
            # So many that the oldest tags are given up.
            page["topic"] = [f"Topic {one}" for one in chance.sample(range(400), 25)]
        page["seconds"] = chance.choice((chance.randint(0, 90), str(chance.randint(0, 90)), None, True, "long", 12.5))
        if chance.random() < 0.5:
            price = chance.randint(100, 9_999) / 100
            page["product"] = {"sku": f"T{chance.randint(1, 4)}", "price": price, "made": self.date(at)}
        if chance.random() < 0.2:
            page["utm.source"] = chance.choice(("news", "Ads", "чай"))
        return page

    def order(self, sign: int) -> dict[str, Any]:
        """What an order says."""
        chance = self.chance
        items = [
            {"sku": f"T{chance.randint(1, 4)}", "price": sign * chance.randint(1, 5_000) / 100}
            for _ in range(chance.randint(0, 3))
        ]
        total: Any = round(sum(item["price"] for item in items), 2)  # type: ignore[misc]
        total = chance.choice((total, total, total, int(total), str(total), None, True, "free", [total, 1, None], 2e13))
        return {"total": total, "items": items, "tags": chance.sample(WORDS, chance.randint(0, 3)), "due": self.date(0)}

    def date(self, around: int) -> Any:
        """A date as programs write it, or something that is none."""
        chance = self.chance
        moment = (around or START + 200 * DAY_MS) + chance.randint(-40, 40) * DAY_MS + chance.randint(0, DAY_MS)
        day = _iso(moment)
        return chance.choice(
            (
                *(day[:10], day[:10], day, f"{day[:19]}+05:30", f"{day[:19]}-09:00", moment, moment // 1000),
                *(str(moment), "soon", None, True, "2027-02-30", ""),
            )
        )

    def traits(self, at: int) -> dict[str, Any]:
        """Some traits, by whoever says them."""
        chance = self.chance
        month, day = chance.choice(((2, 29), (2, 28), (3, 1), (12, 31), (1, 1), (0, 0), (0, 0), (0, 0), (0, 0)))
        if month:
            born = f"{1960 if (month, day) == (2, 29) else chance.randint(1940, 2030)}-{month:02}-{day:02}"
        else:
            born = _iso(at + chance.randint(-20, 60) * DAY_MS)[4:10]
            born = f"{chance.choice((1988, 2000, 2040))}{born}"
        every: dict[str, Any] = {
            "city": chance.choice((*CITIES, None)),
            "plan": chance.choice(("pro", "Pro", "free", 1, True, 1.0)),
            "age": chance.choice((chance.randint(18, 80), str(chance.randint(18, 80)), "old", True, 40.5, None)),
            "birthday": chance.choice((born, born, born, "1990", None)),
            "renewal": self.date(at),
            "interests": chance.choice(
                (chance.sample(WORDS, chance.randint(0, 4)), "çay", [1, 2.0, True, None], chance.sample(WORDS, 3))
            ),
            "company": chance.choice(
                (
                    {"name": chance.choice(WORDS), "size": chance.choice((3, "250", 40)), "address": {"land": "TR"}},
                    {"name": chance.choice(WORDS), "sites": [{"city": chance.choice(CITIES)} for _ in range(3)]},
                    "Çay A.Ş.",
                )
            ),
            "utm.first": chance.choice(("news", "ads")),
            "note": "x" * chance.choice((1, 1_000, 3_000)),
        }
        said = {name: every[name] for name in chance.sample(list(every), chance.randint(1, 4))}
        if chance.random() < 0.06:
            # So many that the oldest are given up.
            said |= {f"extra-{one}": one for one in chance.sample(range(300), 40)}
        return said

    def mail(self, at: int) -> tuple[str, str, bool, Mapping[str, Any], Mapping[str, Any]]:
        """Something happens to a mail."""
        chance = self.chance
        number = chance.randint(0, 25)
        said = {
            "message": f"msg{number}",
            "sent": START + number * DAY_MS,
            "template": TEMPLATES[number % len(TEMPLATES)],
            "step": chance.choice(STEPS),
        }
        name = chance.choice(
            (
                *(names.EMAIL_SENT, names.EMAIL_DELIVERED, names.EMAIL_BOUNCED),
                *(names.EMAIL_OPENED, names.EMAIL_OPENED, names.EMAIL_CLICKED, names.EMAIL_CLICKED),
            )
        )
        if name == names.EMAIL_CLICKED:
            said["url"] = f"https://tea.example{chance.choice(PATHS)}"
        return names.SYSTEM, name, True, said, {}

    def journey(self) -> tuple[str, str, bool, Mapping[str, Any], Mapping[str, Any]]:
        """A run of a journey begins, or one that was under way ends."""
        chance = self.chance
        if self.under_way and chance.random() < 0.5:
            name, run = self.under_way.pop(chance.randrange(len(self.under_way)))
            outcome = chance.choice(("done", "exited", "goal"))
            ended = {"journey": name, "enrollment": run, "outcome": outcome}
            return names.SYSTEM, "Journey Ended", True, ended, {}
        self.runs += 1
        name, run = chance.choice(JOURNEYS), f"run{self.runs}"
        self.under_way.append((name, run))
        return names.SYSTEM, "Journey Entered", True, {"journey": name, "enrollment": run}, {}

    def step(self, at: int) -> tuple[str, str, bool, Mapping[str, Any], Mapping[str, Any]]:
        """A step of a journey changes something."""
        chance = self.chance
        said: dict[str, Any] = {"journey": chance.choice(JOURNEYS), "step": chance.choice(STEPS)}
        sort = chance.random()
        if sort < 0.4:
            said |= {"score": chance.choice(SCORES), "points": chance.choice((1, 5, 10, 25, -5, -20))}
            return names.SYSTEM, names.POINTS_ADDED, True, said, {}
        if sort < 0.6:
            return names.SYSTEM, names.STAGE_SET, True, {**said, "stage": chance.choice((*STAGES, "gone"))}, {}
        return names.SYSTEM, names.TRAITS_CHANGED, True, said, self.traits(at)

    def consent(self, at: int) -> tuple[str, str, bool, Mapping[str, Any], Mapping[str, Any]]:
        """Consent is withdrawn, given again, or confirmed."""
        chance = self.chance
        sort = chance.random()
        if sort < 0.4:
            topic = chance.choice(({"topic": "tips"}, {"topic": "offers"}, {"topic": "*"}, {}))
            return names.SYSTEM, names.UNSUBSCRIBED, True, topic, {}
        if sort < 0.7:
            return names.SYSTEM, names.RESUBSCRIBED, True, {"topic": chance.choice(TOPICS)}, {}
        asked = {"consents": chance.sample(TOPICS, 1), "requested": at - chance.randint(0, 3) * HOUR_MS}
        return names.SYSTEM, names.SUBSCRIPTION_CONFIRMED, True, asked, {}


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
