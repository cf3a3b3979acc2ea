"""Webhooks whose receivers said that they are gone: contacts table, X#hooks / <template>. url · at (ms) · v ·
told (true once a person was told of it)"""

from dataclasses import dataclass

from functions import settings
from functions.aws import dynamodb

VERSION = 1


@dataclass(frozen=True, slots=True)
class Gone:
    """A receiver at this address that said at `at` (ms) that it is gone, and whether a person was told."""

    url: str
    at: int
    told: bool = False


def _key(template: str) -> dynamodb.Key:
    return "X#hooks", template


def gone(template: str, url: str) -> Gone | None:
    """What the receiver of a webhook at this address said; None where it didn't say that it is gone."""
    row = dynamodb.get(settings.contacts_table(), _key(template), consistent=False)
    found = from_row(row) if row is not None else None
    return found if found is not None and found.url == url else None


def note_gone(template: str, url: str, at: int) -> bool:
    """The receiver says at `at` (ms) that it is gone; False where it was known. A release with another address
    begins anew."""
    pk, sk = _key(template)
    item = {"pk": pk, "sk": sk, "v": VERSION, "url": url, "at": at}
    try:
        dynamodb.put(
            settings.contacts_table(),
            item,
            condition="attribute_not_exists(pk) OR #url <> :url",
            names={"#url": "url"},
            values={":url": url},
        )
    except dynamodb.ConditionFailed:
        return False
    return True


def note_told(template: str, url: str) -> None:
    """A person was told of it."""
    try:
        dynamodb.update(
            settings.contacts_table(),
            _key(template),
            "SET told = :yes",
            condition="#url = :url",
            names={"#url": "url"},
            values={":url": url, ":yes": True},
        )
    except dynamodb.ConditionFailed:
        # Somebody let it be asked again meanwhile.
        return


def back(template: str) -> bool:
    """It is to be asked again; False where it was not gone."""
    try:
        dynamodb.delete(settings.contacts_table(), _key(template), condition="attribute_exists(pk)")
    except dynamodb.ConditionFailed:
        return False
    return True


def listed() -> dict[str, Gone]:
    """Every webhook whose receiver is gone."""
    return {row["sk"]: from_row(row) for row in dynamodb.query(settings.contacts_table(), "X#hooks")}


def from_row(row: dynamodb.Item) -> Gone:
    """What a row says."""
    return Gone(row["url"], int(row["at"]), bool(row.get("told")))
