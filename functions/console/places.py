"""Addresses of the console's own pages."""

from typing import Final
from urllib.parse import urlsplit

from functions import settings

ROOM: Final = "console"
_LONGEST: Final = 1000


def path(*parts: str) -> str:
    """The path of a page: path("people", id) is /console/people/ID, below whatever the business put in front."""
    return "/".join((f"{urlsplit(settings.public_url()).path.rstrip('/')}/{ROOM}", *parts))


def absolute(*parts: str) -> str:
    """The whole address of a page."""
    return "/".join((f"{settings.public_url()}/{ROOM}", *parts))


def within(asked: str) -> list[str]:
    """The parts of a request's path below the console."""
    parts = asked.strip("/").split("/")
    return parts[parts.index(ROOM) + 1 :] if ROOM in parts else []


def own(wanted: str) -> str:
    """An address that somebody wants to be led to, if it is a page of the console; else ""."""
    root = path()
    is_own = wanted == root or wanted.startswith((f"{root}/", f"{root}?"))
    # A browser takes a backslash for a slash, and drops control characters.
    is_plain = wanted.isprintable() and "\\" not in wanted and ".." not in wanted and len(wanted) <= _LONGEST
    return wanted if is_own and is_plain else ""
