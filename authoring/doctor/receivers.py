"""Whether the programs that webhooks go to are there."""

from collections.abc import Iterator

from authoring.doctor.checks import Check
from functions.core.release import Release
from functions.core.views import iso
from functions.core.webhook import Webhook
from functions.tables import hooks


def of_receivers(release: Release) -> Iterator[Check]:
    """A check for each webhook of the release whose receiver said that it is gone."""
    for name, gone in sorted(hooks.listed().items()):
        template = release.template("webhook", name)
        if isinstance(template, Webhook) and template.url == gone.url:
            yield Check(
                "webhook",
                "watch",
                f"the receiver of {name} is gone (410), since {iso(gone.at)[:16].replace('T', ' ')} UTC: it is asked "
                "nothing, and its messages wait",
                f"When it is there again: samovar webhooks resume {name}. When it moved: its new address in "
                f"webhooks/{name}.yaml, and publish",
            )
