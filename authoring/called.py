"""What things are called now that are stored under the first name they had."""

from functions.core.pauses import journey_of
from functions.core.release import Release
from functions.tables import releases


def live() -> Release | None:
    """The live release, whose names are the present ones; None where nothing is live."""
    pointer = releases.live()
    return releases.content(pointer.release) if pointer else None


def place(release: Release | None, journey: str, step: str = "") -> str:
    """A journey, or a step of one as "journey/step", by the names in `release`; by first names where that is None."""
    if release is None:
        return f"{journey}/{step}" if step else journey
    now = release.present_name("journey", journey)
    return f"{now}/{release.present_name('step', step, f'journey {journey}')}" if step else now


def subject(release: Release | None, name: str) -> str:
    """What a note of a deliberate act is about: a journey, a step of one, or what was paused."""
    if journey := journey_of(name):
        return f"the journey {place(release, journey)}"
    first, _, rest = name.partition("/")
    if first.startswith("campaign--"):
        campaign = first.removeprefix("campaign--")
        now = release.present_name("campaign", campaign) if release else campaign
        return f"campaign--{now}/{rest}" if rest else f"campaign--{now}"
    return place(release, first, rest)
