"""The HTTP API's request and answer in plain form, and the one rule for what goes wrong.

What a stranger can type is answered with a 4xx. The only 5xx is 503: a part of AWS did not
answer, and the same request sent again will do.
"""

import base64
import binascii
import json
import traceback
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from functions.aws.faults import is_of_aws
from functions.core.errors import Refused
from functions.observability import logger, metric

MAX_EXPANDED: Final = 10 * 1024 * 1024
"""Bytes to which a compressed body may expand."""

SECURITY_HEADERS: Final[Mapping[str, str]] = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "strict-transport-security": "max-age=31536000",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}
PIXEL: Final = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_PURPOSES: Final = ("sec-purpose", "purpose", "x-purpose", "x-moz")
_RETRY_AFTER: Final = {"retry-after": "2"}

Answer = dict[str, Any]


@dataclass(frozen=True)
class Request:
    """What was asked. Header names are lower-case; `raw` is the body as it came, decoded from base64.

    `address` is the network address that asked: to count floods by, never to be kept or logged.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    query_string: str
    raw: bytes
    address: str = ""

    @property
    def user_agent(self) -> str:
        return self.headers.get("user-agent", "")

    @property
    def origin(self) -> str | None:
        """Whose page asks, as browsers say with every POST and with what they fetch from elsewhere."""
        return self.headers.get("origin") or None

    @property
    def basic_user(self) -> str | None:
        """The user name of Basic authorization; None without, "" where it can't be read."""
        scheme, _, credentials = self.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            return base64.b64decode(credentials.strip(), validate=True).decode().partition(":")[0]
        except (binascii.Error, ValueError):
            return ""

    @property
    def is_ahead(self) -> bool:
        """Whether a browser or mail program fetches this in case somebody wants it, before anybody did."""
        said = " ".join(self.headers.get(name, "") for name in _PURPOSES).lower()
        return "prefetch" in said or "preview" in said

    @property
    def wants_html(self) -> bool:
        """Whether a browser navigates here, rather than a program calls."""
        return "text/html" in self.headers.get("accept", "")

    @cached_property
    def cookies(self) -> dict[str, str]:
        """The browser's cookies, as they are spelled in its header; the first of each name."""
        pairs = (part.strip().partition("=") for part in self.headers.get("cookie", "")[:8192].split(";"))
        return {name: value for name, _, value in reversed([*pairs]) if name}

    @cached_property
    def query(self) -> dict[str, str]:
        """The last value of each query parameter."""
        return dict(self.parameters)

    @cached_property
    def parameters(self) -> list[tuple[str, str]]:
        """Every query parameter, in order."""
        try:
            return parse_qsl(self.query_string, keep_blank_values=True, max_num_fields=200)
        except ValueError as error:
            raise Refused("too-many-fields", "The query has too many parameters.") from error

    @cached_property
    def body(self) -> bytes:
        """The body, expanded where it is gzip, whatever its headers say. Raises Refused."""
        if self.raw[:2] == b"\x1f\x8b":
            return gunzip(self.raw)
        encoding = self.headers.get("content-encoding", "identity").strip().lower()
        if encoding not in ("", "identity", "gzip"):
            raise Refused("unsupported-encoding", "Only gzip is understood.", field="content-encoding", status=415)
        return self.raw


def parse(event: Mapping[str, Any]) -> Request:
    """The request in an event of an HTTP API (payload format 2.0). Raises Refused."""
    http = event["requestContext"]["http"]
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        try:
            raw = base64.b64decode(body)
        except (binascii.Error, ValueError) as error:
            raise Refused("invalid-body", "The body can't be read.") from error
    else:
        raw = body.encode("utf-8", "surrogatepass")
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    if event.get("cookies"):
        headers["cookie"] = "; ".join(event["cookies"])
    return Request(
        method=http["method"].upper(),
        path=unquote(event.get("rawPath") or http.get("path", "/")),
        headers=headers,
        query_string=event.get("rawQueryString") or "",
        raw=raw,
        address=http.get("sourceIp") or "",
    )


def gunzip(packed: bytes) -> bytes:
    """The content of a gzip stream of any number of members, refused as soon as it grows too large."""
    expanded: list[bytes] = []
    left = MAX_EXPANDED
    try:
        while packed:
            member = zlib.decompressobj(wbits=31)
            part = member.decompress(packed, left + 1)
            left -= len(part)
            if left < 0:
                raise Refused("body-too-large", "The body expands to more than is accepted.", status=413)
            if not member.eof:
                raise Refused("invalid-gzip", "The body is not complete gzip.")
            expanded.append(part)
            packed = member.unused_data.lstrip(b"\x00")
    except zlib.error as error:
        raise Refused("invalid-gzip", "The body is not valid gzip.") from error
    return b"".join(expanded)


def answer(status: int, body: str | bytes, content_type: str, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer with the headers that every answer carries."""
    encoded = isinstance(body, bytes)
    return {
        "statusCode": status,
        "headers": {**SECURITY_HEADERS, "content-type": content_type, **(headers or {})},
        "body": base64.b64encode(body).decode("ascii") if isinstance(body, bytes) else body,
        "isBase64Encoded": encoded,
    }


def json_answer(status: int, value: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """A JSON answer."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=dict)
    return answer(status, text, "application/json; charset=utf-8", headers)


def html_answer(
    status: int,
    page: str,
    *,
    posts_to: Iterable[str] = ("'self'",),
    style_hashes: Iterable[str] = (),
    framed_by: Iterable[str] = (),
    media_from: Iterable[str] = (),
    scripted: bool = False,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """A page that posts and is framed only where it says, loads pictures and films from `media_from` alone, and runs
    no script; `scripted` lets it run those that stand at addresses of ours."""
    styles = " ".join(f"'sha256-{digest}'" for digest in style_hashes)
    style = f"style-src {styles}; " if styles else ""
    framed = " ".join(framed_by) or "'none'"
    media_from = tuple(media_from)
    media = ("'self'", *media_from)
    policy = (
        f"default-src 'none'; {style}img-src {' '.join(media)} data:; form-action {' '.join(posts_to)}; "
        f"base-uri 'none'; frame-ancestors {framed}"
    )
    if media_from:
        policy += f"; media-src {' '.join(media)}"
    if scripted:
        policy += "; script-src 'self'; connect-src 'self'"
    return answer(status, page, "text/html; charset=utf-8", {"content-security-policy": policy, **(headers or {})})


def cookie(name: str, value: str, path: str, seconds: int) -> str:
    """The header's value that lets a browser keep something for pages at `path` alone, where no script reads it."""
    return f"{name}={value}; Path={path}; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax"


def redirect(location: str, status: int = 302) -> Answer:
    """Lead on. `location` must be one that we signed or wrote."""
    return answer(status, "", "text/plain; charset=utf-8", {"location": location, "referrer-policy": "no-referrer"})


def pixel() -> Answer:
    """A transparent image of one by one pixel."""
    return answer(200, PIXEL, "image/gif")


def refusal(reason: Refused) -> Answer:
    """The one JSON shape of an error."""
    later = {} if reason.retry_after is None else {"retry-after": str(reason.retry_after)}
    return json_answer(reason.status, reason.body(), later)


def unavailable() -> Answer:
    """Try again: the request was fine."""
    error = {"error": {"code": "try-again", "message": "Please send the same request again in a moment."}}
    return json_answer(503, error, _RETRY_AFTER)


def is_passing(error: Exception) -> bool:
    """Whether `error` says that AWS or the deployment failed, not what was typed."""
    passing = is_of_aws(error) or isinstance(error, OSError | RuntimeError)
    return passing and not isinstance(error, RecursionError)


def where(error: BaseException) -> str:
    """The lines an error came through. Its own words are left out: they may quote an address."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return " > ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames)


def serve(event: Mapping[str, Any], respond: Callable[[Request], Answer]) -> Answer:
    """Answer a request, whatever is in it."""
    try:
        return respond(parse(event))
    except Refused as reason:
        metric("RequestsRefused")
        return refusal(reason)
    except Exception as error:
        if is_passing(error):
            logger.error("request failed", error=type(error).__name__, where=where(error))
            metric("RequestsFailed")
            return unavailable()
        logger.error("request not understood", error=type(error).__name__, where=where(error))
        metric("RequestsNotUnderstood")
        return refusal(Refused("unreadable", "The request can't be understood."))
