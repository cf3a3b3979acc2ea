"""Where somebody stands in the lists that the staff reads: by temperature, by stage, and by the words of a name. Pure.

Only people who said who they are stand anywhere: a visitor whom nobody can name is no line of a list.
"""

import unicodedata
from dataclasses import dataclass
from typing import Final

from functions.core.contact import Contact, Profile
from functions.core.identity import PERSONAL, fold, kind_of
from functions.core.ids import digest

PREFIX: Final = "Y#"
WORDS: Final = 4
"""By so many words of a name somebody is found."""
LETTERS: Final = 40
"""So many letters of a word count."""
_READ: Final = 200
_DAY_MS: Final = 86_400_000
_RULES: Final = "places-2"
"""Another one wherever the same contact has other places than before."""
_LAST_DAY: Final = 99_999
_LAST_MS: Final = 9_999_999_999_999


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A row of a list: its two keys. What comes first in a list comes first by `sk`."""

    pk: str
    sk: str


def places(contact: Contact, shard: str) -> frozenset[Place]:
    """All places of a contact; none for a visitor, nor for who was merged or erased. `shard` is the part of the lists
    that it belongs to."""
    state, profile = contact.state, contact.profile
    if state.merged_into is not None or not is_known(profile):
        return frozenset()
    standing = state.standing
    found = {Place(band_list(standing.temperature, shard), f"{_LAST_DAY - _day(contact):05d}#{contact.id}")}
    if standing.stage:
        entered = standing.stages.get(standing.stage, 0)
        found.add(Place(stage_list(standing.stage, shard), f"{_LAST_MS - entered:013d}#{contact.id}"))
    found |= {Place(name_list(word), f"{word}#{contact.id}") for word in keys_of(profile)}
    return frozenset(found)


def mark(contact: Contact) -> str:
    """A few letters that stand for all that a contact's places follow from, the same as long as that is; "" where it
    has none. It is asked for with every event: making the places themselves takes longer."""
    state, profile = contact.state, contact.profile
    if state.merged_into is not None or not is_known(profile):
        return ""
    standing = state.standing
    said = (profile.trait(name) for name in ("first_name", "last_name", "name", "email"))
    stands = (standing.temperature, standing.stage, str(standing.stages.get(standing.stage, 0)), str(_day(contact)))
    return digest(_RULES, *stands, *(value if isinstance(value, str) else "" for value in said))[:12]


def is_known(profile: Profile) -> bool:
    """Whether somebody said who they are."""
    said = any(kind_of(ref) in PERSONAL for ref in profile.identities)
    return said or bool(profile.email) or bool(_names(profile))


def band_list(band: str, shard: str) -> str:
    """The part of the list of a temperature: whoever became so last comes first."""
    return f"{PREFIX}b#{band}#{shard}"


def stage_list(stage: str, shard: str) -> str:
    """The part of the list of a stage: whoever entered it last comes first."""
    return f"{PREFIX}s#{stage}#{shard}"


def name_list(word: str) -> str:
    """The list of the words that begin with the same two letters."""
    return f"{PREFIX}n#{word[:2]}"


def keys_of(profile: Profile) -> list[str]:
    """What somebody is found by: words of the name, the first and the last among them, and the local part of the
    address."""
    names = _names(profile)
    words = names if len(names) <= WORDS else [*names[: WORDS - 1], names[-1]]
    return list(dict.fromkeys((*words, *_local(profile))))


def words_of(text: str) -> list[str]:
    """The words of a text as they are compared: without case, marks and whatever separates them."""
    plain = "".join(letter if letter.isalnum() else " " for letter in folded(text))
    return [word[:LETTERS] for word in plain.split()]


def folded(text: str) -> str:
    """A text without case and marks, in any language: "Şükrü" is sukru, "İnci" and "ınci" are inci."""
    apart = unicodedata.normalize("NFKD", fold(text[:_READ]))
    return "".join(letter for letter in apart if unicodedata.category(letter)[0] not in "MC")


def begins(wanted: str) -> str:
    """The beginning of a word under which to look for what somebody typed; "" where there is none."""
    whole, words = folded(wanted).strip(), words_of(wanted)
    if "@" in whole or ("." in whole and " " not in whole):
        return _key(whole.partition("@")[0])
    return max(words, key=len, default="")


def is_meant(profile: Profile, wanted: str) -> bool:
    """Whether all that was typed begins a word of somebody's name or address."""
    whole = folded(wanted).strip()
    if "@" in whole:
        return folded(profile.email or "").startswith(whole)
    known = [*_names(profile), *_local(profile), *words_of((profile.email or "").rpartition("@")[0])]
    return all(any(one.startswith(word) for one in known) for word in words_of(wanted))


def _day(contact: Contact) -> int:
    """The day since which somebody is as interested as they are. No visit moves it: a place that moves is two rows to
    write."""
    since = contact.state.standing.since or contact.state.facts.first or 0
    return max(0, since) // _DAY_MS


def _names(profile: Profile) -> list[str]:
    said = [value for name in ("first_name", "last_name") if isinstance(value := profile.trait(name), str)]
    whole = profile.trait("name")
    texts = said or ([whole] if isinstance(whole, str) else [])
    return [word for text in texts for word in words_of(text)]


def _local(profile: Profile) -> list[str]:
    key = _key(folded((profile.email or "").rpartition("@")[0]))
    return [key] if key else []


def _key(text: str) -> str:
    return text.replace("#", "").strip()[:LETTERS]
