"""Segments of Amazon Pinpoint as text for segments.yaml, to be looked through; what has no like here is named.

Written after the Pinpoint API reference: SegmentGroups has Include (ALL, ANY, NONE) and Groups; a group has Dimensions
with Type (ALL, ANY, NONE), and SourceSegments with SourceType; a dimension has Attributes, UserAttributes, Metrics,
Location, Demographic and Behavior.Recency. `aws pinpoint get-segments` wraps them in SegmentsResponse.Item.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, timedelta
from io import StringIO
from typing import Any, Final

from ruamel.yaml import YAML

from authoring.importing.mapping import trait_name
from functions.core.ids import digest

Condition = dict[str, Any]
_LOCATION: Final = {"Country": "country"}
_CHANNELS: Final = {"EMAIL": "email", "SMS": "phone"}
_COMPARISONS: Final = {
    "EQUAL": "is",
    "GREATER_THAN": "above",
    "GREATER_THAN_OR_EQUAL": "at_least",
    "LESS_THAN": "below",
    "LESS_THAN_OR_EQUAL": "at_most",
}
_DURATIONS: Final = {"HR_24": "1 day", "DAY_7": "7 days", "DAY_14": "14 days", "DAY_30": "30 days"}


class _Untranslated(list[str]):
    """What of a segment has no like here."""


def is_it(text: str) -> bool:
    """Whether a JSON text holds definitions of Pinpoint's segments."""
    return '"SegmentGroups"' in text or '"Dimensions"' in text


def translate(text: str) -> tuple[str, list[str]]:
    """segments.yaml for the segments in a JSON text, and in words what of them could not be translated.

    Raises ValueError for what holds no segments.
    """
    try:
        found = list(_segments(json.loads(text)))
    except (ValueError, RecursionError):
        raise ValueError("the file is no JSON") from None
    if not found:
        raise ValueError("the file holds no segments: export them with `aws pinpoint get-segments`")
    named = _Names(found)
    missing: list[str] = []
    segments: dict[str, Any] = {}
    for segment in found:
        wrong = _Untranslated()
        when = _segment(segment, named, wrong)
        title = str(segment.get("Name") or segment.get("Id") or "Segment")
        missing += [f"{named.of(segment)}: {one}" for one in wrong]
        if when is None:
            missing.append(f"{named.of(segment)}: nothing of it could be translated, it is left out")
            continue
        if wrong:
            title += " (not all of it: see above)"
        segments[named.of(segment)] = {"title": title, "when": when}
    return _yaml(segments, missing), missing


def _yaml(segments: Mapping[str, Any], missing: Iterable[str]) -> str:
    text = StringIO()
    text.write("# From Amazon Pinpoint. Look through it before it goes live: samovar validate.\n")
    for one in missing:
        text.write("# Not translated: " + " ".join(one.split()) + "\n")
    yaml = YAML()
    yaml.width = 110
    yaml.dump({"segments": dict(segments)}, text)
    return text.getvalue()


class _Names:
    """Ids for segments, made of their names; references by Pinpoint's ids lead to them."""

    def __init__(self, found: Iterable[Mapping[str, Any]]) -> None:
        self._by_id: dict[str, str] = {}
        for segment in found:
            base = re.sub(r"[^a-z0-9]+", "-", str(segment.get("Name", "")).lower()).strip("-")[:50].strip("-")
            id = base or f"segment-{digest('segment', str(segment.get('Id')))[:6]}"
            name, nth = id, 1
            while name in self._by_id.values():
                nth += 1
                name = f"{id}-{nth}"
            self._by_id[str(segment.get("Id") or id)] = name

    def of(self, segment: Mapping[str, Any]) -> str:
        """The id here of a segment there."""
        return self._by_id.get(str(segment.get("Id")), next(iter(self._by_id.values())))

    def known(self, id: str) -> str | None:
        """The same by its id there, None for one that isn't in the file."""
        return self._by_id.get(id)


def _segments(value: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for one in value:
            yield from _segments(one)
    elif isinstance(value, dict):
        if "SegmentGroups" in value or "Dimensions" in value or "ImportDefinition" in value:
            yield value
        else:
            for part in ("SegmentsResponse", "SegmentResponse", "WriteSegmentRequest", "Item"):
                yield from _segments(value.get(part))


def _segment(segment: Mapping[str, Any], named: _Names, wrong: _Untranslated) -> Condition | None:
    if segment.get("ImportDefinition") or segment.get("SegmentType") == "IMPORT":
        wrong.append("its people came from an imported file: import that file with a tag, and use {tag: …}")
        return None
    groups = segment.get("SegmentGroups") or {"Include": "ALL", "Groups": [{"Dimensions": [segment.get("Dimensions")]}]}
    parts = [_group(group, named, wrong) for group in groups.get("Groups") or []]
    return _joined(parts, groups.get("Include") or "ALL")


def _group(group: Mapping[str, Any], named: _Names, wrong: _Untranslated) -> Condition | None:
    sources: list[Condition | None] = []
    for source in group.get("SourceSegments") or []:
        known = named.known(str(source.get("Id")))
        if known is None:
            wrong.append(f"it builds on the segment {source.get('Id')}, which is not in this file")
        else:
            sources.append({"segment": known})
    dimensions = [_dimension(one, wrong) for one in group.get("Dimensions") or [] if one]
    parts = [_joined(sources, group.get("SourceType") or "ALL"), _joined(dimensions, group.get("Type") or "ALL")]
    return _joined(parts, "ALL")


def _joined(parts: Iterable[Condition | None], how: str) -> Condition | None:
    kept = [part for part in parts if part]
    if not kept:
        return None
    if how == "NONE":
        return {"not": kept[0] if len(kept) == 1 else {"any": kept}}
    if len(kept) == 1:
        return kept[0]
    return {"any" if how == "ANY" else "all": kept}


def _dimension(dimension: Mapping[str, Any], wrong: _Untranslated) -> Condition | None:
    parts: list[Condition | None] = []
    for kind in ("Attributes", "UserAttributes"):
        for name, said in (dimension.get(kind) or {}).items():
            parts.append(_attribute(trait_name(name.rpartition(".")[2]), said, wrong))
    for name, said in (dimension.get("Metrics") or {}).items():
        bound = _COMPARISONS.get(said.get("ComparisonOperator", ""))
        value = said.get("Value")
        if bound is None or not isinstance(value, int | float):
            wrong.append(f"the metric {name} is compared by {said.get('ComparisonOperator')}")
        else:
            parts.append({"trait": trait_name(name), bound: int(value) if float(value).is_integer() else value})
    for name, said in (dimension.get("Location") or {}).items():
        if name in _LOCATION:
            parts.append(_attribute(_LOCATION[name], _as_attribute(said), wrong))
        elif said:
            wrong.append(f"{name} of its location has no like here")
    for name, said in (dimension.get("Demographic") or {}).items():
        if name == "Channel" and set(said.get("Values") or ()) <= set(_CHANNELS):
            trait = {"EMAIL": "email", "SMS": "phone"}
            wanted = [
                {"trait": trait[one], "known": said.get("DimensionType") != "EXCLUSIVE"} for one in said["Values"]
            ]
            parts.append(_joined(wanted, "ALL" if said.get("DimensionType") == "EXCLUSIVE" else "ANY"))
        elif said:
            wrong.append(f"{name} of the device has no like here")
    parts.append(_recency((dimension.get("Behavior") or {}).get("Recency"), wrong))
    return _joined(parts, "ALL")


def _as_attribute(said: Mapping[str, Any]) -> dict[str, Any]:
    return {"AttributeType": said.get("DimensionType", "INCLUSIVE"), "Values": said.get("Values")}


def _attribute(trait: str, said: Mapping[str, Any], wrong: _Untranslated) -> Condition | None:
    values = [str(one) for one in said.get("Values") or ()]
    how = said.get("AttributeType") or "INCLUSIVE"
    make = _ATTRIBUTES.get(how)
    if make is None or not values:
        wrong.append(f"the attribute {trait} is compared by {how} with {', '.join(values) or 'nothing'}")
        return None
    try:
        return make(trait, values)
    except ValueError:
        wrong.append(f"the attribute {trait} is compared by {how} with {', '.join(values)}, which is no date")
        return None


def _among(trait: str, values: list[str]) -> Condition:
    # A trait of several values is one of these if any of them is; Pinpoint has it so too.
    return {"trait": trait, "is": values[0]} if len(values) == 1 else {"trait": trait, "one_of": values}


def _containing(trait: str, values: list[str]) -> Condition:
    parts = [{"trait": trait, "contains": value} for value in values]
    return parts[0] if len(parts) == 1 else {"any": parts}


def _day(value: str) -> str:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}(T.*)?", value):
        raise ValueError(value)
    return value[:10]


def _between(trait: str, values: list[str]) -> Condition:
    # Both days among them; Pinpoint compares moments, here days are.
    days = sorted(map(_day, values))
    return {"trait": trait, "after": _beside(days[0], -1), "before": _beside(days[-1], 1)}


def _beside(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days)).isoformat()


_ATTRIBUTES: Final[Mapping[str, Callable[[str, list[str]], Condition]]] = {
    "INCLUSIVE": _among,
    "EXCLUSIVE": lambda trait, values: {"not": _among(trait, values)},
    "CONTAINS": _containing,
    "BEFORE": lambda trait, values: {"trait": trait, "before": _day(values[0])},
    "AFTER": lambda trait, values: {"trait": trait, "after": _day(values[0])},
    "ON": lambda trait, values: _between(trait, values[:1]),
    "BETWEEN": _between,
}


def _recency(said: Mapping[str, Any] | None, wrong: _Untranslated) -> Condition | None:
    if not said:
        return None
    within = _DURATIONS.get(said.get("Duration", ""))
    if within is None:
        wrong.append(f"recency of {said.get('Duration')}")
        return None
    # Pinpoint means that the app was used; here pages and screens are what shows it.
    active = {"any": [{"event": name, "within": within} for name in ("Page Viewed", "Screen Viewed")]}
    return active if said.get("RecencyType") == "ACTIVE" else {"not": active}
