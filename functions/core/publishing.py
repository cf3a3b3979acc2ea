"""Whether a release may become the live one: decided before anything moves."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which release is live, by which move (`seq`), since when (ms) and by whom."""

    seq: int
    release: str
    at: int
    by: str


@dataclass(frozen=True, slots=True)
class Move:
    """The release may become the live one."""


@dataclass(frozen=True, slots=True)
class Stay:
    """Nothing to do: the pointer stands right."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Somebody's work would be lost; `reason` says whose, and what to do."""

    reason: str


def decide(
    new: str,
    live: Pointer | None,
    *,
    based_on: str | None,
    deployed: str | None = None,
    known: bool = False,
    when: str = "",
) -> Move | Stay | Refuse:
    """What publishing `new` should do while `live` is live.

    `based_on` is the release that the files came from, `deployed` the one that the last
    deployment published. `known` says that a deployment asks for a release that was live
    before: that is CloudFormation going back after a refusal, and nothing may move then.
    `when` spells the moment of the live pointer for the reason.
    """
    if live is None:
        return Move()
    if live.release == new:
        return Stay()
    if live.release in (based_on, deployed):
        return Move()
    if known:
        return Stay()
    return Refuse(
        f"the live release {live.release[:12]} was published by {live.by}{f' at {when}' if when else ''},"
        " and marketing/ is not based on it: run `samovar pull`, bring your changes in, and publish again"
    )
