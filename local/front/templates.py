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


def _span(milliseconds: int) -> str:
    """The largest two units of a length of time: 3 days 1 hour."""
    minutes = round(milliseconds / 60_000)
    counts = (("day", minutes // 1440), ("hour", minutes // 60 % 24), ("minute", minutes % 60))
    said = [f"{count} {unit}{'s' if count != 1 else ''}" for unit, count in counts if count]
    return " ".join(said[:2]) or "less than a minute"


_pages.filters["moment"] = _moment
_pages.filters["span"] = _span


def render(name: str, **values: object) -> str:
    """The page `name` with its values."""
    return _pages.get_template(name).render(**values)
