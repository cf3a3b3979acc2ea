"""What months cost: contacts table, X#costs.

<2026-11>: at, and what was reckoned then (`r`, as JSON: dollars are no whole numbers).
<2026-11>#<what>: that the owner is told that a month costs more than it may: claimed (ms), told (ms, once it was done).
"""

import json
from dataclasses import asdict
from typing import Final

from functions import settings
from functions.aws import dynamodb
from functions.core.costs import Reckoning

VERSION: Final = 1
PARTITION: Final = "X#costs"
KEPT_S: Final = 100 * 86_400
TELLING_MS: Final = 10 * 60_000
"""Whoever began to tell of it has done so after so long, or died: then the next one does."""


def held(month: str) -> Reckoning | None:
    """What was reckoned last of a month."""
    row = dynamodb.get(settings.contacts_table(), (PARTITION, month), consistent=False)
    if row is None or row["v"] != VERSION:
        # What another version wrote is reckoned anew: it is kept for an hour at most.
        return None
    said = json.loads(row["r"])
    return Reckoning(**{**said, "unforetold": tuple(said["unforetold"])})


def keep(reckoned: Reckoning, now: int) -> None:
    """Let this be what was reckoned last of its month."""
    text = json.dumps(asdict(reckoned), separators=(",", ":"))
    row = {"pk": PARTITION, "sk": reckoned.month, "v": VERSION, "at": reckoned.at, "r": text}
    dynamodb.put(settings.contacts_table(), row | {"ttl": now // 1000 + KEPT_S})


def claim(month: str, what: str, now: int) -> bool:
    """Whether it is for whoever asks at `now` (ms) to tell of `what` of a month: nobody did, and nobody is about to."""
    try:
        dynamodb.update(
            settings.contacts_table(),
            _of(month, what),
            "SET v = :v, claimed = :now, #ttl = :ttl",
            condition="attribute_not_exists(claimed) OR (attribute_not_exists(told) AND claimed <= :long_ago)",
            names={"#ttl": "ttl"},
            values={":v": VERSION, ":now": now, ":long_ago": now - TELLING_MS, ":ttl": now // 1000 + KEPT_S},
        )
    except dynamodb.ConditionFailed:
        return False
    return True


def note_told(month: str, what: str, now: int) -> None:
    """Note that the owner was told at `now` (ms)."""
    dynamodb.update(settings.contacts_table(), _of(month, what), "SET told = :now", values={":now": now})


def _of(month: str, what: str) -> dynamodb.Key:
    return PARTITION, f"{month}#{what}"
