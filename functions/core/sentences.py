"""Conditions in plain English, for people who ask what a definition means.

A sentence leaves out its subject: "has bought (Order Completed) at least 3 times in the last
30 days". Things are called by their titles where they have one, by their ids otherwise.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, assert_never

from functions.core import conditions as c
from functions.core import event as names
from functions.core.comparisons import Comparison
from functions.core.definition import spell_duration
from functions.core.phrases import bounds_of, in_the_last, joined, of_comparison, shown, spaced
from functions.core.release import Release

_DONE: Final[Mapping[str, str]] = {
    names.PAGE_VIEWED: "seen a page",
    names.SCREEN_VIEWED: "seen a screen",
    names.FORM_SUBMITTED: "sent a form",
    names.SUBSCRIPTION_CONFIRMED: "confirmed a subscription",
    names.UNSUBSCRIBED: "unsubscribed",
    names.PREFERENCES_CHANGED: "changed what they want to be sent",
    names.EMAIL_SENT: "been sent an e-mail",
    names.EMAIL_DELIVERED: "received an e-mail",
    names.EMAIL_OPENED: "opened an e-mail",
    names.EMAIL_CLICKED: "clicked a link in an e-mail",
    names.EMAIL_BOUNCED: "had an e-mail bounce",
    names.EMAIL_COMPLAINED: "called an e-mail spam",
    "Order Completed": "bought",
    "Order Refunded": "got a refund",
    "Checkout Started": "started a checkout",
    "Product Viewed": "looked at a product",
    "Product Added": "put a product into the cart",
    "Products Searched": "searched for products",
    "Signed Up": "signed up",
    "Signed In": "signed in",
}


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence and its opposite. `composed`: it needs brackets inside another one."""

    yes: str
    no: str
    composed: bool = False


def sentence(condition: c.Condition, release: Release) -> str:
    """What a condition asks, as a predicate about a person."""
    return _said(condition, release).yes


def of_match(match: c.EventMatch, release: Release) -> str:
    """Which events are meant, such as "Page Viewed where path is /first-flush"."""
    form = f" of the form {_form(match.form, release)}" if match.form else ""
    return f"{match.event}{form}{_where(match)}"


def _said(condition: c.Condition, release: Release) -> _Said:
    match condition:
        case c.AllCondition():
            return _composed([_said(part, release) for part in condition.all], "and")
        case c.AnyCondition():
            return _composed([_said(part, release) for part in condition.any], "or")
        case c.NotCondition():
            inner = _said(condition.not_, release)
            return _Said(inner.no, inner.yes, inner.composed)
        case c.EventCondition():
            return _event(condition, release)
        case c.ScoreCondition():
            score = release.scoring.scores.get(condition.score)
            points = "at least" if condition.at_least is not None else "fewer than"
            number = condition.at_least if condition.at_least is not None else condition.below
            return _verb(
                "has",
                "does not have",
                f"{points} {_points(number or 0)} in {_called(condition.score, score.title if score else '')}",
            )
        case c.TemperatureCondition():
            return _verb("is", "is not", joined(condition.wanted, "or"))
        case c.GradeCondition():
            return _verb("has", "does not have", f"the grade {joined(condition.wanted, 'or')}")
        case c.StageCondition():
            return _verb("stands", "does not stand", _stage(condition, release))
        case c.TagCondition():
            return _verb("carries", "does not carry", f"the tag {shown(condition.tag)}")
        case c.TraitCondition():
            return _trait(condition)
        case c.ConsentCondition():
            title = next((topic.title for topic in release.sending.topics if topic.id == condition.consent), "")
            topic = _called(condition.consent, title)
            return _Said(f"agreed to {topic}", f"has not agreed to {topic}")
        case c.SegmentCondition():
            segment = release.segments.get(condition.segment)
            title = segment.title if segment else ""
            return _verb("is", "is not", f"in the segment {_called(condition.segment, title)}")
        case c.EmailCondition():
            return _email(condition)
        case c.JourneyCondition():
            return _journey(condition, release)
        case c.OpenedCondition():
            message = f"opened the message of step {condition.opened}"
            return _Said(f"has {message}", f"has not {message}")
        case c.ClickedCondition():
            message = f"clicked a link in the message of step {condition.clicked}"
            return _Said(f"has {message}", f"has not {message}")
        case _:
            assert_never(condition)


def _verb(yes: str, no: str, rest: str) -> _Said:
    return _Said(f"{yes} {rest}", f"{no} {rest}")


def _composed(parts: list[_Said], word: str) -> _Said:
    if len(parts) == 1:
        return parts[0]
    yes = joined([f"({part.yes})" if part.composed else part.yes for part in parts], word)
    either = "either " if word == "or" else ""
    return _Said(f"{either}{yes}", f"it is not so that ({either}{yes})", composed=True)


def _event(condition: c.EventCondition, release: Release) -> _Said:
    done = _done(condition, release)
    if condition.sum is not None:
        bounds = joined(_numbers(condition), "and")
        what = f"a “{condition.sum}” of {of_match(condition, release)} that adds up to {bounds}"
        what += in_the_last(condition.within)
        return _verb("has", "does not have", what)
    if period := condition.first or condition.last:
        what = f"{done} for the {'first' if condition.first else 'last'} time {_period(period)}"
        return _verb("has", "has not", what)
    window = in_the_last(condition.within)
    never = f"has not {done}{window}" if window else f"has never {done}"
    if condition.never or condition.at_most == 0:
        return _Said(never, f"has {done}{window}")
    if condition.at_most is None and condition.at_least in (None, 1):
        return _Said(f"has {done}{window}", never)
    if condition.at_least == condition.at_most:
        often = f"exactly {_times(condition.at_least)}"
    else:
        low = f"at least {_times(condition.at_least)}" if condition.at_least is not None else ""
        high = f"at most {_times(condition.at_most)}" if condition.at_most is not None else ""
        often = joined([part for part in (low, high) if part], "and")
    return _verb("has", "has not", f"{done} {often}{window}")


def _done(match: c.EventMatch, release: Release) -> str:
    """The participle of what happened, with the event's name wherever the words are ours."""
    where = _where(match)
    if match.form and match.event == names.FORM_SUBMITTED:
        return f"sent the form {_form(match.form, release)}" + (f" ({where.strip()})" if where else "")
    form = f" of the form {_form(match.form, release)}" if match.form else ""
    verb = _DONE.get(match.event)
    return (
        f"{verb} ({match.event}{form}{where})"
        if verb
        else f"done “{match.event}”{form}" + (f" ({where.strip()})" if where else "")
    )


def _where(match: c.EventMatch) -> str:
    said = [
        of_comparison(shown(name), wanted) if isinstance(wanted, Comparison) else f"{shown(name)} is {shown(wanted)}"
        for name, wanted in match.where.items()
    ]
    return f" where {joined(said, 'and')}" if said else ""


def _form(name: str, release: Release) -> str:
    form = release.forms.get(name)
    return _called(name, form.title if form else "")


def _numbers(condition: c.EventCondition) -> list[str]:
    bounds = {
        "at least": condition.at_least,
        "at most": condition.at_most,
        "more than": condition.above,
        "less than": condition.below,
    }
    return [f"{word} {shown(number)}" for word, number in bounds.items() if number is not None]


def _period(period: c.Period) -> str:
    said = []
    if period.within is not None:
        said.append(in_the_last(period.within).strip())
    if period.longer_ago_than is not None:
        said.append(f"more than {spell_duration(period.longer_ago_than)} ago")
    if period.before is not None:
        said.append(f"before {shown(period.before)}")
    if period.after is not None:
        said.append(f"after {shown(period.after)}")
    return joined(said, "and")


def _times(count: float | None) -> str:
    return "once" if count == 1 else f"{shown(count)} times"


def _points(number: int) -> str:
    return "1 point" if number == 1 else f"{number} points"


def _stage(condition: c.StageCondition, release: Release) -> str:
    titles = {stage.id: stage.title for stage in release.funnel.stages}
    stages = joined([_called(name, titles.get(name, "")) for name in condition.wanted], "or")
    later = " or later" if condition.or_later else ""
    long = f" for at least {spell_duration(condition.for_at_least)}" if condition.for_at_least else ""
    return f"at the stage {stages}{later}{long}"


def _trait(condition: c.TraitCondition) -> _Said:
    name = "their " + spaced(condition.trait)
    yes = of_comparison(name, condition)
    bounds = bounds_of(condition)
    return _Said(yes, f"{name} {bounds[0][1]}" if len(bounds) == 1 else f"it is not so that ({yes})")


def _email(condition: c.EmailCondition) -> _Said:
    email = f"the e-mail “{condition.email}”"
    link = f" with {shown(condition.link)} in its address" if condition.link is not None else ""
    what = {
        "sent": f"been sent {email}",
        "delivered": f"received {email}",
        "opened": f"opened {email}",
        "clicked": f"clicked a link{link} in {email}",
        "bounced": f"had {email} bounce",
    }[condition.was]
    return _verb("has", "has not", what + in_the_last(condition.within))


def _journey(condition: c.JourneyCondition, release: Release) -> _Said:
    journey = release.journeys.get(condition.journey)
    name = f"the journey {_called(condition.journey, journey.title if journey else '')}"
    match condition.was:
        case None:
            return _verb("is", "is not", f"in {name} now")
        case "entered":
            what = f"entered {name}"
        case "ended":
            what = f"come out of {name}"
        case "finished":
            what = f"finished {name}"
        case "exited":
            what = f"left {name} before its end"
        case "goal":
            what = f"reached the goal of {name}"
        case _:
            assert_never(condition.was)
    return _verb("has", "has not", what + in_the_last(condition.within))


def _called(name: str, title: str) -> str:
    return f"“{title or name}”"
