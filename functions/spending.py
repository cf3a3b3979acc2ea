"""What the month costs, gathered from what was counted and from what AWS counts by itself; kept for an hour.

One query says what went out on each day, two more for each campaign which of it was its own, and one call to
CloudWatch how many events were stored and how many waits began: metrics that AWS keeps for nothing.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Final

from functions import releases, settings
from functions.aws import cloudwatch
from functions.aws.cloudwatch import Metric, Unanswered
from functions.core import costs, foretold, occasions
from functions.core.campaign import MARK, Campaign
from functions.core.channels import BY_SMS, channel_and_template
from functions.core.costs import Reckoning, Usage
from functions.core.counting import BY
from functions.core.days import day_of, moment
from functions.core.release import Release
from functions.core.runs import Run
from functions.observability import logger
from functions.tables import campaigns, counts, spending

KEPT_MS: Final = 3_600_000
NEWEST: Final = 5
"""So many runs of a campaign are looked at: those under way are among them."""
_SENT: Final = "sent"

_EVENTS, _WAITS, _TEXTS = "events", "waits", "texts"


def reckoned(now: int) -> Reckoning:
    """What this month costs, as it was reckoned within the hour before `now` (ms). Raises NothingLive."""
    release = releases.live().release
    zone = release.sending.business.time_zone
    today = day_of(now, zone)
    kept = spending.held(today.isoformat()[:7])
    if kept is not None and now < kept.at + KEPT_MS:
        return kept
    found = costs.reckon(_counted(release, today, now), today, now, _passed(today, zone, now))
    spending.keep(found, now)
    return found


def _passed(today: date, zone: str, now: int) -> float:
    begins, ends = _begins(costs.first_of(today), zone), _begins(costs.last_of(today) + timedelta(days=1), zone)
    return (now - begins) / (ends - begins)


def _begins(day: date, zone: str) -> int:
    return moment(datetime.combine(day, time()), zone)


def _counted(release: Release, today: date, now: int) -> Usage:
    first = costs.looked_at_from(today)
    messages = _messages(first, today)
    told = _told_by_aws(first, today)
    theirs: dict[str, Counter[date]] = {}
    coming: Counter[str] = Counter()
    unforetold = []
    plans = {plan.campaign: plan.mark for plan in campaigns.plans()}
    for id, mark in sorted(plans.items()):
        decided = _of_campaign(id, first, today, theirs)
        definition = release.campaigns.get(id)
        if definition is None:
            continue
        channel, _ = channel_and_template(definition.send)
        more = _coming(definition, campaigns.runs_of(id, newest=NEWEST), mark, release, today, decided)
        if more is None:
            unforetold.append(id)
        else:
            coming[channel] += more
    texts, by = costs.texts_of(told.get(_TEXTS), messages.get(BY_SMS, {}), release.sending.sms.price, today)
    # AWS's days without anything are absent: a deployment with a past of its own has events on some day.
    events = told.get(_EVENTS) or None
    known = [day for days in (*messages.values(), told.get(_EVENTS, {})) for day, many in days.items() if many]
    return Usage(
        messages=messages,
        campaigns=theirs,
        events=events,
        waits=told.get(_WAITS, {}) if events else None,
        begun=min(known, default=today),
        foretold={channel: many for channel, many in coming.items() if many},
        unforetold=tuple(unforetold),
        text=texts,
        text_by=by,
    )


def _messages(first: date, last: date) -> dict[str, Counter[date]]:
    found: dict[str, Counter[date]] = {}
    for (day, channel), numbers in counts.of("mail", first.isoformat(), last.isoformat()).items():
        if numbers[_SENT]:
            found.setdefault(channel, Counter())[date.fromisoformat(day)] += numbers[_SENT]
    return found


def _of_campaign(id: str, first: date, last: date, theirs: dict[str, Counter[date]]) -> Counter[str]:
    """How many messages were decided in each run of a campaign; what it sent is added to `theirs`, by channel."""
    decided: Counter[str] = Counter()
    for (day, run), numbers in counts.of(f"journey/{MARK}{id}", first.isoformat(), last.isoformat()).items():
        decided[run] += numbers["decided"]
        for measure, many in numbers.items():
            if measure.startswith(BY):
                theirs.setdefault(measure.removeprefix(BY), Counter())[date.fromisoformat(day)] += many
    return decided


def _coming(
    definition: Campaign, runs: list[Run], mark: int | None, release: Release, today: date, decided: Counter[str]
) -> int | None:
    """How many messages a campaign still brings this month; None where it runs and nothing was ever foretold of it."""
    zone = release.sending.business.time_zone
    until = _begins(costs.last_of(today) + timedelta(days=1), zone)
    counted = [run for run in runs if run.counts]
    open_runs = [run for run in runs if run.open and run.at < until]
    under_way = sum(max(0, foretold.going(run) - decided[run.run]) for run in open_runs)
    uncounted = sum(not run.counts for run in open_runs) + len(list(_occasions(definition, mark, zone, until)))
    if not uncounted:
        return under_way
    return under_way + uncounted * foretold.going(max(counted, key=lambda run: run.begun)) if counted else None


def _occasions(definition: Campaign, mark: int | None, zone: str, until: int) -> Iterator[int]:
    while mark is not None and mark < until:
        yield mark
        following = occasions.following(definition, mark, zone)
        mark = following.mark if following else None


def _told_by_aws(first: date, last: date) -> Mapping[str, Mapping[date, float]]:
    """What AWS counted by day: writes to the events' table, of which an event is one; waits that began; and what text
    messages have cost since their month began. Nothing where it doesn't answer."""
    asked = {
        _EVENTS: Metric("AWS/DynamoDB", "ConsumedWriteCapacityUnits", "Sum", {"TableName": settings.events_table()}),
        _WAITS: Metric("AWS/States", "ExecutionsStarted", "Sum", {"StateMachineArn": settings.state_machine_arn()}),
        _TEXTS: Metric("AWS/SNS", "SMSMonthToDateSpentUSD", "Maximum"),
    }
    try:
        return cloudwatch.by_day(asked, first, last)
    except Unanswered as error:
        logger.warning("what AWS counted is not known", error=str(error))
        return {}


def senders(now: int) -> list[tuple[str, int]]:
    """Journeys and campaigns, in words, with how many messages each sent this month; the most first. A query each."""
    release = releases.live().release
    today = day_of(now, release.sending.business.time_zone)
    days = costs.first_of(today).isoformat(), today.isoformat()
    found = []
    for kind, ids, mark in (("journey", release.journeys, ""), ("campaign", release.campaigns, MARK)):
        for id in ids:
            numbers = counts.over_days(f"journey/{mark}{id}", *days).values()
            found.append((f"{kind} {release.present_name(kind, id)}", sum(one[_SENT] for one in numbers)))
    return sorted(found, key=lambda one: (-one[1], one[0]))
