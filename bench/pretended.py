"""AWS inside this process, on the far side of botocore: requests come as bytes, and answers go as bytes.

It holds the contacts table, takes queue bodies and mail, and counts each message that mail is taken for. What it spends
itself is measured, so that it can be left out.
"""

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Set
from functools import cached_property
from typing import Any

from botocore.awsrequest import AWSResponse

from functions.aws import session

Item = dict[str, Any]
_MESSAGE = re.compile(rb'"Name": ?"message", ?"Value": ?"([a-z0-9]+)"')
_WHERE = ' WHERE "pk"=? AND "sk"=? AND "n"=?'


class Pretended:
    """DynamoDB, SQS and SES. Rows that `rows` makes, as JSON by key, are there without being stored."""

    def __init__(self, rows: Callable[[str, str], str | None]) -> None:
        self.rows = rows
        self.stored: dict[tuple[str, str], str] = {}
        self.bodies: list[str] = []
        self.taken: Counter[bytes] = Counter()
        self.calls: Counter[str] = Counter()
        self.refuse: Callable[[], bool] = lambda: False
        self._lock = threading.Lock()
        self._spent = threading.local()
        self.spent = 0.0

    def attach(self) -> None:
        """Take every call of this process's clients."""
        session._session().register("before-send", self._send)

    @property
    def spent_here(self) -> float:
        """CPU seconds that this thread spent in here."""
        return getattr(self._spent, "seconds", 0.0)

    def _send(self, request: Any, event_name: str, **_: Any) -> AWSResponse:
        begun = time.thread_time()
        operation = event_name.rpartition(".")[2]
        with self._lock:
            self.calls[operation] += 1
            status, body = getattr(self, f"_{operation}")(request.body)
        answer = AWSResponse(request.url, status, {"content-type": "application/json"}, _Raw(body))
        took = time.thread_time() - begun
        self._spent.seconds = self.spent_here + took
        with self._lock:
            self.spent += took
        return answer

    def forget(self, ids: Set[str]) -> int:
        """Forget what was written about these messages, which must be sent, and nothing else written or taken; how
        often mail was taken for them."""
        begun = time.thread_time()
        rows = {sk: json.loads(row) for (_, sk), row in self.stored.items() if sk.startswith("M#")}
        assert {sk.removeprefix("M#") for sk in rows} == ids == {id.decode() for id in self.taken}
        assert {row["state"]["S"] for row in rows.values()} == {"sent"}
        taken = self.taken.total()
        self.stored.clear()
        self.taken.clear()
        self.spent += time.thread_time() - begun
        return taken

    def _row(self, pk: str, sk: str) -> str | None:
        return self.stored.get((pk, sk)) or self.rows(pk, sk)

    def _GetItem(self, body: bytes) -> tuple[int, bytes]:
        key = json.loads(body)["Key"]
        row = self._row(key["pk"]["S"], key["sk"]["S"])
        return 200, b"{}" if row is None else f'{{"Item":{row}}}'.encode()

    def _BatchGetItem(self, body: bytes) -> tuple[int, bytes]:
        ((table, asked),) = json.loads(body)["RequestItems"].items()
        assert len(asked["Keys"]) <= 100
        found = [row for key in asked["Keys"] if (row := self._row(key["pk"]["S"], key["sk"]["S"])) is not None]
        return 200, f'{{"Responses":{{"{table}":[{",".join(found)}]}},"UnprocessedKeys":{{}}}}'.encode()

    def _TransactWriteItems(self, body: bytes) -> tuple[int, bytes]:
        operations = [next(iter(one.items())) for one in json.loads(body)["TransactItems"]]
        assert len(operations) <= 100
        keys = [_key(one.get("Item") or one["Key"]) for _, one in operations]
        assert len(set(keys)) == len(keys)
        for key, (_, one) in zip(keys, operations, strict=True):
            self._check(key, one)
        for key, (kind, one) in zip(keys, operations, strict=True):
            if kind == "Put":
                self.stored[key] = json.dumps(one["Item"])
        return 200, b"{}"

    def _check(self, key: tuple[str, str], one: Item) -> None:
        row = self._row(*key)
        if one["ConditionExpression"] == "n = :n":
            assert row is not None
            assert json.loads(row)["n"] == one["ExpressionAttributeValues"][":n"]
        else:
            assert row is None

    def _BatchExecuteStatement(self, body: bytes) -> tuple[int, bytes]:
        statements = json.loads(body)["Statements"]
        assert len(statements) <= 25
        for one in statements:
            text, values = one["Statement"], one["Parameters"]
            if text.startswith("INSERT"):
                item = dict(zip(re.findall(r"'(\w+)': \?", text), values, strict=True))
                assert _key(item) not in self.stored
            else:
                assert text.endswith(_WHERE)
                pk, sk, version = values[-3:]
                item = json.loads(self.stored[pk["S"], sk["S"]])
                assert item["n"] == version
                item |= dict(zip(re.findall(r'SET "(\w+)"', text), values[:-3], strict=True))
                for name in re.findall(r'REMOVE "(\w+)"', text):
                    del item[name]
            self.stored[_key(item)] = json.dumps(item)
        return 200, b'{"Responses":[%s]}' % b",".join([b"{}"] * len(statements))

    def _SendMessageBatch(self, body: bytes) -> tuple[int, bytes]:
        entries = json.loads(body)["Entries"]
        self.bodies += [entry["MessageBody"] for entry in entries]
        return 200, b'{"Successful":[]}'

    def _SendMessage(self, body: bytes) -> tuple[int, bytes]:
        self.bodies.append(json.loads(body)["MessageBody"])
        return 200, b"{}"

    def _SendEmail(self, body: bytes) -> tuple[int, bytes]:
        found = _MESSAGE.search(body, max(0, len(body) - 2000)) or _MESSAGE.search(body)
        assert found is not None
        self.taken[found[1]] += 1
        return 200, b'{"MessageId":"0102019b-%06d-000000"}' % self.calls["SendEmail"]

    def _GetAccount(self, body: bytes) -> tuple[int, bytes]:
        return 200, b'{"SendQuota":{"MaxSendRate":100000,"Max24HourSend":-1,"SentLast24Hours":0}}'


def _key(item: Item) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


class _Raw:
    """What urllib3 gives botocore to read from."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        yield self._body

    @cached_property
    def closed(self) -> bool:
        return True
