"""Ten people with a history: a visit, a sign-up, mails opened and clicked, an order, weeks of pages."""

import random
from datetime import UTC, datetime
from typing import Any

from bench.house import House
from bench.traffic import call
from tests.crash import scenarios

PEOPLE = 10
WEEKS = 6
TRAITS = {
    "first_name": "Ada",
    "last_name": "Çelik-Featherstonehaugh",
    "phone": "+90 212 555 01 23",
    "company": "Bosphorus Coffee & Tea Trading Co.",
    "title": "Head of Purchasing",
    "address": {
        "street": "Kılıç Ali Paşa Mescidi Sokağı 12, Kat 3",
        "city": "İstanbul",
        "postalCode": "34425",
        "country": "Türkiye",
    },
    "birthday": "1987-05-14",
    "website": "https://www.bosphorus-coffee-and-tea.example/about-us",
    "interests": ["green tea", "oolong", "brewing courses", "gift sets"],
    "favourite_shop": "Karaköy",
    "newsletter_frequency": "monthly",
    "loyalty_level": "silver",
    "loyalty_points": 1840,
    "first_order": "2026-03-02",
    "lifetime_value": "412.50 EUR",
    "utm_first": {"source": "newsletter", "medium": "email", "campaign": "spring-harvest-2026"},
    "notes": "Orders for a café with two branches; prefers deliveries on Tuesdays before ten in the morning.",
}


def iso(moment: int) -> str:
    """A moment (ms) as browsers write it."""
    return datetime.fromtimestamp(moment / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def anonymous(person: int) -> str:
    """The id of a person's browser, as `bench.traffic.call` gives it."""
    return str(call(random.Random(0), person, iso(0))["anonymousId"])


def address(person: int) -> str:
    """A person's e-mail address."""
    return f"ada.celik.{person}@example.com"


def live_through(house: House, chance: random.Random) -> None:
    """Give everybody a history of some weeks, up to now."""
    for person in range(PEOPLE):
        send(house, [browse(house, chance, person) for _ in range(4)])
        house.post_form(email=address(person), first_name="Ada", anonymous=anonymous(person), nonce=f"{person}")
    scenarios.wait(house)
    for mail in list(house.mails):
        house.follow(scenarios.pixel(mail))
        house.follow(scenarios.link(mail))
    scenarios.wait(house, days=1)
    for person in range(PEOPLE):
        send(house, [identify(house, chance, person), order(house, chance, person)])
    for _ in range(WEEKS):
        for person in range(PEOPLE):
            send(house, [browse(house, chance, person) for _ in range(chance.randint(1, 6))])
        scenarios.wait(house, days=7)


def send(house: House, calls: list[dict[str, Any]]) -> None:
    """Post calls as a browser does, all in one request if they are several."""
    body = {"sentAt": iso(house.clock.now), "batch": calls}
    if len(calls) == 1:
        answer = house.call(calls[0]["type"], **{name: value for name, value in calls[0].items() if name != "type"})
    else:
        answer = house.call("batch", **body)
    assert answer["statusCode"] == 200, answer


def browse(house: House, chance: random.Random, person: int) -> dict[str, Any]:
    """A page or a product looked at."""
    return call(chance, person, iso(house.clock.now))


def identify(house: House, chance: random.Random, person: int) -> dict[str, Any]:
    """What a shop says of somebody who logs in."""
    made = browse(house, chance, person)
    for name in ("event", "name", "properties"):
        made.pop(name, None)
    return made | {"type": "identify", "traits": {**TRAITS, "email": address(person)}}


def order(house: House, chance: random.Random, person: int) -> dict[str, Any]:
    """An order."""
    made = browse(house, chance, person)
    made.pop("name", None)
    bought = {"order_id": f"o-{chance.randrange(10**6)}", "total": 37.0, "currency": "EUR", "products": 2}
    return made | {"type": "track", "event": "Order Completed", "properties": bought}
