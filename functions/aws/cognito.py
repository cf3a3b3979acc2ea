"""Amazon Cognito as the console signs people in with it: the addresses of a user pool's domain, and its token endpoint.

The code flow of OAuth 2.0 with PKCE (RFC 7636): the browser brings a code, which is worth nothing without the verifier
that only the browser's own cookie has.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError

from functions import settings

SCOPES: Final = "openid email"
_SECONDS: Final = 5.0
_pool = urllib3.PoolManager(num_pools=1, retries=False)


class Unanswered(RuntimeError):
    """The token endpoint did not answer, or not in its own words: the same sign-in may be tried again."""


def authorize_url(redirect: str, *, state: str, nonce: str, verifier: str) -> str:
    """Where a browser signs in; it comes back to `redirect` with a code and `state`."""
    asked = {
        "response_type": "code",
        "client_id": settings.sign_in_client(),
        "redirect_uri": redirect,
        "scope": SCOPES,
        "state": state,
        "nonce": nonce,
        "code_challenge": challenge(verifier),
        "code_challenge_method": "S256",
    }
    return f"{settings.sign_in_url()}/oauth2/authorize?{urlencode(asked)}"


def logout_url(back: str) -> str:
    """Where a browser forgets who signed in; it comes back to `back`."""
    return f"{settings.sign_in_url()}/logout?{urlencode({'client_id': settings.sign_in_client(), 'logout_uri': back})}"


def challenge(verifier: str) -> str:
    """What stands for a verifier in the open (RFC 7636, 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def claims_for(code: str, *, redirect: str, verifier: str) -> Mapping[str, Any] | None:
    """What the id token says that a code stands for; None for a code that is none, or was used. Raises Unanswered."""
    asked = {
        "grant_type": "authorization_code",
        "client_id": settings.sign_in_client(),
        "code": code,
        "redirect_uri": redirect,
        "code_verifier": verifier,
    }
    try:
        answer = _pool.request(
            "POST",
            f"{settings.sign_in_url()}/oauth2/token",
            body=urlencode(asked),
            headers={"content-type": "application/x-www-form-urlencoded"},
            timeout=_SECONDS,
        )
    except HTTPError as error:
        raise Unanswered(type(error).__name__) from error
    if answer.status == 400:
        return None
    try:
        return _payload(json.loads(answer.data)["id_token"])
    except (ValueError, LookupError, TypeError) as error:
        raise Unanswered(f"status {answer.status}") from error


def _payload(token: str) -> Mapping[str, Any]:
    """The claims of a JSON Web Token (RFC 7519). Raises ValueError and such where it is none."""
    part = token.split(".")[1]
    said = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    if not isinstance(said, dict):
        raise TypeError("a token's claims are an object")
    return said
