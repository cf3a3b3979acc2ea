"""What a change of release means for people who do nothing: whether, and whose, standing may differ."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from functions.core.counters import Counter, Counters
from functions.core.definition import Definition
from functions.core.ids import digest
from functions.core.release import Release


def decides_otherwise(before: Release, after: Release) -> bool:
    """Whether anybody may stand elsewhere under `after`, by the facts that `before` counts as well."""
    return meanings(before) != meanings(after)


def meanings(release: Release) -> dict[str, str]:
    """For every line that people cross ("segment keen", "score interest", "journey win-back", "temperature", "grade",
    "stages") a text that differs wherever it may be crossed otherwise: its own rules and those of all that it
    refers to."""
    lines = dict(_lines(release))
    return {name: digest(release.sending.business.time_zone, *_whole(name, lines)) for name in lines}


def covers(have: Counters, need: Counters) -> bool:
    """Whether facts folded under `have` hold all that `need` counts."""
    if replace(have, by_id={}) != replace(need, by_id={}):
        return False
    return all(_holds(have.by_id.get(counter.id), counter) for counter in need.by_id.values())


def _holds(held: Counter | None, wanted: Counter) -> bool:
    if held is None or held.horizon < wanted.horizon or held.newest < wanted.newest:
        return False
    return held.first or not wanted.first


def _lines(release: Release) -> Iterator[tuple[str, Any]]:
    scoring = release.scoring
    for name, score in scoring.scores.items():
        yield f"score {name}", _rules(score, "title")
    if scoring.temperature is not None:
        yield "temperature", _rules(scoring.temperature)
    if scoring.grade is not None:
        yield "grade", _rules(scoring.grade)
    for name, segment in release.segments.items():
        yield f"segment {name}", _rules(segment, "title")
    for name, condition in release.lines.items():
        yield f"journey {name}", _rules(condition)
    if release.funnel.stages:
        stages = [_rules(stage, "title", "owner", "target") for stage in release.funnel.stages]
        yield "stages", [release.funnel.forward_only, stages]
    if scoring.tags:
        yield "tags", [_rules(rule) for rule in scoring.tags]


def _rules(definition: Definition, *besides: str) -> Any:
    return definition.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=set(besides))


def _whole(name: str, lines: Mapping[str, Any]) -> Iterator[str]:
    """The rules of a line and of every line below it, each once, in a stable order."""
    seen, ahead = set[str](), [name]
    while ahead:
        one = ahead.pop()
        if one not in seen:
            seen.add(one)
            ahead += sorted(_referred(lines.get(one)) & set(lines))
    for one in [name, *sorted(seen - {name})]:
        yield "" if one == name else one
        yield json.dumps(lines.get(one), sort_keys=True, ensure_ascii=False)


def _referred(value: Any) -> set[str]:
    """Names of lines that rules refer to."""
    if isinstance(value, list):
        return set().union(*map(_referred, value)) if value else set()
    if not isinstance(value, dict):
        return set()
    found = set().union(*map(_referred, value.values())) if value else set()
    for kind in ("segment", "score"):
        if isinstance(value.get(kind), str):
            found.add(f"{kind} {value[kind]}")
    for kind, line in (("temperature", "temperature"), ("grade", "grade"), ("stage", "stages"), ("tag", "tags")):
        if kind in value:
            found.add(line)
    return found
