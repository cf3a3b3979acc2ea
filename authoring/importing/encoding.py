"""In which encoding a file is written, and what stands between its cells."""

import codecs
import csv
import gzip
import io
import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
LETTERS: Final = {
    "en": ("cp1252", "éèàïç’–"),
    "de": ("cp1252", "äöüß"),
    "fr": ("cp1252", "àâæçéèêëîïôœùûüÿ"),
    "es": ("cp1252", "áéíñóúü"),
    "pt": ("cp1252", "áâãàçéêíóôõú"),
    "it": ("cp1252", "àèéìíîòóùú"),
    "nl": ("cp1252", "áéëïóöü"),
    "nb": ("cp1252", "åæøéò"),
    "sv": ("cp1252", "åäöé"),
    "tr": ("cp1254", "çğıöşüâîûİ"),
    "pl": ("cp1250", "ąćęłńóśźż"),
    "cs": ("cp1250", "áčďéěíňóřšťúůýž"),
    "sk": ("cp1250", "áäčďéíĺľňóôŕšťúýž"),
    "hu": ("cp1250", "áéíóöőúüű"),
    "ro": ("cp1250", "ăâîşţ"),
    "hr": ("cp1250", "čćđšž"),
    "ru": ("cp1251", "абвгдежзийклмнопрстуфхцчшщъыьэюяё"),
    "uk": ("cp1251", "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя’"),
}
"""What files of a language were written in before UTF-8, and the letters beyond a to z that it has."""
DELIMITERS: Final = (",", ";", "\t", "|")
_HEAD: Final = 64 * 1024
_TELLING: Final = 32 * 1024
"""So many bytes of lines with other letters than a to z are enough to tell an encoding by."""


class Unreadable(ValueError):
    """The file can't be read as text; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Format:
    """How a file is to be read. `sure` is false where the encoding was guessed by its letters."""

    encoding: str
    delimiter: str = ","
    sure: bool = True


def opened(path: Path) -> IO[bytes]:
    """The file's bytes, unpacked where it is gzip."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return cast("IO[bytes]", gzip.open(path, "rb")) if packed else path.open("rb")


def encoding_of(path: Path, language: str = "en") -> tuple[str, bool]:
    """The encoding of a file, and whether that is sure. `language` decides where letters don't. Raises Unreadable."""
    with opened(path) as file:
        head = file.read(_HEAD)
        for mark, name in MARKS:
            if head.startswith(mark):
                return name, True
        if wide := _wide(head):
            return wide, True
        file.seek(0)
        if _is_utf8(file):
            return "utf-8", True
        file.seek(0)
        return _old(_telling(file), language), False


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of what is mostly Latin is zero."""
    even, odd = head[0:4000:2].count(0), head[1:4000:2].count(0)
    half = max(1, min(len(head), 4000) // 2)
    if odd > half * 0.3 and even < half * 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > half * 0.3 and odd < half * 0.05 else None


def _is_utf8(file: IO[bytes]) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    with suppress(UnicodeDecodeError):
        while part := file.read(1 << 20):
            decoder.decode(part)
        decoder.decode(b"", final=True)
        return True
    return False


def _telling(file: Iterable[bytes]) -> bytes:
    """Lines with letters beyond ASCII: only they tell one encoding from another."""
    lines, size = [], 0
    for line in file:
        if not line.isascii():
            lines.append(line[:2000])
            size += len(lines[-1])
            if size > _TELLING:
                break
    return b"".join(lines)


def _old(sample: bytes, language: str) -> str:
    """The encoding in which most letters beyond ASCII are those of one language; `language` where several are."""
    seen = Counter(byte for byte in sample if byte > 127)
    # Every byte is a letter in Cyrillic, where words consist of them; elsewhere they stand alone among a to z.
    runs = Counter(b"".join(re.findall(rb"[\x80-\xff]{3,}", sample)))
    own, best = language.partition("-")[0].lower(), (-1.0, False, False)
    found = "cp1252"
    for spoken, (encoding, letters) in LETTERS.items():
        known = {*letters, *letters.upper()}
        counted = runs if encoding == "cp1251" else seen
        fitting = sum(times for byte, times in counted.items() if bytes([byte]).decode(encoding, "replace") in known)
        score = (fitting / max(1, seen.total()), spoken == own, encoding == "cp1252")
        if score > best:
            best, found = score, encoding
    return found


def delimiter_of(lines: list[str]) -> str:
    """What stands between cells: of the four in use the one by which most rows have the same number of them, above
    one; the more cells, the better."""
    best, delimiter = (0.0, 0), ","
    for candidate in DELIMITERS:
        widths: list[int] = []
        with suppress(csv.Error):
            widths += [len(row) for row in csv.reader(lines, delimiter=candidate) if row]
        if not widths:
            continue
        width, often = Counter(widths).most_common(1)[0]
        if width > 1 and (score := (round(often / len(widths), 1), width)) > best:
            best, delimiter = score, candidate
    return delimiter


def format_of(path: Path, *, encoding: str = "", delimiter: str = "", language: str = "en") -> Format:
    """How to read a file; what is told is not guessed. Raises Unreadable."""
    with path.open("rb") as file:
        if file.read(4) == b"PK\x03\x04":
            raise Unreadable(f"{path.name} is an archive or a workbook: unpack it, or save it as CSV (UTF-8)")
    delimiter = {"tab": "\t", "\\t": "\t"}.get(delimiter, delimiter)
    if len(delimiter) > 1:
        raise Unreadable(f'"{delimiter}" is no single mark that can stand between cells')
    sure = True
    if encoding:
        try:
            name = codecs.lookup(encoding).name
        except LookupError:
            raise Unreadable(f'"{encoding}" is no encoding: write utf-8, utf-16, cp1254, cp1252, cp1251 …') from None
    else:
        name, sure = encoding_of(path, language)
    return Format(name, delimiter or delimiter_of(_first_lines(path, name)), sure)


def _first_lines(path: Path, encoding: str) -> list[str]:
    lines: list[str] = []
    size = 0
    with text_of(path, encoding) as file:
        # A cell of megabytes says nothing about what stands between cells.
        while size < _HEAD * 2 and len(lines) < 200 and (line := file.readline(_HEAD)):
            lines.append(line)
            size += len(line)
    return lines


def text_of(path: Path, encoding: str) -> IO[str]:
    """The file's text, line ends as they stand; bytes that are no text in the encoding become U+FFFD."""
    return io.TextIOWrapper(opened(path), encoding=encoding, errors="replace", newline="")
