"""tracking.yaml: what the tracker script may do on the business's web site."""

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field

from functions.core.definition import Definition, Duration

HOST: Final = r"^[a-z0-9][a-z0-9-]{0,62}(\.[a-z0-9][a-z0-9-]{0,62}){0,8}$"

_Host = Annotated[str, Field(pattern=HOST, max_length=253)]
_Ending = Annotated[str, Field(pattern=r"^[a-z0-9]{1,10}$")]
_Parameter = Annotated[str, Field(min_length=1, max_length=50)]
_DAY: Final = 86_400
_FILES: Final = ["pdf", "zip", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "csv", "epub", "mp3", "mp4"]


class Tracking(Definition):
    """tracking.yaml"""

    consent: Literal["required", "assumed"] = Field(
        "required",
        description="Whether visitors are asked first (until they agree nothing is stored and nothing sent), "
        "or may object afterwards.",
    )
    respect: list[Literal["global-privacy-control", "do-not-track"]] = Field(
        ["global-privacy-control"],
        description="Signals of browsers that turn assumed consent into required.",
    )
    domains: list[_Host] = Field(
        [],
        max_length=20,
        description="The business's own: links between them lead nowhere else, and a visitor is one person on all "
        "hosts of each. The host of `business.site` is always one.",
    )
    remember: Duration = Field(390 * _DAY, description="How long a visitor is known after the last visit.")
    visit: Duration = Field(30 * 60, description="A visit is over after so long without a sign of life.")
    search_parameters: list[_Parameter] = Field(
        ["q", "query", "s", "search"],
        max_length=20,
        description="Query parameters that say what was searched for on the site.",
    )
    downloads: list[_Ending] = Field(
        _FILES, max_length=50, description="Endings of files whose links count as downloads."
    )
    hash_pages: bool = Field(False, description="Whether what stands after # in an address names a page.")
    pop_ups: Literal["at once", "with consent"] = Field(
        "at once",
        description="Whether pop-ups come before visitors agreed to be remembered. Then the browser notes which of "
        "them it showed, without any id of the visitor; with consent nothing is noted before.",
    )


def script_settings(tracking: Tracking, site: str, popups: Mapping[str, Any] | None = None) -> str:
    """The settings of samovar.js as JSON in ASCII. `site` is the business's own address, or ""; `popups` what it must
    know of pop-ups (core/popups.py), None where there are none."""
    signals = {"global-privacy-control": "gpc", "do-not-track": "dnt"}
    settings: dict[str, Any] = {
        "consent": tracking.consent,
        "signals": [signals[name] for name in tracking.respect],
        "domains": list(dict.fromkeys([*tracking.domains, *_own(site)])),
        "keep": tracking.remember,
        "session": tracking.visit,
        "search": tracking.search_parameters,
        "downloads": tracking.downloads,
        "hash": tracking.hash_pages,
    }
    if popups is not None:
        waits = {"c": 1} if tracking.pop_ups == "with consent" else {}
        settings["popups"] = {**popups, **waits}
    return json.dumps(settings, separators=(",", ":"))


def _own(site: str) -> list[str]:
    try:
        host = (urlsplit(site).hostname or "").removeprefix("www.")
        # Browsers spell hosts in ASCII.
        return [host.encode("idna").decode()] if host else []
    except ValueError:
        return []
