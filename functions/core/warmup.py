"""Warming up a new domain: mailbox providers trust a sender whose mail grows slowly from day to day."""

from datetime import date, timedelta

from pydantic import Field

from functions.core.definition import Definition


class WarmUp(Definition):
    """How much marketing mail may go out on each of the first days."""

    from_: date = Field(alias="from", description="The first day, in the business's time zone, such as 2026-12-01.")
    first_day: int = Field(50, ge=1, le=100_000, description="How many marketing mails may go out on it.")
    grows: float = Field(1.5, ge=1.05, le=3, description="How many times as many on each day as on the day before.")
    up_to: int = Field(
        20_000, ge=1, le=10_000_000, description="With the day that would allow so many the warm-up is over."
    )


def allowance(warm_up: WarmUp | None, day: date) -> int | None:
    """How many marketing mails may go out on a day (the business's own); None where there is no limit: before
    the warm-up, after it, and without one."""
    if warm_up is None or day < warm_up.from_:
        return None
    allowed = _on(warm_up, (day - warm_up.from_).days)
    return None if allowed >= warm_up.up_to else allowed


def ramp(warm_up: WarmUp) -> list[tuple[date, int]]:
    """Every day of a warm-up and how many mails it allows."""
    days = []
    day = warm_up.from_
    # It ends: the slowest growth reaches the highest number within a year.
    while (allowed := allowance(warm_up, day)) is not None:
        days.append((day, allowed))
        day += timedelta(days=1)
    return days


def _on(warm_up: WarmUp, passed: int) -> int:
    # Whole numbers at each step: the days can be worked out by hand.
    allowed = warm_up.first_day
    for _ in range(passed):
        if allowed >= warm_up.up_to:
            break
        allowed = max(allowed + 1, int(allowed * warm_up.grows))
    return allowed
