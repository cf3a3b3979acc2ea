"""When a campaign runs: its occasions by the calendar, and where each contact's clock stands at one."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, assert_never
from zoneinfo import ZoneInfo

from functions.core.campaign import WEEKDAYS, Campaign, Once, Recurring
from functions.core.days import moment

EARLIEST: Final = "Pacific/Kiritimati"
"""Where a day begins first of all places with people."""
LEAD_MS: Final = 15 * 60_000
"""So long before its hold begins the audience is counted, so that it goes out on time."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """One time that a campaign is to run: `wall` is what the clocks show, `mark` (ms) when the business's do, `at`
    (ms) when the first of anybody's do. `run` is the id of the run, the same whoever works it out."""

    run: str
    wall: datetime
    mark: int
    at: int


def following(campaign: Campaign, after: int, zone: str) -> Occasion | None:
    """The first occasion with a mark later than `after` (ms), for a business in `zone`; None where there is none."""
    if isinstance(campaign.when, str):
        return None
    first = datetime.fromtimestamp(after / 1000, UTC).date() - timedelta(days=1)
    for day in _days(campaign.when, first):
        wall = datetime.combine(day, campaign.when.at)
        mark = moment(wall, zone)
        if mark > after:
            at = moment(wall, EARLIEST) if campaign.local else mark
            return Occasion(wall.strftime("%Y%m%dt%H%M"), wall, mark, at)
    return None


def _days(when: Once | Recurring, first: date) -> Iterator[date]:
    """The days of a plan from `first` on, more than two months of them."""
    match when:
        case Once():
            yield when.on
        case Recurring():
            yield from days(when.every, when.day, first)
        case _:
            assert_never(when)


def days(every: str, of_month: int | None, first: date) -> Iterator[date]:
    """Every day, that day of the week, or, of every month, the day `of_month` (its last where it is shorter), from
    `first` on, more than two months of them."""
    for day in (first + timedelta(days=count) for count in range(70)):
        last = calendar.monthrange(day.year, day.month)[1]
        if (
            every == "day"
            or (every == "month" and of_month is not None and day.day == min(of_month, last))
            or every == WEEKDAYS[day.weekday()]
        ):
            yield day


def counted_from(occasion: Occasion, hold: int) -> int:
    """When (ms) the audience is to be counted, for a hold of so many seconds."""
    return occasion.at - LEAD_MS - hold * 1000


def run_on_request(now: int, zone: str) -> str:
    """The id of a run that a person asked for at `now` (ms): by the minute, so that asking twice is one run."""
    return datetime.fromtimestamp(now / 1000, ZoneInfo(zone)).strftime("%Y%m%dt%H%M")
