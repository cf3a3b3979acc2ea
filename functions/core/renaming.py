"""Renaming: what stands in the files by its present names, and in a release by the first name that it had.

People's histories, messages, counters and memberships point at ids, and ids are for ever. So a renamed definition is
compiled under its first name, everywhere; the release notes what it is called now (`Release.names`), for people.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from functions.core import conditions as c
from functions.core import event
from functions.core.assets import Asset
from functions.core.blocks import Button, FormBlock, SurveyBlock
from functions.core.campaign import Campaign
from functions.core.channels import BY_EMAIL, channel_and_template
from functions.core.definition import Definition, Lasting
from functions.core.forms import ConsentBox, DoubleOptIn
from functions.core.journey import Journey, Schedule
from functions.core.popups import Popup
from functions.core.push import PushSettings
from functions.core.release import Release, canonical, load, spelled
from functions.core.scoring import Temperature
from functions.core.sending import Cap, Topic
from functions.core.steps import STEPS, CallWebhook, Change, Points, Send, StartStep
from functions.core.tree import walk

STEP: Final = "step"
CONTENT: Final = "content"
REFERENCES: Final[Mapping[tuple[type[Definition], str], str]] = {
    (c.EventMatch, "form"): "form",
    (c.ScoreCondition, "score"): "score",
    (c.StageCondition, "stage"): "stage",
    (c.ConsentCondition, "consent"): "topic",
    (c.SegmentCondition, "segment"): "segment",
    (c.EmailCondition, "email"): "template",
    (c.JourneyCondition, "journey"): "journey",
    (c.OpenedCondition, "opened"): STEP,
    (c.ClickedCondition, "clicked"): STEP,
    (Temperature, "score"): "score",
    (Schedule, "segment"): "segment",
    (Journey, "topic"): "topic",
    (Send, "topic"): "topic",
    (Send, "send"): CONTENT,
    (Change, "stage"): "stage",
    (Points, "score"): "score",
    (CallWebhook, "webhook"): "webhook template",
    (StartStep, "start"): "journey",
    (Campaign, "topic"): "topic",
    (Campaign, "send"): CONTENT,
    (Campaign, "to"): "segment",
    (Campaign, "except_"): "segment",
    (Popup, "form"): "form",
    (ConsentBox, "topic"): "topic",
    (DoubleOptIn, "email"): "template",
    (Asset, "form"): "form",
    (Asset, "email"): "template",
    (FormBlock, "form"): "form",
    (SurveyBlock, "survey"): "survey",
    (Button, "page"): "page",
    (Cap, "topics"): "topic",
    (PushSettings, "topics"): "topic",
    (Topic, "id"): "topic",
    **{(step, "id"): STEP for step in STEPS.values()},
}
"""The fields that hold the id of something that can be renamed, and of which kind it is."""
IN_EVENTS: Final[Mapping[str, str]] = {
    "journey": "journey",
    "form": "form",
    "template": "template",
    "popup": "popup",
    "asset": "asset",
    "survey": "survey",
    "landing": "page",
    "personal": "page",
}
"""Properties of Samovar's own events that hold such ids."""
OWN_EVENTS: Final = frozenset(
    value for name, value in vars(event).items() if name.isupper() and isinstance(value, str) and value[:1].isupper()
) - {event.PAGE_VIEWED, event.SCREEN_VIEWED, event.IDENTIFIED}


@dataclass(frozen=True, slots=True)
class Named:
    """A definition that has an id: as files spell it ("journey welcome, step hello"), its plain id, what it stands
    in ("" for none), and the names it had."""

    spelled: str
    plain: str
    inside: str
    was: tuple[str, ...]

    @property
    def kind(self) -> str:
        """What it is, such as "journey" or "sms template"."""
        return self.spelled.removeprefix(f"{self.inside}, ").rpartition(" ")[0]

    @property
    def first(self) -> str:
        """The id that it is stored under."""
        return self.was[0] if self.was else self.plain


def named(release: Release) -> Iterator[Named]:
    """Everything in a release that can be renamed."""
    for topic in release.sending.topics:
        yield _named("topic", topic.id, topic)
    for name, score in release.scoring.scores.items():
        yield _named("score", name, score)
        for rule in score.rules:
            yield _named("rule", rule.id, rule, f"score {name}")
    for fit in release.scoring.grade.rules if release.scoring.grade else ():
        yield _named("rule", fit.id, fit, "grade")
    for tag in release.scoring.tags:
        yield _named("tag rule", tag.id, tag)
    for stage in release.funnel.stages:
        yield _named("stage", stage.id, stage)
    kinds: Mapping[str, Mapping[str, Lasting]] = {
        "segment": release.segments,
        "template": release.emails,
        **{f"{channel} template": of_channel for channel, of_channel in release.templates.items()},
        "form": release.forms,
        "journey": release.journeys,
        "campaign": release.campaigns,
        "popup": release.popups,
        "asset": release.assets,
        "survey": release.surveys,
        "page": release.pages,
    }
    for kind, members in kinds.items():
        for name, member in members.items():
            yield _named(kind, name, member)
    for name, journey in release.journeys.items():
        for step in walk(journey.steps):
            yield _named(STEP, step.id, step, f"journey {name}")


def _named(kind: str, plain: str, what: Lasting, inside: str = "") -> Named:
    return Named(spelled(kind, plain, inside), plain, inside, what.was)


def stored(authored: Release) -> Release:
    """The release with everything under its first name. Two things that claim one name must have been refused."""
    renamed = {one.spelled: one for one in named(authored) if one.first != one.plain}
    marked = any(one.was for one in named(authored))
    if not marked:
        return authored
    first = {name: one.first for name, one in renamed.items()}
    names = {}
    for one in renamed.values():
        outer, _, plain = one.inside.rpartition(" ")
        inside = f"{outer} {first.get(one.inside, plain)}" if outer else one.inside
        names[spelled(one.kind, one.first, inside)] = one.plain
    return _rewritten(authored, first, names)


def authored(release: Release, names: Mapping[str, str] | None = None) -> Release:
    """A stored release as its files have it, or as others would that call things by `names`."""
    names = release.names if names is None else names
    return _rewritten(release, names, {}) if names or release.names else release


def renames(base: Release, compiled: Release) -> dict[str, str]:
    """What is called otherwise: its spelling among the changes ("journey greeting") → its name in the base. Of steps
    and rules the definition that they stand in, with "" for its name where that stays."""
    found: dict[str, str] = {}
    for stored in {*base.names, *compiled.names}:
        whole, _, part = stored.partition(", ")
        kind, _, first = whole.rpartition(" ")
        was, now = (
            base.names.get(stored, stored.rpartition(" ")[2]),
            compiled.names.get(stored, stored.rpartition(" ")[2]),
        )
        if was == now:
            continue
        kind = {"template": "email"}.get(kind, kind.removesuffix(" template"))
        what = f"{kind} {compiled.names.get(whole, first)}" if kind not in ("grade", "tag rule") else whole
        found.setdefault(what, "")
        if not part:
            found[what] = was
    return found


def _rewritten(release: Release, mapped: Mapping[str, str], names: Mapping[str, str]) -> Release:
    changed = _Rewriting(mapped).release(release).model_copy(update={"names": dict(names)})
    # Read anew: what models keep once they have worked it out belongs to the names before.
    return load(canonical(changed))


@dataclass(slots=True)
class _Rewriting:
    mapped: Mapping[str, str]
    journey: str = field(default="")

    def release(self, release: Release) -> Release:
        scoring = self.value(release.scoring)
        scores = {}
        for name, score in scoring.scores.items():
            rules = self.rules(score.rules, f"score {name}")
            scores[self.to("score", name)] = score.model_copy(update={"rules": rules})
        grade = scoring.grade and scoring.grade.model_copy(update={"rules": self.rules(scoring.grade.rules, "grade")})
        tags = [self.rule(tag, "tag rule", "") for tag in scoring.tags]
        stages = [self.rule(self.value(stage), "stage", "") for stage in release.funnel.stages]
        return release.model_copy(
            update={
                "sending": self.value(release.sending),
                "scoring": scoring.model_copy(update={"scores": scores, "grade": grade, "tags": tags}),
                "funnel": release.funnel.model_copy(update={"stages": stages}),
                "segments": self.members("segment", release.segments),
                "emails": self.members("template", release.emails),
                "forms": self.members("form", release.forms),
                "campaigns": self.members("campaign", release.campaigns),
                "popups": self.members("popup", release.popups),
                "assets": self.members("asset", release.assets),
                "surveys": self.members("survey", release.surveys),
                "pages": self.members("page", release.pages),
                "journeys": self.members("journey", release.journeys),
                "templates": {
                    channel: self.members(f"{channel} template", of_channel)
                    for channel, of_channel in release.templates.items()
                },
            }
        )

    def members(self, kind: str, held: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for name, member in held.items():
            self.journey = name if kind == "journey" else ""
            found[self.to(kind, name)] = self.value(member)
        self.journey = ""
        return found

    def rules(self, rules: Any, inside: str) -> list[Any]:
        return [self.rule(rule, "rule", inside) for rule in rules]

    def rule(self, rule: Any, kind: str, inside: str) -> Any:
        return rule.model_copy(update={"id": self.to(kind, rule.id, inside), "was": ()})

    def to(self, kind: str, name: str, inside: str = "") -> str:
        return self.mapped.get(spelled(kind, name, inside), name)

    def value(self, held: Any) -> Any:
        """A value with every reference within it changed; the same where there is none."""
        match held:
            case Definition():
                return self.definition(held)
            case list() | tuple():
                parts = [self.value(part) for part in held]
                return held if all(a is b for a, b in zip(parts, held, strict=True)) else parts
            case dict():
                inner = {key: self.value(part) for key, part in held.items()}
                return held if all(inner[key] is held[key] for key in held) else inner
        return held

    def definition(self, held: Definition) -> Definition:
        changes: dict[str, Any] = {}
        for name in type(held).model_fields:
            before = getattr(held, name)
            kind = _kind(held, name)
            after = self.value(before) if kind is None else self.reference(kind, before)
            if after is not before and after != before:
                changes[name] = after
        if isinstance(held, c.EventMatch) and held.event in OWN_EVENTS and held.where:
            where = {key: self.in_event(key, value) for key, value in held.where.items()}
            if where != held.where:
                changes["where"] = where
        if isinstance(held, Lasting) and held.was:
            changes["was"] = ()
        return held.model_copy(update=changes) if changes else held

    def reference(self, kind: str, held: Any) -> Any:
        match kind, held:
            case _, None:
                return None
            case _, list():
                return [self.reference(kind, one) for one in held]
            case "content", _:
                channel, template = channel_and_template(held)
                if channel == BY_EMAIL:
                    return self.to("template", template)
                return {channel: self.to(f"{channel} template", template)}
            case "step", _:
                return self.to(STEP, held, f"journey {self.journey}")
        return self.to(kind, held)

    def in_event(self, key: str, value: Any) -> Any:
        kind = IN_EVENTS.get(key)
        return self.to(kind, value) if kind is not None and isinstance(value, str) else value


def _kind(held: Definition, name: str) -> str | None:
    return next((REFERENCES[model, name] for model in type(held).__mro__ if (model, name) in REFERENCES), None)
