"""Releases: immutable content in S3, a log of moves, and the pointer to the live one."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from functions import clock, releases, settings
from functions.aws import dynamodb, s3
from functions.core import assets, publishing
from functions.core.counters import Kept, keep
from functions.core.former import Former, remember
from functions.core.popups import asked_of_browsers
from functions.core.publishing import Pointer
from functions.core.release import Release, load, release_id
from functions.core.retention import Keep
from functions.core.tracking import script_settings
from functions.core.views import iso
from functions.tables import approvals

_LOG = "X#releases"


class PublishRefused(Exception):
    """The pointer did not move; the message says why and what to do, the code which of the reasons it is."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Entry:
    """One move of the pointer. `arn` is the identity that made it, "" where it was not noted; `back` tells going back
    to what was live before."""

    seq: int
    release: str
    at: int
    by: str
    based_on: str | None
    note: str
    arn: str = ""
    back: bool = False


def live() -> Pointer | None:
    """The live pointer, or None before the first publish."""
    row = dynamodb.get(settings.contacts_table(), releases.POINTER)
    return Pointer(row["seq"], row["release"], row["at"], row["by"], row.get("guarded", False)) if row else None


def history(*, newest: int | None = None, before: int | None = None) -> list[Entry]:
    """Every move, newest first; or so many of the `newest`, of those before the move `before`."""
    between = None if before is None else ("0", f"{max(0, before - 1):08d}")
    rows = dynamodb.query(settings.contacts_table(), _LOG, between=between, forward=False, limit=newest)
    return [entry_from(row) for row in rows]


def move(seq: int) -> Entry | None:
    """One move, None where there was none of that number."""
    row = dynamodb.get(settings.contacts_table(), (_LOG, f"{seq:08d}"))
    return entry_from(row) if row else None


def entry_from(row: dynamodb.Item) -> Entry:
    """The move of an item of the log."""
    said = row["seq"], row["release"], row["at"], row["by"], row.get("based_on"), row.get("note", "")
    return Entry(*said, row.get("arn", ""), row.get("back", False))


def to_rows(entry: Entry, script: str = "", *, guarded: bool = False) -> tuple[dynamodb.Item, dynamodb.Item]:
    """The items of a move: in the log, and the pointer as it stands after it.

    `script` are the release's settings of samovar.js, which is asked for most: they cost no second read there.
    """
    stamp = {"v": 1, "seq": entry.seq, "release": entry.release, "at": entry.at, "by": entry.by}
    logged = {"pk": _LOG, "sk": f"{entry.seq:08d}", **stamp, "based_on": entry.based_on, "note": entry.note}
    pointer = {"pk": releases.POINTER[0], "sk": releases.POINTER[1], **stamp}
    logged |= ({"arn": entry.arn} if entry.arn else {}) | ({"back": True} if entry.back else {})
    pointer |= {"guarded": True} if guarded else {}
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
    arn: str = "",
    proposer: str = "",
) -> Pointer:
    """Store a release and make it live; the pointer as it stands then.

    Publishing what is live already changes nothing. `deployed` and `deployment` are for
    the custom resource: see core.publishing.decide. `arn` is the identity that publishes, `proposer` the one that
    proposed it, where that is another. Raises PublishRefused.
    """
    new = release_id(compiled)
    loaded = load(compiled)
    before = live()
    known = deployment and any(entry.release == new for entry in history())
    found = verdict(
        new,
        loaded,
        before,
        based_on=based_on,
        deployed=deployed,
        known=known,
        publisher=None if deployment else arn,
        proposer=proposer,
    )
    if isinstance(found, publishing.Refuse):
        raise PublishRefused(found.reason, found.code)
    store(compiled, files)
    if isinstance(found, publishing.Stay) and before is not None:
        return before
    entry = Entry(0, new, 0, by, based_on, note, arn)
    return _move(before, loaded, entry, guarded=_asks(loaded))


def publish_stored(
    release: str, *, by: str, based_on: str | None, note: str = "", arn: str = "", proposer: str = ""
) -> Pointer:
    """Make a release live that was stored before, with all that it gives people. Raises PublishRefused."""
    try:
        compiled, files = s3.get(settings.bucket(), f"releases/{release}.json"), sources(release)
        loaded = load(compiled)
    except s3.NotThere as error:
        raise PublishRefused(f"the content of release {release[:12]} is gone from the bucket") from error
    except ValueError as error:
        raise PublishRefused(f"release {release[:12]} was made by a later version than runs here: deploy it") from error
    found = verdict(release, loaded, live(), based_on=based_on, publisher=arn, proposer=proposer)
    if isinstance(found, publishing.Move):
        _check_files(loaded)
    return publish(compiled, files, by=by, based_on=based_on, note=note, arn=arn, proposer=proposer)


def store(compiled: bytes, files: Mapping[str, str]) -> str:
    """Keep a release and the files that it came from, without making it live; its id."""
    new, bucket = release_id(compiled), settings.bucket()
    s3.put(bucket, f"releases/{new}.sources.json", _as_json(files))
    s3.put(bucket, f"releases/{new}.json", compiled)
    return new


def verdict(
    new: str,
    loaded: Release,
    before: Pointer | None,
    *,
    based_on: str | None,
    deployed: str | None = None,
    known: bool = False,
    publisher: str | None = None,
    proposer: str = "",
) -> publishing.Move | publishing.Stay | publishing.Refuse:
    """What publishing a release in the place of `before` would do: see core.publishing.decide. Whoever proposed it
    counts among those who approve no more than whoever publishes."""
    guarded = is_guarded(before, loaded)
    return publishing.decide(
        new,
        before,
        based_on=based_on,
        deployed=deployed,
        known=known,
        when=iso(before.at) if before else "",
        guarded=guarded,
        publisher=publisher,
        approved_by=[one.by for one in approvals.of(new) if one.by != proposer or not proposer] if guarded else (),
    )


def store_file(content: str, read: Callable[[], bytes], content_type: str) -> None:
    """Keep a file that people get, by the SHA-256 of its bytes; it is read and sent only where it isn't there yet."""
    bucket, key = settings.bucket(), assets.key(content)
    if not s3.exists(bucket, key):
        s3.put(bucket, key, read(), content_type=content_type)


def _check_files(release: Release) -> None:
    """Whether what people get by a release is still there. Raises PublishRefused."""
    for id, asset in release.assets.items():
        if not s3.exists(settings.bucket(), assets.key(asset.content)):
            name = release.present_name("asset", id)
            raise PublishRefused(f'the file of "{name}" ({asset.file}) is gone from the bucket')


def is_guarded(before: Pointer | None, new: Release) -> bool:
    """Whether publishing `new` in the place of what is live takes an approval. The first release of all takes none."""
    if before is None:
        return False
    return before.guarded or _asks(new) or _asks_now(before)


def _asks_now(before: Pointer) -> bool:
    try:
        return _asks(content(before.release))
    except s3.NotThere:
        return False


def _asks(release: Release) -> bool:
    return release.publishing.approval == "required"


def rollback(release: str, *, by: str, note: str = "", arn: str = "") -> Pointer:
    """Make an earlier release live again, as a new move, by the identity `arn`. Raises PublishRefused."""
    before = live()
    if not any(entry.release == release for entry in history()):
        raise PublishRefused(f"release {release} was never live here")
    if not s3.exists(settings.bucket(), f"releases/{release}.json"):
        raise PublishRefused(f"the content of release {release} is gone from the bucket")
    if before is not None and before.release == release:
        return before
    based_on = before.release if before else None
    loaded = content(release)
    _check_files(loaded)
    # Going back is quick and takes nobody else: it was live before. It never makes approvals unnecessary, though.
    guarded = _asks(loaded) or (before is not None and (before.guarded or _asks_now(before)))
    entry = Entry(0, release, 0, by, based_on, note or "rollback", arn, back=True)
    return _move(before, loaded, entry, guarded=guarded)


def _move(before: Pointer | None, loaded: Release, entry: Entry, *, guarded: bool) -> Pointer:
    """Log the move and move the pointer, both or neither, unless another move came first."""
    table, seq, now = settings.contacts_table(), (before.seq if before else 0) + 1, clock.now_ms()
    popups = asked_of_browsers(loaded.popups)
    script = script_settings(loaded.tracking, loaded.sending.business.site, popups)
    logged, pointer = to_rows(replace(entry, seq=seq, at=now), script, guarded=guarded)
    # Whoever moves the pointer from here to there keeps the same: writing it twice is no harm.
    s3.put(settings.bucket(), releases.kept_key(seq), _kept(before, now))
    condition, values = ("seq = :seq", {":seq": before.seq}) if before else ("attribute_not_exists(pk)", None)
    try:
        dynamodb.transact(
            [
                dynamodb.put_op(table, logged, condition="attribute_not_exists(pk)"),
                dynamodb.put_op(table, pointer, condition=condition, values=values),
                *_retention(table, entry.release),
            ]
        )
    except dynamodb.TransactionRefused as refused:
        now_live = live()
        if now_live is not None and now_live.release == entry.release:
            return now_live
        who = f" by {now_live.by}" if now_live else ""
        raise PublishRefused(
            f"another release was published{who} at the same moment: look at it, then try again"
        ) from refused
    return Pointer(seq, entry.release, now, entry.by, guarded)


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
    if before is None:
        return _as_kept([], [])
    try:
        replaced = content(before.release)
    except s3.NotThere:
        return _as_kept([], releases.remembered_at(before.seq))
    former = remember(replaced, before.release, releases.remembered_at(before.seq), now)
    return _as_kept(keep(replaced, releases.kept_at(before.seq), now), former)


def _as_kept(kept: Iterable[Kept], former: Iterable[Former]) -> bytes:
    shape = {"v": 1, "counters": [one.to_plain() for one in kept], "former": [one.to_plain() for one in former]}
    return json.dumps(shape, ensure_ascii=False).encode()


def _as_json(files: Mapping[str, str]) -> bytes:
    shape = {"format": 1, "sources": dict(files)}
    return json.dumps(shape, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
