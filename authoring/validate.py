"""Reading marketing/ as a whole: either one release, or every problem with file and line."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from authoring import ledger, markup, privacy, reuse, templates, tree
from authoring.definitions import Definitions
from authoring.explain import problems_of
from authoring.ledger import Ledger
from authoring.load import Document, dig, load
from authoring.locate import keys_of
from authoring.problems import Invalid, Problem, choose
from authoring.references import check
from authoring.sources import EmailFile
from functions.core.bots import Bots
from functions.core.campaign import Campaign
from functions.core.emails import Email
from functions.core.forms import Form
from functions.core.funnel import Funnel
from functions.core.journey import Journey, Send, walk
from functions.core.privacy import Privacy
from functions.core.release import Release
from functions.core.scoring import Scoring
from functions.core.segments import Segments
from functions.core.sending import Sending
from functions.core.tracking import Tracking

_M = TypeVar("_M", bound=BaseModel)

__all__ = ["Invalid", "Problem", "Valid", "validate"]


@dataclass(frozen=True, slots=True)
class Valid:
    """What a valid marketing folder holds; `warnings` are what in it is rarely meant."""

    release: Release
    sources: dict[str, str]
    ledger: Ledger
    warnings: tuple[Problem, ...] = ()


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
    templates: frozenset[str] = frozenset()

    def run(self) -> Valid:
        found = tree.read(self.root)
        self.problems += found.problems
        known = Definitions(form_names=found.names("forms", ".yaml"))
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
        for name, file in found.ids("campaigns", ".yaml").items():
            if campaign := self._model(found, file, Campaign):
                known.campaigns[name] = campaign
        bots = self._model(found, "bots.yaml", Bots)
        emails = self._emails(found)
        self._names(found, known)
        self.problems += check(known)
        self._confirmations(found, known)
        self._footers(found, known)
        self._raise()
        assert known.sending is not None
        language = known.sending[1].business.language
        release = Release(
            sending=known.sending[1],
            scoring=known.scoring[1] if known.scoring else Scoring(),
            tracking=tracking[1] if tracking else Tracking(),
            segments=known.segments[1].segments if known.segments else {},
            funnel=known.funnel[1] if known.funnel else Funnel(),
            forms={name: form for name, (_, form) in known.forms.items()},
            journeys={name: journey for name, (_, journey) in known.journeys.items()},
            campaigns={name: campaign for name, (_, campaign) in known.campaigns.items()},
            emails={name: self._compiled(found, name, email, language) for name, (_, email) in emails.items()},
            privacy=known.privacy[1] if known.privacy else Privacy(),
            bots=bots[1] if bots else Bots(),
        )
        self.problems += privacy.check(release, known)
        self._raise()
        past = self._past()
        self.problems += reuse.check(release, known, past)
        self._raise()
        return Valid(release, found.sources, past, tuple(sorted(set(self.problems))))

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

    def _emails(self, found: tree.Tree) -> dict[str, tuple[Document, EmailFile]]:
        """The e-mail files whose three parts are there and sound."""
        names = {suffix: found.ids("emails", suffix) for suffix in (".yaml", ".mjml", ".txt")}
        there = {suffix: found.names("emails", suffix) for suffix in names}
        self.templates = frozenset().union(*there.values())
        emails = {}
        for name in sorted(self.templates):
            for suffix, what in _PARTS.items():
                if name not in there[suffix]:
                    file = f"emails/{name}{suffix}"
                    mend = f"Write {file}" + (", with a line such as subject: Welcome" if suffix == ".yaml" else "")
                    self.problems.append(Problem(file, 1, 1, "(file)", f"{what} is missing", mend))
            if name in names[".yaml"] and (email := self._model(found, names[".yaml"][name], EmailFile)):
                emails[name] = email
                document, said = email
                for field_name in ("subject", "preheader"):
                    line, column = document.at((field_name,))
                    text = getattr(said, field_name)
                    part = templates.Part(document.file, text, field_name, line=line, column=column)
                    self.problems += templates.check(part)
            if name in names[".txt"]:
                file = names[".txt"][name]
                self.problems += templates.check(templates.Part(file, found.sources[file], "text"))
        for file in [*names[".mjml"].values(), *found.ids("emails/parts", ".mjml").values()]:
            self._mjml(found, file)
        return emails

    def _mjml(self, found: tree.Tree, file: str) -> None:
        text = found.sources[file]
        part = templates.Part(file, text, "html", html=True)
        self.problems += templates.check(part) + markup.check(part)
        available = {f"parts/{name}.mjml" for name in found.names("emails/parts", ".mjml")}
        for line, path in markup.includes(text):
            if file.startswith("emails/parts/"):
                mend = "Put it into the e-mail itself: a part includes no other part"
                self.problems.append(Problem(file, line, 1, "<mj-include>", "a part includes another part", mend))
            elif path not in available:
                mend = choose(path, available, none=f"Write emails/{path}")
                self.problems.append(Problem(file, line, 1, "<mj-include>", f'unknown part "{path}"', mend))

    def _names(self, found: tree.Tree, known: Definitions) -> None:
        """What may be referred to. Where a file is broken, its names are not held against others."""
        known.template_names = self.templates
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

    def _footers(self, found: tree.Tree, known: Definitions) -> None:
        """Marketing mail must say who sends it and how to leave."""
        if not known.sending:
            return
        marketing = {topic.id for topic in known.sending[1].topics if not topic.transactional}
        used = {
            step.send
            for _, journey in known.journeys.values()
            for step in walk(journey.steps)
            if isinstance(step, Send) and isinstance(step.send, str) and (step.topic or journey.topic) in marketing
        }
        used |= {
            campaign.send
            for _, campaign in known.campaigns.values()
            if isinstance(campaign.send, str) and campaign.topic in marketing
        }
        for name in sorted(used & self.templates):
            for file in (f"emails/{name}.mjml", f"emails/{name}.txt"):
                if file in found.sources and not any(problem.file == file for problem in self.problems):
                    text = found.sources[file] + "".join(
                        found.sources.get(f"emails/{path}", "") for _, path in markup.includes(found.sources[file])
                    )
                    for variable, what in _FOOTER.items():
                        if variable not in text:
                            mend = f"Put {{{{ {variable} }}}} in its footer"
                            self.problems.append(Problem(file, 1, 1, "(file)", f"marketing mail without {what}", mend))

    def _confirmations(self, found: tree.Tree, known: Definitions) -> None:
        """The link of a double opt-in must stand in the mail that asks, and can stand in no other."""
        asking = {form.double_opt_in.email for _, form in known.forms.values() if form.double_opt_in}
        sent = {
            step.send
            for _, journey in known.journeys.values()
            for step in walk(journey.steps)
            if isinstance(step, Send) and isinstance(step.send, str)
        }
        by_campaigns = {campaign.send for _, campaign in known.campaigns.values() if isinstance(campaign.send, str)}
        for name in sorted(self.templates):
            for file in (f"emails/{name}.mjml", f"emails/{name}.txt"):
                if file not in found.sources or any(problem.file == file for problem in self.problems):
                    continue
                has = "confirm_url" in found.sources[file]
                if name in asking and not has:
                    mend = "Put {{ confirm_url }} where people shall click"
                    self.problems.append(Problem(file, 1, 1, "(file)", "it asks to confirm without the link", mend))
                if name in sent | by_campaigns and has:
                    line = found.sources[file][: found.sources[file].index("confirm_url")].count("\n") + 1
                    mend = "Use it in the template of a form's double_opt_in only; a journey asks nobody to confirm"
                    message = f"a {'journey' if name in sent else 'campaign'} sends this e-mail"
                    self.problems.append(Problem(file, line, 1, "confirm_url", message, mend))

    def _compiled(self, found: tree.Tree, name: str, email: EmailFile, language: str) -> Email:
        file = f"emails/{name}.mjml"
        parts = {f"parts/{part}.mjml": found.sources[path] for part, path in found.ids("emails/parts", ".mjml").items()}
        try:
            html = markup.to_html(found.sources[file], parts, preheader=email.preheader, language=language)
        except ValueError as error:
            mend = "Check the elements there: each needs its closing tag, and quotes around the value of each attribute"
            self.problems.append(Problem(file, 1, 1, "html", f"not readable as MJML: {error}", mend))
            html = ""
        return Email(
            subject=email.subject, preheader=email.preheader, html=html, text=found.sources[f"emails/{name}.txt"]
        )

    def _past(self) -> Ledger:
        try:
            return ledger.read(self.state)
        except ledger.Unreadable as error:
            mend = "Run samovar pull, which writes it anew"
            self.problems.append(Problem(self.state.name, 1, 1, "(file)", f"not readable: {error}", mend))
            return Ledger()


_PARTS = {".yaml": "the subject", ".mjml": "the HTML part", ".txt": "the plain-text part"}
_FOOTER = {"unsubscribe_url": "a way to unsubscribe", "business.address": "a postal address"}
