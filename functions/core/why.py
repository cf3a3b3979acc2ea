"""Why somebody has their points, grade, stage, tags and segments: every answer with the events behind it."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from functions.core.behaviour import ADDED, amount, match_of_added, matches
from functions.core.compare import value_at
from functions.core.conditions import Condition, EventMatch
from functions.core.contact import Contact
from functions.core.definition import spell_duration
from functions.core.evaluate import Seen, evaluate
from functions.core.event import IMPORTED, POINTS_ADDED, STAFF, STAGE_SET, TAG_ADDED, Event
from functions.core.folding import moment_of
from functions.core.release import Release
from functions.core.scoring import Rule, Score
from functions.core.sentences import of_match, sentence
from functions.core.standing import grade_at, stage_at, temperature_at
from functions.core.tags import tags_of
from functions.core.told import Told, told
from functions.core.views import BY_STEPS, Earned, earned, in_points, iso, local_day, points, worth


class UnknownSegment(ValueError):
    """No segment has that id."""


def why(
    contact: Contact, release: Release, events: Sequence[Event], now: int, segment: str | None = None
) -> dict[str, Any]:
    """Everything that `release` makes of a contact at `now` (ms), with its reasons; moments are UTC.

    `events` are those of the contact that count. Of the segments only `segment`, where it is given. Raises
    UnknownSegment.
    """
    return _Why(contact, release, events, now).told(segment)


def plain(one: Told) -> dict[str, Any]:
    """The verdict on a condition and on every part of it, as --json has it."""
    said: dict[str, Any] = {
        "sentence": one.sentence,
        "holds": one.holds,
        "until": _moment(one.until),
        "saw": one.saw,
    }
    return {**said, "parts": [plain(part) for part in one.parts]} if one.parts else said


class _Why:
    def __init__(self, contact: Contact, release: Release, events: Sequence[Event], now: int) -> None:
        self.contact, self.release, self.now = contact, release, now
        self.events = sorted(events, key=moment_of)
        self.seen = Seen(contact, release)
        self.zone = release.sending.business.time_zone
        self.today = local_day(now, self.zone)

    def told(self, segment: str | None) -> dict[str, Any]:
        names, called = list(self.release.segments), segment
        segment = None if called is None else self.release.first_name("segment", called)
        if segment is not None and segment not in names:
            known = ", ".join(self.release.present_name("segment", one) for one in names) or "none is defined"
            raise UnknownSegment(f'there is no segment "{called}": {known}')
        return {
            "scores": {name: self._score(name, score) for name, score in self.release.scoring.scores.items()},
            "temperature": self._temperature(),
            "grade": self._grade(),
            "stage": self._stage(),
            "tags": self._tags(),
            "segments": [self._segment(name) for name in names if segment in (None, name)],
        }

    def _score(self, name: str, score: Score) -> dict[str, Any]:
        facts = self.contact.state.facts
        days: dict[str, list[Earned]] = defaultdict(list)
        for one in earned(facts, name, score, self.today, self.zone):
            days[one.rule].append(one)
        rules = [self._rule(rule, days[rule.id]) for rule in score.rules if days[rule.id]]
        if days[BY_STEPS]:
            rules.append(self._added(name, score, days[BY_STEPS]))
        return {
            "title": score.title,
            "points": points(facts, name, score, self.today, self.zone),
            "halves_every": spell_duration(score.half_life),
            "rules": rules,
        }

    def _rule(self, rule: Rule, days: list[Earned]) -> dict[str, Any]:
        by_day: dict[int, list[Event]] = defaultdict(list)
        for event in self._matching(rule.when):
            by_day[local_day(event.at, self.zone)].append(event)
        found: list[dict[str, Any]] = []
        for one in days:
            for number, event in enumerate(by_day[one.day]):
                counts = number < one.counted
                found.append(
                    {
                        "at": iso(event.at),
                        "event": event.ref,
                        "because": _because(rule.when, event),
                        "points": rule.points if counts else 0,
                        "left": round(one.left / one.counted, 1) if counts else 0.0,
                        "capped": not counts,
                    }
                )
        return {
            "rule": rule.id,
            "when": of_match(rule.when, self.release),
            "points_each": rule.points,
            "counted": sum(one.counted for one in days),
            # The first of all outlives the days that are counted; events may go before those.
            "capped": max(sum(one.capped for one in days), sum(event["capped"] for event in found)),
            "left": round(sum(one.left for one in days), 1),
            "events": found,
        }

    def _added(self, name: str, score: Score, days: list[Earned]) -> dict[str, Any]:
        """What steps of journeys added, as if by a rule whose events give different points."""
        shown = {one.day for one in days}
        found: list[dict[str, Any]] = []
        for event in self._matching(match_of_added(name)):
            day, given = local_day(event.at, self.zone), in_points(amount(event, ADDED))
            if day in shown:
                found.append(
                    {
                        "at": iso(event.at),
                        "event": event.ref,
                        "because": _because_of_step(event),
                        "points": given,
                        "left": round(worth([(day, given)], score, self.today), 1),
                        "capped": False,
                    }
                )
        return {
            "rule": "steps",
            "when": f"a step of a journey added points ({POINTS_ADDED})",
            "points_each": None,
            "counted": len(found),
            "capped": 0,
            "left": round(sum(one.left for one in days), 1),
            "events": found,
        }

    def _temperature(self) -> dict[str, Any]:
        stands, until = temperature_at(self.contact, self.release, self.now)
        standing = self.contact.state.standing
        since = standing.since if standing.temperature == stands else self.now
        return {"band": stands, "since": _moment(since), "cools": _moment(until)}

    def _grade(self) -> dict[str, Any] | None:
        grade = self.release.scoring.grade
        if grade is None:
            return None
        letter, until = grade_at(self.release, self._holds)
        rules = []
        for rule in grade.rules:
            one = told(rule.when, self.seen, self.now)
            said = sentence(rule.when, self.release)
            rules.append({"rule": rule.id, "points": rule.points, **plain(one), "sentence": said})
        return {
            "letter": letter,
            "points": sum(rule["points"] for rule in rules if rule["holds"]),
            "needed": {"A": grade.a, "B": grade.b, "C": grade.c},
            "until": _moment(until),
            "rules": rules,
        }

    def _stage(self) -> dict[str, Any] | None:
        funnel = self.release.funnel
        if not funnel.stages:
            return None
        standing = self.contact.state.standing
        stage, until = stage_at(self.contact.state, self.release, self._holds)
        stages = [
            {
                "id": one.id,
                "title": one.title,
                "entered": _moment(standing.stages.get(one.id)),
                "holds": self._holds(one.when).holds,
                "sentence": sentence(one.when, self.release),
            }
            for one in funnel.stages
        ]
        told = {"id": stage, "entered": _moment(standing.stages.get(stage)), "until": _moment(until)}
        return {**told, "put": self._put(), "stages": stages}

    def _put(self) -> dict[str, Any] | None:
        """The stage that the contact was put at last, which counts as reached."""
        put = self.contact.state.facts.stage_set
        if put is None:
            return None
        moment, stage = put
        event = next((one for one in self.events if one.name == STAGE_SET and moment_of(one) == moment), None)
        return {"id": stage, "at": iso(moment.at), "because": _because_of_step(event) if event else {}}

    def _tags(self) -> list[dict[str, Any]]:
        facts = self.contact.state.facts
        found = []
        for tag, (moment, held) in sorted(facts.tags.items()):
            if held:
                event = next((one for one in self.events if moment_of(one) == moment), None)
                found.append(
                    {"tag": tag, "since": iso(moment.at), "by": self._giver(tag, event), "event": event and event.ref}
                )
        return found

    def _giver(self, tag: str, event: Event | None) -> str:
        """What put a tag there, in words."""
        if event is None:
            return "an event that is no longer kept"
        for rule in self.release.scoring.tags:
            if tag in tags_of(event, [rule], self.zone):
                source = f" ({rule.from_}: {value_at(event.properties, rule.from_)})" if rule.from_ else ""
                return f"rule {rule.id}: {event.name}{source}"
        if event.name == TAG_ADDED and event.properties.get("journey"):
            return f"journey {event.properties['journey']}, step {event.properties.get('step')}"
        if event.name == TAG_ADDED and STAFF in event.properties:
            return "somebody of the staff, by hand"
        if event.name == IMPORTED and isinstance(event.properties.get("import"), str):
            return f"import {event.properties['import']}, row {event.properties.get('row')}"
        return f"{event.name}, by a rule that is gone" if event.name != TAG_ADDED else event.name

    def _segment(self, name: str) -> dict[str, Any]:
        segment = self.release.segments[name]
        one = told(segment.when, self.seen, self.now)
        return {
            "id": name,
            "title": segment.title,
            "in": one.holds,
            "since": _moment(self.contact.state.standing.segments.get(name)),
            "asks": sentence(segment.when, self.release),
            "why": plain(one),
        }

    def _matching(self, match: EventMatch) -> list[Event]:
        return [event for event in self.events if matches(match, event, self.zone)]

    def _holds(self, condition: Condition) -> Any:
        return evaluate(condition, self.seen, self.now)


def _because(match: EventMatch, event: Event) -> dict[str, Any]:
    """The properties that made an event match, with their values."""
    looked = {name: value_at(event.properties, name) for name in match.where}
    return {"form": match.form, **looked} if match.form else looked


def _because_of_step(event: Event) -> dict[str, Any]:
    return {name: event.properties[name] for name in ("journey", "step") if name in event.properties}


def _moment(at: int | None) -> str | None:
    return iso(at) if at else None
