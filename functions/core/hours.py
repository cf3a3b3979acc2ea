"""The hours in which people may be written to, by the clock on their own wall.

What that clock shows decides, and nothing else: 02:30 is quiet or it isn't, whether it comes once, twice
or, on the night when clocks are put forward, not at all. So a quiet night that should end at a time which
is skipped ends with the skip, and one that should end at a time which comes twice is quiet the second time
too, as far as its wall times say so.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from functions.core.channels import CHANNELS, ChannelName
from functions.core.days import EPOCH, midnight, moment
from functions.core.definition import Definition

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
WEEKDAYS: Final[tuple[Weekday, ...]] = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
DAY: Final = 24 * 60
"""Minutes of a day as clocks number them; the last of them is followed by 24:00."""
SEARCHED: Final = 400
"""Days ahead in which an open moment is looked for: an hour a week is skipped once a year at most."""
_TIME: Final = r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$"
_MINUTE: Final = 60_000


def _time(value: str) -> str:
    hours, _, minutes = value.partition(":")
    plain = len(value) == 5 and value.isascii() and hours.isdigit() and minutes.isdigit()
    if not plain or int(minutes) > 59 or int(hours) * 60 + int(minutes) > DAY:
        raise ValueError(f'"{value}" is not a time of day; write it as "09:00" or "21:30"')
    return value


Time = Annotated[str, AfterValidator(_time), WithJsonSchema({"type": "string", "pattern": _TIME})]
"""A time of day from 00:00 to 24:00."""


class Quiet(Definition):
    """A time of every day in which nothing goes out; past midnight where it ends earlier than it begins."""

    from_: Time = Field(alias="from", description='When it begins, such as "21:00".')
    to: Time = Field(description='When it is over, such as "09:00".')

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if minute_of(self.from_) % DAY == minute_of(self.to) % DAY:
            raise ValueError("it begins and ends at the same time; let it end at another")
        return self


class Only(Definition):
    """The days and the time of day at which messages go out; at others they don't."""

    on: list[Weekday] = Field(default_factory=list, description="Days of the week; every day without it.")
    between: tuple[Time, Time] = Field(("00:00", "24:00"), description='From when to when: ["09:00", "18:00"].')

    @model_validator(mode="after")
    def _some_time(self) -> Self:
        if minute_of(self.between[0]) >= minute_of(self.between[1]):
            raise ValueError("the first time must be before the second; for a night write quiet: {from: …, to: …}")
        return self


class Hours(Definition):
    """One rule about when people are written to. All rules of a channel hold together."""

    channel: ChannelName | None = Field(None, description="The channel it is for; every channel without it.")
    quiet: Quiet | None = Field(None, description="When nothing goes out: {from: …, to: …}.")
    only: Only | None = Field(None, description="When something goes out: {on: […], between: […, …]}.")
    transactional: bool = Field(False, description="Whether transactional messages keep to it as well.")

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.quiet is None) == (self.only is None):
            raise ValueError("give exactly one of quiet and only")
        return self

    def is_open(self, weekday: int, minute: int) -> bool:
        """Whether messages go out at a minute of a day of the week (0: Monday), by the wall's clock."""
        if self.only is not None:
            first, last = map(minute_of, self.only.between)
            return (not self.only.on or WEEKDAYS[weekday] in self.only.on) and first <= minute < last
        assert self.quiet is not None
        first, last = minute_of(self.quiet.from_), minute_of(self.quiet.to)
        return not (first <= minute < last if first < last else minute >= first or minute < last)

    @property
    def bounds(self) -> tuple[int, int]:
        """Minutes of the day at which it may open or close."""
        pair = self.only.between if self.only is not None else (self.quiet.from_, self.quiet.to) if self.quiet else ()
        first, last = map(minute_of, pair)
        return first, last


def minute_of(time: str) -> int:
    """Minutes since midnight of a time of day."""
    hours, _, minutes = time.partition(":")
    return int(hours) * 60 + int(minutes)


def shown_at(day: date, time: str, zone: str) -> int:
    """The moment (ms) at which clocks in `zone` show a time of a day (see days.moment); 24:00 is when the next day
    begins."""
    minute = minute_of(time)
    if minute == DAY:
        return midnight(day.toordinal() + 1 - EPOCH, zone)
    return moment(datetime(day.year, day.month, day.day, *divmod(minute, 60)), zone)


def holding(rules: Sequence[Hours], channel: str, *, transactional: bool, to_person: bool = True) -> list[Hours]:
    """The rules that hold for a message. What goes to no person keeps to those that name its channel."""
    return [
        rule
        for rule in rules
        if (rule.channel == channel or (rule.channel is None and to_person))
        and (rule.transactional or not transactional)
    ]


def is_ever_open(rules: Sequence[Hours]) -> bool:
    """Whether there is a minute in the week at which all of them are open."""
    minutes = {0, *(bound for rule in rules for bound in rule.bounds if bound < DAY)}
    return any(_all_open(rules, weekday, minute) for weekday in range(7) for minute in minutes)


def never_open(rules: Sequence[Hours]) -> str | None:
    """A channel by which nothing ever goes out by these rules, None where there is none."""
    channels = dict.fromkeys([*(rule.channel for rule in rules if rule.channel), *CHANNELS])
    return next((one for one in channels if not is_ever_open(holding(rules, one, transactional=False))), None)


def ever_open(rules: list[Hours]) -> list[Hours]:
    """The rules. Raises ValueError where nothing ever goes out by some channel."""
    if (channel := never_open(rules)) is not None:
        raise ValueError(f"by these rules nothing ever goes out by {channel}; let some time of the week be open")
    return rules


def is_open(rules: Sequence[Hours], at: int, zone: str) -> bool:
    """Whether messages go out at a moment (ms) in a time zone."""
    local = datetime.fromtimestamp(at / 1000, _zone(zone))
    return _all_open(rules, local.weekday(), local.hour * 60 + local.minute)


def opens(rules: Sequence[Hours], now: int, zone: str) -> int:
    """The first whole minute (ms) after `now` at which messages go out.

    Where that never is (two sets of rules that exclude each other): a moment more than a year ahead.
    """
    at_once = (now // _MINUTE + 1) * _MINUTE
    if is_open(rules, at_once, zone):
        return at_once
    first = datetime.fromtimestamp(now / 1000, _zone(zone)).date()
    bounds = _bounds(rules, first, zone)
    for days in range(1, SEARCHED):
        following = _bounds(rules, first + timedelta(days=days), zone)
        # Where clocks are put back over midnight, a day begins before the one before it is over.
        for bound in sorted(bounds | following):
            if bound > now and is_open(rules, bound, zone):
                return bound
        bounds = following
    return now + SEARCHED * DAY * _MINUTE


def _all_open(rules: Sequence[Hours], weekday: int, minute: int) -> bool:
    return all(rule.is_open(weekday, minute) for rule in rules)


def _bounds(rules: Sequence[Hours], day: date, zone: str) -> set[int]:
    """The moments of a local day at which its wall's clock reaches a bound, or is put forward or back."""
    minutes = {0, *(bound for rule in rules for bound in rule.bounds if bound < DAY)}
    walls = [datetime(day.year, day.month, day.day, *divmod(minute, 60), tzinfo=_zone(zone)) for minute in minutes]
    # Both times that a wall time comes; where it is skipped, these are moments beside the skip, which do no harm.
    moments = {_ms(wall.replace(fold=fold)) for wall in walls for fold in (0, 1)} | set(_changes(day, zone))
    return {one for one in moments if datetime.fromtimestamp(one / 1000, _zone(zone)).date() == day}


def _changes(day: date, zone: str) -> Iterator[int]:
    """The moments around a local day at which the zone's clocks are put forward or back."""
    noon = _ms(datetime(day.year, day.month, day.day, 12, tzinfo=_zone(zone)))
    hour = 60 * _MINUTE
    for low in range(noon - 18 * hour, noon + 18 * hour, 6 * hour):
        yield from _change(low, low + 6 * hour, zone)


def _change(low: int, high: int, zone: str) -> Iterator[int]:
    """The first minute of a new offset between two moments, where there is one."""
    if _offset(low, zone) == _offset(high, zone):
        return
    while high - low > _MINUTE:
        middle = low + (high - low) // _MINUTE // 2 * _MINUTE
        low, high = (low, middle) if _offset(middle, zone) != _offset(low, zone) else (middle, high)
    yield high


def _offset(at: int, zone: str) -> timedelta | None:
    return datetime.fromtimestamp(at / 1000, _zone(zone)).utcoffset()


def _ms(wall: datetime) -> int:
    # Up to the whole minute: offsets of long ago had seconds.
    return -(-int(wall.timestamp() * 1000) // _MINUTE) * _MINUTE


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
