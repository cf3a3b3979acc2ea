"""Many contacts in the tables at once, with everything that a page of the console reads: written as scoring, journeys
and counting would have left it, by their own shapes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import Any, Final

from bench.house import House
from functions import releases
from functions.aws.attributes import to_item
from functions.core import directory as places
from functions.core.contact import Contact, Decision, Facts, Moment, Profile, Rank, Standing, State
from functions.core.days import day_of
from functions.core.enrollment import Enrollment, Passage
from functions.core.event import Event
from functions.core.identity import EMAIL, identity_ref, own_ref
from functions.core.ids import digest
from functions.core.message import intended
from functions.core.tree import walk
from functions.tables import (
    contacts,
    counts,
    decisions,
    directory,
    duplicates,
    enrollments,
    events,
    identities,
    leads,
    memberships,
    messages,
)
from functions.tables.duplicates import Pair
from functions.tables.identities import Identity
from functions.tables.leads import Lead
from tests.inprocess import InProcess

DAY_MS: Final = 86_400_000
WHOLE: Final = 2_000
"""So many contacts have all their rows: those that stand first in every list. Of the others a page reads no more than
their rows in the lists."""
DAYS: Final = 365
SOURCES: Final = 20
EVENTS, MESSAGES, RUNS, DECISIONS = 500, 80, 20, 400
"""What the person has behind them whose page is looked at."""
_TOGETHER: Final = 10_000
_BANDS: Final = ("hot", "warm", "cold")

Row = dict[str, Any]


def name(number: int) -> str:
    """The id of a contact: the first stand first in every part of a list."""
    return f"{number:06d}somebodyelse"


def address(number: int) -> str:
    """Where a contact gets mail."""
    return f"ayse{number:06d}@example.com"


def fill(house: House, many: int) -> None:
    """Store so many contacts, and what was counted in a year."""
    made = _Made(house)
    _put(house, "contacts", made.everybody(many))
    _put(house, "contacts", made.counted())
    _put(house, "contacts", made.life())
    _put(house, "events", made.events())


def _put(house: House, table: str, rows: Iterable[Row]) -> None:
    assert isinstance(house.emulator, InProcess), "so many rows are put straight into an emulator of this process"
    left = iter(rows)
    while some := list(islice(left, _TOGETHER)):
        house.emulator.fill(f"{house.name}-{table}", map(to_item, some))


class _Made:
    def __init__(self, house: House) -> None:
        self.live, self.now = releases.live(), house.clock.now
        self.release = self.live.release
        self.pepper = releases.keyring().pepper
        self.journey = sorted(self.release.journeys)[0]
        self.steps = [step.id for step in walk(self.release.journeys[self.journey].steps)]

    def everybody(self, many: int) -> Iterator[Row]:
        for number in range(many):
            contact = self._contact(number)
            yield from (directory.to_row(place, 1) for place in directory.places(contact))
            for segment in contact.state.standing.segments:
                pk, sk = memberships.key(segment, contact.state.contact)
                yield {"pk": pk, "sk": sk, "v": memberships.VERSION, "n": 1, "at": self.now - DAY_MS}
            if number < WHOLE:
                yield contacts.state_row(replace(contact.state, version=0), ())
                yield contacts.profile_row(contact.profile, 1)
                yield identities.to_row(Identity(contact.profile.identities[0], contact.state.contact, proved=True))
        yield from self._leads(many // 50)
        for number in range(many // 40):
            kind = (duplicates.CONFLICT, duplicates.PLUS_TAG)[number % 2]
            one, other = number % WHOLE, (7 * number + 1 + number // WHOLE) % WHOLE
            ends = map(self._ref, (one, other)) if number % 2 else (own_ref(name(one)), own_ref(name(other)))
            first, second = sorted(ends)
            yield duplicates.to_row(Pair(kind, first, second, self.now, ""))

    def _ref(self, number: int) -> str:
        return str(identity_ref(EMAIL, address(number), self.pepper))

    def _contact(self, number: int) -> Contact:
        said = {"first_name": f"Ayse{number:06d}", "email": address(number)}
        stages, segments = self.release.funnel.stages, list(self.release.segments)
        seen, entered = self.now - number // 50 * DAY_MS, self.now - number * 60_000
        standing = Standing(
            _BANDS[number % 3],
            seen,
            {segments[number % len(segments)]: seen},
            stage=(stage := stages[number % len(stages)].id),
            stages={stage: entered},
        )
        facts = Facts(first=seen - DAY_MS, last=seen)
        state = State(name(number), 1, self.live.seq, self.live.counters.spec, facts, standing=standing)
        traits = {one: (Rank(True, Moment(seen, 0)), value) for one, value in said.items()}
        made = Contact(state, Profile(name(number), 1, traits, (self._ref(number),)))
        return replace(made, state=replace(state, listed=places.mark(made)))

    def _leads(self, many: int) -> Iterator[Row]:
        for number in range(many):
            at = self.now - number * 1000
            lead = Lead(f"lead{number}", name(number % WHOLE), "sales", "Asked twice", self.journey, "hand", "", at)
            pk, sk = leads.listed_key(lead.id, at)
            yield {"pk": pk, "sk": sk, "contact": lead.contact, "to": lead.to, "v": leads.VERSION}
            if number < WHOLE:
                yield leads.to_row(lead)

    def counted(self) -> Iterator[Row]:
        stages, made = [stage.id for stage in self.release.funnel.stages], self.release
        sources = [f"source-{number}" for number in range(SOURCES)]
        parts = {
            "mail": ["email"],
            f"journey/{self.journey}": ["", *self.steps],
            "funnel": stages,
            "funnel-by-source": [f"{stage}.{source}" for stage in stages for source in sources],
            "source": sources,
            **{f"form/{id}": [""] for id in made.forms},
            **{f"page/{id}": [""] for id in made.pages},
        }
        measures = {f"m.{measure}": 7 for measure in ("entered", "sent", "delivered", "opened", "through", "orders")}
        today = day_of(self.now, made.sending.business.time_zone)
        for back in range(DAYS):
            day = (today - timedelta(days=back)).isoformat()
            for subject, named in parts.items():
                for part in named:
                    key = {"pk": counts.partition(subject), "sk": f"{day}#{part}#0", "v": counts.VERSION}
                    yield key | measures

    def life(self) -> Iterator[Row]:
        """The messages, runs and decisions of the first contact."""
        about: dict[str, Any] = {"contact": name(0), "release": self.live.id}
        for number in range(MESSAGES):
            at, id = self.now - number * DAY_MS, digest("bench", "message", str(number))
            said: dict[str, Any] = {
                "journey": self.journey,
                "step": self.steps[0],
                "template": "welcome",
                "topic": "tips",
            }
            made = replace(intended(id=id, now=at, **said, **about), state="sent", times={"sent": at}, due=None)
            yield messages.to_item(made)
        for number in range(RUNS):
            at, path = self.now - number * DAY_MS, tuple(Passage(step, self.now, "done") for step in self.steps)
            id = digest("bench", "run", str(number))
            run = Enrollment(id, journey=self.journey, cause="", entered=at, state="done", ended=at, path=path, **about)
            row = enrollments.to_row(run, self.now)
            yield row | ({"sk": f"{enrollments.EARLIER}{self.journey}#{id}"} if number else {})
        for number in range(DECISIONS):
            at = self.now - number * 3_600_000
            made_then = Decision(f"decision{number}", "temperature", "temperature", at, "", "cold", "hot")
            yield decisions.to_row(name(0), made_then)

    def events(self) -> Iterator[Row]:
        for number in range(EVENTS):
            at = self.now - number * 3_600_000
            yield events.to_row(
                Event(self._ref(0), f"e{number}", at, at, at, "page", "Page Viewed", {"path": "/first-flush"})
            )
