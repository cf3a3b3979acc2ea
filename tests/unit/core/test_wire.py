"""Tracking calls as strangers and SDKs write them."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.core import wire
from functions.core.errors import Refused
from functions.core.times import parse_time
from functions.core.wire import Call, parse, read_batch, read_call, read_json, read_object

NEW_YEAR = 1_704_067_200_000

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def refusal(item: Any, kind: str | None = None) -> Refused:
    with pytest.raises(Refused) as caught:
        parse(item, kind)
    return caught.value


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-01T00:00:00Z", NEW_YEAR),
        ("2024-01-01t00:00:00.1z", NEW_YEAR + 100),
        ("2024-01-01T00:00:00.123456789Z", NEW_YEAR + 123),
        ("2024-01-01T00:00:00,5Z", NEW_YEAR + 500),
        ("20240101T000000Z", NEW_YEAR),
        ("2024-01-01", NEW_YEAR),
        ("2024-01-01T00:00", NEW_YEAR),
        ("2024-W01-1", NEW_YEAR),
        ("2024-001T00:00Z", NEW_YEAR),
        ("2024-01-01 02:00:00 +0200", NEW_YEAR),
        ("2024-01-01T02:00:00+02", NEW_YEAR),
        ("2023-12-31T24:00:00Z", NEW_YEAR),
        ("2023-12-31T23:59:60Z", NEW_YEAR - 1000),
        ("1704067200", NEW_YEAR),
        (NEW_YEAR, NEW_YEAR),
        (1_704_067_200.5, NEW_YEAR + 500),
        ("0001-01-01", 0),
        ("9999-12-31T23:59:59Z", 9_999_999_999_999),
    ],
)
def test_a_time_is_read_in_any_form_of_iso_8601(text: str | float, moment: int) -> None:
    assert parse_time(text) == moment


@pytest.mark.parametrize("value", [10**400, -(10**400), float("inf"), float("nan")])
def test_a_number_that_no_clock_shows_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not a time"):
        parse_time(value)


@given(st.text(max_size=40) | st.floats() | st.integers())
def test_any_text_or_number_is_a_time_or_refused(value: str | float) -> None:
    with suppress(ValueError):
        assert 0 <= parse_time(value) < 10**13


def test_what_sdks_leave_null_is_as_if_it_were_absent() -> None:
    call = parse(
        {
            "type": "track",
            "event": "Cup Drunk",
            "userId": "u1",
            "anonymousId": None,
            "properties": None,
            "context": None,
        },
        None,
    )
    assert (call.user_id, call.anonymous_id, call.properties) == ("u1", None, {})


def test_unknown_fields_are_left_out_and_the_others_kept() -> None:
    call = parse({"event": "Cup Drunk", "userId": 7, "integrations": {"All": True}, "version": 2}, "track")
    assert call == Call(
        type="track", message_id=call.message_id, digested=True, event="Cup Drunk", user_id="7", properties={}
    )


def test_a_number_is_an_id_but_a_yes_is_not() -> None:
    assert parse({"userId": 12.0}, "identify").user_id == "12"
    assert refusal({"userId": True}, "identify").code == "wrong-type"


@pytest.mark.parametrize(
    ("item", "code", "field"),
    [
        (5, "not-an-object", None),
        ({"type": "sing"}, "unknown-type", "type"),
        ({"type": ["track"]}, "unknown-type", "type"),
        ({"type": "track"}, "missing-field", "event"),
        ({"type": "track", "event": "  "}, "missing-field", "event"),
        ({"type": "track", "event": {"a": 1}}, "wrong-type", "event"),
        ({"type": "track", "event": "x" * 201}, "too-long", "event"),
        ({"type": "group"}, "missing-field", "groupId"),
        ({"type": "alias"}, "missing-field", "previousId"),
        ({"type": "identify", "traits": ["a"]}, "wrong-type", "traits"),
        ({"type": "identify", "userId": "x" * 257}, "too-long", "userId"),
        ({"type": "page", "timestamp": "yesterday"}, "invalid-timestamp", "timestamp"),
        ({"type": "page", "timestamp": {}}, "wrong-type", "timestamp"),
    ],
)
def test_a_wrong_call_is_refused_with_a_stable_code_and_its_field(item: Any, code: str, field: str | None) -> None:
    refused = refusal(item)
    assert (refused.code, refused.field) == (code, field)


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"{", "invalid-json"), (b"", "invalid-json"), (b'{"a":"\xff"}', "invalid-utf-8"), (b"[1]", "not-an-object")],
)
def test_a_body_that_is_no_json_object_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(Refused) as caught:
        read_object(body)
    assert caught.value.code == code


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5000])
def test_a_body_that_would_exhaust_the_parser_is_refused(body: bytes) -> None:
    with pytest.raises(Refused) as caught:
        read_json(body)
    assert caught.value.code == "invalid-json"


def test_limits_are_in_bytes_of_the_request() -> None:
    with pytest.raises(Refused) as caught:
        read_object(b" " * (wire.MAX_BATCH + 1))
    assert (caught.value.code, caught.value.status) == ("batch-too-large", 413)
    with pytest.raises(Refused) as caught:
        read_call({"userId": "u"}, "identify", wire.MAX_EVENT + 1)
    assert (caught.value.code, caught.value.status) == ("event-too-large", 413)


def test_bad_items_of_a_batch_are_named_and_nothing_else_is_lost() -> None:
    huge = {"type": "identify", "userId": "u2", "traits": {"a": "ğ" * 20_000}}
    items = [{"type": "identify", "userId": "u1"}, None, {"type": "track"}, huge, {"type": "page", "anonymousId": "a"}]
    body = {"batch": items, "sentAt": "2024-01-01"}
    posted = read_batch(body, len(json.dumps(body)))
    assert [index for index, _ in posted.calls] == [0, 4]
    assert [(one.index, one.body()["code"]) for one in posted.dropped] == [
        (1, "not-an-object"),
        (2, "missing-field"),
        (3, "event-too-large"),
    ]
    assert posted.sent_at == NEW_YEAR


def test_a_batch_needs_its_list() -> None:
    with pytest.raises(Refused) as caught:
        read_batch({"batch": {}}, 10)
    assert caught.value.code == "missing-batch"


def test_the_context_of_a_batch_is_under_that_of_its_items() -> None:
    body = {"context": {"locale": "tr", "timezone": "UTC"}, "batch": [{"type": "page", "context": {"locale": "en"}}]}
    assert read_batch(body, 10).calls[0][1].context == {"locale": "en", "timezone": "UTC"}


def test_the_same_content_without_an_id_has_the_same_id_whenever_it_is_sent() -> None:
    item = {
        "type": "page",
        "userId": "u",
        "properties": {"a": 1, "b": 2},
        "timestamp": "2024-01-01",
        "sentAt": "2024-01-01",
    }
    again = dict(reversed(item.items())) | {"sentAt": "2024-01-02"}
    assert parse(item, None).message_id == parse(again, None).message_id
    assert parse(item, None).message_id != parse(item | {"userId": "v"}, None).message_id


def test_equal_items_of_one_batch_without_ids_stay_apart_and_a_retry_finds_the_same_ids() -> None:
    body = {"batch": [{"type": "page", "userId": "u"}] * 3}
    ids = [call.message_id for _, call in read_batch(body, 10).calls]
    assert len(set(ids)) == 3
    assert [call.message_id for _, call in read_batch(body, 10).calls] == ids


@pytest.mark.parametrize("given_id", ["x" * 101, "a\nb", "çay"])
def test_a_message_id_that_no_key_can_hold_is_replaced_by_its_digest(given_id: str) -> None:
    first, second = (parse({"userId": "u", "messageId": given_id, "traits": {"n": n}}, "identify") for n in (1, 2))
    assert first.message_id == second.message_id != given_id
    assert not first.digested
    assert len(first.message_id) == 26


def test_numbers_that_json_has_not_become_null_and_broken_text_is_mended() -> None:
    raw = b'{"userId":"u","traits":{"a":NaN,"b":-Infinity,"c":1e999,"d":"\\ud800x\\u0000","e\\udfff":[1.5]}}'
    traits = parse(read_object(raw), "identify").traits
    assert traits == {"a": None, "b": None, "c": None, "d": "\ufffdx\ufffd", "e\ufffd": [1.5]}
    json.dumps(traits, allow_nan=False, ensure_ascii=False).encode()


def test_deep_nesting_is_refused() -> None:
    deep: Any = 1
    for _ in range(wire.MAX_DEPTH + 1):
        deep = {"a": deep}
    assert refusal({"userId": "u", "traits": deep}, "identify").code == "too-deep"


@given(
    JSON | st.fixed_dictionaries({}, optional=dict.fromkeys((*wire.FIELDS, "type"), JSON)),
    st.sampled_from([None, *wire.CALLS]),
)
def test_whatever_is_typed_is_a_storable_call_or_refused(item: Any, kind: str | None) -> None:
    try:
        call = parse(item, kind)
    except Refused as refused:
        assert refused.status in (400, 413)  # noqa: PT017
    else:
        assert 0 < len(call.message_id) <= wire.MAX_MESSAGE_ID
        stored = {"p": call.properties, "t": call.traits, "c": call.context}
        json.dumps(stored, allow_nan=False, ensure_ascii=False, default=dict).encode()
