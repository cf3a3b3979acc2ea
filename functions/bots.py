"""Which user agents are machines': a maintained list, and a few signs that need none.

The list's thousand patterns take a twentieth of a second of CPU to compile, and a match fifty
times as long as any other step of scoring: nine in ten browsers are recognised without it,
and what was asked once is remembered.
"""

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

from functions.core import verdicts
from functions.core.bots import Bots
from functions.core.verdicts import Rules

if TYPE_CHECKING:
    from functions.releases import Live

KNOWN: Final = "crawlerdetect 0.4.2"
"""The list in use: facts made under another are made anew. A test holds it to the lock file."""

_PLATFORM = (
    r"Windows NT [\d.]+(?:; Win64; x64|; WOW64)?|Macintosh; Intel Mac OS X [\d_.]+|X11; (?:Ubuntu; )?Linux x86_64"
    r"|X11; CrOS x86_64 [\d.]+|iPhone; CPU iPhone OS [\d_]+ like Mac OS X|iPad; CPU OS [\d_]+ like Mac OS X"
    r"|Linux; Android [\d.]+; K"
)
_PLAIN: Final = re.compile(
    rf"Mozilla/5\.0 \((?:{_PLATFORM})(?:; rv:[\d.]+)?\) (?:Gecko/[\d.]+ Firefox/[\d.]+"
    r"|AppleWebKit/[\d.]+ \(KHTML, like Gecko\)"
    r"(?: (?:Version|Chrome|CriOS|FxiOS|EdgiOS|GSA|Mobile|Safari|Edg|EdgA|OPR|SamsungBrowser)(?:/[\w.]+)?)+)"
)
"""Nothing but what browsers themselves write: no name of anything else has a place in it."""

_SIGNS: Final = re.compile(
    "|".join(
        (
            # Whoever answers for a machine leaves an address; a browser has none to leave.
            r"https?://|\bwww\.|\w@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}",
            # "Compatible" and then a name of its own: how robots have introduced themselves for thirty years.
            r"\(compatible[;,](?! ?(?:MSIE |Konqueror/))",
            # What it does for a living. (Cubot makes telephones.)
            r"(?<!cu)bot\b|crawl|spider|scrap(?:er|ing)\b|scan(?:ner|ning)?\b|archiv|fetch|monitor|preview",
            # Browsers without a window, and the programs that drive them.
            r"headless|phantomjs|selenium|webdriver|playwright|puppeteer|cypress/",
            # Those who look after other people's mail.
            r"barracuda|mimecast|proofpoint|safelinks|forcepoint|fireeye|zscaler|trend ?micro|virustotal|urlscan",
        )
    ),
    re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def is_machine(agent: str) -> bool:
    """Whether a user agent says, or shows, that no person sits there."""
    if _PLAIN.fullmatch(agent):
        return False
    return bool(_SIGNS.search(agent)) or bool(_list().is_crawler(agent))


@cache
def _list() -> Any:
    from crawlerdetect import CrawlerDetect

    return CrawlerDetect()


@lru_cache(maxsize=8)
def rules_of(settings: str) -> Rules:
    """The rules with what bots.yaml says, given as JSON."""
    return Rules(Bots.model_validate_json(settings), is_machine)


def rules(live: "Live") -> Rules:
    """The rules under a release."""
    return rules_of(live.release.bots.model_dump_json())


def version(settings: Bots) -> str:
    """Changes with everything that facts depend on here."""
    return verdicts.version(settings, KNOWN)
