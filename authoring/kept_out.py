"""Why a person is not in a journey: its trigger, its rules and its days, asked of what is known now."""

from collections.abc import Iterator, Sequence
from typing import Any, assert_never

from functions.core.admission import refused_again, refused_outside
from functions.core.conditions import Condition, ConsentCondition, EventMatch, SegmentCondition
from functions.core.contact import Contact, Decision
from functions.core.counters import matches
from functions.core.definition import spell_duration
from functions.core.enrollment import Enrollment, key_of
from functions.core.evaluate import Seen
from functions.core.event import JOURNEY_REQUESTED, LIVE, Event
from functions.core.journey import Becomes, Journey, Requested, Schedule
from functions.core.release import Release
from functions.core.sentences import of_match
from functions.core.telling import contact_that
from functions.core.told import told
from functions.core.views import iso
from functions.core.why import plain


def kept_out(
    name: str,
    journey: Journey,
    contact: Contact,
    release: Release,
    events: Sequence[Event],
    runs: Sequence[Enrollment],
    now: int,
) -> list[dict[str, Any]]:
    """What keeps a contact from entering a journey of the live `release` at `now` (ms): reasons, each with a code
    and a sentence, and with verdicts on its conditions where it has some. Of whoever has been in it, why not again.
    """
    return list(_KeptOut(name, journey, contact, release, events, now).reasons(runs))


class _KeptOut:
    def __init__(
        self, name: str, journey: Journey, contact: Contact, release: Release, events: Sequence[Event], now: int
    ) -> None:
        self.name, self.journey, self.release, self.now = name, journey, release, now
        self.seen = Seen(contact, release)
        self.events = sorted(events, key=lambda event: (event.at, event.ref))

    def reasons(self, runs: Sequence[Enrollment]) -> Iterator[dict[str, Any]]:
        start = self.journey.start
        if refused_outside(self.journey, None, self.release, self.now) == "ended":
            yield _reason("ended", f"its last day is over: from {self.journey.ends} on nobody enters")
        if runs:
            yield from self._again(runs[-1])
        else:
            yield from self._trigger()
        if start.only_if is not None:
            asked = self._asked(start.only_if)
            if not asked["holds"]:
                said = f"it is only for whom this holds of: {contact_that(start.only_if, self.release)}"
                yield _reason("only-if", said, asked)
        if not runs:
            yield from self._topic()

    def _again(self, last: Enrollment) -> Iterator[dict[str, Any]]:
        if self.journey.start.one_per != "contact":
            # What comes next may have another key.
            return
        again, began = self.journey.start.again, iso(last.entered)[:10]
        match refused_again(self.journey, last, Decision("", "trigger", self.name, self.now, "", "")):
            case "inside":
                yield _reason("inside", "the contact is in it now; there is one run at a time")
            case "again" if isinstance(again, int):
                said = f"it is taken again {spell_duration(again)} after the last run began, which is {began}"
                yield _reason("again", said)
            case "again":
                yield _reason("again", f"nobody takes it twice, and the last run began {began}")

    def _trigger(self) -> Iterator[dict[str, Any]]:
        when = self.journey.start.when
        match when:
            case EventMatch():
                yield from self._event(when)
            case Becomes():
                asked = self._asked(when.becomes)
                if not asked["holds"]:
                    said = f"it starts as soon as {contact_that(when.becomes, self.release)}, which is not so"
                    yield _reason("never-crossed", said, asked)
                else:
                    said = "what starts it holds, and did so when the journey was published, or came to by an import"
                    yield _reason("held-before", said, asked)
            case Schedule():
                segment = SegmentCondition(segment=when.segment)
                asked = self._asked(segment)
                if asked["holds"]:
                    said = f"the contact is in the segment {when.segment}, and it has not been {when.every} since"
                    yield _reason("not-yet", said, asked)
                else:
                    yield _reason("not-in-segment", f"the contact is not in the segment {when.segment}", asked)
            case Requested():
                if not any(self._requests(event) for event in self.events):
                    yield _reason("never-asked", "nobody and no step asked for it")
                else:
                    yield _reason("unknown", _NO_REASON)
            case _:
                assert_never(when)

    def _event(self, when: EventMatch) -> Iterator[dict[str, Any]]:
        zone = self.release.sending.business.time_zone
        found = [event for event in self.events if matches(when, event, zone)]
        said = of_match(when, self.release)
        if not found:
            alike = sum(event.name == when.event for event in self.events)
            others = f", though {when.event} did, {alike} time{'' if alike == 1 else 's'}" if alike else ""
            yield _reason("never-happened", f"{said} never happened{others}")
            return
        live = [event for event in found if event.cause == LIVE and not event.held]
        last = found[-1]
        if not live:
            yield _reason("not-live", f"{said} was imported or is still to be judged: such events start nobody")
        elif all(key_of(self.journey, event) is None for event in live):
            yield _reason("no-key", f"{said} does not say by what its runs are told apart")
        else:
            yield _reason("unknown", f"{said} happened last {iso(last.at)[:10]}. {_NO_REASON}")

    def _topic(self) -> Iterator[dict[str, Any]]:
        topic = next((one for one in self.release.sending.topics if one.id == self.journey.topic), None)
        if topic is None or topic.transactional:
            return
        asked = self._asked(ConsentCondition(consent=topic.id))
        if not asked["holds"]:
            said = f"messages about it would be withheld: the contact has not agreed to “{topic.title}”"
            yield _reason("topic", said, asked)

    def _requests(self, event: Event) -> bool:
        return event.name == JOURNEY_REQUESTED and event.properties.get("wanted") == self.name

    def _asked(self, condition: Condition) -> dict[str, Any]:
        return plain(told(condition, self.seen, self.now))


def _reason(code: str, says: str, asked: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"code": code, "says": says} | ({"asked": asked} if asked else {})


_NO_REASON = "Nothing that is known now keeps the contact out: perhaps the journey was not live then"
