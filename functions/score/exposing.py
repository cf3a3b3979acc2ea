"""What visitors saw of pages whose variants are tried, and that they converted, noted for the test."""

from collections.abc import Mapping

from functions.core.event import Event
from functions.core.experiments import Test, told
from functions.tables import experiments


def expose(event: Event, tests: Mapping[str, Test]) -> None:
    """Note what an event tells of tests, by page. Doing it again changes nothing."""
    found = told(event, tests)
    if found is not None:
        experiments.expose(*found)
