"""Where things lie in the repository."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
FUNCTIONS = ROOT / "functions"
MARKETING = ROOT / "marketing"
RUNTIME_LOCK = ROOT / "requirements" / "runtime.txt"
TRACKER = ROOT / "tracker"
CONSOLE = ROOT / "console"
