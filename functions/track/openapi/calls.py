"""Tracking calls, one by one and in batches."""

from typing import Any, Final

from functions.core import intake, wire
from functions.track.openapi.parts import JSON, answer, errors, later, path


def paths() -> dict[str, Any]:
    """Every address that takes tracking calls."""
    calls = {f"/v1/{kind}": {"post": _call(kind)} for kind in wire.CALLS}
    calls |= {f"/v1/{kind}": {"post": _batch(kind)} for kind in wire.BATCHES}
    calls |= {f"/v1/{letter}": {"post": _short(letter, kind)} for letter, kind in wire.SHORT.items()}
    return {**calls, "/beacon/v1/batch": {"post": _beacon()}, **_starting()}


def _starting() -> dict[str, Any]:
    common = {name: _field(wire.FIELDS[name]) for name in (*wire.COMMON, "properties", "traits")}
    schema = {
        "type": "object",
        "description": f"Whose journey it is: userId, email or anonymousId. At most {wire.MAX_EVENT} bytes.",
        "properties": {**common, "email": {"type": "string", "description": "The person's address."}},
    }
    answers = {"200": answer("Stored", "Stored"), **errors("400", "401", "403", "404", "409", "413")}
    return {
        "/v1/journeys/{journey}/start": {
            "parameters": path("journey"),
            "post": {
                "operationId": "startJourney",
                "summary": "Start a journey for somebody, with a secret key",
                "description": "For journeys that start on request. Its own rules say whether the person is enrolled; "
                f"seconds later they are. {_TWICE}",
                "security": [{"writeKey": []}],
                "requestBody": {"required": True, "content": {JSON: {"schema": schema}}},
                "responses": {**answers, "503": later("Send the same request again")},
            },
        },
    }


def schemas() -> dict[str, Any]:
    """The schema of each kind of call, and those that several addresses use."""
    return {_name(kind): _schema(kind) for kind in wire.CALLS} | _shared()


def _name(kind: str) -> str:
    return kind.capitalize()


def _schema(kind: str) -> dict[str, Any]:
    properties = {name: _field(wire.FIELDS[name]) for name in wire.CALLS[kind]}
    required = wire.REQUIRED.get(kind)
    schema: dict[str, Any] = {
        "type": "object",
        "description": f"Fields that are not listed are left out. At most {wire.MAX_EVENT} bytes. "
        "Without userId or traits.email it needs an anonymousId.",
        "properties": properties,
    }
    if required:
        schema["required"] = [required]
        properties[required] = {**properties[required], "minLength": 1}
    if kind == "track":
        properties["event"]["not"] = {"enum": sorted(intake.RESERVED)}
    return schema


def _field(known: wire.Field) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": list(known.types), "description": known.meaning}
    if known.limit:
        schema["maxLength"] = known.limit
    return schema


def _shared() -> dict[str, Any]:
    text = {"type": "string"}
    error = {
        "type": "object",
        "properties": {"code": {**text, "description": "Stable, kebab-case."}, "message": text, "field": text},
        "required": ["code", "message"],
    }
    dropped = {**error, "properties": {"index": {"type": "integer"}, **error["properties"]}}  # type: ignore[dict-item]
    item = [
        {"allOf": [{"$ref": f"#/components/schemas/{_name(kind)}"}], "properties": {"type": {"const": kind}}}
        for kind in wire.CALLS
    ]
    return {
        "Batch": {
            "type": "object",
            "description": f"At most {wire.MAX_BATCH} bytes. A bad item is dropped and named in the answer.",
            "properties": {
                "batch": {"type": "array", "items": {"anyOf": item, "required": ["type"]}},
                "sentAt": _field(wire.FIELDS["sentAt"]),
                "context": {"type": ["object", "null"], "description": "Added to the context of every item."},
                "writeKey": {"type": "string", "description": "The write key, where neither header nor query has it."},
            },
            "required": ["batch"],
        },
        "Stored": {"type": "object", "properties": {"success": {"const": True}}, "required": ["success"]},
        "FormStored": {
            "type": "object",
            "properties": {
                "success": {"const": True},
                "thanks": text,
                "redirect": {**text, "description": "Where the form's author leads people on to."},
            },
            "required": ["success", "thanks"],
        },
        "BatchStored": {
            "type": "object",
            "properties": {
                "success": {"const": True},
                "accepted": {"type": "integer"},
                "dropped": {"type": "array", "items": dropped},
            },
            "required": ["success", "accepted"],
        },
        "Error": {"type": "object", "properties": {"error": error}, "required": ["error"]},
    }


_TWICE: Final = "The body may be gzip, under whatever content type. A retry with the same ids stores nothing twice."


def _call(kind: str) -> dict[str, Any]:
    return _posting(kind, f"Store one {kind} call", _TWICE, _name(kind), "Stored")


def _batch(kind: str) -> dict[str, Any]:
    old = "" if kind == "batch" else " Here, what is more than a day old is history: it counts, and starts no journey."
    return _posting(kind, "Store many calls", _TWICE + old, "Batch", "BatchStored")


def _short(letter: str, kind: str) -> dict[str, Any]:
    full = _batch(kind) if kind in wire.BATCHES else _call(kind)
    return {**full, "operationId": letter, "summary": f"Another name of {kind}", "description": _TWICE}


def _beacon() -> dict[str, Any]:
    full = _posting("beacon", "Store many calls, sent while a page is left", _TWICE, "Batch", "BatchStored")
    return {**full, "security": [{"writeKeyInQuery": []}]}


def _posting(id: str, summary: str, description: str, body: str, stored: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{body}"}
    return {
        "operationId": id,
        "summary": summary,
        "description": description,
        "security": [{"writeKey": []}, {"writeKeyInQuery": []}],
        "requestBody": {"required": True, "content": {kind: {"schema": schema} for kind in (JSON, "text/plain")}},
        "responses": {
            "200": answer("Stored", stored),
            **errors("400", "401", "403", "413", "415"),
            "429": later("More events than the key may bring in a minute"),
            "503": later("Send the same request again"),
        },
    }
