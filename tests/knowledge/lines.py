"""Which lines a person crosses at a moment, by the oracle."""

from __future__ import annotations

from functions.core.contact import Standing
from tests.knowledge.oracle import Oracle

Line = tuple[str, str, str, str]
"""Kind, name, before, after."""


def stand(oracle: Oracle, now: int, held: Standing) -> tuple[Standing, list[Line]]:
    """Where a person stands at `now` (ms) who was held to stand elsewhere, and which lines lie between.

    Raises Undecided.
    """
    moment = oracle.moment(now, held)
    temperature, grade, stage = oracle.temperature(moment), oracle.grade(moment), oracle.stage(moment)
    lines: list[Line] = []
    for kind, before, after in (
        ("temperature", held.temperature, temperature),
        ("grade", held.grade, grade),
        ("stage", held.stage, stage),
    ):
        if before != after:
            lines.append((kind, kind, before, after))
    segments = dict(held.segments)
    for name, segment in oracle.release.segments.items():
        holds = oracle.ask(segment.when, now, held)
        if holds and name not in segments:
            segments[name] = now
            lines.append(("segment", name, "out", "in"))
        elif not holds and name in segments:
            del segments[name]
            lines.append(("segment", name, "in", "out"))
    stages = {**held.stages, stage: now} if stage and stage != held.stage else held.stages
    since = now if temperature != held.temperature else held.since
    return Standing(temperature, since, segments, grade, stage, stages), sorted(lines)
