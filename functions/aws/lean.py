"""What botocore works out anew for each call, worked out once.

For every call botocore evaluates the rules of endpoints, walks the service's model for what JSON writes by itself, and
signs a request that it copies twice: most of what a call costs. Here botocore makes one request of an operation, which
says where all go and how, and they differ in their body only. Everything around stays botocore's: credentials and how
they are renewed, connections, retries and their quota, time limits, errors, and every event but those of signing.

`speak` is for services whose requests are JSON of what the caller passes, with nothing of it in address or headers.
"""

import hmac
import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlsplit

from botocore.auth import SIGV4_TIMESTAMP, SigV4Auth, _host_from_url
from botocore.awsrequest import AWSPreparedRequest, HeadersDict
from botocore.compat import get_current_datetime
from botocore.exceptions import NoCredentialsError

Body = Callable[[Mapping[str, Any]], bytes]
"""Writes what a call passes as the body of its request."""
_OURS: Final = "samovar"
"""In a request's context: the operation's `_Road`."""


class _Road:
    """Where requests of one operation go, and what all of them say."""

    __slots__ = ("head", "headers", "host", "same", "url")

    def __init__(self, made: Mapping[str, Any]) -> None:
        """`made` is botocore's request of a call."""
        path = SigV4Auth(None, "", "")._normalize_url_path(urlsplit(made["url"]).path)
        self.url: str = made["url"]
        self.host: str = _host_from_url(made["url"])
        self.head = f"{made['method']}\n{path}\n\n"
        self.headers: dict[str, str] = {name: str(value) for name, value in made["headers"].items()}
        self.same = {name: made[name] for name in ("method", "url_path", "url", "query_string")}


class _Lean:
    """Takes the place of three steps of one client."""

    def __init__(self, client: Any, bodies: Mapping[str, Body]) -> None:
        self._client = client
        self._bodies = bodies
        self._roads: dict[str, _Road] = {}
        self._resolve = client._resolve_endpoint_ruleset
        self._convert = client._convert_to_request_dict
        self._create = client._endpoint.create_request

    def resolve(self, operation_model: Any, *given: Any, **named: Any) -> Any:
        """Client._resolve_endpoint_ruleset: the address of a request, and what goes with it."""
        if operation_model.name in self._roads:
            return "", None, None
        return self._resolve(operation_model, *given, **named)

    def convert(self, api_params: Any, operation_model: Any, *, context: dict[str, Any], **named: Any) -> Any:
        """Client._convert_to_request_dict: a call as a request, not signed yet."""
        name = operation_model.name
        road = self._roads.get(name)
        if road is None:
            about: dict[str, Any] = {"operation_model": operation_model, "context": context, **named}
            if not self._is_plain(name, context):
                return self._convert(api_params=api_params, **about)
            road = self._roads[name] = _Road(self._convert(api_params=api_params, **about))
        context[_OURS] = road
        body = self._bodies[name](api_params)
        return {**road.same, "headers": dict(road.headers), "body": body, "context": context}

    def _is_plain(self, name: str, context: Mapping[str, Any]) -> bool:
        if name not in self._bodies or context.get("signing"):
            return False
        version: str = self._client._request_signer._choose_signer(name, "standard", context)
        return version == "v4"

    def create(self, params: Any, operation_model: Any = None) -> Any:
        """Endpoint.create_request: a request, signed; anew for each attempt."""
        context = params["context"]
        road = context.get(_OURS)
        if road is None:
            return self._create(params, operation_model)
        headers, body = params["headers"], params["body"]
        retries = context.get("retries")
        if retries:
            said = [f"{key}={retries[key]}" for key in ("ttl", "attempt", "max") if key in retries]
            headers = {
                **headers,
                "amz-sdk-invocation-id": retries["invocation-id"],
                "amz-sdk-request": "; ".join(said),
            }
        signed = self._signed(road, headers, body)
        return AWSPreparedRequest(params["method"], road.url, HeadersDict(signed), body, False, context)

    def _signed(self, road: _Road, headers: Mapping[str, str], body: bytes) -> dict[str, bytes]:
        signer = self._client._request_signer
        if signer._credentials is None:
            raise NoCredentialsError
        held = signer._credentials.get_frozen_credentials()
        # By botocore's clock: AWS refuses what was signed at another time than its own.
        moment = get_current_datetime().strftime(SIGV4_TIMESTAMP)
        made = {**headers, "X-Amz-Date": moment, "Content-Length": str(len(body))}
        if held.token:
            made["X-Amz-Security-Token"] = held.token
        authorization = signature(
            road.head,
            {"host": road.host, **{name.lower(): value for name, value in made.items()}},
            sha256(body).hexdigest(),
            moment,
            (held.access_key, held.secret_key),
            (signer.region_name, signer.signing_name),
        )
        made["Authorization"] = authorization
        return {name: value.encode() for name, value in made.items()}


_SIGNED: Final = ("content-type", "host", "x-amz-")


def signature(
    head: str,
    headers: Mapping[str, str],
    digest: str,
    moment: str,
    keys: tuple[str, str],
    scope: tuple[str, str],
) -> str:
    """The Authorization of Signature Version 4.

    `head` is method, path and query as they are signed, `headers` by lower-case name, `digest` the SHA-256 of the body,
    `moment` what X-Amz-Date says, `keys` an access key and its secret, `scope` region and service.
    """
    names = sorted(name for name in headers if name.startswith(_SIGNED))
    listed = ";".join(names)
    lines = "".join(f"{name}:{' '.join(headers[name].split())}\n" for name in names)
    request = f"{head}{lines}\n{listed}\n{digest}"
    region, service = scope
    where = f"{moment[:8]}/{region}/{service}/aws4_request"
    said = f"AWS4-HMAC-SHA256\n{moment}\n{where}\n{sha256(request.encode()).hexdigest()}"
    proved = hmac.digest(_key(keys[1], moment[:8], region, service), said.encode(), "sha256").hex()
    return f"AWS4-HMAC-SHA256 Credential={keys[0]}/{where}, SignedHeaders={listed}, Signature={proved}"


@lru_cache(maxsize=8)
def _key(secret: str, day: str, region: str, service: str) -> bytes:
    made = f"AWS4{secret}".encode()
    for part in (day, region, service, "aws4_request"):
        made = hmac.digest(made, part.encode(), "sha256")
    return made


def written(parameters: Mapping[str, Any]) -> bytes:
    """The body of a request; bytes in it become base64."""
    return json.dumps(parameters, default=_base64, separators=(",", ":")).encode()


def _base64(value: Any) -> str:
    if isinstance(value, bytes):
        return b64encode(value).decode("ascii")
    raise TypeError(f"{type(value).__name__} is nothing that JSON has")


def speak(client: Any, bodies: Mapping[str, Body]) -> None:
    """Let a client make requests of the operations that `bodies` names so, and what they say by it.

    They have no query and nothing of the call in their path.
    """
    lean = _Lean(client, bodies)
    client._resolve_endpoint_ruleset = lean.resolve
    client._convert_to_request_dict = lean.convert
    client._endpoint.create_request = lean.create
