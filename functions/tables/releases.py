"""Releases: immutable content in S3, a log of moves, and the pointer to the live one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions import clock, releases, settings
from functions.aws import dynamodb, s3
from functions.core import publishing
from functions.core.counters import keep
from functions.core.publishing import Pointer
from functions.core.release import Release, load, release_id
from functions.core.retention import Keep
from functions.core.tracking import script_settings
from functions.core.views import iso

_LOG = "X#releases"


class PublishRefused(Exception):
    """The pointer did not move; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One move of the pointer."""

    seq: int
    release: str
    at: int
    by: str
    based_on: str | None
    note: str


def live() -> Pointer | None:
    """The live pointer, or None before the first publish."""
    row = dynamodb.get(settings.contacts_table(), releases.POINTER)
    return Pointer(row["seq"], row["release"], row["at"], row["by"]) if row else None


def history() -> list[Entry]:
    """Every move, newest first."""
    return [entry_from(row) for row in dynamodb.query(settings.contacts_table(), _LOG, forward=False)]


def entry_from(row: dynamodb.Item) -> Entry:
    """The move of an item of the log."""
    return Entry(row["seq"], row["release"], row["at"], row["by"], row.get("based_on"), row.get("note", ""))


def to_rows(entry: Entry, script: str = "") -> tuple[dynamodb.Item, dynamodb.Item]:
    """The items of a move: in the log, and the pointer as it stands after it.

    `script` are the release's settings of samovar.js, which is asked for most: they cost no second read there.
    """
    stamp = {"v": 1, "seq": entry.seq, "release": entry.release, "at": entry.at, "by": entry.by}
    logged = {"pk": _LOG, "sk": f"{entry.seq:08d}", **stamp, "based_on": entry.based_on, "note": entry.note}
    pointer = {"pk": releases.POINTER[0], "sk": releases.POINTER[1], **stamp}
    return logged, pointer | ({"script": {"v": releases.SCRIPT, "settings": script}} if script else {})


def content(release: str) -> Release:
    """A stored release. Raises s3.NotThere."""
    return load(s3.get(settings.bucket(), f"releases/{release}.json"))


def sources(release: str) -> dict[str, str]:
    """The authored files behind a release, by relative path. Raises s3.NotThere."""
    files = json.loads(s3.get(settings.bucket(), f"releases/{release}.sources.json"))["sources"]
    return {str(path): str(text) for path, text in files.items()}


def publish(
    compiled: bytes,
    files: Mapping[str, str],
    *,
    by: str,
    based_on: str | None,
    deployed: str | None = None,
    deployment: bool = False,
    note: str = "",
) -> Pointer:
    """Store a release and make it live; the pointer as it stands then.

    Publishing what is live already changes nothing. `deployed` and `deployment` are for
    the custom resource: see core.publishing.decide. Raises PublishRefused.
    """
    new = release_id(compiled)
    loaded = load(compiled)
    before = live()
    known = deployment and any(entry.release == new for entry in history())
    when = iso(before.at) if before else ""
    verdict = publishing.decide(new, before, based_on=based_on, deployed=deployed, known=known, when=when)
    if isinstance(verdict, publishing.Refuse):
        raise PublishRefused(verdict.reason)
    bucket = settings.bucket()
    s3.put(bucket, f"releases/{new}.sources.json", _as_json(files))
    s3.put(bucket, f"releases/{new}.json", compiled)
    if isinstance(verdict, publishing.Stay) and before is not None:
        return before
    return _move(before, new, loaded, by=by, based_on=based_on, note=note)


def rollback(release: str, *, by: str, note: str = "") -> Pointer:
    """Make an earlier release live again, as a new move. Raises PublishRefused."""
    before = live()
    if not any(entry.release == release for entry in history()):
        raise PublishRefused(f"release {release} was never live here")
    if not s3.exists(settings.bucket(), f"releases/{release}.json"):
        raise PublishRefused(f"the content of release {release} is gone from the bucket")
    if before is not None and before.release == release:
        return before
    based_on = before.release if before else None
    return _move(before, release, content(release), by=by, based_on=based_on, note=note or "rollback")


def _move(before: Pointer | None, new: str, loaded: Release, *, by: str, based_on: str | None, note: str) -> Pointer:
    """Log the move and move the pointer, both or neither, unless another move came first."""
    table, seq, now = settings.contacts_table(), (before.seq if before else 0) + 1, clock.now_ms()
    script = script_settings(loaded.tracking, loaded.sending.business.site)
    entry, pointer = to_rows(Entry(seq, new, now, by, based_on, note), script)
    # Whoever moves the pointer from here to there keeps the same: writing it twice is no harm.
    s3.put(settings.bucket(), releases.kept_key(seq), _kept(before, now))
    condition, values = ("seq = :seq", {":seq": before.seq}) if before else ("attribute_not_exists(pk)", None)
    try:
        dynamodb.transact(
            [
                dynamodb.put_op(table, entry, condition="attribute_not_exists(pk)"),
                dynamodb.put_op(table, pointer, condition=condition, values=values),
                *_retention(table, new),
            ]
        )
    except dynamodb.TransactionRefused as refused:
        now_live = live()
        if now_live is not None and now_live.release == new:
            return now_live
        who = f" by {now_live.by}" if now_live else ""
        raise PublishRefused(
            f"another release was published{who} at the same moment: look at it, then try again"
        ) from refused
    return Pointer(seq, new, now, by)


def _retention(table: str, new: str) -> list[dict[str, Any]]:
    """The operation that lets intake know how long events stay, where there is a keyring to tell it by."""
    if dynamodb.get(table, releases.KEYRING) is None:
        return []
    kept = content(new).privacy.retention
    keep = Keep(kept.visitors, kept.contacts)
    return [
        dynamodb.update_op(
            table,
            releases.KEYRING,
            "SET keep = :keep",
            condition="attribute_exists(pk)",
            values={":keep": keep.to_plain()},
        )
    ]


def _kept(before: Pointer | None, now: int) -> bytes:
    nothing = b'{"v":1,"counters":[]}'
    if before is None:
        return nothing
    try:
        replaced = content(before.release)
    except s3.NotThere:
        return nothing
    kept = keep(replaced, releases.kept_at(before.seq), now)
    return json.dumps({"v": 1, "counters": [one.to_plain() for one in kept]}, ensure_ascii=False).encode()


def _as_json(files: Mapping[str, str]) -> bytes:
    shape = {"format": 1, "sources": dict(files)}
    return json.dumps(shape, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
