"""What becomes of a row, given what is known: a new contact, more about one, or a refusal. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final, Literal

from authoring.importing.draft import Draft
from authoring.importing.records import Bad
from functions.core import event as names
from functions.core.consent import Change, Entry, Head, allowed, withdrawn
from functions.core.contact import Profile
from functions.core.erasure import Mark
from functions.core.event import Event
from functions.core.facts import TRAIT_BYTES
from functions.core.identity import EMAIL, PHONE, USER, hash_of, identity_ref, kind_of
from functions.core.tags import tag_from
from functions.core.traits import normal
from functions.core.views import iso
from functions.core.wire import MAX_EVENT

OnExisting = Literal["fill", "overwrite", "skip"]
ROW: Final = "im"
REFUSAL: Final = "is"
"""Beginnings of the ids of an import's events: rows go when it is undone, withdrawals stay."""
UNDO: Final = "undo of import:"
"""Beginning of the source of a ledger's entry that takes back what an import granted: nobody refused anything."""
_NOBODY: Final[Mapping[str, Any]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Rules:
    """Which import it is, when it began (ms), how many rows it has, what becomes of people who are known."""

    id: str
    at: int
    rows: int
    pepper: bytes
    on_existing: OnExisting = "fill"

    def moment(self, number: int) -> int:
        """When a row counts from (ms). Of two rows of one person the first fills, the last overwrites."""
        return self.at - (self.rows - number if self.on_existing == "overwrite" else number)


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored about the identities of some rows: whose they are, what erasures left, profiles of the
    surviving contacts, and heads of ledgers by hash of the address. `refused` are the heads without what undone
    imports withdrew, of addresses where that makes a difference."""

    owners: Mapping[str, str] = field(default_factory=lambda: _NOBODY)
    marks: Mapping[str, Mark] = field(default_factory=lambda: _NOBODY)
    profiles: Mapping[str, Profile] = field(default_factory=lambda: _NOBODY)
    heads: Mapping[str, Head] = field(default_factory=lambda: _NOBODY)
    refused: Mapping[str, Head] = field(default_factory=lambda: _NOBODY)


@dataclass(frozen=True, slots=True)
class Taken:
    """A row that is taken: its event (None where it says nothing new), entries for ledgers by hash of the address,
    and words under which it is counted."""

    number: int
    event: Event | None
    entries: tuple[tuple[str, Entry], ...]
    counts: tuple[str, ...]


def refs_of(draft: Draft, pepper: bytes) -> tuple[str, ...]:
    """The identities that a row names, strongest first."""
    found = ((USER, draft.user), (EMAIL, draft.email), (PHONE, draft.phone))
    refs = (identity_ref(kind, value, pepper) for kind, value in found if value)
    return tuple(dict.fromkeys(ref for ref in refs if ref))


def addresses_in(refs: Iterable[str]) -> list[str]:
    """Hashes of the addresses and numbers that can be written to."""
    return [hash_of(ref) for ref in refs if kind_of(ref) in (EMAIL, PHONE)]


def mailboxes_in(refs: Iterable[str]) -> list[str]:
    """Hashes of the e-mail addresses alone: who agrees to mail agrees to nothing by telephone."""
    return [hash_of(ref) for ref in refs if kind_of(ref) == EMAIL]


def decide(draft: Draft, refs: tuple[str, ...], rules: Rules, known: Known, received: int) -> Taken | Bad:
    """What becomes of a row that names these identities and arrives at `received` (ms)."""
    at = rules.moment(draft.number)
    if refused := _refused(draft, refs, known, at):
        return refused
    owner = next((known.owners[ref] for ref in refs if ref in known.owners), None)
    counts = ["existing" if owner else "new", *draft.notes]
    if owner and rules.on_existing == "skip":
        return Taken(draft.number, None, (), ("skipped",))
    profile = known.profiles.get(owner) if owner else None
    traits = _traits(draft, profile, rules.on_existing)
    said: dict[str, Any] = {"import": rules.id, "row": draft.number}
    tags = [tag for text in draft.tags if (tag := tag_from(text))]
    if tags:
        said["tags"] = list(dict.fromkeys(tags))
    if brought := "".join(kind_of(ref) for ref in refs if ref not in known.owners):
        said["brought"] = brought
    agreed, later = _agreed(draft, refs, known, at)
    counts += [f"consent: {topic}" for topic in agreed] + [f"withdrawn since: {topic}" for topic in later]
    if not mailboxes_in(refs):
        counts += [f"consent without address: {topic}" for topic in draft.claims]
    counts += [f"consent without proof: {topic}" for topic in draft.unproved]
    if agreed:
        said["consents"] = agreed
    withdrawals = [change.subject for change in draft.refusals if change.kind == "withdrawal"]
    if withdrawals and not draft.by_phone:
        said["withdrawn"] = withdrawals
    nothing = owner and not traits and len(said) == 2
    if nothing:
        return Taken(draft.number, None, (), (*counts, "nothing new"))
    if any(_is_long(value) for value in traits.values()):
        counts.append("too long for a trait")
    event = Event(
        source=refs[0],
        id=f"{ROW}-{rules.id}-{draft.number}",
        stamp=at,
        at=at,
        received=received,
        kind=names.SYSTEM,
        name=names.IMPORTED,
        properties=said,
        traits=traits,
        context={"active": False},
        identities=refs[1:],
        cause=names.IMPORT,
        proved=True,
    )
    if _is_too_large(draft, said, traits):
        return _bad(draft, "row-too-large", f"a row may have {MAX_EVENT // 1024} KB")
    return Taken(draft.number, event, tuple(_grants(draft, agreed, refs, rules, event)), tuple(counts))


def _bad(draft: Draft, code: str, reason: str) -> Bad:
    return Bad(draft.number, draft.line, draft.cells, code, reason)


def _refused(draft: Draft, refs: tuple[str, ...], known: Known, at: int) -> Bad | None:
    if not refs:
        return _bad(draft, "no-identity", "its id, address or number is one that names no single person")
    for ref in refs:
        mark = known.marks.get(ref)
        if mark is not None and (mark.since is None or at < mark.since):
            when = f" at {iso(mark.at)[:16].replace('T', ' ')} UTC" if mark.at else ""
            return _bad(draft, "erased", f"this person was erased{when}; `samovar readmit` lets them in again")
    owners = {known.owners[ref] for ref in refs if ref in known.owners}
    if len(owners) > 1:
        return _bad(draft, "two-contacts", "its ids and addresses belong to two contacts; `samovar merge` joins two")
    for owner in owners:
        held = known.profiles[owner].identities if owner in known.profiles else ()
        if any(kind_of(ref) == USER and ref not in known.owners for ref in refs) and any(
            kind_of(ref) == USER for ref in held
        ):
            return _bad(draft, "other-user-id", "its address or number belongs to a contact with another user id")
    return None


def _traits(draft: Draft, profile: Profile | None, on_existing: OnExisting) -> dict[str, Any]:
    traits = normal({**draft.traits, **({"email": draft.email} if draft.email else {})})
    if profile is None or on_existing == "overwrite":
        return traits
    return {name: value for name, value in traits.items() if profile.trait(name) is None}


def _agreed(draft: Draft, refs: tuple[str, ...], known: Known, at: int) -> tuple[dict[str, int], list[str]]:
    """Moments of the consents that count, and the topics of those that no proof is younger than a withdrawal of.

    Of a proof without a date nobody can say that it is.
    """
    mailboxes = mailboxes_in(refs)
    heads = {hash: known.heads[hash] for hash in mailboxes if hash in known.heads}
    agreed: dict[str, int] = {}
    later: list[str] = []
    if not mailboxes:
        return {}, []
    for topic, claim in draft.claims.items():
        given = at if claim.at is None else min(claim.at, at)
        for hash, head in heads.items():
            left = withdrawn(known.refused.get(hash, head), topic)
            if left >= given or (left and claim.at is None and not allowed(head, topic)):
                later.append(topic)
                break
            if withdrawn(head, topic) >= given:
                # An import that was undone withdrew it, and nobody else: it counts again from now.
                given = at
        else:
            if all(withdrawn(head, topic) < given for head in heads.values()):
                agreed[topic] = given
            else:
                later.append(topic)
    return agreed, later


def without_undos(head: Head, entries: Iterable[Entry]) -> Head:
    """The head of a ledger as it would be had undone imports withdrawn nothing.

    What no entry explains, as after an erasure, stays.
    """
    undone: dict[str, int] = {}
    left: dict[str, int] = {}
    for entry in entries:
        found = undone if entry.source.startswith(UNDO) else left
        for change in entry.changes:
            if change.kind == "withdrawal":
                found[change.subject] = max(entry.moment(change), found.get(change.subject, 0))
    kept = {
        subject: left.get(subject, 0) if moment == undone.get(subject) else moment
        for subject, moment in head.withdrawn.items()
    }
    return replace(head, withdrawn={subject: moment for subject, moment in kept.items() if moment})


def _grants(
    draft: Draft, agreed: Mapping[str, int], refs: tuple[str, ...], rules: Rules, event: Event
) -> Iterable[tuple[str, Entry]]:
    """Entries, one for each time and source, for each address of the row."""
    grouped: dict[tuple[int, str], list[Change]] = {}
    for topic, given in agreed.items():
        claim = draft.claims[topic]
        grouped.setdefault((given, claim.source), []).append(Change("grant", topic, claim.wording))
    for nth, ((given, source), changes) in enumerate(grouped.items()):
        ref = event.ref if not nth else f"{event.ref}#{nth}"
        dates = {claim.at for change in changes if (claim := draft.claims[change.subject]).at not in (None, given)}
        source += "".join(f" (agreed {iso(date)[:10]})" for date in sorted(filter(None, dates)))
        for address in mailboxes_in(refs):
            yield address, Entry(ref, given, event.received, f"import:{rules.id}: {source}", tuple(changes))


def refusals(draft: Draft, rules: Rules, known: Known, received: int) -> tuple[list[tuple[str, Entry]], Event | None]:
    """What a row forbids: entries for the ledgers of its addresses, and an event of a contact that is known.

    Where it names somebody without an address, all of theirs are meant. What the ledger says already is not said again.
    """
    refs = [ref for ref in refs_of(draft, rules.pepper) if ref not in known.marks]
    source = next((ref for ref in refs if ref in known.owners), None)
    meant = [ref for ref in refs if kind_of(ref) == PHONE or not draft.by_phone]
    if source and not draft.by_phone and not any(kind_of(ref) == EMAIL for ref in refs):
        profile = known.profiles.get(known.owners[source])
        meant += [ref for ref in (profile.identities if profile else ()) if kind_of(ref) == EMAIL]
    entries: list[tuple[str, Entry]] = []
    id = f"{REFUSAL}-{rules.id}-{draft.number}"
    for address in addresses_in(meant):
        head = known.heads.get(address, Head())
        changes = tuple(change for change in draft.refusals if not _says(head, change))
        if changes:
            entries.append((address, Entry(id, rules.at, received, f"import:{rules.id}", changes)))
    leaves = any(change.kind == "withdrawal" for _, entry in entries for change in entry.changes)
    if source is None or not leaves or draft.by_phone:
        return entries, None
    return entries, _unsubscribed(source, id, rules.moment(draft.number), received, rules)


def _unsubscribed(source: str, id: str, at: int, received: int, rules: Rules) -> Event:
    return Event(
        source=source,
        id=id,
        stamp=at,
        at=at,
        received=received,
        kind=names.SYSTEM,
        name=names.UNSUBSCRIBED,
        properties={"import": rules.id},
        context={"active": False},
        cause=names.IMPORT,
        proved=True,
    )


def _says(head: Head, change: Change) -> bool:
    if change.kind == "suppression":
        return change.subject in head.suppressed
    since = head.withdrawn.get(change.subject, 0)
    return since > 0 and all(granted <= since for granted in head.granted.values())


def _is_too_large(draft: Draft, said: Mapping[str, Any], traits: Mapping[str, Any]) -> bool:
    if sum(map(len, draft.cells)) < MAX_EVENT // 8 and len(draft.cells) < 100:
        return False
    return len(json.dumps([said, traits], ensure_ascii=False).encode("utf-8", "surrogatepass")) > MAX_EVENT


def _is_long(value: Any) -> bool:
    if isinstance(value, str) and len(value) < TRAIT_BYTES // 4:
        return False
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")) > TRAIT_BYTES
