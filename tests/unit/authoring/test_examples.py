"""Every example that is printed anywhere can be published with the demo, and asks what it says."""

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import TypeAdapter

from authoring.compile import bundle
from authoring.examples import EXAMPLES
from authoring.load import load
from authoring.locate import keys_of
from authoring.reference import pages
from authoring.tables import HELPERS
from functions.core.comparisons import Comparison
from functions.core.conditions import KINDS, Condition, EventCondition, kind_of
from functions.core.contact import Contact, Profile, State
from functions.core.counters import counters
from functions.core.evaluate import Seen, evaluate
from functions.core.event import Event
from functions.core.facts import rebuild
from functions.core.funnel import Funnel
from functions.core.release import Release
from functions.core.standing import stage_at
from tests.unit.authoring.folders import MARKETING, Folder

ROOT = MARKETING.parent
CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
NOW = 1_790_000_000_000
DAY = 86_400_000
INSIDE_A_JOURNEY = ("opened", "clicked")


def parsed(text: str) -> Any:
    return load("example", text).data


def blocks(page: Path) -> list[str]:
    """The YAML that stands in a page."""
    return re.findall(r"^```yaml\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


ALL = [text for texts in EXAMPLES.values() for text in texts]
BY_HAND = blocks(ROOT / "docs" / "conditions.md")


def test_every_kind_and_every_key_has_an_example() -> None:
    assert set(EXAMPLES) == {*KINDS, "property"}
    for kind, texts in EXAMPLES.items():
        if kind != "property":
            assert {kind_of(parsed(text)) for text in texts} == {kind}
            assert set(keys_of(KINDS[kind])) == {key for text in texts for key in parsed(text)}, kind
    compared = [value for text in EXAMPLES["property"] for value in parsed(text)["where"].values()]
    periods = [parsed(text).get(word, {}) for text in EXAMPLES["event"] for word in ("first", "last")]
    for helper, used in zip(HELPERS, (compared, periods), strict=True):
        assert set(keys_of(helper)) == {key for value in used for key in value}, helper.__name__


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The demo with every example that can stand in a segment."""
    folder = Folder(tmp_path_factory.mktemp("examples") / "marketing")
    asked = [one for one in map(parsed, [*ALL, *BY_HAND]) if kind_of(one) not in INSIDE_A_JOURNEY]
    lines = [f"  example-{number}: {{when: {json.dumps(one)}}}\n" for number, one in enumerate(asked)]
    folder.write("segments.yaml", folder.read("segments.yaml") + "".join(lines))
    made = bundle(folder.root)
    assert [str(warning) for warning in made.warnings] == []
    return made.content


def test_every_example_can_be_published_with_the_demo(released: Release) -> None:
    assert f"example-{len([*ALL, *BY_HAND]) - 4}" in released.segments


@pytest.mark.parametrize("text", [*ALL, *BY_HAND])
def test_every_example_is_answered_of_a_stranger(released: Release, text: str) -> None:
    condition = CONDITION.validate_python(parsed(text))
    verdict = evaluate(condition, Seen(Contact(State("c"), Profile("c")), released), NOW)
    assert verdict.until is None or verdict.until > NOW
    if isinstance(condition, EventCondition) and condition.sum is None:
        assert verdict.holds == bool(condition.never)


@pytest.fixture(scope="module")
def schema() -> Any:
    return jsonschema.Draft202012Validator(json.loads(pages()["schemas/segments.json"]))


@pytest.mark.parametrize("text", [*ALL, *BY_HAND])
def test_the_schema_of_editors_takes_every_example(schema: Any, text: str) -> None:
    schema.validate({"segments": {"it": {"when": parsed(text)}}})


@pytest.mark.parametrize(
    "text",
    [
        "{event: Order Completed, where: {total: {at_leest: 5}}}",
        "{event: Order Completed, where: {total: {at_least: many}}}",
        "{event: Order Completed, where: {total: [1]}}",
        "{trait: birthday, anniversary: tomorrow}",
        "{trait: since, before: 5}",
        "{temperature: [warm, hott]}",
        "{grade: E}",
        "{stage: Not An Id}",
        "{email: welcome, was: seen}",
        "{trait: city, first: {within: 3 days}}",
    ],
)
def test_the_schema_of_editors_refuses_what_is_none(schema: Any, text: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        schema.validate({"segments": {"it": {"when": parsed(text)}}})


def test_the_comparisons_of_the_reference_have_a_key_for_every_bound() -> None:
    made = pages()["conditions.md"]
    assert [key for key in keys_of(Comparison) if f"| `{key}` |" not in made] == []


@pytest.mark.parametrize("text", blocks(ROOT / "docs" / "funnel.md"))
def test_every_funnel_of_the_page_is_one(text: str) -> None:
    assert Funnel.model_validate(parsed(text)).stages


WAYS: dict[str, list[tuple[str, list[tuple[str, dict[str, Any]]]]]] = {
    "aida": [
        ("attention", [("Page Viewed", {"path": "/"})]),
        ("interest", [("Page Viewed", {"path": "/"})] * 4),
        ("desire", [("Product Added", {})]),
        ("action", [("Order Completed", {})]),
    ],
    "aarrr": [
        ("acquisition", [("Page Viewed", {})]),
        ("activation", [("Signed Up", {}), ("Project Created", {})]),
        ("retention", [("Signed In", {})] * 4),
        ("revenue", [("Order Completed", {"total": 9})]),
        ("referral", [("Review Written", {"stars": 5})]),
    ],
    "b2b-deals": [
        ("suspect", [("Form Submitted", {"form": "wholesale"})]),
        ("marketing-qualified", [("Order Completed", {})]),
        ("sales-qualified", [("Meeting Held", {})]),
        ("proposal", [("Deal Proposed", {"amount": 1200})]),
        ("customer", [("Deal Won", {})]),
    ],
}
TRAITS = {"company": "Łódź Espresso", "house": "cafe"}


def test_every_funnel_of_the_gallery_is_walked() -> None:
    assert {path.stem for path in (ROOT / "gallery" / "funnels").iterdir()} == set(WAYS)


@pytest.mark.parametrize("name", WAYS)
def test_a_funnel_of_the_gallery_can_be_published_and_people_go_through_it(folder: Folder, name: str) -> None:
    folder.write("segments.yaml", "segments: {}\n")
    folder.remove("campaigns/new-harvest.yaml")
    folder.write("funnel.yaml", (ROOT / "gallery" / "funnels" / f"{name}.yaml").read_text(encoding="utf-8"))
    made = bundle(folder.root)
    assert made.warnings == ()
    release, events, contact = made.content, list[Event](), Contact(State("c"), Profile("c"))
    assert [stage.id for stage in release.funnel.stages] == [stage for stage, _ in WAYS[name]]
    for stage, happened in WAYS[name]:
        for what, properties in happened:
            at = NOW - DAY + len(events)
            event = Event("a#1", f"m{len(events)}", at, at, at, "track", what, properties, traits=TRAITS)
            events.append(event)
        contact = rebuild(contact, events, counters(release))
        seen = Seen(contact, release)
        found, _ = stage_at(contact.state, release, lambda asked, seen=seen: evaluate(asked, seen, NOW))  # type: ignore[misc]
        assert found == stage
