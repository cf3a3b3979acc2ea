"""Passes: signed links that give a file, an answer, or a page for one person.

The link on a thanks page says who filled in the form, as they claimed; the one in a mail says whose mailbox it went
to. Only the second proves anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from functions import tokens
from functions.core.errors import Refused

if TYPE_CHECKING:
    from functions.core.release import Release

GET: Final = "get"
"""What links to files are signed for."""
RATE: Final = "rate"
"""What links to answers are signed for."""
MY: Final = "my"
"""What links to personal pages are signed for."""
PASS_PARAMETER: Final = "get"
"""The query parameter in which a thanks page gets the links that it shows."""


@dataclass(frozen=True, slots=True)
class OfForm:
    """The link to a file on a form's thanks page. `source` is who sent the form (an identity's ref), `submission` tells
    one sending from another, `browser` the browser that sent it from others ("" where it didn't say what it is).
    `sent` and `until`, the moment at which the link ends, in ms."""

    asset: str
    form: str
    source: str
    submission: str
    browser: str
    sent: int
    until: int


@dataclass(frozen=True, slots=True)
class OfMail:
    """The link to a file in a mail. `address` is the hash of the address that it went to; the rest is as tokens of
    clicks have it, and `until` the ms at which it ends."""

    asset: str
    contact: str
    message: str
    sent: int
    place: str
    template: str
    address: str
    until: int


@dataclass(frozen=True, slots=True)
class RateByMail:
    """The link to an answer of a survey in a mail; the rest is as tokens of clicks have it, and `until` the ms at which
    it ends."""

    survey: str
    answer: str
    contact: str
    message: str
    sent: int
    place: str
    template: str
    until: int


@dataclass(frozen=True, slots=True)
class RateOnPage:
    """A survey on a page of ours, for whoever looks at it; on a personal one for its `contact`, and good until `until`
    (ms)."""

    survey: str
    page: str
    contact: str = ""
    until: int = 0


@dataclass(frozen=True, slots=True)
class PageOf:
    """The link to a personal page. `address` is the hash of the mailbox that it was made for; `message`, `place` and
    `template` as tokens of clicks have them, "" where somebody of the staff made it by hand. `sent` and `until`, the
    moment at which it ends, in ms."""

    page: str
    contact: str
    address: str
    sent: int
    until: int
    message: str = ""
    place: str = ""
    template: str = ""


def sign_rate(keys: Sequence[bytes], said: RateByMail | RateOnPage) -> str:
    """The link to an answer, or to a question, as a token."""
    match said:
        case RateOnPage():
            theirs = ({"c": said.contact} if said.contact else {}) | ({"u": said.until} if said.until else {})
            return tokens.sign(keys, RATE, {"v": said.survey, "p": said.page} | theirs)
        case RateByMail():
            about = {"c": said.contact, "m": said.message, "k": said.place, "t": said.template}
            own = {"v": said.survey, "n": said.answer, "s": said.sent, "u": said.until}
            return tokens.sign(keys, RATE, about | own)


def read_rate(keys: Sequence[bytes], token: str) -> RateByMail | RateOnPage:
    """What such a token says, whether or not it has ended. Raises Refused for what was not signed here."""
    said = tokens.read(keys, RATE, token)
    if "m" not in said:
        text = _texts({"c": "", **said}, "v", "p", "c")
        until = said.get("u", 0)
        if not isinstance(until, int):
            raise _bad()
        return RateOnPage(text["v"], text["p"], text["c"], until)
    text = _texts(said, "v", "n", "c", "m", "k", "t")
    if not (isinstance(said.get("s"), int) and isinstance(said.get("u"), int)):
        raise _bad()
    return RateByMail(text["v"], text["n"], text["c"], text["m"], said["s"], text["k"], text["t"], said["u"])


def sign(keys: Sequence[bytes], said: OfForm | OfMail) -> str:
    """The pass as a token."""
    match said:
        case OfForm():
            about: dict[str, Any] = {"f": said.form, "w": said.source, "e": said.submission, "b": said.browser}
        case OfMail():
            about = {"c": said.contact, "m": said.message, "k": said.place, "t": said.template, "a": said.address}
    return tokens.sign(keys, GET, about | {"g": said.asset, "s": said.sent, "u": said.until})


def read(keys: Sequence[bytes], token: str) -> OfForm | OfMail:
    """What a pass says, whether or not it has ended. Raises Refused for what was not signed here."""
    said = tokens.read(keys, GET, token)
    if not (isinstance(said.get("s"), int) and isinstance(said.get("u"), int)):
        raise _bad()
    if "m" in said:
        text = _texts(said, "g", "c", "m", "k", "t", "a")
        return OfMail(text["g"], text["c"], text["m"], said["s"], text["k"], text["t"], text["a"], said["u"])
    text = _texts(said, "g", "f", "w", "e", "b")
    return OfForm(text["g"], text["f"], text["w"], text["e"], text["b"], said["s"], said["u"])


def page_of(page: str, release: "Release", contact: str, address: str, sent: int) -> PageOf:
    """A link to a personal page of the release, which ends as the page says. `sent` in ms."""
    personal = release.pages[page].personal
    return PageOf(page, contact, address, sent, sent + (personal.within if personal else 0) * 1000)


def sign_page(keys: Sequence[bytes], said: PageOf) -> str:
    """The link to a personal page, as a token."""
    about = {"p": said.page, "c": said.contact, "a": said.address, "s": said.sent, "u": said.until}
    mailed = {"m": said.message, "k": said.place, "t": said.template} if said.message else {}
    return tokens.sign(keys, MY, about | mailed)


def read_page(keys: Sequence[bytes], token: str) -> PageOf:
    """What such a token says, whether or not it has ended. Raises Refused for what was not signed here."""
    said = {"m": "", "k": "", "t": "", **tokens.read(keys, MY, token)}
    text = _texts(said, "p", "c", "a", "m", "k", "t")
    if not (isinstance(said.get("s"), int) and isinstance(said.get("u"), int)):
        raise _bad()
    return PageOf(text["p"], text["c"], text["a"], said["s"], said["u"], text["m"], text["k"], text["t"])


def _texts(said: Mapping[str, Any], *names: str) -> Mapping[str, str]:
    if not all(isinstance(said.get(name), str) for name in names):
        raise _bad()
    return said


def _bad() -> Refused:
    return Refused("bad-token", "This link is not one of ours, or it was cut short.")
