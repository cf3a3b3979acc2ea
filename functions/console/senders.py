"""What was sent and what came of it: by week, by whose mailboxes, by journey and campaign, by step, way and run."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from functions import releases
from functions.console.cells import Cell, Money, money
from functions.console.pictures import anchor
from functions.console.tabled import MOST, Line, Period, most_first, of_measures, path, share, table, together
from functions.core import answering, costs
from functions.core.campaign import journey_of
from functions.core.channels import BY_EMAIL, BY_STAFF, BY_WEBHOOK, channel_and_template
from functions.core.counting import BY, BY_MAILBOX, LETTERS, MACHINES, WAY
from functions.core.former import Kind, held
from functions.core.release import Release
from functions.core.steps import CallWebhook, Handoff, Holdout, If, Notify, Send, Split, Step, Switch
from functions.core.tree import walk, ways
from functions.core.views import iso
from functions.tables import campaigns, counts

SENT: Final = (*LETTERS, *MACHINES)
MONEY: Final = ("revenue", "cost")
_ON_A_WAY: Final = ("sent", "opened", "clicked", "orders", "unsubscribed")
FORMER: Final = 15
"""So many that are live no more stand among those that are; each asks one query more."""
_NOTHING: Final[Counter[str]] = Counter()


def by_week(period: Period) -> dict[str, Any]:
    """Messages by the week in which they were decided, the newest first."""
    weeks: dict[str, Counter[str]] = {}
    for (week, _), numbers in period.weeks("mail").items():
        weeks.setdefault(week, Counter()).update(numbers)
    measures = [one for one in SENT if one != "orders"]
    lines = ([week, *of_measures(measures, weeks[week])] for week in sorted(weeks)[::-1])
    return table("messages", ["week", *measures], lines)


def by_mailbox(period: Period) -> dict[str, Any]:
    """Mails by whose mailboxes they went to, those with the most first."""
    found = period.parts("mailboxes")
    rows = [[mailbox, *of_measures(BY_MAILBOX, numbers)] for mailbox, numbers in found.items() if any(numbers.values())]
    return table("mailboxes", ["mailbox", *BY_MAILBOX], most_first(rows, 1, 0))


def by_sender(period: Period) -> dict[str, Any]:
    """Journeys, answers to forms and campaigns: who came in, what was sent and what came of it, those with the most
    orders first."""
    live = releases.live()
    # What people wrote stands before answers to forms, which nobody need have used.
    past = sorted(live.former, key=lambda one: one.kind == "journey" and answering.is_answer(one.id))[:FORMER]
    found = [
        *(
            _sender(period, live.release, kind, id, live.release.present_name(kind, id), one.title)
            for kind, of in held(live.release).items()
            for id, one in of.items()
        ),
        *(_sender(period, live.release, one.kind, one.id, one.name, one.title, is_gone=True) for one in past),
    ]
    counted = sorted(filter(None, found), key=lambda one: (-one[0]["orders"], -one[0]["sent"]))
    return table("senders", ["kind", "name", "entered", "goal", *MONEY, *SENT], [line for _, line in counted])


def _sender(
    period: Period, release: Release, kind: Kind, id: str, name: str, title: str, *, is_gone: bool = False
) -> tuple[Counter[str], Line] | None:
    """The numbers of one and the line that says them; None where they are nothing."""
    is_journey = kind == "journey"
    numbers = together(period.parts(f"journey/{id if is_journey else journey_of(id)}").values())
    if not numbers:
        return None
    answer = answering.called(id) if is_journey else ""
    what = f"{'former-' if is_gone else ''}{'answer' if answer else kind}"
    came: list[Cell] = [numbers["entered"], numbers["goal"]] if is_journey else [None, None]
    # A journey has the name that it bears now, a campaign is known by its id.
    leads = {"name": path("reports", f"{kind}s", name if is_journey and not is_gone else id, days=period.days)}
    if is_gone and is_journey and release.first_name(kind, id) != id:
        # The page of that name is another's, which bears it since.
        leads = {}
    return numbers, Line([what, title or answer or name, *came, *_results(numbers, release)], leads)


def steps(id: str, steps: Sequence[Step], release: Release, live: Release, period: Period) -> dict[str, Any]:
    """Each of a journey's `steps` in `release` that sends, in reading order, and behind those what steps sent that are
    there no more. What is `live` still is led to."""
    found, lines, name = period.parts(f"journey/{id}"), list[Line](), release.present_name("journey", id)
    known = list(walk(steps))
    for step in known:
        numbers = found.get(step.id, _NOTHING)
        if isinstance(step, Send) or numbers["decided"]:
            channel, template = _sends(step)
            channel = channels(numbers) or channel
            leads = {"step": f"{path('journeys', name)}#{anchor(step.id)}"} if id in live.every_journey else {}
            if channel == BY_EMAIL and template in live.emails:
                leads["template"] = path("mails", template)
            lines.append(Line([_called(step.id, id, release), channel, template, *_results(numbers, release)], leads))
    there = {step.id for step in known}
    gone = sorted(part for part, numbers in found.items() if numbers["decided"] and part not in there)
    lines += [
        Line([part, channels(found[part]) or None, None, *_results(found[part], release)]) for part in gone[:MOST]
    ]
    return table("steps", ["step", "channel", "template", *MONEY, *SENT], lines)


def branches(id: str, steps: Sequence[Step], release: Release, period: Period) -> dict[str, Any]:
    """The ways of each step that has several side by side: who went them, and what came of the messages on them."""
    found, lines = period.parts(f"journey/{id}"), list[Line]()
    for step in walk(steps):
        if not isinstance(step, If | Switch | Split | Holdout):
            continue
        went = {
            measure.removeprefix(WAY): many
            for measure, many in found.get(step.id, _NOTHING).items()
            if measure.startswith(WAY)
        }
        wanted = {one.id: one.percent for one in step.split} if isinstance(step, Split) else {}
        inside: dict[str, Sequence[Step]] = {outcome: then for _, outcome, then in ways(step)}
        for outcome in [*inside, *sorted(went.keys() - inside.keys())]:
            came = together(found.get(one.id, _NOTHING) for one in walk(inside.get(outcome, ())))
            people = went.get(outcome, 0)
            cells: list[Cell] = [_called(step.id, id, release), outcome, wanted.get(outcome)]
            cells += [people, share(people, sum(went.values())), *of_measures(_ON_A_WAY, came), money(came)]
            lines.append(Line(cells))
    return table("ways", ["step", "way", "percent", "people", "part", *_ON_A_WAY, "revenue"], lines)


def runs(id: str, release: Release, period: Period) -> dict[str, Any]:
    """The runs of a campaign whose messages were decided in the period, the newest first."""
    found = period.parts(f"journey/{journey_of(id)}")
    begun = {run.run: iso(run.begun) for run in campaigns.runs_of(id, newest=MOST)}
    known = [run for run in found if run and any(found[run].values())]
    known.sort(key=lambda run: (begun.get(run, ""), run), reverse=True)
    lines = []
    for run in known[:MOST]:
        leads = {"begun" if run in begun else "run": path("campaigns", id, run)}
        lines.append(Line([begun.get(run), run, *_results(found[run], release)], leads))
    return table("runs", ["begun", "run", *MONEY, *SENT], lines)


def here(id: str, steps: Sequence[Step], release: Release) -> dict[str, Any]:
    """Where people wait in a journey now, or are kept by a mistake."""
    now = counts.standing(f"journey/{id}")
    order = [step.id for step in walk(steps)]
    places = [*order, *sorted(part for part in now if part not in order)]
    lines = [
        Line([_called(part, id, release), now[part]["here"], now[part]["stuck"]])
        for part in places
        if part in now and (now[part]["here"] or now[part]["stuck"])
    ]
    return table("waiting", ["step", "here", "stuck"], lines)


def channels(numbers: Counter[str]) -> str:
    """The channels by which something was sent: a step may have had another in an earlier release."""
    return ", ".join(sorted(one.removeprefix(BY) for one, many in numbers.items() if one.startswith(BY) and many))


def _results(numbers: Counter[str], release: Release) -> list[Cell]:
    return [money(numbers), _cost(numbers, release), *of_measures(SENT, numbers)]


def _cost(numbers: Counter[str], release: Release) -> Money | None:
    """What sending these took, in dollars at list price; None where that is not known of all of them, as of what went
    out before channels were counted."""
    by = {one.removeprefix(BY): many for one, many in numbers.items() if one.startswith(BY)}
    if not by or sum(by.values()) < numbers["sent"]:
        return None
    text = release.sending.sms.price
    return {"USD": round(sum(many * costs.price_of_message(channel, text) for channel, many in by.items()), 6)}


def _called(step: str, journey: str, release: Release) -> str:
    return release.present_name("step", step, inside=f"journey {journey}")


def _sends(step: Step) -> tuple[str | None, str | None]:
    """By which channel a step sends, and which template."""
    match step:
        case Send():
            return channel_and_template(step.send)
        case Notify() | Handoff():
            return BY_STAFF, None
        case CallWebhook():
            return BY_WEBHOOK, step.webhook
        case _:
            return None, None
