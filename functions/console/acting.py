"""What every page that changes something does: read what was typed, say who decides, and lead on."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from functions import clock
from functions.aws.dynamodb import ConditionFailed
from functions.console import places
from functions.console.routes import Asked
from functions.core.errors import Refused
from functions.core.runs import NotNow
from functions.http import Answer, json_answer, redirect
from functions.work.deciding import LONGEST_WHY, Decision

BACK = "back"
"""The field of a form that says to which page of the console it leads."""
_LONGEST = 200


def whole(asked: Asked, name: str) -> str:
    """What stands in a field, however long, without the blanks around it; "" where there is none."""
    return next(iter(asked.typed.get(name, ())), "").strip()


def typed(asked: Asked, name: str, longest: int = _LONGEST) -> str:
    """The same, cut to so many characters."""
    return whole(asked, name)[:longest].strip()


def decision(asked: Asked, *, reasoned: bool = False) -> Decision:
    """Who decides what was asked, now, and why. Raises Refused where it must be `reasoned` and isn't."""
    why = typed(asked, "why", LONGEST_WHY)
    if reasoned and not why:
        raise Refused("missing-reason", "Say why: whoever wonders later will read it.", field="why", status=422)
    return Decision(asked.who.member.email, clock.now_ms(), why)


@contextmanager
def as_it_stands() -> Iterator[None]:
    """What can't be done any more, as things stand by now, is refused."""
    try:
        yield
    except NotNow as error:
        raise Refused("not-now", str(error), status=409) from error
    except ConditionFailed as error:
        raise Refused("not-now", "Something changed it at the same moment.", status=409) from error


def done(asked: Asked, *parts: str, **facts: Any) -> Answer:
    """Lead a person back to where they pressed, or to the page that `parts` name; tell a program what was done."""
    if asked.request.wants_html:
        return redirect(places.own(typed(asked, BACK, 1000)) or places.path(*parts), 303)
    return json_answer(200, facts)
