"""The one scale of all tests: SAMOVAR_SCALE=1 in `make test`, larger in `make soak`."""

import os

SCALE = int(os.environ.get("SAMOVAR_SCALE", "1"))


def scaled(small: int) -> int:
    """`small` in the small size, so many times more in a soak."""
    return small * SCALE
