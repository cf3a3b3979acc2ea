"""Who let which release be published: contacts table, X#approvals / <release>#<hash of the identity>.

by (ARN) · at (ms) · why · v. The first of an identity counts, and none is ever taken back.
"""

from collections.abc import Mapping
from typing import Any, Final

from functions import settings
from functions.aws import dynamodb
from functions.core.errors import Newer
from functions.core.ids import digest
from functions.core.publishing import Approval

VERSION: Final = 1
PARTITION: Final = "X#approvals"


def note(approval: Approval) -> bool:
    """Keep an approval for good; False if that identity had approved the release before."""
    return dynamodb.put_new(settings.contacts_table(), to_row(approval))


def of(release: str) -> list[Approval]:
    """The approvals of a release (consistent read)."""
    return [from_row(row) for row in dynamodb.query(settings.contacts_table(), PARTITION, begins=f"{release}#")]


def to_row(approval: Approval) -> dict[str, Any]:
    """The item of an approval."""
    row = {
        "pk": PARTITION,
        "sk": f"{approval.release}#{digest('approval', approval.by)}",
        "v": VERSION,
        "by": approval.by,
        "at": approval.at,
    }
    return row | ({"why": approval.why} if approval.why else {})


def from_row(row: Mapping[str, Any]) -> Approval:
    """The approval of an item. Raises Newer."""
    if row["v"] > VERSION:
        raise Newer(f"approval row of version {row['v']} is newer than this code reads")
    return Approval(row["sk"].partition("#")[0], row["by"], row["at"], row.get("why", ""))
