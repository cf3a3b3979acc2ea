"""`python -m bench [family …]`: measure, print a table, write .bench/results.json (name → number).

Families: imports, cpu, units, waits, gallery, money, growth, crash, stack, tracker, backfill, campaign, importing,
compose, sending, feedback, variants, pages, console,
counting. All of them take about fifteen minutes.
"""

import json
import os
import platform
import sys
import time
from pathlib import Path

from bench import (
    backfill,
    campaign,
    compose,
    counting,
    cpu,
    crash,
    feedback,
    gallery,
    growth,
    importing,
    imports,
    money,
    pages,
    sending,
    stack,
    tracker,
    units,
    variants,
    waits,
)
from bench import console as staff
from bench.report import BOUNDS, LEAST, Run, console, is_ok, table
from infra.paths import ROOT

FAMILIES: dict[str, Run] = {
    "imports": imports.run,
    "cpu": cpu.run,
    "units": units.run,
    "waits": waits.run,
    "gallery": gallery.run,
    "money": money.run,
    "growth": growth.run,
    "crash": crash.run,
    "stack": stack.run,
    "tracker": tracker.run,
    "backfill": backfill.run,
    "campaign": campaign.run,
    "importing": importing.run,
    "compose": compose.run,
    "sending": sending.run,
    "feedback": feedback.run,
    "variants": variants.run,
    "pages": pages.run,
    "console": staff.run,
    "counting": counting.run,
}
RESULTS = ROOT / ".bench" / "results.json"


def main(wanted: list[str]) -> int:
    """Run the families; 1 if a number is beyond its bound or a family failed."""
    unknown = set(wanted) - set(FAMILIES)
    out = console()
    if unknown:
        out.print(f"no such family: {', '.join(sorted(unknown))}; there are {', '.join(FAMILIES)}")
        return 2
    out.print(machine())
    numbers: dict[str, float] = {}
    failed = []
    for name in wanted or FAMILIES:
        begun = time.monotonic()
        out.rule(f"[bold]{name}", align="left")
        try:
            found = FAMILIES[name](lambda line: out.print(f"  {line}", style="dim", markup=False))
        except Exception as error:
            out.print_exception()
            failed.append(f"{name}: {type(error).__name__}")
            continue
        numbers |= found
        out.print(f"  {time.monotonic() - begun:.0f} s; again: [bold]python -m bench {name}[/bold]")
    write(numbers, RESULTS)
    out.print(table(numbers.items()))
    beyond = [name for name, value in numbers.items() if is_ok(name, value) is False]
    absent = [] if wanted else [name for name in (*BOUNDS, *LEAST) if name not in numbers]
    for what, names in (("beyond its bound", beyond), ("not measured", absent), ("failed", failed)):
        for name in names:
            out.print(f"[bold red]{what}[/bold red]: {name}")
    out.print(f"written to {RESULTS.relative_to(ROOT)}; the method behind each number: bench/README.md")
    return 1 if beyond or absent or failed else 0


def write(numbers: dict[str, float], path: Path) -> None:
    """Add these numbers to the file; those of families that did not run stay as they were."""
    held = json.loads(path.read_text()) if path.exists() else {}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(dict(sorted({**held, **numbers}.items())), indent=2) + "\n")


def machine() -> str:
    """What all this runs on."""
    model = platform.processor() or platform.machine()
    described = Path("/proc/cpuinfo")
    if described.exists():
        lines = described.read_text().splitlines()
        model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), model)
    return (
        f"{model}, {os.cpu_count()} CPUs, {platform.system()} {platform.release()}, Python {platform.python_version()}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
