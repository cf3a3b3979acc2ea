"""The books of a batch of reports: what became of each day's mail, and the brake when too much goes wrong."""

from collections import defaultdict
from typing import Final

from functions import alerts
from functions.core import reputation
from functions.core.feedback import Report
from functions.core.pauses import EVERYTHING, MARKETING, Pause, Pauses
from functions.core.reputation import ALL, SAMOVAR, Counts
from functions.http import where
from functions.observability import logger, metric
from functions.tables import pauses
from functions.tables import reputation as table

_EVIDENCE: Final = ("bounced", "complained")
TELLING_MS: Final = 60_000
"""Whoever began a pause has told of it after so long, or never will: then the next one does."""


class Books:
    """What the new reports of a batch count as. Closed once, at the end: a write for each day and domain."""

    def __init__(self) -> None:
        self._noted: list[Report] = []

    def note(self, report: Report) -> None:
        """Count a report that is new."""
        if report.counts is not None:
            self._noted.append(report)

    def close(self, now: int) -> None:
        """Write the counts, and pause marketing where they say so. What fails is logged: reports that were handled
        must not come again for it."""
        try:
            self._close(now)
        except Exception as error:
            logger.error("reports not counted", error=type(error).__name__, where=where(error))
            metric("CountsLost")

    def _close(self, now: int) -> None:
        alarming = any(report.counts in _EVIDENCE for report in self._noted)
        standing = pauses.get() if alarming else Pauses()
        added: defaultdict[tuple[str, str], Counts] = defaultdict(Counts)
        for report in self._noted:
            for domain in report.domains:
                counts = _counts(report, standing)
                added[reputation.day_of(report.sent), domain] += counts
                added[reputation.day_of(report.sent), ALL] += counts
        table.add_each(added)
        if alarming:
            _brake(standing, now)


def _counts(report: Report, standing: Pauses) -> Counts:
    counts = Counts(**{str(report.counts): 1})
    if report.counts in _EVIDENCE and report.sent <= standing.resumed:
        counts += Counts(**{f"excused_{report.counts}": 1})
    return counts


def _brake(standing: Pauses, now: int) -> None:
    pause = standing.standing(MARKETING, now)
    if pause is not None and pause.by == SAMOVAR and standing.told < pause.since <= now - TELLING_MS:
        _tell(pause)
    if pause is not None or standing.standing(EVERYTHING, now):
        return
    verdict = reputation.judge(table.totals(reputation.window(now)), now, standing.excused)
    if verdict.state != "pause":
        return
    pause = Pause(now, verdict.why, SAMOVAR)
    if pauses.hold(MARKETING, pause):
        metric("SendingPaused")
        _tell(pause)


def _tell(pause: Pause) -> None:
    alerts.tell(*reputation.letter(pause.why))
    pauses.note_told(pause.since)
