"""The OpenAPI 3.1 description of the public API, made from the very table that parses calls."""

from typing import Any

from functions.track.openapi import calls, pages


def describe() -> dict[str, Any]:
    """The description as a JSON object."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Samovar",
            "version": "1",
            "description": "Takes Segment's tracking calls, form posts and the clicks of links in mails.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": {**calls.paths(), **pages.paths()},
        "components": {
            "schemas": calls.schemas(),
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
