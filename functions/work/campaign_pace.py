"""How fast a campaign may go: its own rate, that of sending.yaml, and what the provider lets the account send."""

from dataclasses import dataclass
from typing import Final

from functions import clock
from functions.core.campaign import Campaign
from functions.core.channels import BY_EMAIL, channel_and_template
from functions.core.release import Release
from functions.observability import logger

READ_EVERY_S: Final = 600


@dataclass(slots=True)
class _Known:
    rate: float | None = None
    read: float | None = None


_known = _Known()


def per_second(campaign: Campaign, release: Release) -> float:
    """Messages in a second."""
    rates = [release.sending.rate_per_second]
    if campaign.rate is not None:
        rates.append(campaign.rate / 3600)
    if channel_and_template(campaign.send)[0] == BY_EMAIL and (account := _of_account()):
        rates.append(account)
    return min(rates)


def _of_account() -> float | None:
    now = clock.monotonic()
    if _known.read is None or now - _known.read > READ_EVERY_S:
        from functions.aws import ses

        try:
            _known.rate = ses.account().max_send_rate
        except Exception as error:
            # Whoever sends keeps to the account's rate in any case: here it only keeps the queue short.
            logger.warning("the account's rate is not known", error=type(error).__name__)
            _known.rate = None
        _known.read = now
    return _known.rate
