"""Campaigns: one message to everybody in a segment, once or again and again.

One occasion of a campaign is a *run*. Its messages name it as journeys' messages name their step:
journey "campaign--ID", step RUN, where the double hyphen keeps it apart from all that can be authored.
"""

from typing import Final

from pydantic import Field

from functions.core.channels import Content
from functions.core.definition import Definition, Id
from functions.core.ids import digest

MARK: Final = "campaign--"


class Campaign(Definition):
    """marketing/campaigns/ID.yaml"""

    title: str = ""
    topic: Id
    send: Content
    to: Id = Field(description="The segment whose people get it.")
    except_: list[Id] = Field(default_factory=list, alias="except", description="Segments whose people don't.")


def journey_of(campaign: str) -> str:
    """What a campaign's messages name as their journey."""
    return MARK + campaign


def campaign_of(journey: str) -> str | None:
    """The campaign that a message's journey names, None for a journey."""
    return journey.removeprefix(MARK) if journey.startswith(MARK) else None


def message_id(campaign: str, run: str, contact: str) -> str:
    """Id of what a run sends to a contact."""
    return digest("campaign", campaign, run, contact)


def origin(journey: str, step: str) -> dict[str, str]:
    """By what a message was sent, as events say it: "journey" and "step", or "campaign" and "run"."""
    campaign = campaign_of(journey)
    return {"campaign": campaign, "run": step} if campaign is not None else {"journey": journey, "step": step}
