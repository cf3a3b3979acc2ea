"""Who is signed in to the console: contacts table, U#<member> / S#<digest of the browser's secret>.

e email · r roles · b when it began (ms) · t when they were last noted (ms) · v · ttl
"""

import contextlib
from collections.abc import Mapping
from typing import Any, Final

from functions import settings
from functions.aws import dynamodb
from functions.core.errors import Newer
from functions.core.roles import roles_among
from functions.core.staff import NOTED_MS, Member, Session

VERSION: Final = 1
_PREFIX: Final = "S#"


def partition(member: str) -> str:
    """Where the sessions of a member stand."""
    return f"U#{member}"


def begin(secret: str, session: Session) -> None:
    """Let a session begin; `secret` is the digest of what its browser holds."""
    dynamodb.put(settings.contacts_table(), to_row(secret, session))


def of(member: str, secret: str, now: int) -> Session | None:
    """The session of a member in one browser, None where it is over at `now` (ms) or was never there."""
    row = dynamodb.get(settings.contacts_table(), (partition(member), f"{_PREFIX}{secret}"))
    session = None if row is None else from_row(row)
    return None if session is None or session.is_over(now) else session


def note(secret: str, session: Session, now: int) -> None:
    """Note that somebody was there at `now` (ms), unless that was noted a moment ago."""
    if now - session.seen < NOTED_MS:
        return
    # Signed out in another window meanwhile: what is gone stays gone.
    with contextlib.suppress(dynamodb.ConditionFailed):
        dynamodb.change(
            settings.contacts_table(),
            (partition(session.member.id), f"{_PREFIX}{secret}"),
            "SET t = :now",
            condition="attribute_exists(pk) AND t < :now",
            values={":now": now},
        )


def end(member: str, secret: str) -> None:
    """End one session."""
    dynamodb.delete(settings.contacts_table(), (partition(member), f"{_PREFIX}{secret}"))


def end_all(member: str) -> int:
    """End every session of a member; how many there were."""
    rows = list(dynamodb.query(settings.contacts_table(), partition(member), begins=_PREFIX))
    for row in rows:
        dynamodb.delete(settings.contacts_table(), (row["pk"], row["sk"]))
    return len(rows)


def to_row(secret: str, session: Session) -> dict[str, Any]:
    """The item of a session."""
    return {
        "pk": partition(session.member.id),
        "sk": f"{_PREFIX}{secret}",
        "v": VERSION,
        "e": session.member.email,
        "r": sorted(session.member.roles),
        "b": session.began,
        "t": session.seen,
        "ttl": session.ends // 1000,
    }


def from_row(row: Mapping[str, Any]) -> Session:
    """The session of an item. Raises Newer."""
    if row["v"] > VERSION:
        raise Newer(f"session row of version {row['v']} is newer than this code reads")
    member = Member(row["pk"].removeprefix("U#"), row["e"], roles_among(row["r"]))
    return Session(member, int(row["b"]), int(row["t"]))
