"""Whatever is done to the files: problems with a place and a mend, never a traceback."""

import copy
import io
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from authoring.load import load
from authoring.problems import CODES, Invalid, Problem
from authoring.validate import validate
from tests.scale import scaled
from tests.unit.authoring.folders import Folder

FILES = (
    "bots.yaml",
    "funnel.yaml",
    "scoring.yaml",
    "segments.yaml",
    "sending.yaml",
    "forms/hello.yaml",
    "journeys/welcome.yaml",
    "emails/welcome.yaml",
    "scenarios/welcome.yaml",
)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path in a value."""
    found = [path]
    if isinstance(data, dict | list):
        for key in data if isinstance(data, dict) else range(len(data)):
            found += places(data[key], (*path, key))
    return found


def replaced(data: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy of `data` with another value at `path`."""
    if not path:
        return value
    data = copy.deepcopy(data)
    inside = data
    for key in path[:-1]:
        inside = inside[key]
    inside[path[-1]] = value
    return data


def checked(folder: Folder) -> None:
    for problem in problems_of(folder):
        assert problem.file
        assert problem.line >= 1
        assert problem.column >= 1
        assert problem.field
        assert problem.message
        assert problem.mend
        assert problem.code in CODES


def problems_of(folder: Folder) -> tuple[Problem, ...]:
    try:
        validate(folder.root)
    except Invalid as invalid:
        return invalid.problems
    return ()


@settings(max_examples=scaled(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_value_anywhere_is_valid_or_told(folder: Folder, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(FILES))
    before = folder.read(name)
    content = load(name, before).data
    path = data.draw(st.sampled_from(places(content)))
    stream = io.StringIO()
    YAML(typ="safe", pure=True).dump(replaced(content, path, data.draw(anything)), stream)
    try:
        folder.write(name, stream.getvalue())
        checked(folder)
    finally:
        folder.write(name, before)


@settings(max_examples=scaled(40), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_text_cut_out_is_valid_or_told(folder: Folder, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([*FILES, "emails/welcome.mjml", "emails/welcome.txt", "emails/parts/shelf.mjml"]))
    before = folder.read(name)
    start = data.draw(st.integers(0, len(before)))
    end = data.draw(st.integers(start, min(len(before), start + 20)))
    try:
        folder.write(name, before[:start] + data.draw(st.text(max_size=4)) + before[end:])
        checked(folder)
    finally:
        folder.write(name, before)
