"""Which files belong in marketing/, and reading them."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from authoring.problems import Problem, choose
from functions.core.channels import BY_EMAIL, CHANNELS
from functions.core.definition import ID_PATTERN, LANGUAGE

STATE = ".samovar.json"
"""What was published last, beside the authored files; written by publish and pull."""

TOP = (
    "bots.yaml",
    "funnel.yaml",
    "privacy.yaml",
    "products.yaml",
    "publishing.yaml",
    "scoring.yaml",
    "segments.yaml",
    "sending.yaml",
    "tracking.yaml",
)
FOLDERS = {
    "forms": (".yaml",),
    "journeys": (".yaml",),
    "campaigns": (".yaml",),
    "popups": (".yaml",),
    "assets": (".yaml",),
    "surveys": (".yaml",),
    "pages": (".yaml",),
    "emails": (".yaml", ".mjml", ".txt"),
    "emails/parts": (".mjml",),
    "scenarios": (".yaml",),
}
FILES = "assets"
"""The folder in which files lie that are no text."""
_ID = re.compile(ID_PATTERN)


def folders() -> dict[str, tuple[str, ...]]:
    """What the files of each folder end with: the fixed ones, and one of templates for each channel."""
    return FOLDERS | {channel.folder: (".yaml",) for channel in CHANNELS.values() if channel.name != BY_EMAIL}


def layout() -> str:
    """Where files may stand, in words."""
    plain = [f"{folder}/ID.yaml" for folder, suffixes in folders().items() if suffixes == (".yaml",)]
    mails = "emails/ID.yaml with ID.mjml (and ID.txt, ID.LANGUAGE.mjml), emails/parts/NAME.mjml"
    return f"Expected: {', '.join([*TOP, *plain])}, {mails}, and in {FILES}/ the files that people get"


@dataclass(slots=True)
class Tree:
    """The authored files by relative path, in order, and what is wrong with the set of them.

    `unreadable` names those that are there and hold no text. `files` are those that need hold none, where they lie.
    """

    sources: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)
    files: dict[str, Path] = field(default_factory=dict)

    def ids(self, folder: str, suffix: str) -> dict[str, str]:
        """Files of a folder with a suffix: id → relative path."""
        return self._ids(self.sources, folder, suffix)

    def names(self, folder: str, suffix: str) -> frozenset[str]:
        """Ids of a folder's files with a suffix, those that can't be read among them."""
        return frozenset(self._ids([*self.sources, *self.unreadable], folder, suffix))

    @staticmethod
    def _ids(files: Iterable[str], folder: str, suffix: str) -> dict[str, str]:
        found: dict[str, str] = {}
        for name in files:
            parent, _, base = name.rpartition("/")
            if parent == folder and base.endswith(suffix):
                found[base.removesuffix(suffix)] = name
        return found


def read(root: Path) -> Tree:
    """Everything under `root`. Hidden files and editors' backups are passed over."""
    tree = Tree()
    if not root.is_dir():
        tree.problems.append(
            Problem(str(root), 1, 1, "(folder)", "there is no such folder", "Name the marketing folder")
        )
        return tree
    for path in sorted(root.rglob("*"), key=lambda path: path.relative_to(root).as_posix()):
        relative = path.relative_to(root)
        name = relative.as_posix()
        if any(part.startswith(".") for part in relative.parts) or name.endswith("~"):
            continue
        if path.is_dir():
            if name not in folders():
                mend = choose(name, folders(), none="")
                tree.problems.append(Problem(name + "/", 1, 1, "(folder)", "a folder that has no meaning here", mend))
            continue
        problem = misplaced(name)
        if problem is not None:
            tree.problems.append(problem)
            continue
        if is_file_of_people(name):
            tree.files[unicodedata.normalize("NFC", name)] = path
            continue
        try:
            tree.sources[name] = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            line = path.read_bytes()[: error.start].count(b"\n") + 1
            mend = "Save the file with the encoding UTF-8"
            tree.problems.append(Problem(name, line, 1, "(file)", "not UTF-8 text", mend))
            tree.unreadable.add(name)
    return tree


def misplaced(name: str) -> Problem | None:
    """What is wrong with a relative path, or None where a file may stand there."""
    folder, _, base = name.rpartition("/")
    stem, dot, suffix = base.rpartition(".")
    if not folder:
        if name in TOP:
            return None
        return Problem(
            name, 1, 1, "(file)", "a file that has no meaning here", choose(name, TOP, none="") + f". {layout()}"
        )
    suffixes = folders().get(folder)
    if suffixes is None:
        return None if folder.rpartition("/")[0] not in ("", *folders()) else _unknown_folder(name, folder)
    if is_file_of_people(name):
        return None
    if dot + suffix not in suffixes:
        mend = (
            f"Name it {folder}/{stem or base}.yaml"
            if suffix == "yml"
            else f"{folder}/ takes files that end with {' or '.join(suffixes)}"
        )
        return Problem(name, 1, 1, "(file)", f"a file that has no meaning in {folder}/", mend)
    stem, _, language = stem.partition(".") if folder == "emails" and suffix != "yaml" else (stem, "", "")
    if language and not re.fullmatch(LANGUAGE, language):
        mend = "Write a code such as en, tr or de-CH between the id and the ending"
        return Problem(name, 1, 1, "(file)", f'"{language}" is no language code', mend)
    if not _ID.match(stem):
        mend = "Use lower-case letters, digits and single hyphens, 63 at most: the file's name is the id"
        return Problem(name, 1, 1, "(file)", f'"{stem}" is not an id', mend)
    return None


def is_file_of_people(name: str) -> bool:
    """Whether a relative path is that of a file that people get, and no definition."""
    folder, _, base = name.rpartition("/")
    return folder == FILES and not base.endswith((".yaml", ".yml"))


def _unknown_folder(name: str, folder: str) -> Problem:
    mend = choose(folder, folders(), none="") + f". {layout()}"
    return Problem(name, 1, 1, "(file)", f"a file in the folder {folder}/, which has no meaning here", mend)
