"""The built-in words of public pages, in one language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_RIGHT_TO_LEFT: Final = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"})


@dataclass(frozen=True, slots=True)
class Words:
    """Texts by key. `language` is that of the page around them, as in "de-CH"."""

    language: str
    texts: Mapping[str, str]

    @property
    def direction(self) -> str:
        """Which way the page's language is written, as HTML says it."""
        return "rtl" if self.language.partition("-")[0].lower() in _RIGHT_TO_LEFT else "ltr"

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key with `{name}` replaced. Raises KeyError for a key that is none."""
        text = self.texts[key]
        for name, value in values.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text

    def of_code(self, code: str, otherwise: str) -> str:
        """What is said about an error's code, or `otherwise` where nothing special is."""
        return self.texts.get(code, otherwise)
