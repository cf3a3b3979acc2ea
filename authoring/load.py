"""YAML 1.2 as plain values, remembering the line and column of every key and value."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from authoring.problems import Problem, Severity

Path = tuple[str | int, ...]
_TAG = "tag:yaml.org,2002:"
_MAX_DEPTH = 60


@dataclass(slots=True)
class Document:
    """One parsed file: its values, and where each stands (line, column; both from 1)."""

    file: str
    data: Any = None
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    values: dict[Path, tuple[int, int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def at(self, path: Path, *, key: bool = False) -> tuple[int, int]:
        """Position of a path: of its key where asked or where the value spans lines, else of the value.

        A path that is not in the file answers with its nearest ancestor that is.
        """
        while path and path not in self.values:
            path = path[:-1]
        if path in self.keys and (key or isinstance(dig(self.data, path), dict | list)):
            return self.keys[path]
        return self.values.get(path, (1, 1))

    def problem(
        self,
        path: Path,
        message: str,
        mend: str,
        *,
        key: bool = False,
        code: str = "invalid",
        severity: Severity = "error",
    ) -> Problem:
        """A problem at a path of this file."""
        line, column = self.at(path, key=key)
        return Problem(self.file, line, column, spell(path), message, mend, code, severity)


def spell(path: Path) -> str:
    """A path as people write it: steps[2].wait.at_most."""
    words = ""
    for part in path:
        words += f"[{part}]" if isinstance(part, int) else f".{part}" if words else part
    return words or "(file)"


def dig(data: Any, path: Path) -> Any:
    """The value at a path, or None where there is none."""
    for part in path:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


@lru_cache(maxsize=4096)
def load(file: str, text: str) -> Document:
    """Parse one YAML file. Mistakes of syntax, and duplicate keys, are listed in `problems`.

    Whoever compiles a folder again after changing one file of it reads that file alone: what is answered is shared,
    and changed by nobody.
    """
    document = Document(file)
    yaml = YAML(typ="safe", pure=True)
    try:
        node = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        message = f"not readable as YAML: {error.problem or error.context}"
        document.problems.append(Problem(file, line, column, "(file)", message, _syntax_mend(text, line, message)))
        return document
    except YAMLError as error:
        line = text[: getattr(error, "position", 0)].count("\n") + 1
        mend = "Remove characters that cannot be typed"
        document.problems.append(Problem(file, line, 1, "(file)", f"not readable as YAML: {error}", mend))
        return document
    if node is not None:
        document.data = _Reader(yaml, document).read(node, ())
    return document


def _syntax_mend(text: str, line: int, said: str) -> str:
    lines = text.splitlines()
    if line <= len(lines) and "\t" in lines[line - 1]:
        return "Indent with spaces; YAML does not take tabs"
    if "expected ',' or" in said:
        return "Close the { or [ that was opened before, here or on a line above"
    return "Check the indentation, and put text that holds ': ' or '#' or starts with a symbol in quotes"


class _Reader:
    def __init__(self, yaml: YAML, document: Document) -> None:
        self._constructor = yaml.constructor
        self._document = document

    def read(self, node: Node, path: Path) -> Any:
        document = self._document
        document.values[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
        if len(path) > _MAX_DEPTH:
            mend = "Keep the nesting shallow, and let no alias point at what contains it"
            document.problems.append(document.problem(path, "nested too deeply", mend))
            return None
        if isinstance(node, MappingNode):
            return self._mapping(node, path)
        if isinstance(node, SequenceNode):
            return [self.read(child, (*path, index)) for index, child in enumerate(node.value)]
        assert isinstance(node, ScalarNode)
        return self._scalar(node, path)

    def _mapping(self, node: MappingNode, path: Path) -> dict[str, Any]:
        document, values = self._document, {}
        for key_node, value_node in node.value:
            here = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if not isinstance(key_node, ScalarNode):
                mend = "Put the text in quotes: a value that starts with { or [ is read as a collection"
                document.problems.append(Problem(document.file, *here, spell(path), "a key is not plain text", mend))
                continue
            key = str(key_node.value)
            child = (*path, key)
            if key in values:
                first = document.keys[child][0]
                mend = f"Keep one of them; the first is on line {first}"
                document.problems.append(Problem(document.file, *here, spell(child), f'duplicate key "{key}"', mend))
                continue
            document.keys[child] = here
            values[key] = self.read(value_node, child)
        return values

    def _scalar(self, node: ScalarNode, path: Path) -> Any:
        match str(node.tag).removeprefix(_TAG):
            case "str" | "timestamp" | "value" | "merge":
                return str(node.value)
            case "int":
                return self._constructor.construct_yaml_int(node)
            case "float":
                return self._constructor.construct_yaml_float(node)
            case "bool":
                return self._constructor.construct_yaml_bool(node)
            case "null":
                return None
        mend = "Remove the word that starts with !"
        self._document.problems.append(self._document.problem(path, f"unknown YAML tag {node.tag}", mend))
        return None
