"""A meter on the functions' DynamoDB client: capacity units by AWS's rules, which no emulator counts.

Before and after each write the meter reads the items concerned, by a client of its own, and
works out units from their sizes: the whole item, the larger of before and after; twice in a
transaction; what a refused condition costs; and the writes to the index that follow.
"""

import re
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from bench import sizes

_WRITES = {"PutItem": "Item", "UpdateItem": "Key", "DeleteItem": "Key"}
_STASH = "bench-items"

Place = tuple[str, str, str]
"""Table, pk and sk."""


@dataclass(slots=True)
class Spent:
    """Capacity that one function used."""

    table: float = 0
    index: float = 0
    read: float = 0
    refused: int = 0
    rows: Counter[str] = field(default_factory=Counter)
    """Write units by kind of row (the sort key up to its first #)."""

    @property
    def write(self) -> float:
        return self.table + self.index


@dataclass
class Meter:
    """Adds up what each function spends; `actor` says who is acting."""

    aws: Any
    actor: Callable[[], str | None]
    spent: dict[str, Spent] = field(default_factory=dict)
    cpu: float = 0.0
    """Seconds of CPU that the meter itself took."""

    def attach(self, client: Any) -> None:
        """Watch every call of this client."""
        client.meta.events.register("before-parameter-build.dynamodb", partial(self._timed, self._before))
        client.meta.events.register("after-call.dynamodb", partial(self._timed, self._after))

    def of(self, actor: str) -> Spent:
        return self.spent.setdefault(actor, Spent())

    def clear(self) -> None:
        self.spent.clear()

    def _timed(self, hook: Callable[..., None], **event: Any) -> None:
        begun = time.process_time()
        hook(**event)
        self.cpu += time.process_time() - begun

    def _before(self, params: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        if self.actor() is not None:
            places = _written(model.name, params)
            context[_STASH] = (params, {place: self._stored(place) for place in places})

    def _after(self, parsed: dict[str, Any], model: Any, context: dict[str, Any], **_: Any) -> None:
        actor, stash = self.actor(), context.pop(_STASH, None)
        if actor is None or stash is None:
            return
        (params, before), spent = stash, self.of(actor)
        if before:
            self._count_writes(spent, model.name, before, parsed)
        elif model.name != "TransactWriteItems":
            spent.read += _read(model.name, params, parsed, self._stored)

    def _count_writes(self, spent: Spent, operation: str, before: dict[Place, Any], parsed: dict[str, Any]) -> None:
        factor = 2 if operation == "TransactWriteItems" else 1
        spent.refused += "Error" in parsed
        for place, old in before.items():
            new = self._stored(place)
            units = factor * sizes.write_units(old, new)
            spent.table += units
            spent.rows[_kind(place)] += units
            spent.index += sizes.index_units(old, new)

    def _stored(self, place: Place) -> Any:
        table, pk, sk = place
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        return self.aws.get_item(TableName=table, Key=key, ConsistentRead=True).get("Item")


def _kind(place: Place) -> str:
    """State, profile, identity … by the letter of the sort key; events have a time there."""
    letter = place[2][0]
    return "event" if letter.isdigit() else letter


def _written(operation: str, params: dict[str, Any]) -> list[Place]:
    if operation in _WRITES:
        return [_place(params["TableName"], params[_WRITES[operation]])]
    if operation == "TransactWriteItems":
        bodies = [next(iter(entry.values())) for entry in params["TransactItems"]]
        return [_place(body["TableName"], body.get("Item") or body["Key"]) for body in bodies]
    if operation == "BatchExecuteStatement":
        return [_stated(statement) for statement in params["Statements"]]
    return []


def _place(table: str, item: dict[str, Any]) -> Place:
    return table, item["pk"]["S"], item["sk"]["S"]


def _stated(statement: dict[str, Any]) -> Place:
    """The row of an INSERT, whose names stand before "': ?", or of an UPDATE, where they stand before '"=?'."""
    text = statement["Statement"]
    names = re.findall(r"""['"](\w+)(?:': |"=)\?""", text)
    values = dict(zip(names, statement["Parameters"], strict=True))
    return _place(text.split('"')[1], values)


def _read(operation: str, params: dict[str, Any], parsed: dict[str, Any], stored: Callable[[Place], Any]) -> float:
    """Units of a read."""
    match operation:
        case "GetItem":
            return sizes.read_units([parsed.get("Item")], consistent=params.get("ConsistentRead", False))
        case "BatchGetItem":
            return sum(_batch(table, asked, stored) for table, asked in params["RequestItems"].items())
        case "Query" | "Scan":
            consistent = params.get("ConsistentRead", False)
            return sizes.read_units(parsed.get("Items", ()), consistent=consistent, together=True)
    raise ValueError(f"what does {operation} read?")


def _batch(table: str, asked: dict[str, Any], stored: Callable[[Place], Any]) -> float:
    found: Iterable[Any] = map(stored, map(partial(_place, table), asked["Keys"]))
    return sizes.read_units(found, consistent=asked.get("ConsistentRead", False))
