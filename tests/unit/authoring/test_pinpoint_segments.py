"""Pinpoint's segments become conditions of ours, and what can't is named rather than dropped."""

import json
from typing import Any

import pytest
from ruamel.yaml import YAML

from authoring.importing.segments import translate
from functions.core.segments import Segments


def read(*segments: dict[str, Any]) -> tuple[Segments, list[str]]:
    text, missing = translate(json.dumps({"SegmentsResponse": {"Item": list(segments)}}))
    return Segments.model_validate(YAML(typ="safe", pure=True).load(text)), missing


def one(dimension: dict[str, Any], **group: Any) -> Any:
    groups = {"Include": "ALL", "Groups": [{"Type": "ALL", "Dimensions": [dimension], **group}]}
    found, missing = read({"Id": "a1", "Name": "Çay sevenler", "SegmentType": "DIMENSIONAL", "SegmentGroups": groups})
    assert missing == []
    return next(iter(found.segments.values())).when.model_dump(by_alias=True, exclude_defaults=True, mode="json")


def attribute(how: str, *values: str) -> dict[str, Any]:
    return {"Attributes": {"Last Order": {"AttributeType": how, "Values": list(values)}}}


@pytest.mark.parametrize(
    ("how", "values", "when"),
    [
        ("INCLUSIVE", ["a"], {"trait": "last_order", "is": "a"}),
        ("INCLUSIVE", ["a", "b"], {"trait": "last_order", "one_of": ["a", "b"]}),
        ("EXCLUSIVE", ["a"], {"not": {"trait": "last_order", "is": "a"}}),
        ("CONTAINS", ["a"], {"trait": "last_order", "contains": "a"}),
        ("BEFORE", ["2024-05-01T00:00:00Z"], {"trait": "last_order", "before": "2024-05-01"}),
        ("AFTER", ["2024-05-01"], {"trait": "last_order", "after": "2024-05-01"}),
        (
            "BETWEEN",
            ["2024-05-01", "2024-06-01"],
            {"trait": "last_order", "after": "2024-04-30", "before": "2024-06-02"},
        ),
        ("ON", ["2024-05-01T09:00:00Z"], {"trait": "last_order", "after": "2024-04-30", "before": "2024-05-02"}),
    ],
)
def test_attributes_are_compared_as_they_were(how: str, values: list[str], when: Any) -> None:
    assert one(attribute(how, *values)) == when


def test_groups_are_joined_as_they_were() -> None:
    first, second = (
        attribute("INCLUSIVE", "a"),
        {"Metrics": {"spent": {"ComparisonOperator": "GREATER_THAN", "Value": 5.0}}},
    )
    spent = {"trait": "spent", "above": 5}
    wanted = {"trait": "last_order", "is": "a"}
    assert one({**first, **second}) == {"all": [wanted, spent]}
    assert one(first, Type="NONE") == {"not": wanted}
    assert one(first, Dimensions=[first, second], Type="ANY") == {"any": [wanted, spent]}


def test_recency_location_and_channel_have_their_likes() -> None:
    said = one(
        {
            "Behavior": {"Recency": {"Duration": "DAY_30", "RecencyType": "INACTIVE"}},
            "Location": {"Country": {"DimensionType": "INCLUSIVE", "Values": ["TR"]}},
            "Demographic": {"Channel": {"DimensionType": "INCLUSIVE", "Values": ["EMAIL"]}},
        }
    )
    country, channel, recency = said["all"]
    assert country == {"trait": "country", "is": "TR"}
    assert channel == {"trait": "email", "known": True}
    assert {part["event"] for part in recency["not"]["any"]} == {"Page Viewed", "Screen Viewed"}


def test_what_has_no_like_is_named_in_the_file_and_the_rest_stays() -> None:
    dimension = {
        **attribute("INCLUSIVE", "a"),
        "Demographic": {"Make": {"DimensionType": "INCLUSIVE", "Values": ["Apple"]}},
        "Location": {"GPSPoint": {"Coordinates": {"Latitude": 1, "Longitude": 2}, "RangeInKilometers": 5}},
    }
    groups = {"Include": "ALL", "Groups": [{"Dimensions": [dimension], "SourceSegments": [{"Id": "elsewhere"}]}]}
    segments = (
        {"Id": "a1", "Name": "Tea", "SegmentGroups": groups},
        {"Id": "b2", "Name": "Tea", "SegmentType": "IMPORT", "ImportDefinition": {"Format": "CSV"}},
    )
    found, missing = read(*segments)
    assert list(found.segments) == ["tea"]
    assert len(missing) == 5
    assert "Make of the device" in " ".join(missing)
    text, _ = translate(json.dumps(segments))
    assert text.count("# Not translated:") == 5


def test_segments_that_build_on_each_other_keep_doing_so() -> None:
    base = {"Id": "a1", "Name": "Base", "Dimensions": attribute("INCLUSIVE", "a")}
    groups = {"Include": "ALL", "Groups": [{"SourceSegments": [{"Id": "a1", "Version": 1}], "SourceType": "NONE"}]}
    found, missing = read(base, {"Id": "b2", "Name": "Others", "SegmentGroups": groups})
    assert missing == []
    said = found.segments["others"].when.model_dump(by_alias=True, exclude_defaults=True)
    assert said == {"not": {"segment": "base"}}


def test_what_holds_no_segments_is_refused() -> None:
    with pytest.raises(ValueError, match="no segments"):
        translate("{}")
    with pytest.raises(ValueError, match="no JSON"):
        translate("x")
