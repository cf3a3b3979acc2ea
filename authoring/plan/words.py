"""A plan in words: the blocks that a terminal, and a comment of a pull request, are made of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from authoring.plan.model import Item, Line, Plan, Standing, Trial, moves

_KINDS = {"email": "e-mail", "sms": "text message", "push": "notification"}
_NOW = {
    "same": "as it is now",
    "changed": "says something else then",
    "gone": "is there no more",
    "no journey": "the journey is there no more",
}


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, what stands below it, and lines with marks; `bad` where it says why publishing would be refused,
    `definition` where it is about one that differs."""

    title: str
    says: tuple[str, ...] = ()
    lines: tuple[Line, ...] = ()
    bad: bool = False
    definition: bool = False


def summary(plan: Plan) -> str:
    """A plan in one sentence."""
    if plan.problems:
        return f"It can't be published: {_many(len(plan.problems), 'problem')}."
    refused = " It would be refused." if plan.refused else ""
    if not plan.items:
        return f"Nothing differs from {plan.base}.{refused}"
    counts = {how: sum(item.how == how for item in plan.items) for how in ("added", "changed", "renamed", "removed")}
    said = ", ".join(f"{many} {how}" for how, many in counts.items() if many)
    failing = sum(trial.newly_fails for trial in plan.trials)
    warned = (
        f" {_many(failing, 'scenario')} would fail that passes now."
        if failing == 1
        else (f" {_many(failing, 'scenario')} would fail that pass now." if failing else "")
    )
    return f"Against {plan.base}: {said}.{warned}{refused}"


def blocks(plan: Plan) -> Iterator[Block]:
    """All that a plan says, the gravest first."""
    for reason in plan.refused:
        yield Block("It would be refused", (reason,), bad=True)
    if plan.problems:
        lines = [
            Line("-", f"{one.file}:{one.line}:{one.column}: {one.key}: {one.message}. {one.mend}")
            for one in plan.problems
        ]
        yield Block("It can't be published", lines=tuple(lines), bad=True)
    yield from _scenarios(plan)
    for item in plan.items:
        yield Block(heading(item), lines=item.lines, definition=True)
    yield from _people(plan)
    yield from _foreseen(plan.foreseen)
    if plan.counters:
        said = tuple(Line("+", one) for one in plan.counters)
        yield Block("Counted from now on", ("Everybody's events are counted again for these.",), said)
    if plan.backfill:
        yield Block(
            "Everybody is brought to it",
            ("People stand elsewhere by these rules, or may: a backfill brings them. It starts no journey.",),
        )
    if plan.warnings:
        told = [Line("~", f"{one.file}:{one.line}: {one.message}. {one.mend}") for one in plan.warnings]
        yield Block("Warnings", lines=tuple(told))


def heading(item: Item) -> str:
    """What a definition is called, and what becomes of it."""
    kind = _KINDS.get(item.kind, item.kind)
    name = f"{kind} {item.name}" if item.name else kind
    title = f" “{item.title}”" if item.title and item.title != item.name else ""
    if item.how != "renamed":
        return f"{name}{title} is {item.how}"
    also = ", and changed" if any(", stored as " not in line.text for line in item.lines) else ""
    return f"{name}{title} is renamed{also} (before: {item.was})"


def mark(item_heading: str) -> str:
    """The mark before a heading."""
    return "+" if item_heading.endswith("is added") else "-" if item_heading.endswith("is removed") else "~"


def _scenarios(plan: Plan) -> Iterator[Block]:
    failing = [one for one in plan.trials if not one.passes]
    if failing:
        yield Block("Scenarios that fail", lines=tuple(Line("-", _failing(one)) for one in failing))
    others = [one for one in plan.trials if one.passes and one.how != "same"]
    if others:
        marks = {"added": "+", "removed": "-", "changed": "~"}
        lines = tuple(Line(marks[one.how], f"{one.journey}: {one.name}") for one in others)  # type: ignore[arg-type]
        yield Block("Scenarios", lines=lines)


def _failing(one: Trial) -> str:
    then = "passes now" if one.newly_fails else "fails now as well" if one.before is False else ""
    return f"{one.journey}: {one.name} ({one.file}:{one.line}): {one.says}{f' — {then}' if then else ''}"


def _people(plan: Plan) -> Iterator[Block]:
    if plan.standing is None:
        if not plan.problems:
            yield Block("People in flight", ("Not counted: no deployment was asked.",))
        return
    if not plan.standing:
        return
    says = ["They stay on the release by which they came in.", *_commands(plan.standing)]
    lines = tuple(Line("~", _stands(one)) for one in plan.standing)
    yield Block("People in flight", tuple(says), lines)


def _foreseen(found: Mapping[str, Any]) -> Iterator[Block]:
    """Who would stand elsewhere, as `samovar diff --json` says it."""
    if not found:
        return
    lines = []
    for name, counts in found.get("segments", {}).items():
        lines.append(Line("~", f"segment {name}: {counts['enters']:,} would enter, {counts['leaves']:,} would leave"))
    for line in ("temperature", "grade", "stage"):
        for move in found.get(line, ()):
            if move["from"] != move["to"]:
                way = f"{move['from'] or 'none'} → {move['to'] or 'none'}"
                lines.append(Line("~", f"{line} {way}: {move['contacts']:,}"))
    for name, shift in found.get("scores", {}).items():
        lines.append(Line("~", f"score {name}: {shift['rise']:,} would rise, {shift['fall']:,} would fall"))
    seen = found["contacts"]
    whole = (
        "Everybody was compared"
        if seen["everybody"]
        else f"{seen['compared']:,} of about {seen['of_about']:,} were compared"
    )
    says = f"{whole}: {'nobody would stand elsewhere' if not lines else 'no journey starts by it'}."
    yield Block("People who would stand elsewhere", (says,), tuple(lines))


def _stands(one: Standing) -> str:
    who = f"{_many(one.people, 'person', 'people')} in {one.journey} at {one.step or '(on the way)'}"
    return f"{who}: {_NOW[one.now]} (release {one.release[:12]})"


def _commands(standing: tuple[Standing, ...]) -> Iterator[str]:
    for command in moves(standing).values():
        yield f"To move them once it is live: {command}"


def _many(count: int, what: str, more: str = "") -> str:
    return f"{count:,} {what if count == 1 else more or what + 's'}"
