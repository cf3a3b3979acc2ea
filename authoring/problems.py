"""What is wrong with authored files: where it stands, what it is, and how to mend it."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

Severity = Literal["error", "warning"]
CODES: Final[Mapping[str, str]] = {
    "asks-of-strangers": "A condition about contacts where only strangers are meant",
    "bare-less-than": "A < in an e-mail that begins no element",
    "circle": "Definitions need each other: a segment, a stage or the grade ends up asking for itself",
    "cut-off": "An e-mail so large that Gmail hides its end (a warning)",
    "duplicate": "An id, a name or a topic stands twice where each may stand once",
    "email-of-nobody": "A condition asks about an e-mail that no journey, no campaign and no form sends (a warning)",
    "excludes-itself": "A campaign goes to a segment and excludes it, or excludes one twice",
    "file-of-nobody": "A file in assets/ that nobody can get (a warning)",
    "file-size": "A file in assets/ that is empty, or too large",
    "holdout-after-sends": "A share of people is held out after something was sent (a warning)",
    "image-as-data": "A picture inside an e-mail, which many mail programs don't show (a warning)",
    "image-without-alt": "A picture in an e-mail that nothing is said for (a warning)",
    "invalid": "Anything else; the message says what",
    "last-stage": "The last stage has a target of people who go on",
    "leads-nowhere": "A branch without steps",
    "link-without-https": "A link or picture in an e-mail by plain http (a warning)",
    "link-without-scheme": "A link or picture that doesn't begin with https://, so that it leads nowhere",
    "long-sms": "A text message takes more segments than its at_most (a warning)",
    "long-subject": "A subject longer than inboxes show (a warning)",
    "low-contrast": "Text that is hard to read on its ground (a warning), or can't be read at all",
    "missing-file": "A file in assets/ that a definition names and that is not there",
    "missing-key": "A key that must be there is not",
    "missing-language": "An e-mail's YAML and its files name different languages",
    "never-ends": "A repeated part that nothing ends, in a journey that nothing ends",
    "never-holds": "Nobody can ever fulfil it: bounds exclude each other, or points don't suffice",
    "never-open": "Hours of a journey that, with those of sending.yaml, leave no time of the week",
    "never-reached": "A step after an exit; where every way before it leaves or goes round, a warning",
    "no-day-of-a-month": "A day of the month stands where a campaign runs otherwise",
    "no-form-here": "A button leads to the form of a page that has none",
    "no-grade": "A condition asks for the grade, and scoring.yaml defines none",
    "no-kind": "A condition, step, block of a page, journey's trigger or campaign's time that names none of its kinds",
    "no-postal-address": "Marketing mail, and sending.yaml has no postal address to stand under it (a warning)",
    "no-preheader": "An e-mail without a line for inboxes to show (a warning)",
    "no-stop": "A text message of marketing doesn't say how to stop (a warning)",
    "no-temperature": "A condition asks for the temperature, and scoring.yaml defines none",
    "nobody-goes": "A way of a split that nobody goes (a warning)",
    "nobody-is-asked": "A campaign or journey sends by a channel on which nobody is asked about its topic (a warning)",
    "not-confirmed-yet": "A journey writes to people who have still to confirm",
    "not-in-mail": "An element that no mail program shows",
    "not-of-a-form": "form: stands with an event that comes from no form",
    "not-on-request": "A step starts a journey that can't be asked for",
    "not-personal": "A block that is about one person, on a page for everybody",
    "not-sent-before": "opened or clicked names a step that is no send before it",
    "not-settable": "A trait that no step may set",
    "outside-a-journey": "opened or clicked stands outside a journey",
    "over-already": "A day on which something was to happen is over (a warning)",
    "over-before-it-goes": "A campaign's hold is as long as its time to reach people, or longer",
    "renamed-before": "A name that belongs to something else, or was that doesn't begin with the first name",
    "renamed-in-where": "where compares a property of our own events with a name that was given later",
    "renamed-nothing": "was names what was never published (a warning, unless it looks misspelt)",
    "renamed-twice": "Two definitions say that they are what was called so at first",
    "scenario-fails": "What a scenario expects of a journey is not what happens (a warning)",
    "sent-twice": "A journey sends the e-mail that a file brings by itself (a warning)",
    "starts-in-a-circle": "Journeys that start each other without a wait",
    "strange-event": "The name of an event differs a little from a known one, or nothing here records it (a warning)",
    "tag-of-nobody": "A condition asks for a tag that nothing here gives (a warning)",
    "third-party": "A picture of a page that isn't on the business's own site",
    "transactional-topic": "A form asks consent for a topic that needs none",
    "turn-without-wait": "A repeated part of which a turn may take no time",
    "two-forms": "A page with a form in more than one place",
    "two-tests": "A page with variants in more than one hero",
    "unanswerable": "A text asks for an answer that would not count, or (a warning) that can't be sent",
    "unconfirmed-number": "A form takes consent to text messages, and nobody asks the number's owner (a warning)",
    "unknown-asset": "No file is defined under that id",
    "unknown-block": "The e-mail has no block with that id",
    "unknown-form": "No form has that id",
    "unknown-goes-else": "else of a branch is also the way of whoever never told a trait (a warning)",
    "unknown-group": "No group of staff has that id",
    "unknown-journey": "No journey has that id",
    "unknown-key": "A key that means nothing there",
    "unknown-page": "No landing page has that id",
    "unknown-score": "No score has that id",
    "unknown-segment": "No segment has that id",
    "unknown-stage": "No stage of the funnel has that id",
    "unknown-step": "No send before it has that id",
    "unknown-survey": "No survey is defined under that id",
    "unknown-template": "No e-mail, and no template of another channel, has that id",
    "unknown-time-zone": "The time zone has no such name",
    "unknown-topic": "No topic has that id",
    "unknown-way": "A step has no such way or outcome",
    "unknown-webhook": "No webhook has that id",
    "unused-block": "A block that the e-mail doesn't use (a warning)",
    "unused-variable": "A variable that the e-mail doesn't use (a warning)",
    "useless-cap": "A cap above that of a longer time says nothing (a warning)",
    "video-unheard": "A clip without captions and transcript (a warning)",
    "waits-for-its-goal": "A wait for what ends the journey (a warning)",
    "weak-in-mail": "HTML or CSS that some mail programs leave out (a warning)",
    "without-consent": "A campaign of a transactional topic: it goes also to who agreed to nothing (a warning)",
    "wrong-value": "A value of another kind than the key takes, or out of its bounds",
}
"""Codes of problems, for programs that read --json."""


_COUNTED: Final = re.compile(r"\[\d+\]")


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

    @property
    def key(self) -> str:
        """The field as people are told of it: which of a list it is in, file and line say; programs count from 0."""
        return _COUNTED.sub("", self.field)

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}: {self.key}: {self.message}. {self.mend}"

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
