"""preview, send-test: an e-mail before anybody gets it, a landing page before anybody sees it."""

import tempfile
from pathlib import Path

import click

from authoring import preview as made
from authoring.commands.shared import App, emit, explained, json_option, say
from authoring.compile import bundle
from functions import releases
from functions.core.release import Release


def _release(app: App, live: bool) -> Release:
    return releases.live().release if live else bundle(app.marketing).content


_as = click.option("--as", "who", metavar="PERSON", help="As this person would read it: address, user id, contact id.")
_live = click.option("--live", is_flag=True, help="The live release's, not that of marketing/.")
_language = click.option("--language", default="", help="In this language, whatever the person's is.")


@click.command()
@click.argument("template")
@_as
@click.option("--no-one", is_flag=True, help="As somebody of whom nothing is known (as without --as).")
@_language
@click.option("--topic", default="", help="As if sent about this topic; that of the first journey without it.")
@click.option("--dark", is_flag=True, help="As it looks where people prefer dark colours.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Where the HTML goes; the text beside it.")
@click.option("--open", "open_", is_flag=True, help="Open it in a browser.")
@click.option("--page", "is_page", is_flag=True, help="It is a landing page, not an e-mail.")
@click.option("--address", default="", metavar="QUERY", help="The page as by this address: utm_campaign=spring.")
@click.option("--variant", default="", help="The page with its hero in this variant.")
@_live
@json_option
@click.pass_obj
def preview(
    app: App,
    template: str,
    who: str | None,
    no_one: bool,
    language: str,
    topic: str,
    dark: bool,
    out: Path | None,
    open_: bool,
    is_page: bool,
    address: str,
    variant: str,
    live: bool,
    as_json: bool,
) -> None:
    """An e-mail of marketing/ as somebody would read it, or a landing page as somebody would see it.

    Nothing is sent or stored. Says why an e-mail would be withheld where it would.
    """
    with explained(as_json):
        if who and no_one:
            raise ValueError("say either --as or --no-one")
        if who or live:
            app.connect()
        release = _release(app, live)
        if is_page:
            html = out or Path(tempfile.gettempdir()) / f"samovar-page-{template}.html"
            shown = made.page(release, template, made.person(who), address, variant)
            html.write_text(made.dark(shown) if dark else shown, encoding="utf-8")
            _told(html, template, open_, as_json)
            return
        found = made.preview(release, release.first_name("template", template), made.person(who), language, topic)
        html = out or Path(tempfile.gettempdir()) / f"samovar-{template}.html"
        if found.words is not None:
            body = made.dark(found.words.html) if dark else found.words.html
            html.write_text(body, encoding="utf-8")
            html.with_suffix(".txt").write_text(found.words.text, encoding="utf-8")
    if as_json:
        words = found.words
        said = {"subject": words.subject, "language": words.language, "text": words.text} if words else {}
        emit({"template": template, "topic": found.topic, "withheld": found.withheld, "because": found.because, **said})
        return
    if found.withheld:
        say(f"It would be withheld: {found.because} [{found.withheld}]", "red")
    if found.words is not None:
        say(f"Subject: {found.words.subject}", "bold")
        say(f"Topic {found.topic}, language {found.words.language}\n")
        say(found.words.text)
        say(f"HTML: {html}", "green")
        if open_:
            click.launch(str(html))


def _told(html: Path, page: str, open_: bool, as_json: bool) -> None:
    if as_json:
        emit({"page": page, "html": str(html)})
        return
    say(f"HTML: {html}", "green")
    if open_:
        click.launch(str(html))


@click.command("send-test")
@click.argument("template")
@click.option("--to", required=True, metavar="ADDRESS", help="Who gets it: yourself.")
@_as
@_language
@_live
@json_option
@click.pass_obj
def send_test(app: App, template: str, to: str, who: str | None, language: str, live: bool, as_json: bool) -> None:
    """A real mail of an e-mail, to an address of yours.

    Its subject begins with [Test]. Its links lead straight on, nothing counts its opening, its way to unsubscribe does
    nothing, and nobody's history has it.
    """
    with explained(as_json):
        app.connect()
        release = _release(app, live)
        id = made.send_test(release, release.first_name("template", template), made.person(who), to, language)
    if as_json:
        emit({"sent": True, "to": to, "id": id})
    else:
        say(f"Sent to {to}.", "green")
