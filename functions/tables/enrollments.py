"""Rows of enrollments: C#<contact> / J#<journey> is the latest run, J#<journey>#<key> that of a key where a person
has several side by side, H#<journey>#<id> an earlier one.

n version · id · release · cause · entered · begun · turn · state · ended · wait [step, since, deadline,
alarm] · clock · messages · path ("step ms outcome") · declined · todo (effects) · key · turns {repeat: [total,
since, began]} · place [step, past] · corrected · failure [step, code, words, at, tries,
message] · ttl (of one with a key that is over) · ds, du · v
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import astuple, replace
from typing import Any, Final

from functions import settings
from functions.aws import dynamodb
from functions.core import effects
from functions.core.enrollment import Enrollment, Failure, Passage, Place, Turns, Waiting, look_again
from functions.core.errors import Newer
from functions.tables.contacts import contact_of, partition
from functions.tables.due import shard

VERSION = 1
CURRENT = "J#"
EARLIER = "H#"
PAGE: Final = 400
"""Rows looked at in one read of many."""
_MISSING = "attribute_not_exists(pk)"


def to_row(enrollment: Enrollment, now: int) -> dict[str, Any]:
    """The item of an enrollment written at `now` (ms)."""
    row: dict[str, Any] = {
        "pk": partition(enrollment.contact),
        "sk": _current(enrollment.journey, enrollment.key),
        "v": VERSION,
        "n": enrollment.version,
        "id": enrollment.id,
        "release": enrollment.release,
        "cause": enrollment.cause,
        "entered": enrollment.entered,
        "turn": enrollment.turn,
        "state": enrollment.state,
    }
    waiting = enrollment.waiting
    optional = {
        "ended": enrollment.ended,
        "wait": waiting and [waiting.step, waiting.since, waiting.deadline, waiting.alarm],
        "clock": enrollment.clock,
        "messages": dict(enrollment.messages),
        "path": [f"{passed.step} {passed.at} {passed.outcome}" for passed in enrollment.path],
        "declined": list(enrollment.declined),
        "todo": [effects.to_plain(effect) for effect in enrollment.todo],
        "begun": enrollment.begun,
        "key": enrollment.key,
        "turns": {step: [turns.total, turns.since, turns.began] for step, turns in enrollment.turns.items()},
        "place": enrollment.place and [enrollment.place.step, enrollment.place.past],
        "corrected": enrollment.corrected,
        "failure": enrollment.failure and list(astuple(enrollment.failure)),
        # What is still to be done is not to go.
        "ttl": None if enrollment.failure else enrollment.kept_until,
    }
    row |= {name: value for name, value in optional.items() if value}
    again = look_again(enrollment, now)
    if again is not None:
        row |= {"ds": shard(enrollment.id), "du": again}
    return row


def from_row(row: Mapping[str, Any]) -> Enrollment:
    """The enrollment of an item. Raises Newer."""
    if row["v"] > VERSION:
        raise Newer(f"enrollment row of version {row['v']} is newer than this code reads")
    _, _, rest = row["sk"].partition("#")
    return Enrollment(
        id=row["id"],
        contact=contact_of(row["pk"]),
        journey=rest.partition("#")[0],
        release=row["release"],
        cause=row["cause"],
        entered=row["entered"],
        version=row["n"],
        turn=row["turn"],
        state=row["state"],
        ended=row.get("ended"),
        waiting=Waiting(*row["wait"]) if "wait" in row else None,
        clock=row.get("clock", 0),
        messages=row.get("messages", {}),
        path=tuple(_passage(text) for text in row.get("path", ())),
        declined=tuple(row.get("declined", ())),
        todo=tuple(effects.from_plain(stored) for stored in row.get("todo", ())),
        begun=row.get("begun", 0),
        key=row.get("key", ""),
        turns={step: Turns(*turns) for step, turns in row.get("turns", {}).items()},
        place=Place(*row["place"]) if "place" in row else None,
        corrected=row.get("corrected", ""),
        failure=Failure(*row["failure"]) if "failure" in row else None,
        kept_until=row.get("ttl"),
    )


def _passage(text: str) -> Passage:
    step, at, outcome = text.split(" ", 2)
    return Passage(step, int(at), outcome)


def get(contact: str, journey: str, key: str = "") -> Enrollment | None:
    """The contact's latest run of a journey with a key (consistent read)."""
    row = dynamodb.get(settings.contacts_table(), (partition(contact), _current(journey, key)))
    return from_row(row) if row else None


def of(contact: str, most: int | None = None) -> list[Enrollment]:
    """The contact's latest run of each journey and key (consistent read); so many `most` where it is given."""
    rows = dynamodb.query(settings.contacts_table(), partition(contact), begins=CURRENT, limit=most)
    return [from_row(row) for row in rows]


def mark(run: Enrollment) -> str:
    """How an open run is noted on its contact's state: by its id, and where its row stands."""
    return marks(run)[-1]


def marks(run: Enrollment) -> list[str]:
    """Every way in which it may be noted there: older code noted the id alone."""
    return marks_of(run.id, run.journey, run.key)


def marks_of(id: str, journey: str, key: str) -> list[str]:
    """The same of a run by its id, and by the journey and the key of its row."""
    return [id, f"{id} {journey}#{key}"]


def noted(contact: str, marked: Iterable[str]) -> list[Enrollment]:
    """The runs that are noted on a contact's state, as they stand now (consistent read); where older code noted one,
    the contact's latest run of each journey and key."""
    places = [place.partition(" ")[2] for place in marked]
    if not all(places):
        return of(contact)
    keys = [(partition(contact), _current(*place.split("#", 1))) for place in sorted(set(places))]
    if len(keys) == 1:
        row = dynamodb.get(settings.contacts_table(), keys[0])
        return [from_row(row)] if row else []
    rows = dynamodb.batch_get(settings.contacts_table(), keys)
    return [from_row(rows[key]) for key in keys if key in rows]


def earlier(contact: str, most: int | None = None) -> list[Enrollment]:
    """Runs that came before the latest ones; so many `most` where it is given."""
    rows = dynamodb.query(settings.contacts_table(), partition(contact), begins=EARLIER, limit=most)
    return [from_row(row) for row in rows]


def pages(
    journey: str = "", part: tuple[int, int] = (0, 1), *, earlier: bool = False
) -> Iterator[tuple[list[Enrollment], int]]:
    """The runs in a part of the table, (number, of so many), page by page with the rows looked at: the latest of each
    person and key, `earlier` ones as well; of one journey, or of all."""
    begins = [CURRENT, EARLIER] if earlier else [CURRENT]
    condition = " OR ".join(f"begins_with(sk, :at{place})" for place in range(len(begins)))
    values = {f":at{place}": f"{begin}{journey}" for place, begin in enumerate(begins)}
    start: dynamodb.Key | None = None
    while True:
        rows, start, looked = dynamodb.scan_part(
            settings.contacts_table(), part, start=start, limit=PAGE, condition=condition, values=values
        )
        runs = [from_row(row) for row in rows]
        # A longer id may begin like this one.
        yield [run for run in runs if journey in ("", run.journey)], looked
        if start is None:
            return


def was(contact: str, journey: str, enrollment: str) -> bool:
    """Whether a run of this id came before the latest one."""
    return dynamodb.get(settings.contacts_table(), _archived(contact, journey, enrollment)) is not None


def begin(fresh: Enrollment, existing: Enrollment | None, now: int, kept_s: int | None = None) -> Enrollment:
    """Write a new run in the place of `existing`, which is kept as an earlier one, for `kept_s` seconds or for good.

    Raises ConditionFailed where another run took the place meanwhile, or this one was
    there before and is an earlier one already.
    """
    table, row = settings.contacts_table(), to_row(fresh, now)
    if existing is None:
        dynamodb.put(table, row, condition=_MISSING)
        return fresh
    pk, sk = _archived(existing.contact, existing.journey, existing.id)
    kept = {name: value for name, value in to_row(existing, now).items() if name not in ("ds", "du")}
    if kept_s is not None:
        kept["ttl"] = now // 1000 + kept_s
    operations = [
        dynamodb.put_op(table, row, condition="n = :n", values={":n": existing.version}),
        dynamodb.put_op(table, {**kept, "pk": pk, "sk": sk}),
        dynamodb.check_op(table, _archived(fresh.contact, fresh.journey, fresh.id), _MISSING),
    ]
    try:
        dynamodb.transact(operations)
    except dynamodb.TransactionRefused as refused:
        if refused.by_condition:
            raise dynamodb.ConditionFailed from refused
        raise
    return fresh


def save(before: Enrollment, after: Enrollment, now: int) -> Enrollment:
    """Replace the row read as `before`. Raises ConditionFailed if another write came between."""
    stored = replace(after, version=before.version + 1)
    row, held = to_row(stored, now), None if before.todo else look_again(before, now)
    if held is not None and now < held < row.get("du", 0):
        # A lower bound does: leaving the index entry where it is saves two writes.
        row["du"] = held
    dynamodb.put(settings.contacts_table(), row, condition="n = :n", values={":n": before.version})
    return stored


def put_off(enrollment: Enrollment, until: int) -> None:
    """Let sweep look at a run no earlier than `until` (ms), unless its row moves on."""
    key = (partition(enrollment.contact), _current(enrollment.journey, enrollment.key))
    with suppress(dynamodb.ConditionFailed):
        condition, values = "n = :n AND attribute_exists(du)", {":n": enrollment.version, ":until": until}
        dynamodb.update(settings.contacts_table(), key, "SET du = :until", condition=condition, values=values)


def settle(enrollment: Enrollment, now: int) -> Enrollment:
    """Note that nothing is left to perform. Where the row has moved on, it says so itself."""
    settled = replace(enrollment, todo=(), failure=enrollment.failure if enrollment.active else None)
    again = look_again(settled, now)
    # A row that a mistake kept says only now when it may go.
    kept = None if enrollment.active else settled.kept_until
    sets = {name: value for name, value in (("du", again), ("ttl", kept)) if value is not None}
    gone = ["todo", *(() if enrollment.active else ("failure",)), *(("ds", "du") if again is None else ())]
    set_them = f"SET {', '.join(f'#{name} = :{name}' for name in sets)} " if sets else ""
    expression = f"{set_them}REMOVE {', '.join(gone)}"
    values = {":n": enrollment.version} | {f":{name}": value for name, value in sets.items()}
    names = {f"#{name}": name for name in sets}
    key = (partition(enrollment.contact), _current(enrollment.journey, enrollment.key))
    try:
        dynamodb.update(settings.contacts_table(), key, expression, condition="n = :n", names=names, values=values)
    except dynamodb.ConditionFailed:
        return enrollment
    return settled


def look_later(enrollment: Enrollment, now: int) -> None:
    """Nothing is to do when the row is looked at: its entry in the index, a lower bound, moves to when there is."""
    again = look_again(enrollment, now)
    key = (partition(enrollment.contact), _current(enrollment.journey, enrollment.key))
    values = {":n": enrollment.version} | ({} if again is None else {":du": again})
    expression = "REMOVE ds, du" if again is None else "SET du = :du"
    try:
        dynamodb.change(settings.contacts_table(), key, expression, condition="n = :n", values=values)
    except dynamodb.ConditionFailed:
        # Whoever wrote it meanwhile said when to look.
        return


def settle_earlier(enrollment: Enrollment) -> None:
    """The same for a run that another one has taken the place of."""
    key = _archived(enrollment.contact, enrollment.journey, enrollment.id)
    dynamodb.update(settings.contacts_table(), key, "REMOVE todo, failure", condition="attribute_exists(pk)")


def _current(journey: str, key: str) -> str:
    return f"{CURRENT}{journey}#{key}" if key else CURRENT + journey


def _archived(contact: str, journey: str, enrollment: str) -> dynamodb.Key:
    return partition(contact), f"{EARLIER}{journey}#{enrollment}"
