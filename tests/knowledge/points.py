"""Points by the raw events: naively, day by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from math import floor, fsum

from functions.core.scoring import Rule
from tests.knowledge.calendar import local_date
from tests.knowledge.past import Known, Past

DAY = 86_400
DROPPED_HALF_LIVES = 10
"""Points of days that are older may be left out: it is said that they are below a thousandth."""


class Undecided(Exception):
    """The answer hangs on points so old that they may be left out."""


class Scored(Past):
    """A past, and the points it is worth."""

    def points(self, score: str, now: int) -> int:
        """Whole points, never below zero; 0 for a score that there isn't. Raises Undecided."""
        least, most = self._once(now, f"points {score}", lambda now: self._points(score, now))
        if least != most:
            raise Undecided(score)
        return least

    def _points(self, score: str, now: int) -> tuple[int, int]:
        """The least and the most that they can be: of each rule, days that may be left out count or don't, for
        another score may still ask for them."""
        rules = self.release.scoring.scores.get(score)
        if rules is None:
            return 0, 0
        today, half_life = local_date(now, self.zone), rules.half_life / DAY
        active = [one.day for one in self.known(now) if one.event.context.get("active", True)]
        oldest = max(active) - timedelta(days=DROPPED_HALF_LIVES * rules.half_life // DAY) if active else date.min

        def left(rule: Rule, after: date) -> float:
            given = self.given(rule, now, after)
            return fsum(rule.points * count * 0.5 ** ((today - day).days / half_life) for day, count in given)

        def added(after: date) -> float:
            given = [(known.day, known.event.properties["points"]) for known in self.added(score, now)]
            return fsum(points * 0.5 ** ((today - day).days / half_life) for day, points in given if day > after)

        either = [(left(rule, date.min), left(rule, oldest)) for rule in rules.rules]
        # No other score asks for these: what is older is left out for sure.
        either.append((added(oldest), added(oldest)))
        least, most = (max(0, floor(fsum(map(which, either)) + 1e-9)) for which in (min, max))
        return least, most

    def added(self, score: str, now: int) -> list[Known]:
        """The steps of journeys that added points to a score."""
        found = [
            known
            for known in self._named.get("Points Added", ())
            if known.since <= now and known.event.properties["score"] == score
        ]
        if found:
            self._note("points.added", sum(known.event.properties["points"] for known in found) > 0)
        return found

    def given(self, rule: Rule, now: int, after: date = date.min) -> Iterator[tuple[date, int]]:
        """How many events of each day give points."""
        events = self.happened(rule.when, now)
        if rule.once:
            if events:
                yield min(events, key=lambda one: one.order).day, 1
                self._note("rule.once", len(events) > 1)
            return
        days = Counter(known.day for known in events if known.day > after)
        weeks: Counter[tuple[int, int]] = Counter()
        months: Counter[tuple[int, int]] = Counter()
        caps = (("day", rule.at_most_per_day), ("week", rule.at_most_per_week), ("month", rule.at_most_per_month))
        for day in sorted(days):
            count = days[day]
            week, month = day.isocalendar()[:2], (day.year, day.month)
            taken = {"day": 0, "week": weeks[week], "month": months[month]}
            for name, cap in caps:
                if cap is not None:
                    self._note(f"rule.at_most_per_{name}", count > cap - taken[name])
                    count = min(count, cap - taken[name])
            weeks[week] += count
            months[month] += count
            if count:
                yield day, count
