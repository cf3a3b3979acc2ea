"""`python -m tests.knowledge`: the comparison at full size, with progress; begun again, it goes on where it stopped.

Where it stands is in .bench/knowledge-WHAT-SEED.json after each group of people. Ends with 1 if anything differed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from infra.paths import ROOT
from tests.knowledge.conditions import TOGETHER, Report, compare, group, probe
from tests.knowledge.people import EAST, WEST
from tests.knowledge.replay import rebuilt, replay

ZONES = (*EAST, *WEST)
FULL_PEOPLE, FULL_MOMENTS = 10_000, 50


def conditions(seed: int, moments: int, number: int) -> Report:
    """Conditions and points of one group."""
    return compare(group(seed, number, ZONES), moments)


def untils(seed: int, moments: int, number: int) -> Report:
    """How long the answers of one group stay."""
    return probe(group(seed, number, ZONES), moments)


def decisions(seed: int, moments: int, number: int) -> Report:
    """The lines that one group crosses, with so many due moments between two batches."""
    return replay(group(seed, number, ZONES, segments=24), dues=moments)


def rebuilding(seed: int, moments: int, number: int) -> Report:
    """The facts of one group, made anew."""
    return rebuilt(group(seed, number, ZONES))


WORK: dict[str, Callable[[int, int, int], Report]] = {
    "conditions": conditions,
    "untils": untils,
    "decisions": decisions,
    "rebuilding": rebuilding,
}


def main(arguments: list[str]) -> int:
    """Compare, group by group."""
    parser = argparse.ArgumentParser(prog="python -m tests.knowledge", description=__doc__)
    parser.add_argument("what", nargs="?", choices=WORK, default="conditions")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--people", type=int, default=FULL_PEOPLE)
    parser.add_argument("--moments", type=int, default=FULL_MOMENTS)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args(arguments)
    path = ROOT / ".bench" / f"knowledge-{chosen.what}-{chosen.seed}.json"
    done, report = _read(path, chosen.moments)
    groups = chosen.people // TOGETHER
    out = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    begun, asked_before = time.monotonic(), report.asked
    work = partial(WORK[chosen.what], chosen.seed, chosen.moments)
    with (
        Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=out) as progress,
        ProcessPoolExecutor(chosen.processes) as pool,
    ):
        task = progress.add_task(f"{chosen.what}, groups of {TOGETHER}", total=groups, completed=done, rate="")
        for found in pool.map(work, range(done, groups)):
            report.join(found)
            done += 1
            _write(path, chosen.moments, done, report)
            rate = (report.asked - asked_before) / (time.monotonic() - begun)
            progress.update(task, completed=done, rate=f"{rate:,.0f}/s, {len(report.differences)} differ")
    out.print(
        f"{done} groups: {report.asked:,} asked, {report.undecided:,} undecided, {len(report.differences)} differ; "
        f"{report.flips:,} moments were not in vain, {report.stays:,} were; written to {path.relative_to(ROOT)}"
    )
    for difference in report.differences[:20]:
        out.print(difference, style="red", markup=False)
    return 1 if report.differences else 0


def _read(path: Path, moments: int) -> tuple[int, Report]:
    if not path.exists():
        return 0, Report()
    held = json.loads(path.read_text(encoding="utf-8"))
    if held.pop("moments") != moments:
        return 0, Report()
    done = held.pop("done")
    seen = Counter({(name, answer): count for name, answer, count in held.pop("seen")})
    return done, Report(**held, seen=seen)


def _write(path: Path, moments: int, done: int, report: Report) -> None:
    path.parent.mkdir(exist_ok=True)
    seen = [[name, answer, count] for (name, answer), count in sorted(report.seen.items())]
    held = {**asdict(report), "seen": seen, "moments": moments, "done": done}
    before = path.with_suffix(".part")
    before.write_text(json.dumps(held), encoding="utf-8")
    before.replace(path)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
