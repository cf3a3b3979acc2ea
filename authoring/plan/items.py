"""Which definitions differ between a base and a folder, and how: pure."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Final

from authoring.plan import journeys
from authoring.plan.model import Item, Line
from functions.core import renaming
from functions.core.changes import Change, changes
from functions.core.release import Release
from functions.core.telling import contact_that

_COMPILED: Final = ("html", "text", "languages")
"""Where an e-mail's details would show what its files became."""
_LONGEST: Final = 60
"""Lines of a text's differences that are shown."""
_SINGLE: Final = ("sending", "temperature", "grade", "funnel", "tracking", "bots", "privacy", "publishing", "products")
_CHANNELS: Final = ("sms", "push", "webhook")


def items(
    base: Release | None, compiled: Release, was: Mapping[str, str] | None, now: Mapping[str, str]
) -> tuple[Item, ...]:
    """Everything that differs, both releases as they are stored. `was` and `now` are the files behind them by their
    paths, None where they are not known."""
    after = renaming.authored(compiled)
    # By the same names: what is only called otherwise doesn't differ.
    before = None if base is None else renaming.authored(base, compiled.names)
    found = {change.what: change for change in changes(before, after)}
    renamed = {} if base is None else renaming.renames(base, compiled)
    for what in {*renamed} - {*found}:
        found[what] = Change(what, "changed")
    return tuple(_item(found[what], before, after, renamed, was, now) for what in sorted(found, key=_order))


def _order(what: str) -> tuple[int, str]:
    kind = what.partition(" ")[0]
    kinds = (
        "journey",
        "email",
        *_CHANNELS,
        "form",
        "page",
        "asset",
        "survey",
        "campaign",
        "segment",
        "stage",
        "funnel",
        "score",
    )
    return (kinds.index(kind) if kind in kinds else len(kinds), what)


def _item(
    change: Change,
    before: Release | None,
    after: Release,
    renamed: Mapping[str, str],
    was: Mapping[str, str] | None,
    now: Mapping[str, str],
) -> Item:
    kind, _, name = change.what.rpartition(" ")
    kind, name = (change.what, "") if change.what in _SINGLE else (kind, name)
    earlier = renamed.get(change.what, "")
    how = "renamed" if earlier and change.how == "changed" else change.how
    lines = (*_parts_renamed(change.what, before, after, renamed), *_lines(change, kind, name, before, after))
    texts = (
        () if was is None else tuple(_texts(kind, name, earlier or name, was, now)) if change.how == "changed" else ()
    )
    if kind == "email" and change.how == "changed" and not lines and not texts and how != "renamed":
        lines = (Line("~", "how it looks: parts, or the brand of sending.yaml"),)
    return Item(kind, name, how, earlier, _title(kind, name, before, after), (*lines, *texts))


def _parts_renamed(what: str, before: Release | None, after: Release, renamed: Mapping[str, str]) -> Iterator[Line]:
    if before is None or what not in renamed:
        return
    kind = what.rpartition(" ")[0]
    for stored, now in sorted(after.names.items()):
        whole, comma, part = stored.partition(", ")
        if comma and what == f"{kind} {after.names.get(whole, whole.rpartition(' ')[2])}":
            yield Line("~", f"{part.rpartition(' ')[0]} {now}, stored as {part.rpartition(' ')[2]}")


def _lines(change: Change, kind: str, name: str, before: Release | None, after: Release) -> Iterator[Line]:
    if kind == "journey":
        if change.how == "added":
            yield from journeys.added(after.journeys[name], after)
        elif change.how == "changed" and before is not None and change.details:
            yield from journeys.changed(before.journeys[name], before, after.journeys[name], after)
        return
    was, now = _asks(kind, name, before), _asks(kind, name, after)
    if change.how == "added" and now is not None:
        yield Line("+", f"where {now}")
    if was is not None and now is not None and was != now:
        yield Line("~", f"where {was} → where {now}")
    for detail in change.details:
        if was != now and was is not None and detail.startswith("when"):
            continue
        if kind != "email" or not detail.startswith(_COMPILED):
            yield Line("~", detail)


def _asks(kind: str, name: str, release: Release | None) -> str | None:
    """The condition of a segment or a stage, in words."""
    if release is None or kind not in ("segment", "stage"):
        return None
    stages = {stage.id: stage.when for stage in release.funnel.stages}
    segment = release.segments.get(name)
    when = stages.get(name) if kind == "stage" else segment.when if segment else None
    return None if when is None else contact_that(when, release)


def _title(kind: str, name: str, before: Release | None, after: Release) -> str:
    for release in (after, before):
        held = None if release is None else _members(release, kind).get(name)
        if held is not None:
            return str(getattr(held, "title", "") or getattr(held, "subject", "") or getattr(held, "question", ""))
    return ""


def _members(release: Release, kind: str) -> Mapping[str, object]:
    match kind:
        case "journey":
            return release.journeys
        case "email":
            return release.emails
        case "form":
            return release.forms
        case "campaign":
            return release.campaigns
        case "popup":
            return release.popups
        case "asset":
            return release.assets
        case "survey":
            return release.surveys
        case "page":
            return release.pages
        case "segment":
            return release.segments
    return {}


def _texts(kind: str, name: str, earlier: str, was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Line]:
    """How an e-mail's own files differ, as short unified differences."""
    if kind != "email":
        return
    for file in sorted({_later(file, name, earlier) for file in _of(was, earlier)} | set(_of(now, name))):
        before, after = was.get(_later(file, earlier, name), ""), now.get(file, "")
        lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), n=1, lineterm=""))[2:]
        if not lines:
            continue
        yield Line("~", f"{file}:")
        for line in lines[:_LONGEST]:
            mark = line[:1]
            text = f"    {line[1:]}" if mark in ("+", "-", " ") else f"    {line}"
            yield Line("+" if mark == "+" else "-" if mark == "-" else " ", text)
        if len(lines) > _LONGEST:
            yield Line(" ", f"    … {len(lines) - _LONGEST} lines more")


def _of(files: Mapping[str, str], name: str) -> list[str]:
    ends = (".mjml", ".txt")
    return [file for file in files if file.endswith(ends) and file.startswith(f"emails/{name}.")]


def _later(file: str, name: str, earlier: str) -> str:
    return f"emails/{name}.{file.removeprefix(f'emails/{earlier}.')}" if file.startswith(f"emails/{earlier}.") else file
