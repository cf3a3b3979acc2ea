"""Whether a mistake keeps people from going on in a journey."""

from collections.abc import Iterator

from authoring.doctor.checks import Check
from authoring.when import minute
from functions.core.setback import in_words
from functions.tables import setbacks


def of_stuck(zone: str) -> Iterator[Check]:
    """A check for each mistake for which runs were set aside, and which nobody has let go on since."""
    for one in setbacks.listed():
        where = f'at step "{one.step}"' if one.step else "before its first step"
        yield Check(
            "journeys",
            "watch",
            f'people in "{one.journey}" are set aside {where} since {minute(one.since, zone)} ({zone}): '
            f"{in_words(one.code)} ({one.code})",
            f"samovar journeys {one.journey} shows how many. Mend it, publish, and let them go on: "
            f'samovar retry {one.journey} --why "…"',
        )
