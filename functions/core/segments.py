"""Segments: named conditions whose membership is a decision."""

from pydantic import Field

from functions.core.conditions import Condition
from functions.core.definition import Definition, Id, Lasting


class Segment(Lasting):
    """People for whom a condition holds."""

    title: str = ""
    when: Condition


class Segments(Definition):
    """segments.yaml"""

    segments: dict[Id, Segment] = Field(default_factory=dict)
