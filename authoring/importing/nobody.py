"""No people at all: where only lists of those who must not be written to are read."""

from collections.abc import Iterator, Sequence

from authoring.importing.draft import Draft
from authoring.importing.readers.table import Table
from authoring.importing.records import Bad
from functions.core.ids import digest


class Nobody:
    """See job.People."""

    rows = 0
    refuses = False

    def __init__(self, lists: Sequence[Table]) -> None:
        self.header: Sequence[str] = lists[0].header
        self.delimiter = lists[0].delimiter
        self.hash = digest("lists", *(one.hash for one in lists))

    def __iter__(self) -> Iterator[Draft | Bad]:
        return iter(())
