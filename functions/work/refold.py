"""Refolding: who it was judged anew, and facts made anew from events, slice by slice over the contacts table."""

from collections import Counter

from functions import settings
from functions.aws import dynamodb
from functions.score.apply import Rebuilt, refold
from functions.tables import contacts
from functions.tables.contacts import STATE, contact_of
from functions.work.jobs import Job, Slice
from functions.work.judge import judge_again

ROWS_PER_SLICE = 500


def refold_one(contact_id: str, now: int) -> Rebuilt | None:
    """Judge and count one contact anew, under the rules of the day; None if it was merged into another."""
    judge_again(contacts.load([contact_id])[contact_id], now)
    return refold(contact_id, now)


def refold_slice(job: Job, now: int) -> Slice:
    """Rebuild the contacts among the next rows; notes count changed and differing ones."""
    rows, following = dynamodb.scan_page(
        settings.contacts_table(),
        start=job.start,
        limit=ROWS_PER_SLICE,
        condition="sk = :state",
        values={":state": STATE},
    )
    notes: Counter[str] = Counter()
    for row in rows:
        rebuilt = refold_one(contact_of(row["pk"]), now)
        if rebuilt is not None:
            notes["contacts"] += 1
            notes["changed"] += rebuilt.changed
            notes["differing"] += len(rebuilt.differing)
    return Slice(len(rows), dict(notes), following)
