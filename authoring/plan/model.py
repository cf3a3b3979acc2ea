"""What a plan holds: everything that publishing a folder would do, before it is said in words."""

from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

from authoring.problems import Problem

Mark = Literal["+", "-", "~", " "]
How = Literal["added", "removed", "renamed", "changed"]
UNKNOWN: Final = "unknown"
"""The people in flight where no deployment could be asked."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of what differs: what there will be (+), what there was (-), or what becomes something else (~)."""

    mark: Mark
    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """A definition that differs. `was` is what it is called in the base, where it is renamed; `title` what people
    call it."""

    kind: str
    name: str
    how: How
    was: str = ""
    title: str = ""
    lines: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """People in flight in a journey that differs: they stay on their `release`, at the `step` where they wait ("" for
    on the way). `now` says what becomes of that step: it is as it was, changed or gone, or the whole journey is."""

    journey: str
    release: str
    step: str
    people: int
    now: Literal["same", "changed", "gone", "no journey"]


@dataclass(frozen=True, slots=True)
class Trial:
    """A scenario that is new, changed or fails. `before` is what came of it by the base's rules, None where it could
    not be tried there; `says` what is otherwise than expected."""

    journey: str
    name: str
    file: str
    line: int
    how: Literal["added", "changed", "same", "removed"]
    passes: bool
    before: bool | None = None
    says: str = ""

    @property
    def newly_fails(self) -> bool:
        """Whether it fails by what the folder says, and passes by the base."""
        return not self.passes and self.before is True


@dataclass(frozen=True, slots=True)
class Plan:
    """What publishing would do. `base` says in words what it is compared with, `release` what would go live ("" where
    the folder has mistakes, the `problems`). `standing` is None where nobody could be asked, `foreseen` what
    `samovar diff --json` says of people, where that was asked for; `counters` are newly counted events, in words."""

    base: str
    release: str
    items: tuple[Item, ...] = ()
    standing: tuple[Standing, ...] | None = ()
    trials: tuple[Trial, ...] = ()
    counters: tuple[str, ...] = ()
    backfill: bool = False
    warnings: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()
    refused: tuple[str, ...] = ()
    foreseen: dict[str, Any] = field(default_factory=dict)

    @property
    def fine(self) -> bool:
        """Whether publishing would not be refused."""
        return not self.problems and not self.refused

    @property
    def nothing(self) -> bool:
        """Whether nothing differs."""
        return not self.items and self.fine

    def as_json(self) -> dict[str, Any]:
        """The plain values, for --json."""
        plain = asdict(self) | {"fine": self.fine}
        plain["standing"] = UNKNOWN if self.standing is None else plain["standing"]
        for trial, one in zip(plain["trials"], self.trials, strict=True):
            trial["newly_fails"] = one.newly_fails
        return plain


def moves(standing: tuple[Standing, ...]) -> dict[str, str]:
    """For each journey in which people would stay on earlier rules: the command that moves them, once it is live."""
    found: dict[str, list[str]] = {}
    for one in standing:
        if one.now == "no journey":
            continue
        gone = found.setdefault(one.journey, [])
        if one.now == "gone" and one.step and one.step not in gone:
            gone.append(one.step)
    return {
        journey: " ".join([f"samovar migrate {journey}", *(f"--map {step}=STEP" for step in gone), '--why "…"'])
        for journey, gone in sorted(found.items())
    }
