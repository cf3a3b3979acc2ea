"""Amazon Pinpoint's export of endpoints: JSON, one endpoint a line, packed by gzip, as its export jobs write to S3.

An endpoint is one address of a user on one channel (AWS: Amazon Pinpoint API reference, EndpointResponse). Endpoints of
one user have the same User.UserId, by which they become one contact. Devices' push tokens are not taken.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, Final

from authoring.importing.draft import REFUSALS, Building, Draft, Terms, Wrong, finished, put_phone
from authoring.importing.encoding import opened
from authoring.importing.guess import Tell, hash_of
from authoring.importing.mapping import trait_name
from authoring.importing.records import Bad, Row
from authoring.importing.values import address
from authoring.importing.words import UNSUBSCRIBED
from functions.core.identity import is_shared

NAME: Final = "Amazon Pinpoint"
LONGEST: Final = 4 * 1024 * 1024
_HALF: Final = re.compile("[\ud800-\udfff]")
_LOCATION: Final = {
    "City": "city",
    "Country": "country",
    "PostalCode": "postcode",
    "Region": "region",
    "Latitude": "latitude",
    "Longitude": "longitude",
}
_DEMOGRAPHIC: Final = {"Locale": "locale", "Timezone": "time_zone"}


def is_it(path: Path) -> bool:
    """Whether a file is such an export."""
    with opened(path) as file:
        head = file.read(4096)
    return head.lstrip().startswith(b"{") and b'"ChannelType"' in head


@dataclass(slots=True)
class Endpoints:
    """See job.People."""

    path: Path
    terms: Terms
    rows: int = 0
    hash: str = ""
    refuses: bool = True
    delimiter: str = ","
    header: tuple[str, ...] = field(default=("endpoint",))

    def survey(self, tell: Tell = lambda rows: None) -> "Endpoints":
        """Count the endpoints."""
        with opened(self.path) as file:
            for self.rows, _ in enumerate(_lines(file), 1):
                if self.rows % 5000 == 0:
                    tell(self.rows)
        self.hash = hash_of(self.path)
        return self

    def __iter__(self) -> Iterator[Draft | Bad]:
        with opened(self.path) as file:
            for number, (line, raw) in enumerate(_lines(file), 1):
                row = Row(number, line, (raw.decode("utf-8", "replace").strip(),))
                try:
                    yield self._draft(row)
                except Wrong as wrong:
                    yield Bad(number, line, row.cells, wrong.code, str(wrong))

    def _draft(self, row: Row) -> Draft:
        try:
            endpoint = json.loads(row.cells[0])
        except (ValueError, RecursionError):
            raise Wrong("bad-json", "the line is no JSON") from None
        if not isinstance(endpoint, dict):
            raise Wrong("bad-json", "the line is no JSON object")
        if any(_HALF.search(text) for text in _texts(endpoint)):
            raise Wrong("bad-json", "it has half of a letter, which nothing can store")
        built = Building(refusals=list(self.terms.refusals))
        user = _object(endpoint.get("User"))
        if (id := user.get("UserId")) and not is_shared(str(id)):
            built.user = str(id)[:256]
        self._channel(endpoint, built)
        for name, value in (*_object(endpoint.get("Attributes")).items(), *_object(user.get("UserAttributes")).items()):
            if (kept := _value(value)) is not None:
                built.traits[trait_name(name)] = kept
        built.traits |= {trait_name(name): value for name, value in _object(endpoint.get("Metrics")).items()}
        for part, names in (("Location", _LOCATION), ("Demographic", _DEMOGRAPHIC)):
            known = _object(endpoint.get(part))
            built.traits |= {ours: known[name] for name, ours in names.items() if known.get(name) not in (None, "")}
        # Pinpoint's users opt out of one channel at a time.
        return replace(finished(row, built, self.terms), by_phone=built.email is None and built.phone is not None)

    def _channel(self, endpoint: Mapping[str, Any], built: Building) -> None:
        to = str(endpoint.get("Address") or "")
        match endpoint.get("ChannelType"):
            case "EMAIL" if to:
                built.email = address(to, self.terms.place)
                if built.email is None:
                    raise Wrong("bad-email", f'"{to[:100]}" is no complete e-mail address')
            case "SMS" | "VOICE" if to:
                put_phone(to, built, self.terms.place, "Address")
            case _ if built.user is None:
                raise Wrong("no-address", f"a {endpoint.get('ChannelType', 'nameless')} endpoint without a user id")
            case _:
                built.notes.append(f"device: {endpoint.get('ChannelType', 'nameless')}")
        if endpoint.get("EndpointStatus", "ACTIVE") != "ACTIVE":
            # Pinpoint sends nothing to it; whoever it is may have another.
            built.declined = True
            built.notes.append("opted-out: EndpointStatus")
        if endpoint.get("OptOut") == "ALL":
            built.refusals.append(REFUSALS[UNSUBSCRIBED])


def _lines(file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    for line, raw in enumerate(iter(lambda: file.readline(LONGEST), b""), 1):
        if raw.strip():
            yield line, raw


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, part in value.items():
            yield name
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _value(value: Any) -> Any:
    """Pinpoint keeps every attribute as a list of texts."""
    if not isinstance(value, list):
        return value
    return None if not value else value[0] if len(value) == 1 else value
