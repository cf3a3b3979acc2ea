"""E-mail templates: every variable checked before anything is published.

A template is rendered twice with samples: for a contact that has no trait at all, where
a trait without `| default(...)` is a mistake, and for one that has every trait, which
visits the other branches.
"""

import re
import sys
from dataclasses import dataclass
from typing import Any

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2.exceptions import TemplateError, UndefinedError
from jinja2.sandbox import SandboxedEnvironment

from authoring.problems import Problem, choose

VARIABLES = {
    "contact": None,
    "business": ("name", "address", "site"),
    "topic": ("title",),
    "unsubscribe_url": None,
    "confirm_url": None,
}


_NO_TRAIT = re.compile(r"_Traits object' has no attribute '([^']+)'")
_BRACES = "Check the braces: {{ value }}, {% if … %} … {% endif %}"
_CURLY = "Inside braces write straight quotes: \" or '"


class _Traits:
    """A sample person: with every trait, or with none. As when mail is rendered, traits are all there is."""

    def __init__(self, every: bool) -> None:
        self._every = every

    def __getitem__(self, name: str) -> str:
        if self._every:
            return "Sample"
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Part:
    """One template source: where it stands, and whether HTML rules apply. `line` is the source's first line."""

    file: str
    text: str
    field: str
    html: bool = False
    line: int = 1
    column: int = 1


def check(part: Part) -> list[Problem]:
    """What is wrong with one template source: syntax, unknown variables, missing defaults."""
    missing: list[tuple[int, str]] = []
    environment = _environment(part.html, missing)
    try:
        tree = environment.parse(part.text)
    except TemplateSyntaxError as error:
        mend = _CURLY if any(quote in str(error.message) for quote in "“”„‘’«»") else _BRACES
        return [_problem(part, error.lineno, f"template syntax: {error.message}", mend)]
    problems = [*_unknown_names(part, tree)]
    if problems:
        return problems
    try:
        template = environment.from_string(part.text)
        template.render(**sample(traits=False))
    except UndefinedError as error:
        missing.append((_line(error), _said(str(error.message))))
    except Exception as error:
        return [
            _problem(part, _line(error), f"the template fails: {error}", "Check the filters and what they are given")
        ]
    for line, message in dict.fromkeys(missing):
        mend = 'Say what stands there otherwise: {{ contact.first_name | default("there") }}'
        problems.append(_problem(part, line, message, mend))
    if problems:
        return problems
    try:
        template.render(**sample(traits=True))
    except UndefinedError as error:
        missing.append((_line(error), str(error.message)))
    except (TemplateError, TypeError, ValueError, ArithmeticError):
        # A sample value of another type than the real one proves nothing.
        return problems
    return [_problem(part, line, message, "Give it a default") for line, message in dict.fromkeys(missing)]


def sample(*, traits: bool) -> dict[str, Any]:
    """What a template is rendered with, for a contact with every trait or none."""
    return {
        "contact": _Traits(traits),
        "business": {"name": "Business", "address": "1 Street, Town", "site": "https://example.com"},
        "topic": {"title": "Topic"},
        "unsubscribe_url": "https://example.com/u/token",
        "confirm_url": "https://example.com/confirm/token",
    }


def _environment(autoescape: bool, missing: list[tuple[int, str]]) -> SandboxedEnvironment:
    """An environment whose undefined values are noted and passed over, so that all are found at once."""

    class Noted(StrictUndefined):
        def _note(self) -> str:
            frame = sys._getframe(1)
            while frame.f_back is not None and "debug_info" not in frame.f_globals:
                frame = frame.f_back
            template = frame.f_globals.get("environment") and frame.f_globals
            line = _source_line(str(template["debug_info"]), frame.f_lineno) if template else 1
            missing.append((line, _said(self._undefined_message)))
            return ""

        def __str__(self) -> str:  # type: ignore[override]
            return self._note()

        def __bool__(self) -> bool:  # type: ignore[override]
            return bool(self._note())

        def __iter__(self) -> Any:
            return iter(self._note())

        def __len__(self) -> int:  # type: ignore[override]
            return len(self._note())

    return SandboxedEnvironment(undefined=Noted, autoescape=autoescape, keep_trailing_newline=True)


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


def _unknown_names(part: Part, tree: nodes.Template) -> list[Problem]:
    problems = []
    assigned = {name.name for name in tree.find_all(nodes.Name) if name.ctx in ("store", "param")}
    for name in tree.find_all(nodes.Name):
        if name.ctx == "load" and name.name not in VARIABLES and name.name not in assigned | {"loop", "range"}:
            mend = choose(name.name, VARIABLES, none="")
            problems.append(_problem(part, name.lineno, f"unknown variable {name.name}", mend))
    for access in tree.find_all(nodes.Getattr):
        if isinstance(access.node, nodes.Name) and access.node.name not in assigned:
            known = VARIABLES.get(access.node.name)
            if known is not None and access.attr not in known:
                words = f"{access.node.name}.{access.attr}"
                problems.append(
                    _problem(part, access.lineno, f"unknown variable {words}", choose(access.attr, known, none=""))
                )
    return problems


def _problem(part: Part, line: int, message: str, mend: str) -> Problem:
    return Problem(part.file, part.line + line - 1, part.column, part.field, message, mend)
