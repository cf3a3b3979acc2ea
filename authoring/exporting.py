"""Everybody, a segment, events or messages as files: streamed, with what is computed computed at that moment.

What stands in columns that begin with "samovar" is computed or ours, and an import ignores it; the others are traits
and tags, and come in again as they went out.
"""

import csv
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final, get_args

from authoring.scanning import pages
from functions import clock, releases, settings
from functions.aws import dynamodb
from functions.core import identity
from functions.core.cells import EXCEL_MARK, neutral_row
from functions.core.conditions import Condition
from functions.core.consent import Head, allowed, suppression, withdrawn
from functions.core.contact import Contact, Profile, State
from functions.core.evaluate import Seen, Verdict, evaluate
from functions.core.folding import moment_of
from functions.core.identity import EMAIL, hash_of, identity_ref, kind_of
from functions.core.message import State as MessageState
from functions.core.standing import grade_at, stage_at, temperature_at
from functions.core.views import iso, local_day, points
from functions.releases import Live
from functions.tables import addresses, contacts, events, identities, memberships, messages
from functions.tables.contacts import PROFILE, STATE, contact_of

Record = dict[str, Any]
Tell = Callable[[int], None]

_KINDS: Final = {
    identity.USER: "user id",
    identity.EMAIL: "e-mail",
    identity.PHONE: "phone",
    identity.ANONYMOUS: "browser",
}
_BATCH: Final = 100


def everybody() -> Iterator[Record]:
    """Every contact that was not merged or erased."""
    live, now = releases.live(), clock.now_ms()
    rows = pages(settings.contacts_table(), "sk = :state OR sk = :profile", {":state": STATE, ":profile": PROFILE})
    for page in rows:
        found: dict[str, dict[str, dynamodb.Item]] = {}
        for row in page:
            found.setdefault(contact_of(row["pk"]), {})[row["sk"]] = row
        yield from _records([_contact(id, both) for id, both in found.items()], live, now)


def _contact(id: str, rows: Mapping[str, dynamodb.Item]) -> Contact:
    state, profile = rows.get(STATE), rows.get(PROFILE)
    return Contact(
        contacts.state_from(state) if state else State(id),
        contacts.profile_from(profile) if profile else Profile(id),
    )


def members(segment: str) -> Iterator[Record]:
    """Who is in a segment, as last decided. Raises ValueError for one that isn't defined."""
    live, now = releases.live(), clock.now_ms()
    id = live.release.first_name("segment", segment)
    if id not in live.release.segments:
        known = ", ".join(sorted(live.release.present_name("segment", one) for one in live.release.segments))
        raise ValueError(f'there is no segment "{segment}"; segments: {known}')
    found = (list(contacts.load(ids).values()) for ids in _batches(memberships.members(id)))
    return (one for batch in found for one in _records(batch, live, now))


def _batches(ids: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for id in ids:
        batch.append(id)
        if len(batch) == _BATCH // 2:
            yield batch
            batch = []
    if batch:
        yield batch


def _records(found: Sequence[Contact], live: Live, now: int) -> Iterator[Record]:
    known = [one for one in found if one.state.merged_into is None]
    pepper = releases.keyring().pepper
    mailboxes = {one.id: identity_ref(EMAIL, one.profile.email, pepper) for one in known if one.profile.email}
    keys = {id: addresses.head_key(hash_of(ref)) for id, ref in mailboxes.items() if ref}
    heads = dynamodb.batch_get(settings.contacts_table(), keys.values(), consistent=False) if keys else {}
    for contact in known:
        head = heads.get(keys[contact.id]) if contact.id in keys else None
        yield record(contact, addresses.head_from(head) if head else Head(), live, now)


def record(contact: Contact, head: Head, live: Live, now: int) -> Record:
    """What goes out of a contact: traits as they are, the rest as of `now` (ms)."""
    state, release = contact.state, live.release
    zone = release.sending.business.time_zone
    today = local_day(now, zone)
    seen = Seen(contact, release)

    def holds(condition: Condition) -> Verdict:
        return evaluate(condition, seen, now)

    topics = [topic.id for topic in release.sending.topics if not topic.transactional]
    kinds = {kind_of(ref) for ref in contact.profile.identities}
    return {
        "contact": contact.id,
        "known_by": [words for kind, words in _KINDS.items() if kind in kinds],
        "scores": {
            name: points(state.facts, name, score, today, zone) for name, score in release.scoring.scores.items()
        },
        "temperature": temperature_at(contact, release, now)[0],
        "grade": grade_at(release, holds)[0] if release.scoring.grade else "",
        "stage": stage_at(state, release, holds)[0],
        "segments": sorted(state.standing.segments),
        "tags": sorted(tag for tag, (_, held) in state.facts.tags.items() if held),
        "consents": {topic: _consent(head, topic) for topic in topics},
        "suppressed": suppression(head) or "",
        "first_seen": _moment(state.facts.first),
        "last_seen": _moment(state.facts.last),
        "traits": {name: value for name, (_, value) in sorted(contact.profile.traits.items())},
    }


def _consent(head: Head, topic: str) -> Record:
    granted, left = head.granted.get(topic, 0), withdrawn(head, topic)
    agreed = allowed(head, topic)
    return {"agreed": agreed, "since": _moment(granted if agreed else left)}


def _moment(at: int | None) -> str:
    return iso(at) if at else ""


def every_event() -> Iterator[Record]:
    """Every event that is stored, with whose it is."""
    for page in pages(settings.events_table()):
        found = [events.from_row(row) for row in page if events.is_event(row)]
        known = identities.read({event.source for event in found}, consistent=False)
        for event in found:
            owner = known.get(event.source)
            own = hash_of(event.source) if kind_of(event.source) == identity.SELF else ""
            yield {
                "at": iso(event.at),
                "received": iso(event.received),
                "name": event.name,
                "kind": event.kind,
                "cause": event.cause,
                "contact": own or (owner.owner_at(moment_of(event)) if owner else ""),
                "event": event.ref,
                "properties": dict(event.properties),
                "traits": dict(event.traits),
                "context": dict(event.context),
            }


def every_message() -> Iterator[Record]:
    """Every message, and what became of it."""
    for page in pages(settings.contacts_table(), "begins_with(sk, :m)", {":m": "M#"}):
        for row in page:
            message = messages.from_item(row)
            yield {
                "contact": contact_of(row["pk"]),
                "message": message.id,
                "created": iso(message.created),
                "template": message.template,
                "topic": message.topic,
                "journey": message.journey,
                "step": message.step,
                "state": message.state,
                "reason": message.reason,
                **{
                    f"at_{state}": iso(at) if (at := message.times.get(state)) else ""
                    for state in get_args(MessageState)
                },
            }


def flat(found: Record) -> dict[str, str]:
    """A contact's record as cells by column: traits and tags under their names, the rest with "samovar" before it."""
    cells = {"email": _cell(found["traits"].get("email"))}
    cells |= {name: _cell(value) for name, value in found["traits"].items()}
    cells["tags"] = _cell(found["tags"])
    ours: dict[str, Any] = {"contact": found["contact"], "known by": found["known_by"]}
    ours |= {f"score {name}": value for name, value in found["scores"].items()}
    ours |= {name: found[name] for name in ("temperature", "grade", "stage", "segments")}
    for topic, consent in found["consents"].items():
        ours |= {f"consent {topic}": consent["agreed"], f"consent {topic} since": consent["since"]}
    ours |= {"suppressed": found["suppressed"]}
    ours |= {name.replace("_", " "): found[name] for name in ("first_seen", "last_seen")}
    return cells | {f"samovar {name}": _cell(value) for name, value in ours.items()}


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case str():
            return value
        case list() | tuple() if all(isinstance(one, str | int | float) for one in value):
            return "; ".join(_member(_cell(one)) for one in value)
        case dict() | list() | tuple():
            return json.dumps(value, ensure_ascii=False, default=dict) if value else ""
    return str(value)


def _member(cell: str) -> str:
    """A member of a list, in quotes where it would fall apart when it is read."""
    return '"' + cell.replace('"', '""') + '"' if any(mark in cell for mark in ';|"') else cell


def read_units(what: str) -> float:
    """About how many read units an export takes: the whole table once, and whose each event is."""
    table = settings.events_table() if what == "events" else settings.contacts_table()
    rows, size = dynamodb.size_of(table)
    return size / 4096 / 2 + (rows / 2 if what == "events" else 0)


def write_jsonl(found: Iterable[Record], out: IO[str], tell: Tell) -> int:
    """One JSON object a line; how many."""
    many = 0
    for many, one in enumerate(found, 1):
        out.write(json.dumps(one, ensure_ascii=False, default=dict) + "\n")
        tell(many)
    return many


def write_csv(found: Iterable[Record], out: IO[str], tell: Tell, *, people: bool, excel: bool = False) -> int:
    """A CSV file; how many rows. Which traits there are is known at the end: until then rows lie on the disk."""
    many, columns = 0, dict[str, None]()
    with tempfile.TemporaryFile("w+", encoding="utf-8") as spool:
        for many, one in enumerate(found, 1):
            cells = flat(one) if people else {name: _cell(value) for name, value in one.items()}
            columns |= dict.fromkeys(cells)
            spool.write(json.dumps(cells, ensure_ascii=False) + "\n")
            tell(many)
        spool.seek(0)
        header = _in_order(columns) if people else list(columns)
        if excel:
            out.write(EXCEL_MARK)
        writer = csv.writer(out, lineterminator="\r\n")
        writer.writerow(neutral_row(header))
        for line in spool:
            row = json.loads(line)
            writer.writerow(neutral_row(row.get(name, "") for name in header))
    return many


def _in_order(columns: Iterable[str]) -> list[str]:
    """The address, traits by name, tags, then what is ours as it came: the same whoever comes first."""
    ours = [name for name in columns if name.startswith("samovar ")]
    traits = sorted(name for name in columns if name not in (*ours, "email", "tags"))
    return ["email", *traits, "tags", *ours]


def opened(path: Path) -> IO[str]:
    """A file for its owner's eyes only."""
    path.touch(mode=0o600)
    return path.open("w", encoding="utf-8", newline="")
