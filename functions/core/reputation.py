"""The sender's reputation: what became of a day's mail, domain by domain, and when to stop in time.

A mail counts on the day (UTC) on which it was sent, whenever the report comes: so a day's bounces are
measured against that day's mail. SES reviews an account at 5 % bounces or 0.1 % complaints, and may stop
it at 10 % or 0.5 %; Gmail and Yahoo ask for complaints below 0.3 %. Samovar stops before any of them does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Final, Literal

from functions.core.identity import normal_email

Count = Literal["sent", "delivered", "bounced", "soft", "complained", "rejected", "delayed"]
"""What a report counts as. "bounced" is for good; "soft" what may go well another time."""

ALL: Final = "*"
"""Stands for every domain together."""
OTHER: Final = "?"
"""Stands for the domain of what is no address."""
SAMOVAR: Final = "samovar"
"""By whom sending was paused, where no person did it."""
WINDOW: Final = 7
"""Days that are looked at, today among them."""

_NOTHING: Final[Mapping[str, "Counts"]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Counts:
    """How many mails of one day. `excused_…` are those among bounced and complained whose mail went out
    before a person said that sending may go on: they were known of then."""

    sent: int = 0
    delivered: int = 0
    bounced: int = 0
    soft: int = 0
    complained: int = 0
    rejected: int = 0
    delayed: int = 0
    excused_bounced: int = 0
    excused_complained: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    def __sub__(self, other: "Counts") -> "Counts":
        return Counts(*(max(0, getattr(self, one.name) - getattr(other, one.name)) for one in fields(self)))

    @property
    def tried(self) -> int:
        """How many mails rates are measured against; reports of sending may be missing."""
        return max(self.sent, self.delivered + self.bounced + self.soft + self.rejected)

    def rate(self, of: Literal["bounced", "complained"]) -> float:
        """Share of bounces or complaints, between 0 and 1."""
        return min(1.0, getattr(self, of) / self.tried) if self.tried else 0.0


@dataclass(frozen=True, slots=True)
class Limit:
    """At least so many, and at least such a share, of the mail of some days."""

    of: Literal["bounced", "complained"]
    rate: float
    at_least: int
    days: Literal[1, 7]


PAUSE: Final = (
    Limit("bounced", 0.08, 10, 1),
    Limit("bounced", 0.04, 10, 7),
    Limit("complained", 0.005, 5, 1),
    Limit("complained", 0.003, 5, 7),
)
"""At any of these marketing is paused. The numbers beside the rates are for small senders, whose one bounce
in three mails says nothing; the single day is for large ones, whose one bad list would drown in a good week."""
WATCH: Final = (Limit("bounced", 0.02, 5, 7), Limit("complained", 0.001, 2, 7))
"""At any of these somebody should look."""

_SAID: Final = {
    "bounced": ("bounced for good", "SES reviews an account at 5 % and may stop it at 10 %"),
    "complained": ("were marked as spam", "Gmail asks for less than 0.3 %, and SES may stop an account at 0.5 %"),
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the counts amount to, and why in words ("" where all is well)."""

    state: Literal["ok", "watch", "pause"]
    why: str = ""


def domain_of(address: str) -> str:
    """The domain of an address in the form in which domains are compared, OTHER for what is no address."""
    return (normal_email(address) or "").rpartition("@")[2] or OTHER


def day_of(moment: int) -> str:
    """The day (UTC, as 2026-12-01) on which a mail of this moment (ms) counts."""
    return datetime.fromtimestamp(moment / 1000, UTC).date().isoformat()


def window(now: int, days: int = WINDOW) -> list[str]:
    """The days that end with today, the latest first."""
    today = date.fromisoformat(day_of(now))
    return [(today - timedelta(days=back)).isoformat() for back in range(days)]


def judge(counted: Mapping[str, Counts], now: int, excused: Mapping[str, Counts] = _NOTHING) -> Verdict:
    """What the days up to `now` (ms) say. `excused` had been counted when a person let sending go on: what
    was known then is no reason to stop again."""
    days = [_since(counted.get(day, Counts()), excused.get(day, Counts())) for day in window(now)]
    for limit in PAUSE:
        why = _over(limit, days)
        if why:
            return Verdict("pause", why)
    return next((Verdict("watch", why) for limit in WATCH if (why := _over(limit, days))), Verdict("ok"))


def _since(counts: Counts, excused: Counts) -> Counts:
    more = counts - excused
    return more - Counts(bounced=more.excused_bounced, complained=more.excused_complained)


def _over(limit: Limit, days: Sequence[Counts]) -> str:
    """Why a limit is reached, "" where it isn't. What was sent before midnight bounces after it: a single
    day is today or yesterday."""
    if limit.days == 1:
        spans = [("on one day", day) for day in days[:2]]
    else:
        spans = [("in the last seven days", sum(days, Counts()))]
    for when, counts in spans:
        many = getattr(counts, limit.of)
        if many >= limit.at_least and counts.rate(limit.of) >= limit.rate:
            what, others = _SAID[limit.of]
            said = f"{many:,} of {counts.tried:,} mails sent {when} {what} ({percent(counts.rate(limit.of))})"
            return f"{said}; the limit is {percent(limit.rate)}, and {others}"
    return ""


def percent(rate: float) -> str:
    """A rate as people read it: "4 %", "0.35 %"."""
    shown = f"{rate * 100:.2f}" if rate < 0.01 else f"{rate * 100:.1f}"
    return f"{shown.rstrip('0').rstrip('.')} %"


def letter(why: str) -> tuple[str, str]:
    """Subject and text of the mail that says that marketing was paused, and what to do."""
    text = f"""What happened: {why}.

What it means: Samovar has paused marketing messages. What was on its way waits and is not lost. Mail about
something that people did, such as orders, still goes out. Addresses that bounced for good or complained
already get nothing more.

What to do: `samovar doctor` shows the rates by day and by domain. Find the list, form or import that
brought these addresses, and leave those people out. Then run `samovar resume marketing`: messages go on
within minutes, and what was counted until then is not held against you again.
"""
    return "Samovar paused marketing messages", text
