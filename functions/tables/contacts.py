"""A contact's rows: state (C#id / S), whose stream is the outbox, profile (C#id / P), and closed days (C#id / Q,
see closed), where there are any.

State: n write version · seq release · spec · facts (see compact) · apart (version of the closed days that
go with them; absent without) · pos · fence · band, since,
segs, grade, stage, stages, journeys (where the contact stands; the last four absent where D and none) · ds,
du (due index) · w (open enrollments) · out, o (decisions of this write and their number; absent when
none) · into (merged; "" where erased) · shared (browsers that changed hands: version of their row) ·
touch (the last one, JSON; absent without) · dir (which places were put in the staff's lists; absent without) · v.
Profile: n · traits (JSON: ms, tie, value, 1 where proved) · ids (string set) · touch (the
first one, JSON; absent without) · into (as above) · v.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from functions import settings
from functions.aws import dynamodb
from functions.core.contact import Contact, Decision, Moment, Profile, Rank, Standing, State, Touch
from functions.core.errors import Newer
from functions.tables import closed, compact
from functions.tables.closed import CLOSED, Torn
from functions.tables.due import shard
from functions.tables.later import Later

VERSION = 3
READINGS = 5
"""So often rows are read that a transaction changed between one and the other; each lasts milliseconds."""
FEW = 4
"""So many contacts are read one by one: a query costs half the read units of two keys, and a call more each."""
STATE = "S"
PROFILE = "P"


def partition(contact: str) -> str:
    """Partition key of everything that is one contact's."""
    return f"C#{contact}"


def contact_of(pk: str) -> str:
    """The contact id in a partition key."""
    return pk.removeprefix("C#")


def state_from(row: Mapping[str, Any], closed_row: Mapping[str, Any] | None = None) -> State:
    """The state of an item, and of the closed days that go with it. Raises Torn if those are others."""
    if row.get("v", VERSION) > VERSION:
        raise Newer(f"state row of version {row['v']} is newer than this code reads")
    positions = {source: (int(at), seen) for source, (at, seen) in json.loads(row.get("pos", "{}")).items()}
    facts = row.get("facts", "{}")
    # Version 2, still at work while a deployment rolls out or back, knew no closed days: it wrote facts without.
    apart = closed.from_row(closed_row) if closed_row and compact.is_split(facts) else None
    return State(
        contact=contact_of(row["pk"]),
        version=row.get("n", 0),
        release=row.get("seq", 0),
        spec="" if "apart" in row and not compact.is_split(facts) else row.get("spec", ""),
        facts=compact.load(facts, apart),
        positions=positions,
        fence=row.get("fence", 0),
        standing=standing_from(row),
        due=row.get("du"),
        watching=frozenset(row.get("w", ())),
        merged_into=row.get("into"),
        shared=row.get("shared", {}),
        last_touch=_touch_from(row.get("touch")),
        listed=row.get("dir", ""),
        closed=apart,
    )


def standing_from(row: Mapping[str, Any]) -> Standing:
    """The lines behind which a state item says that somebody stands."""
    return Standing(
        row.get("band", "cold"),
        row.get("since", 0),
        row.get("segs", {}),
        row.get("grade", "D"),
        row.get("stage", ""),
        row.get("stages", {}),
        row.get("journeys", {}),
    )


def profile_from(row: Mapping[str, Any]) -> Profile:
    """The profile of an item."""
    if row.get("v", VERSION) > VERSION:
        raise Newer(f"profile row of version {row['v']} is newer than this code reads")
    traits = Later(json.loads(row.get("traits", "{}")), _trait_from)
    first = _touch_from(row.get("touch"))
    return Profile(contact_of(row["pk"]), row.get("n", 0), traits, tuple(sorted(row.get("ids", ()))), first)


def _trait_from(stored: Sequence[Any]) -> tuple[Rank, Any]:
    at, tie, value, *proved = stored
    return Rank(bool(proved), Moment(at, tie)), value


def _touch_from(stored: str | None) -> Touch | None:
    if stored is None:
        return None
    at, tie, said = json.loads(stored)
    return Touch(Moment(at, tie), said)


def _touch(touch: Touch) -> str:
    return json.dumps([touch.moment.at, touch.moment.tie, dict(touch.said)], ensure_ascii=False, separators=(",", ":"))


def profile_row(profile: Profile, version: int) -> dict[str, Any]:
    """The item of a profile."""
    traits = {
        name: [rank.moment.at, rank.moment.tie, value, *([1] if rank.proved else [])]
        for name, (rank, value) in profile.traits.items()
    }
    row = {
        "pk": partition(profile.contact),
        "sk": PROFILE,
        "v": VERSION,
        "n": version,
        "traits": json.dumps(traits, ensure_ascii=False, separators=(",", ":"), default=dict),
        "ids": set(profile.identities),
    }
    if profile.first_touch:
        row["touch"] = _touch(profile.first_touch)
    return row


def decision_row(decision: Decision) -> dict[str, Any]:
    """A decision as it stands in the outbox and in the log."""
    row = {"id": decision.id, "kind": decision.kind, "name": decision.name, "at": decision.at, "cause": decision.cause}
    if decision.before or decision.after:
        row |= {"from": decision.before, "to": decision.after}
    return row


def decision_from(row: Mapping[str, Any]) -> Decision:
    """The decision of a row."""
    return Decision(
        row["id"], row["kind"], row["name"], row["at"], row["cause"], row.get("from", ""), row.get("to", "")
    )


def state_keys(contacts: Iterable[str]) -> list[dynamodb.Key]:
    """Where the states of contacts stand."""
    return [(partition(contact), STATE) for contact in contacts]


def erased_among(rows: Mapping[dynamodb.Key, dynamodb.Item]) -> frozenset[str]:
    """The contacts that were erased, among rows already read."""
    return frozenset(contact_of(pk) for (pk, sk), row in rows.items() if sk == STATE and row.get("into") == "")


def decisions_of(image: Mapping[str, Any]) -> list[Decision]:
    """The decisions that a state item (plain values) hands on."""
    return [decision_from(row) for row in image.get("out", [])]


def load(contacts: Iterable[str], *, consistent: bool = True) -> dict[str, Contact]:
    """Contacts by id, fresh ones where nothing is stored yet. A read that need not be `consistent` costs half: it may
    miss what was written a moment ago, which a write that holds the version finds out."""
    wanted, table = list(dict.fromkeys(contacts)), settings.contacts_table()
    if len(wanted) <= FEW:
        return {contact: _alone(contact, consistent=consistent) for contact in wanted}
    keys = [(partition(contact), sk) for contact in wanted for sk in (STATE, PROFILE)]
    rows = dynamodb.batch_get(table, keys, consistent=consistent)
    split = [pk for (pk, sk), row in rows.items() if sk == STATE and compact.is_split(row.get("facts", ""))]
    if split:
        rows |= dynamodb.batch_get(table, [(pk, CLOSED) for pk in split])
    found = {}
    for contact in wanted:
        try:
            found[contact] = _assembled(contact, rows)
        except Torn:
            found[contact] = _alone(contact)
    return found


def _alone(contact: str, *, consistent: bool = True) -> Contact:
    """One contact, whose rows lie side by side: a query is billed by what it reads in all."""
    rows: dict[dynamodb.Key, dynamodb.Item] = {}
    for reading in range(READINGS):
        side_by_side = dynamodb.query(
            settings.contacts_table(),
            partition(contact),
            between=(PROFILE, STATE),
            consistent=consistent or reading > 0,
        )
        rows = {(row["pk"], row["sk"]): row for row in side_by_side}
        try:
            return _assembled(contact, rows)
        except Torn:
            continue
    # Closed days that stay away are lost (to a restored backup, say): all is counted anew from the events.
    state = rows[partition(contact), STATE]
    rows[partition(contact), STATE] = {**state, "facts": "{}", "spec": ""}
    return _assembled(contact, rows)


def surviving(contact: str) -> Contact:
    """The contact as stored now, or the one that it was merged into."""
    return survivor(load([contact])[contact])


def survivor(contact: Contact) -> Contact:
    """The same for a contact in hand."""
    while contact.state.merged_into:
        winner = contact.state.merged_into
        contact = load([winner])[winner]
    return contact


def _assembled(contact: str, rows: Mapping[dynamodb.Key, dynamodb.Item]) -> Contact:
    state = rows.get((partition(contact), STATE))
    profile = rows.get((partition(contact), PROFILE))
    return Contact(
        state_from(state, rows.get((partition(contact), CLOSED))) if state else State(contact),
        profile_from(profile) if profile else Profile(contact),
    )


def save_profile(profile: Profile) -> Profile:
    """Write a profile read at its version. Raises ConditionFailed if another write came between."""
    version = profile.version + 1
    condition, values = _unchanged(profile.version)
    dynamodb.put(settings.contacts_table(), profile_row(profile, version), condition=condition, values=values)
    return replace(profile, version=version)


def save_state(state: State, decisions: Sequence[Decision]) -> State:
    """Write a state read at its version, with the decisions it hands on; one conditional write, or one
    transaction where old days move to their own row.

    Open enrollments (`watching`) are not touched: journeys own that attribute. Raises
    ConditionFailed if another write came between.
    """
    settled = closed.close(state)
    expression, names, values = _state_update(state_row(settled, decisions))
    condition, guard = _unchanged(state.version)
    table, key = settings.contacts_table(), (partition(state.contact), STATE)
    if settled.closed is None or settled.closed is state.closed:
        dynamodb.change(table, key, expression, condition=condition, names=names, values=values | guard)
    else:
        update = dynamodb.update_op(table, key, expression, condition=condition, names=names, values=values | guard)
        try:
            # Nobody writes closed days without the state: its guard is theirs.
            dynamodb.transact([update, dynamodb.put_op(table, closed.to_row(key[0], settled.closed))])
        except dynamodb.TransactionRefused as refused:
            raise dynamodb.ConditionFailed from refused
    return replace(settled, version=state.version + 1)


def _unchanged(version: int) -> tuple[str, dict[str, Any]]:
    # Journeys may have made the item (open enrollments) before any facts were written.
    return ("attribute_not_exists(n)", {}) if version == 0 else ("n = :held", {":held": version})


def state_row(state: State, decisions: Sequence[Decision]) -> dict[str, Any]:
    """The attributes of a state item that scoring owns; `n` counts this write."""
    standing = state.standing
    row: dict[str, Any] = {
        "pk": partition(state.contact),
        "sk": STATE,
        "v": VERSION,
        "n": state.version + 1,
        "seq": state.release,
        **facts_row(state),
        "band": standing.temperature,
        "since": standing.since,
        "segs": dict(standing.segments),
    }
    if standing.grade != "D":
        row["grade"] = standing.grade
    row |= stages_row(standing) | journeys_row(standing.journeys)
    if decisions:
        row |= {"out": [decision_row(decision) for decision in decisions], "o": len(decisions)}
    if state.listed:
        row["dir"] = state.listed
    if state.due is not None:
        row |= {"ds": shard(state.contact), "du": state.due}
    return row


def stages_row(standing: Standing) -> dict[str, Any]:
    """The attributes of a state item that say at which stage somebody stands; none for who never stood at any."""
    return {"stage": standing.stage, "stages": dict(standing.stages)} if standing.stages else {}


def journeys_row(journeys: Mapping[str, int]) -> dict[str, Any]:
    """The attribute of a state item that says which journeys' conditions hold; none where none does."""
    return {"journeys": dict(journeys)} if journeys else {}


def facts_row(state: State) -> dict[str, Any]:
    """The attributes of a state item that say what was folded, and how far."""
    positions = {source: [str(at), seen] for source, (at, seen) in state.positions.items()}
    row: dict[str, Any] = {
        "spec": state.spec,
        "facts": compact.dump(state.facts, state.closed),
        "pos": json.dumps(positions, separators=(",", ":")),
        "fence": state.fence,
    }
    if state.closed is not None:
        row["apart"] = state.closed.version
    if state.shared:
        row["shared"] = dict(state.shared)
    if state.last_touch:
        row["touch"] = _touch(state.last_touch)
    return row


_OPTIONAL = ("out", "o", "apart", "ds", "du", "touch", "grade", "stage", "stages", "journeys", "dir")


def _state_update(row: Mapping[str, Any]) -> tuple[str, dict[str, str], dict[str, Any]]:
    # Every attribute by a name of the expression: DynamoDB reserves words such as "out".
    values = {name: value for name, value in row.items() if name not in ("pk", "sk")}
    removed = [name for name in _OPTIONAL if name not in values]
    expression = "SET " + ", ".join(f"#{name} = :{name}" for name in values)
    if removed:
        expression += " REMOVE " + ", ".join(f"#{name}" for name in removed)
    return (
        expression,
        {f"#{name}": name for name in (*values, *removed)},
        {f":{name}": value for name, value in values.items()},
    )


def watch(contact: str, run: str) -> Contact | None:
    """Note an open enrollment on the contact, by its mark; the contact as it stands after that.

    It counts as a write: scoring that read the contact before must read it again. So what
    is scored from now on wakes the enrollment, and what was scored before is in what this
    returns. None if the contact is no more: merged, or erased.
    """
    return _marked(contact, "ADD w :w, n :one SET v = :v REMOVE #out, o", {":w": {run}, ":one": 1, ":v": VERSION})


def unwatch(contact: str, runs: Iterable[str]) -> Contact | None:
    """Forget enrollments that have ended, by their marks."""
    return _marked(contact, "DELETE w :w REMOVE #out, o", {":w": set(runs)})


def _marked(contact: str, expression: str, values: Mapping[str, Any]) -> Contact | None:
    table = settings.contacts_table()
    names = {"#out": "out", "#into": "into"}
    condition, guarded = "attribute_not_exists(#into) OR #into <> :nobody", {**values, ":nobody": ""}
    try:
        row = dynamodb.update(
            table, (partition(contact), STATE), expression, condition=condition, names=names, values=guarded
        )
    except dynamodb.ConditionFailed:
        return None
    if row.get("into"):
        return None
    others = {one["sk"]: one for one in dynamodb.query(table, partition(contact), between=(PROFILE, CLOSED))}
    try:
        return _assembled(contact, {(row["pk"], sk): one for sk, one in (others | {STATE: row}).items()})
    except Torn:
        # Scoring wrote meanwhile, and what it saw is as good.
        return surviving(contact)
