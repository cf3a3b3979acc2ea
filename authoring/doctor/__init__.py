"""What stands between a deployment and sending, and how sending goes: each thing with its state, and what to do."""

from authoring.doctor import dns
from authoring.doctor.account import of_account
from authoring.doctor.checks import Check
from authoring.doctor.dns import Texts
from authoring.doctor.identity import of_identity
from authoring.doctor.outgoing import Figures, of_outgoing
from authoring.doctor.receivers import of_receivers
from authoring.doctor.stuck import of_stuck
from functions import releases
from functions.core.sending import Sending

__all__ = ["Check", "Figures", "examine", "of_receivers"]


def examine(
    region: str, now: int, *, configuration_set: str = "", site: str = "", texts: Texts = dns.texts
) -> tuple[list[Check], Figures]:
    """Every check, in the order in which to mend, and the numbers of the last days up to `now` (ms)."""
    try:
        release = releases.live().release
    except releases.NothingLive as error:
        return [Check("live release", "do", str(error), "Run samovar publish")], Figures()
    sending = release.sending
    checks = [Check("live release", "ok", f"release {releases.live().id[:12]} is live"), _address(sending)]
    checks += of_identity(sending.sender.email, region, texts)
    checks += of_account(sending, site or sending.business.site, configuration_set)
    found, figures = of_outgoing(sending, now)
    return [*checks, *found, *of_receivers(release), *of_stuck(sending.business.time_zone)], figures


def _address(sending: Sending) -> Check:
    if sending.business.address.strip():
        return Check("postal address", "ok", sending.business.address)
    todo = "Set business.address in sending.yaml and publish: the law in most countries wants it under marketing mail"
    return Check("postal address", "do", "there is none", todo)
