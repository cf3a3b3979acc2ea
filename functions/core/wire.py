"""Segment's tracking calls as they arrive: checked and cleaned, not yet given to anybody.

One table of fields serves the parser and the generated OpenAPI description. It is plain
Python on purpose: importing pydantic costs a cold start almost as much as botocore's client.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from types import MappingProxyType
from typing import Any, Final

from functions.core.errors import Refused
from functions.core.ids import digest
from functions.core.times import parse_time

MAX_EVENT: Final = 32 * 1024
"""Bytes of JSON that one event may have."""
MAX_BATCH: Final = 500 * 1024
"""Bytes of JSON that a request may have, once expanded."""
MAX_DEPTH: Final = 12
MAX_MESSAGE_ID: Final = 100

_NONE: Mapping[str, Any] = MappingProxyType({})
_TEXT: Final = ("string", "null")
_ID: Final = ("string", "number", "null")
_OBJECT: Final = ("object", "null")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a call: its JSON types, the most characters it may have, and what it means."""

    types: tuple[str, ...]
    meaning: str
    limit: int = 0


FIELDS: Final[Mapping[str, Field]] = {
    "messageId": Field(_ID, "Makes a retry the same event. Without one, the content of the event is its id."),
    "timestamp": Field(_ID, "When it happened, by the client's clock: ISO 8601, or epoch seconds or milliseconds."),
    "originalTimestamp": Field(_ID, "Stands in for timestamp."),
    "sentAt": Field(_ID, "When it was sent, by the client's clock: corrects timestamp for a clock that is wrong."),
    "userId": Field(_ID, "Your own id of the person.", 256),
    "anonymousId": Field(_ID, "The browser's or device's id.", 256),
    "context": Field(
        _OBJECT,
        "Where it happened. Kept of it: page, campaign, referrer, locale, timezone, userAgent, channel, groupId, the "
        "names of device and os, active; its traits belong to the person. Never kept: ip.",
    ),
    "channel": Field(_TEXT, "Where the call was made: browser, mobile or server.", 64),
    "event": Field(("string",), "What happened, such as Order Completed.", 200),
    "name": Field(_TEXT, "Name of the page or screen.", 200),
    "category": Field(_TEXT, "Category of the page or screen.", 200),
    "properties": Field(_OBJECT, "Details of what happened."),
    "traits": Field(_OBJECT, "What is known of the person or group; email makes it an address of theirs."),
    "groupId": Field(_ID, "The group's id.", 256),
    "previousId": Field(_ID, "The id that the person had before.", 256),
}

COMMON: Final = (
    *("messageId", "timestamp", "originalTimestamp", "sentAt", "userId", "anonymousId", "context", "channel"),
)
CALLS: Final[Mapping[str, tuple[str, ...]]] = {
    "identify": (*COMMON, "traits"),
    "track": (*COMMON, "event", "properties"),
    "page": (*COMMON, "name", "category", "properties"),
    "screen": (*COMMON, "name", "category", "properties"),
    "group": (*COMMON, "groupId", "traits"),
    "alias": (*COMMON, "previousId"),
}
BATCHES: Final = ("batch", "import")
"""What brings many calls at once."""
SHORT: Final[Mapping[str, str]] = {name[0]: name for name in (*CALLS, "batch")}
"""The first letter of a call is another name of it."""
REQUIRED: Final[Mapping[str, str]] = {"track": "event", "group": "groupId", "alias": "previousId"}


@dataclass(frozen=True, slots=True)
class Call:
    """One tracking call. `message_id` is always there; `digested` says that it was made from
    the content. `timestamp` and `sent_at` are the client's clock in epoch ms, None where it gave none."""

    type: str
    message_id: str
    digested: bool = False
    timestamp: int | None = None
    sent_at: int | None = None
    user_id: str | None = None
    anonymous_id: str | None = None
    event: str = ""
    name: str = ""
    category: str = ""
    group_id: str | None = None
    previous_id: str | None = None
    properties: Mapping[str, Any] = field(default_factory=lambda: _NONE)
    traits: Mapping[str, Any] = field(default_factory=lambda: _NONE)
    context: Mapping[str, Any] = field(default_factory=lambda: _NONE)
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Dropped:
    """An item of a batch that was refused; the others are kept."""

    index: int
    reason: Refused

    def body(self) -> dict[str, Any]:
        """How the answer names it."""
        return {"index": self.index, **self.reason.body()["error"]}


@dataclass(frozen=True, slots=True)
class Posted:
    """The calls of one request with their place in it. `sent_at` is epoch ms or None."""

    calls: Sequence[tuple[int, Call]]
    dropped: Sequence[Dropped] = ()
    sent_at: int | None = None


def read_json(body: bytes) -> Any:
    """The value in a request body. NaN and Infinity, which some SDKs write, are read as null."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused("invalid-utf-8", "The body is not valid UTF-8.") from error
    try:
        return json.loads(text, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        raise Refused("invalid-json", "The body is not valid JSON.") from error


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object in a request body of at most MAX_BATCH bytes."""
    if len(body) > MAX_BATCH:
        raise Refused("batch-too-large", f"A request may have {MAX_BATCH // 1024} KB of JSON.", status=413)
    value = read_json(body)
    if not isinstance(value, dict):
        raise Refused("not-an-object", "The body must be a JSON object.")
    return value


def read_call(body: Mapping[str, Any], kind: str, size: int) -> Posted:
    """A request that is one call of `kind`; `size` is that of the request in bytes."""
    if size > MAX_EVENT:
        raise Refused("event-too-large", f"An event may have {MAX_EVENT // 1024} KB of JSON.", status=413)
    return Posted([(0, parse(body, kind))], (), parse_sent_at(body.get("sentAt")))


def read_batch(body: Mapping[str, Any], size: int) -> Posted:
    """A request of many calls. A bad one is dropped and named; nothing else is lost."""
    items = body.get("batch")
    if not isinstance(items, list):
        raise Refused("missing-batch", "The body needs batch: a list of calls.", field="batch")
    shared = body.get("context")
    seen: dict[str, int] = {}
    calls: list[tuple[int, Call]] = []
    dropped: list[Dropped] = []
    for index, item in enumerate(items):
        try:
            if size > MAX_EVENT:
                check_size(item)
            call = parse(_with_context(item, shared), None, seen)
        except Refused as reason:
            dropped.append(Dropped(index, reason))
        else:
            calls.append((index, call))
    return Posted(calls, dropped, parse_sent_at(body.get("sentAt")))


def _with_context(item: Any, shared: Any) -> Any:
    if not isinstance(shared, dict) or not isinstance(item, dict):
        return item
    own = item.get("context")
    return (
        {**item, "context": {**shared, **own}}
        if isinstance(own, dict)
        else {**item, "context": shared if own is None else own}
    )


def parse(item: Any, kind: str | None, seen: dict[str, int] | None = None) -> Call:
    """One call. `kind` None reads it from the item. `seen` counts equal items without an id,
    so that those of one batch stay apart. Raises Refused."""
    if not isinstance(item, dict):
        raise Refused("not-an-object", "A call must be a JSON object.")
    kind = kind or item.get("type")
    if not isinstance(kind, str) or kind not in CALLS:
        raise Refused("unknown-type", "type must be one of " + ", ".join(CALLS) + ".", field="type")
    values = {name: clean(_typed(name, item[name])) for name in CALLS[kind] if item.get(name) is not None}
    required = REQUIRED.get(kind)
    if required and not str(values.get(required, "")).strip():
        raise Refused("missing-field", f"{kind} needs {required}.", field=required)
    given = values.get("messageId")
    message_id = "" if given is None else str(given)
    if not message_id:
        message_id = _content_id(kind, values, {} if seen is None else seen)
    elif len(message_id) > MAX_MESSAGE_ID or not message_id.isascii() or not message_id.isprintable():
        message_id = digest("message-id", message_id)
    return Call(
        type=kind,
        message_id=message_id,
        digested=given is None or given == "",
        timestamp=_timestamp(values),
        sent_at=parse_sent_at(values.get("sentAt")),
        user_id=_identifier(values.get("userId")),
        anonymous_id=_identifier(values.get("anonymousId")),
        event=str(values.get("event", "")).strip(),
        name=values.get("name", ""),
        category=values.get("category", ""),
        group_id=_identifier(values.get("groupId")),
        previous_id=_identifier(values.get("previousId")),
        properties=values.get("properties", _NONE),
        traits=values.get("traits", _NONE),
        context=values.get("context", _NONE),
        channel=values.get("channel", ""),
    )


def check_size(item: Any) -> None:
    """Raises Refused for an item of more than MAX_EVENT bytes of JSON."""
    try:
        size = len(json.dumps(item, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass"))
    except RecursionError as error:
        raise Refused("too-deep", f"An event may nest {MAX_DEPTH} levels.") from error
    if size > MAX_EVENT:
        raise Refused("event-too-large", f"An event may have {MAX_EVENT // 1024} KB of JSON.")


def _typed(name: str, value: Any) -> Any:
    match value:
        case bool():
            kind = "boolean"
        case str():
            kind = "string"
        case int() | float():
            kind = "number"
        case dict():
            kind = "object"
        case _:
            kind = "array"
    known = FIELDS[name]
    if kind not in known.types:
        raise Refused("wrong-type", f"{name} must be {' or '.join(known.types)}, not {kind}.", field=name)
    if known.limit and kind == "string" and len(value) > known.limit:
        raise Refused("too-long", f"{name} may have {known.limit} characters.", field=name)
    return value


def _identifier(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip() or None


_LONE = re.compile("[\ud800-\udfff\x00]")


def clean(value: Any, depth: int = 0) -> Any:
    """A JSON value that can be stored: finite numbers, no lone surrogate, no NUL, not too deep."""
    if isinstance(value, str):
        if value.isascii():
            return value.replace("\x00", "\ufffd") if "\x00" in value else value
        return _LONE.sub("\ufffd", value)
    if isinstance(value, float):
        return value if isfinite(value) else None
    if isinstance(value, dict | list):
        if depth >= MAX_DEPTH:
            raise Refused("too-deep", f"An event may nest {MAX_DEPTH} levels.")
        if isinstance(value, list):
            return [clean(part, depth + 1) for part in value]
        return {clean(key): clean(part, depth + 1) for key, part in value.items()}
    return value


def _content_id(kind: str, values: Mapping[str, Any], seen: dict[str, int]) -> str:
    content = {name: value for name, value in values.items() if name not in ("sentAt", "messageId")}
    made = digest("content", kind, json.dumps(content, sort_keys=True, ensure_ascii=False))
    nth = seen[made] = seen.get(made, -1) + 1
    return digest("content", made, str(nth)) if nth else made


def _timestamp(values: Mapping[str, Any]) -> int | None:
    for name in ("timestamp", "originalTimestamp"):
        if values.get(name) not in (None, ""):
            try:
                return parse_time(values[name])
            except ValueError as error:
                raise Refused("invalid-timestamp", f"{name} is not an ISO 8601 time.", field=name) from error
    return None


def parse_sent_at(value: Any) -> int | None:
    """sentAt in epoch ms; what can't be read corrects nothing."""
    if value is None or isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return parse_time(value)
    except ValueError:
        return None
