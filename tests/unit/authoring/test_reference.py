"""The reference and the schemas say what the models say."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import BaseModel

from authoring import step_examples
from authoring.load import load
from authoring.locate import keys_of
from authoring.reference import FOLDER, MARKETING, PAGES, Page, console
from authoring.reference import pages as made_pages
from authoring.tree import read
from functions.console.routes import ROUTES
from functions.core.journey import TRIGGERS, trigger_kind
from functions.core.steps import STEPS, step_kind


@cache
def pages() -> dict[str, str]:
    """Making them takes a second, and nothing that they are made of changes here."""
    return made_pages()


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_generated_page_is_fresh(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == pages()[name], "run `samovar schema`"


def test_no_schema_is_left_of_a_page_that_went() -> None:
    found = {f"schemas/{path.name}" for path in (FOLDER / "schemas").iterdir()}
    assert found <= set(pages())


def models_in(model: type[BaseModel]) -> set[type[BaseModel]]:
    """The models that a schema is made of."""
    names = set(model.model_json_schema().get("$defs", {})) | {model.__name__}
    return {
        kind
        for kind in every(BaseModel)
        if kind.__name__ in names and kind.__module__.startswith(("functions", "authoring"))
    }


def every(model: type[BaseModel]) -> set[type[BaseModel]]:
    return {model}.union(*(every(kind) for kind in model.__subclasses__()))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_key_is_on_its_page_or_among_the_conditions(page: Page) -> None:
    made = pages()
    text = made[f"{page.name}.md"] + made["conditions.md"]
    for model in models_in(page.model):
        for key in keys_of(model):
            assert f"| `{key}` |" in text, f"{model.__name__}.{key}"


def demo_files() -> list[tuple[str, Path]]:
    files = []
    for page in PAGES:
        pattern = page.file.partition(",")[0].replace("ID", "*")
        files += [(page.name, path) for path in sorted(MARKETING.glob(pattern))]
    return files


@pytest.mark.parametrize(("name", "path"), demo_files(), ids=lambda value: getattr(value, "name", str(value)))
def test_the_schema_that_editors_use_takes_the_demo(name: str, path: Path) -> None:
    jsonschema.validate(load(path.name, path.read_text(encoding="utf-8")).data, schema(name))


def test_the_schema_refuses_an_unknown_key() -> None:
    journey = load("welcome.yaml", (MARKETING / "journeys/welcome.yaml").read_text(encoding="utf-8")).data
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**journey, "topik": "tips"}, schema("journeys"))


def test_every_kind_of_definition_file_has_a_page() -> None:
    yaml = {name for name in read(MARKETING).sources if name.endswith(".yaml")}
    covered = {path.relative_to(MARKETING).as_posix() for _, path in demo_files()}
    assert covered == yaml


def schema(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(pages()[f"schemas/{name}.json"])
    return content


def test_every_kind_of_step_and_of_trigger_has_an_example_of_its_kind() -> None:
    assert list(step_examples.STEPS) == list(STEPS)
    assert list(step_examples.TRIGGERS) == list(TRIGGERS)
    for kinds, kind_of in ((step_examples.STEPS, step_kind), (step_examples.TRIGGERS, trigger_kind)):
        for kind, examples in kinds.items():
            assert {kind_of(load("example", text).data) for text in examples} == {kind}


def test_every_route_of_the_console_stands_in_its_reference_with_what_it_takes() -> None:
    text = pages()[console.PAGE]
    for route in ROUTES:
        (row,) = [
            line for line in text.splitlines() if line.startswith(f"| `{route.method} {console.address(route)}` |")
        ]
        assert all(f"`{name}`" in row for name in console.takes(route).codes), row
        for name in console.takes(route).form if route.method == "POST" else console.takes(route).query:
            assert f"| `{name}` | " in text, name


def test_what_a_route_takes_is_read_from_its_code() -> None:
    found = {(route.method, *route.parts): console.takes(route) for route in ROUTES}
    assert found["POST", "people", "*", "trait"].form == {"name", "value", "kind", "off"}
    assert "bad-trait" in found["POST", "people", "*", "trait"].codes
    assert found["GET", "people"].query == {"q", "of", "after"}
    assert found["POST", "sending", "pause"].form == {"what", "why", "hours", "back"}
    assert {"missing-reason", "invalid-hours", "unknown-pause"} == found["POST", "sending", "pause"].codes
    assert {"as", "look", "language", "release"} <= found["POST", "mails", "*", "test"].form


def test_nothing_is_explained_that_no_route_takes() -> None:
    taken = {name for route in ROUTES for found in [console.takes(route)] for name in {*found.form, *found.query}}
    assert taken | {"_token"} == set(console.MEANINGS)
