"""What the description of every address uses: answers, errors, parameters."""

from typing import Any, Final

JSON: Final = "application/json"
ERROR: Final = {"$ref": "#/components/schemas/Error"}
PAGE: Final = {"description": "A page", "content": {"text/html": {}}}


def later(description: str) -> dict[str, Any]:
    """An answer that asks to send the same again, and says when."""
    after = {"description": "Seconds after which to send the same again.", "schema": {"type": "integer"}}
    return {"description": description, "headers": {"Retry-After": after}, "content": {JSON: {"schema": ERROR}}}


def answer(description: str, schema: str) -> dict[str, Any]:
    """An answer of JSON by the name of its schema."""
    return {"description": description, "content": {JSON: {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}


def errors(*statuses: str) -> dict[str, Any]:
    """Answers of these statuses that are errors: JSON for programs, a page for people."""
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
        status: {"description": meaning[status], "content": {JSON: {"schema": ERROR}, "text/html": {}}}
        for status in statuses
    }


def path(name: str) -> list[dict[str, Any]]:
    """The one parameter in a path."""
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}]
