"""Who was looked at or erased on purpose, who came in or went out by a file, when sending was stopped and
let go on, whose runs of a journey were corrected, who approved a release or started a journey by hand,
who was let into the console or out of it:
X#audit / <13-digit ms>#<id>.

Of a person there is a hash and nothing else. `by`, `many` and `why` are absent where nobody noted them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from functions import settings
from functions.aws import dynamodb
from functions.core.ids import digest

VERSION: Final = 1
PARTITION: Final = "X#audit"

Kind = Literal[
    "forget",
    "export",
    "consent",
    "readmit",
    "registry",
    "import",
    "undo",
    "list",
    "pause",
    "resume",
    "recall",
    "migrate",
    "approve",
    "start",
    "retry",
    "revoke",
    "let-go",
    "cancel",
    "propose",
    "drop",
    "trait",
    "tag",
    "stop-mail",
    "allow-mail",
    "merge",
    "invite",
    "remove",
]


@dataclass(frozen=True, slots=True)
class Noted:
    """One deliberate look or erasure, at `at` (ms). `subject` is the identity "kind#hash" by which the
    person was named, "" for many; `job` the erasure's job, or the import. Kind "list" is an export
    of many, and the subject of "pause" and "resume" is what was paused,
    of "let-go" and "cancel" a campaign's run as pauses name it, of "propose" and "drop" the release,
    of "recall" JOURNEY/STEP, of "revoke" the person (its `job` the page, "*" for all), of "migrate" and "start" the
    journey, of "retry" either, of "approve" the release. Of "trait" and "tag"
    `why` names it, of "merge" `job` is the contact that became a part of the other. Of "invite" and "remove" the
    subject is an address of the staff, `why` of the first the role. `by` is the account at the
    terminal, or the address of whoever was signed in to the console, `many` how many people
    or rows it was about, `why` what the person there said."""

    kind: Kind
    subject: str
    at: int
    job: str = ""
    by: str = ""
    many: int = 0
    why: str = ""


def note(noted: Noted) -> None:
    """Keep a note for good."""
    dynamodb.put(settings.contacts_table(), to_row(noted))


def all_notes() -> list[Noted]:
    """Every note, oldest first."""
    return [from_row(row) for row in dynamodb.query(settings.contacts_table(), PARTITION)]


def to_row(noted: Noted) -> dict[str, Any]:
    """The item of a note."""
    row = {
        "pk": PARTITION,
        "sk": f"{noted.at:013d}#{digest(noted.kind, noted.subject)}",
        "v": VERSION,
        "kind": noted.kind,
        "subject": noted.subject,
        "at": noted.at,
    }
    return row | {name: value for name in ("job", "by", "many", "why") if (value := getattr(noted, name))}


def from_row(row: Mapping[str, Any]) -> Noted:
    """The note of an item."""
    return Noted(
        row["kind"],
        row["subject"],
        row["at"],
        row.get("job", ""),
        row.get("by", ""),
        row.get("many", 0),
        row.get("why", ""),
    )
