"""What an import reads of a deployment and writes to it. Each call may be made from several threads."""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Final, Protocol

from authoring.importing.decide import Known, addresses_in, without_undos
from functions import clock, releases, settings
from functions.aws import dynamodb
from functions.core.consent import Entry
from functions.core.event import Event
from functions.tables import addresses, contacts, events, identities, imports, tombstones
from functions.tables.contacts import PROFILE, partition

ATTEMPTS: Final = 7


class Busy(ValueError):
    """DynamoDB refused writes for so long that it is better to go on later."""

    def __init__(self, why: object) -> None:
        super().__init__(f"DynamoDB takes no more at the moment ({why}): start the same again, it goes on where it was")


class Stores(Protocol):
    """Where rows go, and what is known before."""

    def known(self, refs: Iterable[str], *, heads: bool) -> Known:
        """What is stored about identities; with `heads`, what ledgers say of their addresses."""

    def append(self, address: str, entry: Entry) -> None:
        """Add an entry to a ledger, once."""

    def insert(self, found: Sequence[Event]) -> list[bool]:
        """Store events; whether each was new."""


class Tables:
    """The deployment that this process is connected to."""

    def known(self, refs: Iterable[str], *, heads: bool) -> Known:
        """See Stores. Not consistent: score decides whose an event is, and it looks again."""
        wanted, table = set(refs), settings.contacts_table()
        keys = [identities.key(ref) for ref in wanted]
        ledgers = {addresses.head_key(hash): hash for hash in addresses_in(wanted)} if heads else {}
        rows = dynamodb.batch_get(table, [*keys, *ledgers], consistent=False)
        found = identities.among(rows)
        owners = {ref: known.contact for ref, known in found.items() if not known.forgotten}
        stored = dynamodb.batch_get(
            table, [(partition(contact), PROFILE) for contact in set(owners.values())], consistent=False
        )
        survivors: dict[str, str] = {}
        profiles = {}
        for contact in set(owners.values()):
            row = stored.get((partition(contact), PROFILE))
            if row is not None and not row.get("into"):
                survivors[contact], profiles[contact] = contact, contacts.profile_from(row)
            else:
                survivor = contacts.surviving(contact)
                survivors[contact], profiles[survivor.id] = survivor.id, survivor.profile
        said = {hash: addresses.head_from(rows[key]) for key, hash in ledgers.items() if key in rows}
        return Known(
            {ref: survivors[contact] for ref, contact in owners.items()},
            tombstones.among(rows.values()),
            profiles,
            said,
            {
                hash: without_undos(head, addresses.entries(hash))
                for hash, head in said.items()
                if head.withdrawn and self._undone
            },
        )

    @cached_property
    def _undone(self) -> bool:
        """Whether any import was taken back: only then withdrawals may be nobody's."""
        return any(one.state in ("undoing", "undone") for one in imports.every())

    def append(self, address: str, entry: Entry) -> None:
        """See Stores. Raises Busy."""
        for attempt in range(ATTEMPTS):
            try:
                addresses.append(address, entry)
            except addresses.Contended as error:
                if attempt == ATTEMPTS - 1:
                    raise Busy(error) from None
                clock.sleep(0.2 * 2**attempt)
            else:
                return

    def insert(self, found: Sequence[Event]) -> list[bool]:
        """See Stores. Events stay for as long as the live release keeps those of people. Raises Busy."""
        keep = releases.keyring().keep
        for attempt in range(ATTEMPTS):
            try:
                return events.insert(found, keep)
            except RuntimeError as error:
                # A table that was quiet takes a while to take so much: what stands already stays as it is.
                if attempt == ATTEMPTS - 1:
                    raise Busy(error) from None
                clock.sleep(0.2 * 2**attempt)
        raise AssertionError("the last attempt returns or raises")


class Looking(Tables):
    """The same, for a look at what would happen: nothing is written."""

    def append(self, address: str, entry: Entry) -> None:
        """Write nothing."""

    def insert(self, found: Sequence[Event]) -> list[bool]:
        """Write nothing."""
        return [True] * len(found)
