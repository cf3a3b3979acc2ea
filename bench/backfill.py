"""How many contacts a second one lane brings to a release that counts what was not counted before.

Each contact has fifty events behind it, all of which are read and folded anew, every line is decided
again, and what moved is written. CPU of this process, AWS's client library included; the tables' own
work is done in another.
"""

import contextlib
import gc
import io
import json
import random
import time
from collections import Counter
from typing import Any

from bench.house import House, house
from bench.people import iso
from bench.report import Say
from bench.traffic import call
from functions import clock, releases
from functions.aws import session
from functions.core.release import Release, canonical
from functions.observability import metrics
from functions.tables import releases as moves
from functions.work.backfill import backfill_slice
from functions.work.jobs import Job
from tests.cloud import marketing

CONTACTS = 60
EVENTS_EACH = 50
RUNS = 3
"""Of so many runs the one with least CPU counts: they differ by what other programs do to it."""
WORK_VCPU = 1024 / 1769
"""The share of a processor that `work` has, by its memory."""


def run(say: Say) -> dict[str, float]:
    """backfill_contacts_per_s: contacts by CPU seconds of one processor."""
    with house() as cloud:
        _live_through(cloud)
        with contextlib.redirect_stdout(io.StringIO()):
            runs = [_backfilled(cloud, number) for number in range(RUNS)]
            metrics.clear_metrics()
    cpu, calls, notes = min(runs, key=lambda one: one[0])
    assert notes["rebuilt"] == notes["contacts"] == CONTACTS, notes
    each = ", ".join(f"{count / CONTACTS:.2f} {name}" for name, count in sorted(calls.items()))
    say(f"{CONTACTS} contacts with {EVENTS_EACH} events each, all counted anew; {notes['decisions']} lines crossed")
    say(f"AWS calls a contact: {each}")
    say(f"CPU: {cpu / CONTACTS * 1000:.2f} ms a contact, {cpu / CONTACTS / EVENTS_EACH * 1e6:.0f} µs an event")
    rate = CONTACTS / cpu
    say(f"at work's {WORK_VCPU:.2f} of a processor: {rate * WORK_VCPU:.0f} contacts a second and lane, waiting aside")
    return {"backfill_contacts_per_s": rate}


def _live_through(cloud: House) -> None:
    chance = random.Random(23)
    for person in range(CONTACTS):
        for _ in range(EVENTS_EACH // 10):
            batch = [call(chance, person, iso(cloud.clock.now - chance.randrange(30 * 86_400_000))) for _ in range(10)]
            assert cloud.call("batch", batch=batch)["statusCode"] == 200
    cloud.settle()


def _backfilled(cloud: House, number: int) -> tuple[float, Counter[str], dict[str, int]]:
    """Publish a segment of those who did what nobody counted yet, and bring everybody: CPU seconds, calls, notes."""
    content = json.loads(marketing())
    paths = [f"/{kind}-{number}" for kind in ("oolong", "puerh")] + ["/gift-sets"]
    for place, path in enumerate(paths):
        seen = {"event": "Page Viewed", "where": {"path": path}, "at_least": 2, "within": "60 days"}
        content["segments"][f"fans-{number}-{place}"] = {"when": seen}
    cloud.publish(canonical(Release.model_validate(content)))
    releases.forget()
    pointer = moves.live()
    assert pointer is not None
    calls: Counter[str] = Counter()
    events, job = session.client("dynamodb").meta.events, Job("bench", "backfill", 0, seq=pointer.seq)
    notes: Counter[str] = Counter()

    def called(model: Any, **_: Any) -> None:
        calls[model.name] += 1

    cloud.wire.detach()
    events.register("before-call.dynamodb", called)
    gc.collect()
    try:
        begun = time.process_time()
        while True:
            done = backfill_slice(job, clock.now_ms())
            notes.update(done.notes)
            if done.next is None:
                return time.process_time() - begun, calls, dict(notes)
            job = Job(job.id, job.kind, 0, done.next, seq=job.seq)
    finally:
        events.unregister("before-call.dynamodb", called)
        cloud.wire.attach()
