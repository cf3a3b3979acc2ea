"""What people do, and when: visits, forms, orders, and what they do with their mail."""

import heapq
import random
import re
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import Any, Final

from functions.core.ids import digest
from local.front.shop import TEAS, TOPICS
from local.traffic import PAGES
from tests.cloud.mail import Mail
from tests.crash.scenarios import pixel, unsubscribe_link
from tests.crowd.people import HOUSES, Person
from tests.crowd.town import Town, iso

SECOND: Final = 1000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
STEP_MS: Final = 3 * HOUR
"""So often what happened is worked off, and mail is looked for."""
SHOP: Final = "https://yellow-samovar.example"
_LINKS: Final = re.compile(r"https://tea\.example/(?:c|get|rate|confirm)/\S+")
_BUSY: Final = (1, 1, 0, 0, 0, 1, 3, 6, 9, 10, 10, 9, 11, 11, 9, 8, 8, 8, 9, 11, 13, 12, 8, 4)
"""How busy each hour of a day is."""

Act = Callable[[], object]


class Life:
    """A town's people, and what they are about to do."""

    def __init__(self, town: Town) -> None:
        self.town, self.chance = town, random.Random(7)
        self.people: dict[str, Person] = {}
        self._due: list[tuple[int, int, Act]] = []
        self._serial, self._read = count(), 0

    def plan(self, at: int, act: Act) -> None:
        """Let something be done at a moment (ms), or soon after."""
        heapq.heappush(self._due, (at, next(self._serial), act))

    def live(self, end: int) -> None:
        """Let time pass until a moment (ms)."""
        while self.town.clock.now < end:
            stop = min(end, (self.town.clock.now // STEP_MS + 1) * STEP_MS)
            while self._due and self._due[0][0] <= stop:
                at, _, act = heapq.heappop(self._due)
                self.town.clock.now = max(self.town.clock.now, at)
                act()
            self.town.to(stop)
            self._fetch_mail()

    def settle_in(self, one: Person, at: int) -> None:
        """Plan what somebody does who comes for the first time about a moment (ms)."""
        chance = self.chance
        first = self._busy(at)
        self.plan(first, lambda: self.visit(one, first_time=True))
        self.people[one.email] = one
        for number in range(min(14, int(chance.paretovariate(1.15)) - 1)):
            again = self._busy(first + (number + 1) * int(chance.expovariate(1 / (4 * DAY))) + DAY)
            self.plan(again, lambda: self.visit(one))
        match one.kind:
            case "reader":
                self.plan(first + 4 * MINUTE, lambda: self.sign_up(one))
            case "buyer":
                self._buys(one, first)
            case "book":
                self.plan(first + 3 * MINUTE, lambda: self.ask_for_the_book(one))
            case "house":
                self.plan(first + 9 * MINUTE, lambda: self.ask_for_samples(one))
            case "quote":
                self.plan(first + 6 * MINUTE, lambda: self.ask_for_a_quote(one))

    def _buys(self, one: Person, first: int) -> None:
        chance = self.chance
        self.plan(first + 5 * MINUTE, lambda: self.open_account(one))
        if chance.random() < 0.7:
            self.plan(first + 7 * MINUTE, lambda: self.sign_up(one))
        if chance.random() < 0.3:
            self.plan(first + DAY, lambda: self.fill_a_basket(one))
        for number in range(min(6, int(chance.paretovariate(1.4)) - (chance.random() < 0.2))):
            self.plan(self._busy(first + DAY * (1 + 11 * number)), lambda: self.order(one))

    def _busy(self, at: int) -> int:
        """A moment of about the same day at which people are awake."""
        (hour,) = self.chance.choices(range(24), _BUSY)
        return at - at % DAY + hour * HOUR + self.chance.randrange(HOUR)

    # What people do.

    def visit(self, one: Person, *paths: str, first_time: bool = False) -> None:
        """Look at some pages; a few meet the pop-up."""
        chance, now = self.chance, self.town.clock.now
        looked = paths or [chance.choice(PAGES) for _ in range(min(25, int(chance.paretovariate(1.25))))]
        calls = [self._page(one, path, now + place, first_time and place == 0) for place, path in enumerate(looked)]
        if not paths and chance.random() < 0.15:
            calls.append(self._track(one, "Popup Shown", now + 50, popup="letter"))
            if chance.random() < 0.2:
                calls.append(self._track(one, "Popup Clicked", now + 60, popup="letter"))
        self.town.call("batch", batch=calls, sentAt=iso(now + 100))

    def sign_up(self, one: Person, address: str = "") -> None:
        """Ask for the letter."""
        consents = ("tips", "offers") if one.number % 3 else ("tips",)
        self._form(one, "hello", consents, email=address or one.email, first_name=one.first)

    def ask_for_the_book(self, one: Person) -> None:
        """Ask for the book about brewing."""
        self._form(one, "brewing-book", ("tips",) if one.number % 2 else (), email=one.email, first_name=one.first)
        about = self._track(one, "E-Book Downloaded", self.town.clock.now, topic="Green tea")
        self.town.call("batch", batch=[about], sentAt=iso(self.town.clock.now))

    def ask_for_samples(self, one: Person, house: str = "") -> None:
        """Ask for samples for a house."""
        house = house or ("cafe", "hotel", "shop", "cafe")[one.number % 4]
        more = {"rooms": str(20 + one.number % 80)} if house == "hotel" else {}
        name = HOUSES[one.number % len(HOUSES)]
        about = {"company": name, "house": house, "teas": "Black", "kilos": str(2 + one.number % 40)}
        self._form(one, "wholesale", ("offers",), email=one.email, name=f"{one.first} {one.last}", **about, **more)

    def ask_for_a_quote(self, one: Person, budget: str | None = None, consents: tuple[str, ...] = ("offers",)) -> None:
        """Ask for a quote; some don't say what they would spend."""
        said = budget if budget is not None else ("", "900", "2400", "7500")[one.number % 4]
        asked = {"email": one.email, "name": f"{one.first} {one.last}", **({"budget": said} if said else {})}
        self._form(one, "quote", consents, **asked)

    def open_account(self, one: Person) -> None:
        """Get an account at the shop, which says who it is."""
        traits = {"first_name": one.first, "last_name": one.last}
        if one.number % 2:
            traits["birthday"] = one.birthday
        if one.number % 5 == 0:
            traits["locale"] = "tr"
        self._tell("Account Created", one, userId=one.user, email=one.email, traits=traits)

    def fill_a_basket(self, one: Person) -> None:
        """Put something into a basket and leave it there."""
        now = self.town.clock.now
        basket = digest("basket", one.user, str(now))[:10]
        call = self._track(one, "Product Added", now, cart_id=basket, product_id="rize-black", price=8.5)
        self.town.call("batch", batch=[call], sentAt=iso(now))

    def order(self, one: Person, owner: Person | None = None) -> None:
        """Buy something; `owner` is whose account it is, where that is somebody else's."""
        many = min(30, int(self.chance.paretovariate(1.2)))
        price = float(str(self.chance.choice(TEAS).price).lstrip("€"))
        turkish = one.number % 3 == 0
        bought = {"total": round(price * many * (49 if turkish else 1), 2), "currency": "TRY" if turkish else "EUR"}
        id = digest("order", one.user, str(self.town.clock.now))[:10]
        self._tell(
            "Order Completed", one, userId=(owner or one).user, email=one.email, properties={"order_id": id, **bought}
        )

    def _tell(self, kind: str, one: Person, **detail: Any) -> None:
        """The shop's own systems say something of somebody."""
        self.town.put_on_bus(kind, id=digest(kind, one.user, str(self.town.clock.now)), **detail)

    def _form(self, one: Person, form: str, consents: tuple[str, ...], **fields: str) -> None:
        nonce = digest(form, one.email, str(self.town.clock.now))[:16].lower()
        self.town.post_form(
            form, consents=consents, anonymous=one.browser, nonce=nonce, shown_ago=15 * SECOND, **fields
        )

    def _page(self, one: Person, path: str, at: int, begins: bool) -> dict[str, Any]:
        about: dict[str, Any] = {"path": path, "url": f"{SHOP}{path}"}
        if path in TOPICS:
            about["topic"] = TOPICS[path]
        context: dict[str, Any] = {"sessionId": at // 1000}
        if begins:
            context |= {**one.arrival, "sessionStart": True}
            if one.source.campaign:
                # An advertisement leads to the page that keeps its promise.
                about |= {"page": "first-flush", "path": "/page/first-flush", "url": f"{SHOP}/page/first-flush"}
            about |= {"referrer": one.source.referrer} if one.source.referrer else {}
        return {"type": "page", **self._call(one, at), "properties": about, "context": context}

    def _track(self, one: Person, event: str, at: int, **about: Any) -> dict[str, Any]:
        return {"type": "track", "event": event, **self._call(one, at), "properties": about}

    def _call(self, one: Person, at: int) -> dict[str, Any]:
        return {"anonymousId": one.browser, "messageId": f"m-{next(self._serial)}", "timestamp": iso(at)}

    # What they do with their mail.

    def _fetch_mail(self) -> None:
        for mail in self.town.mails[self._read :]:
            one = self.people.get(mail.to)
            if one is None:
                self.town.report(mail, "Delivery")
            elif one.lost:
                self.town.queues.put(self.town.queues.by_name["feedback"], bounced(mail))
            else:
                self.town.report(mail, "Delivery")
                self._react(one, mail)
        self._read = len(self.town.mails)

    def _react(self, one: Person, mail: Mail) -> None:
        chance, now = self.chance, self.town.clock.now
        links = _LINKS.findall(mail.part("plain"))
        if one.scanned:
            self.plan(now + SECOND, lambda: [self.town.follow(url) for url in (pixel(mail), *links[:4])])
        if any("/confirm/" in link for link in links) and chance.random() < 0.7:
            self.plan(now + 10 * MINUTE, lambda: self._confirm(next(one for one in links if "/confirm/" in one)))
            return
        opens = now + int(chance.lognormvariate(1, 1) * HOUR)
        if chance.random() > 0.35 + one.keen:
            return
        self.plan(opens, lambda: self.town.follow(pixel(mail)))
        # What somebody is owed has no such link.
        if chance.random() < 0.03 and mail.parsed["List-Unsubscribe"]:
            leave = unsubscribe_link(mail)
            self.plan(opens + MINUTE, lambda: self.town.follow(leave, "POST", "List-Unsubscribe=One-Click"))
        elif links and chance.random() < 0.15 + 0.6 * one.keen:
            self.plan(opens + 2 * MINUTE, lambda: self.town.follow(chance.choice(links)))
            self.plan(opens + 3 * MINUTE, lambda: self.visit(one))

    def _confirm(self, link: str) -> None:
        self.town.follow(link)
        self.town.follow(link, "POST")


def bounced(mail: Mail) -> str:
    """What the mail service says of a mail whose receiver is unknown."""
    there = replace(mail.sent, to=("bounce@simulator.amazonses.com",))
    return replace(mail, sent=there).feedback("Bounce").replace("bounce@simulator.amazonses.com", mail.to)
