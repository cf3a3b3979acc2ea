"""A benchmark's result: named numbers, the most that each may be, and the table that shows them."""

from collections.abc import Callable, Iterable

from rich.console import Console
from rich.table import Table

from functions.core import costs
from functions.core.channels import BY_EMAIL
from functions.core.prices import MILLION

BOUNDS = {
    "import_cpu_ratio.track": 1.4,
    "cpu_ratio.batch_25_to_1": 0.2,
    "write_units_per_event.intake": 1.1,
    "write_units_per_event.score": 0.25,
    "transitions_per_timed_wait": 2.0,
    "transitions_per_event_wait": 1.0,
    "gallery_transitions.all": 1.0,
    "usd_per_million.events_single": costs.EVENT * MILLION,
    "usd_per_million.events_batched_10": 1.0,
    "usd_per_million.timed_waits": costs.WAIT * MILLION,
    "usd_per_million.emails": costs.PRICE_OF_MESSAGE[BY_EMAIL] * MILLION,
    "usd_per_million.reports": 3.0,
    "feedback_calls": 0.3,
    "usd_per_month.idle": 1.0,
    "growth.event_cost_by_contacts": 1.1,
    "growth.event_cost_by_history": 1.1,
    "growth.event_cost_by_segments": 2.0,
    "crash.lost": 0.0,
    "crash.twice": 0.0,
    "tracker_bytes_gzip": 4096.0,
    "variants_regret_ratio": 0.6,
    "tracker_with_popups_bytes_gzip": 5120.0,
    "popup_bytes_gzip": 7168.0,
    "sending_memory_growth_mb": 10.0,
    "page_calls.max": 70.0,
    "usd_per_million.counted_messages": 5.0,
    "growth.page_calls_by_contacts": 1.0,
}
"""The most that a number may be. Numbers that aren't here are reported and not judged."""

LEAST = {"prepared_messages_per_minute": 40_000.0}
"""The least that a number may be."""

Say = Callable[[str], None]
"""Prints what a benchmark counts, on what, and what it found on the way."""


Run = Callable[[Say], dict[str, float]]
"""A family of benchmarks that are measured together: name → number."""


def is_ok(name: str, value: float) -> bool | None:
    """Whether a number is within its bound; None where it has none."""
    if name in LEAST:
        return value >= LEAST[name]
    bound = BOUNDS.get(name)
    return None if bound is None else value <= bound


def table(numbers: Iterable[tuple[str, float]]) -> Table:
    """All numbers, each with its bound."""
    shown = Table("name", title="What a unit of work costs", title_justify="left")
    shown.add_column("value", justify="right")
    shown.add_column("bound", justify="right")
    shown.add_column("ok")
    for name, value in numbers:
        ok = is_ok(name, value)
        sign, bound = ("≥", LEAST[name]) if name in LEAST else ("≤", BOUNDS.get(name))
        verdict = {None: "", True: "[green]yes", False: "[bold red]no"}[ok]
        shown.add_row(name, plain(value), "" if bound is None else f"{sign} {plain(bound)}", verdict)
    return shown


def plain(value: float) -> str:
    """A number with three or four digits that matter."""
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 1000 else f"{value:.4g}"


def console() -> Console:
    """Where everything is printed."""
    return Console(highlight=False, soft_wrap=True)
