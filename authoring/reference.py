"""The reference pages and the JSON Schemas for editors, generated from the models."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, TypeAdapter

from authoring import channels, markup, step_examples, templates
from authoring.examples import EXAMPLES
from authoring.load import load
from authoring.problems import CODES
from authoring.sources import EmailFile
from authoring.tables import HELPERS, ON_CONDITIONS, is_duration, spaced, table
from functions.core.bots import Bots
from functions.core.campaign import NO_HOLD, Campaign
from functions.core.conditions import KINDS, Condition
from functions.core.definition import spell_duration
from functions.core.forms import Form
from functions.core.funnel import Funnel
from functions.core.journey import TRIGGERS, Journey, Start
from functions.core.privacy import Privacy
from functions.core.products import Products
from functions.core.release import Release
from functions.core.scoring import Scoring
from functions.core.segments import Segments
from functions.core.sending import Sending
from functions.core.sentences import sentence
from functions.core.steps import STEPS, Step
from functions.core.telling import of_step, of_trigger
from functions.core.template import Template
from functions.core.tracking import Tracking

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "reference"
MARKETING = ROOT / "marketing"


@dataclass(frozen=True, slots=True)
class Page:
    """One kind of definition file."""

    name: str
    title: str
    file: str
    model: type[BaseModel]
    example: str
    """A file of marketing/, or a whole file where it holds lines."""
    says: str


def channel_pages() -> tuple[Page, ...]:
    """A page for the templates of each channel."""
    pages = []
    for channel in channels.others():
        template = channel.template
        if issubclass(template, Template):
            file = f"{channel.folder}/ID.yaml"
            pages.append(
                Page(channel.folder, channel.title or channel.word, file, template, template.EXAMPLE, template.SAYS)
            )
    return tuple(pages)


PAGES = (
    Page(
        "sending",
        "Sending",
        "sending.yaml",
        Sending,
        "sending.yaml",
        "Who sends, about what, how fast and how often. The one file that must be there.",
    ),
    Page(
        "scoring",
        "Scoring",
        "scoring.yaml",
        Scoring,
        "scoring.yaml",
        "Points for what people do, the temperature that points lead to, how well somebody fits, and tags from what "
        "people read.\n\n"
        "Points are kept per rule and calendar day of the business's time zone, and halve every `half_life`. Caps "
        "let the earliest days count: first a day's, then a week's (from Monday), then a calendar month's. With "
        "`once` only the first event of all gives points, on its day. A score is never below zero. The grade adds "
        "the points of fit of every rule that holds now: they don't fade. A tag by `from` is the property's text "
        "in small letters with hyphens for spaces, at most 64 characters; of everybody's tags the newest hundred "
        "are kept. `samovar contact EMAIL --explain` shows what is behind each of them.",
    ),
    Page(
        "segments",
        "Segments",
        "segments.yaml",
        Segments,
        "segments.yaml",
        "Who belongs together. Entering and leaving is noted, and other definitions can ask for it. "
        "What can be asked: [conditions](conditions.md), and [by example](../conditions.md).",
    ),
    Page(
        "funnel",
        "Funnel",
        "funnel.yaml",
        Funnel,
        "funnel.yaml",
        "The stages that people go through. Everybody stands at the last stage whose condition holds, and when each "
        "was entered stays with the person. How to choose them: [the funnel](../funnel.md).",
    ),
    Page(
        "tracking",
        "Tracking",
        "tracking.yaml",
        Tracking,
        "tracking.yaml",
        "What the tracker script may do on the business's web site. Without the file, the defaults below hold.",
    ),
    Page(
        "bots",
        "Bots",
        "bots.yaml",
        Bots,
        "bots.yaml",
        "Who is no person, and how the links of mails are watched. Every key may be left out, and the file too. "
        "Changed pieces of user agents hold for whoever is heard of next, changed lengths of time for what happens "
        "from now on; `samovar refold --all` applies both to everybody's past. "
        "How verdicts come about: [bots](../bots.md).",
    ),
    Page(
        "forms",
        "Forms",
        "forms/ID.yaml",
        Form,
        "forms/hello.yaml",
        "What a form asks for. The file's name is the form's id; its address is /f/ID.",
    ),
    Page(
        "journeys",
        "Journeys",
        "journeys/ID.yaml",
        Journey,
        "journeys/welcome.yaml",
        "What happens to somebody, step by step. The file's name is the journey's id.",
    ),
    Page(
        "campaigns",
        "Campaigns",
        "campaigns/ID.yaml",
        Campaign,
        "campaigns/new-harvest.yaml",
        "One message to everybody in a segment, once or again and again. The file's name is the campaign's id. "
        "How it goes: [campaigns](../campaigns.md).",
    ),
    Page(
        "privacy",
        "Privacy",
        "privacy.yaml",
        Privacy,
        "privacy.yaml",
        "How long things are kept, who else sees them, and what a country asks for. Absent, the defaults hold.",
    ),
    Page(
        "emails",
        "E-mails",
        "emails/ID.yaml, ID.mjml, ID.txt, ID.LANGUAGE.mjml",
        EmailFile,
        "emails/welcome.yaml",
        "One e-mail: subject, preheader and what it relies on in YAML, its body in MJML, in other languages beside it. "
        "[How to write one](../templates.md).",
    ),
    Page(
        "products",
        "Products",
        "products.yaml",
        Products,
        "products.yaml",
        "What the business sells, for lists in messages.",
    ),
    *channel_pages(),
)


def pages() -> dict[str, str]:
    """Every generated file by its path below docs/reference, with its text."""
    made = {"README.md": _index()}
    for page in PAGES:
        schema = _spelled(page.model.model_json_schema(by_alias=True))
        made[f"{page.name}.md"] = _page(page, schema)
        made[f"schemas/{page.name}.json"] = _schema(page, schema)
    made["conditions.md"] = _conditions()
    made["problems.md"] = _problems()
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
    lines = [_NOTICE, "# Definition files", "", _INTRODUCTION, ""]
    lines += [f"- [{page.title}]({page.name}.md): `{page.file}` ([schema](schemas/{page.name}.json))" for page in PAGES]
    lines += ["- [Conditions](conditions.md): the one language in which branches, waits and segments ask"]
    lines += ["- [Problems](problems.md): codes of what `samovar validate` finds", ""]
    lines += ["## Ids", "", _IDS, "", "## Editors", "", _EDITORS, ""]
    return "\n".join(lines)


def _page(page: Page, schema: dict[str, Any]) -> str:
    whole = "\n" in page.example
    example = (page.example if whole else (MARKETING / page.example).read_text(encoding="utf-8")).rstrip()
    lines = [_NOTICE, f"# {page.title}", "", page.says, "", f"`marketing/{page.file}`", ""]
    lines += ["```yaml", example, "```", ""]
    lines += ["## Keys", "", *table(schema, schema)]
    if page.model is Journey:
        lines += _journeys_by_example()
    for name, part in sorted(schema.get("$defs", {}).items()):
        if name not in ON_CONDITIONS:
            lines += [f"## {spaced(name)}", "", str(part.get("description", "")).strip(), "", *table(part, schema)]
    if page.model is EmailFile:
        lines += _email_variables()
    return "\n".join(lines)


def _conditions() -> str:
    lines = [_NOTICE, "# Conditions", "", _CONDITIONS, ""]
    for kind, model in KINDS.items():
        lines += [f"## {kind}", "", *_model(model), *_examples(EXAMPLES[kind])]
    for helper, kind in zip(HELPERS, ("property", ""), strict=True):
        lines += [f"## {spaced(helper.__name__)}", "", *_model(helper), *_examples(EXAMPLES.get(kind, ()))]
    return "\n".join(lines)


def _problems() -> str:
    lines = [_NOTICE, "# Problems of definition files", "", _PROBLEMS, "", "| code | meaning |", "| --- | --- |"]
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
    lines = ["## By example", "", _ENDS, "", "| start.when | starts it |", "| --- | --- |"]
    for text in (one for kind in TRIGGERS for one in step_examples.TRIGGERS[kind]):
        start = Start.model_validate({"when": load("example", text).data})
        lines.append(f"| `{text}` | {of_trigger(start.when, _NOBODY)} |")
    lines += ["", f"A step names its kind by one key: {kinds}.", "", "| step | what it does |", "| --- | --- |"]
    for text in (one for kind in STEPS for one in step_examples.STEPS[kind]):
        lines.append(f"| `{text}` | {of_step(_STEP.validate_python(load('example', text).data), _NOBODY)} |")
    return [*lines, ""]


def _email_variables() -> list[str]:
    lines = ["## Variables", "", _VARIABLES, "", "| variable | meaning |", "| --- | --- |"]
    for name, parts in templates.VARIABLES.items():
        names = [f"{name}.{part}" for part in parts] if parts else [_SPELLED.get(name, name)]
        lines += [f"| `{variable}` | {_MEANINGS[variable]} |" for variable in names]
    lines += ["", "## Filters", "", _FILTERS, ""]
    lines += ["", "## MJML", "", _MJML, "", ", ".join(f"`{name}`" for name in sorted(markup.COMPONENTS)), ""]
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
_NOTICE = "<!-- Made by `samovar schema`. Change the models, not this page. -->\n"
_INTRODUCTION = """What the marketer writes in `marketing/`. These pages are made from the models that validate the
files: run `samovar schema` after changing one."""
_IDS = """Ids (of journeys, steps, campaigns, forms, fields, topics, scores, rules, stages, segments and templates) are
for ever: people's histories point at them. An id keeps its kind, and one that was removed is never used again;
`samovar rollback` brings it back with its old meaning. Titles are free. What was published is
remembered in `marketing/.samovar.json`; keep that file with the others."""
_EDITORS = """Point your editor's YAML support at the schemas; in VS Code's settings, for example:

```json
"yaml.schemas": {
  "docs/reference/schemas/scoring.json": "marketing/scoring.yaml",
  "docs/reference/schemas/segments.json": "marketing/segments.yaml",
  "docs/reference/schemas/funnel.json": "marketing/funnel.yaml",
  "docs/reference/schemas/sending.json": "marketing/sending.yaml",
  "docs/reference/schemas/tracking.json": "marketing/tracking.yaml",
  "docs/reference/schemas/privacy.json": "marketing/privacy.yaml",
  "docs/reference/schemas/bots.json": "marketing/bots.yaml",
  "docs/reference/schemas/forms.json": "marketing/forms/*.yaml",
  "docs/reference/schemas/journeys.json": "marketing/journeys/*.yaml",
  "docs/reference/schemas/emails.json": "marketing/emails/*.yaml",
  "docs/reference/schemas/sms.json": "marketing/sms/*.yaml",
  "docs/reference/schemas/push.json": "marketing/push/*.yaml",
  "docs/reference/schemas/webhooks.json": "marketing/webhooks/*.yaml",
  "docs/reference/schemas/products.json": "marketing/products.yaml",
  "docs/reference/schemas/campaigns.json": "marketing/campaigns/*.yaml"
}
```"""
_CONDITIONS = """Branches, waits, exits and segments ask in one language. A condition names its kind by one key:

```yaml
all:
  - {score: interest, at_least: 50}
  - not: {event: Order Completed, within: 30 days}
  - any: [{tag: welcomed}, {trait: language, one_of: [en, tr]}]
```

The table under each kind says its keys, and the one below that what examples ask. `where` compares properties
of an event: a value for equality, or [a comparison](#property-comparison). A dot leads into what a property or a
trait holds (`products.category`); of a list, one member that fulfils everything is enough (the first 250 are
looked at). What is missing is unknown: nothing but `known: false` is true of it. Equality minds letter case;
`contains`, `starts_with` and `ends_with` don't, in any language.

Counts within a time are exact to the second. Points, sums, and counts of more than ten go by calendar days in the
business's time zone, today among them; so do comparisons of dates. A condition that nobody can fulfil, a name that
is not defined, and definitions that need each other are refused by `samovar validate`."""
_ENDS = """Every journey ends: what is repeated has `until`, `at_most` or a way out, or the journey a goal, an exit or
a last day; each turn passes a wait that takes time (a length of time, or something new that has to happen); and
journeys that start each other wait in between. `samovar validate` refuses what doesn't."""
_PROBLEMS = """`samovar validate` names each with file, line, column and field, says what is wrong and how to mend it.
With --json each also has a code, which stays when the words change. Warnings keep no release from being made."""
_VARIABLES = """Subject, preheader and both parts are Jinja2 templates. A trait may be unknown: give it a default under
`variables:`, or where it stands, as in `{{ contact.first_name | default("there") }}`; or say that it is required.
Marketing mail must carry `unsubscribe_url` and `business.address`; the base layout does."""
_MJML = """Shared pieces stand in `emails/parts/NAME.mjml` and are taken in with
`<mj-include path="parts/NAME.mjml" />`. Elements:"""
_SPELLED = {"contact": "contact.TRAIT", "block": 'block["ID"]'}
_FILTERS = """`day` and `moment` write a date or a time, `number` a number, `money` an amount (`| money("EUR")`; of a
product's price also without the currency), each in the language of the e-mail and the contact's time zone. `upper`,
`lower`, `capitalize` and `title` know Turkish. `products | tagged("green") | first(3)` chooses from a list. Jinja2's
own filters are there too."""
_MEANINGS = {
    "contact.TRAIT": "A trait of the person, such as `contact.first_name`",
    "business.name": "Name of the business in sending.yaml",
    "business.address": "Its postal address",
    "business.site": "Its web site; links below it are counted",
    "topic.title": "Title of the topic that the message belongs to",
    "topic.transactional": "Whether it is about something they did, and needs no way to unsubscribe",
    'block["ID"]': "Whether this person gets a block that the YAML defines",
    "products": "What products.yaml lists: `id`, `title`, `price`, `url`, `image`, `tags` of each",
    "preferences_url": "Where this person chooses what to hear about; ask `{% if preferences_url is defined %}`",
    "confirm_url": "Where this person confirms; only in the template of a form's double_opt_in",
    "unsubscribe_url": "Where this person can leave this topic; mail programs' own button does it in one click",
}
