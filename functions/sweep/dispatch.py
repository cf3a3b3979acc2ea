"""Which room deals with which kind of row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from functions.aws.dynamodb import Item, Key
from functions.tables.campaigns import PLANS, RUN, RUNS
from functions.tables.contacts import STATE, contact_of
from functions.tables.enrollments import CURRENT
from functions.tables.messages import PREFIX as MESSAGE
from functions.tables.schedules import PLANS as STARTS

if TYPE_CHECKING:
    from functions.core.contact import Contact
    from functions.releases import Live


class UnknownRow(ValueError):
    """A row in the due index that nobody here can deal with."""


@dataclass(frozen=True, slots=True)
class Known:
    """What was read for a whole page of rows at once; each write still asks whether it is so."""

    live: "Live | None" = None
    contacts: "Mapping[str, Contact]" = field(default_factory=dict)


def look_up(rows: Sequence[Item]) -> Known:
    """Read what dealing with a page of rows needs of each of them."""
    states = [contact_of(row["pk"]) for row in rows if row["sk"] == STATE]
    if not states:
        return Known()
    from functions import releases
    from functions.tables import contacts

    return Known(releases.live(), contacts.load(states))


def is_message(row: Item) -> bool:
    """Whether a due row is a message: those of a page are dealt with together."""
    return bool(row["sk"].startswith(MESSAGE))


def settle(rows: Sequence[Item], now: int) -> dict[Key, Exception]:
    """Do what is due about messages at `now` (ms); the keys of those that failed, and why."""
    from functions.send import overdue

    keys = {(contact_of(row["pk"]), row["sk"].removeprefix(MESSAGE)): (row["pk"], row["sk"]) for row in rows}
    return {keys[pair]: error for pair, error in overdue.settle(list(keys), now).items()}


def deal_with(pk: str, sk: str, now: int, known: Known = Known()) -> None:
    """Let the owner of a due row that is no message do what is due at `now` (ms). Raises UnknownRow."""
    contact = contact_of(pk)
    if pk == PLANS:
        from functions.work.campaigns import begin_planned

        begin_planned(sk, now)
    elif pk == STARTS:
        from functions.work.starts import begin_planned as begin_start

        begin_start(sk, now)
    elif pk.startswith(RUNS):
        from functions.work.campaigns import attend

        attend(pk.removeprefix(RUNS), sk.removeprefix(RUN), now)
    elif sk == STATE:
        from functions.score.apply import reconsider

        reconsider(contact, now, known.contacts.get(contact), known.live)
    elif sk.startswith(CURRENT):
        from functions.sweep.heal import heal

        journey, _, key = sk.removeprefix(CURRENT).partition("#")
        heal(contact, journey, key, now)
    else:
        raise UnknownRow(f"no one deals with rows like {sk[:2]!r}")
