"""Who on the staff may do what. Pure.

Roles are groups of the sign-in service; whoever is in several has all that any of them may. A right is asked for by
each route of the console, and nowhere else.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final


class Right(StrEnum):
    """What a route asks for."""

    SEE = "see"
    """Look at numbers, definitions and what is live: nothing about a single person."""
    SEE_PEOPLE = "see-people"
    """Look people up, and at everything that is known of them."""
    CHANGE_PEOPLE = "change-people"
    """Traits, tags, suppression, merging."""
    RUN = "run"
    """Campaigns, journeys and sending: stop, let go, recall."""
    PUBLISH = "publish"
    """Let a release go live, or an earlier one again."""
    ERASE = "erase"
    """Erase a person, and take everything about them out."""
    MANAGE = "manage"
    """Who is on the staff."""


class Role(StrEnum):
    """What somebody is to the business; names of groups."""

    OWNER = "owner"
    MARKETER = "marketer"
    SALES = "sales"
    VIEWER = "viewer"


RIGHTS: Final[Mapping[Role, frozenset[Right]]] = {
    Role.OWNER: frozenset(Right),
    Role.MARKETER: frozenset({Right.SEE, Right.SEE_PEOPLE, Right.CHANGE_PEOPLE, Right.RUN, Right.PUBLISH}),
    Role.SALES: frozenset({Right.SEE, Right.SEE_PEOPLE, Right.CHANGE_PEOPLE}),
    # Numbers without names: for whoever only wants to know how it goes.
    Role.VIEWER: frozenset({Right.SEE}),
}


def roles_among(groups: Iterable[object]) -> frozenset[Role]:
    """The roles that these groups are; groups that are none say nothing."""
    names = {role.value: role for role in Role}
    return frozenset(names[group] for group in groups if isinstance(group, str) and group in names)


def rights_of(roles: Iterable[Role]) -> frozenset[Right]:
    """All that any of these roles may."""
    return frozenset(right for role in roles for right in RIGHTS[role])


def first(roles: Iterable[Role]) -> Role | None:
    """The role that says most of somebody, None for nobody's."""
    held = set(roles)
    return next((role for role in Role if role in held), None)
