"""Two contacts that are one person: counters add, registers join."""

from collections.abc import Mapping
from dataclasses import replace

from functions.core.attribution import earlier, later
from functions.core.contact import ConsentFacts, Contact, Facts, MessageFacts, Moment
from functions.core.counters import Counters
from functions.core.facts import newest_traits, remembered
from functions.core.folding import later_stage, newest_messages, newest_tags, pruned


def joined(one: Contact, other: Contact, counters: Counters) -> Contact:
    """`one` with the facts, traits and positions of `other`; where `one` stands stays.

    Both must be folded under `counters`, from sources that they don't share. Then the result
    has the facts that a rebuild from the events of both would make.
    """
    mine, theirs = one.state, other.state
    positions = dict(mine.positions)
    for source, (position, seen) in theirs.positions.items():
        held = positions.get(source, (-1, 0))
        positions[source] = (max(held[0], position), max(held[1], seen))
    kept, fence = remembered(positions, max(mine.fence, theirs.fence))
    facts = _facts(mine.facts, theirs.facts, counters)
    traits = dict(one.profile.traits)
    for name, (rank, value) in other.profile.traits.items():
        if name not in traits or traits[name][0] < rank:
            traits[name] = (rank, value)
    return Contact(
        replace(
            mine,
            facts=facts,
            positions=kept,
            fence=fence,
            shared=newest_versions(mine.shared, theirs.shared),
            last_touch=later(mine.last_touch, theirs.last_touch),
        ),
        replace(
            one.profile,
            traits=newest_traits(traits),
            first_touch=earlier(one.profile.first_touch, other.profile.first_touch),
        ),
    )


def newest_versions(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """By which version of each shared browser's row the two of them know what is theirs."""
    return {browser: max(one.get(browser, 0), other.get(browser, 0)) for browser in {**one, **other}}


def _facts(one: Facts, other: Facts, counters: Counters) -> Facts:
    last = max((moment for moment in (one.last, other.last) if moment is not None), default=None)
    return Facts(
        pruned(_sum(one, other), last, counters),
        _newest(one, other, counters),
        newest_tags(
            {
                tag: max(facts.tags[tag] for facts in (one, other) if tag in facts.tags)
                for tag in {**one.tags, **other.tags}
            }
        ),
        newest_messages(_messages(one, other)),
        _consents(one, other),
        _earlier(one.first, other.first),
        last,
        (min(one.skew[0], other.skew[0]), max(one.skew[1], other.skew[1])),
        {
            key: min(facts.earliest[key] for facts in (one, other) if key in facts.earliest)
            for key in {**one.earliest, **other.earliest}
        },
        later_stage(one.stage_set, other.stage_set),
    )


def _sum(one: Facts, other: Facts) -> dict[str, dict[int, int]]:
    counters = {key: dict(days) for key, days in one.counters.items()}
    for key, days in other.counters.items():
        held = counters.setdefault(key, {})
        for day, count in days.items():
            held[day] = held.get(day, 0) + count
    return counters


def _newest(one: Facts, other: Facts, counters: Counters) -> dict[str, tuple[Moment, ...]]:
    return {
        key: tuple(sorted({*one.newest.get(key, ()), *other.newest.get(key, ())})[-counters.by_id[key].newest :])
        for key in {**one.newest, **other.newest}
    }


def _messages(one: Facts, other: Facts) -> dict[str, MessageFacts]:
    messages = dict(one.messages)
    for message, done in other.messages.items():
        held = messages.get(message, done)
        opened, clicked = _earlier(held.opened, done.opened), _earlier(held.clicked, done.clicked)
        messages[message] = replace(held, opened=opened, clicked=clicked)
    return messages


def _consents(one: Facts, other: Facts) -> dict[str, ConsentFacts]:
    consents = dict(one.consents)
    for topic, said in other.consents.items():
        held = consents.get(topic, said)
        consents[topic] = ConsentFacts(max(held.granted, said.granted), max(held.withdrawn, said.withdrawn))
    return consents


def _earlier(one: int | None, other: int | None) -> int | None:
    return min((moment for moment in (one, other) if moment is not None), default=None)
