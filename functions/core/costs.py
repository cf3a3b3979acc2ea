"""What a month costs in dollars: so far, and by its end. Pure.

What was counted times list prices. AWS's bill is the authority: this is for whoever wants to know before it comes.

By the month's end:

    expected = so far + carried on + foretold + idle

- *carried on*: of each kind (messages of a channel without those of campaigns, events, waits) every day that is left
  brings what the same day of the week brought on average in the four weeks before today, as far as anything is known;
  where no such day is, what all known days did. Today brings what is missing to that.
- *foretold*: each run of a campaign that goes out this month brings as many as counting foretold of it, less what it
  decided already; one that is only planned as many as were foretold of the campaign's newest run. Of whatever never
  ran nothing is known, and it is named.
- *idle*: what a month costs in which nobody knocks, by the time that has passed.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from functions.core.channels import BY_EMAIL, BY_PUSH, BY_SMS, BY_STAFF, BY_WEBHOOK
from functions.core.prices import MILLION, SES_EMAIL

OWN_OF_A_MESSAGE: Final = 27.0 / MILLION
"""What functions, tables and queues take to decide a message, hand it over, and note what became of it."""
ASSUMED_TEXT: Final = 0.05
"""A text message, where nothing else is known: what a country's operators take lies between 0.005 and 0.15."""
ENOUGH_DAYS: Final = 7
"""Of how a month ends nobody is told by mail before so many days are known."""
BELIEVED: Final = 5
"""So many times more or less than is known, what AWS charged for texts is not only ours."""
EVENT: Final = 3.2 / MILLION
"""An event in a request of its own: taken in, stored, scored."""
WAIT: Final = 56.0 / MILLION
"""A wait of a journey that time ends: two transitions, and what is done about it."""
IDLE_A_MONTH: Final = 0.91
"""A month in which nobody knocks."""

PRICE_OF_MESSAGE: Final[Mapping[str, float]] = MappingProxyType(
    {
        BY_EMAIL: SES_EMAIL + OWN_OF_A_MESSAGE,
        BY_STAFF: SES_EMAIL + OWN_OF_A_MESSAGE,
        BY_SMS: ASSUMED_TEXT + OWN_OF_A_MESSAGE,
        BY_PUSH: OWN_OF_A_MESSAGE,
        BY_WEBHOOK: OWN_OF_A_MESSAGE,
    }
)
"""One message by its channel. Text messages differ by country: the business or AWS may know better."""

EVENTS: Final = "events"
WAITS: Final = "waits"
IDLE: Final = "idle"
WEEKS: Final = 4
"""So many weeks before today say how a week goes."""

Days = Mapping[date, float]
"""How many, or how much, by day."""
_NONE: Final[Mapping[str, float]] = MappingProxyType({})


def price_of_message(channel: str, text: float | None = None) -> float:
    """One message of a channel, where a text message takes `text` dollars (None: nobody says)."""
    if channel == BY_SMS and text is not None:
        return text + OWN_OF_A_MESSAGE
    return PRICE_OF_MESSAGE.get(channel, OWN_OF_A_MESSAGE)


@dataclass(frozen=True, slots=True)
class Usage:
    """What was counted, by day, from the four weeks before today on: `messages` that went out by channel, those of
    `campaigns` among them; `events` and `waits`, None where AWS says nothing of them. `begun` is the first day on which
    anything was. `foretold` are messages that runs of campaigns bring this month, by channel; `unforetold` campaigns
    of which nothing is known. `text` dollars a text message takes, and who says so."""

    messages: Mapping[str, Days]
    campaigns: Mapping[str, Days]
    events: Days | None
    waits: Days | None
    begun: date
    foretold: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    unforetold: tuple[str, ...] = ()
    text: float = ASSUMED_TEXT
    text_by: str = "assumed"


@dataclass(frozen=True, slots=True)
class Reckoning:
    """What the month ("2026-11") costs as reckoned at a moment (ms), in dollars by part: channels, EVENTS, WAITS, IDLE.

    `messages` are those that went out so far, by channel. `whole`: AWS told of events and waits; where it doesn't,
    they are missing. See Usage for the rest.
    """

    month: str
    at: int
    so_far: Mapping[str, float] = field(default_factory=lambda: _NONE)
    expected: Mapping[str, float] = field(default_factory=lambda: _NONE)
    messages: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    whole: bool = False
    unforetold: tuple[str, ...] = ()
    text: float = ASSUMED_TEXT
    text_by: str = "assumed"
    days: int = 0
    """Days before this one of which anything is known."""

    @property
    def spent(self) -> float:
        """Dollars so far."""
        return sum(self.so_far.values())

    @property
    def by_the_end(self) -> float:
        """Dollars expected by the month's end."""
        return sum(self.expected.values())


def first_of(today: date) -> date:
    """The month's first day."""
    return today.replace(day=1)


def last_of(today: date) -> date:
    """The month's last day."""
    return (first_of(today) + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def looked_at_from(today: date) -> date:
    """The first day that says anything: of the month, or of the four weeks before today."""
    return min(first_of(today), today - timedelta(weeks=WEEKS))


def reckon(counted: Usage, today: date, at: int, passed: float) -> Reckoning:
    """What the month of `today` costs as far as it was counted at `at` (ms), when the share `passed` of it was over."""
    first, last = first_of(today), last_of(today)
    so_far: dict[str, float] = {}
    expected: dict[str, float] = {}
    messages: dict[str, int] = {}
    for channel in sorted({*counted.messages, *counted.foretold}):
        days, theirs = counted.messages.get(channel, {}), counted.campaigns.get(channel, {})
        plain = {day: max(0.0, many - theirs.get(day, 0)) for day, many in days.items()}
        sent, price = _within(days, first, today), price_of_message(channel, counted.text)
        more = carried_on(plain, today, last, counted.begun) + counted.foretold.get(channel, 0)
        if sent or more:
            messages[channel], so_far[channel], expected[channel] = round(sent), sent * price, (sent + more) * price
    for part, known, price in ((EVENTS, counted.events, EVENT), (WAITS, counted.waits, WAIT)):
        if known:
            many = _within(known, first, today)
            so_far[part] = many * price
            expected[part] = (many + carried_on(known, today, last, counted.begun)) * price
    so_far[IDLE], expected[IDLE] = IDLE_A_MONTH * passed, IDLE_A_MONTH
    return Reckoning(
        today.isoformat()[:7],
        at,
        so_far,
        expected,
        messages,
        counted.events is not None,
        counted.unforetold,
        counted.text,
        counted.text_by,
        (today - counted.begun).days,
    )


def _within(days: Days, first: date, last: date) -> float:
    return sum(many for day, many in days.items() if first <= day <= last)


def carried_on(days: Days, today: date, last: date, begun: date) -> float:
    """What the days from today to `last` still bring if the weeks go on as they went since `begun`."""
    known = [day for back in range(1, 7 * WEEKS + 1) if (day := today - timedelta(days=back)) >= begun]
    today_so_far = days.get(today, 0.0)
    if not known:
        # It began today: of a day like this one more is not known.
        return today_so_far * (last - today).days
    of_all = sum(days.get(day, 0.0) for day in known) / len(known)
    by_weekday: dict[int, float] = {}
    for weekday in range(7):
        alike = [days.get(day, 0.0) for day in known if day.weekday() == weekday]
        by_weekday[weekday] = sum(alike) / len(alike) if alike else of_all
    more = max(0.0, by_weekday[today.weekday()] - today_so_far)
    return more + sum(by_weekday[(today + timedelta(days=on)).weekday()] for on in range(1, (last - today).days + 1))


def texts_of(spent: Mapping[date, float] | None, sent: Days, said: float | None, today: date) -> tuple[float, str]:
    """What a text message takes, and who says so: AWS by what it had charged this month (`spent` until each day) before
    today, where that is about what the business says or what is assumed; else those."""
    known = (said, "business") if said is not None else (ASSUMED_TEXT, "assumed")
    charged_until = max((day for day in spent or {} if first_of(today) <= day < today), default=None)
    if spent is None or charged_until is None:
        return known
    many = _within(sent, first_of(today), charged_until)
    price = spent[charged_until] / many if many else 0.0
    # The account's other texts are in it, and what went out just now is not: then it says nothing of ours.
    return (price, "aws") if known[0] / BELIEVED <= price <= known[0] * BELIEVED else known


SPENT: Final = "spent"
EXPECTED: Final = "expected"
_TITLES: Final[Mapping[str, str]] = MappingProxyType(
    {
        BY_EMAIL: "e-mails",
        BY_STAFF: "mails to the business's own people",
        BY_SMS: "text messages",
        BY_PUSH: "push notifications",
        BY_WEBHOOK: "webhooks",
        EVENTS: "events",
        WAITS: "waits in journeys",
        IDLE: "what is there without traffic",
    }
)
MOST_NAMED: Final = 5


def over(reckoned: Reckoning, budget: float) -> str:
    """What passes the budget: SPENT, else EXPECTED, "" where neither does. Of less than a week nothing is expected."""
    if reckoned.spent > budget:
        return SPENT
    return EXPECTED if reckoned.by_the_end > budget and reckoned.days >= ENOUGH_DAYS else ""


def letter(
    what: str, reckoned: Reckoning, budget: float, senders: Iterable[tuple[str, int]], unforetold: Collection[str] = ()
) -> tuple[str, str]:
    """Subject and text of the mail that says that a month costs more than it may. `senders` are what sent most this
    month, in words, with how much; `unforetold` campaigns that come and of which nothing is known."""
    spent, end = dollars(reckoned.spent), dollars(reckoned.by_the_end)
    subject = (
        f"This month has cost about {spent}, more than {dollars(budget)}"
        if what == SPENT
        else f"This month is expected to cost about {end}, more than {dollars(budget)}"
    )
    parts = Counter(reckoned.expected).most_common()
    lines = [f"  {_TITLES.get(part, part)}: {dollars(usd)}" for part, usd in parts if usd >= 0.005]
    most = [f"  {name}: {many:,}" for name, many in list(senders)[:MOST_NAMED] if many]
    missing = "" if reckoned.whole else " Events and waits are not in it: AWS did not say how many there were."
    assumed = (
        f" Text messages are taken to cost {dollars(reckoned.text)} each: nobody has said what they really cost."
        if BY_SMS in reckoned.expected and reckoned.text_by == "assumed"
        else ""
    )
    unknown = f"\nNot in this, because they have never run: {', '.join(unforetold)}.\n" if unforetold else ""
    sending = "\n".join(most) or "  nothing yet"
    month = f"{date.fromisoformat(reckoned.month + '-01'):%B %Y}"
    return subject, (
        f"So far {month} has cost about {spent}; about {end} is expected "
        f"by its end. Your budget is {dollars(budget)} (monthly_budget in marketing/sending.yaml)."
        f"{missing}{assumed}\n\n"
        "What is expected by the end, by what it is for:\n" + "\n".join(lines) + "\n\n"
        "What has sent most this month, in messages:\n" + sending + "\n" + unknown + "\n"
        "What to do: Samovar stops nothing by itself. Stop a campaign with `samovar campaigns cancel CAMPAIGN`, pause "
        'a journey with `samovar pause --journey JOURNEY --why "…"`, or do both in the console. If the month may cost '
        "this much, raise monthly_budget in marketing/sending.yaml and run `samovar publish`. These are list prices "
        "times what was counted; AWS's bill decides.\n"
    )


def dollars(amount: float) -> str:
    """An amount as people write it."""
    return f"${amount:,.2f}"
