"""Proving an erasure: a search through all that is stored, for every word by which a person could be found."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from functions import settings
from functions.aws import dynamodb, s3, sqs
from functions.core.identity import hash_of
from functions.tables import identities
from functions.tables.contacts import PROFILE, STATE
from functions.work.mentions import Mentions

HOLD_S = 20
Progress = Callable[[str, int], None]


@dataclass(slots=True)
class Searched:
    """How much was looked at, by place, and where something was found."""

    looked_at: dict[str, int] = field(default_factory=dict)
    found: list[str] = field(default_factory=list)
    hashes: int = 0

    def as_json(self) -> dict[str, Any]:
        """The plain values."""
        return {"searched": self.looked_at, "found": self.found, "hashes_left_on_purpose": self.hashes}


def search(words: Iterable[str], refs: Collection[str], contacts: Collection[str], tell: Progress) -> Searched:
    """Look for words (in any letter case), identities and contacts in tables, bucket and the aside queue.

    What an erasure leaves on purpose is counted, not found: closed identities, stubs of contacts,
    the withdrawal under an address's hash, and the note that it was done.
    """
    said = [word.casefold() for word in words if len(word) > 2]
    # A browser that others used as well is theirs.
    known = identities.read(refs)
    alone = {ref for ref in refs if ref not in known or not known[ref].runs}
    ids = {hash_of(ref) for ref in alone} | set(contacts)
    result = Searched()
    for place, table in (("events", settings.events_table()), ("contacts", settings.contacts_table())):
        for item in _items(table):
            _count(result, place, tell)
            text = json.dumps(item, ensure_ascii=False, default=str).casefold()
            if any(word in text for word in said):
                result.found.append(f"{place} table: {item['pk']} {item['sk'][:20]}")
            elif any(one in text for one in ids):
                if _is_on_purpose(item, ids):
                    result.hashes += 1
                else:
                    result.found.append(f"{place} table: {item['pk']} {item['sk'][:20]}")
    for key, content in s3.everything(settings.bucket()):
        _count(result, "objects of the bucket, old versions too", tell)
        text = content.decode("utf-8", "replace").casefold()
        if any(one in text for one in (*said, *ids)):
            result.found.append(f"bucket: {key}")
    mentions = Mentions(alone, contacts)
    for message in sqs.all_of(settings.aside_queue_url(), hold=HOLD_S):
        _count(result, "records set aside", tell)
        sqs.release(settings.aside_queue_url(), message.receipt)
        if mentions.are_in(message.body) or any(word in message.body.casefold() for word in said):
            result.found.append(f"aside queue: message {message.id}")
    return result


def _count(result: Searched, place: str, tell: Progress) -> None:
    result.looked_at[place] = result.looked_at.get(place, 0) + 1
    tell(place, result.looked_at[place])


def _is_on_purpose(item: dynamodb.Item, ids: set[str]) -> bool:
    kind, _, rest = item["pk"].partition("#")
    match kind:
        case "I":
            return bool(item.get("forgotten"))
        case "C":
            return item["sk"] in (STATE, PROFILE) and item.get("into") == ""
        case "A":
            return rest in ids and item["sk"] == "H"
        case "X":
            return True
    # An event of somebody else in a browser that both had used: the browser's hash, and nothing else.
    return rest not in ids and item["sk"].partition("#")[2] not in ids and "ids" in item


def _items(table: str) -> Iterator[dynamodb.Item]:
    start: dynamodb.Key | None = None
    while True:
        rows, start = dynamodb.scan_page(table, start=start, limit=1000)
        yield from rows
        if start is None:
            return
