"""Which reader a file needs, and everything that was said about it put together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from authoring.importing import mapping
from authoring.importing.draft import REFUSALS, Terms, Understanding
from authoring.importing.encoding import Format, format_of
from authoring.importing.guess import Surveyed, Tell, survey
from authoring.importing.mapping import IGNORE, BadMapping, Column
from authoring.importing.readers import hubspot, mailchimp, pinpoint
from authoring.importing.readers.pinpoint import Endpoints
from authoring.importing.readers.table import REFUSING, Table
from authoring.importing.records import Records
from authoring.importing.words import UNSUBSCRIBED
from authoring.problems import choose
from functions.core.consent import BOUNCE, COMPLAINT
from functions.core.identity import normal_email
from functions.core.sending import Sending
from functions.texts.places import Place

Origin = Literal["csv", "mailchimp", "hubspot", "pinpoint"]
ORIGINS: Final = ("csv", "mailchimp", "hubspot", "pinpoint")
_HEAD: Final = 4096
_BLANK: Final = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"
"""What a file of nothing may hold: marks of encodings, and space."""
_LISTS: Final = ((BOUNCE, ("bounce", "clean", "invalid")), (COMPLAINT, ("complain", "spam", "abuse")))
"""What stands in the name of a list of addresses that must not be written to, by reason; others unsubscribed."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was said of a file: "" and nothing where it is to be guessed."""

    origin: str = ""
    encoding: str = ""
    delimiter: str = ""
    changes: tuple[str, ...] = ()
    mapping: Path | None = None
    consents: tuple[str, ...] = ()
    country: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file of people, what it was taken for, and (of a CSV) how it is read and what its columns become."""

    people: Table | Endpoints
    origin: Origin
    how: Format | None = None
    columns: Sequence[Column] = ()

    def said(self) -> str:
        """Everything that changes what the rows mean."""
        columns = ((one.name, one.target, one.kind, one.order, one.decimal) for one in self.columns)
        terms = self.people.terms if isinstance(self.people, Endpoints) else self.people.understanding.terms
        return repr((self.origin, self.how, tuple(columns), sorted(terms.consents.items()), terms.refusals))


def terms_of(sending: Sending, asked: Asked, now: int) -> Terms:
    """How the rows of a business's files are understood. Raises BadMapping."""
    business = sending.business
    topics = [topic.id for topic in sending.topics if not topic.transactional]
    place = Place(business.language, asked.country.upper() or business.country, business.time_zone)
    return Terms(place, business.time_zone, now, consents(asked.consents, topics))


def consents(said: Iterable[str], topics: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Source and proof by topic of "tips: where from, which proof"; "tips" alone leaves them to the rows.

    Raises BadMapping.
    """
    found: dict[str, tuple[str, str]] = {}
    for text in said:
        topic, colon, rest = (part.strip() for part in text.partition(":"))
        source, comma, proof = (part.strip() for part in rest.partition(","))
        if topic not in topics:
            raise BadMapping(f'there is no topic "{topic}" that needs consent. {choose(topic, topics, none="")}')
        if colon and not (source and comma and proof):
            raise BadMapping(
                f'"{text}" gives no proof: write it as "{topic}: where they agreed, how that can be proved"'
            )
        found[topic] = (source, proof)
    return found


def open_people(path: Path, asked: Asked, terms: Terms, topics: Sequence[str], tell: Tell) -> Opened:
    """A file of people, looked through once. Raises BadMapping, Unreadable."""
    if asked.origin in ("", "pinpoint") and pinpoint.is_it(path):
        return Opened(Endpoints(path, terms).survey(tell), "pinpoint")
    if asked.origin == "pinpoint":
        raise BadMapping(f"{path.name} is no export of endpoints: those are JSON, one endpoint a line")
    with path.open("rb") as content:
        if not content.read(_HEAD).strip(_BLANK):
            raise BadMapping(f"{path.name} is empty")
    told: Mapping[str, Column] = {}
    encoding, delimiter = asked.encoding, asked.delimiter
    if asked.mapping:
        told, file_encoding, file_delimiter = mapping.from_yaml(
            asked.mapping.read_text(encoding="utf-8"), asked.mapping.name
        )
        encoding, delimiter = encoding or file_encoding, delimiter or file_delimiter
    how = format_of(path, encoding=encoding, delimiter=delimiter, language=terms.place.language)
    records = _records(path, how)
    found = survey(records, terms.place.language, tell)
    origin = _origin(asked.origin, records.header)
    columns = _columns(origin, found)
    columns = mapping.applied(columns, told) if told else columns
    columns = mapping.said(columns, asked.changes)
    mapping.checked(columns, topics)
    proof = mailchimp.proof(records.header) if origin == "mailchimp" else None
    table = Table(records, columns, Understanding(columns, terms), found.rows, found.hash, proof)
    return Opened(table, origin, how, columns)


def _records(path: Path, how: Format) -> Records:
    records = Records(path, how)
    # A first line with somebody's address in it is no header.
    return Records(path, how, header=not any(normal_email(name) for name in records.header))


def _origin(said: str, header: Sequence[str]) -> Origin:
    if said == "mailchimp" or (not said and mailchimp.is_it(header)):
        return "mailchimp"
    return "hubspot" if said == "hubspot" or (not said and hubspot.is_it(header)) else "csv"


def _columns(origin: Origin, found: Surveyed) -> list[Column]:
    match origin:
        case "mailchimp":
            return mailchimp.columns(found.columns)
        case "hubspot":
            return hubspot.columns(found.columns)
        case _:
            return list(found.columns)


def open_list(path: Path, terms: Terms, tell: Tell = lambda rows: None) -> Table:
    """A list of people who must not be written to: by a column that says why, or else by the file's name."""
    how = format_of(path, language=terms.place.language)
    records = _records(path, how)
    found = survey(records, terms.place.language, tell)
    columns = _columns(_origin("", records.header), found)
    named = ("user_id", "email", "phone", *REFUSING)
    columns = [one if one.target in named else Column(one.name, IGNORE) for one in columns]
    if all(one.target == IGNORE for one in columns):
        raise BadMapping(f"{path.name}: no column of it holds addresses, numbers or user ids")
    says = any(one.target in REFUSING for one in columns)
    reason = next(
        (reason for reason, words in _LISTS if any(word in path.stem.lower() for word in words)), UNSUBSCRIBED
    )
    own = Terms(terms.place, terms.zone, terms.now, {}, () if says else (REFUSALS[reason],))
    return Table(records, columns, Understanding(columns, own), found.rows, found.hash)
