"""Backfilling: bringing everybody to a release that was published, whoever they are and however quiet.

What its rules decide by facts that were there before is decided here, once, with the cause
"backfill". A contact that was touched meanwhile has been brought already, at the price of the
read that finds it so. The next release takes over from the one before.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Final

from functions import clock, releases
from functions.aws.dynamodb import Item
from functions.core.decisions import BACKFILL
from functions.core.journey_facts import journey_events_of
from functions.releases import Live
from functions.score.apply import ATTEMPTS, bring
from functions.tables import contacts, enrollments, events
from functions.tables.contacts import contact_of
from functions.tables.identities import Contended
from functions.work.backfills import JOURNEYS
from functions.work.jobs import Job, Slice
from functions.work.walk import walk

DECISIONS_A_SECOND: Final = 25
"""In one lane: more would keep journeys waiting for what people do at the same time."""
DECISIONS_PER_SLICE: Final = 500
UNDER_WAY_MS: Final = 190_000
"""So long after a release went live somebody may still work by the one before: no function runs for longer."""


def backfill_slice(job: Job, now: int) -> Slice:
    """Bring the next contacts to the live release, unless another has gone live since."""
    live = releases.live()
    if live.seq != job.seq:
        return Slice(0, {"superseded": 1}, None)
    begun, mark, journeys = clock.monotonic(), now < job.started + UNDER_WAY_MS, frozenset(job.about.get(JOURNEYS, ()))

    def each(row: Item) -> Mapping[str, int]:
        if "into" in row:
            return {}
        if journeys:
            _record(contact_of(row["pk"]), journeys)
        if row.get("seq", 0) >= live.seq and row.get("spec") == live.counters.spec:
            return {"contacts": 1, "already": 1}
        return _bring(contact_of(row["pk"]), live, mark)

    done = walk(job, each, enough={"decisions": DECISIONS_PER_SLICE})
    pause = done.notes.get("decisions", 0) / DECISIONS_A_SECOND - (clock.monotonic() - begun)
    return Slice(done.done, done.notes, done.next, delay=max(done.delay, min(900, int(pause))))


def _record(contact: str, journeys: Collection[str]) -> None:
    """Insert what a contact's runs of these journeys leave behind; nobody asked about them when they began or ended.

    Facts follow by way of the stream, or by the rebuild that comes next.
    """
    runs = [run for run in (*enrollments.earlier(contact), *enrollments.of(contact)) if run.journey in journeys]
    found = [event for run in runs for event in journey_events_of(run, cause=BACKFILL, received=clock.now_ms())]
    if found:
        events.insert(found, releases.keyring().keep)


def _bring(contact_id: str, live: Live, mark: bool) -> Mapping[str, int]:
    for _ in range(ATTEMPTS):
        contact = contacts.load([contact_id])[contact_id]
        if contact.state.merged_into is not None:
            return {}
        if (brought := bring(contact, live, clock.now_ms(), mark=mark)) is not None:
            made = Counter(one.kind for one in brought.decisions if one.kind != "wake")
            counted = {"contacts": 1, "rebuilt": int(brought.rebuilt), "decisions": made.total()}
            return counted | {f"decisions {kind}": count for kind, count in made.items()}
    raise Contended(f"contact {contact_id} kept changing")
