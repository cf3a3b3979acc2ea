"""What became of the calls of one SDK: a row of the table, and the questions that the tests ask."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.sdk.weather import TROUBLES, Sending, Weather

HEAD = ("SDK", "asked", "requests", *TROUBLES, "sent again after", "reached", "stored", "never arrived")


@dataclass
class Report:
    """`asked` are the numbers of the calls that an SDK was told to make, `stored` every stored event's id."""

    sdk: str
    asked: set[str]
    weather: Weather
    stored: list[str]
    reached: set[str] = field(init=False)

    def __post_init__(self) -> None:
        self.reached = {id for sending in self.weather.log if sending.status == 200 for id in sending.ids}

    @property
    def refused(self) -> list[Sending]:
        """What the API heard and did not answer with 200."""
        return [sending for sending in self.weather.log if sending.status not in (None, 200)]

    @property
    def never_arrived(self) -> list[str]:
        """Numbers of the calls that the API never heard of, whoever lost them."""
        heard = {number for sending in self.weather.log if sending.status == 200 for _, number in sending.calls}
        return sorted(self.asked - heard, key=int)

    @property
    def sent_again(self) -> list[str]:
        """The troubles after each of which every call of the request came again."""
        log, again = self.weather.log, dict.fromkeys(TROUBLES, True)
        for place, sending in enumerate(log):
            if sending.fate in again:
                later = {id for other in log[place + 1 :] for id in other.ids}
                again[sending.fate] &= sending.ids <= later
        met = {sending.fate for sending in log}
        return [fate for fate, holds in again.items() if holds and fate in met]

    @property
    def is_stored_once(self) -> bool:
        """Whether what reached the API is stored, each call once, and nothing else is."""
        return Counter(self.stored) == Counter(dict.fromkeys(self.reached, 1))

    def cells(self) -> tuple[str, ...]:
        fates = Counter(sending.fate for sending in self.weather.log)
        met = [str(fates[fate]) for fate in TROUBLES]
        never = ", ".join(self.never_arrived) or "0"
        counts = (str(len(self.asked)), str(len(self.weather.log)), *met)
        return (self.sdk, *counts, ", ".join(self.sent_again), str(len(self.reached)), str(len(self.stored)), never)


def show(reports: Iterable[Report]) -> str:
    """The reports as one table."""
    rows = [HEAD, *(report.cells() for report in reports)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEAD))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
