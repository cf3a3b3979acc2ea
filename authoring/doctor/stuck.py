"""Whether a mistake keeps people from going on in a journey."""

from collections.abc import Iterator

from authoring.doctor.checks import Check
from authoring.when import minute
from functions.core.release import Release
from functions.core.setback import ASKING, in_words
from functions.tables import setbacks


def of_stuck(live: Release) -> Iterator[Check]:
    """A check for each mistake for which runs were set aside, and which nobody has let go on since."""
    zone = live.sending.business.time_zone
    for one in setbacks.listed():
        journey = live.present_name("journey", one.journey)
        if one.step == ASKING:
            yield Check(
                "journeys",
                "watch",
                f'whether the only_if of "{journey}" holds can\'t be asked of some people since '
                f"{minute(one.since, zone)} ({zone}): {in_words(one.code)} ({one.code})",
                "What they came by lies in the aside queue. Mend it, publish, deliver that again (docs/operations.md), "
                f'and end this notice: samovar retry {journey} --why "…"',
            )
            continue
        step = live.present_name("step", one.step, f"journey {one.journey}")
        where = f'at step "{step}"' if step else "before its first step"
        yield Check(
            "journeys",
            "watch",
            f'people in "{journey}" are set aside {where} since {minute(one.since, zone)} ({zone}): '
            f"{in_words(one.code)} ({one.code})",
            f"samovar journeys {journey} shows how many. Mend it, publish, and let them go on: "
            f'samovar retry {journey} --why "…"',
        )
