"""Who sends a request: the write key it carries, found among the deployment's."""

from collections.abc import Mapping
from typing import Any

from functions.core import keys
from functions.core.errors import Refused
from functions.core.keys import WriteKey
from functions.http import Request
from functions.releases import Keyring


def caller(request: Request, keyring: Keyring, body: Mapping[str, Any] | None = None) -> WriteKey:
    """The key that a request may send events with, from where it comes. Raises Refused."""
    key = known(written(request, body), keyring)
    keys.check_sender(key, request.origin)
    return key


def known(given: str, keyring: Keyring) -> WriteKey:
    """The deployment's key that was given. Raises Refused."""
    key = keys.find(keyring.keys, given, keyring.pepper)
    if key is None:
        raise Refused("unknown-write-key", "Send a write key of this deployment.", status=401)
    return key


def written(request: Request, body: Mapping[str, Any] | None = None) -> str:
    """The write key, from wherever SDKs put it: Basic user name, query or body; "" for none."""
    user = request.basic_user
    if user is not None:
        return user
    key = request.query.get("writeKey") or (body or {}).get("writeKey")
    return key if isinstance(key, str) else ""
