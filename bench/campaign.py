"""A campaign's two long jobs: counting an audience and deciding its messages, with memory that stays flat.

People are stored as intake leaves them: state, profile, consent, membership. CPU of this process, AWS's client
library included; the tables' own work is done in another. Who sends is not measured here.
"""

import contextlib
import gc
import io
import resource
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bench.house import House, house
from bench.report import Say
from functions import clock, releases
from functions.observability import metrics
from functions.send.pace import Turn
from functions.tables import campaigns
from functions.work import campaign_pace, jobs
from functions.work import campaigns as rooms
from functions.work.campaign_count import count_slice
from functions.work.campaign_send import send_slice
from functions.work.jobs import Job, Slice
from tests.audience import CAMPAIGN, rows_of, store, with_campaign

PEOPLE = 4_000


def run(say: Say, people: int = PEOPLE) -> dict[str, float]:
    """campaign_counted_per_s, campaign_intended_per_s: contacts by CPU seconds; campaign_growth_mb: what the process
    grew by from the second slice to the last."""
    with house() as cloud:
        cloud.publish(with_campaign(per_second=1000))
        releases.forget()
        campaign_pace._turn = Turn()
        store(cloud, (row for number in range(people) for row in rows_of(number)))
        with contextlib.redirect_stdout(io.StringIO()):
            counting, counted, grown = _through(cloud, rooms.COUNT, count_slice, people)
            run = campaigns.get(CAMPAIGN, "bench")
            assert run is not None
            assert run.people == people, run
            rooms.let_go(run, clock.now_ms())
            sending, intended, more = _through(cloud, rooms.SEND, send_slice, people)
            metrics.clear_metrics()
    say(f"{people} people: counted with {counting / people * 1e6:.0f} µs of CPU each, {counted:.0f} a second of time")
    say(f"decided and queued with {sending / people * 1e6:.0f} µs of CPU each, {intended:.0f} a second of time")
    say(f"the process grew by {max(grown, more):.1f} MB from the second slice to the last")
    return {
        "campaign_counted_per_s": people / counting,
        "campaign_intended_per_s": people / sending,
        "campaign_growth_mb": max(grown, more),
    }


def _through(cloud: House, kind: str, slice_: Callable[[Job, int], Slice], people: int) -> tuple[float, float, float]:
    """Do a run's whole job: CPU seconds, people a second by the clock, MB that Python grew."""
    if kind == rooms.COUNT:
        rooms.begin_on_request(CAMPAIGN, "bench", by="bench", now=clock.now_ms())
    run = campaigns.get(CAMPAIGN, "bench")
    assert run is not None
    job = jobs.get(rooms.job_id(run, kind))
    assert job is not None
    first, cpu, wall = 0.0, 0.0, 0.0
    while True:
        begun, by_the_clock = time.process_time(), time.monotonic()
        done = slice_(job, clock.now_ms())
        cpu, wall = cpu + time.process_time() - begun, wall + time.monotonic() - by_the_clock
        for queue in cloud.queues.by_name.values():
            queue.messages.clear()
        job = replace(job, start=done.next, slices=job.slices + 1, done=job.done + done.done)
        job = replace(job, notes=dict(Counter(job.notes) + Counter(done.notes)))
        if job.slices == 2:
            first = _megabytes()
        cloud.clock.now += done.delay * 1000
        if done.next is None:
            return cpu, people / wall, _megabytes() - first if first else 0.0


def _megabytes() -> float:
    """What this process holds in memory now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6
