"""Which variant of a landing page a visitor sees: by chance at first, in shares, and the same ever after.

What their browser keeps is the variant's name and nothing else: it says who nobody is.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from functions.core import bandit
from functions.http import Request, is_passing
from functions.observability import logger
from functions.tables import variants

COOKIE: Final = "variant"
KEPT_S: Final = 30 * 86_400
"""So long after the last visit a browser stays with its variant."""


def chosen(request: Request, page: str, names: Sequence[str], path: str, chance: str) -> tuple[str, Mapping[str, str]]:
    """The variant, and the header that keeps it at the page's `path`. `chance` is a text of this one showing."""
    held = request.cookies.get(COOKIE, "")
    variant = held if held in names else bandit.assigned(shares(page, names), page, chance)
    kept = f"{COOKIE}={variant}; Path={path}; Max-Age={KEPT_S}; Secure; HttpOnly; SameSite=Lax"
    return variant, {"set-cookie": kept}


def shares(page: str, names: Sequence[str]) -> Mapping[str, float]:
    """What share of new visitors sees each variant: as it was said, or alike where nothing was said of just these."""
    even = dict.fromkeys(names, 1 / len(names))
    try:
        said = variants.shares(page)
    except Exception as error:
        if not is_passing(error):
            raise
        logger.warning("shares of variants not read", error=type(error).__name__)
        return even
    return said if set(said) == set(names) and any(part > 0 for part in said.values()) else even
