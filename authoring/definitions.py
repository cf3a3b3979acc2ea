"""What could be read of a marketing folder, and what all checks of it share."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from authoring.load import Document, Path
from authoring.problems import Problem, choose
from authoring.scenarios.model import Scenarios
from authoring.sources import EmailFile
from functions.core import conditions as c
from functions.core.assets import AssetFile
from functions.core.campaign import Campaign
from functions.core.forms import Form
from functions.core.funnel import Funnel
from functions.core.journey import Journey
from functions.core.landing import Page, every_block
from functions.core.popups import Popup
from functions.core.privacy import Privacy
from functions.core.products import Products
from functions.core.scoring import Scoring
from functions.core.segments import Segments
from functions.core.sending import Sending
from functions.core.steps import Step
from functions.core.surveys import Survey
from functions.core.template import Template
from functions.core.tree import asked_by, ways


@dataclass(slots=True)
class Definitions:
    """What could be read, by kind, with the document behind each. Names include what is broken otherwise;
    None where a broken file hides them."""

    sending: tuple[Document, Sending] | None = None
    scoring: tuple[Document, Scoring] | None = None
    segments: tuple[Document, Segments] | None = None
    funnel: tuple[Document, Funnel] | None = None
    privacy: tuple[Document, Privacy] | None = None
    products: tuple[Document, Products] | None = None
    forms: dict[str, tuple[Document, Form]] = field(default_factory=dict)
    journeys: dict[str, tuple[Document, Journey]] = field(default_factory=dict)
    templates: dict[str, dict[str, tuple[Document, Template]]] = field(default_factory=dict)
    """Those of other channels than e-mail, by channel."""
    channel_names: dict[str, frozenset[str]] = field(default_factory=dict)
    emails: dict[str, tuple[Document, EmailFile]] = field(default_factory=dict)
    campaigns: dict[str, tuple[Document, Campaign]] = field(default_factory=dict)
    pages: dict[str, tuple[Document, Page]] = field(default_factory=dict)
    popups: dict[str, tuple[Document, Popup]] = field(default_factory=dict)
    assets: dict[str, tuple[Document, AssetFile]] = field(default_factory=dict)
    surveys: dict[str, tuple[Document, Survey]] = field(default_factory=dict)
    scenarios: dict[str, tuple[Document, Scenarios]] = field(default_factory=dict)
    form_names: frozenset[str] = frozenset()
    page_names: frozenset[str] = frozenset()
    asset_names: frozenset[str] = frozenset()
    survey_names: frozenset[str] = frozenset()
    template_names: frozenset[str] = frozenset()
    journey_names: frozenset[str] = frozenset()
    segment_names: frozenset[str] | None = frozenset()
    stage_names: frozenset[str] | None = frozenset()
    score_names: frozenset[str] | None = frozenset()
    topic_names: frozenset[str] | None = None
    has_temperature: bool = False
    has_grade: bool = False


def unknown(
    document: Document, path: Path, kind: str, name: str, names: frozenset[str] | None, *, none: str = ""
) -> Iterator[Problem]:
    """A name that nothing of its kind bears; `none` is the mend where there is nothing of the kind."""
    if names is not None and name not in names:
        mend = choose(name, names, none=none or f"No {kind} is defined")
        code = f"unknown-{kind.replace(' ', '-')}"
        yield document.problem(path, f'unknown {kind} "{name}"', mend, code=code)


def duplicates(document: Document, named: list[tuple[Path, str]], *, word: str = "id") -> Iterator[Problem]:
    """Names that stand twice where each may stand once."""
    first: dict[str, Path] = {}
    for path, name in named:
        if name in first:
            line = document.at(first[name])[0]
            mend = f"Give each its own {word}; the first is on line {line}"
            yield document.problem(path, f'duplicate {word} "{name}"', mend, code="duplicate")
        first.setdefault(name, path)


def parts(condition: c.Condition, path: Path = ()) -> Iterator[tuple[Path, c.Condition]]:
    """A condition and everything inside it, with the path to each."""
    yield path, condition
    match condition:
        case c.AllCondition():
            for index, part in enumerate(condition.all):
                yield from parts(part, (*path, "all", index))
        case c.AnyCondition():
            for index, part in enumerate(condition.any):
                yield from parts(part, (*path, "any", index))
        case c.NotCondition():
            yield from parts(condition.not_, (*path, "not"))
        case _:
            pass


def steps_of(steps: Sequence[Step], path: Path = ("steps",)) -> Iterator[tuple[Path, Step]]:
    """Every step of a tree with its path in the file."""
    for index, step in enumerate(steps):
        yield (*path, index), step
        for where, _, inside in ways(step):
            yield from steps_of(inside, (*path, index, *where))


def conditions_in(known: Definitions) -> Iterator[tuple[Document, Path, c.Condition]]:
    """Every condition that is written anywhere, the parts of others among them."""
    for document, path, condition in _written(known):
        for place, part in parts(condition, path):
            yield document, place, part


def _written(known: Definitions) -> Iterator[tuple[Document, Path, c.Condition]]:
    if known.scoring and (grade := known.scoring[1].grade):
        for index, fit in enumerate(grade.rules):
            yield known.scoring[0], ("grade", "rules", index, "when"), fit.when
    if known.segments:
        for name, segment in known.segments[1].segments.items():
            yield known.segments[0], ("segments", name, "when"), segment.when
    if known.funnel:
        for index, stage in enumerate(known.funnel[1].stages):
            yield known.funnel[0], ("stages", index, "when"), stage.when
    for document, journey in known.journeys.values():
        for where, condition in journey.conditions():
            yield document, where, condition
        for path, step in steps_of(journey.steps):
            for where, condition in asked_by(step):
                yield document, (*path, *where), condition
    for document, email in known.emails.values():
        for name, block in email.blocks.items():
            yield document, ("blocks", name, "when"), block.when
    for document, popup in known.popups.values():
        if popup.when is not None:
            yield document, ("when",), popup.when
    for document, page in known.pages.values():
        for place, placed in every_block(page):
            if placed.when is not None:
                yield document, (*place, "when"), placed.when


def matches_in(known: Definitions) -> Iterator[tuple[Document, Path, c.EventMatch]]:
    """Every place where events are meant, conditions among them."""
    if known.scoring:
        document, scoring = known.scoring
        for name, score in scoring.scores.items():
            for index, rule in enumerate(score.rules):
                yield document, ("scores", name, "rules", index, "when"), rule.when
        for index, tag in enumerate(scoring.tags):
            yield document, ("tags", index, "when"), tag.when
    for document, journey in known.journeys.values():
        for where, match in journey.matches():
            yield document, where, match
    for document, path, condition in conditions_in(known):
        if isinstance(condition, c.EventCondition):
            yield document, path, condition
