"""What follows when a release has gone live, whoever made it so: campaigns and journeys are planned by it, and people
brought to it. Each step may come again; what was done already is left as it is."""

from functions.core.publishing import Pointer
from functions.tables import proposals, releases
from functions.tables.proposals import Proposal
from functions.work import backfills, campaigns, start_plans


def follow(pointer: Pointer, now: int) -> list[str]:
    """Plan by the release that the pointer names, and begin what brings everybody to it: the ids of those jobs, none
    where nobody can stand elsewhere."""
    campaigns.schedule(pointer.release, now)
    start_plans.schedule(pointer.release, now)
    return backfills.start(pointer, now)


def publish(proposal: Proposal, *, by: str, arn: str, now: int) -> Pointer:
    """Make what was proposed live, by the identity `arn`. Raises PublishRefused."""
    note = f"{proposal.note} (proposed by {proposal.by})".strip()
    pointer = releases.publish_stored(
        proposal.release, by=by, based_on=proposal.based_on, note=note, arn=arn, proposer=proposal.arn
    )
    follow(pointer, now)
    proposals.remove(proposal.release)
    return pointer


def roll_back(release: str, *, by: str, note: str, arn: str, now: int) -> tuple[Pointer, list[str]]:
    """Make an earlier release live again, by the identity `arn`, and begin what follows: the pointer, and the ids of
    the jobs that bring everybody to it. Raises PublishRefused."""
    pointer = releases.rollback(release, by=by, note=note, arn=arn)
    return pointer, follow(pointer, now)
