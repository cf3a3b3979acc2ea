"""Joining two contacts: the loser points to the winner, who gets its facts, traits and identities."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from functions import clock, settings
from functions.aws import dynamodb
from functions.core.contact import Contact, Decision
from functions.core.counters import Counters
from functions.core.funnel import Funnel
from functions.core.identity import SELF, kind_of, own_ref
from functions.core.ids import decision_id
from functions.core.joining import joined, newest_versions
from functions.core.standing import joined_journeys, joined_stages
from functions.tables import caps, contacts, directory, identities
from functions.tables.contacts import PROFILE, STATE, partition
from functions.tables.due import shard
from functions.tables.identities import Contended

ATTEMPTS = 5
IDENTITIES_KEPT = 500
"""Anyone may claim a browser for an address: past so many, further browsers stay contacts of their own."""
BEFORE_MS = 60_000
"""Whoever merges took the time so much earlier at most, and is to find what it merged due already."""
MOVED_AT_ONCE = 90
"""So many identities fit into the transaction of a merge; whoever gathered more stays apart."""

NO_FUNNEL = Funnel()

May = Callable[[Contact, Contact], bool]


def always(loser: Contact, winner: Contact) -> bool:
    """Nothing speaks against joining the two."""
    return True


def merge(
    loser: str, winner: str, counters: Counters | None = None, may: May = always, funnel: Funnel = NO_FUNNEL
) -> bool:
    """Make the two one, in one transaction guarded by both versions; False where `may` says no (any more).

    The winner's facts are the sum of both where both were folded under `counters`; else they
    carry no spec, so that whoever touches it next, the sweep at the latest, rebuilds it from
    the events of all its sources. The loser leaves its segments, and its open runs are told to follow. At which
    stage of `funnel` the winner stands is decided anew, but never before where the loser stood if people only
    go forward. Merging again changes nothing.
    """
    for _ in range(ATTEMPTS):
        both = contacts.load([loser, winner])
        if both[loser].state.merged_into == winner:
            return True
        if any(one.state.merged_into is not None for one in both.values()):
            raise Contended(f"contact {loser} or {winner} was merged or erased meanwhile")
        if not _fits(both[loser], both[winner]) or not may(both[loser], both[winner]):
            return False
        try:
            dynamodb.transact(_operations(both[loser], both[winner], counters, funnel))
        except dynamodb.TransactionRefused:
            continue
        directory.leave(both[loser])
        return True
    raise Contended(f"contacts {loser} and {winner} could not be merged")


def is_full(contact: Contact) -> bool:
    """Whether a contact has as many identities as it may."""
    return len(contact.profile.identities) >= IDENTITIES_KEPT


def _fits(loser: Contact, winner: Contact) -> bool:
    moving, held = len(loser.profile.identities), len(winner.profile.identities)
    return moving <= MOVED_AT_ONCE and moving + held < IDENTITIES_KEPT


def _operations(loser: Contact, winner: Contact, counters: Counters | None, funnel: Funnel) -> list[dict[str, object]]:
    table = settings.contacts_table()
    listed = [ref for ref in loser.profile.identities if kind_of(ref) != SELF]
    # A browser that others use as well may be another's by now.
    moving = [ref for ref, identity in identities.read(listed).items() if identity.contact == loser.id]
    last = [contacts.decision_row(decision) for decision in _last_decisions(loser, winner.id)]
    handed_on = {":out": last, ":o": len(last)} if last else {}
    into = {"#into": "into"}
    return [
        dynamodb.update_op(
            table,
            (partition(loser.id), STATE),
            "SET #into = :winner, n = :next, v = :v"
            + (", #out = :out, o = :o REMOVE ds, du" if last else " REMOVE ds, du, #out, o"),
            condition=_guard(loser.state.version),
            names=into | {"#out": "out"},
            values=_versions(loser.state.version) | handed_on | {":winner": winner.id, ":v": contacts.VERSION},
        ),
        *_survive(loser, winner, counters, funnel),
        *(caps.touch_op(one.id) for one in (loser, winner)),
        # Whoever still takes the loser for the owner may not give it another identity.
        dynamodb.update_op(
            table,
            (partition(loser.id), PROFILE),
            "SET #into = :winner, n = :next, v = :v",
            condition=_guard(loser.profile.version),
            names=into,
            values=_versions(loser.profile.version) | {":winner": winner.id, ":v": contacts.VERSION},
        ),
        *(
            dynamodb.update_op(
                table,
                identities.key(ref),
                "SET contact = :winner",
                condition="contact = :loser",
                values={":winner": winner.id, ":loser": loser.id},
            )
            for ref in moving
        ),
    ]


def _survive(loser: Contact, winner: Contact, counters: Counters | None, funnel: Funnel) -> list[dict[str, object]]:
    """The winner's two rows."""
    table = settings.contacts_table()
    names = dict.fromkeys((*winner.profile.identities, *loser.profile.identities, own_ref(loser.id)))
    specs = {both.state.spec for both in (loser, winner) if both.state.version}
    if counters is not None and specs <= {counters.spec}:
        one = joined(winner, loser, counters)
        # Nobody has judged these facts: they are due, so that whoever touches them next judges everything. A release
        # that judged only one of the two has judged neither.
        judged = min((both.state.release for both in (loser, winner) if both.state.version), default=0)
        unjudged = {"seq": judged, "ds": shard(winner.id), "du": clock.now_ms() - BEFORE_MS}
        facts = contacts.facts_row(replace(one.state, spec=counters.spec)) | unjudged
    else:
        one, facts = winner, {"spec": "", "ds": shard(winner.id), "du": clock.now_ms()}
        if shared := newest_versions(winner.state.shared, loser.state.shared):
            facts["shared"] = shared
    facts |= contacts.stages_row(joined_stages(winner.state.standing, loser.state.standing, funnel))
    facts |= contacts.journeys_row(joined_journeys(winner.state.standing, loser.state.standing))
    profile = replace(one.profile, identities=tuple(names))
    version = winner.profile.version
    return [
        dynamodb.update_op(
            table,
            (partition(winner.id), STATE),
            "SET n = :next, v = :v, " + ", ".join(f"#{name} = :{name}" for name in facts) + " REMOVE #out, o",
            condition=_guard(winner.state.version),
            names={"#out": "out"} | {f"#{name}": name for name in facts},
            values=_versions(winner.state.version)
            | {":v": contacts.VERSION}
            | {f":{name}": value for name, value in facts.items()},
        ),
        dynamodb.put_op(
            table,
            contacts.profile_row(profile, version + 1),
            condition=_guard(version),
            values={":held": version} if version else None,
        ),
    ]


def _last_decisions(loser: Contact, winner: str) -> list[Decision]:
    """What the loser hands on for the last time: it leaves its segments, and wakes its runs."""
    now, cause, version = clock.now_ms(), own_ref(winner), loser.state.version + 1
    made = [
        Decision(decision_id(loser.id, "segment", name, version), "segment", name, now, cause, "in", "out")
        for name in loser.state.standing.segments
    ]
    if loser.state.watching:
        made.append(Decision(decision_id(loser.id, "wake", "", version), "wake", "", now, cause))
    return made


def _guard(version: int) -> str:
    return "n = :held" if version else "attribute_not_exists(n)"


def _versions(version: int) -> dict[str, Any]:
    return {":next": version + 1} | ({":held": version} if version else {})
