"""What an erasure leaves of a person: hashes that keep them from being stored again.

Identity: I#ref / I with forgotten and at (ms); once its person came back: contact and since
(ms; what bears an older stamp stays out). A contact: its state and profile stay as stubs of n, v and an empty
`into`, so that nobody who read them before can write them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from functions import settings
from functions.aws import dynamodb
from functions.core.contact import Moment
from functions.core.erasure import Mark
from functions.core.ownership import Run
from functions.tables import identities
from functions.tables.contacts import PROFILE, STATE, VERSION, partition
from functions.tables.identities import Identity

ATTEMPTS: Final = 8


def to_row(ref: str, mark: Mark) -> dynamodb.Item:
    """The item of an identity that an erasure closed, or that was opened again."""
    row: dynamodb.Item = {"pk": identities.key(ref)[0], "sk": "I", "v": identities.VERSION, "at": mark.at}
    if mark.since is None:
        return row | {"forgotten": True}
    return row | {"contact": mark.contact, "since": mark.since}


def mark_from(row: Mapping[str, Any]) -> Mark | None:
    """What an erasure left on an identity's item, or None where none touched it."""
    if row.get("forgotten"):
        return Mark(row.get("at", 0))
    return Mark(row.get("at", 0), row["contact"], row["since"]) if "since" in row else None


def among(rows: Iterable[Mapping[str, Any]]) -> dict[str, Mark]:
    """The marks by identity among rows already read."""
    marks = ((row["pk"].removeprefix("I#"), mark_from(row)) for row in rows if row["pk"].startswith("I#"))
    return {ref: mark for ref, mark in marks if mark is not None}


def marks(refs: Iterable[str], *, consistent: bool = False) -> dict[str, Mark]:
    """What erasures left on these identities.

    Not consistent unless asked for, for half the price: whoever erases looks again after a
    while in any case, because reading here and writing an event are two calls.
    """
    keys = [identities.key(ref) for ref in refs]
    return among(dynamodb.batch_get(settings.contacts_table(), keys, consistent=consistent).values())


def bury(contact: str, state: int, profile: int) -> bool:
    """Leave stubs in the place of what is known of a contact, read at these versions of its state and
    profile; both or nothing, and False, where another write came between."""
    operations = [
        dynamodb.put_op(
            settings.contacts_table(),
            _stub(contact, sk, held),
            condition="n = :held" if held else "attribute_not_exists(n)",
            values={":held": held} if held else None,
        )
        for sk, held in ((STATE, state), (PROFILE, profile))
    ]
    try:
        dynamodb.transact(operations)
    except dynamodb.TransactionRefused:
        return False
    return True


def _stub(contact: str, sk: str, held: int) -> dynamodb.Item:
    return {"pk": partition(contact), "sk": sk, "v": VERSION, "n": held + 1, "into": ""}


def close(ref: str, owners: Iterable[str], now: int) -> None:
    """Close an identity that is one of `owners`', or nobody's, for good. What is another's stays.

    A browser that others used as well stays theirs: the owners' turns in it become nobody's, and
    score takes away whatever is sent again of them.
    """
    table, mine = settings.contacts_table(), set(owners)
    for _ in range(ATTEMPTS):
        row = dynamodb.get(table, identities.key(ref))
        held = identities.from_row(row) if row else None
        try:
            if row is None:
                dynamodb.put(table, to_row(ref, Mark(now)), condition="attribute_not_exists(pk)")
            elif held and any(run.contact and run.contact not in mine for run in held.runs):
                if not mine.isdisjoint(run.contact for run in held.runs):
                    shared = identities.to_row(_without(held, mine, now))
                    dynamodb.put(table, shared, condition="n = :held", values={":held": held.version})
            elif row.get("contact") in mine:
                dynamodb.put(
                    table, to_row(ref, Mark(now)), condition="contact = :held", values={":held": row["contact"]}
                )
        except dynamodb.ConditionFailed:
            continue
        return
    raise identities.Contended(f"identity {ref} kept being written")


def _without(held: Identity, mine: set[str], now: int) -> Identity:
    """A shared browser in which some people's turns are nobody's; from `now` on it is one of the others'."""
    runs = tuple(replace(run, contact="") if run.contact in mine else run for run in held.runs)
    last = next(run.contact for run in reversed(runs) if run.contact)
    if not runs[-1].contact:
        runs = (*runs, Run(Moment(now, 0), last))
    return replace(held, contact=last, runs=runs, version=held.version + 1)


def reopen(refs: Iterable[str], contact: str, since: int, at: Mapping[str, int]) -> str:
    """Give closed identities to a contact that begins anew, from `since` (ms) on; whose they are then.

    `at` holds the moment of each one's erasure. Safe to repeat and to race: who comes first decides.
    """
    for ref in refs:
        contact = _reopen(ref, contact, Mark(at[ref], contact, since))
    return contact


def _reopen(ref: str, contact: str, mark: Mark) -> str:
    table = settings.contacts_table()
    for _ in range(ATTEMPTS):
        try:
            dynamodb.transact(
                [
                    dynamodb.put_op(
                        table,
                        to_row(ref, Mark(mark.at, contact, mark.since)),
                        condition="forgotten = :yes AND #at = :at",
                        names={"#at": "at"},
                        values={":yes": True, ":at": mark.at},
                    ),
                    dynamodb.update_op(
                        table,
                        (partition(contact), PROFILE),
                        "ADD ids :ref, n :one SET v = :v",
                        condition="attribute_not_exists(#into)",
                        names={"#into": "into"},
                        values={":ref": {ref}, ":one": 1, ":v": VERSION},
                    ),
                ]
            )
        except dynamodb.TransactionRefused:
            found = marks([ref], consistent=True).get(ref)
            if found is None or found.since is not None:
                return found.contact if found else contact
            held = dynamodb.get(table, (partition(contact), PROFILE))
            contact = (held or {}).get("into") or contact
        else:
            return contact
    raise identities.Contended(f"identity {ref} kept being written")
