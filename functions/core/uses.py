"""Where a release names a segment: in conditions, in what starts a journey, in whom a campaign is for. Pure.

Every definition is gone through whatever it consists of, so that a new kind of condition or file is found as well.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from functions.core.campaign import Campaign
from functions.core.conditions import SegmentCondition
from functions.core.journey import Schedule
from functions.core.release import Release


@dataclass(frozen=True, slots=True)
class Use:
    """Something that names a segment: its kind, what it is called now ("" for what there is one of), and its title."""

    kind: str
    name: str
    title: str


def uses_of(segment: str, release: Release) -> list[Use]:
    """Whatever names the segment that is stored as `segment`."""
    return [
        Use(kind, release.present_name(kind, id) if id else "", getattr(held, "title", ""))
        for kind, id, held in _definitions(release)
        if not (kind == "segment" and id == segment) and _names(held, segment)
    ]


def _definitions(release: Release) -> Iterator[tuple[str, str, Any]]:
    by_kind: Mapping[str, Mapping[str, Any]] = {
        "segment": release.segments,
        "journey": release.journeys,
        "campaign": release.campaigns,
        "page": release.pages,
        "popup": release.popups,
        "email": release.emails,
        "score": release.scoring.scores,
    }
    for kind, held in by_kind.items():
        for id, one in held.items():
            yield kind, id, one
    for stage in release.funnel.stages:
        yield "stage", stage.id, stage
    yield "grade", "", release.scoring.grade


def _names(held: Any, segment: str) -> bool:
    match held:
        case SegmentCondition() | Schedule():
            return held.segment == segment
        case Campaign():
            return segment in (held.to, *held.except_)
        case BaseModel():
            return _any((getattr(held, name) for name in type(held).model_fields), segment)
        case Mapping():
            return _any(held.values(), segment)
        case list() | tuple():
            return _any(held, segment)
        case _:
            return False


def _any(parts: Iterable[Any], segment: str) -> bool:
    return any(_names(part, segment) for part in parts)
