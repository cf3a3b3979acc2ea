"""Reading marketing/ as a whole: either one release, or every problem with file and line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from authoring import channels, ledger, privacy, reuse, tree
from authoring.assets import Assets
from authoring.definitions import Definitions
from authoring.emails import Emails
from authoring.explain import problems_of
from authoring.ledger import Ledger
from authoring.load import Document, dig, load
from authoring.locate import keys_of
from authoring.problems import Invalid, Problem
from authoring.references import check
from authoring.scenarios.model import Scenarios
from authoring.sources import EmailFile
from functions.core.assets import AssetFile
from functions.core.bots import Bots
from functions.core.campaign import Campaign
from functions.core.forms import Form
from functions.core.funnel import Funnel
from functions.core.journey import Journey
from functions.core.landing import Page
from functions.core.popups import Popup
from functions.core.privacy import Privacy
from functions.core.products import Products
from functions.core.publishing import Publishing
from functions.core.release import Release
from functions.core.scoring import Scoring
from functions.core.segments import Segments
from functions.core.sending import Sending
from functions.core.surveys import Survey
from functions.core.template import Template
from functions.core.tracking import Tracking

_M = TypeVar("_M", bound=BaseModel)

__all__ = ["Invalid", "Problem", "Valid", "validate"]


@dataclass(frozen=True, slots=True)
class Valid:
    """What a valid marketing folder holds; `warnings` are what in it is rarely meant, `files` those that people get, by
    the SHA-256 of their bytes."""

    release: Release
    sources: dict[str, str]
    ledger: Ledger
    warnings: tuple[Problem, ...] = ()
    scenarios: Mapping[str, tuple[Document, Scenarios]] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)


def validate(root: Path, state: Path | None = None) -> Valid:
    """Read and check everything under `root`. Raises Invalid with every mistake found.

    `state` is the file that remembers what was published; the one inside `root` by default.
    """
    return _Reading(root, state or root / tree.STATE).run()


@dataclass(slots=True)
class _Reading:
    root: Path
    state: Path
    problems: list[Problem] = field(default_factory=list)
    documents: dict[str, Document] = field(default_factory=dict)

    def run(self) -> Valid:
        found = tree.read(self.root)
        self.problems += found.problems
        known = Definitions(form_names=found.names("forms", ".yaml"), page_names=found.names("pages", ".yaml"))
        known.asset_names = found.names("assets", ".yaml")
        known.survey_names = found.names("surveys", ".yaml")
        if "sending.yaml" in found.sources:
            known.sending = self._model(found, "sending.yaml", Sending)
        elif self.root.is_dir() and "sending.yaml" not in found.unreadable:
            mend = "Write sending.yaml: business, from, topics"
            self.problems.append(Problem("sending.yaml", 1, 1, "(file)", "sending.yaml is missing", mend))
        known.scoring = self._model(found, "scoring.yaml", Scoring)
        known.segments = self._model(found, "segments.yaml", Segments)
        known.funnel = self._model(found, "funnel.yaml", Funnel)
        tracking = self._model(found, "tracking.yaml", Tracking)
        known.privacy = self._model(found, "privacy.yaml", Privacy)
        for name, file in found.ids("forms", ".yaml").items():
            if form := self._model(found, file, Form):
                known.forms[name] = form
        for name, file in found.ids("journeys", ".yaml").items():
            if journey := self._model(found, file, Journey):
                known.journeys[name] = journey
        for channel in channels.others():
            known.channel_names[channel.name] = found.names(channel.folder, ".yaml")
            read = known.templates.setdefault(channel.name, {})
            for name, file in found.ids(channel.folder, ".yaml").items():
                if (template := self._model(found, file, channel.template)) and isinstance(template[1], Template):
                    read[name] = (template[0], template[1])
        for name, file in found.ids("campaigns", ".yaml").items():
            if campaign := self._model(found, file, Campaign):
                known.campaigns[name] = campaign
        for name, file in found.ids("popups", ".yaml").items():
            if popup := self._model(found, file, Popup):
                known.popups[name] = popup
        for name, file in found.ids("assets", ".yaml").items():
            if asset := self._model(found, file, AssetFile):
                known.assets[name] = asset
        for name, file in found.ids("surveys", ".yaml").items():
            if survey := self._model(found, file, Survey):
                known.surveys[name] = survey
        for name, file in found.ids("pages", ".yaml").items():
            if page := self._model(found, file, Page):
                known.pages[name] = page
        for name, file in found.ids("scenarios", ".yaml").items():
            if scenarios := self._model(found, file, Scenarios):
                known.scenarios[name] = scenarios
        bots = self._model(found, "bots.yaml", Bots)
        publishing = self._model(found, "publishing.yaml", Publishing)
        known.products = self._model(found, "products.yaml", Products)
        for name, file in found.ids("emails", ".yaml").items():
            if email := self._model(found, file, EmailFile):
                known.emails[name] = email
        emails = Emails(found, known)
        known.template_names = emails.names
        self.problems += emails.check()
        self._names(found, known)
        assets = Assets(found, known)
        self.problems += [*assets.check(), *assets.bringing()]
        self.problems += check(known)
        self.problems += channels.check(known)
        self.problems += [*emails.confirmations(), *emails.footers()]
        self._raise()
        assert known.sending is not None
        release = Release(
            sending=known.sending[1],
            scoring=known.scoring[1] if known.scoring else Scoring(),
            tracking=tracking[1] if tracking else Tracking(),
            segments=known.segments[1].segments if known.segments else {},
            funnel=known.funnel[1] if known.funnel else Funnel(),
            forms={name: form for name, (_, form) in known.forms.items()},
            journeys={name: journey for name, (_, journey) in known.journeys.items()},
            templates={
                channel: {name: template for name, (_, template) in read.items()}
                for channel, read in known.templates.items()
                if read
            },
            emails=emails.compiled(known.sending[1], self.problems),
            products=known.products[1].products if known.products else [],
            campaigns={name: campaign for name, (_, campaign) in known.campaigns.items()},
            popups={name: popup for name, (_, popup) in known.popups.items()},
            assets=assets.compiled(),
            surveys={name: survey for name, (_, survey) in known.surveys.items()},
            pages={name: page for name, (_, page) in known.pages.items()},
            privacy=known.privacy[1] if known.privacy else Privacy(),
            bots=bots[1] if bots else Bots(),
            publishing=publishing[1] if publishing else Publishing(),
        )
        self.problems += privacy.check(release, known)
        self._raise()
        past = self._past()
        self.problems += reuse.check(release, known, past)
        self._raise()
        return Valid(release, found.sources, past, tuple(sorted(set(self.problems))), known.scenarios, assets.files)

    def _raise(self) -> None:
        mistakes = [problem for problem in self.problems if problem.severity == "error"]
        if mistakes:
            raise Invalid(mistakes)

    def _model(self, found: tree.Tree, file: str, model: type[_M]) -> tuple[Document, _M] | None:
        """The document and what it says; None where the file is absent or broken (the problems are noted)."""
        if file not in found.sources:
            return None
        document = load(file, found.sources[file])
        self.documents[file] = document
        self.problems += document.problems
        if document.data is None and not document.problems:
            mend = f"Write its keys: {', '.join(keys_of(model))}; or remove the file"
            self.problems.append(document.problem((), "the file is empty", mend))
        if document.data is None:
            return None
        try:
            return document, model.model_validate(document.data)
        except ValidationError as error:
            self.problems += problems_of(document, model, error)
            return None

    def _names(self, found: tree.Tree, known: Definitions) -> None:
        """What may be referred to. Where a file is broken, its names are not held against others."""
        known.journey_names = found.names("journeys", ".yaml")
        if known.sending:
            known.topic_names = frozenset(topic.id for topic in known.sending[1].topics)
        if known.scoring:
            known.score_names = frozenset(known.scoring[1].scores)
            known.has_temperature = known.scoring[1].temperature is not None
            known.has_grade = known.scoring[1].grade is not None
        elif "scoring.yaml" in (*found.sources, *found.unreadable):
            known.score_names, known.has_temperature, known.has_grade = None, True, True
        if "segments.yaml" in found.unreadable:
            known.segment_names = None
        elif "segments.yaml" in self.documents:
            segments = dig(self.documents["segments.yaml"].data, ("segments",))
            known.segment_names = frozenset(segments if isinstance(segments, dict) else ())
        if known.funnel:
            known.stage_names = frozenset(stage.id for stage in known.funnel[1].stages)
        elif "funnel.yaml" in (*found.sources, *found.unreadable):
            known.stage_names = None

    def _past(self) -> Ledger:
        try:
            return ledger.read(self.state)
        except ledger.Unreadable as error:
            mend = "Run samovar pull, which writes it anew"
            self.problems.append(Problem(self.state.name, 1, 1, "(file)", f"not readable: {error}", mend))
            return Ledger()
