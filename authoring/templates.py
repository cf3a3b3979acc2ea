"""E-mail templates: every variable checked before anything is published.

A template is rendered with samples: for a contact of whom nothing is known but what the e-mail
requires, where a trait without a default is a mistake, once without its blocks and once with all
of them; and for one that has every trait, which visits the other branches.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import CodeType
from typing import Any, Final

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.exceptions import TemplateError, UndefinedError
from jinja2.sandbox import SandboxedEnvironment

from authoring.problems import Problem, choose, nearest
from functions.core.compose import shown
from functions.core.filters import FILTERS, WRITER
from functions.core.known import FAILURES, Bounded, Traits, Values
from functions.core.products import Product
from functions.texts.writing import Hand

VARIABLES: dict[str, tuple[str, ...] | None] = {
    "contact": None,
    "business": ("name", "address", "site"),
    "topic": ("title", "transactional"),
    "block": None,
    "products": None,
    "unsubscribe_url": None,
    "preferences_url": None,
    "confirm_url": None,
    "asset_url": None,
    "survey": None,
    "page_url": None,
}

CALLED = {"asset_url": "asset", "survey": "survey", "page_url": "page"}
"""What is called with the id of a definition, and the kind of that."""

_NO_TRAIT = re.compile(r"Traits object' has no attribute '([^']+)'")
_NO_FILTER = re.compile(r"No filter named '([^']+)'")
_BRACES = "Check the braces: {{ value }}, {% if … %} … {% endif %}"
_CURLY = "Inside braces write straight quotes: \" or '"
_DEFAULT = 'Say what stands there otherwise: {{ %s | default("there") }}, or declare it under variables:'

_REMEMBERED: Final = 4096
"""So many sources are read once for all that is asked of them, and for the next compilation, too."""


@dataclass(frozen=True, slots=True)
class Part:
    """One template source: where it stands, and whether HTML rules apply. `line` is the source's first line."""

    file: str
    text: str
    field: str
    html: bool = False
    line: int = 1
    column: int = 1


@dataclass(frozen=True, slots=True)
class Given:
    """What a source may rely on: traits that have a default, traits that are required, blocks, products; and `ids` of
    what can be called, by kind. A source that is given none of those has nothing to call.

    Where `blocks` is None none of that could be read, and nothing that it may have said is missed. `names` are the
    variables that there are, each with the parts it has (None: any), and `values` samples of those that no mail has.
    """

    defaults: Mapping[str, Any] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    blocks: frozenset[str] | None = frozenset()
    products: tuple[Product, ...] = ()
    ids: Mapping[str, frozenset[str]] = field(default_factory=dict)
    names: Mapping[str, tuple[str, ...] | None] = field(default_factory=lambda: VARIABLES)
    values: Mapping[str, Any] = field(default_factory=dict)


class Sample(str):
    """A value of some trait, whatever the trait is: text, a list of one, something with parts."""

    __slots__ = ()

    def __new__(cls) -> "Sample":
        return super().__new__(cls, "Sample")

    def __getitem__(self, key: Any) -> Any:
        return Sample() if isinstance(key, str) else super().__getitem__(key)

    def __iter__(self) -> Iterator[Any]:
        return iter([Sample()] if self else [])


class _Every:
    """A sample person with every trait. As when mail is rendered, traits are all there is."""

    def __getitem__(self, name: str) -> str:
        return Sample()


class _Writer(Hand):
    """Writes what is known; of a sample anything may be true."""

    def day(self, value: Any) -> str:
        return value if isinstance(value, Sample) else super().day(value)

    def moment(self, value: Any) -> str:
        return value if isinstance(value, Sample) else super().moment(value)

    def number(self, value: Any) -> str:
        return value if isinstance(value, Sample) else super().number(value)

    def money(self, value: Any, currency: str) -> str:
        return value if isinstance(value, Sample) else super().money(value, currency)


class _Blocks:
    """All blocks, or none."""

    _name = "block"

    def __init__(self, every: bool) -> None:
        self._every = every

    def __getitem__(self, name: str) -> bool:
        return self._every


def check(part: Part, given: Given | None = None) -> list[Problem]:
    """What is wrong with one template source: syntax, unknown variables, missing defaults."""
    given = given or Given()
    missing: list[tuple[int, str]] = []
    environment = _environment(part.html, missing)
    try:
        tree = _tree(part.text, part.html)
    except TemplateSyntaxError as error:
        mend = _CURLY if any(quote in str(error.message) for quote in "“”„‘’«»") else _BRACES
        return [_problem(part, error.lineno, f"template syntax: {error.message}", mend)]
    problems = [*_unknown_names(part, tree, given)]
    if problems or given.blocks is None:
        return problems
    try:
        code, folded = _code(part.text, part.html)
    except (TemplateError, SyntaxError) as error:
        line = getattr(error, "lineno", 1) or 1
        if strange := _NO_FILTER.match(str(error)):
            close = nearest(strange[1], environment.filters)
            mend = f'Did you mean "{close}"?' if close else "Use one of the filters in docs/reference/emails.md"
            return [_problem(part, line, f'unknown filter "{strange[1]}"', mend)]
        return [_problem(part, line, f"template syntax: {error}", _BRACES)]
    missing.extend(folded)
    template = Template.from_code(environment, code, environment.make_globals(None))
    for blocks in (False, True) if given.blocks else (False,):
        try:
            template.render(**sample(given, traits=False, blocks=blocks))
        except UndefinedError as error:
            missing.append((_line(error), _said(str(error.message))))
        except (TypeError, ValueError) as error:
            if not given.required:
                mend = "Check the filters and what they are given"
                return [_problem(part, _line(error), f"the template fails: {error}", mend)]
            # A sample value of another type than the real one proves nothing.
        except KeyError as error:
            mend = "Add it to the product in products.yaml, or name one that is there"
            return [_problem(part, _line(error), f'a product has no "{error.args[0]}"', mend)]
        except Exception as error:
            mend = "Check the filters and what they are given"
            return [_problem(part, _line(error), f"the template fails: {error}", mend)]
    for line, message in dict.fromkeys(missing):
        name = message.partition(" ")[0] if message.startswith("contact.") else "contact.first_name"
        problems.append(_problem(part, line, message, _DEFAULT % name))
    if problems:
        return problems
    try:
        template.render(**sample(given, traits=True, blocks=True))
    except UndefinedError as error:
        missing.append((_line(error), str(error.message)))
    except FAILURES:
        # A sample value of another type than the real one proves nothing.
        return problems
    return [_problem(part, line, message, "Give it a default") for line, message in dict.fromkeys(missing)]


def sample(given: Given, *, traits: bool, blocks: bool) -> dict[str, Any]:
    """What a template is rendered with, for a contact with every trait or none but the required ones."""
    return {
        "contact": _Every() if traits else Traits(_held(given.required), given.defaults),
        "business": {"name": "Business", "address": "1 Street, Town", "site": "https://example.com"},
        "topic": {"title": "Topic", "transactional": False},
        "block": _Blocks(blocks),
        "products": shown(given.products, "en"),
        "unsubscribe_url": "https://example.com/u/token",
        "preferences_url": "https://example.com/p/token",
        "confirm_url": "https://example.com/confirm/token",
        "asset_url": lambda id: "https://example.com/get/token",
        "survey": lambda id: "A question, and links",
        "page_url": lambda id: "https://example.com/my/token",
        WRITER: _Writer("en", "UTC"),
        **given.values,
    }


def _held(required: tuple[str, ...]) -> dict[str, Any]:
    held: dict[str, Any] = {}
    for path in required:
        inside = held
        *outer, last = path.split(".")
        for name in outer:
            inside = inside.setdefault(name, {}) if isinstance(inside.get(name, {}), dict) else {}
        inside.setdefault(last, Sample())
    return held


@lru_cache(maxsize=_REMEMBERED)
def used(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Dotted paths of traits, and ids of blocks, that a sound source names."""
    tree = SandboxedEnvironment().parse(text)
    traits, blocks = set(), set()
    for node in tree.find_all((nodes.Getattr, nodes.Getitem)):
        path = _path(node)
        if path and path[0] == "contact":
            traits |= {".".join(path[1:end]) for end in range(2, len(path) + 1)}
        elif path and path[0] == "block":
            blocks.add(path[1])
    return frozenset(traits), frozenset(blocks)


@lru_cache(maxsize=_REMEMBERED)
def called_with(text: str, name: str) -> frozenset[str]:
    """The ids with which a source calls `asset_url` or another of CALLED; none where it can't be read."""
    try:
        tree = SandboxedEnvironment().parse(text)
    except TemplateSyntaxError:
        return frozenset()
    return frozenset(id for call in tree.find_all(nodes.Call) if _callee(call) == name and (id := _id_in(call)))


def _callee(call: nodes.Call) -> str:
    return call.node.name if isinstance(call.node, nodes.Name) else ""


def _id_in(call: nodes.Call) -> str | None:
    """The one id that something is called with, None where it is called otherwise."""
    match call.args:
        case [nodes.Const(value=str() as id)] if not call.kwargs and not call.dyn_args and not call.dyn_kwargs:
            return id
    return None


def _path(node: nodes.Node) -> list[str] | None:
    """The names that lead to a value: contact.address["city"] is contact, address, city."""
    match node:
        case nodes.Name():
            return [node.name]
        case nodes.Getattr():
            inside = _path(node.node)
            return None if inside is None else [*inside, node.attr]
        case nodes.Getitem(arg=nodes.Const(value=str() as key)):
            inside = _path(node.node)
            return None if inside is None else [*inside, key]
        case _:
            return None


@lru_cache(maxsize=_REMEMBERED)
def _tree(text: str, autoescape: bool) -> nodes.Template:
    return _environment(autoescape, []).parse(text)


@lru_cache(maxsize=_REMEMBERED)
def _code(text: str, autoescape: bool) -> tuple[CodeType, tuple[tuple[int, str], ...]]:
    """A source compiled, and what was found undefined on the way: whatever is constant is worked out there."""
    missing: list[tuple[int, str]] = []
    return _environment(autoescape, missing).compile(text), tuple(missing)


def _environment(autoescape: bool, missing: list[tuple[int, str]]) -> SandboxedEnvironment:
    """An environment whose undefined values are noted and passed over, so that all are found at once."""

    class Noted(StrictUndefined):
        def _note(self) -> str:
            frame = sys._getframe(1)
            while frame.f_back is not None and "debug_info" not in frame.f_globals:
                frame = frame.f_back
            template = frame.f_globals.get("environment") and frame.f_globals
            line = _source_line(str(template["debug_info"]), frame.f_lineno) if template else 1
            missing.append((line, self._said()))
            return ""

        def _said(self) -> str:
            owner = self._undefined_obj
            if isinstance(owner, Traits):
                return f"{owner._name}.{self._undefined_name} is unknown for some people"
            if isinstance(owner, Values):
                return f"unknown variable {owner._name}.{self._undefined_name}"
            return self._undefined_message

        def __str__(self) -> str:  # type: ignore[override]
            return self._note()

        def __bool__(self) -> bool:  # type: ignore[override]
            return bool(self._note())

        def __iter__(self) -> Any:
            return iter(self._note())

        def __len__(self) -> int:  # type: ignore[override]
            return len(self._note())

    made = Bounded(undefined=Noted, autoescape=autoescape, keep_trailing_newline=True)
    made.filters.update(FILTERS)
    return made


def _said(message: str) -> str:
    """Jinja2's words on an undefined value, without the names of our classes."""
    trait = _NO_TRAIT.search(message)
    return f"contact.{trait[1]} is unknown for some people" if trait else message


def _source_line(debug_info: str, compiled: int) -> int:
    """The template line of a line of its compiled code; pairs are template=compiled."""
    line = 1
    for pair in filter(None, debug_info.split("&")):
        template_line, _, compiled_line = pair.partition("=")
        if int(compiled_line) > compiled:
            break
        line = int(template_line)
    return line


def _line(error: BaseException) -> int:
    """The template line an exception came from; Jinja2 rewrites the traceback to say so."""
    line, trace = 1, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def _unknown_names(part: Part, tree: nodes.Template, given: Given) -> Iterator[Problem]:
    assigned = {name.name for name in tree.find_all(nodes.Name) if name.ctx in ("store", "param")}
    for name in tree.find_all(nodes.Name):
        if name.ctx == "load" and name.name not in given.names and name.name not in assigned | {"loop", "range"}:
            mend = choose(name.name, given.names, none="")
            yield _problem(part, name.lineno, f"unknown variable {name.name}", mend)
    for access in tree.find_all(nodes.Getattr):
        if isinstance(access.node, nodes.Name) and access.node.name not in assigned:
            known = given.names.get(access.node.name)
            if known is not None and access.attr not in known:
                words = f"{access.node.name}.{access.attr}"
                yield _problem(part, access.lineno, f"unknown variable {words}", choose(access.attr, known, none=""))
    for node in tree.find_all((nodes.Getattr, nodes.Getitem)):
        path = _path(node)
        if path and path[0] == "block" and given.blocks is not None and path[1] not in given.blocks:
            mend = choose(path[1], given.blocks, none="Define it under blocks: in the e-mail's YAML")
            message = f'unknown block "{path[1]}"'
            yield _problem(part, node.lineno, message, mend, "unknown-block")
    yield from _calls(part, tree, given)


def _calls(part: Part, tree: nodes.Template, given: Given) -> Iterator[Problem]:
    """What is called by the id of a definition, or named and not called."""
    called = [call for call in tree.find_all(nodes.Call) if _callee(call) in CALLED]
    for name in tree.find_all(nodes.Name):
        if name.name in CALLED and all(call.node is not name for call in called):
            mend = f'Write {name.name}("ID")'
            yield _problem(part, name.lineno, f"{name.name} without the id of one", mend)
    for call in called:
        kind, id = CALLED[_callee(call)], _id_in(call)
        names = given.ids.get(kind)
        if names is None:
            mend = "Use it in an e-mail"
            yield _problem(part, call.lineno, f"{_callee(call)} has no meaning here", mend)
        elif id is None:
            mend = f'Write its id between quotes: {_callee(call)}("{min(names, default="ID")}")'
            yield _problem(part, call.lineno, f"{_callee(call)} takes one id, as plain text", mend)
        elif id not in names:
            mend = choose(id, names, none=f"No {kind} is defined")
            what = "personal page" if kind == "page" else kind
            yield _problem(part, call.lineno, f'unknown {what} "{id}"', mend, f"unknown-{kind}")


def _problem(part: Part, line: int, message: str, mend: str, code: str = "invalid") -> Problem:
    return Problem(part.file, part.line + line - 1, part.column, part.field, message, mend, code)
