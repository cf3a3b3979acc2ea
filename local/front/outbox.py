"""What functions post to others: on one machine it is kept and shown, and leaves for nowhere.

An address decides what is answered, as with SES's simulator: a host that begins with "gone." says 410,
one with "broken." 500, every other takes what comes. A push service answers 201.
"""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

URL = "x-samovar-url"
_numbers = count()
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Posted:
    """One request. `kind` is "push" or "webhook", `body` text; what a push says only its browser can read."""

    kind: str
    at: int
    url: str
    headers: dict[str, str]
    body: str


def status(url: str, kind: str) -> int:
    """What the other side answers."""
    host = urlsplit(url).hostname or ""
    if host.startswith("gone."):
        return 410
    return 500 if host.startswith("broken.") else 201 if kind == "push" else 200


def keep(folder: Path, headers: Mapping[str, str], body: bytes, at: int) -> int:
    """Keep a request; the status that answers it."""
    said = {name.lower(): value for name, value in headers.items()}
    url = said.pop(URL, "")
    kind = "push" if said.get("content-encoding") == "aes128gcm" else "webhook"
    shown = body.hex() if kind == "push" else body.decode("utf-8", "replace")
    content = {"kind": kind, "at": at, "url": url, "headers": said, "body": shown}
    folder.mkdir(parents=True, exist_ok=True)
    with _lock:
        target = folder / f"{at:013d}-{next(_numbers):06d}.json"
    draft = target.with_suffix(".part")
    draft.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    draft.replace(target)
    return status(url, kind)


def kept(folder: Path) -> list[Posted]:
    """Every request, newest first."""
    return [Posted(**json.loads(file.read_text("utf-8"))) for file in sorted(folder.glob("*.json"), reverse=True)]
