"""The tracking API over HTTP, stored for real."""

import base64
import gzip
import json
import zlib
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.aws import dynamodb
from functions.core import wire
from functions.http import MAX_EXPANDED
from functions.tables import identities
from functions.track.handler import handler
from tests.handlers.conftest import WRITE_KEY, Stack
from tests.handlers.http_client import BASIC, Reply, event, post, send

BATCH = {
    "batch": [
        {
            "type": "identify",
            "userId": "u1",
            "anonymousId": None,
            "messageId": "m1",
            "timestamp": "2026-11-01T10:00:00Z",
        },
        {"type": "track", "userId": "u1", "event": "Cup Drunk", "messageId": "m2", "timestamp": "2026-11-01T10:00:01Z"},
    ]
}


def names(stack: Stack) -> list[str]:
    return sorted(stored.name for stored in stack.events())


@pytest.mark.parametrize(
    ("path", "item", "name"),
    [
        ("/v1/identify", {"userId": "u1", "traits": {"email": "ada@tea.example"}}, "Identified"),
        ("/v1/track", {"userId": "u1", "event": "Cup Drunk"}, "Cup Drunk"),
        ("/v1/page", {"anonymousId": "a1"}, "Page Viewed"),
        ("/v1/screen", {"anonymousId": "a1", "name": "Home"}, "Screen Viewed"),
        ("/v1/group", {"userId": "u1", "groupId": "g1"}, "Group Joined"),
        ("/v1/alias", {"userId": "u1", "previousId": "a1"}, "Aliased"),
        ("/v1/p", {"anonymousId": "a1"}, "Page Viewed"),
        ("/v1/batch", {"batch": [{"type": "page", "anonymousId": "a1"}]}, "Page Viewed"),
        ("/v1/import", {"batch": [{"type": "page", "anonymousId": "a1"}]}, "Page Viewed"),
    ],
)
def test_every_call_is_stored_and_answered_with_exactly_200(
    stack: Stack, path: str, item: dict[str, Any], name: str
) -> None:
    reply = post(path, item)
    assert (reply.status, reply.json["success"]) == (200, True)
    assert names(stack) == [name]


def test_a_batch_that_is_sent_again_stores_nothing_twice(stack: Stack) -> None:
    assert post("/v1/batch", BATCH).json == {"success": True, "accepted": 2}
    assert post("/v1/batch", BATCH | {"sentAt": "2026-11-02T10:00:00Z"}).json == {"success": True, "accepted": 2}
    assert names(stack) == ["Cup Drunk", "Identified"]


def test_the_first_copy_wins_over_a_stranger_who_replays_its_id(stack: Stack) -> None:
    item = {
        "userId": "u1",
        "event": "Order Completed",
        "messageId": "m",
        "timestamp": "2026-11-01",
        "properties": {"n": 1},
    }
    post("/v1/track", item)
    post("/v1/track", item | {"properties": {"n": 999}})
    assert [stored.properties for stored in stack.events()] == [{"n": 1}]


def test_a_batch_of_more_than_one_insert_is_stored_whole(stack: Stack) -> None:
    items = [{"type": "track", "event": "Cup Drunk", "userId": "u", "messageId": f"m{n}"} for n in range(60)]
    assert post("/v1/batch", {"batch": items}).json["accepted"] == 60
    assert len(stack.events()) == 60


def test_a_bad_item_is_named_in_the_answer_and_the_others_are_stored(stack: Stack) -> None:
    items = [{"type": "track", "userId": "u1"}, *BATCH["batch"], {"type": "page"}]
    reply = post("/v1/batch", {"batch": items})
    assert reply.status == 200
    assert reply.json["accepted"] == 2
    assert [(one["index"], one["code"], one.get("field")) for one in reply.json["dropped"]] == [
        (0, "missing-field", "event"),
        (3, "no-identity", None),
    ]
    assert len(stack.events()) == 2


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/x-www-form-urlencoded", ""])
@pytest.mark.parametrize("packed", [False, True])
def test_the_body_decides_and_not_its_content_type(stack: Stack, kind: str, packed: bool) -> None:
    body = json.dumps(BATCH).encode()
    reply = send("POST", "/v1/batch", gzip.compress(body) if packed else body, BASIC | {"content-type": kind})
    assert (reply.status, len(stack.events())) == (200, 2)


def test_a_body_that_arrives_as_text_is_read(stack: Stack) -> None:
    request = event("POST", "/v1/batch", headers=BASIC) | {"body": json.dumps(BATCH), "isBase64Encoded": False}
    assert handler(request, None)["statusCode"] == 200


def test_the_write_key_may_come_in_any_of_three_ways(stack: Stack) -> None:
    body = json.dumps({"anonymousId": "a1"}).encode()
    assert send("POST", "/v1/page", body, BASIC).status == 200
    assert send("POST", "/v1/page", body, query=f"writeKey={WRITE_KEY}").status == 200
    assert post("/v1/page", {"anonymousId": "a1", "writeKey": WRITE_KEY}, {"authorization": ""}).status == 200


@pytest.mark.parametrize("header", ["", "Basic !!", "Basic d3Jvbmc6", "Basic /w==", "Bearer x", "Basic Og=="])
def test_an_unknown_write_key_is_refused_and_stores_nothing(stack: Stack, header: str) -> None:
    reply = post("/v1/page", {"anonymousId": "a1"}, {"authorization": header})
    assert (reply.status, reply.code) == (401, "unknown-write-key")
    assert stack.events() == []


def bad(body: bytes, headers: dict[str, str] | None = None) -> Reply:
    return send("POST", "/v1/identify", body, BASIC | (headers or {}))


def bomb() -> bytes:
    packer = zlib.compressobj(wbits=31)
    return b"".join(packer.compress(b" " * 1_000_000) for _ in range(MAX_EXPANDED // 1_000_000 + 1)) + packer.flush()


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "invalid-json"),
        (b'{"userId":', 400, "invalid-json"),
        (b"[" * 200_000, 400, "invalid-json"),
        (b'"text"', 400, "not-an-object"),
        (b'{"userId":"\xff\xfe"}', 400, "invalid-utf-8"),
        (b'{"userId":["u"]}', 400, "wrong-type"),
        (b'{"userId":"u","traits":"x"}', 400, "wrong-type"),
        (b'{"traits":{}}', 400, "no-identity"),
        (b'{"userId":"u","timestamp":"soon"}', 400, "invalid-timestamp"),
        (b'{"userId":"u","traits":{"a":"' + b"x" * wire.MAX_EVENT + b'"}}', 413, "event-too-large"),
        (b" " * (wire.MAX_BATCH + 1), 413, "batch-too-large"),
        (gzip.compress(mtime=0, data=b'{"userId":"u"}')[:-4], 400, "invalid-gzip"),
        (b"\x1f\x8bnot gzip at all", 400, "invalid-gzip"),
    ],
)
def test_bad_input_is_a_4xx_with_a_stable_code(stack: Stack, body: bytes, status: int, code: str) -> None:
    reply = bad(body)
    assert (reply.status, reply.code) == (status, code)
    assert stack.events() == []


def test_a_gzip_bomb_is_refused_without_being_expanded(stack: Stack) -> None:
    body = bomb()
    assert len(body) < 20_000
    assert (bad(body).status, bad(body).code) == (413, "body-too-large")


def test_a_compression_that_is_not_understood_is_refused(stack: Stack) -> None:
    assert (bad(b"x", {"content-encoding": "br"}).status, bad(b"x", {"content-encoding": "br"}).code) == (
        415,
        "unsupported-encoding",
    )


def test_base64_that_is_none_is_refused(stack: Stack) -> None:
    request = event("POST", "/v1/page", headers=BASIC) | {"body": "x"}
    reply = handler(request, None)
    assert (reply["statusCode"], json.loads(reply["body"])["error"]["code"]) == (400, "invalid-body")


@pytest.mark.parametrize("path", ["/v1/sing", "/v1/", "/v1/projects/key/settings"])
def test_an_address_where_nothing_is_says_so(stack: Stack, path: str) -> None:
    reply = post(path, {})
    assert (reply.status, reply.code) == (404, "unknown-route")


def test_nothing_about_an_erased_person_is_stored_and_the_rest_of_the_batch_is(stack: Stack) -> None:
    row = {"pk": identities.key(stack.ref("u", "u1"))[0], "sk": "I", "contact": "", "forgotten": True, "v": 1}
    dynamodb.put(stack.environment["CONTACTS_TABLE"], row)
    items = [*BATCH["batch"], {"type": "page", "anonymousId": "a1"}]
    assert post("/v1/batch", {"batch": items}).json == {"success": True, "accepted": 3}
    assert names(stack) == ["Page Viewed"]


def test_a_throttled_table_is_the_one_5xx_so_that_sdks_send_again(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = {"Error": {"Code": "ProvisionedThroughputExceededException", "Message": "slow down"}}

    def throttled(*_: object) -> list[bool]:
        raise ClientError(error, "BatchExecuteStatement")  # type: ignore[arg-type]

    monkeypatch.setattr("functions.tables.events.insert", throttled)
    reply = post("/v1/page", {"anonymousId": "a1"})
    assert (reply.status, reply.code, reply.headers["retry-after"]) == (503, "try-again", "2")


def test_a_surprise_is_never_a_5xx_and_its_words_are_not_logged(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def surprised(*_: object) -> None:
        raise ValueError("ada@tea.example is odd")

    monkeypatch.setattr("functions.core.intake.take", surprised)
    reply = post("/v1/page", {"anonymousId": "a1"})
    assert (reply.status, reply.code) == (400, "unreadable")
    assert "ada@tea.example" not in capsys.readouterr().out


def test_every_answer_carries_security_headers(stack: Stack) -> None:
    for reply in (
        post("/v1/page", {"anonymousId": "a"}),
        post("/v1/page", {}),
        send("GET", "/o/x"),
        send("GET", "/u/x"),
    ):
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in reply.headers["content-security-policy"]
        assert "max-age" in reply.headers["strict-transport-security"]


def test_one_request_costs_two_calls_of_dynamodb_once_the_keys_are_known(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    post("/v1/batch", BATCH)
    calls: list[str] = []
    real = dynamodb.client("dynamodb")
    real.meta.events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name), unique_id="count")
    post("/v1/batch", BATCH)
    real.meta.events.unregister("before-call.dynamodb", unique_id="count")
    assert calls == ["BatchGetItem", "BatchExecuteStatement"]


def test_the_basic_user_name_may_be_followed_by_a_password(stack: Stack) -> None:
    header = "Basic " + base64.b64encode(f"{WRITE_KEY}:secret".encode()).decode()
    assert post("/v1/page", {"anonymousId": "a1"}, {"authorization": header}).status == 200
