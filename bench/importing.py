"""How fast a file of a million people comes in, and how much memory that takes, in a process of its own.

Everything is done but the last step: rows are read, understood, decided on and encoded as DynamoDB takes them, then
thrown away. A second number is of the real client talking to a stand-in (answers.py) that answers at once.
"""

import csv
import multiprocessing
import os
import random
import resource
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

from authoring.importing.decide import Known, Rules
from authoring.importing.draft import Terms
from authoring.importing.files import Asked, open_people
from authoring.importing.load import Run
from authoring.importing.refused import RefusedRows
from authoring.importing.stores import Stores, Tables
from bench.answers import answering
from bench.metered import plain
from bench.report import Say
from functions.aws.attributes import encode, to_item
from functions.core.consent import Entry
from functions.core.event import Event
from functions.publish import keyring
from functions.releases import Keyring
from functions.tables import addresses, events
from functions.tables.imports import Imported
from functions.texts.places import Place

ROWS: Final = int(os.environ.get("IMPORT_ROWS", "1000000"))
SMALL: Final = 20_000
NOW: Final = 1_795_000_000_000
_NAMES: Final = (
    *("Ada Lovelace", "Ömer Şahin", "Işık Çığ", "Łukasz Żak", "Zoë Weiß", "Анна Каренина", "Jürgen Müller", "Ayşe Öz"),
    *("Bob Smith", "Éloïse Petit", "Иван Петров", "Zeynep Kaya", "Marek Nowak", "Emma Brown", "Hans Groß", "Li Wei"),
)
_CITIES: Final = ("İstanbul", "Berlin", "Kraków", "Москва", "London", "Ankara", "İzmir", "München", "Łódź", "Iğdır")


_DOMAINS: Final = (
    "gmail.com",
    "hotmail.com",
    "outlook.com",
    "tea.example",
    "yandex.ru",
    "web.de",
    "wp.pl",
    "icloud.com",
)


class Discarding:
    """Stores that know nobody, and throw away what was encoded."""

    def known(self, refs: Iterable[str], *, heads: bool) -> Known:
        """Nobody."""
        return Known()

    def append(self, address: str, entry: Entry) -> None:
        """Encode an entry."""
        to_item(addresses.entry_item(address, entry))

    def insert(self, found: Sequence[Event]) -> list[bool]:
        """Encode events."""
        return [bool(to_item(events.to_row(event))) for event in found]


def people(rows: int, seed: int = 5) -> Iterator[list[str]]:
    """A header and rows as a shop has them: some with mistakes, notes with a long tail, cells that are often empty."""
    chance = random.Random(seed)
    yield ["Müşteri No", "E-posta", "Ad Soyad", "Telefon", "Şehir", "Doğum tarihi", "Tutar", "Sipariş", "Üyelik", "Not"]
    for n in range(rows):
        name = _NAMES[n % len(_NAMES)]
        email = f"{'ömer' if n % 50 == 0 else 'person'}.{n}@{_DOMAINS[n % 97 % len(_DOMAINS)]}"
        if n % 997 == 0:
            email = "nonsense"
        note = "word " * min(300, int(chance.paretovariate(1.2))) if chance.random() < 0.3 else ""
        yield [
            str(n + 1) if n % 3 else "",
            email,
            name,
            f"0532 {n % 1000:03d} {n % 100:02d} {n // 1000 % 100:02d}" if n % 2 else "",
            _CITIES[n % len(_CITIES)],
            f"{n % 28 + 1:02d}.{n % 12 + 1:02d}.{1950 + n % 55}" if n % 4 else "",
            f"{n % 9000},{n % 100:02d}",
            str(n % 40),
            f"2024-{n % 12 + 1:02d}-{n % 28 + 1:02d} 10:00:00",
            note,
        ]


def write(path: Path, rows: int) -> int:
    """Such a file; its bytes."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows(people(rows))
    return path.stat().st_size


def load(path: Path, stores: Stores) -> tuple[float, dict[str, int]]:
    """CPU seconds that a file takes, the look through it beforehand included, and what became of its rows."""
    begun = time.process_time()
    proof = {"tips": ("sign-up sheet", "scan 12")} if isinstance(stores, Discarding) else {}
    terms = Terms(Place("tr", "TR", "Europe/Istanbul"), "Europe/Istanbul", NOW, proof)
    found = open_people(path, Asked(), terms, ["tips"], lambda rows: None).people
    imported = Imported("bench", NOW, path.name, found.hash, "bench", found.rows)
    rules = Rules("bench", NOW, found.rows, b"pepper")
    refused = RefusedRows(path.with_suffix(".refused"), found.header)
    run = Run(imported, rules, stores, refused, lambda _: None, lambda _: None)
    done = run.through(found, refuses=found.refuses)
    return time.process_time() - begun, dict(done.counts)


def run(say: Say) -> dict[str, float]:
    """import_rows_per_s, import_peak_mb at two sizes, import_client_rows_per_s."""
    numbers: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        for rows in (SMALL, ROWS):
            size = write(path, rows)
            seconds, peak, counts = _apart(_discard, path)
            say(
                f"{rows:,} rows, {size / 1e6:.0f} MB: {seconds:.0f} s of CPU, at most {peak:.0f} MB of memory; {counts}"
            )
            numbers |= {"import_rows_per_s": rows / seconds, f"import_peak_mb.{rows}": peak}
        write(path, SMALL)
        with answering(_keyring()) as (url, counted):
            seconds, _, _ = _apart(_through_client, path, url)
            say(f"{SMALL:,} rows through the client: {seconds:.0f} s of CPU, {dict(counted())}")
        numbers["import_client_rows_per_s"] = SMALL / seconds
    return numbers


def _keyring() -> dict[str, object]:
    row = keyring.to_row(Keyring(b"pepper", (b"signing",), ()), NOW)
    return {name: plain(encode(value)) for name, value in row.items()}


def _apart(work: object, *arguments: object) -> tuple[float, float, dict[str, int]]:
    """Run in a process that has done nothing else: seconds, peak memory in MB, counts."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(theirs, *arguments))  # type: ignore[arg-type]
    process.start()
    seconds, counts, peak = ours.recv()
    process.join()
    return seconds, peak, counts


def _discard(pipe: Connection, path: Path) -> None:
    pipe.send((*load(path, Discarding()), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def _through_client(pipe: Connection, path: Path, url: str) -> None:
    os.environ |= {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "x",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "EVENTS_TABLE": "events",
        "CONTACTS_TABLE": "contacts",
    }
    pipe.send((*load(path, Tables()), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))
