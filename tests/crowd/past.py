"""Two months of a shop, from its first release to this moment."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from authoring import published
from functions.aws import session
from functions.console import gate, places
from functions.core.roles import Role
from functions.core.staff import Member
from functions.work import campaigns
from local import staff
from local.emulator import EmulatorProcess
from tests.crowd import business
from tests.crowd.life import DAY, HOUR, MINUTE, SECOND, Life
from tests.crowd.people import SOURCES, Person, person
from tests.crowd.town import Town
from tests.handlers.test_console import post, token_of

DAYS: Final = 60
AYSE: Final = Person(0, "Ayşe", "Yılmaz", "reader", SOURCES[2], 0.9, "8d4f0a7e-6f0b-4c56-9d3f-0c1f6f0c1a2b")
"""Somebody whom everybody can ask for: hot, and with a mail that was withheld from her."""

Say = Callable[[str], object]


def _silent(line: str) -> None:
    """Say nothing."""


@contextmanager
def past(
    emulator: EmulatorProcess,
    marketing: Path,
    *,
    people: int,
    keys: Mapping[str, Any] | None = None,
    until: int | None = None,
    say: Say = _silent,
) -> Iterator[Town]:
    """A town in which so many people have lived for two months, up to now or a moment (ms). `marketing` is a folder to
    be made: the files of what is live; `keys` the row of another deployment's keys."""
    end = until or int(time.time() * 1000)
    since = end - DAYS * DAY
    with Town(emulator, business.opened(marketing), since=since, keys=keys) as town:
        life = Life(town)
        _grow(life, marketing, since)
        for number in range(1, people):
            # More come from month to month.
            at = since + int(DAYS * DAY * town.chance.random() ** 0.7)
            life.settle_in(person(town.chance, number), at)
        _of_ayse(life, end)
        _of_the_last_day(life, end)
        for day in range(DAYS):
            life.live(min(end - HOUR, since + (day + 1) * DAY))
            if day % 10 == 9:
                say(f"{day + 1} days: {len(town.mails)} mails so far")
        town.rest()
        _decided_today(town)
        town.rest()
        yield town
    session.reset()


def _grow(life: Life, marketing: Path, since: int) -> None:
    def grown() -> None:
        business.grown(marketing)
        published.publish(marketing, by="selin", note="Letters after orders, quotes, baskets, and samples for houses")

    def corrected() -> None:
        business.corrected(marketing)
        published.publish(marketing, by="deniz", note="Looking at prices says more than we thought")

    def autumn() -> None:
        campaigns.begin_on_request("autumn", "friends", by="selin", now=life.town.clock.now)

    life.plan(since + 2 * HOUR, grown)
    life.plan(since + 31 * DAY, corrected)
    life.plan(since + 38 * DAY, autumn)


def _of_ayse(life: Life, end: int) -> None:
    """She signs up, reads what comes, asks for a quote without agreeing to offers, and comes back to look."""
    town = life.town
    life.people[AYSE.email] = AYSE
    begins = end - 12 * DAY
    life.plan(begins, lambda: life.visit(AYSE, "/", "/first-flush", first_time=True))
    life.plan(begins + 4 * MINUTE, lambda: life.sign_up(AYSE))
    life.plan(begins + 5 * MINUTE, lambda: life.open_account(AYSE))
    life.plan(end - 5 * DAY, lambda: life.visit(AYSE, "/first-flush", "/wholesale", "/first-flush"))
    life.plan(end - 3 * DAY, lambda: life.ask_for_a_quote(AYSE, "1200", ()))
    life.plan(end - DAY, lambda: life.visit(AYSE, "/first-flush", "/rize-black", "/first-flush"))
    life.plan(end - DAY + HOUR, lambda: town.call("batch", batch=[_book(life)]))


def _book(life: Life) -> dict[str, Any]:
    return life._track(AYSE, "E-Book Downloaded", life.town.clock.now, topic="Black tea")


def _of_the_last_day(life: Life, end: int) -> None:
    """A hotel whose samples go nowhere, two accounts with one address, somebody under two addresses, and a campaign
    that waits to be let go."""
    town = life.town

    def hotel() -> None:
        life.ask_for_samples(Person(10**6, "Nikos", "Παππάς", "house", SOURCES[0], 0.5, "hotel-browser"), "hotel")

    def twice() -> None:
        buyers = [one for one in life.people.values() if one.kind == "buyer"]
        for one, other in zip(buyers[:2], buyers[2:4], strict=False):
            life.order(one)
            life.order(one, other)

    def tagged() -> None:
        for one in [one for one in life.people.values() if one.kind == "reader"][:3]:
            name, _, domain = one.email.partition("@")
            life.sign_up(Person(one.number + 10**6, one.first, one.last, "reader", one.source, 0.5, f"p{one.number}"))
            life.sign_up(one, f"{name}+tea@{domain}")

    life.plan(end - 20 * HOUR, hotel)
    life.plan(end - 19 * HOUR, twice)
    life.plan(end - 18 * HOUR, tagged)
    life.plan(
        end - 3 * HOUR,
        lambda: campaigns.begin_on_request("new-harvest", "second", by="selin", now=town.clock.now),
    )


def _decided_today(town: Town) -> None:
    """What the staff did in the console this morning."""
    member = Member("marketer", staff.address(Role.MARKETER), frozenset({Role.MARKETER}))
    cookie = {"cookie": gate.begin(member, places.path()).partition(";")[0]}
    token = token_of(town, cookie)
    why = "The prices change tonight"
    assert post(town, "/console/journeys/abandoned-cart/pause", cookie, _token=token, why=why)["statusCode"] == 303
    town.clock.now += SECOND
