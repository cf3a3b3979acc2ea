"""A stand-in for DynamoDB at the other end of a real connection: it counts requests and answers at once.

It runs in a process of its own, so that what the client library spends (signing, connection,
parsing) counts as the handler's and what the stand-in spends does not.

    with answering(keyring_row) as (url, counted):
        ...
        counted()      # {"BatchGetItem": 1, "BatchExecuteStatement": 1}
"""

import asyncio
import json
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

HOST = "127.0.0.1"


@contextmanager
def answering(item: dict[str, Any]) -> Iterator[tuple[str, Callable[[], Counter[str]]]]:
    """The stand-in's address, and a function that tells what was asked since it was last called.

    `item` is what every GetItem finds; a batch of reads finds nothing, and every insert is new.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_main, args=(theirs, item), daemon=True)
    process.start()
    try:
        port = ours.recv()

        def counted() -> Counter[str]:
            ours.send("count")
            return Counter(ours.recv())

        yield f"http://{HOST}:{port}", counted
    finally:
        process.terminate()
        process.join()


def _main(pipe: Connection, item: dict[str, Any]) -> None:
    asyncio.run(_serve(pipe, item))


async def _serve(pipe: Connection, item: dict[str, Any]) -> None:
    counted: Counter[str] = Counter()

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                length = int(head.partition("content-length:")[2].partition("\r\n")[0])
                operation = head.partition("x-amz-target:")[2].partition("\r\n")[0].rpartition(".")[2]
                body = json.dumps(_answer(operation, json.loads(await reader.readexactly(length)), item)).encode()
                counted[_NAMES.get(operation, operation)] += 1
                writer.write(_HEAD % len(body) + body)
        except (asyncio.IncompleteReadError, ConnectionResetError):
            writer.close()

    server = await asyncio.start_server(converse, HOST, 0)
    pipe.send(server.sockets[0].getsockname()[1])

    def tell() -> None:
        pipe.recv()
        pipe.send(dict(counted))
        counted.clear()

    asyncio.get_running_loop().add_reader(pipe.fileno(), tell)
    await server.serve_forever()


_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: %d\r\n"
    b"x-amzn-RequestId: 0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123\r\n\r\n"
)
_NAMES = {
    name.lower(): name for name in ("GetItem", "BatchGetItem", "BatchExecuteStatement", "PutItem", "TransactWriteItems")
}


def _answer(operation: str, asked: dict[str, Any], item: dict[str, Any]) -> dict[str, Any]:
    match operation:
        case "getitem":
            return {"Item": item}
        case "batchgetitem":
            return {"Responses": {table: [] for table in asked["RequestItems"]}, "UnprocessedKeys": {}}
        case "batchexecutestatement":
            return {"Responses": [{"TableName": "events"} for _ in asked["Statements"]]}
    return {}
