"""What changes for people when one release replaces another, in the marketer's own words."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from functions.core import renaming
from functions.core.definition import Definition
from functions.core.release import Release

How = Literal["added", "removed", "changed", "renamed"]
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs. `details` lists the places inside it, as path: before → after."""

    what: str
    how: How
    details: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The plain values, for --json."""
        return asdict(self)


def changes(before: Release | None, after: Release) -> list[Change]:
    """Everything that differs, in a stable order; all of it is added where nothing was before."""
    old, new = _things(before) if before else {}, _things(after)
    found = []
    for what in sorted({*old, *new}):
        if what not in old:
            found.append(Change(what, "added"))
        elif what not in new:
            found.append(Change(what, "removed"))
        elif old[what] != new[what]:
            found.append(Change(what, "changed", tuple(inside(old[what], new[what], ""))))
    return found


def stored_changes(before: Release | None, after: Release) -> list[Change]:
    """The same of releases as they are stored, in the names that things have after; what is renamed is told as well."""
    called = changes(None if before is None else renaming.authored(before, after.names), renaming.authored(after))
    renamed = {} if before is None else renaming.renames(before, after)
    named = [Change(what, "renamed", (f"{was} → {what.rpartition(' ')[2]}",)) for what, was in renamed.items() if was]
    return sorted([*called, *named], key=lambda change: change.what)


def _things(release: Release) -> dict[str, Any]:
    sending = _plain(release.sending)
    things: dict[str, Any] = {f"topic {topic['id']}": topic for topic in sending.pop("topics")}
    things["sending"] = sending
    scoring = _plain(release.scoring)
    things |= {f"score {name}": score for name, score in scoring.pop("scores", {}).items()}
    for name in ("temperature", "grade"):
        if scoring.get(name):
            things[name] = scoring[name]
    things |= {f"tag rule {rule['id']}": rule for rule in scoring.get("tags", ())}
    funnel = _plain(release.funnel)
    stages = funnel.pop("stages", [])
    things |= {f"stage {stage['id']}": stage for stage in stages}
    if stages:
        # The order decides where people stand.
        things["funnel"] = {**funnel, "order": " → ".join(stage["id"] for stage in stages)}
    if tracking := _plain(release.tracking):
        things["tracking"] = tracking
    for name, single in (("bots", release.bots), ("privacy", release.privacy), ("publishing", release.publishing)):
        if said := _plain(single):
            things[name] = said
    things |= {f"product {one.id}": _plain(one) for one in release.products}
    kinds: dict[str, Mapping[str, Definition]] = {
        "segment": release.segments,
        "form": release.forms,
        "email": release.emails,
        **release.templates,
        "journey": release.journeys,
        "campaign": release.campaigns,
        "popup": release.popups,
        "asset": release.assets,
        "survey": release.surveys,
        "page": release.pages,
    }
    for kind, members in kinds.items():
        things |= {f"{kind} {name}": _plain(member) for name, member in members.items()}
    return things


def _plain(definition: Definition) -> dict[str, Any]:
    return definition.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def inside(before: Any, after: Any, path: str) -> Iterator[str]:
    """Every place that differs within two plain values, as path: before → after."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}):
            yield from inside(before.get(key), after.get(key), f"{path}.{key}" if path else key)
    elif isinstance(before, list) and isinstance(after, list):
        old, new = _by_id(before), _by_id(after)
        for key in dict.fromkeys([*old, *new]):
            yield from inside(old.get(key), new.get(key), f"{path}[{key}]")
        if list(old) != list(new) and sorted(old) == sorted(new):
            yield f"{path}: another order"
    elif before != after:
        yield f"{path}: {_shown(before)} → {_shown(after)}"


def _by_id(items: list[Any]) -> dict[str, Any]:
    """Members by their id where they have one, by their place where they haven't."""
    named: dict[str, Any] = {}
    for index, item in enumerate(items):
        name = item.get("id", item.get("name")) if isinstance(item, dict) else None
        named[str(name) if name is not None and str(name) not in named else str(index)] = item
    return named


def _shown(value: Any) -> str:
    if value is None:
        return "(nothing)"
    words = " ".join(_flow(value).split())
    return words if len(words) <= _SHOWN else words[: _SHOWN - 1] + "…"


def _flow(value: Any) -> str:
    """A value as it stands in the files: {id: pause, wait: 1 day}."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_flow(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)
