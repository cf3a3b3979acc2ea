"""Whether the programs that webhooks go to are there."""

from collections.abc import Iterator

from authoring.doctor.checks import Check
from authoring.when import minute
from functions.core.release import Release
from functions.core.webhook import Webhook
from functions.tables import hooks


def of_receivers(release: Release) -> Iterator[Check]:
    """A check for each webhook of the release whose receiver said that it is gone."""
    zone = release.sending.business.time_zone
    for name, gone in sorted(hooks.listed().items()):
        template = release.template("webhook", name)
        if isinstance(template, Webhook) and template.url == gone.url:
            yield Check(
                "webhook",
                "watch",
                f"the receiver of {name} is gone (410), since {minute(gone.at, zone)} ({zone}): it is asked "
                "nothing, and its messages wait",
                f"When it is there again: samovar webhooks resume {name}. When it moved: its new address in "
                f"webhooks/{name}.yaml, and publish",
            )
