"""Consent and suppression per address: contacts table, A#<hash of the address>.

H is the head: n (version), g.<topic>, w.<topic> or w.*, s.<reason>, r.<topic>, l.<reason>
(a suppression that was lifted), all moments in ms;
p and f (pause, frequency: when it arrived, what it said; absent without).
L#<event ref> are the entries, appended once and never changed: the proof. T#help says when a number was last
answered what it asked, T#ask when it was last asked to confirm; P is the browser's subscription that the address
stands for (tables/subscriptions).
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

from functions import clock, settings
from functions.aws import dynamodb
from functions.core import consent
from functions.core.consent import Change, Entry, Head
from functions.core.errors import Newer

SHAPE: Final = 3
"""Version of rows that say that a suppression was lifted."""
WISHES: Final = 2
"""Version of rows that say something of a pause or a frequency."""
PLAIN: Final = 1
"""Version of rows that say nothing of a pause or a frequency, which code of that version reads as well."""
ATTEMPTS: Final = 8
_SHAPES: Final = {"pause": WISHES, "frequency": WISHES, "lift": SHAPE}
_REGISTERS = (("g.", "granted"), ("w.", "withdrawn"), ("s.", "suppressed"), ("r.", "requested"), ("l.", "lifted"))


class Contended(RuntimeError):
    """Others kept writing the same address; the caller's event should come again."""


def head_key(address: str) -> dynamodb.Key:
    """Where the head of an address hash stands."""
    return f"A#{address}", "H"


def head(address: str) -> Head:
    """What the ledger of an address hash amounts to now (consistent read).

    Raises Newer.
    """
    item = dynamodb.get(settings.contacts_table(), head_key(address))
    return head_from(item) if item else Head()


def heads(hashes: Iterable[str], *, consistent: bool = True) -> dict[str, Head]:
    """What the ledgers of several address hashes amount to now, in one read. Raises Newer."""
    wanted = list(dict.fromkeys(hashes))
    rows = dynamodb.batch_get(settings.contacts_table(), map(head_key, wanted), consistent=consistent)
    found = ((address, rows.get(head_key(address))) for address in wanted)
    return {address: head_from(row) if row else Head() for address, row in found}


def append(address: str, entry: Entry) -> bool:
    """Add an entry to the ledger and its head in one transaction; False if the event is there already.

    Raises Contended after several lost races.
    """
    for attempt in range(ATTEMPTS):
        before = head(address)
        after = consent.fold(before, entry)
        try:
            dynamodb.transact([_entry_op(address, entry), _head_op(address, before, after)])
        except dynamodb.TransactionRefused as refused:
            if refused.reasons[0] == "ConditionalCheckFailed":
                return False
        else:
            return True
        clock.sleep(0.01 * 2**attempt)
    raise Contended(f"address {address} changed {ATTEMPTS} times")


def entry(address: str, ref: str) -> Entry | None:
    """What one event said about an address (consistent read)."""
    item = dynamodb.get(settings.contacts_table(), (f"A#{address}", f"L#{ref}"))
    return entry_from(item) if item else None


def entries(address: str) -> Iterator[Entry]:
    """The whole ledger of an address hash."""
    for item in dynamodb.query(settings.contacts_table(), f"A#{address}", begins="L#"):
        yield entry_from(item)


def erase(address: str, at: int, since: int | None = None) -> int:
    """Leave of a ledger what keeps mail from an address whose person was erased at `at` (ms): the
    withdrawal from everything, and suppressions, as moments without wording or source. How many entries went.

    What arrived from `since` on, when the person had come back, stays. Raises Contended.
    """
    table = settings.contacts_table()
    for attempt in range(ATTEMPTS):
        before = head(address)
        listed = list(entries(address))
        later = [entry for entry in listed if since is not None and entry.arrived >= since]
        withdrawn = {consent.EVERYTHING: max(at, before.withdrawn.get(consent.EVERYTHING, 0) if since is None else 0)}
        after = Head(before.version, {}, withdrawn, consent.suppressed(before))
        for entry in later:
            after = consent.fold(after, entry)
        after = replace(after, version=before.version + 1)
        if replace(after, version=before.version) != before:
            try:
                dynamodb.transact([_head_op(address, before, after)])
            except dynamodb.TransactionRefused:
                clock.sleep(0.01 * 2**attempt)
                continue
        # Whatever else the ledger's partition holds goes too: only the head and what came later may stay.
        kept = {"H", *(f"L#{entry.ref}" for entry in later)}
        gone = [row["sk"] for row in dynamodb.query(table, f"A#{address}") if row["sk"] not in kept]
        mine = {f"L#{entry.ref}" for entry in listed}
        for sk in gone:
            if sk in mine or not sk.startswith("L#"):
                dynamodb.delete(table, (f"A#{address}", sk))
        return len(gone)
    raise Contended(f"address {address} changed {ATTEMPTS} times")


def unchanged_op(address: str, head: Head) -> dict[str, Any]:
    """Inside a transaction: refuse it unless the head is still this one."""
    if head.version == 0:
        return dynamodb.check_op(settings.contacts_table(), head_key(address), "attribute_not_exists(pk)")
    return dynamodb.check_op(settings.contacts_table(), head_key(address), "n = :n", values={":n": head.version})


def _head_op(address: str, before: Head, after: Head) -> dict[str, Any]:
    item = head_item(address, after)
    if before.version == 0:
        return dynamodb.put_op(settings.contacts_table(), item, condition="attribute_not_exists(pk)")
    return dynamodb.put_op(settings.contacts_table(), item, condition="n = :n", values={":n": before.version})


def _entry_op(address: str, entry: Entry) -> dict[str, Any]:
    return dynamodb.put_op(settings.contacts_table(), entry_item(address, entry), condition="attribute_not_exists(pk)")


def head_item(address: str, head: Head) -> dynamodb.Item:
    """The item of a head."""
    pk, sk = head_key(address)
    wishes: dict[str, Any] = {key: list(said) for key, said in (("p", head.paused), ("f", head.frequency)) if said[0]}
    shape = SHAPE if head.lifted else WISHES if wishes else PLAIN
    item: dynamodb.Item = {"pk": pk, "sk": sk, "v": shape, "n": head.version, **wishes}
    for prefix, name in _REGISTERS:
        item |= {prefix + subject: moment for subject, moment in getattr(head, name).items()}
    return item


def entry_item(address: str, entry: Entry) -> dynamodb.Item:
    """The item of an entry."""
    about = {"language": entry.language, "release": entry.release, "page": entry.page}
    return {
        "pk": f"A#{address}",
        "sk": f"L#{entry.ref}",
        "v": max((_SHAPES.get(change.kind, PLAIN) for change in entry.changes), default=PLAIN),
        "at": entry.at,
        "rx": entry.arrived,
        "source": entry.source,
        "changes": [[change.kind, change.subject, change.wording] for change in entry.changes],
        **{name: value for name, value in about.items() if value},
    }


def head_from(item: dynamodb.Item) -> Head:
    """The head of an item. Raises Newer."""
    if item["v"] > SHAPE:
        raise Newer(f"address row of version {item['v']} is newer than this code reads")
    registers = {
        name: {key.removeprefix(prefix): moment for key, moment in item.items() if key.startswith(prefix)}
        for prefix, name in _REGISTERS
    }
    plain = Head()
    return Head(
        item["n"],
        registers["granted"],
        registers["withdrawn"],
        registers["suppressed"],
        registers["requested"],
        tuple(item.get("p", plain.paused)),
        tuple(item.get("f", plain.frequency)),
        registers["lifted"],
    )


def entry_from(item: dynamodb.Item) -> Entry:
    """The entry of an item. Raises Newer."""
    if item["v"] > SHAPE:
        raise Newer(f"ledger entry of version {item['v']} is newer than this code reads")
    changes = tuple(Change(kind, subject, wording) for kind, subject, wording in item["changes"])
    about = {name: item.get(name, "") for name in ("language", "release", "page")}
    return Entry(item["sk"].removeprefix("L#"), item["at"], item["rx"], item["source"], changes, **about)


def may_answer(address: str, now: int, every: int) -> bool:
    """Whether a number may be answered at `now` (ms) what it asked, once in `every` ms; noted as answered then."""
    return _once(address, "T#help", now, every)


def may_ask(address: str, now: int, every: int) -> bool:
    """Whether a number may be asked by text to confirm at `now` (ms), once in `every` ms; noted as asked then."""
    return _once(address, "T#ask", now, every)


def _once(address: str, what: str, now: int, every: int) -> bool:
    try:
        dynamodb.update(
            settings.contacts_table(),
            (f"A#{address}", what),
            "SET answered = :now, v = :v",
            condition="attribute_not_exists(answered) OR answered <= :before",
            values={":now": now, ":before": now - every, ":v": WISHES},
        )
    except dynamodb.ConditionFailed:
        return False
    return True
