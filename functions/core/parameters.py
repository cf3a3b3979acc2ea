"""Parameters of an address, compared as people write them. Pure."""

from collections.abc import Mapping, Sequence


def came_with(query: Mapping[str, str], name: str, wanted: Sequence[str]) -> bool:
    """Whether a parameter says one of the texts, as `plain` has them."""
    return name in query and plain(query[name]) in {plain(one) for one in wanted}


def plain(text: str) -> str:
    """A text without what makes no difference: letter case, spaces, hyphens and underscores."""
    return " ".join(text.casefold().replace("-", " ").replace("_", " ").split())
