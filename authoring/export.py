"""What is kept of a person as two files: JSON for programs, and a page of its own for people."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from functions.people.everything import BY

_HERE = Path(__file__).parent


def write(everything: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write both files into a folder, for their owner's eyes only; their paths. Names carry no address."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"person-{everything['contact'][:12]}"
    texts = {f"{name}.json": as_json(everything), f"{name}.html": as_html(everything)}
    for file, text in texts.items():
        path = folder / file
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")
    return [folder / file for file in texts]


def as_json(everything: Mapping[str, Any]) -> str:
    """All of it, readable."""
    return json.dumps(everything, indent=2, ensure_ascii=False, default=dict) + "\n"


def as_html(everything: Mapping[str, Any]) -> str:
    """A page that needs nothing else, runs no script, and escapes whatever anybody typed."""
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters |= {"moment": _moment, "plain": _plain}
    return environment.get_template("export.html").render(by=BY, **everything)


def _moment(text: str | None) -> str:
    return text[:16].replace("T", " ") if text else "unknown"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=dict)
