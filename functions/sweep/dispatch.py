"""Which room deals with which kind of row."""

from functions.tables.contacts import STATE, contact_of
from functions.tables.enrollments import CURRENT
from functions.tables.messages import PREFIX as MESSAGE


class UnknownRow(ValueError):
    """A row in the due index that nobody here can deal with."""


def deal_with(pk: str, sk: str, now: int) -> None:
    """Let the owner of a due row do what is due at `now` (ms). Raises UnknownRow."""
    contact = contact_of(pk)
    if sk == STATE:
        from functions.score.apply import reconsider

        reconsider(contact, now)
    elif sk.startswith(CURRENT):
        from functions.sweep.heal import heal

        heal(contact, sk.removeprefix(CURRENT), now)
    elif sk.startswith(MESSAGE):
        from functions.send.overdue import settle

        settle(contact, sk.removeprefix(MESSAGE), now)
    else:
        raise UnknownRow(f"no one deals with rows like {sk[:2]!r}")
