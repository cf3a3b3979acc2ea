"""How fast a campaign may go: its own rate, that of sending.yaml, and what the provider lets the account send."""

from typing import TYPE_CHECKING

from functions.core.campaign import Campaign
from functions.core.channels import BY_EMAIL, channel_and_template
from functions.core.release import Release
from functions.send.pace import Turn

if TYPE_CHECKING:
    from functions.aws.ses import Account


def _account() -> "Account":
    from functions.aws import ses

    return ses.account()


_turn = Turn(_account)
"""Whoever sends keeps to the account's rate in any case: here it only keeps the queue short."""


def per_second(campaign: Campaign, release: Release) -> float:
    """Messages in a second."""
    asked = release.sending.rate_per_second
    if campaign.rate is not None:
        asked = min(asked, campaign.rate / 3600)
    return _turn.rate(asked) if channel_and_template(campaign.send)[0] == BY_EMAIL else asked
