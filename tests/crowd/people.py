"""Who lives in the crowd: names of many languages, where people came from, and how they are."""

import random
import unicodedata
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

NAMES: Final = (
    *(("Mehmet", "Çelik"), ("Zeynep", "Kaya"), ("İpek", "Işık"), ("Ümit", "Öztürk"), ("Çağla", "Şahin")),
    *(("Gülşah", "Aydın"), ("Barış", "Kılıç"), ("Elif", "Güneş"), ("Ahmet", "Doğan"), ("Ayşegül", "Yılmazer")),
    *(("Łukasz", "Wiśniewski"), ("Małgorzata", "Żółkiewska"), ("Paweł", "Śliwiński"), ("Agnieszka", "Dąbrowska")),
    *(("Иван", "Петров"), ("Ольга", "Смирнова"), ("Дмитро", "Шевченко"), ("Милица", "Јовановић")),
    *(("Ελένη", "Παπαδοπούλου"), ("ليلى", "حسن"), ("ნინო", "ბერიძე"), ("Jürgen", "Großmann"), ("Siobhán", "O’Brien")),
    *(("Zoë 🌿", "Berry"), ("Bob 🫖", "Teapot"), ("Ada", "King"), ("Chiara", "Russo"), ("Hana", "Novák")),
    *(("Maximiliane-Wilhelmine", "von Hohenstein-Featherstonehaugh"), ("Robert <b>Bobby</b>", "Tables\"'")),
)
HOUSES: Final = (
    "Çay Evi",
    "Kawiarnia Pod Lipą",
    "Чайная №1",
    "Grand Hotel Büyükada",
    "Café Größenwahn",
    "Tea & Sympathy",
)
DOMAINS: Final = ("post.example", "mail.example", "inbox.example.com", "tea-house.example", "example.org")


@dataclass(frozen=True, slots=True)
class Source:
    """Where somebody came from: what the address said, and the page that led here."""

    weight: int
    campaign: tuple[tuple[str, str], ...] = ()
    referrer: str = ""


SOURCES: Final = (
    Source(26),
    Source(22, referrer="https://www.google.com/"),
    Source(16, (("source", "instagram"), ("medium", "social"), ("name", "first-flush"))),
    Source(12, (("source", "google"), ("medium", "cpc"), ("name", "spring"), ("term", "spring tea"))),
    Source(9, (("source", "newsletter"), ("medium", "email"), ("name", "harvest"))),
    Source(7, referrer="https://kahve-ve-cay.example/en-iyi-10-çaycı"),
    Source(4, (("source", "Fuar İstanbul"), ("medium", "leaflet"))),
    Source(3, referrer="https://herbata.example/łyżeczka"),
)
_PLAIN: Final = str.maketrans("ıł", "il")
KINDS: Final = {"visitor": 30, "reader": 38, "buyer": 16, "book": 8, "house": 4, "quote": 4}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody: what they come for, and how keen they are (0 to 1). `scanned`: a machine reads their mail first;
    `lost`: mail to them comes back."""

    number: int
    first: str
    last: str
    kind: str
    source: Source
    keen: float
    browser: str
    scanned: bool = False
    lost: bool = False

    @property
    def email(self) -> str:
        """Their address."""
        plain = (
            unicodedata.normalize("NFKD", f"{self.first}.{self.last}".casefold().translate(_PLAIN))
            .encode("ascii", "ignore")
            .decode()
        )
        letters = "".join(sign for sign in plain if sign.isalnum() or sign == ".").strip(".") or "tea"
        return f"{letters[:30].strip('.')}.{self.number}@{DOMAINS[self.number % len(DOMAINS)]}"

    @property
    def user(self) -> str:
        """Their account at the shop."""
        return f"user-{self.number}"

    @property
    def birthday(self) -> str:
        """The day of their birth."""
        return f"{1950 + self.number % 55}-{self.number % 12 + 1:02d}-{self.number % 28 + 1:02d}"

    @property
    def arrival(self) -> dict[str, Any]:
        """How a call says where they came from."""
        return {"campaign": dict(self.source.campaign)} if self.source.campaign else {}


def person(chance: random.Random, number: int) -> Person:
    """Somebody by chance."""
    first, last = chance.choice(NAMES)
    (kind,) = chance.choices(list(KINDS), list(KINDS.values()))
    (source,) = chance.choices(SOURCES, [one.weight for one in SOURCES])
    return Person(
        number,
        first,
        last,
        kind,
        source,
        keen=chance.betavariate(1.2, 2.5),
        browser=str(UUID(int=chance.getrandbits(128), version=4)),
        scanned=chance.random() < 0.06,
        lost=chance.random() < 0.03,
    )
