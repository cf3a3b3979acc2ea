"""Joining two contacts: the loser points to the winner, whose facts are then made anew."""

from dataclasses import replace

from functions import clock, settings
from functions.aws import dynamodb
from functions.core.contact import Contact, Decision, Profile
from functions.core.identity import SELF, kind_of, own_ref
from functions.core.ids import decision_id
from functions.tables import contacts, identities
from functions.tables.contacts import PROFILE, STATE, partition

ATTEMPTS = 5


def merge(loser: str, winner: str) -> None:
    """Give `winner` every identity of `loser`, in one transaction guarded by both versions.

    Afterwards the winner's facts carry no spec, so that whoever touches it next rebuilds
    it from the events of all its sources. The loser leaves its segments, and its open runs
    are told to follow. Merging again changes nothing.
    """
    for _ in range(ATTEMPTS):
        both = contacts.load([loser, winner])
        if both[loser].state.merged_into:
            return
        if both[winner].state.merged_into:
            raise identities.Contended(f"contact {winner} was merged meanwhile")
        try:
            dynamodb.transact(_operations(both[loser], both[winner]))
        except dynamodb.TransactionRefused:
            continue
        return
    raise identities.Contended(f"contacts {loser} and {winner} could not be merged")


def _operations(loser: Contact, winner: Contact) -> list[dict[str, object]]:
    table = settings.contacts_table()
    moving = [ref for ref in loser.profile.identities if kind_of(ref) != SELF]
    joined = dict.fromkeys((*winner.profile.identities, *loser.profile.identities, own_ref(loser.id)))
    profile = replace(winner.profile, identities=tuple(joined))
    last = [contacts.decision_row(decision) for decision in _last_decisions(loser, winner.id)]
    handed_on = {":out": last, ":o": len(last)} if last else {}
    return [
        dynamodb.update_op(
            table,
            (partition(loser.id), STATE),
            "SET #into = :winner, n = :next, v = :v"
            + (", #out = :out, o = :o REMOVE ds, du" if last else " REMOVE ds, du, #out, o"),
            condition=_guard(loser.state.version),
            names={"#into": "into", "#out": "out"},
            values=_versions(loser.state.version) | handed_on | {":winner": winner.id, ":v": contacts.VERSION},
        ),
        dynamodb.update_op(
            table,
            (partition(winner.id), STATE),
            "SET spec = :none, n = :next, v = :v REMOVE #out, o",
            condition=_guard(winner.state.version),
            names={"#out": "out"},
            values=_versions(winner.state.version) | {":none": "", ":v": contacts.VERSION},
        ),
        _guarded_profile(table, profile),
        # Whoever still takes the loser for the owner may not give it another identity.
        dynamodb.update_op(
            table,
            (partition(loser.id), PROFILE),
            "SET #into = :winner, n = :next, v = :v",
            condition=_guard(loser.profile.version),
            names={"#into": "into"},
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


def _versions(version: int) -> dict[str, int]:
    return {":next": version + 1} | ({":held": version} if version else {})


def _guarded_profile(table: str, profile: Profile) -> dict[str, object]:
    version = profile.version
    return dynamodb.put_op(
        table,
        contacts.profile_row(profile, version + 1),
        condition=_guard(version),
        values={":held": version} if version else None,
    )
