"""Who is on the staff: accounts in the deployment's user pool, and the role of each."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from functions.core.roles import Role, first
from functions.tables import sessions

INVITED: Final = "FORCE_CHANGE_PASSWORD"
"""The pool's word for whoever has not signed in yet."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """An account: `id` is the pool's own, `state` its word for how far the invitation got."""

    id: str
    email: str
    role: Role | None
    state: str


def listed(cognito: Any, pool: str) -> list[Colleague]:
    """Everybody who has an account, by address."""
    roles: dict[str, set[Role]] = {}
    for role in Role:
        for user in _pages(cognito, "list_users_in_group", "Users", UserPoolId=pool, GroupName=role.value):
            roles.setdefault(user["Username"], set()).add(role)
    users = _pages(cognito, "list_users", "Users", UserPoolId=pool)
    found = [_colleague(user, first(roles.get(user["Username"], ()))) for user in users]
    return sorted(found, key=lambda one: one.email)


def invite(cognito: Any, pool: str, email: str, role: Role) -> bool:
    """Let somebody in, in this role and no other; whether they were invited now (by a mail with a password that they
    change), rather than having an account already. Whoever was invited and never came gets that mail again. What
    somebody may do changes at once: they sign in anew."""
    about = [{"Name": "email", "Value": email}, {"Name": "email_verified", "Value": "true"}]
    try:
        cognito.admin_create_user(
            UserPoolId=pool, Username=email, UserAttributes=about, DesiredDeliveryMediums=["EMAIL"]
        )
        is_new = True
    except cognito.exceptions.UsernameExistsException:
        is_new = False
        if cognito.admin_get_user(UserPoolId=pool, Username=email)["UserStatus"] == INVITED:
            # Their first password ends after a week.
            cognito.admin_create_user(
                UserPoolId=pool, Username=email, MessageAction="RESEND", DesiredDeliveryMediums=["EMAIL"]
            )
    for other in Role:
        if other is not role:
            cognito.admin_remove_user_from_group(UserPoolId=pool, Username=email, GroupName=other.value)
    cognito.admin_add_user_to_group(UserPoolId=pool, Username=email, GroupName=role.value)
    if not is_new:
        sessions.end_all(_id_of(cognito, pool, email))
    return is_new


def remove(cognito: Any, pool: str, email: str) -> None:
    """Take an account away, and end its sessions. Raises LookupError where there is none."""
    try:
        id = _id_of(cognito, pool, email)
        cognito.admin_delete_user(UserPoolId=pool, Username=email)
    except cognito.exceptions.UserNotFoundException as error:
        raise LookupError(email) from error
    sessions.end_all(id)


def _id_of(cognito: Any, pool: str, email: str) -> str:
    user = cognito.admin_get_user(UserPoolId=pool, Username=email)
    return _attributes(user["UserAttributes"])["sub"]


def _colleague(user: dict[str, Any], role: Role | None) -> Colleague:
    about = _attributes(user["Attributes"])
    return Colleague(about.get("sub", ""), about.get("email", user["Username"]), role, user["UserStatus"])


def _attributes(pairs: list[dict[str, str]]) -> dict[str, str]:
    return {pair["Name"]: pair["Value"] for pair in pairs}


def _pages(cognito: Any, operation: str, key: str, **arguments: Any) -> Iterator[dict[str, Any]]:
    for page in cognito.get_paginator(operation).paginate(**arguments):
        yield from page[key]
