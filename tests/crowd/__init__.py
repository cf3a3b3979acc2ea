"""A shop with a past: thousands of people over two months, all that they did told to the functions themselves.

    with inprocess.running(folder) as emulator, past(emulator, folder / "marketing", people=500) as town:
        ...

or, into the stack that `make up` runs: `python -m tests.crowd 500`. Nothing is written by hand: rows are what intake,
scoring, journeys, sending and counting have made of what came in, by a clock that is moved.
"""

# Says how much functions log, before the first of them is there.
import tests.cloud  # noqa: F401
from tests.crowd.past import past
from tests.crowd.town import Town

__all__ = ["Town", "past"]
