"""When journeys start by the calendar: the plans that follow a release which has gone live."""

from functions import releases
from functions.core.release import Release
from functions.core.schedules import following, schedule_of
from functions.tables import schedules
from functions.tables.schedules import Plan


def schedule(release_id: str, now: int) -> list[str]:
    """Let a release that has gone live be the one by which journeys start; the ids of those planned.

    A moment that is over waits for the next one, unless it was planned before and is yet to be begun.
    """
    release = releases.by_id(release_id)
    held, found = {plan.journey: plan for plan in schedules.plans()}, list[str]()
    for name in sorted({*held, *release.journeys}):
        before = held.get(name)
        after = now if before is None else min(now, before.next.at - 1)
        wanted = planned(release, name, after)
        if wanted is not None and before is not None and wanted != before:
            wanted = planned(release, name, now)
        if wanted is None:
            if before is not None:
                schedules.remove(before)
            continue
        found.append(name)
        if wanted != before:
            schedules.put(wanted)
    return found


def planned(release: Release, journey: str, after: int) -> Plan | None:
    """What a release plans for a journey after a moment (ms), None where it does not start by the calendar."""
    when = schedule_of(release, journey)
    return None if when is None else Plan(journey, following(when, after, release.sending.business.time_zone))
