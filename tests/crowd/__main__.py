"""`python -m tests.crowd [PEOPLE]`: a past for the stack that runs on this machine (STATE_DIR as for `make up`).

What its own past was is overwritten where both have the same. Two minutes for 500 people.
"""

import sys
import tempfile
import time
from pathlib import Path

from local.stack import Stack
from tests import inprocess
from tests.crowd.into import keys_of, move_in
from tests.crowd.past import past

PEOPLE = 500


def main() -> None:
    """Make a past and bring it into the stack."""
    people = int(sys.argv[1]) if sys.argv[1:] else PEOPLE
    stack, begun = Stack.load(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder, inprocess.running(Path(folder)) as emulator:
        marketing = Path(stack.state_dir) / "marketing"
        lived = past(emulator, marketing, people=people, keys=keys_of(stack), until=stack.now_ms(), say=print)
        with lived as town:
            print(f"{people} people have lived after {time.monotonic() - begun:.0f} s")
            counted = move_in(town, stack, marketing)
    print(f"{counted} rows and files are in the stack after {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
