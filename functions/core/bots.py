"""bots.yaml: what counts as a machine here, and how suspicious a mail's links are watched."""

from typing import Annotated

from pydantic import Field

from functions.core.definition import Definition, Duration

Piece = Annotated[str, Field(min_length=3, max_length=100)]


class Bots(Definition):
    """bots.yaml. Whatever it says, a verdict given by hand outranks it."""

    also: list[Piece] = Field(
        default_factory=list,
        max_length=50,
        description="Pieces of user agents that are machines here too, in any letter case.",
    )
    never: list[Piece] = Field(
        default_factory=list,
        max_length=50,
        description="Pieces of user agents that are people's here, whatever any list says of them.",
    )
    hold: Duration = Field(
        10, le=600, description="So long opens and clicks wait before they count: scanners show themselves in company."
    )
    too_soon: Duration = Field(3, le=600, description="Nobody has read a mail so short a time after it was delivered.")
    burst: Duration = Field(5, le=300, description="Nobody follows many links of a mail within such a time.")
    links: int = Field(
        3,
        ge=2,
        le=20,
        description="So many different links within a burst are a scanner's; both, where a mail has two.",
    )
