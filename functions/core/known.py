"""What a template sees: values and nothing behind them, and what is missing says its name. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from jinja2 import StrictUndefined, TemplateError
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment

OPEN: Final = "\ue000"
CLOSE: Final = "\ue001"
"""Private characters that fence what came from an expression while links are looked for."""
_PRIVATE = re.compile(f"[{OPEN}{CLOSE}]")
_NOTHING: Mapping[str, Any] = {}
_LONGEST: Final = 100_000
"""Members of a text or list that a template repeats, and bits of a power, at most."""

FAILURES: Final = (
    *(TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError),
    # A macro that calls itself, and a text that a filter makes larger than there is room for.
    *(RecursionError, MemoryError),
)
"""What a template raises that can't be rendered with what it was given."""


class Unrenderable(Exception):
    """The template can't be rendered for this contact. `reason` is a code of policy.REASONS."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class Trusted(str):
    """Text that the release wrote: its links may be signed."""

    __slots__ = ()


class Values:
    """What stands behind a name in a template: nothing but the values."""

    __slots__ = ("_name", "_values")

    def __init__(self, name: str, values: Mapping[str, Any]) -> None:
        self._name = name
        self._values = values

    def __getitem__(self, key: str) -> Any:
        return self._values[key]


class Traits:
    """What is known about a contact, or what one of their traits holds. Empty text is as good as nothing.

    `defaults` are what stands for a missing trait, by its path from the contact.
    """

    __slots__ = ("_defaults", "_held", "_name", "_path")

    def __init__(self, held: Mapping[str, Any], defaults: Mapping[str, Any] = _NOTHING, path: str = "") -> None:
        self._held = held
        self._defaults = defaults
        self._path = path
        self._name = f"contact.{path}" if path else "contact"

    def __getitem__(self, key: str) -> Any:
        value = self._held.get(key)
        path = f"{self._path}.{key}" if self._path else key
        if value is None or (isinstance(value, str) and not value.strip()):
            if path in self._defaults:
                return self._defaults[path]
            inside = f"{path}."
            if any(name.startswith(inside) for name in self._defaults):
                return Traits(_NOTHING, self._defaults, path)
            raise KeyError(key)
        return _bare(value, self._defaults, path)

    def __iter__(self) -> Iterator[str]:
        return iter(_bare(key, _NOTHING, "") for key in self._held)

    def __len__(self) -> int:
        return len(self._held)


class Held(Mapping[str, Any]):
    """The traits of a profile without their ranks, each looked at when a template asks for it."""

    __slots__ = ("_ranked",)

    def __init__(self, ranked: Mapping[str, tuple[Any, Any]]) -> None:
        self._ranked = ranked

    def __getitem__(self, key: str) -> Any:
        value = self._ranked[key][1]
        if value is None:
            raise KeyError(key)
        return value

    def __iter__(self) -> Iterator[str]:
        return (name for name, (_, value) in self._ranked.items() if value is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _bare(value: Any, defaults: Mapping[str, Any], path: str) -> Any:
    """A trait without the private characters: nobody closes our fences from inside."""
    match value:
        case str():
            return value if value.isascii() else _PRIVATE.sub("", value)
        case Mapping():
            return Traits(value, defaults, path)
        case list() | tuple():
            return [_bare(part, _NOTHING, path) for part in value]
        case _:
            return value


def holds(traits: Traits, path: str) -> bool:
    """Whether there is something at a dotted path: text that isn't empty, a list that isn't."""
    value: Any = traits
    try:
        if path in traits._held:
            value = traits[path]
        else:
            for name in path.split("."):
                if not isinstance(value, Traits):
                    return False
                value = value[name]
    except KeyError:
        return False
    return not isinstance(value, list | Traits) or len(value) > 0


class Missing(StrictUndefined):
    """An undefined value that says its full name when it is used."""

    __slots__ = ()

    def __init__(self, hint: str | None = None, obj: Any = None, name: str | None = None, exc: Any = None) -> None:
        owner = f"{obj._name}." if isinstance(obj, Values | Traits) else ""
        super().__init__(hint, obj, name)
        self._undefined_exception = lambda _: Unrenderable("missing-variable", f"{owner}{name}")  # type: ignore[assignment]


class Bounded(SandboxedEnvironment):
    """Repeats no text and raises no number beyond bounds: in `"★" * contact.rating` the number is anybody's, and a
    thousand million stars would take the process with them. Raises SecurityError, which is a TemplateError."""

    intercepted_binops = frozenset({"*", "**"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "**" and isinstance(left, int) and isinstance(right, int):
            size = left.bit_length() * right
        else:
            size = max(_repeated(left, right), _repeated(right, left)) if operator == "*" else 0
        if size > _LONGEST:
            raise SecurityError(f"{operator} makes something too large")
        return super().call_binop(context, operator, left, right)


def _repeated(whole: Any, times: Any) -> int:
    """How long a text or list becomes when it is repeated; 0 where that isn't what is asked."""
    return len(whole) * times if isinstance(whole, str | list | tuple) and isinstance(times, int) else 0


class Sandbox(Bounded):
    """Runs templates that can ask of Values and Traits nothing but their values."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        # What it takes to find out that these have no such attribute is most of what a value costs.
        if type(obj) is Values or type(obj) is Traits:
            try:
                return obj[attribute]
            except LookupError:
                return self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)
