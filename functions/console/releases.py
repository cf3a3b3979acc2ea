"""Releases: what is live, what was, what waits, what each changes, and going back."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from functions import clock
from functions.aws.s3 import NotThere
from functions.console.acting import decision, done
from functions.console.routes import Asked, Shown
from functions.core.changes import stored_changes
from functions.core.errors import Refused
from functions.core.publishing import Pointer, Refuse
from functions.core.release import Release
from functions.core.views import iso
from functions.http import Answer
from functions.tables import approvals, audit, proposals, releases
from functions.tables.audit import Noted
from functions.tables.proposals import Proposal
from functions.tables.releases import Entry, PublishRefused
from functions.work import going_live

PAGE: Final = 25
_DIGITS: Final = 9

Made = TypeVar("Made")


def index(asked: Asked) -> Shown:
    """What is live, what waits, and every move that came before, a page at a time."""
    before, live = asked.request.query.get("before", ""), releases.live()
    found = releases.history(newest=PAGE + 1, before=_number(before) if before else None)
    values = {
        "waiting": [
            _proposed(one) for one in proposals.listed(clock.now_ms()) if live is None or one.release != live.release
        ],
        "moves": [_moved(one, live) for one in found[:PAGE]],
        "older": found[PAGE - 1].seq if len(found) > PAGE else None,
    }
    return Shown("releases.html", values)


def show(asked: Asked) -> Shown:
    """One move: what it changed, and what going back to it would."""
    entry, live = _move_of(asked), releases.live()
    before = releases.move(entry.seq - 1)
    values = _moved(entry, live) | {
        "changed": _changes(before.release if before else None, entry.release),
        "back_changes": None,
    }
    if live is not None and live.release != entry.release:
        values["back_changes"] = _changes(live.release, entry.release)
    return Shown("release.html", values)


def roll_back(asked: Asked) -> Answer:
    """Make the release of a move live again."""
    entry, decided = _move_of(asked), decision(asked, reasoned=True)
    pointer, jobs = _unless_refused(
        lambda: going_live.roll_back(
            entry.release, by=decided.by, note=decided.reason, arn=_identity(asked), now=decided.at
        )
    )
    return done(asked, "releases", release=pointer.release, number=pointer.seq, jobs=jobs)


def show_proposal(asked: Asked) -> Shown:
    """What somebody proposed: what it would change, and whether it could go live now."""
    proposal, live = _proposal_of(asked), releases.live()
    values = _proposed(proposal) | {
        "changed": _changes(live.release if live else None, proposal.release),
        "refused": _refused(asked, proposal, live),
        "approvals": [{"by": one.by, "at": iso(one.at), "why": one.why} for one in approvals.of(proposal.release)],
    }
    return Shown("proposal.html", values)


def publish(asked: Asked) -> Answer:
    """Make what was proposed live."""
    proposal, decided = _proposal_of(asked), decision(asked)
    pointer = _unless_refused(lambda: going_live.publish(proposal, by=decided.by, arn=_identity(asked), now=decided.at))
    return done(asked, "releases", release=pointer.release, number=pointer.seq)


def drop(asked: Asked) -> Answer:
    """Let a proposal wait no longer."""
    proposal, decided = _proposal_of(asked), decision(asked)
    proposals.remove(proposal.release)
    audit.note(Noted("drop", proposal.release, decided.at, by=decided.by, why=decided.reason))
    return done(asked, "releases", release=proposal.release, dropped=True)


def _identity(asked: Asked) -> str:
    """By what the log knows whoever signed in: no identity of AWS, and so nobody's who approved at a terminal."""
    return f"console/{asked.who.member.email}"


def _unless_refused(made: Callable[[], Made]) -> Made:
    try:
        return made()
    except PublishRefused as refused:
        raise Refused("not-published", str(refused), status=409) from refused


def _moved(entry: Entry, live: Pointer | None) -> dict[str, Any]:
    return {
        "number": entry.seq,
        "release": entry.release,
        "at": iso(entry.at),
        "by": entry.by,
        "note": entry.note,
        "back": entry.back,
        "live": live is not None and live.seq == entry.seq,
    }


def _proposed(one: Proposal) -> dict[str, Any]:
    return {"release": one.release, "at": iso(one.at), "by": one.by, "note": one.note, "based_on": one.based_on}


def _changes(before: str | None, after: str) -> list[dict[str, Any]] | None:
    """What differs; None where either can't be read."""
    old, new = _read(before) if before else None, _read(after)
    if new is None or (before and old is None):
        return None
    return [change.as_json() for change in stored_changes(old, new)]


def _read(release: str) -> Release | None:
    """A stored release; None where it is gone, or was made by a later version than this code."""
    try:
        return releases.content(release)
    except (NotThere, ValueError):
        return None


def _refused(asked: Asked, proposal: Proposal, live: Pointer | None) -> str | None:
    """Why it could not go live now."""
    loaded = _read(proposal.release)
    if loaded is None:
        return f"the content of release {proposal.release[:12]} is gone, or was made by a later version than runs here"
    found = releases.verdict(
        proposal.release,
        loaded,
        live,
        based_on=proposal.based_on,
        publisher=_identity(asked),
        proposer=proposal.arn,
    )
    return found.reason if isinstance(found, Refuse) else None


def _move_of(asked: Asked) -> Entry:
    found = releases.move(_number(asked.named["number"]))
    if found is None:
        raise Refused("unknown-release", "There was no such release.", status=404)
    return found


def _proposal_of(asked: Asked) -> Proposal:
    found = proposals.get(asked.named["release"], clock.now_ms())
    if found is None:
        raise Refused("unknown-release", "That release waits no longer.", status=404)
    return found


def _number(said: str) -> int:
    if not said.isascii() or not said.isdecimal() or len(said) > _DIGITS:
        raise Refused("unknown-release", "There was no such release.", status=404)
    return int(said)
