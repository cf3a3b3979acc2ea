"""What a visitor sees of a landing page: the blocks that stand for them, and what its texts may say. Pure.

Of a stranger nothing counts but the address they came by. What is known of a contact counts only where a signed link
from their own mailbox proves that it is they.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.core.blocks import Placed
from functions.core.contact import Contact
from functions.core.known import Held, Traits, Values
from functions.core.landing import Page, defaults
from functions.core.parameters import came_with, plain
from functions.core.release import Release
from functions.core.sending import Business


@dataclass(frozen=True, slots=True)
class Visit:
    """One showing of a page: the address's parameters, who it is (None: nobody is proved), and when (ms)."""

    query: Mapping[str, str]
    contact: Contact | None
    now: int


def standing(page: Page, visit: Visit, release: Release) -> list[Placed]:
    """The blocks that the visitor sees, from top to bottom."""
    found: list[Placed] = []
    for block in page.blocks:
        shown = next((one for one in (block, *block.otherwise) if fits(one, visit, release)), None)
        if shown is not None:
            found.append(shown)
    return found


def fits(block: Placed, visit: Visit, release: Release) -> bool:
    """Whether a block stands for the visitor, whatever stands before it."""
    if not all(came_with(visit.query, name, wanted) for name, wanted in block.came_with.items()):
        return False
    if block.when is None:
        return True
    if visit.contact is None:
        return False
    from functions.core.evaluate import Seen, evaluate

    return evaluate(block.when, Seen(visit.contact, release), visit.now).holds


def asks_who(page: Page) -> bool:
    """Whether what it shows may hang on who somebody is."""
    return any(one.when is not None for block in page.blocks for one in (block, *block.otherwise))


def values(page: Page, business: Business, query: Mapping[str, str], contact: Contact | None = None) -> dict[str, Any]:
    """What the texts of a page may say; of a personal one, of its `contact` too."""
    spoken = {}
    for name, one in page.says.items():
        given = plain(query.get(name, ""))
        # The spelling is the author's, not that of whoever made the address.
        spoken[name] = next((text for text in one.one_of if plain(text) == given), one.otherwise)
    known = {}
    if page.personal is not None:
        held = Held(contact.profile.traits) if contact else {}
        known["contact"] = Traits(held, defaults(page.personal))
    return {
        **known,
        "business": Values("business", {name: getattr(business, name) for name in ("name", "address", "site")}),
        "query": Values("query", spoken),
    }
