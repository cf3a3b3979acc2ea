"""Gated files as they are written: a YAML file about each, and the file itself beside it."""

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from authoring.definitions import Definitions, unknown
from authoring.load import Document
from authoring.problems import Problem, nearest
from authoring.templates import called_with
from authoring.tree import Tree
from functions.core.assets import LARGEST, Asset, AssetFile
from functions.core.steps import Send
from functions.core.tree import walk

FOLDER: Final = "assets"
_TYPES: Final[Mapping[str, str]] = {
    "pdf": "application/pdf",
    "epub": "application/epub+zip",
    "zip": "application/zip",
    "csv": "text/csv; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "mp3": "audio/mpeg",
    "m4a": "audio/mp4",
    "mp4": "video/mp4",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
"""What files are served as, by the end of their names; a list of our own, so that a release is the same everywhere."""


@dataclass(slots=True)
class Assets:
    """The gated files of a marketing folder. `files` are those that can be given, by the SHA-256 of their bytes."""

    found: Tree
    known: Definitions
    files: dict[str, Path] = field(default_factory=dict)

    def check(self) -> Iterator[Problem]:
        """What is wrong with each, and which files nothing gives."""
        used = set()
        for id, (document, asset) in self.known.assets.items():
            name = _name(id, asset)
            used.add(f"{FOLDER}/{name}")
            yield from self._file(document, name)
            yield from self._road(document, id, asset)
        broken = {problem.file for problem in self.found.problems} | self.found.unreadable
        for name in sorted(set(self.found.files) - used):
            # What a broken YAML file names isn't known.
            if f"{FOLDER}/{name.partition('/')[2].rpartition('.')[0]}.yaml" not in broken:
                mend = "Name it in a file such as assets/ID.yaml, with file: and its name; or remove it"
                yield Problem(name, 1, 1, "(file)", "a file that nobody gets", mend, "file-of-nobody", "warning")

    def _file(self, document: Document, name: str) -> Iterator[Problem]:
        path, place = self.found.files.get(f"{FOLDER}/{name}"), ("file",)
        if "/" in name or "\\" in name or any(unicodedata.category(sign) == "Cc" for sign in name):
            yield document.problem(place, f'"{name}" is no plain name of a file', "Put the file beside this one")
        elif path is None:
            beside = [other.partition("/")[2] for other in self.found.files]
            close = nearest(name, beside)
            mend = f'Did you mean "{close}"?' if close else f"Put it there as {FOLDER}/{name}, or name another: file: …"
            yield document.problem(place, f'there is no file "{name}"', mend, code="missing-file")
        elif not 0 < (size := path.stat().st_size) <= LARGEST:
            most = LARGEST // 1024**2
            message = f'"{name}" has {size / 1024**2:.0f} MB; at most {most}' if size else f'"{name}" is empty'
            yield document.problem(place, message, f"Make it a file of up to {most} MB", code="file-size")

    def _road(self, document: Document, id: str, asset: AssetFile) -> Iterator[Problem]:
        """How people come by it."""
        if asset.form is not None:
            yield from unknown(document, ("form",), "form", asset.form, self.known.form_names)
        if asset.email is not None:
            none = f"Write emails/{asset.email}.yaml and .mjml"
            names = self.known.template_names
            yield from unknown(document, ("email",), "template", asset.email, names, none=none)
        if asset.email is not None and asset.form is None:
            mend = "Add form: ID, or send the e-mail in a journey"
            yield document.problem(("email",), "no form gives it, so that nothing sends this e-mail", mend)
        form = self.known.forms.get(asset.form or "")
        if form and form[1].redirect and asset.email is None:
            mend = "Add email: ID, which brings it, or take redirect out of the form"
            message = f'form "{asset.form}" leads to another page than its thanks, so that nobody sees the link'
            yield document.problem(("form",), message, mend)
        if asset.form is None and id not in self._mailed():
            mend = f'Add form: ID, or put {{{{ asset_url("{id}") }}}} into an e-mail that is sent'
            message = "no form gives it, and no e-mail has a link to it"
            yield document.problem((), message, mend, code="file-of-nobody", severity="warning")

    def _mailed(self) -> set[str]:
        """The files that e-mails lead to."""
        texts = (text for name, text in self.found.sources.items() if name.startswith("emails/"))
        return {id for text in texts for id in called_with(text, "asset_url")}

    def bringing(self) -> Iterator[Problem]:
        """The mail that brings a file must have the link to it, and be sent by nothing that doesn't know to whom."""
        sent = {
            step.send: name
            for name, (_, journey) in self.known.journeys.items()
            for step in walk(journey.steps)
            if isinstance(step, Send) and isinstance(step.send, str)
        }
        for id, (document, asset) in self.known.assets.items():
            bodies = [
                (name, text)
                for name, text in self.found.sources.items()
                if asset.email and name.startswith((f"emails/{asset.email}.",)) and not name.endswith(".yaml")
            ]
            for name, text in bodies:
                if "mj-include" not in text and id not in called_with(text, "asset_url"):
                    mend = f'Put href="{{{{ asset_url("{id}") }}}}" where people shall click'
                    yield Problem(name, 1, 1, "(file)", f'it brings the file "{id}" without the link', mend)
            if asset.email in sent:
                mend = "Give the journey an e-mail of its own, or remove email: here"
                message = f'journey "{sent[asset.email]}" sends this e-mail as well: some people would get it twice'
                yield document.problem(("email",), message, mend, code="sent-twice", severity="warning")

    def compiled(self) -> dict[str, Asset]:
        """Every file as the release has it. The bytes are read and hashed."""
        made = {}
        for id, (_, asset) in self.known.assets.items():
            name = _name(id, asset)
            path = self.found.files[f"{FOLDER}/{name}"]
            content = hash_of(path)
            self.files[content] = path
            kind = _TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")
            facts = {"file": name, "content": content, "size": path.stat().st_size, "type": kind}
            made[id] = Asset.model_validate({**asset.model_dump(by_alias=True), **facts})
        return made


def _name(id: str, asset: AssetFile) -> str:
    # Names come composed from some file systems and taken apart from others.
    return unicodedata.normalize("NFC", asset.file) or f"{id}.pdf"


def hash_of(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
