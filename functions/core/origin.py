"""What a call says about where its visitor came from, read at the door, before addresses are cut."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

CAMPAIGN: Final = ("source", "medium", "name", "term", "content")
"""Parts of a campaign as the tracking API names them; in addresses they are utm_source and so on, name utm_campaign."""
CLICK_IDS: Final = frozenset(
    (
        *("gclid", "gbraid", "wbraid", "dclid", "fbclid", "msclkid"),
        *("ttclid", "twclid", "li_fat_id", "yclid", "epik", "rdt_cid"),
    )
)
"""Query parameters in which advertisers name the click that led to a page."""
_UTM: Final = {f"utm_{'campaign' if part == 'name' else part}": part for part in CAMPAIGN}
_PARAMETERS: Final = 200
LONGEST: Final = 100
LONGEST_ID: Final = 255


def arrival(context: Mapping[str, Any], url: Any = "") -> dict[str, Any]:
    """What a call says about where its visitor came from, for the event's context. `url` is the address of a page
    that was viewed: it counts where the call names no campaign itself, and for click ids."""
    asked = _query(url)
    kept: dict[str, Any] = {}
    named = context.get("campaign")
    if campaign := texts(named if isinstance(named, Mapping) else {}, CAMPAIGN) or {
        part: asked[name][:LONGEST] for name, part in _UTM.items() if asked.get(name)
    }:
        kept["campaign"] = campaign
    if clicks := {name: asked[name][:LONGEST_ID] for name in sorted(CLICK_IDS & asked.keys()) if asked[name]}:
        kept["clicks"] = clicks
    visit = context.get("sessionId")
    if isinstance(visit, int) and not isinstance(visit, bool) and 0 < visit < 10**13:
        kept["sessionId"] = visit
        if context.get("sessionStart") is True:
            kept["sessionStart"] = True
    return kept


def _query(address: Any) -> dict[str, str]:
    text = text_of(address)
    if "?" not in text:
        return {}
    try:
        query = text.partition("?")[2].partition("#")[0]
        return {name: value.replace("\x00", "\ufffd") for name, value in parse_qsl(query, max_num_fields=_PARAMETERS)}
    except ValueError:
        return {}


def text_of(value: Any) -> str:
    """The text, or "" for what is none."""
    return value if isinstance(value, str) else ""


def texts(value: Mapping[str, Any], keys: Iterable[str], longest: int = LONGEST) -> dict[str, str]:
    """Those of the keys that hold text, cut to so many characters."""
    return {key: text[:longest] for key in keys if (text := text_of(value.get(key)))}
