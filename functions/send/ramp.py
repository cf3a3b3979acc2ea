"""How much marketing mail may go out today, where a new domain is warmed up, and on which day the others do.

Guarantees. Each day gives out its places once, over all workers: no more go out than it allows, by when they are
decided. What has none today is given one on the first later day with any left, and is not looked at before; whoever
misses that day (a pause, say) asks for another. A message that no day before its end has a place for is withheld.
A place is lost where whoever took it dies or fails, or where its message is withheld after all.
"""

from collections import defaultdict
from collections.abc import Mapping, MutableMapping, Sequence
from datetime import date, timedelta
from typing import Final

from functions.core import policy, warmup
from functions.core.channels import BY_EMAIL
from functions.core.days import day_of
from functions.core.message import Message, last_moment
from functions.core.policy import Allow, Case, Defer, Withhold
from functions.core.warmup import WarmUp
from functions.tables import reputation

REASON: Final = "warm-up"

Allowed = tuple[Case, Allow]
Waiting = tuple[Message, Withhold | Defer]


def granted(
    channel: str, allowed: Sequence[Allowed], now: int, places: MutableMapping[str, str]
) -> tuple[list[Allowed], list[Waiting]]:
    """Those of a channel's messages that may go out at `now` (ms), and what becomes of the others.

    `places` are the days on which this worker took places, by message id, also of messages whose rows say nothing of
    it yet: today's are added.
    """
    of_release: dict[str, list[Allowed]] = defaultdict(list)
    for case, allow in allowed:
        if channel == BY_EMAIL and case.release.sending.warm_up is not None and not allow.topic.transactional:
            of_release[case.message.release].append((case, allow))
    waits = list[Waiting]()
    for theirs in of_release.values():
        warm_up = theirs[0][0].release.sending.warm_up
        assert warm_up is not None
        asking = _Asking(warm_up, theirs[0][0].release.sending.business.time_zone, now, places)
        places.update(dict.fromkeys(asking.place(theirs), asking.today.isoformat()))
        waits += asking.waits
    beyond = {message.id for message, _ in waits}
    return [(case, allow) for case, allow in allowed if case.message.id not in beyond], waits


class _Asking:
    """Messages of one release that ask for a place at one moment."""

    def __init__(self, warm_up: WarmUp, zone: str, now: int, held: Mapping[str, str]) -> None:
        self._warm_up, self._zone, self._now, self._held = warm_up, zone, now, held
        self.today = day_of(now, zone)
        self.waits = list[Waiting]()

    def place(self, asking: Sequence[Allowed]) -> list[str]:
        """Give each a place, or none in time; the ids of those that got one of today's."""
        days, today = self._days(max(last_moment(case.message) for case, _ in asking)), self.today.isoformat()
        if days[0][1] is None:
            return []
        going = list[str]()
        left = [one for one in asking if self._day(one[0].message) != today and not self._comes_later(*one)]
        taken = reputation.taken(day.isoformat() for day, _ in days) if left else {}
        for day, places in days:
            if not left:
                break
            if places is not None and places <= taken.get(day.isoformat(), 0):
                continue
            if day == self.today and places is not None:
                number = reputation.take(today, len(left), places)
                going, left = [case.message.id for case, _ in left[:number]], left[number:]
            else:
                left = self._wait(left, day, places)
        return going

    def _days(self, latest: int) -> list[tuple[date, int | None]]:
        """The days to ask: to the first that begins after `latest` (ms), or to the end of the ramp."""
        days = list[tuple[date, int | None]]()
        for day, places in warmup.places(self._warm_up, self.today):
            days.append((day, places))
            if warmup.begins(day, self._zone) > latest:
                break
        return days

    def _day(self, message: Message) -> str | None:
        return self._held.get(message.id, message.warm_up_day)

    def _comes_later(self, case: Case, allow: Allow) -> bool:
        """Whether a message has its place already, and came up before: a second copy on the queue, say."""
        message = case.message
        if message.warm_up_day is None or message.warm_up_day <= self.today.isoformat():
            return False
        day = date.fromisoformat(message.warm_up_day)
        begins, due = warmup.begins(day, self._zone), message.due
        # What a pause had held is due before its day, in case it is lost on the queue.
        waited_for = due if due is not None and due >= begins else self._moment(case, allow, day)
        self.waits.append((message, Defer(waited_for or begins, REASON)))
        return True

    def _wait(self, left: Sequence[Allowed], day: date, places: int | None) -> list[Allowed]:
        """Let as many wait for a day as it has places; the others, but for those whose time is over by then."""
        moments, others = dict[str, int](), list[Allowed]()
        for case, allow in left:
            if warmup.begins(day, self._zone) > last_moment(case.message) - warmup.SLACK_MS:
                self.waits.append((case.message, Withhold("too-late", REASON)))
                continue
            at = self._moment(case, allow, day)
            if at is None and places is None:
                at = warmup.begins(day, self._zone)
            if at is not None:
                moments[case.message.id] = at
            others.append((case, allow))
        name = day.isoformat()
        number = len(moments) if places is None else reputation.take(name, len(moments), places)
        given = dict(list(moments.items())[:number])
        for case, _ in others:
            if case.message.id in given:
                self.waits.append((case.message, Defer(given[case.message.id], REASON, name)))
        return [one for one in others if one[0].message.id not in given]

    def _moment(self, case: Case, allow: Allow, day: date) -> int | None:
        """When on a day the message goes out, None where the hours are closed all day."""
        begins, ends = (warmup.begins(one, self._zone) for one in (day, day + timedelta(days=1)))
        last = min(ends, last_moment(case.message)) - warmup.SLACK_MS
        wished = min(last, warmup.wished(case.message.id, day, self._now, self._zone))
        found = (policy.opens(case, allow.topic, at) for at in (wished, begins))
        return next((at for at in found if at <= last), None)
