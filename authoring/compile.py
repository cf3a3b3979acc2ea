"""From marketing/ to what is stored and made live: the same bytes for the same files."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from authoring import tree
from authoring.ledger import Ledger
from authoring.load import Document
from authoring.problems import Problem
from authoring.scenarios.model import Scenarios
from authoring.validate import validate
from functions.core import renaming
from functions.core.release import Release, canonical, release_id

STATE_VARIABLE = "SAMOVAR_STATE"
"""Names another state file: a deployment that people try things on must not mark the authored folder."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A compiled release with the files it came from.

    `release` is the canonical JSON whose hash is `release_id`. `sources` maps relative
    paths to text, so that `pull` can write them back. `based_on` is the release that
    the files were last published as or pulled from, None before the first time.
    `content` is what `release` holds, `authored` the same by the names that stand in the files.
    `warnings` are what in them is possible and rarely meant, `scenarios` what is expected of journeys. `files` are
    the gated files by the SHA-256 of their bytes.
    """

    release: bytes
    release_id: str
    sources: dict[str, str]
    based_on: str | None
    content: Release
    authored: Release
    ledger: Ledger
    warnings: tuple[Problem, ...] = ()
    scenarios: Mapping[str, tuple[Document, Scenarios]] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)

    def asset_bytes(self) -> bytes:
        """One file that carries both, for a deploy to upload."""
        asset = {"format": 1, "release": self.release.decode(), "sources": self.sources}
        return json.dumps(asset, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def state_path(root: Path) -> Path:
    """The file that remembers what `root` was last published as."""
    other = os.environ.get(STATE_VARIABLE)
    return Path(other) if other else root / tree.STATE


def bundle(root: Path, state: Path | None = None) -> Bundle:
    """Validate and compile a marketing folder. Raises authoring.validate.Invalid.

    `state` is the file that remembers what was published, where it is another than `state_path`.
    """
    valid = validate(root, state or state_path(root))
    compiled = renaming.stored(valid.release)
    content = canonical(compiled)
    return Bundle(
        content,
        release_id(content),
        valid.sources,
        valid.ledger.based_on,
        compiled,
        valid.release,
        valid.ledger,
        valid.warnings,
        valid.scenarios,
        valid.files,
    )


def compile_marketing(root: Path) -> tuple[bytes, str | None]:
    """The canonical release of a marketing folder, and the release it is based on. Raises Invalid."""
    compiled = bundle(root)
    return compiled.release, compiled.based_on
