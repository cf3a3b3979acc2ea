"""Webhooks whose receivers said that they are gone: contacts table, X#hooks / <template>. url · at (ms) · v"""

from functions import settings
from functions.aws import dynamodb

VERSION = 1


def _key(template: str) -> dynamodb.Key:
    return "X#hooks", template


def gone_since(template: str, url: str) -> int | None:
    """When (ms) the receiver of a webhook at this address said that it is gone; None where it didn't."""
    row = dynamodb.get(settings.contacts_table(), _key(template), consistent=False)
    return int(row["at"]) if row is not None and row["url"] == url else None


def note_gone(template: str, url: str, at: int) -> None:
    """The receiver says at `at` (ms) that it is gone. A release with another address begins anew."""
    pk, sk = _key(template)
    dynamodb.put(settings.contacts_table(), {"pk": pk, "sk": sk, "v": VERSION, "url": url, "at": at})


def back(template: str) -> None:
    """It is there again."""
    dynamodb.delete(settings.contacts_table(), _key(template))


def listed() -> dict[str, int]:
    """Every webhook whose receiver is gone, and since when (ms)."""
    return {row["sk"]: int(row["at"]) for row in dynamodb.query(settings.contacts_table(), "X#hooks")}
