"""A campaign of 100,000 mails, prepared by two workers on two processors: written down, queued, read, decided,
composed, begun, handed over, noted. Everything is real up to the bytes of each request, which pretended.py answers.
"""

import contextlib
import gc
import io
import json
import multiprocessing
import os
import random
import resource
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from types import SimpleNamespace
from typing import Any, Final

from bench.metered import plain
from bench.people import TRAITS
from bench.report import Say

MAILS: Final = int(os.environ.get("SENDING_MAILS", "100000"))
PROCESSES: Final = 2
HISTORIES: Final = 100
"""So many different histories, of 50 events in the median, are shared out among the contacts."""
SLICE: Final = 1_000
"""So many messages are written down and queued in one slice of work."""
NOW: Final = 1_795_500_000_000
DAY_MS: Final = 86_400_000
PEPPER: Final = b"p" * 32
SIGNING: Final = (b"s" * 32,)
HEAD: Final = '{"pk":{"S":"%s"},"sk":{"S":"H"},"v":{"N":"1"},"n":{"N":"1"},"g.tips":{"N":"1790000000000"}}'
PARTS: Final = ("write down", "queue", "read", "decide", "compose", "commit", "hand over", "note")


def run(say: Say) -> dict[str, float]:
    """prepared_messages_per_minute, sending_cpu_ms, sending_memory_growth_mb."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(PROCESSES)
    started = []
    for number in range(PROCESSES):
        ours, theirs = context.Pipe()
        process = context.Process(target=_worker, args=(theirs, barrier, number, MAILS // PROCESSES), daemon=True)
        process.start()
        started.append((process, ours))
    found = [pipe.recv() for _, pipe in started]
    for process, _ in started:
        process.join()
    mails = sum(one["mails"] for one in found)
    # No message is missing from what was taken, so none was taken twice.
    assert mails == MAILS // PROCESSES * PROCESSES, mails
    busiest = max(one["cpu"] for one in found)
    wall = max(one["wall"] for one in found)
    per_mail = 1000 * sum(one["cpu"] for one in found) / mails
    say(f"{mails:,} messages counted by the transport, each once, by {PROCESSES} processes; the welcome of marketing/")
    say(f"history of the contacts: {found[0]['events']} events in the median, state row {found[0]['state']:,} bytes, ")
    say(f"profile {found[0]['profile']:,}; a mail of {found[0]['mail']:,} bytes with {found[0]['links']} signed links")
    for part in PARTS:
        say(f"{part:>12}: {1000 * sum(one['parts'][part] for one in found) / mails:.3f} ms of CPU a message")
    own = 1000 * sum(one["own"] for one in found) / mails
    say(f"     in all: {per_mail:.3f} ms; the pretended AWS took {own:.3f} ms more, which is left out, as are sockets")
    calls = ", ".join(f"{count / mails:.3f} {name}" for name, count in _sum(found, "calls").items())
    say(f"AWS calls a message: {calls}")
    say(f"memory of a worker: {found[0]['before']:.0f} MB before, {found[0]['after']:.0f} MB after")
    say(f"by the clock, with whatever else this machine does: {mails / wall * 60:,.0f} a minute")
    return {
        "prepared_messages_per_minute": mails / busiest * 60,
        "sending_cpu_ms": per_mail,
        "sending_memory_growth_mb": max(one["after"] - one["before"] for one in found),
    }


def _sum(found: list[dict[str, Any]], name: str) -> Counter[str]:
    total: Counter[str] = Counter()
    for one in found:
        total.update(one[name])
    return Counter(dict(total.most_common()))


def _worker(pipe: Connection, barrier: Barrier, number: int, mails: int) -> None:
    os.environ.update(
        AWS_ACCESS_KEY_ID="none",
        AWS_SECRET_ACCESS_KEY="none",
        AWS_DEFAULT_REGION="eu-west-1",
        CONTACTS_TABLE="contacts",
        BUCKET="bucket",
        SEND_QUEUE_URL="https://sqs.eu-west-1.amazonaws.com/123456789012/send",
        ASIDE_QUEUE_URL="https://sqs.eu-west-1.amazonaws.com/123456789012/aside",
        CONFIGURATION_SET="samovar",
        PUBLIC_URL="https://abcdefghij.execute-api.eu-west-1.amazonaws.com",
        POWERTOOLS_SERVICE_NAME="send",
        POWERTOOLS_METRICS_NAMESPACE="Samovar",
    )
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        pipe.send(_measured(barrier, number, mails, printed))


def _measured(barrier: Barrier, number: int, mails: int, printed: io.StringIO) -> dict[str, Any]:
    from functions import clock
    from functions.send import handler as room

    world = _World(number)
    watch = _Watch(world)
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)
    clock.now_ms = lambda: NOW
    # Once before anything counts: templates compiled, clients and threads made.
    _slice(room.handler, context, world, range(mails, mails + SLICE))
    world.aws.calls.clear()
    world.aws.spent = 0.0
    watch.forget()
    printed.seek(0)
    printed.truncate()
    gc.collect()
    before = _megabytes()
    barrier.wait()
    wall, cpu, taken = time.perf_counter(), time.process_time(), 0
    for start in range(0, mails, SLICE):
        taken += _slice(room.handler, context, world, range(start, min(mails, start + SLICE)))
        printed.seek(0)
        printed.truncate()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    own = world.aws.spent
    return {
        "mails": taken,
        "cpu": cpu - own,
        "own": own,
        "wall": wall,
        "parts": watch.parts,
        "calls": dict(world.aws.calls),
        "before": before,
        "after": _megabytes(),
        **world.about,
        **watch.about,
    }


def _megabytes() -> float:
    # Of the present, not of the most there was.
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20


def _slice(handler: Callable[..., Any], context: Any, world: "_World", numbers: range) -> int:
    """Write a slice's messages down, queue and send them, until nothing is left of them; how many mails were taken."""
    ids, bodies = _work(world, numbers)
    _send(handler, context, world, bodies)
    return world.aws.forget(ids)


def _work(world: "_World", numbers: range) -> tuple[set[str], list[str]]:
    """Write a slice's messages down and queue them: their ids, and the bodies that the queue hands on."""
    from functions.core import campaign
    from functions.core.message import intended
    from functions.send import queue
    from functions.tables import messages

    decided = [
        intended(
            id=campaign.message_id("spring", "20261125t0900", world.contact(number)),
            contact=world.contact(number),
            journey=campaign.journey_of("spring"),
            step="20261125t0900",
            template="welcome",
            topic="tips",
            release=world.release_id,
            now=NOW,
            expires=NOW + 2 * DAY_MS,
        )
        for number in numbers
    ]
    messages.intend_many(decided)
    queue.enqueue_many([(message.contact, message.id) for message in decided])
    bodies, world.aws.bodies = world.aws.bodies, []
    return {message.id for message in decided}, bodies


def _send(handler: Callable[..., Any], context: Any, world: "_World", bodies: list[str]) -> None:
    """Hand the bodies to send, ten at a time."""
    for start in range(0, len(bodies), 10):
        records = [{"messageId": str(place), "body": body} for place, body in enumerate(bodies[start : start + 10])]
        assert handler({"Records": records}, context) == {"batchItemFailures": []}
    assert world.aws.bodies == []


class _World:
    """The release, the contacts, and what stands about them, all made from a number."""

    def __init__(self, number: int) -> None:
        from bench.pretended import Pretended
        from functions import releases
        from functions.core.release import Release, release_id
        from functions.publish import keyring
        from functions.releases import Keyring
        from tests.cloud import marketing

        content = json.loads(marketing())
        content["sending"]["rate_per_second"] = 1000
        self.release = Release.model_validate(content)
        self.release_id = release_id(marketing())
        # The release is read from S3 once in the life of a worker.
        releases.by_id = lambda _: self.release  # type: ignore[assignment]
        self.number, self._keys = number, json.dumps(_item(keyring.to_row(Keyring(PEPPER, SIGNING, ()), NOW)))
        self._make_histories()
        self.aws = Pretended(self._row)
        self.aws.attach()

    def contact(self, number: int) -> str:
        """The opaque id of a contact."""
        return f"{self.number}{number:025d}"

    def _make_histories(self) -> None:
        from functions import bots
        from functions.core.contact import Contact, Profile, State
        from functions.core.counters import counters
        from functions.core.event import Event
        from functions.core.facts import rebuild
        from functions.tables import contacts

        counted = counters(self.release, [], bots.version(self.release.bots))
        chance = random.Random(11)
        rules = self.release.scoring.scores["interest"].rules
        self._states, events = [], []
        for _ in range(HISTORIES):
            past, source = [], f"anonymous#{chance.randbytes(13).hex()}"
            many = max(3, int(chance.lognormvariate(3.91, 0.9)))
            for _ in range(many):
                at, when = NOW - chance.randrange(200 * DAY_MS), chance.choice(rules).when
                properties = {**when.where, **({"form": when.form} if when.form else {})}
                past.append(Event(source, chance.randbytes(8).hex(), at, at, at, "track", when.event, properties))
            lived = rebuild(Contact(State("@"), Profile("@", identities=(source,))), past, counted)
            row = contacts.state_row(replace(lived.state, version=7, release=3), ())
            self._states.append(json.dumps(_item(row)).replace("C#@", "%s"))
            events.append(many)
        self._profile = json.dumps(_item(self._profile_row())).replace("C#@", "%s").replace("@@", "%s")
        self.about = {
            "events": sorted(events)[HISTORIES // 2],
            "state": sum(map(len, self._states)) // HISTORIES,
            "profile": len(self._profile),
        }

    def _profile_row(self) -> dict[str, Any]:
        from functions.core.contact import Moment, Profile, Rank
        from functions.tables import contacts

        traits = {**TRAITS, "email": "ada.celik.@@@example.com", "favourite": "Oolong"}
        ranked = {name: (Rank(True, Moment(NOW - DAY_MS, 5)), value) for name, value in traits.items()}
        refs = ("email#" + "a" * 26, "anonymous#" + "b" * 26, "user#" + "c" * 26)
        return contacts.profile_row(Profile("@", 3, ranked, refs), 4)

    def _row(self, pk: str, sk: str) -> str | None:
        if pk.startswith("C#") and sk == "S":
            return self._states[int(pk[-4:]) % HISTORIES].replace("%s", pk)
        if pk.startswith("C#") and sk == "P":
            return self._profile.replace("%s", pk, 1).replace("%s", pk[2:])
        if pk.startswith("A#") and sk == "H":
            return HEAD % pk
        return self._keys if pk == "X#keys" else None


def _item(row: dict[str, Any]) -> dict[str, Any]:
    from functions.aws.attributes import to_item

    made: dict[str, Any] = plain(to_item(row))
    return made


class _Watch:
    """Takes the CPU of each part, without what the pretended AWS spends in it."""

    def __init__(self, world: _World) -> None:
        from functions.core import policy
        from functions.send import commit, deliver, outcome, queue
        from functions.send.channels import email
        from functions.send.gather import Facts
        from functions.tables import messages

        self._world = world
        self.about: dict[str, int] = {}
        self.forget()
        for part, owner, name in (
            ("write down", messages, "intend_many"),
            ("queue", queue, "enqueue_many"),
            ("read", deliver, "look"),
            ("read", deliver, "gather"),
            ("decide", Facts, "case"),
            ("decide", policy, "decide"),
            ("compose", deliver, "compose_for"),
            ("commit", commit, "begin"),
            ("hand over", email._Email, "hand_over"),
            ("hand over", outcome, "_answers"),
            ("note", outcome, "_note"),
        ):
            setattr(owner, name, partial_of(self, part, getattr(owner, name)))

    def forget(self) -> None:
        self.parts = dict.fromkeys(PARTS, 0.0)

    def timed(self, part: str, act: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        aws = self._world.aws
        begun, own = time.thread_time(), aws.spent_here
        made = act(*arguments, **named)
        if part == "hand over" and not isinstance(made, str):
            made = list(made)
        self.parts[part] += time.thread_time() - begun - (aws.spent_here - own)
        if part == "compose" and not self.about:
            self.about |= {"mail": len(made.composed.raw), "links": made.links}
        return made


def partial_of(watch: _Watch, part: str, act: Callable[..., Any]) -> Callable[..., Any]:
    """`act`, timed; bound to its owner where that is a class."""

    def timed(*arguments: Any, **named: Any) -> Any:
        return watch.timed(part, act, *arguments, **named)

    return timed
