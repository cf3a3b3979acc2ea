"""Whatever is sent to any public route, by the description or against it, is no server error."""

import base64
import json
from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from functions.pages.handler import handler as pages
from functions.track.handler import handler as track
from local.emulator import EmulatorProcess
from tests.handlers.conftest import SECRET, WRITE_KEY, Stack, demo, make_stack
from tests.handlers.http_client import BASIC, basic, event, send
from tests.handlers.test_track_links import CLICK, OPEN, STOP
from tests.scale import scaled

RELAXED = settings(
    max_examples=scaled(20), deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True
)


def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The API as a WSGI application: routes as API Gateway does."""
    path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
    method = environ["REQUEST_METHOD"]
    length = int(environ.get("CONTENT_LENGTH") or 0)
    headers = {key[5:].replace("_", "-"): value for key, value in environ.items() if key.startswith("HTTP_")}
    headers |= BASIC | {"content-type": environ.get("CONTENT_TYPE", "")}
    request = event(method, path, environ["wsgi.input"].read(length), headers, environ.get("QUERY_STRING", ""))
    is_page = method == "GET" and not path.startswith(("/o/", "/c/", "/u/", "/p/"))
    answer = (pages if is_page else track)(request, None)
    raw = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
    status = answer["statusCode"]
    start_response(f"{status} {HTTPStatus(status).phrase}", list(answer["headers"].items()))
    return [raw]


# A call's first letter is another name of it: the same code, asked once.
schema = schemathesis.openapi.from_wsgi("/v1/openapi.json", app).exclude(path_regex="^/v1/[a-z]$")
OPERATIONS = [found.ok() for found in schema.get_all_operations()]
ASKED_BY = [(one, GenerationMode.POSITIVE) for one in OPERATIONS] + [
    (one, GenerationMode.NEGATIVE) for one in OPERATIONS if list(one.body) or list(one.query)
]
"""By its description each, and against it where that says something of a body or a query."""


@pytest.fixture(scope="module")
def fuzzed(emulator: EmulatorProcess, _clients: None) -> Iterator[Stack]:
    with pytest.MonkeyPatch.context() as patch:
        made = make_stack(emulator, patch, "fuzz")
        made.publish(demo())
        yield made


# Schemathesis's own way of making tests gives all of them one id, of which pytest-xdist runs the first alone.
@pytest.mark.parametrize(
    ("operation", "mode"), ASKED_BY, ids=[f"{operation.label} {mode.value}" for operation, mode in ASKED_BY]
)
@RELAXED
@given(data=st.data())
def test_no_request_by_the_description_or_against_it_is_a_server_error(
    fuzzed: Stack, operation: Any, mode: GenerationMode, data: st.DataObject
) -> None:
    case = data.draw(operation.as_strategy(generation_mode=mode))
    if "form" in (case.path_parameters or {}) and case.path_parameters["form"][:1] < "a":
        case.path_parameters["form"] = "hello"
    response = case.call()
    assert response.status_code < 500
    if response.status_code >= 400 and "json" in response.headers["content-type"][0]:
        assert json.loads(response.content)["error"]["code"]


@pytest.mark.parametrize(
    "path", ["/v1/batch", "/v1/import", "/v1/identify", "/v1/b", "/beacon/v1/batch", "/f/hello", STOP, "/u/x", "/v1/x"]
)
@RELAXED
@given(
    body=st.binary(max_size=200)
    | st.binary(max_size=60).map(lambda tail: b"\x1f\x8b" + tail)
    | st.text().map(str.encode),
    kind=st.sampled_from(["", "application/json", "multipart/form-data; boundary=a", "text/plain"])
    | st.text(max_size=20),
    accept=st.sampled_from(["", "text/html", "*/*"]),
    query=st.text(max_size=20),
)
def test_no_bytes_under_any_headers_are_a_server_error(
    fuzzed: Stack, path: str, body: bytes, kind: str, accept: str, query: str
) -> None:
    reply = send("POST", path, body, BASIC | {"content-type": kind, "accept": accept}, query)
    assert reply.status < 500


MARK = "<script>alert(1)</script>\"'>"
ASKED = {
    "GET": (
        "/v1/projects/{}/settings",
        "/sourceConfig/{}",
        "/f/{}",
        "/thanks/{}",
        "/v1/{}",
        "/o/{}",
        "/c/{}",
        "/u/{}",
        "/p/{}",
    ),
    "POST": ("/v1/{}", "/v1/track", "/v1/import", "/beacon/v1/batch", "/f/{}", "/f/hello", "/u/{}", "/p/{}"),
}


@pytest.mark.parametrize(("method", "path"), [(method, path) for method, paths in ASKED.items() for path in paths])
def test_nothing_that_was_typed_comes_back_as_markup(fuzzed: Stack, method: str, path: str) -> None:
    call = {"type": MARK, "event": MARK, "userId": [MARK], "timestamp": MARK, "email": MARK, "batch": [{"type": MARK}]}
    odd = {"origin": MARK, "referer": MARK, "user-agent": MARK, "sentat": MARK}
    for headers in (BASIC, basic(MARK), {"accept": "text/html"}, BASIC | {"accept": "text/html"}):
        for body in (json.dumps(call).encode(), urlencode(call).encode(), MARK.encode()):
            query = urlencode({"writeKey": MARK, "anonymousId": MARK})
            reply = send(method, path.format(MARK), body, odd | headers, query)
            assert reply.status < 500
            assert MARK[:8] not in reply.text or "json" in reply.headers["content-type"]
            assert reply.headers["x-content-type-options"] == "nosniff"
            assert MARK not in str(reply.headers)


@RELAXED
@given(
    key=st.sampled_from([WRITE_KEY, SECRET]) | st.text(max_size=40),
    user=st.sampled_from(["", "Basic", BASIC["authorization"]]) | st.text(max_size=20),
    origin=st.sampled_from(["", "null", "https://tea.example"]) | st.text(max_size=20),
    query=st.text(max_size=20),
)
def test_no_question_for_settings_is_a_server_error(
    fuzzed: Stack, key: str, user: str, origin: str, query: str
) -> None:
    headers = {"authorization": user, "origin": origin}
    for path in (f"/v1/projects/{key}/settings", "/sourceConfig/"):
        reply = send("GET", path, headers=headers, query=query)
        assert reply.status in (200, 400, 401, 403, 404)


@pytest.mark.parametrize("path", [OPEN, CLICK, STOP])
@RELAXED
@given(at=st.integers(0, 400), mark=st.characters(), query=st.text(max_size=10))
def test_no_broken_token_leads_anywhere(fuzzed: Stack, path: str, at: int, mark: str, query: str) -> None:
    kind, token = path[:3], path[3:]
    place = at % (len(token) - 1)  # the last character of base64 has bits that say nothing
    broken = token[:place] + mark + token[place + 1 :]
    if broken == token:
        return
    reply = send("GET", kind + broken, query=query)
    assert reply.status in (200, 404) if kind == "/o/" else reply.status == 404
    assert "location" not in reply.headers
