"""One row understood: who it is, what is known of them, what they agreed to by which proof, and what they refused."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from authoring.importing import values
from authoring.importing.mapping import CONSENT, IGNORE, Column
from authoring.importing.records import Bad, Row
from authoring.importing.words import ROLES, UNSUBSCRIBED, YES_NO, folded
from functions.core.consent import BOUNCE, COMPLAINT, EVERYTHING, Change
from functions.core.identity import is_shared
from functions.core.times import parse_time
from functions.core.views import midnight
from functions.texts.places import Place

_NONE: Final[Mapping[str, Any]] = MappingProxyType({})
DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Claim:
    """Consent that a row claims: `at` (ms) is when it was given, None where nobody says."""

    source: str
    wording: str
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """A person of a file. `phone` is E.164. `claims` by topic are proved ones, `unproved` topics claimed without
    source or proof. `refusals` are what the row says of a withdrawal or an address that can't be written to; with
    `by_phone` they are about its number alone. `notes` say what stayed text, by "code: column"."""

    number: int
    line: int
    cells: tuple[str, ...]
    user: str | None = None
    email: str | None = None
    phone: str | None = None
    traits: Mapping[str, Any] = field(default_factory=lambda: _NONE)
    tags: tuple[str, ...] = ()
    claims: Mapping[str, Claim] = field(default_factory=lambda: _NONE)
    unproved: tuple[str, ...] = ()
    refusals: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()
    by_phone: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """How rows are understood: where the business is, its days, `now` (ms), and the consents that every row claims
    by topic: (source, wording), "" where the row itself must say. `refusals` are what every row refuses."""

    place: Place
    zone: str
    now: int
    consents: Mapping[str, tuple[str, str]] = field(default_factory=lambda: _NONE)
    refusals: tuple[Change, ...] = ()


class Wrong(Exception):
    """A row that can't be taken."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(slots=True)
class Building:
    """A draft under construction."""

    user: str | None = None
    email: str | None = None
    phone: str | None = None
    traits: dict[str, Any] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    topics: dict[str, bool] = field(default_factory=dict)
    proof: dict[str, str] = field(default_factory=dict)
    refusals: list[Change] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    declined: bool = False
    """Whether the row says that its person agrees to nothing, though they may be written to about what they bought."""


_Put = Callable[[str, Building], None]


class Understanding:
    """Turns rows into drafts, by what each column becomes."""

    def __init__(self, columns: Sequence[Column], terms: Terms) -> None:
        self.terms = terms
        self._puts = [(index, self._put(column)) for index, column in enumerate(columns) if column.target != IGNORE]

    def draft(self, row: Row, proof: Mapping[str, str] = _NONE) -> Draft | Bad:
        """What a row says; Bad where it can't be taken. `proof` is what the file says of its consent beside columns:
        consent_source, consent_date, consent_wording."""
        built = Building(refusals=list(self.terms.refusals), proof=dict(proof))
        try:
            for index, put in self._puts:
                if cell := row.cells[index].strip():
                    put(cell, built)
            return finished(row, built, self.terms)
        except Wrong as wrong:
            return Bad(row.number, row.line, row.cells, wrong.code, str(wrong))

    def _put(self, column: Column) -> _Put:
        target, place = column.target, self.terms.place
        if target.startswith(CONSENT):
            return _topic(target.removeprefix(CONSENT), column.name)
        match target:
            case "email":
                return lambda cell, built: _email(cell, built, place)
            case "phone":
                return lambda cell, built: put_phone(cell, built, place, column.name)
            case "user_id":
                return _user
            case "tags":
                return lambda cell, built: built.tags.extend(values.listed(cell, ";|,"))
            case "status":
                return lambda cell, built: _status(cell, built, column.name)
            case "unsubscribed" | "bounced":
                return _refusal(REFUSALS[UNSUBSCRIBED if target == "unsubscribed" else BOUNCE])
            case "opted_out":
                return lambda cell, built: _opted_out(cell, built, column.name)
            case "consent_source" | "consent_date" | "consent_wording":
                return lambda cell, built: built.proof.__setitem__(target, cell)
        return _trait(column, self.terms)


def finished(row: Row, built: Building, terms: Terms) -> Draft:
    """The draft of a row whose cells were read. Raises Wrong."""
    if not (built.user or built.email or built.phone):
        raise Wrong("no-identity", "it has no user id, no e-mail address and no complete telephone number")
    claims, unproved = _claims(built, terms)
    return Draft(
        row.number,
        row.line,
        row.cells,
        built.user,
        built.email,
        built.phone,
        built.traits,
        tuple(built.tags),
        claims,
        unproved,
        tuple(dict.fromkeys(built.refusals)),
        tuple(built.notes),
    )


def _claims(built: Building, terms: Terms) -> tuple[dict[str, Claim], tuple[str, ...]]:
    claimed = {topic for topic in terms.consents if built.topics.get(topic, True)}
    claimed |= {topic for topic, agreed in built.topics.items() if agreed}
    if not claimed or built.refusals or built.declined:
        # Whoever refused everything agrees to nothing, whatever the file says beside it.
        return {}, ()
    at = None
    if said := built.proof.get("consent_date"):
        at = moment(said, terms)
        if at is None:
            raise Wrong("bad-consent-date", f'"{said}" is no date of consent that can be read')
        if at > terms.now:
            raise Wrong("future-consent", f"consent is dated {said}, which has not come yet")
    claims: dict[str, Claim] = {}
    for topic in sorted(claimed):
        source, wording = terms.consents.get(topic, ("", ""))
        source = built.proof.get("consent_source") or source
        wording = built.proof.get("consent_wording") or wording
        if source and wording:
            claims[topic] = Claim(source[:200], wording[:2000], at)
    return claims, tuple(sorted(claimed - set(claims)))


def moment(text: str, terms: Terms) -> int | None:
    """Epoch ms of a date (its local midnight) or a time; None for what is neither."""
    read = values.day_or_moment(text, "", terms.zone, terms.place)
    if read is None or read.startswith("--"):
        return None
    at = parse_time(read)
    return at if "T" in read else midnight(at // DAY_MS, terms.zone)


def _user(cell: str, built: Building) -> None:
    if is_shared(cell) or len(cell) > 256:
        raise Wrong("bad-user-id", f'"{cell[:40]}" names no single person')
    built.user = cell


def _email(cell: str, built: Building, place: Place) -> None:
    address = values.address(cell, place)
    if address is None:
        raise Wrong("bad-email", f'"{cell[:100]}" is no complete e-mail address')
    built.email = address
    local = address.partition("@")[0].lower()
    if local in ROLES:
        built.notes.append("shared-address")


def put_phone(cell: str, built: Building, place: Place, name: str) -> None:
    """A telephone number, or the text that it is where it is none of the country."""
    number = place.phone(cell)
    built.traits["phone"] = number or cell
    if number is None:
        built.notes.append(f"phone-as-text: {name}")
    built.phone = number


def _topic(topic: str, name: str) -> _Put:
    def put(cell: str, built: Building) -> None:
        said = values.yes_no(cell)
        if said is None:
            built.notes.append(f"consent-not-understood: {name}")
        built.topics[topic] = bool(said)

    return put


def _status(cell: str, built: Building, name: str) -> None:
    said = values.status(cell)
    if said is None:
        built.notes.append(f"status-not-understood: {name}")
    elif change := REFUSALS.get(said):
        built.refusals.append(change)


REFUSALS: Final = {
    UNSUBSCRIBED: Change("withdrawal", EVERYTHING),
    BOUNCE: Change("suppression", BOUNCE),
    COMPLAINT: Change("suppression", COMPLAINT),
}
"""What a status forbids, in the ledger's terms."""


def _is_said(cell: str) -> bool:
    """Anything but a clear no, a date as well: who left it to chance would write to somebody who left."""
    return YES_NO.get(folded(cell)) is not False and cell != "0"


def _opted_out(cell: str, built: Building, name: str) -> None:
    if _is_said(cell):
        built.declined = True
        built.notes.append(f"opted-out: {name}")


def _refusal(change: Change) -> _Put:
    def put(cell: str, built: Building) -> None:
        if _is_said(cell):
            built.refusals.append(change)

    return put


def _trait(column: Column, terms: Terms) -> _Put:
    read = _reader(column, terms)
    target = column.target

    def put(cell: str, built: Building) -> None:
        value = read(cell)
        if value is None:
            built.notes.append(f"kept-as-text: {column.name}")
            value = cell
        built.traits[target] = value

    return put


def _reader(column: Column, terms: Terms) -> values.Read:
    match column.kind:
        case "date":
            return lambda cell: values.day_or_moment(cell, column.order, terms.zone, terms.place)
        case "number":
            return lambda cell: values.number(cell, column.decimal)
        case "yes_no":
            return values.yes_no
        case "list":
            return values.listed
    return str
