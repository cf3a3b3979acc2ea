"""Somebody of the staff in one browser, between signing in and out. Pure.

What the browser holds is a secret that says nothing; what it stands for is a row, so that it ends when it is said to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from functions.core.errors import Refused
from functions.core.roles import Right, Role, rights_of, roles_among

HOUR_MS: Final = 3_600_000
LONGEST_MS: Final = 12 * HOUR_MS
"""A session ends after so long, whatever is done in it: by then roles may have changed."""
IDLE_MS: Final = HOUR_MS
"""It ends after so long without a request."""
NOTED_MS: Final = 300_000
"""That somebody was there is noted so often: a write for each request would be most of what looking costs."""
LONGEST_EMAIL: Final = 320


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the staff. `id` is the sign-in service's own for them, `email` what it proved to be theirs."""

    id: str
    email: str
    roles: frozenset[Role]

    def may(self, right: Right) -> bool:
        """Whether any of their roles allows it."""
        return right in rights_of(self.roles)


@dataclass(frozen=True, slots=True)
class Session:
    """One sign-in: who, when it began and when they were last noted (ms)."""

    member: Member
    began: int
    seen: int

    def is_over(self, now: int) -> bool:
        """Whether it has ended by `now` (ms). The last request is known to within NOTED_MS."""
        return now - self.began >= LONGEST_MS or now - self.seen >= IDLE_MS

    @property
    def ends(self) -> int:
        """The last moment (ms) at which it may be good."""
        return self.began + LONGEST_MS


def member_from(claims: Mapping[str, Any], *, client: str, nonce: str) -> Member:
    """Who an id token (OpenID Connect Core, 2) says has signed in at `client`, in answer to the request that sent
    `nonce`. Raises Refused for a token that is for somebody else, answers another request, or names no proved address.

    Neither its signature nor its end is looked at: it came from the token endpoint itself a moment ago, over TLS
    (3.1.3.7, 6), and whoever intercepts that has the session anyway.
    """
    id, email = claims.get("sub"), claims.get("email")
    told = claims.get("aud") == client and claims.get("token_use", "id") == "id" and claims.get("nonce") == nonce
    if not told or not isinstance(id, str) or not id or not isinstance(email, str) or len(email) > LONGEST_EMAIL:
        raise Refused("sign-in-failed", "Signing in did not work. Please try again.", status=400)
    if claims.get("email_verified") not in (True, "true"):
        raise Refused("address-unproved", "The address of this account is not confirmed yet.", status=403)
    groups = claims.get("cognito:groups")
    return Member(id, email, roles_among(groups if isinstance(groups, list) else ()))
