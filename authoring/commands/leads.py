"""leads: whom journeys handed to sales."""

from typing import Any

import click
from rich.table import Table
from rich.text import Text

from authoring import called
from authoring.commands.shared import App, business_zone, counted, emit, explained, json_option, print_whole, say
from authoring.when import minute
from functions import clock
from functions.core.contact import Contact
from functions.core.leads import name_of
from functions.people.dossier import plain_lead
from functions.tables import contacts
from functions.tables import leads as table


@click.command()
@click.option("--group", help="Those of one group of staff.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="How many, the newest.")
@json_option
@click.pass_obj
def leads(app: App, group: str | None, limit: int, as_json: bool) -> None:
    """Whom journeys handed to sales, and why; newest first.

    As far back as 400 days: `samovar contact` shows those of one person for good.
    """
    with explained(as_json):
        app.connect()
        release = called.live()
        found, zone = table.newest(clock.now_ms(), limit, group), business_zone()
        loaded = contacts.load(lead.contact for lead in found)
        people = {id: contacts.survivor(one) for id, one in loaded.items()}
    if as_json:
        emit({"leads": [{**plain_lead(lead), **_person(people[lead.contact])} for lead in found]})
        return
    shown = Table(f"handed off ({zone})", "to", "who", "why", "journey", box=None, padding=(0, 2, 0, 0))
    for lead in found:
        who = _person(people[lead.contact])
        where = called.place(release, lead.journey, lead.step)
        cells = (lead.to, who["name"] or who["email"] or who["contact"], lead.reason, where)
        shown.add_row(minute(lead.at, zone), *map(Text, cells))
    if found:
        print_whole(shown)
    say(counted(len(found), "lead"))


def _person(contact: Contact) -> dict[str, Any]:
    return {"contact": contact.id, "name": name_of(contact), "email": contact.profile.email}
