"""People in the rows of a CSV file."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from authoring.importing.draft import Draft, Understanding
from authoring.importing.mapping import Column
from authoring.importing.records import Bad, Records, Row

REFUSING = ("status", "unsubscribed", "bounced")

Proof = Callable[[Row], Mapping[str, str]]


@dataclass(slots=True)
class Table:
    """See job.People. `proof` says what a row of the product's own export proves."""

    records: Records
    columns: Sequence[Column]
    understanding: Understanding
    rows: int
    hash: str
    proof: Proof | None = None
    header: Sequence[str] = field(init=False)

    def __post_init__(self) -> None:
        self.header = self.records.header

    @property
    def path(self) -> Path:
        """The file."""
        return self.records.path

    @property
    def delimiter(self) -> str:
        return self.records.how.delimiter

    @property
    def refuses(self) -> bool:
        """Whether any row may forbid something."""
        return bool(self.understanding.terms.refusals) or any(one.target in REFUSING for one in self.columns)

    def __iter__(self) -> Iterator[Draft | Bad]:
        draft, proof = self.understanding.draft, self.proof
        for record in self.records:
            if isinstance(record, Bad):
                yield record
            else:
                yield draft(record, proof(record)) if proof else draft(record)
