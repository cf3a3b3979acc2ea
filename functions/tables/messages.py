"""The message ledger: contacts table, C#<contact> / M#<message id>.

A row that is unsettled stands in the `due` index; it leaves it when settled. Every change
is conditional on the version that was read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from functions import settings
from functions.aws import dynamodb
from functions.core import message as ledger
from functions.core.errors import Newer
from functions.core.message import Feedback, Message
from functions.tables import due

SHAPE = 1
PREFIX = "M#"


def key(contact: str, id: str) -> dynamodb.Key:
    """Where a message stands."""
    return f"C#{contact}", f"{PREFIX}{id}"


def intend(message: Message) -> bool:
    """Store a decided message unless it is there; whether it was new. Then put it on the queue."""
    return dynamodb.put_new(settings.contacts_table(), to_item(message))


def intend_many(decided: Sequence[Message]) -> list[bool]:
    """Store many decided messages; whether each was new. One that is there stays as it is. Repeating it is safe."""
    return dynamodb.insert_new(settings.contacts_table(), [to_item(message) for message in decided])


def intend_op(message: Message) -> dict[str, Any]:
    """The same inside a transaction, which is refused if the message is there."""
    return dynamodb.put_op(settings.contacts_table(), to_item(message), condition="attribute_not_exists(pk)")


def get(contact: str, id: str) -> Message | None:
    """One message, read consistently."""
    item = dynamodb.get(settings.contacts_table(), key(contact, id))
    return from_item(item) if item else None


def found(wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Message]:
    """Those messages that are there, by (contact, id), read together."""
    rows = dynamodb.batch_get(settings.contacts_table(), (key(*pair) for pair in wanted))
    read = map(from_item, rows.values())
    return {(message.contact, message.id): message for message in read}


def list_for(contact: str, most: int | None = None) -> list[Message]:
    """Every message of a contact, oldest first; so many `most` where it is given, whichever have the first ids."""
    rows = dynamodb.query(settings.contacts_table(), f"C#{contact}", begins=PREFIX, limit=most)
    return sorted((from_item(row) for row in rows), key=lambda message: (message.created, message.id))


def change_op(before: Message, after: Message) -> tuple[Message, dict[str, Any]]:
    """`after` as it will stand, and the operation that puts it in the place of `before` in a
    transaction, refused unless `before` still stands."""
    stored = replace(after, version=before.version + 1)
    return stored, dynamodb.put_op(
        settings.contacts_table(), to_item(stored), condition="n = :n", values={":n": before.version}
    )


def change(before: Message, after: Message) -> Message:
    """Put `after` in the place of `before`; as it stands then. Raises ConditionFailed unless `before` still stands."""
    stored = replace(after, version=before.version + 1)
    dynamodb.put(settings.contacts_table(), to_item(stored), condition="n = :n", values={":n": before.version})
    return stored


def change_each(changes: Sequence[tuple[Message, Message]]) -> list[bool]:
    """The same for many (before, after), each by itself: whether `before` still stood. Costs a plain write each."""
    return dynamodb.change_each(settings.contacts_table(), [_change(before, after) for before, after in changes])


def _change(before: Message, after: Message) -> dynamodb.Change:
    held, item = to_item(before), to_item(replace(after, version=before.version + 1))
    changed = {name: value for name, value in item.items() if held.get(name) != value}
    gone = [name for name in held if name not in item]
    return dynamodb.Change(key(before.contact, before.id), changed, gone, {"n": before.version})


def settle(contact: str, id: str, feedback: Feedback) -> Message | None:
    """Join a report to a message, whatever stands there by then; the result, or None for no such message.

    A report that says nothing new writes nothing.
    """
    message = get(contact, id)
    return join(message, feedback) if message else None


def settle_each(said: Sequence[tuple[str, str, Feedback]]) -> list[Message | Exception | None]:
    """The same for many (contact, id, report): for each what then stands there, None for no such message, or
    what kept it from being noted. All of a message's reports are joined in one write.

    Raises what AWS raises to a whole call: nobody knows then which of them are noted, and all bear repetition.
    """
    reports: dict[tuple[str, str], list[Feedback]] = {}
    for contact, id, feedback in said:
        reports.setdefault((contact, id), []).append(feedback)
    rows = dynamodb.batch_get(settings.contacts_table(), [key(*pair) for pair in reports])
    found: dict[tuple[str, str], Message | Exception | None] = {}
    changes: list[tuple[Message, Message]] = []
    for pair, joined in reports.items():
        row = rows.get(key(*pair))
        try:
            before = from_item(row) if row else None
            after = before and _joined(before, joined)
        except Exception as error:
            found[pair] = error
            continue
        found[pair] = before
        if before is not None and after is not None and after != before:
            changes.append((before, after))
    for (before, after), stood in zip(changes, _change_each(changes), strict=True):
        pair = before.contact, before.id
        try:
            found[pair] = replace(after, version=before.version + 1) if stood else join(before, *reports[pair])
        except Exception as error:
            found[pair] = error
    return [found[contact, id] for contact, id, _ in said]


def _change_each(changes: Sequence[tuple[Message, Message]]) -> list[bool]:
    try:
        return change_each(changes)
    except RuntimeError:
        # One of them can't be written, which must not hold up the others: each is tried by itself.
        return [False] * len(changes)


def _joined(message: Message, feedbacks: Iterable[Feedback]) -> Message:
    for feedback in feedbacks:
        message = ledger.settle(message, feedback)
    return message


def join(message: Message, *feedbacks: Feedback) -> Message:
    """The same for a message in hand."""
    while True:
        after = _joined(message, feedbacks)
        if after == message:
            return message
        try:
            return change(message, after)
        except dynamodb.ConditionFailed as refused:
            if refused.item is None:
                raise
            message = from_item(refused.item)


def to_item(message: Message) -> dynamodb.Item:
    """The row of a message."""
    pk, sk = key(message.contact, message.id)
    item: dynamodb.Item = {
        "pk": pk,
        "sk": sk,
        "v": SHAPE,
        "n": message.version,
        "journey": message.journey,
        "step": message.step,
        "template": message.template,
        "topic": message.topic,
        "release": message.release,
        "created": message.created,
        "channel": message.channel,
        "state": message.state,
        "attempts": message.attempts,
        "times": dict(message.times),
    }
    optional = {
        "enrollment": message.enrollment,
        "since": message.since or None,
        "links": message.links or None,
        "reason": message.reason or None,
        "detail": message.detail or None,
        "provider_id": message.provider_id,
        "address": message.address,
        "mailbox": message.mailbox,
        "cause": message.cause,
        "expires": message.expires,
        "warm_up_day": message.warm_up_day,
        "ttl": message.kept_until,
    }
    item |= {name: value for name, value in optional.items() if value is not None}
    if message.due is not None:
        item |= {"ds": due.shard(message.id), "du": message.due}
    return item


def from_item(item: dynamodb.Item) -> Message:
    """The message that a row holds. Raises Newer."""
    if item["v"] > SHAPE:
        raise Newer(f"message row of version {item['v']} is newer than this code reads")
    return Message(
        id=item["sk"].removeprefix(PREFIX),
        contact=item["pk"].removeprefix("C#"),
        journey=item["journey"],
        step=item["step"],
        template=item["template"],
        topic=item["topic"],
        release=item["release"],
        created=item["created"],
        enrollment=item.get("enrollment"),
        since=item.get("since", 0),
        channel=item["channel"],
        state=item["state"],
        attempts=item["attempts"],
        links=item.get("links", 0),
        reason=item.get("reason", ""),
        detail=item.get("detail", ""),
        provider_id=item.get("provider_id"),
        address=item.get("address"),
        mailbox=item.get("mailbox"),
        cause=item.get("cause"),
        expires=item.get("expires"),
        times=item["times"],
        warm_up_day=item.get("warm_up_day"),
        due=item.get("du"),
        version=item["n"],
        kept_until=item.get("ttl"),
    )
