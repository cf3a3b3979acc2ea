"""How much marketing mail may go out today, where a new domain is warmed up."""

from functions.core import warmup
from functions.core.channels import BY_EMAIL
from functions.core.days import day_of, local_day, midnight
from functions.core.release import Release
from functions.tables import reputation


def granted(release: Release, channel: str, wanted: int, now: int) -> tuple[int, int]:
    """How many of `wanted` may go out at `now` (ms), and when (ms) the others are to ask again.

    What is granted is used up, also where the message does not go out after all: a day never sends more.
    """
    warm_up = release.sending.warm_up
    if channel != BY_EMAIL or warm_up is None:
        return wanted, now
    zone = release.sending.business.time_zone
    today = day_of(now, zone)
    allowance = warmup.allowance(warm_up, today)
    number = wanted if allowance is None else reputation.take(today.isoformat(), wanted, allowance)
    return number, midnight(local_day(now, zone) + 1, zone)
