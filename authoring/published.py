"""Between the authored folder and a deployment: publishing, pulling, and the ledger of ids."""

from dataclasses import dataclass
from pathlib import Path

from authoring import ledger, tree
from authoring.assets import hash_of
from authoring.compile import Bundle, bundle, state_path
from authoring.problems import Problem
from authoring.scenarios.trial import failing
from functions import clock, settings
from functions.aws import s3
from functions.core import assets
from functions.core.changes import Change, stored_changes
from functions.core.publishing import Pointer, Refuse
from functions.core.release import Release
from functions.tables import audit, proposals, releases
from functions.tables.audit import Noted
from functions.tables.proposals import Proposal
from functions.work import going_live
from functions.work.deciding import LONGEST_WHY


class NothingLive(Exception):
    """The deployment has no live release."""


class AlreadyLive(ValueError):
    """What is proposed is live."""


class WouldOverwrite(Exception):
    """Pulling would lose changes that were never published; `files` lists them."""

    def __init__(self, files: list[str]) -> None:
        super().__init__("these files have changes that were never published: " + ", ".join(files))
        self.files = files


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did. `moved` is false where this release was live already; `backfill` are the jobs that bring
    everybody to it, none where nobody can stand elsewhere; `warnings` are what in it is rarely meant, and
    scenarios that fail."""

    pointer: Pointer
    moved: bool
    changes: list[Change]
    backfill: list[str]
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposed:
    """What waits now, what it would change, and what in it is rarely meant."""

    proposal: Proposal
    changes: list[Change]
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Pulled:
    """What pulling wrote and removed, as relative paths."""

    release: str
    written: list[str]
    removed: list[str]


def preview(root: Path) -> tuple[Bundle, Pointer | None, list[Change]]:
    """The compiled folder, the live pointer, and what publishing would change. Raises Invalid."""
    learn(root)
    compiled = bundle(root)
    before = releases.live()
    return compiled, before, stored_changes(releases.content(before.release) if before else None, compiled.content)


def publish(root: Path, *, by: str, note: str = "", arn: str = "") -> Published:
    """Make the folder's content the live release, by the identity `arn`, and note in the state file that it is.

    Raises Invalid, or releases.PublishRefused.
    """
    compiled, before, found = preview(root)
    _store_files(compiled)
    pointer = releases.publish(
        compiled.release, compiled.sources, by=by, based_on=compiled.based_on, note=note, arn=arn
    )
    ledger.write(state_path(root), compiled.ledger.after(compiled.content, compiled.release_id))
    begun = going_live.follow(pointer, clock.now_ms())
    moved = before is None or pointer.seq != before.seq
    warnings = (*compiled.warnings, *failing(compiled.authored, compiled.scenarios))
    return Published(pointer, moved, found, begun, warnings)


def _store_files(compiled: Bundle) -> None:
    for asset in compiled.content.assets.values():
        releases.store_file(asset.content, compiled.files[asset.content].read_bytes, asset.type)


def propose(root: Path, *, by: str, note: str = "", arn: str = "") -> Proposed:
    """Store the folder's content as a release that waits for somebody to make it live in the console.

    Raises Invalid, or AlreadyLive.
    """
    compiled, before, found = preview(root)
    if before is not None and before.release == compiled.release_id:
        raise AlreadyLive(f"release {compiled.release_id[:12]} is live already: there is nothing to propose")
    _store_files(compiled)
    releases.store(compiled.release, compiled.sources)
    made = Proposal(compiled.release_id, by, clock.now_ms(), arn, compiled.based_on, note.strip()[:LONGEST_WHY])
    proposals.put(made)
    audit.note(Noted("propose", made.release, made.at, by=by, why=made.note))
    return Proposed(made, found, (*compiled.warnings, *failing(compiled.authored, compiled.scenarios)))


def would_refuse(compiled: Bundle, before: Pointer | None, arn: str = "") -> str | None:
    """Why publishing by the identity `arn` would be refused as things stand, or None."""
    verdict = releases.verdict(compiled.release_id, compiled.content, before, based_on=compiled.based_on, publisher=arn)
    return verdict.reason if isinstance(verdict, Refuse) else None


def pull(root: Path, *, force: bool = False) -> Pulled:
    """Write the live release's files, and note in the state file what they are based on.

    Raises NothingLive, s3.NotThere, or WouldOverwrite unless `force`.
    """
    pointer = releases.live()
    if pointer is None:
        raise NothingLive("no release is live: publish one with `samovar publish`")
    live = releases.content(pointer.release)
    # Files that people get are told apart by what their bytes hash to.
    wanted = {**releases.sources(pointer.release), **_files_of(live)}
    for name in wanted:
        if (problem := tree.misplaced(name)) is not None:
            raise ValueError(f"the release names a file that may not be written: {problem}")
    held = _held(root)
    past = _readable(state_path(root))
    if not force:
        base = _sources_of(past.based_on)
        own = sorted(
            name for name in {*held, *base} if held.get(name) != base.get(name) and held.get(name) != wanted.get(name)
        )
        if own:
            raise WouldOverwrite(own)
    written = [name for name, text in wanted.items() if held.get(name) != text]
    removed = sorted(set(held) - set(wanted))
    for name in written:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if tree.is_file_of_people(name):
            path.write_bytes(s3.get(settings.bucket(), assets.key(wanted[name])))
        else:
            path.write_text(wanted[name], encoding="utf-8", newline="\n")
    for name in removed:
        (root / name).unlink()
    ledger.write(state_path(root), past.after(live, pointer.release, _unseen(past, pointer.release)))
    return Pulled(pointer.release, written, removed)


def _held(root: Path) -> dict[str, str]:
    """What lies in the folder, by relative path: texts, and the hashes of files that people get."""
    if not root.is_dir():
        return {}
    found = tree.read(root)
    return {**found.sources, **{name: hash_of(path) for name, path in found.files.items()}}


def _files_of(release: Release) -> dict[str, str]:
    """The files that people get by a release, each by the hash of its bytes."""
    return {f"{tree.FILES}/{asset.file}": asset.content for asset in release.assets.values()}


def learn(root: Path) -> None:
    """Bring the ledger up to what was published by others, so that their ids are not reused."""
    path = state_path(root)
    past = _readable(path)
    if past.based_on is None:
        return
    unseen = _unseen(past, past.based_on)
    if unseen:
        ledger.write(path, past.after(releases.content(past.based_on), past.based_on, unseen))


def _readable(path: Path) -> ledger.Ledger:
    """The ledger, or an empty one where the file cannot be read: the deployment knows the rest."""
    try:
        return ledger.read(path)
    except ledger.Unreadable:
        return ledger.Ledger()


def _sources_of(release: str | None) -> dict[str, str]:
    try:
        return {**releases.sources(release), **_files_of(releases.content(release))} if release else {}
    except s3.NotThere:
        return {}


def _unseen(past: ledger.Ledger, live: str) -> dict[str, Release]:
    """Releases that were live at some time and whose ids the ledger does not know yet."""
    names = {entry.release for entry in releases.history()} - {*past.releases, live}
    return {name: releases.content(name) for name in sorted(names)}
