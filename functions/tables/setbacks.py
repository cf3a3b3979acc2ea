"""What keeps people in journeys from going on, for whoever looks after it: X#setbacks / <journey>/<step>/<code>.

One row for each mistake, however many people it is about; it goes when they are let go on.
"""

from dataclasses import dataclass
from typing import Final

from functions import settings
from functions.aws import dynamodb

PARTITION: Final = "X#setbacks"
DAY_MS: Final = 86_400_000
VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Setback:
    """Runs of `journey` were set aside at `step` ("" before the first) with `code`: first at `since`, lately at `at`
    (ms; to the day)."""

    journey: str
    step: str
    code: str
    since: int
    at: int


def is_new(journey: str, step: str, code: str, now: int) -> bool:
    """Note that a run was set aside at `now` (ms); whether nobody was told of that mistake on the same day (UTC)."""
    try:
        dynamodb.update(
            settings.contacts_table(),
            (PARTITION, _sk(journey, step, code)),
            "SET v = :v, since = if_not_exists(since, :now), #at = :now, #day = :day",
            condition="attribute_not_exists(#day) OR #day < :day",
            names={"#at": "at", "#day": "day"},
            values={":v": VERSION, ":now": now, ":day": now // DAY_MS},
        )
    except dynamodb.ConditionFailed:
        return False
    return True


def listed() -> list[Setback]:
    """Every mistake that keeps somebody, by journey."""
    rows = dynamodb.query(settings.contacts_table(), PARTITION)
    return [Setback(*_parts(row["sk"]), row["since"], row["at"]) for row in rows]


def forget(journey: str, step: str, before: int) -> None:
    """Those of a journey, or of one step of it, that were met last before a moment (ms) are mended."""
    for one in listed():
        if one.journey == journey and step in ("", one.step) and one.at < before:
            dynamodb.delete(settings.contacts_table(), (PARTITION, _sk(one.journey, one.step, one.code)))


def _sk(journey: str, step: str, code: str) -> str:
    return f"{journey}/{step}/{code}"


def _parts(sk: str) -> tuple[str, str, str]:
    journey, step, code = sk.split("/", 2)
    return journey, step, code
