"""The OpenAPI 3.1 description of the public API, made from the very table that parses calls."""

from typing import Any, Final

from functions.core import intake, wire

_JSON: Final = "application/json"
_ERROR: Final = {"$ref": "#/components/schemas/Error"}


def describe() -> dict[str, Any]:
    """The description as a JSON object."""
    calls = {f"/v1/{kind}": {"post": _call(kind)} for kind in wire.CALLS}
    calls |= {f"/v1/{kind}": {"post": _batch(kind)} for kind in wire.BATCHES}
    calls |= {f"/v1/{letter}": {"post": _short(letter, kind)} for letter, kind in wire.SHORT.items()}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Samovar",
            "version": "1",
            "description": "Takes Segment's tracking calls, form posts and the clicks of links in mails.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": {
            **calls,
            "/beacon/v1/batch": {"post": _beacon()},
            **_starting(),
            **_forms(),
            **_links(),
            **_sources(),
            **_rest(),
        },
        "components": {
            "schemas": {_name(kind): _schema(kind) for kind in wire.CALLS} | _shared(),
            "securitySchemes": {
                "writeKey": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "A write key as user name; the password is empty or anything. A public key may be "
                    "bound to the origins of its pages; a secret key is refused from a browser.",
                },
                "writeKeyInQuery": {
                    "type": "apiKey",
                    "in": "query",
                    "name": "writeKey",
                    "description": "Where no header can be set, as with sendBeacon. The body's writeKey does as well.",
                },
            },
        },
    }


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
        "requestBody": {"required": True, "content": {kind: {"schema": schema} for kind in (_JSON, "text/plain")}},
        "responses": {
            "200": _answer("Stored", stored),
            **_errors("400", "401", "403", "413", "415"),
            "429": _later("More events than the key may bring in a minute"),
            "503": _later("Send the same request again"),
        },
    }


def _starting() -> dict[str, Any]:
    common = {name: _field(wire.FIELDS[name]) for name in (*wire.COMMON, "properties", "traits")}
    schema = {
        "type": "object",
        "description": f"Whose journey it is: userId, email or anonymousId. At most {wire.MAX_EVENT} bytes.",
        "properties": {**common, "email": {"type": "string", "description": "The person's address."}},
    }
    answers = {"200": _answer("Stored", "Stored"), **_errors("400", "401", "403", "404", "409", "413")}
    return {
        "/v1/journeys/{journey}/start": {
            "parameters": _path("journey"),
            "post": {
                "operationId": "startJourney",
                "summary": "Start a journey for somebody, with a secret key",
                "description": "For journeys that start on request. Its own rules say whether the person is enrolled; "
                f"seconds later they are. {_TWICE}",
                "security": [{"writeKey": []}],
                "requestBody": {"required": True, "content": {_JSON: {"schema": schema}}},
                "responses": {**answers, "503": _later("Send the same request again")},
            },
        },
    }


def _later(description: str) -> dict[str, Any]:
    after = {"description": "Seconds after which to send the same again.", "schema": {"type": "integer"}}
    return {"description": description, "headers": {"Retry-After": after}, "content": {_JSON: {"schema": _ERROR}}}


def _answer(description: str, schema: str) -> dict[str, Any]:
    return {"description": description, "content": {_JSON: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}


def _errors(*statuses: str) -> dict[str, Any]:
    meaning = {
        "400": "The request is not understood",
        "401": "Unknown write key",
        "403": "A page of this origin may not use the key",
        "404": "Unknown form, journey, token or address",
        "409": "The journey starts otherwise than on request",
        "410": "No longer good",
        "413": "Too large",
        "415": "Compressed in a way that is not understood",
        "422": "A field is missing or wrong",
        "503": "Send the same request again",
    }
    return {
        status: {"description": meaning[status], "content": {_JSON: {"schema": _ERROR}, "text/html": {}}}
        for status in statuses
    }


def _path(name: str) -> list[dict[str, Any]]:
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}]


_PAGE: Final = {"description": "A page", "content": {"text/html": {}}}


def _forms() -> dict[str, Any]:
    fields = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "array", "null"]}}
    kinds = (_JSON, "application/x-www-form-urlencoded", "multipart/form-data")
    plain = {"type": "object", "additionalProperties": {"type": "string"}}
    content = {kind: {"schema": fields if kind == _JSON else plain} for kind in kinds}
    query = [
        {"name": name, "in": "query", "schema": {"type": "string"}, "description": meaning}
        for name, meaning in (
            ("anonymousId", "The visitor's id, where the page that leads here knows it."),
            ("sv", "Proof that the visitor came by a link from their own mailbox: spares questions, shows nothing."),
        )
    ]
    shown = {**_PAGE, "content": {"text/html": {}, "text/javascript": {}}}
    return {
        "/f/{form}": {
            "parameters": _path("form"),
            "get": {
                "operationId": "showForm",
                "summary": "The form as a page; with .js after its id as a script that puts it into another page",
                "description": "Fields with `prefill: true` take what the query says under their name.",
                "parameters": query,
                "responses": {"200": shown, **_errors("400", "404", "503")},
            },
            "post": {
                "operationId": "submitForm",
                "summary": "Submit the form",
                "description": "A browser that navigates gets pages, everybody else JSON.",
                "requestBody": {"required": True, "content": content},
                "responses": {
                    "200": _answer("Kept", "FormStored"),
                    "303": {"description": "Kept; on to the page that says thanks"},
                    **_errors("400", "404", "413", "415", "422", "503"),
                },
            },
        },
        "/thanks/{form}": {
            "parameters": _path("form"),
            "get": {
                "operationId": "showThanks",
                "summary": "What is said after a form was sent",
                "responses": {"200": _PAGE, **_errors("400", "404", "503")},
            },
        },
        "/privacy": {
            "get": {
                "operationId": "showPrivacy",
                "summary": "What is kept of people, why, and how long",
                "responses": {"200": _PAGE, **_errors("503")},
            },
        },
        "/confirm/{token}": {
            "parameters": _path("token"),
            "get": {
                "operationId": "showConfirmation",
                "summary": "What a double opt-in is about, and a button; changes nothing",
                "responses": {"200": _PAGE, **_errors("404", "410", "503")},
            },
            "head": {
                "operationId": "peekConfirmation",
                "summary": "Whether the page is there",
                "responses": {"200": _PAGE, **_errors("404", "410", "503")},
            },
            "post": {
                "operationId": "confirm",
                "summary": "Confirm a double opt-in",
                "responses": {"200": _answer("Confirmed", "Stored"), **_errors("404", "410", "413", "415", "503")},
            },
        },
    }


def _links() -> dict[str, Any]:
    followed = {"302": {"description": "On to the signed address"}, **_errors("404", "503")}
    unsubscribe = {
        "200": {**_PAGE, "content": {"text/html": {}, _JSON: {}}},
        **_errors("400", "404", "413", "415", "503"),
    }
    action = {"type": "object", "properties": {"action": {"enum": ["withdraw", "all", "undo"]}}}
    boxes = {"type": "array", "items": {"type": "string"}}
    wishes = {
        "type": "object",
        "properties": {
            "action": {"enum": ["save", "pause", "resume", "off"]},
            "on": boxes,
            "was": boxes,
            "frequency": {"enum": ["every", "weekly", "monthly"]},
            "language": {"type": "string"},
        },
    }
    return {
        "/o/{token}": {
            "parameters": _path("token"),
            "get": {
                "operationId": "open",
                "summary": "Pixel in a mail",
                "responses": {"200": {"description": "An image", "content": {"image/gif": {}}}, **_errors("503")},
            },
        },
        "/c/{token}": {
            "parameters": _path("token"),
            "get": {"operationId": "click", "summary": "Link in a mail", "responses": followed},
            "head": {"operationId": "peek", "summary": "Where the link leads, unrecorded", "responses": followed},
        },
        "/u/{token}": {
            "parameters": _path("token"),
            "get": {
                "operationId": "showUnsubscribe",
                "summary": "A page with a button; changes nothing",
                "responses": unsubscribe,
            },
            "head": {
                "operationId": "peekUnsubscribe",
                "summary": "Whether the page is there",
                "responses": unsubscribe,
            },
            "post": {
                "operationId": "unsubscribe",
                "summary": "Unsubscribe (RFC 8058, or the page's buttons)",
                "requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": action}}},
                "responses": unsubscribe,
            },
        },
        "/p/{token}": {
            "parameters": _path("token"),
            "get": {
                "operationId": "showPreferences",
                "summary": "What somebody is sent, and what they can change of it; changes nothing",
                "responses": unsubscribe,
            },
            "head": {
                "operationId": "peekPreferences",
                "summary": "Whether the page is there",
                "responses": unsubscribe,
            },
            "post": {
                "operationId": "changePreferences",
                "summary": "What was changed on the page",
                "requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": wishes}}},
                "responses": unsubscribe,
            },
        },
    }


def _sources() -> dict[str, Any]:
    answer = {"200": {"description": "JSON", "content": {_JSON: {}}}, **_errors("400", "401", "403", "503")}
    return {
        "/v1/projects/{key}/settings": {
            "parameters": _path("key"),
            "get": {
                "operationId": "segmentSettings",
                "summary": "What @segment/analytics-next asks for first",
                "responses": answer,
            },
        },
        "/sourceConfig": {
            "get": {
                "operationId": "sourceConfig",
                "summary": "What @rudderstack/analytics-js asks for first, with or without a slash at the end",
                "security": [{"writeKey": []}, {"writeKeyInQuery": []}],
                "responses": answer,
            },
        },
    }


def _rest() -> dict[str, Any]:
    answer = {"200": {"description": "JSON", "content": {_JSON: {}}}}
    page = {"200": {"description": "A page", "content": {"text/html": {}}}, **_errors("503")}
    return {
        "/": {"get": {"operationId": "health", "summary": "Whether the API answers", "responses": answer}},
        "/samovar.js": {
            "get": {
                "operationId": "script",
                "summary": "The tracker script, with the settings of the live release",
                "responses": {
                    "200": {"description": "A script", "content": {"text/javascript": {}}},
                    "304": {"description": "The one that the browser holds"},
                    **_errors("404", "503"),
                },
            },
        },
        "/push": {"get": {"operationId": "pushPage", "summary": "A page to ask for notifications", "responses": page}},
        "/push.js": {
            "get": {
                "operationId": "pushScript",
                "summary": "What asks for notifications in a page, and shows them as its service worker",
                "responses": {
                    "200": {"description": "A script", "content": {"text/javascript": {}}},
                    **_errors("503"),
                },
            },
        },
        **{
            f"/v1/push/{action}": {
                "post": {
                    "operationId": action,
                    "summary": summary,
                    "requestBody": {"content": {_JSON: {"schema": {"type": "object", "required": ["subscription"]}}}},
                    "responses": {**answer, **_errors("400", "401", "403", "413", "503")},
                }
            }
            for action, summary in (
                ("subscribe", "A browser wants notifications: its PushSubscription, anonymousId, agreed, proof"),
                ("unsubscribe", "It wants no more: its PushSubscription"),
            )
        },
        "/v1/openapi.json": {
            "get": {"operationId": "describe", "summary": "This description", "responses": answer},
        },
    }
