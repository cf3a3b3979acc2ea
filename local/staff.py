"""A demo user of each role, for the console on this machine: their accounts are in the emulator's user pool, and the
cloud's template makes none but the owner that it is told of."""

from typing import Any, Final

from functions.core.roles import Role

DOMAIN: Final = "yellow-samovar.example"
PASSWORD: Final = "Two-glasses-1!"


def address(role: Role) -> str:
    """The address by which the demo user of a role signs in."""
    return f"{role.value}@{DOMAIN}"


def invite(cognito: Any, pool: str) -> None:
    """Let there be a user of each role, who is signed in by PASSWORD. Doing it again changes nothing."""
    for role in Role:
        about = [{"Name": "email", "Value": address(role)}, {"Name": "email_verified", "Value": "true"}]
        try:
            cognito.admin_create_user(
                UserPoolId=pool, Username=address(role), UserAttributes=about, MessageAction="SUPPRESS"
            )
        except cognito.exceptions.UsernameExistsException:
            continue
        cognito.admin_set_user_password(UserPoolId=pool, Username=address(role), Password=PASSWORD, Permanent=True)
        cognito.admin_add_user_to_group(UserPoolId=pool, Username=address(role), GroupName=role.value)
