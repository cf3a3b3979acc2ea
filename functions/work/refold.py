"""Refolding: who it was judged anew, and facts made anew from events, slice by slice over the contacts table."""

from collections import Counter

from functions import clock
from functions.aws.dynamodb import Item
from functions.score.apply import Rebuilt, refold
from functions.tables import contacts
from functions.tables.contacts import contact_of
from functions.work.jobs import Job, Slice
from functions.work.judge import judge_again
from functions.work.walk import walk


def refold_one(contact_id: str, now: int) -> Rebuilt | None:
    """Judge and count one contact anew, under the rules of the day; None if it was merged into another."""
    judge_again(contacts.load([contact_id])[contact_id], now)
    return refold(contact_id, now)


def refold_slice(job: Job, now: int) -> Slice:
    """Rebuild the contacts among the next rows; notes count changed and differing ones."""

    def each(row: Item) -> Counter[str]:
        rebuilt = refold_one(contact_of(row["pk"]), clock.now_ms())
        if rebuilt is None:
            return Counter()
        return Counter(contacts=1, changed=int(rebuilt.changed), differing=len(rebuilt.differing))

    return walk(job, each)
