"""DynamoDB in plain Python values (see attributes): dicts in, dicts out, conditions as expressions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from functions import clock
from functions.aws.attributes import Item as Item
from functions.aws.attributes import encode, from_item, to_item
from functions.aws.session import client

Key = tuple[str, str]


CONFLICTS = 4
"""So often a write is tried while transactions hold its item; a transaction takes milliseconds."""


STATEMENTS: Final = 25
"""So many statements DynamoDB takes in one call."""
_MAY_PASS: Final = frozenset(
    (
        "TransactionConflict",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
        "RequestLimitExceeded",
        "InternalServerError",
    )
)


@dataclass(frozen=True, slots=True)
class Change:
    """What is to change in one item: attributes set and removed, while `only_if` holds those values."""

    key: Key
    values: Mapping[str, Any]
    removed: Sequence[str] = ()
    only_if: Mapping[str, Any] = field(default_factory=dict)


class ConditionFailed(Exception):
    """The item was not as the write required. `item` is what stands there, if asked for."""

    def __init__(self, item: Item | None = None) -> None:
        super().__init__("the condition of a write did not hold")
        self.item = item


class TransactionRefused(Exception):
    """A transaction was cancelled. `reasons` holds one code per operation, "None" where fine."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__("transaction cancelled: " + ", ".join(reasons))
        self.reasons = tuple(reasons)

    @property
    def by_condition(self) -> bool:
        """Whether a condition failed (read again and decide), rather than a passing conflict."""
        return "ConditionalCheckFailed" in self.reasons


def _key(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key[0]}, "sk": {"S": key[1]}}


def _expressions(
    condition: str | None, names: Mapping[str, str] | None, values: Mapping[str, Any] | None
) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    if condition:
        arguments["ConditionExpression"] = condition
    if names:
        arguments["ExpressionAttributeNames"] = dict(names)
    if values:
        arguments["ExpressionAttributeValues"] = {name: encode(value) for name, value in values.items()}
    return arguments


def get(table: str, key: Key, *, consistent: bool = True) -> Item | None:
    """One item, or None."""
    answer = client("dynamodb").get_item(TableName=table, Key=_key(key), ConsistentRead=consistent)
    return from_item(answer["Item"]) if "Item" in answer else None


def batch_get(table: str, keys: Iterable[Key], *, consistent: bool = True, only: Sequence[str] = ()) -> dict[Key, Item]:
    """The items that exist among `keys` (any number), by key; of each the key and the attributes `only`, or all."""
    wanted = list(dict.fromkeys(keys))
    chosen: dict[str, Any] = {}
    if only:
        names = {f"#{index}": name for index, name in enumerate(("pk", "sk", *only))}
        chosen = {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names}
    found: dict[Key, Item] = {}
    refused = 0
    while wanted:
        batch, wanted = wanted[:100], wanted[100:]
        request = {table: {"Keys": [_key(key) for key in batch], "ConsistentRead": consistent, **chosen}}
        answer = client("dynamodb").batch_get_item(RequestItems=request)
        for raw in answer["Responses"].get(table, []):
            item = from_item(raw)
            found[item["pk"], item["sk"]] = item
        left = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
        wanted = [(key["pk"]["S"], key["sk"]["S"]) for key in left] + wanted
        refused = refused + 1 if left else 0
        if refused:
            # What is left over was refused for want of capacity: asked again at once it would be again.
            clock.sleep(0.02 * 2 ** min(refused, 6))
    return found


def query(
    table: str,
    pk: str,
    *,
    begins: str | None = None,
    between: tuple[str, str] | None = None,
    consistent: bool = True,
    forward: bool = True,
    limit: int | None = None,
) -> Iterator[Item]:
    """Items of one partition in sort-key order, all pages (or the first `limit`)."""
    expression, values = "pk = :pk", {":pk": {"S": pk}}
    if begins is not None:
        expression, values = expression + " AND begins_with(sk, :sk)", {**values, ":sk": {"S": begins}}
    if between is not None:
        expression += " AND sk BETWEEN :low AND :high"
        values = {**values, ":low": {"S": between[0]}, ":high": {"S": between[1]}}
    arguments: dict[str, Any] = {
        "TableName": table,
        "KeyConditionExpression": expression,
        "ExpressionAttributeValues": values,
        "ConsistentRead": consistent,
        "ScanIndexForward": forward,
    }
    yield from _pages("query", arguments, limit)


def query_due(table: str, shard: str, until: int, *, limit: int, after: Item | None = None) -> list[Item]:
    """Keys in the sparse index `due` of one shard with `du` at or before `until`, earliest first; those that
    follow the row `after`, where it is given."""
    arguments: dict[str, Any] = {
        "TableName": table,
        "IndexName": "due",
        "KeyConditionExpression": "ds = :ds AND du <= :du",
        "ExpressionAttributeValues": {":ds": {"S": shard}, ":du": {"N": str(until)}},
    }
    if after is not None:
        arguments["ExclusiveStartKey"] = {name: encode(after[name]) for name in ("pk", "sk", "ds", "du")}
    return list(_pages("query", arguments, limit))


def _pages(operation: str, arguments: dict[str, Any], limit: int | None) -> Iterator[Item]:
    left = limit
    while True:
        if left is not None:
            arguments["Limit"] = left
        answer = getattr(client("dynamodb"), operation)(**arguments)
        for raw in answer["Items"]:
            yield from_item(raw)
        if left is not None:
            left -= len(answer["Items"])
            if left <= 0:
                return
        if "LastEvaluatedKey" not in answer:
            return
        arguments["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def scan_page(
    table: str, *, start: Key | None, limit: int, condition: str | None = None, values: Mapping[str, Any] | None = None
) -> tuple[list[Item], Key | None]:
    """One page of a scan and where the next begins; long jobs only."""
    items, following, _ = scan_part(table, (0, 1), start=start, limit=limit, condition=condition, values=values)
    return items, following


def scan_part(
    table: str,
    part: tuple[int, int],
    *,
    start: Key | None,
    limit: int | None = None,
    condition: str | None = None,
    values: Mapping[str, Any] | None = None,
    consistent: bool = False,
) -> tuple[list[Item], Key | None, int]:
    """One page of part n of m of a table, where the next begins, and how many rows were read for it.

    Parts are even by a hash of the partition key, and stay the same: one of a thousand is a fair sample.
    """
    arguments: dict[str, Any] = {"TableName": table, "ConsistentRead": consistent}
    if part[1] > 1:
        arguments |= {"Segment": part[0], "TotalSegments": part[1]}
    if limit is not None:
        arguments["Limit"] = limit
    if start is not None:
        arguments["ExclusiveStartKey"] = _key(start)
    if condition:
        arguments["FilterExpression"] = condition
        arguments["ExpressionAttributeValues"] = {name: encode(value) for name, value in (values or {}).items()}
    answer = client("dynamodb").scan(**arguments)
    last = answer.get("LastEvaluatedKey")
    following = (last["pk"]["S"], last["sk"]["S"]) if last else None
    return [from_item(raw) for raw in answer["Items"]], following, int(answer["ScannedCount"])


def size_of(table: str) -> tuple[int, int]:
    """About how many rows a table has, and how many bytes they take: DynamoDB counts every six hours."""
    described = client("dynamodb").describe_table(TableName=table)["Table"]
    return int(described.get("ItemCount", 0)), int(described.get("TableSizeBytes", 0))


def put(
    table: str,
    item: Mapping[str, Any],
    *,
    condition: str | None = None,
    names: Mapping[str, str] | None = None,
    values: Mapping[str, Any] | None = None,
) -> None:
    """Write a whole item. Raises ConditionFailed with the item that stands there."""
    arguments = _expressions(condition, names, values)
    if condition:
        arguments["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    _write("put_item", TableName=table, Item=to_item(item), **arguments)


def put_new(table: str, item: Mapping[str, Any]) -> bool:
    """Write an item unless its key exists; whether it was written."""
    try:
        put(table, item, condition="attribute_not_exists(pk)")
    except ConditionFailed:
        return False
    return True


def update(
    table: str,
    key: Key,
    expression: str,
    *,
    condition: str | None = None,
    names: Mapping[str, str] | None = None,
    values: Mapping[str, Any] | None = None,
) -> Item:
    """Change attributes of an item; the whole item after. Raises ConditionFailed."""
    arguments = _update(table, key, expression, condition, names, values)
    if condition:
        arguments["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    return from_item(_write("update_item", ReturnValues="ALL_NEW", **arguments)["Attributes"])


def change(
    table: str,
    key: Key,
    expression: str,
    *,
    condition: str,
    names: Mapping[str, str] | None = None,
    values: Mapping[str, Any] | None = None,
) -> None:
    """The same for who doesn't need the item: nothing comes back. Raises ConditionFailed, without the item."""
    _write("update_item", **_update(table, key, expression, condition, names, values))


def _update(
    table: str,
    key: Key,
    expression: str,
    condition: str | None,
    names: Mapping[str, str] | None,
    values: Mapping[str, Any] | None,
) -> dict[str, Any]:
    return {
        "TableName": table,
        "Key": _key(key),
        "UpdateExpression": expression,
        **_expressions(condition, names, values),
    }


def delete(
    table: str,
    key: Key,
    *,
    condition: str | None = None,
    names: Mapping[str, str] | None = None,
    values: Mapping[str, Any] | None = None,
) -> None:
    """Remove an item. Raises ConditionFailed."""
    _write("delete_item", TableName=table, Key=_key(key), **_expressions(condition, names, values))


def _write(operation: str, **arguments: Any) -> Any:
    """One write of one item, tried again where a transaction held the item at that moment."""
    for attempt in range(CONFLICTS):
        try:
            return getattr(client("dynamodb"), operation)(**arguments)
        except ClientError as error:
            in_the_way = error.response["Error"]["Code"] == "TransactionConflictException"
            if not in_the_way or attempt == CONFLICTS - 1:
                raise _translated(error) from error
            clock.sleep(0.02 * 2**attempt)
    raise AssertionError("the last attempt returns or raises")


def put_op(table: str, item: Mapping[str, Any], *, condition: str | None = None, **expressions: Any) -> dict[str, Any]:
    """A put inside `transact`; `expressions` are names= and values= of the condition."""
    body = {"TableName": table, "Item": to_item(item)}
    return {"Put": body | _expressions(condition, expressions.get("names"), expressions.get("values"))}


def update_op(
    table: str, key: Key, expression: str, *, condition: str | None = None, **expressions: Any
) -> dict[str, Any]:
    """An update inside `transact`."""
    body = {"TableName": table, "Key": _key(key), "UpdateExpression": expression}
    return {"Update": body | _expressions(condition, expressions.get("names"), expressions.get("values"))}


def check_op(table: str, key: Key, condition: str, **expressions: Any) -> dict[str, Any]:
    """A condition on an item that the transaction does not write."""
    body = {"TableName": table, "Key": _key(key)}
    return {"ConditionCheck": body | _expressions(condition, expressions.get("names"), expressions.get("values"))}


def delete_op(table: str, key: Key, *, condition: str | None = None, **expressions: Any) -> dict[str, Any]:
    """A delete inside `transact`."""
    body = {"TableName": table, "Key": _key(key)}
    return {"Delete": body | _expressions(condition, expressions.get("names"), expressions.get("values"))}


def transact(operations: Sequence[dict[str, Any]]) -> None:
    """All of up to 100 writes, or none. Raises TransactionRefused."""
    try:
        client("dynamodb").transact_write_items(TransactItems=list(operations))
    except ClientError as error:
        raise _translated(error) from error


def insert_new(table: str, items: Sequence[Mapping[str, Any]]) -> list[bool]:
    """Insert each item unless its key exists, 25 a call; whether each was new, in order.

    A statement that fails for another reason (throttling) raises after the others were
    applied: repeating the whole call is safe, what stands is never overwritten.
    """
    new: list[bool] = []
    for start in range(0, len(items), STATEMENTS):
        statements = [_insert_statement(table, item) for item in items[start : start + STATEMENTS]]
        answer = client("dynamodb").batch_execute_statement(Statements=statements)
        for response in answer["Responses"]:
            code = response.get("Error", {}).get("Code")
            if code not in (None, "DuplicateItem"):
                raise RuntimeError(f"insert into {table} failed: {code}")
            new.append(code is None)
    return new


def insert_each(table: str, items: Sequence[Mapping[str, Any]]) -> list[bool | str]:
    """The same where one that fails holds up no other: for each item whether it was new, or the code of what
    kept it from being stored. Of a call that failed nobody knows: its items come again, and then may stand already.
    """
    done: list[bool | str] = []
    for start in range(0, len(items), STATEMENTS):
        statements = [_insert_statement(table, item) for item in items[start : start + STATEMENTS]]
        try:
            answer = client("dynamodb").batch_execute_statement(Statements=statements)
        except (ClientError, BotoCoreError) as error:
            code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
            done += [code] * len(statements)
            continue
        for response in answer["Responses"]:
            code = response.get("Error", {}).get("Code")
            done.append(code is None if code in (None, "DuplicateItem") else code)
    return done


def change_each(table: str, changes: Sequence[Change]) -> list[bool]:
    """Change items, each by itself, 25 a call; whether each was as its change required, in order.

    Unlike a transaction this costs a plain write for each item. What is throttled or in a transaction's way
    is tried again; what fails for another reason raises after the others were applied.
    """
    done = [False] * len(changes)
    left = list(range(len(changes)))
    for attempt in range(CONFLICTS):
        left, failed = _changed(table, changes, left, done)
        if not left:
            return done
        if not failed <= _MAY_PASS:
            break
        clock.sleep(0.02 * 2**attempt)
    raise RuntimeError(f"{len(left)} changes of {table} failed: {', '.join(sorted(failed))}")


def _changed(table: str, changes: Sequence[Change], places: list[int], done: list[bool]) -> tuple[list[int], set[str]]:
    left, failed = list[int](), set[str]()
    for start in range(0, len(places), STATEMENTS):
        batch = places[start : start + STATEMENTS]
        statements = [_update_statement(table, changes[place]) for place in batch]
        answer = client("dynamodb").batch_execute_statement(Statements=statements)
        for place, response in zip(batch, answer["Responses"], strict=True):
            code = response.get("Error", {}).get("Code")
            done[place] = code is None
            if code not in (None, "ConditionalCheckFailed"):
                left.append(place)
                failed.add(code)
    return left, failed


def _update_statement(table: str, change: Change) -> dict[str, Any]:
    where = {"pk": change.key[0], "sk": change.key[1], **change.only_if}
    text = (
        f'UPDATE "{table}" '
        + "".join(f'SET "{name}"=? ' for name in change.values)
        + "".join(f'REMOVE "{name}" ' for name in change.removed)
        + "WHERE "
        + " AND ".join(f'"{name}"=?' for name in where)
    )
    return {"Statement": text, "Parameters": [encode(value) for value in (*change.values.values(), *where.values())]}


def _insert_statement(table: str, item: Mapping[str, Any]) -> dict[str, Any]:
    encoded = to_item(item)
    fields = ", ".join(f"'{name}': ?" for name in encoded)
    return {"Statement": f'INSERT INTO "{table}" VALUE {{{fields}}}', "Parameters": list(encoded.values())}


def _translated(error: ClientError) -> Exception:
    original: Exception = error
    code = error.response["Error"]["Code"]
    if code == "ConditionalCheckFailedException":
        item = error.response.get("Item")
        return ConditionFailed(from_item(item) if item else None)
    if code == "TransactionCanceledException":
        reasons = error.response.get("CancellationReasons", [])
        return TransactionRefused([reason.get("Code", "None") for reason in reasons])
    return original
