"""The `samovar` command: what the marketer and the owner do from a terminal."""

from pathlib import Path

import click

from authoring.commands import (
    approving,
    audit,
    campaigns,
    contact,
    diff,
    explain,
    exporting,
    forms,
    graph,
    health,
    importing,
    inflight,
    jobs,
    keys,
    leads,
    local,
    pages,
    pausing,
    people,
    personal,
    planning,
    preview,
    privacy,
    release,
    retrying,
    sameness,
    staff,
    starting,
    testing,
    webhooks,
)
from authoring.commands.shared import App
from authoring.target import ROOT, STACK_VARIABLE
from functions.observability import logger

_HERE = Path("marketing")


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--stack",
    metavar="NAME",
    help=f'The deployment: "local", or a CloudFormation stack (also {STACK_VARIABLE}). '
    "Without it: the local stack while it runs, else the stack samovar.",
)
@click.option(
    "--marketing",
    type=click.Path(path_type=Path, file_okay=False),
    default=None,
    help="The folder of definition files (marketing/ by default).",
)
@click.version_option(package_name="samovar")
@click.pass_context
def main(context: click.Context, stack: str | None, marketing: Path | None) -> None:
    """Marketing automation on your own AWS account: events, scores, journeys, e-mail."""
    # What functions log is for their operators; here it would stand between the lines, and in the JSON of --json.
    level = logger.log_level
    logger.setLevel("CRITICAL")
    context.call_on_close(lambda: logger.setLevel(level))
    context.obj = App(stack, marketing or (_HERE if _HERE.is_dir() else ROOT / "marketing"))


for _command in (
    release.validate,
    testing.test,
    diff.diff,
    planning.plan,
    approving.approve,
    release.publish,
    release.propose,
    release.pull,
    release.list_releases,
    release.rollback,
    approving.log,
    audit.audit,
    release.schema,
    preview.preview,
    preview.send_test,
    campaigns.campaigns,
    inflight.journeys,
    inflight.recall,
    inflight.migrate,
    retrying.retry,
    jobs.list_jobs,
    jobs.backfill,
    forms.form,
    contact.contact,
    starting.start,
    leads.leads,
    explain.explain,
    graph.graph,
    people.refold,
    people.verdict,
    sameness.duplicates,
    sameness.merge,
    importing.import_,
    importing.imports_,
    exporting.export,
    keys.keys,
    webhooks.webhooks,
    privacy.forget,
    privacy.readmit,
    privacy.export_person,
    privacy.consent,
    privacy.registry_export,
    privacy.privacy,
    pages.pages,
    personal.personal,
    pausing.pause,
    pausing.resume,
    pausing.paused,
    staff.staff,
    health.doctor,
    local.local,
):
    main.add_command(_command)
