"""The HTML of the shop and the inbox: Jinja files in pages/, everything escaped."""

from datetime import UTC, datetime
from pathlib import Path

import jinja2

_pages = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "pages"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%a %d %b %Y, %H:%M UTC")


_pages.filters["moment"] = _moment


def render(name: str, **values: object) -> str:
    """The page `name` with its values."""
    return _pages.get_template(name).render(**values)
