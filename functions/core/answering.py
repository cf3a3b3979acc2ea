"""Journeys that nobody wrote: they answer a form with one mail, to the address that it named and to no other."""

from typing import TYPE_CHECKING

from functions.core import assets, confirm
from functions.core.journey import Journey
from functions.core.sending import Topic

if TYPE_CHECKING:
    from functions.core.release import Release


def journeys(release: "Release") -> dict[str, Journey]:
    """Those of a release, by id."""
    return {**confirm.journeys(release.forms), **assets.journeys(release.assets)}


def topic(id: str, release: "Release") -> Topic | None:
    """What the mail of such a journey is about, None for any other topic."""
    return confirm.topic(id, release.forms) or assets.topic(id, release.assets)


def is_answer(id: str) -> bool:
    """Whether a journey, or a topic, is one of these."""
    return confirm.form_of(id) is not None or assets.asset_of(id) is not None


def called(id: str) -> str:
    """What people are told such a journey is; "" for any other."""
    if (form := confirm.form_of(id)) is not None:
        return f"confirmation of form {form}"
    return "" if (asset := assets.asset_of(id)) is None else f"mail with the file {asset}"
