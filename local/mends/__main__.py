"""The emulator's process: mended, and ending with its parent."""

import os
import shutil
import signal
import sys
import threading

from local.emulator import AS_IT_COMES
from local.mends import apply

_orphaned = threading.Event()


def _end_with_parent() -> None:
    """The parent holds the other end of standard input: when it is gone, so are we."""
    while os.read(sys.stdin.fileno(), 1):
        pass
    _orphaned.set()
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    if AS_IT_COMES in sys.argv:
        sys.argv.remove(AS_IT_COMES)
    else:
        apply()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from ministack.app import main as serve

    try:
        serve()
    finally:
        if _orphaned.is_set():
            # Nobody else is left to tidy up.
            shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)


if __name__ == "__main__":
    main()
