"""local: things that only make sense where the whole stack runs on one machine."""

import re

import click

from authoring.commands.shared import App, counted, emit, explained, json_option, say
from authoring.target import Unreachable, local_folder
from functions.core.definition import UNITS, spell_duration
from functions.core.views import iso

_SHORT = {unit[0]: seconds for unit, seconds in UNITS.items()}
LONGEST_S = 366 * 86_400
_SPAN = re.compile(r"^\s*(\d{1,6})\s*([a-z]+?)s?\s*$")


class Span(click.ParamType[int]):
    """A length of time: 3d, 90m, "3 days". Converts to seconds."""

    name = "span"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        match = _SPAN.match(str(value).lower())
        seconds = (_SHORT | UNITS).get(match[2]) if match else None
        if match is None or seconds is None:
            self.fail(f'"{value}" is not a length of time; write 3d, 12h, 90m or "3 days"', param, ctx)
        if not 0 < int(match[1]) * seconds <= LONGEST_S:
            self.fail(f'"{value}" is not possible: skip from 1 second to 366 days at a time', param, ctx)
        return int(match[1]) * seconds


@click.group()
def local() -> None:
    """The stack that `make up` runs on this machine."""


@local.command()
@click.argument("span", type=Span())
@json_option
@click.pass_obj
def skip(app: App, span: int, as_json: bool) -> None:
    """Let SPAN of time pass: 3d, 12h, 90m.

    What falls due on the way happens, in order.
    """
    # The local stack is a developer's tool: nothing else of the command needs it.
    from local.skip import skip as pass_time
    from local.stack import Stack

    with explained(as_json):
        where = app.connect()
        if not where.local:
            raise Unreachable("time can be skipped on the local stack only: start it with `make up`")
        try:
            done = pass_time(Stack.load(local_folder() / "stack.json"), span)
        except (TimeoutError, RuntimeError) as error:
            raise Unreachable(f"the clock stopped on the way. {error}. Skip the rest when that is over") from None
    if as_json:
        emit({"now": done.now, "stops": done.stops})
    else:
        stops, there = counted(done.stops, "stop"), iso(done.now)[:16].replace("T", " ")
        say(f"{spell_duration(span)} passed, with {stops} on the way. It is {there} UTC there now.", "green")
