"""What a plan is held against: the live release, another folder, or a release in a file."""

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from authoring import ledger
from authoring.compile import Bundle, bundle, state_path
from authoring.ledger import Ledger
from functions.aws import s3
from functions.core.publishing import Pointer
from functions.core.release import Release, load, release_id
from functions.tables import releases


class NoBase(ValueError):
    """What was named can't be compared with."""


@dataclass(frozen=True, slots=True)
class Base:
    """A release to compare with, and the files behind it, each None where there is none, or it isn't known.

    `says` names it in words; `pointer` is set where it is the live one of a deployment. `others` are releases that
    were live at some time.
    """

    says: str
    release: Release | None
    id: str = ""
    sources: Mapping[str, str] | None = None
    pointer: Pointer | None = None
    others: Mapping[str, Release] | None = None


def of_deployment(name: str, root: Path) -> Base:
    """The release that is live on the deployment which this process is pointed at."""
    pointer = releases.live()
    if pointer is None:
        return Base(f"{name}, where nothing is live yet", None)
    try:
        sources: Mapping[str, str] | None = releases.sources(pointer.release)
    except s3.NotThere:
        sources = None
    seen = {*_past(root).releases, pointer.release}
    others = {one: releases.content(one) for one in sorted({entry.release for entry in releases.history()} - seen)}
    says = f"release {pointer.release[:12]}, which is live on {name}"
    return Base(says, releases.content(pointer.release), pointer.release, sources, pointer, others)


def of_path(path: Path) -> Base:
    """A marketing folder, or a file with a release: as stored, or with its sources as a deployment uploads it.

    Raises Invalid for a folder with mistakes, NoBase.
    """
    if path.is_dir():
        made = bundle(path)
        return Base(f"{path}/", made.content, made.release_id, made.sources)
    try:
        content = path.read_bytes()
        stored = json.loads(content)
        if "release" in stored:
            content = str(stored["release"]).encode()
        return Base(str(path), load(content), release_id(content), stored.get("sources"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise NoBase(f"{path} is neither a marketing folder nor a release: {error}") from error


def against(root: Path, base: Base) -> Bundle:
    """The folder compiled as if it were to follow the base: ids that the base has are known. Raises Invalid.

    Nothing is written to the folder.
    """
    past = _past(root)
    if base.release is None:
        return bundle(root)
    known = past.after(base.release, base.id, dict(base.others or {}))
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state.json"
        ledger.write(state, known)
        made = bundle(root, state)
    return replace(made, based_on=past.based_on)


def _past(root: Path) -> Ledger:
    try:
        return ledger.read(state_path(root))
    except ledger.Unreadable:
        return Ledger()
