"""Requests as the HTTP API hands them to a function, and its answers read back."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from functions.pages.handler import handler as pages
from functions.track.handler import handler as track
from tests.handlers.conftest import WRITE_KEY


def basic(key: str) -> dict[str, str]:
    """The header with which SDKs send a write key."""
    return {"authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}


BASIC = basic(WRITE_KEY)
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "user-agent": "Mozilla/5.0 Firefox/140"}


@dataclass(frozen=True)
class Reply:
    """An answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The stable code of an error."""
        return str(self.json["error"]["code"])


def event(
    method: str,
    path: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    query: str = "",
    address: str = "192.0.2.1",
) -> dict[str, Any]:
    """The event of a request, payload format 2.0."""
    return {
        "version": "2.0",
        "rawPath": path,
        "rawQueryString": query,
        "headers": dict(headers or {}),
        "requestContext": {"http": {"method": method, "path": path, "sourceIp": address}, "requestId": "r1"},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def send(
    method: str,
    path: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
    query: str = "",
    address: str = "192.0.2.1",
) -> Reply:
    """Send a request to the function that the API would route it to."""
    is_page = method in ("GET", "HEAD") and path.split("/")[1] in (
        "",
        "f",
        "thanks",
        "page",
        "sitemap.xml",
        "robots.txt",
        "privacy",
        "samovar.js",
        "popup",
        "popup.js",
        "push",
        "push.js",
        "v1",
        "sourceConfig",
    )
    answer = (pages if is_page else track)(event(method, path, body, headers, query, address), None)
    raw = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
    return Reply(answer["statusCode"], answer["headers"], raw)


def post(path: str, value: Any, headers: Mapping[str, str] | None = None) -> Reply:
    """Post JSON with the write key."""
    return send(
        "POST", path, json.dumps(value).encode(), BASIC | {"content-type": "application/json"} | dict(headers or {})
    )


def post_form(path: str, fields: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Reply:
    """Post as a browser posts a form."""
    kind = {"content-type": "application/x-www-form-urlencoded"}
    return send("POST", path, urlencode(fields, doseq=True).encode(), BROWSER | kind | dict(headers or {}))
