"""The reference pages and the JSON Schemas for editors, generated from the models."""

import json
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, TypeAdapter

from authoring import markup, step_examples, templates
from authoring.examples import EXAMPLES
from authoring.load import load
from authoring.problems import CODES
from authoring.reference import console, prose
from authoring.reference.kinds import MARKETING, PAGES, ROOT, Page, channel_pages
from authoring.scenarios.model import HAPPENINGS, Scenarios
from authoring.sources import EmailFile
from authoring.tables import HELPERS, ON_CONDITIONS, is_duration, spaced, table
from functions.core.campaign import NO_HOLD
from functions.core.conditions import KINDS, Condition
from functions.core.definition import spell_duration
from functions.core.journey import TRIGGERS, Journey, Start
from functions.core.release import Release
from functions.core.sending import Sending
from functions.core.sentences import sentence
from functions.core.steps import STEPS, Step
from functions.core.telling import of_step, of_trigger

FOLDER = ROOT / "docs" / "reference"

__all__ = ["FOLDER", "MARKETING", "PAGES", "Page", "channel_pages", "pages"]


def pages() -> dict[str, str]:
    """Every generated file by its path below docs/reference, with its text."""
    made = {"README.md": _index()}
    for page in PAGES:
        schema = _spelled(page.model.model_json_schema(by_alias=True))
        made[f"{page.name}.md"] = _page(page, schema)
        made[f"schemas/{page.name}.json"] = _schema(page, schema)
    made["conditions.md"] = _conditions()
    made["problems.md"] = _problems()
    made[console.PAGE] = console.page()
    return made


def _spelled(schema: Any) -> Any:
    """The schema with defaults as people write them: models keep lengths of time in seconds."""
    if isinstance(schema, list):
        return [_spelled(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    spelled = {key: _spelled(part) for key, part in schema.items()}
    if (is_duration(schema) or NO_HOLD in schema.get("examples", ())) and isinstance(schema.get("default"), int):
        spelled["default"] = spell_duration(schema["default"])
    return spelled


def _schema(page: Page, schema: dict[str, Any]) -> str:
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"marketing/{page.file}"}
    return json.dumps({**schema, **head}, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _index() -> str:
    lines = [prose.NOTICE, "# Definition files", "", prose.INTRODUCTION, ""]
    lines += [f"- [{page.title}]({page.name}.md): `{page.file}` ([schema](schemas/{page.name}.json))" for page in PAGES]
    lines += ["- [Conditions](conditions.md): the one language in which branches, waits and segments ask"]
    lines += ["- [Problems](problems.md): codes of what `samovar validate` finds"]
    lines += [f"- [The console's JSON API]({console.PAGE}): what the staff's pages answer to a script", ""]
    lines += ["## Ids", "", prose.IDS, "", "## Editors", "", prose.EDITORS, ""]
    return "\n".join(lines)


def _page(page: Page, schema: dict[str, Any]) -> str:
    whole = "\n" in page.example
    example = (page.example if whole else (MARKETING / page.example).read_text(encoding="utf-8")).rstrip()
    lines = [prose.NOTICE, f"# {page.title}", "", page.says, "", f"`marketing/{page.file}`", ""]
    lines += ["```yaml", example, "```", ""]
    lines += ["## Keys", "", *table(schema, schema)]
    if page.model is Journey:
        lines += _journeys_by_example()
    if page.model is Scenarios:
        kinds = ", ".join(f"`{kind}`" for kind in HAPPENINGS)
        lines += [f"Something that happens names its kind by one key: {kinds}.", ""]
    for name, part in sorted(schema.get("$defs", {}).items()):
        if name not in ON_CONDITIONS:
            lines += [f"## {spaced(name)}", "", str(part.get("description", "")).strip(), "", *table(part, schema)]
    if page.model is EmailFile:
        lines += _email_variables()
    return "\n".join(lines)


def _conditions() -> str:
    lines = [prose.NOTICE, "# Conditions", "", prose.CONDITIONS, ""]
    for kind, model in KINDS.items():
        lines += [f"## {kind}", "", *_model(model), *_examples(EXAMPLES[kind])]
    for helper, kind in zip(HELPERS, ("property", ""), strict=True):
        lines += [f"## {spaced(helper.__name__)}", "", *_model(helper), *_examples(EXAMPLES.get(kind, ()))]
    return "\n".join(lines)


def _problems() -> str:
    lines = [
        prose.NOTICE,
        "# Problems of definition files",
        "",
        prose.PROBLEMS,
        "",
        "| code | meaning |",
        "| --- | --- |",
    ]
    return "\n".join([*lines, *(f"| `{code}` | {meaning} |" for code, meaning in CODES.items()), ""])


def _model(model: type[BaseModel]) -> list[str]:
    schema = model.model_json_schema(by_alias=True)
    if "properties" not in schema:
        schema = schema.get("$defs", {}).get(model.__name__, schema)
    return [str(schema.get("description", "")), "", *table(schema, schema)]


def _examples(examples: Sequence[str]) -> list[str]:
    """Each example with what it asks."""
    if not examples:
        return []
    rows = [f"| `{text}` | {sentence(_parsed(text), _NOBODY)} |" for text in examples]
    return ["| example | asks who |", "| --- | --- |", *rows, ""]


def _parsed(text: str) -> Condition:
    condition: Condition = _CONDITION.validate_python(load("example", text).data)
    return condition


def _journeys_by_example() -> list[str]:
    """What starts journeys and what steps do, each with its sentence."""
    kinds = ", ".join(f"`{kind}`" for kind in STEPS)
    lines = ["## By example", "", prose.ENDS, "", "| start.when | starts it |", "| --- | --- |"]
    for text in (one for kind in TRIGGERS for one in step_examples.TRIGGERS[kind]):
        start = Start.model_validate({"when": load("example", text).data})
        lines.append(f"| `{text}` | {of_trigger(start.when, _NOBODY)} |")
    lines += ["", f"A step names its kind by one key: {kinds}.", "", "| step | what it does |", "| --- | --- |"]
    for text in (one for kind in STEPS for one in step_examples.STEPS[kind]):
        lines.append(f"| `{text}` | {of_step(_STEP.validate_python(load('example', text).data), _NOBODY)} |")
    return [*lines, ""]


def _email_variables() -> list[str]:
    lines = ["## Variables", "", prose.VARIABLES, "", "| variable | meaning |", "| --- | --- |"]
    for name, parts in templates.VARIABLES.items():
        names = [f"{name}.{part}" for part in parts] if parts else [prose.SPELLED.get(name, name)]
        lines += [f"| `{variable}` | {prose.MEANINGS[variable]} |" for variable in names]
    lines += ["", "## Filters", "", prose.FILTERS, ""]
    lines += ["", "## MJML", "", prose.MJML, "", ", ".join(f"`{name}`" for name in sorted(markup.COMPONENTS)), ""]
    return lines


_CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)
_STEP: TypeAdapter[Step] = TypeAdapter(Step)
_NOBODY = Release(
    sending=Sending.model_validate(
        {
            "business": {"name": "x", "time_zone": "UTC"},
            "from": {"name": "x", "email": "x@x.example"},
            "topics": [{"id": "x", "title": "x"}],
        }
    )
)
"""A release in which nothing has a title."""
