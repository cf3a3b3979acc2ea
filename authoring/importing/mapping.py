"""What each column becomes: guessed from its header and its values, said otherwise by the owner, shown beforehand."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from typing import Any, Final

from pydantic import Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from authoring.importing.values import DAY_MONTH, MONTH_DAY
from authoring.problems import choose
from functions.core.definition import Definition

IGNORE: Final = "ignore"
IDENTITIES: Final = ("user_id", "email", "phone")
CONSENT: Final = "consent:"
PROOF: Final = ("consent_source", "consent_date", "consent_wording")
SPECIAL: Final = (*IDENTITIES, "tags", "status", "unsubscribed", "bounced", "opted_out", *PROOF, IGNORE)
KINDS: Final = ("text", "number", "date", "yes_no", "list")
ORDERS: Final = (DAY_MONTH, MONTH_DAY)
TRAIT_BYTES: Final = 100


class BadMapping(ValueError):
    """What was said of a column can't be; the message says what can."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column and what becomes of it: one of SPECIAL, "consent:<topic>", or the trait of that name.

    `kind` is what its cells are read as. `order` is that of its dates, `decimal` the mark of its numbers.
    `question` is what must be said before it can be read. `samples` are shown.
    """

    name: str
    target: str
    kind: str = "text"
    order: str = ""
    decimal: str = "."
    question: str = ""
    samples: tuple[str, ...] = ()

    @property
    def is_trait(self) -> bool:
        return self.target not in SPECIAL and not self.target.startswith(CONSENT)

    def becomes(self) -> str:
        """In words."""
        if self.target == IGNORE:
            return "(ignored)"
        if self.target.startswith(CONSENT):
            return f"consent to {self.target.removeprefix(CONSENT)}"
        if not self.is_trait:
            return {"user_id": "identity: user id", "email": "identity: e-mail", "phone": "identity: phone"}.get(
                self.target, self.target.replace("_", " ")
            )
        notes = {"date": self.order or "date", "number": "number", "yes_no": "yes or no", "list": "list"}
        return f"trait {self.target}" + (f" ({notes[self.kind]})" if self.kind in notes else "")


class _Said(Definition):
    """How one column is written in a mapping file."""

    to: str = Field(min_length=1)
    as_: str = Field("text", alias="as")
    dates: str = ""
    decimal: str = "."


class _File(Definition):
    """A mapping file."""

    encoding: str = ""
    delimiter: str = ""
    columns: dict[str, str | _Said]


def trait_name(header: str) -> str:
    """A trait's name made of a header: lower-case words of any script joined by underscores."""
    plain = unicodedata.normalize("NFC", header).replace("İ", "i").lower()
    name = re.sub(r"[^\w]+", "_", plain).strip("_") or "column"
    while len(name.encode()) > TRAIT_BYTES:
        name = name[:-1]
    return name


def said(columns: Sequence[Column], changes: Iterable[str]) -> list[Column]:
    """The columns after `--map "Column=target"`, "Column=target as date month-day". Raises BadMapping."""
    changed = {column.name: column for column in columns}
    for change in changes:
        name, equals, words = change.rpartition("=")
        name = name.strip()
        if not equals or not words.strip():
            raise BadMapping(f'"{change}" says nothing of a column: write it as "Column=trait"')
        if name not in changed:
            raise BadMapping(f'there is no column "{name}". {choose(name, changed, none="")}')
        target, _, kind = words.strip().partition(" as ")
        column = replace(changed[name], target=target.strip(), kind="text", question="")
        for word in kind.split():
            column = _with(column, word)
        changed[name] = column
    return list(changed.values())


def _with(column: Column, word: str) -> Column:
    if word in KINDS:
        return replace(column, kind=word)
    if word in ORDERS:
        return replace(column, kind="date", order=word)
    if word in ("comma", "point"):
        return replace(column, kind="number", decimal="," if word == "comma" else ".")
    raise BadMapping(f'column "{column.name}": "{word}" is none of {", ".join((*KINDS, *ORDERS))}, comma, point')


def checked(columns: Sequence[Column], topics: Collection[str]) -> None:
    """Raises BadMapping where the columns can't be imported together."""
    for column in columns:
        if column.target.startswith(CONSENT) and column.target.removeprefix(CONSENT) not in topics:
            wanted = column.target.removeprefix(CONSENT)
            raise BadMapping(f'column "{column.name}": there is no topic "{wanted}". {choose(wanted, topics, none="")}')
    used: dict[str, str] = {}
    for column in columns:
        if column.target in (IGNORE, "tags", "opted_out") or column.target.startswith(CONSENT):
            continue
        if column.target in used:
            raise BadMapping(
                f'both "{used[column.target]}" and "{column.name}" would become {column.target}: '
                f'say --map "{column.name}=ignore", or another name'
            )
        used[column.target] = column.name
    if not set(used) & {*IDENTITIES}:
        there = ", ".join(column.name for column in columns)
        raise BadMapping(f'no column says who somebody is: say which, as in --map "Column=email". There are: {there}')


def questions(columns: Iterable[Column]) -> list[str]:
    """What must be said before anything is read."""
    return [f'column "{column.name}": {column.question}' for column in columns if column.question]


def as_yaml(columns: Sequence[Column], encoding: str, delimiter: str) -> str:
    """A mapping file that says all of it."""
    content: dict[str, Any] = {"encoding": encoding, "delimiter": delimiter, "columns": {}}
    for column in columns:
        more = {"dates": column.order} if column.kind == "date" and column.order else {}
        if column.kind == "number" and column.decimal == ",":
            more["decimal"] = ","
        plain = column.kind == "text"
        content["columns"][column.name] = column.target if plain else {"to": column.target, "as": column.kind, **more}
    text = StringIO()
    yaml = YAML()
    yaml.allow_unicode = True
    yaml.width = 1000
    yaml.dump(content, text)
    return text.getvalue()


def from_yaml(text: str, name: str) -> tuple[dict[str, Column], str, str]:
    """Columns by header, encoding and delimiter of a mapping file. Raises BadMapping."""
    try:
        read = _File.model_validate(YAML(typ="safe", pure=True).load(text))
    except YAMLError as error:
        raise BadMapping(f"{name} is no YAML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part not in ("_Said", "str"))
        raise BadMapping(f"{name}: {where}: {first['msg']}") from None
    return {header: _column(header, said) for header, said in read.columns.items()}, read.encoding, read.delimiter


def _column(header: str, said: str | _Said) -> Column:
    if isinstance(said, str):
        return Column(header, said)
    if said.as_ not in KINDS:
        raise BadMapping(f'column "{header}": as: {said.as_} is none of {", ".join(KINDS)}')
    if said.dates and said.dates not in ORDERS:
        raise BadMapping(f'column "{header}": dates: {said.dates} is none of {", ".join(ORDERS)}')
    return Column(header, said.to, said.as_, said.dates, said.decimal)


def applied(guessed: Sequence[Column], file: Mapping[str, Column]) -> list[Column]:
    """The guesses with what a mapping file says of the same columns; columns it doesn't name are ignored."""
    return [
        replace(file[column.name], samples=column.samples)
        if column.name in file
        else replace(column, target=IGNORE, question="")
        for column in guessed
    ]
