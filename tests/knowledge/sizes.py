"""How much is compared: a little in `make test`, everything in a soak.

With SAMOVAR_SCALE=1 200 people are asked 60 conditions at 20 moments. A soak looks at 50 moments, of 500 people per
unit of its scale: with SAMOVAR_SCALE=20, as `make soak` has it, 10 000 people are asked 60 conditions at 50 moments.
"""

from typing import Final

from tests.knowledge.conditions import TOGETHER
from tests.scale import SCALE

MOMENTS: Final = 20 if SCALE == 1 else 50
PEOPLE: Final = 200 if SCALE == 1 else 500 * SCALE
GROUPS: Final = PEOPLE // TOGETHER
