"""A pretended DynamoDB that keeps what is written, holds conditions, and counts the units that each call takes."""

import base64
import json
import re
from collections.abc import Callable
from typing import Any

from bench import sizes
from bench.meter import Spent
from bench.pretended import Pretended, _key


class Metered(Pretended):
    """What answers the calls that feedback makes: events, counts, ledgers of addresses. `standing` is what is there
    from the beginning, by partition and sort key."""

    def __init__(self, standing: Callable[[str, str], str | None]) -> None:
        super().__init__(standing)
        self.begin_anew()

    def begin_anew(self) -> None:
        """Begin to count anew, with nothing stored."""
        self.units = Spent()
        self.stored.clear()
        self.calls.clear()
        self.spent = 0.0

    def _item(self, key: tuple[str, str]) -> Any:
        row = self._row(*key)
        return None if row is None else json.loads(row)

    def _write(self, key: tuple[str, str], item: Any, factor: int = 1) -> None:
        before = self._item(key)
        self.units.table += factor * sizes.write_units(before, item)
        self.units.index += sizes.index_units(before, item)
        self.stored[key] = json.dumps(item)

    def _GetItem(self, body: bytes) -> tuple[int, bytes]:
        asked = json.loads(body)
        found = self._item(_key(asked["Key"]))
        self.units.read += sizes.read_units([found], consistent=asked.get("ConsistentRead", False))
        return super()._GetItem(body)

    def _BatchGetItem(self, body: bytes) -> tuple[int, bytes]:
        ((_, asked),) = json.loads(body)["RequestItems"].items()
        found = (self._item(_key(key)) for key in asked["Keys"])
        self.units.read += sizes.read_units(found, consistent=asked.get("ConsistentRead", False))
        return super()._BatchGetItem(body)

    def _PutItem(self, body: bytes) -> tuple[int, bytes]:
        asked = json.loads(body)
        key = _key(asked["Item"])
        self._check(key, asked)
        self._write(key, asked["Item"])
        return 200, b"{}"

    def _UpdateItem(self, body: bytes) -> tuple[int, bytes]:
        asked = json.loads(body)
        key, names, values = _key(asked["Key"]), asked["ExpressionAttributeNames"], asked["ExpressionAttributeValues"]
        setting, _, adding = asked["UpdateExpression"].removeprefix("SET ").partition(" ADD ")
        item = self._item(key) or dict(asked["Key"])
        for part in setting.split(", "):
            name, value = part.split(" = ")
            item[names.get(name, name)] = values[value]
        for part in adding.split(", "):
            name, value = part.split(" ")
            held = int(item.get(names[name], {"N": "0"})["N"])
            item[names[name]] = {"N": str(held + int(values[value]["N"]))}
        self._write(key, item)
        return 200, json.dumps({"Attributes": item}).encode()

    def _TransactWriteItems(self, body: bytes) -> tuple[int, bytes]:
        puts = [one["Put"] for one in json.loads(body)["TransactItems"]]
        held = [self._item(_key(one["Item"])) for one in puts]
        for one, before in zip(puts, held, strict=True):
            wanted = one.get("ExpressionAttributeValues", {}).get(":n")
            if (before or {}).get("n") != wanted:
                codes = [{"Code": "ConditionalCheckFailed"}] * len(puts)
                self.units.table += 2 * len(puts)
                said = {"__type": "TransactionCanceledException", "Message": "", "CancellationReasons": codes}
                return 400, json.dumps(said).encode()
        for one in puts:
            self._write(_key(one["Item"]), one["Item"], 2)
        return 200, b"{}"

    def _BatchExecuteStatement(self, body: bytes) -> tuple[int, bytes]:
        answers = []
        for one in json.loads(body)["Statements"]:
            key, item = self._stated(one)
            if item is None:
                self.units.table += 1
            else:
                self._write(key, item)
            code = "DuplicateItem" if one["Statement"].startswith("INSERT") else "ConditionalCheckFailed"
            answers.append({"Error": {"Code": code}} if item is None else {})
        assert len(answers) <= 25
        return 200, json.dumps({"Responses": answers}).encode()

    def _stated(self, one: dict[str, Any]) -> tuple[tuple[str, str], Any]:
        text, values = one["Statement"], one["Parameters"]
        if text.startswith("INSERT"):
            item = dict(zip(re.findall(r"'(\w+)': \?", text), values, strict=True))
            return _key(item), None if _key(item) in self.stored else item
        # UPDATE … SET "a"=? … REMOVE "b" … WHERE "pk"=? AND "sk"=? AND "n"=?
        changing, _, asking = text.partition(" WHERE ")
        names, asked = re.findall(r'SET "(\w+)"', changing), re.findall(r'"(\w+)"=\?', asking)
        wanted = dict(zip(asked, values[len(names) :], strict=True))
        key = wanted["pk"]["S"], wanted["sk"]["S"]
        item = self._item(key)
        if any(item.get(name) != value for name, value in wanted.items()):
            return key, None
        item |= dict(zip(names, values, strict=False))
        for name in re.findall(r'REMOVE "(\w+)"', text):
            del item[name]
        return key, item


def plain(value: Any) -> Any:
    """DynamoDB's JSON as it is written: bytes as base64."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    return [plain(part) for part in value] if isinstance(value, list) else value
