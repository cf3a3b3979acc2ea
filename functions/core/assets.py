"""Gated files: what somebody gets for filling in a form, and what downloading says of them.

For every file that is mailed a release has one more journey, of one step, that sends the mail. Its id carries two
hyphens, which nobody can write in a definition file.
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import Field

from functions.core.conditions import EventMatch
from functions.core.definition import Duration, Id, Lasting
from functions.core.event import FORM_SUBMITTED
from functions.core.journey import Journey, Start
from functions.core.sending import Topic
from functions.core.steps import Send

MARK: Final = "asset--"
STEP: Final = "give"
GIVES: Final = "gives"
"""Property of a submission: true where it named an address to which files are mailed."""
QUIET_S: Final = 4 * 3600
"""One person is mailed one file once in so many seconds, whoever types the address and however often."""
LARGEST: Final = 50 * 1024 * 1024
"""Bytes of a file."""
OWN_BROWSERS: Final = 2
"""From so many different browsers one person opens the link in a mail: at a desk, and on the way."""


class AssetFile(Lasting):
    """marketing/assets/ID.yaml; beside it lies the file itself."""

    title: str = Field(min_length=1, max_length=200, description="What people are told it is.")
    topic: str = Field(
        "", max_length=100, description="What it is about: a property of its downloads, from which tags are made."
    )
    file: str = Field("", max_length=150, description="Name of the file beside this one; ID.pdf without it.")
    form: Id | None = Field(None, description="The form that gives it: its thanks page has the link.")
    email: Id | None = Field(
        None, description='Template of the mail that brings it once the form was sent; it has `{{ asset_url("ID") }}`.'
    )
    within: Duration = Field(604_800, description="So long a link to it holds.")


class Asset(AssetFile):
    """A file as a release has it: `content` is the SHA-256 of its bytes in hex, by which it is stored, `size` their
    number, `type` what it is served as."""

    content: str = ""
    size: int = 0
    type: str = "application/octet-stream"


def key(content: str) -> str:
    """Where the bucket has the bytes of this SHA-256."""
    return f"assets/{content}"


def given_by(form: str, assets: Mapping[str, Asset]) -> dict[str, Asset]:
    """The files that a form gives."""
    return {id: asset for id, asset in assets.items() if asset.form == form}


def journeys(assets: Mapping[str, Asset]) -> dict[str, Journey]:
    """The journeys that mail files, by id."""
    return {
        MARK + id: Journey.model_construct(
            title=asset.title,
            topic=MARK + id,
            start=Start.model_construct(
                when=EventMatch(event=FORM_SUBMITTED, form=asset.form, where={GIVES: True}), again=QUIET_S
            ),
            goal=None,
            exit=None,
            steps=[Send(id=STEP, send=asset.email)],
        )
        for id, asset in assets.items()
        if asset.form is not None and asset.email is not None
    }


def asset_of(id: str) -> str | None:
    """The file that a journey or topic of this kind is about, None for any other."""
    return id.removeprefix(MARK) if id.startswith(MARK) else None


def topic(id: str, assets: Mapping[str, Asset]) -> Topic | None:
    """What a mail that brings a file is about: something they asked for, called as the file is."""
    asset = assets.get(asset_of(id) or "")
    return None if asset is None else Topic.model_construct(id=id, title=asset.title, transactional=True)


def said(id: str, asset: Asset, *, shared: bool) -> dict[str, Any]:
    """What the event of a download says of the file."""
    about = {"asset": id, "title": asset.title}
    return about | ({"topic": asset.topic} if asset.topic else {}) | ({"shared": True} if shared else {})
