"""A run that can't go on because of a mistake: tried again a few times, then set aside until somebody mends it. Pure.

The mistake is in what was written or in the code, not in AWS, which is simply asked again: a step that its release
doesn't have, a condition or an effect that raises, a template that fails.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from functions.core.channels import BY_WEBHOOK
from functions.core.correction import shifted
from functions.core.enrollment import LEAVE, TRIES, Enrollment, Failure
from functions.core.journey import Journey
from functions.core.message import Message
from functions.core.reasons import REASONS

WORDS_KEPT: Final = 200
"""Characters of an error's words that a row keeps."""
AGAIN_MS: Final = 300_000
"""A message that a mistake kept from going out is tried once more after so long; then its run is set aside."""

ASKING: Final = "only_if"
"""In place of a step (no step has such an id): the mistake is in what is asked of whoever comes."""

MISTAKES: Final = frozenset({"template-error", "unknown-template", "unknown-topic", "no-staff", "no-secret"})
"""Reasons for which a message is withheld that are a mistake of the business's, not something about the person."""
REFUSED: Final = "provider-rejected"
"""The same where a webhook's receiver refused."""
LET_GO_MS: Final = 30 * 86_400_000
"""A message that was withheld for longer does not go out any more: whoever it was for has long gone on without it."""

_CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "NotThere": "the release by which it goes is no longer stored",
        "Unreadable": "the journey has no longer the step at which it stands",
        "KeyError": "something that it needs is not in its release",
    }
)


def failed(run: Enrollment, error: BaseException, now: int) -> Enrollment:
    """The run after one more try ended in an error at `now` (ms)."""
    step = run.waiting.step if run.waiting else ""
    if run.place is not None and run.place.step != LEAVE:
        step = run.place.step
    tries = (run.failure.tries if run.failure else 0) + 1
    return replace(run, failure=Failure(step, type(error).__name__, str(error)[:WORDS_KEPT], now, tries))


def held(run: Enrollment, message: Message, reason: str, detail: str, now: int) -> Enrollment | None:
    """The run set aside at `now` (ms) because `message` of it could not be made; None where it is over, or aside."""
    if not run.active or run.aside:
        return None
    return replace(run, failure=Failure(message.step, reason, detail[:WORDS_KEPT], now, TRIES, message.id))


def retried(run: Enrollment, journey: Journey | None, id: str, now: int) -> Enrollment | None:
    """The run after somebody let it go on by correction `id`, to be advanced at `now` (ms); None where nothing keeps
    it, or it was let go on by that already. Where a message was missing, the wait that began meanwhile is as much
    longer as the run was aside; `journey` is its own, needed for that alone."""
    if run.failure is None or run.corrected == id:
        return None
    waiting = run.waiting
    if run.failure.message and waiting is not None and journey is not None:
        waiting = shifted(journey, waiting, now - run.failure.at, now)
    failure = replace(run.failure, tries=0, at=now)
    return replace(run, failure=failure, waiting=waiting, corrected=id, turn=run.turn + 1)


def is_mistake(message: Message, reason: str) -> bool:
    """Whether a message of a run, withheld for `reason`, is to set its run aside."""
    if message.enrollment is None:
        return False
    return reason in MISTAKES or (reason == REFUSED and message.channel == BY_WEBHOOK)


def may_be_retried(message: Message) -> bool:
    """Whether a message was withheld by a mistake, so that it goes out once that is mended."""
    return message.state == "withheld" and is_mistake(message, message.reason)


def is_past(message: Message, now: int) -> bool:
    """Whether a message was withheld too long ago to go out after `now` (ms)."""
    return now - message.times.get("withheld", message.created) > LET_GO_MS


def in_words(code: str) -> str:
    """What a code of a failure means."""
    return REASONS.get(code) or _CODES.get(code, f"the code raised {code}")


def letter(journey: str, step: str, code: str) -> tuple[str, str]:
    """Subject and text of the mail to whoever gets alerts, once until that is mended. No words of an error: they may
    quote what a person wrote."""
    if step == ASKING:
        return (
            f'Journey "{journey}" lets some people not in: its only_if can\'t be asked',
            f'Somebody came to the journey "{journey}", and whether its only_if holds for them could not be asked: '
            f"{in_words(code).rstrip('.')} ({code}). Nobody is let in unasked, and nothing is lost: what would have "
            "started it lies in the aside queue for 14 days, and everybody else comes in.\n\n"
            "Mend only_if and publish. How those who came meanwhile are asked again stands in docs/operations.md, "
            'under "When a journey is stuck"; '
            f'samovar retry {journey} --why "…" ends this notice.',
        )
    where = f' at step "{step}"' if step else " before its first step"
    return (
        f'Journey "{journey}" is stuck for some people{where}',
        f'People in the journey "{journey}" could not go on{where}: {in_words(code).rstrip(".")} ({code}). It was '
        "tried again, without success, and they are set aside where they stand: nothing is lost, nothing more is sent "
        "to them by this journey, and everybody else goes on.\n\n"
        f"samovar journeys {journey} shows how many; samovar explain says of one person what went wrong. Mend it, "
        f'publish, move those inside to the live rules if these were wrong (samovar migrate {journey} --why "…"), and '
        f'let them go on: samovar retry {journey} --why "…".',
    )
