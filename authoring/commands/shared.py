"""What every command shares: its options, how it prints, how it fails."""

import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard, TypeVar

import click
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from authoring import target
from authoring.problems import Invalid, Problem
from authoring.published import NothingLive, WouldOverwrite
from functions import releases as runtime
from functions.aws.s3 import NotThere
from functions.core.release import Release
from functions.tables.releases import PublishRefused

Function = TypeVar("Function", bound=Callable[..., Any])

_WIDEST = 10_000
_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""What a terminal obeys instead of showing it, and what turns the order of a line around."""
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")


@dataclass(frozen=True, slots=True)
class App:
    """The options that stand before a command."""

    stack: str | None
    marketing: Path

    def connect(self) -> target.Target:
        """Point this process at the deployment."""
        return target.connect(self.stack)


def business_zone() -> str:
    """The time zone in which people of the business read moments; UTC before anything is live."""
    try:
        return runtime.live().release.sending.business.time_zone
    except runtime.NothingLive:
        return "UTC"


def live_release() -> Release | None:
    """What is live, by which things are called what they are called now; None before anything is."""
    try:
        return runtime.live().release
    except runtime.NothingLive:
        return None


def live_page(release: Release, name: str) -> str:
    """The id of the live landing page of that name. Raises ValueError, which says those there are."""
    id = release.first_name("page", name)
    if id not in release.pages:
        known_as = ", ".join(release.present_name("page", one) for one in release.pages)
        raise ValueError(f'there is no live page "{name}": {known_as or "none is defined"}')
    return id


class _Shown(Console):
    """A console that shows text and does nothing that stands in it: anybody with a public write key can name
    themselves so that the owner's terminal would be cleared, renamed or have its clipboard filled."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterator[Segment]:
        # Nothing that is left out is any columns wide, so that tables stand as they were measured.
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else _COMMANDS.sub("", text), style, control)


def console() -> Console:
    """Where text goes; made when needed, so that tests can catch it."""
    return _Shown(highlight=False, soft_wrap=True)


def counted(many: int, what: str) -> str:
    """ "1 contact", "2,000 contacts"."""
    return f"{many:,} {what}{'s' if many != 1 else ''}"


def emit(data: Any) -> None:
    """Print JSON: one document, readable. What a terminal would obey is escaped, and comes back whole."""
    text = json.dumps(data, indent=2, ensure_ascii=False, default=str)
    click.echo(_COMMANDS.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def print_whole(table: Table) -> None:
    """Print a table as wide as it is, so that what stands in it can be copied; terminals wrap it."""
    wide = _Shown(highlight=False, width=_WIDEST)
    width = max(console().width, wide.measure(table).maximum)
    _Shown(highlight=False, width=width).print(table)


def must_ask(yes: bool, as_json: bool) -> bool:
    """Whether to ask before what can't be taken back. Programs can't be asked: they say --yes. Raises ValueError."""
    if as_json and not yes:
        raise ValueError("this can't be taken back, and with --json nobody is asked: add --yes")
    return not yes


def say(text: str, style: str = "") -> None:
    """Print a line of text as it is, without reading markup in it."""
    console().print(Text(text, style=style))


@contextmanager
def explained(as_json: bool = False) -> Iterator[None]:
    """Turn what people can mend into a message and exit code 1 (2 where AWS could not be asked)."""
    try:
        yield
    except Invalid as invalid:
        if as_json:
            emit({"valid": False, "problems": [problem.as_json() for problem in invalid.problems]})
        else:
            show_problems(invalid)
        raise SystemExit(1) from None
    except PublishRefused as refused:
        _fail(str(refused), as_json, 1, refused.code)
    except (NothingLive, WouldOverwrite, runtime.NothingLive, NotThere, ValueError) as error:
        _fail(str(error), as_json, 1)
    except (OSError, EOFError, zlib.error) as error:
        # Files: not there, not to be read or written, a disk that is full, packed ones that end too early.
        _fail(f"{error.filename}: {error.strerror}" if _is_of_a_file(error) else str(error), as_json, 1)
    except target.Unreachable as error:
        _fail(str(error), as_json, 2)
    except ClientError as error:
        _fail(f"AWS refused {error.operation_name}: {error.response['Error'].get('Message', error)}", as_json, 2)
    except BotoCoreError as error:
        _fail(f"AWS cannot be asked: {error}", as_json, 2)


def _is_of_a_file(error: Exception) -> TypeGuard[OSError]:
    return isinstance(error, OSError) and bool(error.filename and error.strerror)


def _fail(message: str, as_json: bool, code: int, why: str = "") -> None:
    if as_json:
        emit({"error": message, **({"code": why} if why else {})})
    else:
        _Shown(stderr=True, highlight=False, soft_wrap=True).print(Text(message, style="red"))
    raise SystemExit(code) from None


def show_problems(invalid: Invalid) -> None:
    """Every problem with its place, what is wrong, and the mend."""
    for problem in invalid.problems:
        _show_problem(problem, "red")
    say(counted(len(invalid.problems), "problem"), "bold red")


def show_warnings(warnings: Iterable[Problem]) -> None:
    """What is possible and rarely meant, with its place and the mend."""
    for problem in warnings:
        _show_problem(problem, "yellow")


def _show_problem(problem: Problem, style: str) -> None:
    say(f"{problem.file}:{problem.line}:{problem.column}", "bold")
    warning = "warning: " if problem.severity == "warning" else ""
    say(f"  {problem.key}: {warning}{problem.message}", style)
    say(f"  {problem.mend}")
