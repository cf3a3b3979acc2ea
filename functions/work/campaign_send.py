"""Sending a run: its frozen list becomes messages, no more than a minute of them ahead of those who send.

Guarantees. How far it is, is noted when the messages stand in the ledger and on the queue: whoever is killed
before that decides the same messages again, which are the same rows, and what is queued twice is sent once. What a
pause or a cancellation finds on the queue, deciding again at the moment of sending holds back or withholds.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Final

from functions import clock, releases, settings
from functions.aws import dynamodb
from functions.core import policy, runs
from functions.core.campaign import Campaign, place_of
from functions.core.release import Release
from functions.core.runs import Cursor, Run, cursor_from
from functions.observability import metric
from functions.send.queue import enqueue_many
from functions.tables import audiences, campaigns, contacts, messages, pauses
from functions.tables.audiences import Piece
from functions.tables.contacts import STATE, partition
from functions.work.campaign_count import message_of
from functions.work.campaign_pace import per_second
from functions.work.campaigns import RUN, cancelled, changed
from functions.work.jobs import Job, Slice

STEP: Final = 250
"""Messages that are decided at once."""
CAREFUL: Final = 25
"""The same where a slice died before."""
SLICE_S: Final = 20
PAUSED_S: Final = 300
"""A run that is held looks so often whether it may go on; resuming it by name makes it look at once."""
LONGEST_S: Final = 900


def send_slice(job: Job, now: int) -> Slice:
    """Decide the next messages of a run, as many as there is room for."""
    campaign, run_id = job.about[RUN]
    run = campaigns.get(campaign, run_id)
    if run is None or run.state != "sending":
        return Slice(0, {}, None)
    release, place, held = releases.by_id(run.release), place_of(campaign, run_id), pauses.get()
    definition = release.campaigns[campaign]
    start = job.start or Cursor(min(map(int, run.parts), default=run.at)).to_key()
    if place in held.cancelled:
        # Whoever cancelled it died before the run was told.
        cancelled(run, "cancelled", now)
        return Slice(0, {}, None)
    topic = policy.topic_of(release, definition.topic)
    pause = held.holding(place, transactional=topic is not None and topic.transactional, now=now)
    if pause is not None:
        wait = PAUSED_S if pause.until is None else min(PAUSED_S, -(-(pause.until - now) // 1000))
        return Slice(0, {}, start, delay=wait)
    sending = _Sending(run, release, definition, cursor_from(start), CAREFUL if job.careful else STEP)
    sending.go_on(once=job.careful)
    if sending.cursor is None:
        total = Counter(job.notes) + sending.notes
        done = {"intended": total["intended"], "missed": total["missed"]}
        changed(
            run, lambda found: runs.finish(found, **done, now=clock.now_ms()) if found.state == "sending" else found
        )
        metric("CampaignsSent")
        return Slice(sending.done, dict(sending.notes), None)
    return Slice(sending.done, dict(sending.notes), sending.cursor.to_key(), delay=sending.delay)


def _finished(run: Run, notes: Counter[str]) -> Run:
    if run.state != "sending":
        return run
    return runs.finish(run, intended=notes["intended"], missed=notes["missed"], now=clock.now_ms())


@dataclass(slots=True)
class _Sending:
    """What one slice does. `cursor` is None when the run is through; `delay` is how long the next slice waits (s)."""

    run: Run
    release: Release
    definition: Campaign
    cursor: Cursor | None
    step: int
    done: int = 0
    delay: int = 0
    notes: Counter[str] = field(default_factory=Counter)
    _piece: tuple[int, Piece] | None = None

    def go_on(self, *, once: bool) -> None:
        """Decide messages until there is no room, nobody's moment has come, or the time is up."""
        rate, stop = per_second(self.definition, self.release), clock.monotonic() + SLICE_S
        while (cursor := self.cursor) is not None:
            now = clock.now_ms()
            if cursor.chunk >= self.run.chunks:
                self.cursor = self._next_part(cursor)
                continue
            if cursor.part > now:
                self.delay = min(LONGEST_S, -(-(cursor.part - now) // 1000))
                return
            ids = self._entries(cursor)
            if not ids:
                self.cursor = replace(cursor, chunk=cursor.chunk + 1, entry=0)
                continue
            if self._over(cursor) < now:
                self.notes["missed"] += len(ids)
                self.done += len(ids)
                self.cursor = replace(cursor, entry=cursor.entry + len(ids))
                continue
            room = runs.room(cursor.clear, rate, now)
            if room == 0:
                self.delay = min(LONGEST_S, runs.rest(cursor.clear, rate, now))
                return
            batch = ids[: min(room, self.step)]
            self._decide(batch, cursor, now)
            clear = runs.queued(cursor.clear, len(batch), rate, now)
            self.cursor = replace(cursor, entry=cursor.entry + len(batch), clear=clear)
            if once or clock.monotonic() >= stop:
                return

    def _over(self, cursor: Cursor) -> int:
        return (cursor.part if self.definition.local else self.run.at) + self.definition.expires * 1000

    def _next_part(self, cursor: Cursor) -> Cursor | None:
        later = [int(at) for at in self.run.parts if int(at) > cursor.part]
        return Cursor(min(later), clear=cursor.clear) if later else None

    def _entries(self, cursor: Cursor) -> list[str]:
        """The rest of the part's people in the chunk."""
        if self._piece is None or self._piece[0] != cursor.chunk:
            self._piece = cursor.chunk, audiences.get(self.run.campaign, self.run.run, cursor.chunk)
        return self._piece[1].parts.get(cursor.part, [])[cursor.entry :]

    def _decide(self, ids: list[str], cursor: Cursor, now: int) -> None:
        """The ledger first, then the queue: a second copy there finds in the ledger that nothing is left to do."""
        people = _survivors(ids)
        many = [message_of(self.run, self.release, one, at=cursor.part, now=now) for one in people]
        messages.intend_many(many)
        enqueue_many([(message.contact, message.id) for message in many])
        self.done += len(ids)
        self.notes["intended"] += len(many)


def _survivors(ids: list[str]) -> list[str]:
    """Who these are by now, each once: those they were merged into, and nobody for the erased."""
    rows = dynamodb.batch_get(
        settings.contacts_table(), [(partition(one), STATE) for one in ids], consistent=False, only=("into",)
    )
    found: dict[str, None] = {}
    for one in ids:
        into = rows.get((partition(one), STATE), {}).get("into")
        if into:
            survivor = contacts.surviving(one)
            if not survivor.state.erased:
                found[survivor.id] = None
        elif into is None:
            found[one] = None
    return list(found)
