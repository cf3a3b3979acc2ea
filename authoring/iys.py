"""Consent as Turkey's message register (İleti Yönetim Sistemi, İYS) takes it: one line for each change of mind."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from functions import releases, settings
from functions.aws import dynamodb
from functions.core import consent
from functions.core.cells import neutral
from functions.core.consent import COMPLAINT, Entry, Head
from functions.core.identity import EMAIL, hash_of, identity_ref
from functions.core.privacy import Iys
from functions.tables import addresses
from functions.tables.contacts import PROFILE, profile_from

COLUMNS = ("recipient", "recipientType", "type", "source", "status", "consentDate")
ISTANBUL = ZoneInfo("Europe/Istanbul")


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody began or ceased to agree to marketing by e-mail, at `at` (ms)."""

    recipient: str
    agreed: bool
    at: int


@dataclass(frozen=True, slots=True)
class Report:
    """The changes, and how many ledgers have no address to report them under (people who were erased)."""

    changes: tuple[Change, ...]
    nameless: int


def report(topics: Iterable[str], since: int) -> Report:
    """Every change of mind about any of the marketing `topics` from `since` (ms) on, in order of time."""
    wanted, pepper = tuple(topics), releases.keyring().pepper
    mailboxes: dict[str, str] = {}
    for row in _rows("sk = :sk", {":sk": PROFILE}):
        email = profile_from(row).email
        if ref := identity_ref(EMAIL, email, pepper):
            mailboxes[hash_of(ref)] = str(email)
    ledgers = {
        row["pk"].removeprefix("A#") for row in _rows("begins_with(pk, :a) AND sk = :h", {":a": "A#", ":h": "H"})
    }
    found = [
        change
        for address in sorted(ledgers & mailboxes.keys())
        for change in changes(mailboxes[address], addresses.entries(address), wanted)
        if change.at >= since
    ]
    return Report(tuple(sorted(found, key=lambda one: (one.at, one.recipient))), len(ledgers - mailboxes.keys()))


def changes(recipient: str, entries: Iterable[Entry], topics: Iterable[str]) -> Iterator[Change]:
    """When an address began to agree to any of these topics, and when it ceased to. A complaint is a refusal."""
    wanted, head, agreed = tuple(topics), Head(), False
    for entry in sorted(entries, key=lambda entry: (entry.arrived, entry.ref)):
        head = consent.fold(head, entry)
        now = any(consent.allowed(head, topic) for topic in wanted) and COMPLAINT not in head.suppressed
        if now != agreed:
            agreed = now
            yield Change(recipient, agreed, max(map(entry.moment, entry.changes)))


def as_csv(found: Iterable[Change], rules: Iys) -> str:
    """The file: the register's own names of fields and values; times are Turkey's."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for one in found:
        when = datetime.fromtimestamp(one.at / 1000, ISTANBUL).strftime("%Y-%m-%d %H:%M:%S")
        status = "ONAY" if one.agreed else "RET"
        # Anyone may have typed what a spreadsheet takes for a formula.
        writer.writerow((neutral(one.recipient), rules.recipients, "EPOSTA", rules.source, status, when))
    return text.getvalue()


def _rows(condition: str, values: Mapping[str, str]) -> Iterator[dynamodb.Item]:
    start: dynamodb.Key | None = None
    while True:
        rows, start = dynamodb.scan_page(
            settings.contacts_table(), start=start, limit=1000, condition=condition, values=values
        )
        yield from rows
        if start is None:
            return
