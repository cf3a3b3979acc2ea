"""What is wrong with authored files: where it stands, what it is, and how to mend it."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

Severity = Literal["error", "warning"]
CODES: Final[Mapping[str, str]] = {
    "circle": "Definitions need each other: a segment, a stage or the grade ends up asking for itself",
    "cut-off": "An e-mail so large that Gmail hides its end (a warning)",
    "duplicate": "An id, a name or a topic stands twice where each may stand once",
    "email-of-nobody": "A condition asks about an e-mail that no journey, no campaign and no form sends (a warning)",
    "excludes-itself": "A campaign goes to a segment and excludes it, or excludes one twice",
    "image-as-data": "A picture inside an e-mail, which many mail programs don't show (a warning)",
    "image-without-alt": "A picture in an e-mail that nothing is said for (a warning)",
    "invalid": "Anything else; the message says what",
    "last-stage": "The last stage has a target of people who go on",
    "leads-nowhere": "A branch without steps",
    "link-without-https": "A link or picture in an e-mail by plain http (a warning)",
    "long-sms": "A text message takes more segments than its at_most (a warning)",
    "long-subject": "A subject longer than inboxes show (a warning)",
    "missing-key": "A key that must be there is not",
    "missing-language": "An e-mail's YAML and its files name different languages",
    "never-holds": "Nobody can ever fulfil it: bounds exclude each other, or points don't suffice",
    "never-open": "A journey's hours, together with those of sending.yaml, let nothing out at any time of the week",
    "never-reached": "A step after an exit",
    "no-day-of-a-month": "A day of the month stands where a campaign runs otherwise",
    "no-grade": "A condition asks for the grade, and scoring.yaml defines none",
    "no-kind": "A condition, a step or a campaign's time that names none of its kinds",
    "no-preheader": "An e-mail without a line for inboxes to show (a warning)",
    "no-stop": "A text message of marketing doesn't say how to stop (a warning)",
    "no-temperature": "A condition asks for the temperature, and scoring.yaml defines none",
    "nobody-is-asked": "A campaign goes out by a channel on which nobody is asked about its topic (a warning)",
    "not-confirmed-yet": "A journey writes to people who have still to confirm",
    "not-in-mail": "An element that no mail program shows",
    "not-of-a-form": "form: stands with an event that comes from no form",
    "not-sent-before": "opened or clicked names a step that is no send before it",
    "outside-a-journey": "opened or clicked stands outside a journey",
    "over-already": "A campaign's one day is over (a warning)",
    "over-before-it-goes": "A campaign's hold is as long as its time to reach people, or longer",
    "strange-event": "The name of an event differs a little from a known one, or nothing here records it (a warning)",
    "tag-of-nobody": "A condition asks for a tag that nothing here gives (a warning)",
    "transactional-topic": "A form asks consent for a topic that needs none",
    "unknown-block": "The e-mail has no block with that id",
    "unknown-form": "No form has that id",
    "unknown-journey": "No journey has that id",
    "unknown-key": "A key that means nothing there",
    "unknown-score": "No score has that id",
    "unknown-segment": "No segment has that id",
    "unknown-stage": "No stage of the funnel has that id",
    "unknown-step": "No send before it has that id",
    "unknown-template": "No e-mail, and no template of another channel, has that id",
    "unknown-time-zone": "The time zone has no such name",
    "unknown-topic": "No topic has that id",
    "unused-block": "A block that the e-mail doesn't use (a warning)",
    "unused-variable": "A variable that the e-mail doesn't use (a warning)",
    "useless-cap": "A cap above that of a longer time says nothing (a warning)",
    "weak-in-mail": "HTML or CSS that some mail programs leave out (a warning)",
    "without-consent": "A campaign of a transactional topic: it goes also to who agreed to nothing (a warning)",
    "wrong-value": "A value of another kind than the key takes, or out of its bounds",
}
"""Codes of problems, for programs that read --json."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake. `file` is relative to the marketing folder; lines and columns count from 1.

    A warning is what is possible and rarely meant: it doesn't keep a release from being made.
    `code` stays the same while the words may change.
    """

    file: str
    line: int
    column: int
    field: str
    message: str
    mend: str
    code: str = "invalid"
    severity: Severity = "error"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.field}: {self.message}. {self.mend}"

    def as_json(self) -> dict[str, Any]:
        """The plain values, for --json."""
        return asdict(self)


class Invalid(Exception):
    """The authored files cannot become a release; `problems` says why, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def nearest(word: object, known: Iterable[str]) -> str | None:
    """The known name that `word` most likely meant, or None."""
    by_folded = {name.casefold(): name for name in known}
    found = difflib.get_close_matches(str(word).casefold(), list(by_folded), n=1, cutoff=0.6)
    return by_folded[found[0]] if found else None


def choose(word: object, known: Iterable[str], *, none: str) -> str:
    """A mend that offers the nearest known name and lists the rest; `none` where there are none."""
    names = sorted(known)
    if not names:
        return none
    listed = ", ".join(names[:20]) + (", …" if len(names) > 20 else "")
    close = nearest(word, names)
    return f'Did you mean "{close}"? Known: {listed}' if close else f"Use one of: {listed}"
