"""How sending goes: what is paused, what became of the mail of the last days, and where a warm-up stands."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from authoring.doctor.checks import Check
from authoring.when import told
from functions.core import reputation, warmup
from functions.core.campaign import MARK
from functions.core.days import day_of
from functions.core.pauses import Pauses, journey_of
from functions.core.release import Release
from functions.core.reputation import ALL, WATCH, Counts
from functions.core.sending import Sending
from functions.tables import pauses
from functions.tables import reputation as books

DAYS = 14
"""Days that are shown."""
_SHOWN = 10
"""Domains that are shown, worst first."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts by day, the latest last, and by domain over the days that are judged, the worst first."""

    days: tuple[tuple[str, Counts], ...] = ()
    domains: tuple[tuple[str, Counts], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The plain values, for --json."""
        return {
            "days": [{"day": day, **asdict(counts)} for day, counts in self.days],
            "domains": [{"domain": domain, **asdict(counts)} for domain, counts in self.domains],
        }


def of_outgoing(release: Release, now: int) -> tuple[list[Check], Figures]:
    """Every check of this kind at `now` (ms), and the numbers behind them."""
    held, sending = pauses.get(), release.sending
    counted = books.totals(reputation.window(now, DAYS))
    figures = Figures(tuple(sorted(counted.items())), _domains(now))
    return [
        *_paused(held, now, release),
        _reputation(counted, held, now),
        *_warm_up(sending, now),
    ], figures


def _domains(now: int) -> tuple[tuple[str, Counts], ...]:
    found: defaultdict[str, Counts] = defaultdict(Counts)
    for day in reputation.window(now):
        for domain, counts in books.by_domain(day).items():
            found[domain] += counts
    found.pop(ALL, None)
    worst = sorted(found.items(), key=lambda one: (-badness(one[1]), -one[1].tried, one[0]))
    return tuple(worst[:_SHOWN])


def badness(counts: Counts) -> float:
    """How near a domain is to what should be looked at: 1 is there."""
    return max(counts.rate(limit.of) / limit.rate for limit in WATCH)


def _paused(held: Pauses, now: int, release: Release) -> Iterator[Check]:
    zone = release.sending.business.time_zone
    for name in sorted(held.held):
        pause = held.standing(name, now)
        if pause is not None:
            yield Check(
                "paused",
                "do",
                told(name, pause, zone, release),
                f"When that is mended: samovar {_resume(name, release)}",
            )


def _resume(name: str, release: Release) -> str:
    """The command that ends a pause."""
    journey = journey_of(name)
    if journey is not None:
        return f"resume --journey {release.present_name('journey', journey)}"
    if not name.startswith(MARK):
        return f"resume {name}"
    campaign, _, run = name.removeprefix(MARK).partition("/")
    return f"campaigns resume {release.present_name('campaign', campaign)}/{run}"


def _reputation(counted: dict[str, Counts], held: Pauses, now: int) -> Check:
    week = sum((counted.get(day, Counts()) for day in reputation.window(now)), Counts())
    if not week.tried:
        return Check("reputation", "ok", "nothing was sent in the last seven days")
    found = (
        f"{week.tried:,} mails in seven days: {reputation.percent(week.rate('bounced'))} bounced for good, "
        f"{reputation.percent(week.rate('complained'))} were marked as spam"
    )
    verdict = reputation.judge(counted, now, held.excused)
    if verdict.state == "ok":
        return Check("reputation", "ok", found)
    todo = f"{verdict.why[:1].upper()}{verdict.why[1:]}. Find where these addresses came from"
    return Check("reputation", "watch", found, todo)


def _warm_up(sending: Sending, now: int) -> Iterator[Check]:
    ramp = warmup.ramp(sending.warm_up) if sending.warm_up else []
    if not ramp:
        return
    today = day_of(now, sending.business.time_zone)
    over = date.fromordinal(ramp[-1][0].toordinal() + 1)
    if today < ramp[0][0]:
        yield Check("warm-up", "ok", f"begins on {ramp[0][0]} with {ramp[0][1]:,} marketing mails")
    elif today >= over:
        yield Check("warm-up", "ok", f"over since {over}", "warm_up can be taken out of sending.yaml")
    else:
        allowed, gone = dict(ramp)[today], books.taken([today.isoformat()]).get(today.isoformat(), 0)
        found = f"day {(today - ramp[0][0]).days + 1} of {len(ramp)}: {gone:,} of {allowed:,} marketing mails of today"
        yield Check("warm-up", "ok", f"{found} are given out; no limit from {over} on")
