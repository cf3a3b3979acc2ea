"""Whether a release may become the live one: decided before anything moves."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import Field

from functions.core.definition import Definition

NOT_BASED: Final = "not-based-on-live"
NOT_APPROVED: Final = "not-approved"
"""Codes of refusals."""


class Publishing(Definition):
    """publishing.yaml"""

    approval: Literal["required", "optional"] = Field(
        "optional",
        description="Whether somebody else than whoever publishes must have approved exactly what is published, by "
        "`samovar approve`. Making it optional again takes an approval too.",
    )


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody let a release be published: an identity's ARN, when (ms), and why in words."""

    release: str
    by: str
    at: int
    why: str = ""


@dataclass(frozen=True, slots=True)
class Pointer:
    """Which release is live, by which move (`seq`), since when (ms) and by whom. `guarded`: what follows it must have
    been approved, by its own rules, or by those that it was rolled back from."""

    seq: int
    release: str
    at: int
    by: str
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class Move:
    """The release may become the live one."""


@dataclass(frozen=True, slots=True)
class Stay:
    """Nothing to do: the pointer stands right."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """Somebody's work would be lost, or nobody has approved; `reason` says whose, and what to do."""

    reason: str
    code: str = NOT_BASED


def decide(
    new: str,
    live: Pointer | None,
    *,
    based_on: str | None,
    deployed: str | None = None,
    known: bool = False,
    when: str = "",
    guarded: bool = False,
    publisher: str | None = None,
    approved_by: Collection[str] = (),
) -> Move | Stay | Refuse:
    """What publishing `new` should do while `live` is live.

    `based_on` is the release that the files came from, `deployed` the one that the last
    deployment published. `known` says that a deployment asks for a release that was live
    before: that is CloudFormation going back after a refusal, and nothing may move then.
    `when` spells the moment of the live pointer for the reason. `guarded`: the new release must have been approved by
    somebody else than its `publisher`. A deployment does not say who began it (None): two must have approved then, so
    that one of them is somebody else.
    """
    if live is None:
        return Move()
    if live.release == new:
        return Stay()
    if live.release in (based_on, deployed):
        return _approved(new, publisher, frozenset(approved_by)) if guarded else Move()
    if known:
        return Stay()
    return Refuse(
        f"the live release {live.release[:12]} was published by {live.by}{f' at {when}' if when else ''},"
        " and marketing/ is not based on it: run `samovar pull`, bring your changes in, and publish again"
    )


def _approved(new: str, publisher: str | None, approved_by: frozenset[str]) -> Move | Refuse:
    others = approved_by - {publisher}
    if len(others) >= (2 if publisher is None else 1):
        return Move()
    how = "`samovar approve` with the same files"
    if publisher is None:
        have = f"{len(others)} of 2 approvals are there" if others else "none has approved it"
        who = "a deployment does not say who began it, so that two people must have approved what it publishes"
        return Refuse(f"release {new[:12]}: {who}, and {have}: {how}, or `samovar publish` first", NOT_APPROVED)
    alone = ", and your own approval does not count" if publisher in approved_by else ""
    return Refuse(f"release {new[:12]} was approved by nobody else{alone}: somebody else runs {how}", NOT_APPROVED)
