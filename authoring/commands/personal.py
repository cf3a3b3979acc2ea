"""personal: links to pages for one person, made by hand, and taken back."""

import getpass

import click

from authoring.commands.shared import App, emit, explained, json_option, say
from functions import clock, passes, releases, settings
from functions.core.identity import EMAIL, hash_of, kind_of
from functions.core.release import Release
from functions.core.views import iso
from functions.people import whom
from functions.personal import mailbox_of
from functions.tables import audit, revoked
from functions.tables.audit import Noted


@click.group()
def personal() -> None:
    """Pages for one person each: their links."""


@personal.command()
@click.argument("who")
@click.argument("page")
@json_option
@click.pass_obj
def link(app: App, who: str, page: str, as_json: bool) -> None:
    """Make the link to a personal PAGE of WHO, to be sent to them by hand.

    Whoever has it sees the page, as with the link in a mail. It counts no click.
    """
    with explained(as_json):
        app.connect()
        release, now = releases.live().release, clock.now_ms()
        id = _page(release, page)
        contact = whom.of(who)
        address = mailbox_of(contact)
        if address is None:
            raise ValueError(f"no address of {who} is known, and a link is made for a mailbox")
        said = passes.page_of(id, release, contact.id, address, now)
        made = f"{settings.public_url()}/my/{passes.sign_page(releases.keyring().signing, said)}"
    if as_json:
        emit({"link": made, "until": iso(said.until)})
        return
    say(made)
    say(f"It holds until {iso(said.until)[:10]}.", "dim")


@personal.command()
@click.argument("who")
@click.argument("page", required=False)
@click.option("--why", default="", help="Kept on the audit trail.")
@json_option
@click.pass_obj
def revoke(app: App, who: str, page: str | None, why: str, as_json: bool) -> None:
    """Let no link show a personal PAGE of WHO any more that was made until now; without PAGE none of theirs.

    Links in mails that go out later hold again.
    """
    with explained(as_json):
        app.connect()
        release, now = releases.live().release, clock.now_ms()
        id = revoked.EVERY if page is None else _page(release, page)
        boxes = _mailboxes(who)
        if not boxes:
            raise ValueError(f"no address of {who} is known, so that there are no links of theirs")
        audit.note(Noted("revoke", whom.find(who).ref, now, job=id, by=getpass.getuser(), why=why))
        for address in boxes:
            revoked.revoke(address, id, now)
    if as_json:
        emit({"revoked": page or "*", "at": iso(now)})
        return
    say("Links that were made until now show nothing any more.", "green")


def _page(release: Release, name: str) -> str:
    id = release.first_name("page", name)
    if id not in release.pages or release.pages[id].personal is None:
        there = [release.present_name("page", one) for one, page in release.pages.items() if page.personal]
        raise ValueError(f'there is no live personal page "{name}": {", ".join(there) or "none is defined"}')
    return id


def _mailboxes(who: str) -> list[str]:
    """Hashes of the addresses of whoever a name means."""
    return [hash_of(ref) for ref in whom.of(who).profile.identities if kind_of(ref) == EMAIL]
