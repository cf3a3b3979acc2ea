"""A copy of the demo's marketing folder that tests may break."""

import shutil
from pathlib import Path

MARKETING = Path(__file__).parents[3] / "marketing"


class Folder:
    """A marketing folder on disk, with the few edits that tests need."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(MARKETING, root)
        (root / ".samovar.json").unlink(missing_ok=True)

    def read(self, name: str) -> str:
        return (self.root / name).read_text(encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def swap(self, name: str, old: str, new: str) -> None:
        text = self.read(name)
        assert text.count(old) >= 1, f"{name} has no {old!r}"
        self.write(name, text.replace(old, new, 1))

    def remove(self, name: str) -> None:
        (self.root / name).unlink()

    def line(self, name: str, part: str) -> int:
        """The first line that holds `part`."""
        lines = self.read(name).splitlines()
        return next(number for number, line in enumerate(lines, 1) if part in line)
