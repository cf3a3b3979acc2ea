"""Who did what, when and why: moves of the live release and notes of deliberate acts, as one log."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from authoring import called
from functions.core.release import Release
from functions.tables import approvals, audit, releases
from functions.tables.audit import Kind, Noted
from functions.tables.releases import Entry

_WHAT: Final[Mapping[Kind, str]] = {
    "forget": "erased somebody",
    "export": "looked at all that is kept of somebody",
    "consent": "looked at somebody's consent",
    "readmit": "let somebody erased come back",
    "registry": "reported consents to the register",
    "import": "imported people",
    "undo": "took an import back",
    "list": "exported people",
    "pause": "paused",
    "resume": "let go on",
    "recall": "recalled those at",
    "migrate": "moved to the live release those in",
    "approve": "approved release",
    "start": "started by hand",
    "retry": "let go on whom a mistake kept in",
    "trait": "changed what is known of somebody:",
    "tag": "tagged somebody, or took a tag off:",
    "stop-mail": "stopped all messages to somebody",
    "allow-mail": "let messages go to somebody again",
    "merge": "made two people one",
    "revoke": "ended the links of somebody to their own pages",
    "let-go": "let go out",
    "cancel": "stopped for good",
    "propose": "proposed release",
    "drop": "dropped the proposal of release",
    "invite": "let into the console",
    "remove": "let no more into the console",
}
_NAMED: Final = ("pause", "resume", "recall", "migrate", "start", "retry", "let-go", "cancel")
"""Kinds whose subject is a name that may be told; of others it is a hash."""


@dataclass(frozen=True, slots=True)
class Said:
    """One line: when (ms), who by the name of their account at the terminal, what, and why; `arn` is the identity that
    AWS knew them by, "" where it was not noted."""

    at: int
    who: str
    what: str
    why: str
    arn: str = ""


def lines(most: int) -> list[Said]:
    """The newest lines of the log, newest first."""
    notes, release = audit.all_notes(), called.live()
    found = [*map(of_move, releases.history()), *(of_note(one, release) for one in notes)]
    return sorted(found, key=lambda one: one.at, reverse=True)[:most]


def of_move(entry: Entry) -> Said:
    """A move of the live release."""
    did = "rolled back to" if entry.back else "published"
    return Said(entry.at, entry.by, f"{did} release {entry.release[:12]} (move {entry.seq})", entry.note, entry.arn)


def of_note(noted: Noted, release: Release | None) -> Said:
    """A deliberate act, about what `release` calls by its present name."""
    what = _WHAT[noted.kind]
    if noted.kind == "approve":
        by = {digest.by for digest in approvals.of(noted.subject) if digest.at == noted.at}
        return Said(noted.at, noted.by, f"{what} {noted.subject[:12]}", noted.why, next(iter(by), ""))
    if noted.kind in ("propose", "drop"):
        return Said(noted.at, noted.by, f"{what} {noted.subject[:12]}", noted.why)
    if noted.kind in ("invite", "remove"):
        role = f" as {noted.why}" if noted.why else ""
        return Said(noted.at, noted.by, f"{what}: {noted.subject}{role}", "")
    if noted.kind in _NAMED:
        what = f"{what} {called.subject(release, noted.subject)}"
    many = f" ({noted.many:,})" if noted.many > 1 else ""
    return Said(noted.at, noted.by, what + many, noted.why)
