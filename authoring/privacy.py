"""Whether the rules of privacy.yaml can hold together with what else is defined."""

from collections.abc import Iterator

from authoring.definitions import Definitions
from authoring.problems import Problem
from functions.core.counters import needed
from functions.core.definition import spell_duration
from functions.core.identity import EMAIL, PHONE
from functions.core.release import Release


def check(release: Release, known: Definitions) -> list[Problem]:
    """What privacy.yaml asks for and other files don't keep, or the other way round."""
    return [*_too_short(release, known), *_unconfirmed(release, known)]


def _too_short(release: Release, known: Definitions) -> Iterator[Problem]:
    """Points and conditions that look further back than events are kept would change on the day they go."""
    seconds = needed(release)
    for name in ("visitors", "contacts"):
        kept = getattr(release.privacy.retention, name)
        if kept >= seconds:
            continue
        message = (
            f"events would go after {spell_duration(kept)}, and scores and conditions look {spell_duration(seconds)} "
            "back (a score: ten half-lives)"
        )
        mend = f"Write {name}: {spell_duration(seconds)}, or look less far back"
        if known.privacy:
            yield known.privacy[0].problem(("retention", name), message, mend)
        else:
            yield Problem("privacy.yaml", 1, 1, f"retention.{name}", message, f"{mend}, in a file privacy.yaml")


def _unconfirmed(release: Release, known: Definitions) -> Iterator[Problem]:
    if release.privacy.double_opt_in != "required":
        return
    for name, (document, form) in known.forms.items():
        kinds = {box.identity for box in form.consents}
        for kind, key, opt_in in (
            (EMAIL, "double_opt_in", form.double_opt_in),
            (PHONE, "sms_double_opt_in", form.sms_double_opt_in),
        ):
            if kind in kinds and opt_in is None:
                message = f"privacy.yaml requires double opt-in, and the form {name} asks for consent without it"
                yield document.problem(("consents",), message, f"Add {key}: true to the form", key=True)
