"""The ids that were ever published, and which release the authored files are based on.

Ids are for ever: people's histories point at them. An id keeps its kind, and one that was
removed does not come back with a new meaning; a rollback brings it back with its old one.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from functions.core import landing
from functions.core.release import Release
from functions.core.steps import step_kind
from functions.core.tree import walk

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the state file keeps: ids in use and retired (id → kind), the releases they came from, and names by which
    things were ever called that are stored under another (name → id, both as `ids_of` spells them)."""

    based_on: str | None = None
    live: dict[str, str] = field(default_factory=dict)
    retired: dict[str, str] = field(default_factory=dict)
    releases: tuple[str, ...] = ()
    aliases: dict[str, str] = field(default_factory=dict)

    def after(self, live: Release, release_id: str, others: dict[str, Release] | None = None) -> "Ledger":
        """The ledger once `live` is the live release; `others` are releases met for the first time."""
        known = {**self.retired, **self.live}
        aliases = dict(self.aliases)
        for other in (*(others or {}).values(), live):
            known.update(ids_of(other))
            aliases.update(aliases_of(other))
        current = ids_of(live)
        retired = {name: kind for name, kind in known.items() if name not in current}
        seen = tuple(sorted({*self.releases, *(others or {}), release_id}))
        return Ledger(release_id, current, retired, seen, aliases)

    def as_text(self) -> str:
        """The state file's content, the same bytes for the same ledger."""
        content: dict[str, Any] = {
            "format": FORMAT,
            "based_on": self.based_on,
            "live": self.live,
            "retired": self.retired,
            "releases": list(self.releases),
        } | ({"aliases": self.aliases} if self.aliases else {})
        return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


class Unreadable(ValueError):
    """The state file is damaged or newer than this program."""


def read(path: Path) -> Ledger:
    """The ledger in a state file; empty where there is none. Raises Unreadable."""
    try:
        raw = json.loads(path.read_bytes())
    except FileNotFoundError:
        return Ledger()
    except ValueError as error:
        raise Unreadable("it is not JSON") from error
    if not isinstance(raw, dict) or not isinstance(raw.get("format"), int):
        raise Unreadable("it has no format")
    if raw["format"] > FORMAT:
        raise Unreadable(f"its format {raw['format']} is newer than this program reads")
    releases = tuple(raw.get("releases", []))
    return Ledger(raw.get("based_on"), raw.get("live", {}), raw.get("retired", {}), releases, raw.get("aliases", {}))


def write(path: Path, ledger: Ledger) -> None:
    """Replace the state file as a whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    beside.write_text(ledger.as_text(), encoding="utf-8")
    beside.replace(path)


def aliases_of(release: Release) -> dict[str, str]:
    """What a release calls otherwise than it stores it: the present name → the first one, both spelled."""
    return {f"{stored.rpartition(' ')[0]} {now}": stored for stored, now in release.names.items()}


def ids_of(release: Release) -> dict[str, str]:
    """Every id a release defines, with its kind, in a stable order."""
    ids: dict[str, str] = {f"topic {topic.id}": "topic" for topic in release.sending.topics}
    for name, score in release.scoring.scores.items():
        ids[f"score {name}"] = "score"
        ids.update({f"score {name}, rule {rule.id}": "rule" for rule in score.rules})
    grade = release.scoring.grade
    ids.update({f"grade, rule {rule.id}": "grade rule" for rule in (grade.rules if grade else ())})
    ids.update({f"tag rule {rule.id}": "tag rule" for rule in release.scoring.tags})
    ids.update({f"stage {stage.id}": "stage" for stage in release.funnel.stages})
    ids.update({f"segment {name}": "segment" for name in release.segments})
    ids.update({f"template {name}": "template" for name in release.emails})
    for channel, of_channel in release.templates.items():
        ids.update({f"{channel} template {name}": f"{channel} template" for name in of_channel})
    for name, form in release.forms.items():
        ids[f"form {name}"] = "form"
        ids.update({f"form {name}, field {field.name}": "field" for field in form.fields})
    for name, journey in release.journeys.items():
        ids[f"journey {name}"] = "journey"
        ids.update({f"journey {name}, step {step.id}": f"{step_kind(step)} step" for step in walk(journey.steps)})
    ids.update({f"campaign {name}": "campaign" for name in release.campaigns})
    ids.update({f"popup {name}": "popup" for name in release.popups})
    ids.update({f"asset {name}": "asset" for name in release.assets})
    ids.update({f"survey {name}": "survey" for name in release.surveys})
    for name, page in release.pages.items():
        ids[f"page {name}"] = "page"
        for part, held in varying[1].parts() if (varying := landing.varying(page)) else ():
            ids.update({f"page {name}, {part} {variant}": f"{part} variant" for variant in held})
    return dict(sorted(ids.items()))
