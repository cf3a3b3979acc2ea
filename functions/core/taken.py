"""A contact as a run of a journey knows them: what its own steps changed counts before it is scored. Pure.

Tags and traits do; points and stages count once they are scored, seconds later.
"""

from collections.abc import Mapping
from dataclasses import replace

from functions.core.contact import Contact, Moment, Rank
from functions.core.enrollment import Enrollment
from functions.core.journey import Journey
from functions.core.steps import Step, TagStep, Untag, Update
from functions.core.traits import normal
from functions.core.tree import walk


def known_to(contact: Contact, journey: Journey, enrollment: Enrollment) -> Contact:
    """The contact with the tags and traits that this run set, though their events are yet to be scored."""
    changing: Mapping[str, Step] = {
        step.id: step for step in walk(journey.steps) if isinstance(step, TagStep | Untag | Update)
    }
    for passed in enrollment.path if changing else ():
        if passed.step in changing:
            contact = with_step(contact, changing[passed.step], passed.at)
    return contact


def changed_by(step: Step) -> frozenset[str]:
    """What a step changes about a contact of which the latest word counts: a tag, traits, the stage."""
    match step:
        case TagStep():
            return frozenset({f"tag {step.tag}"})
        case Untag():
            return frozenset({f"tag {step.untag}"})
        case Update():
            traits = {f"trait {name}" for name in step.update.traits}
            return frozenset(traits | ({"stage"} if step.update.stage is not None else set()))
        case _:
            return frozenset()


def with_step(contact: Contact, step: Step, at: int) -> Contact:
    """The contact after a step was taken at a moment (ms)."""
    match step:
        case TagStep():
            return _with_tag(contact, step.tag, at, held=True)
        case Untag():
            return _with_tag(contact, step.untag, at, held=False)
        case Update() if step.update.traits:
            return _with_traits(contact, normal(step.update.traits), at)
        case _:
            return contact


def _with_tag(contact: Contact, tag: str, at: int, *, held: bool) -> Contact:
    facts = contact.state.facts
    known = facts.tags.get(tag)
    if known is not None and known[0].at >= at:
        return contact
    tagged = replace(facts, tags={**facts.tags, tag: (Moment(at, 0), held)})
    return replace(contact, state=replace(contact.state, facts=tagged))


def _with_traits(contact: Contact, traits: Mapping[str, object], at: int) -> Contact:
    profile, rank = contact.profile, Rank(True, Moment(at, 0))
    newer = {
        name: (rank, value)
        for name, value in traits.items()
        # Where mail goes is said by whoever owns the mailbox; an address that a journey says would never be folded.
        if name != "email" and (name not in profile.traits or profile.traits[name][0] < rank)
    }
    return replace(contact, profile=replace(profile, traits={**profile.traits, **newer})) if newer else contact
