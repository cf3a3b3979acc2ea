"""The link of a double opt-in: /confirm/{token}. Looking changes nothing, the button confirms.

The ledger first, then the event; both have the mail's own key, so that pressing again changes nothing.
"""

from functions import clock, releases, tokens, visitors
from functions.core import confirm
from functions.core.consent import Entry
from functions.core.errors import Refused
from functions.core.forms import Form
from functions.core.sending import Sending
from functions.core.words import Words
from functions.http import Answer, Request, json_answer
from functions.observability import metric
from functions.pages import render
from functions.tables import addresses
from functions.texts import catalogue
from functions.tokens import Confirming
from functions.track import shown, store

CONFIRM = "confirm"


def follow(request: Request, token: str) -> Answer:
    """Show what is to be confirmed, or confirm it."""
    now = clock.now_ms()
    live = shown.live()
    sending = live.release.sending if live else None
    form: Form | None = None
    contact = ""
    try:
        said = tokens.read_confirm(releases.keyring().signing, token, now)
        form, contact = live.release.forms.get(said.form) if live else None, said.contact
        asked = addresses.entry(said.address, said.request)
        if asked is None or not confirm.asked_in(asked):
            raise Refused("bad-token", "This link is not one of ours, or it was cut short.")
        if request.method != "POST":
            return _ask(asked, sending, form, _words(request, contact, sending, form))
        _confirm(said, asked, now)
    except Refused as reason:
        metric("TokensRefused")
        if reason.code == "bad-token":
            reason = Refused(reason.code, reason.message, status=404)
        return render.refused(request, reason, sending, form, _words(request, contact, sending, form))
    return _thanks(request, sending, form, _words(request, contact, sending, form))


def _words(request: Request, contact: str, sending: Sending | None, form: Form | None) -> Words:
    """The page's words: the link came by the contact's own mailbox, so in their language first."""
    return catalogue.words_in(visitors.language_of(request, contact, catalogue.offered(sending, form)), sending, form)


def _confirm(said: Confirming, asked: Entry, now: int) -> None:
    head = addresses.head(said.address)
    if not confirm.still_asked(asked, head):
        raise Refused("withdrawn-since", "You unsubscribed after you had asked for this.", status=410)
    event = confirm.confirmed(said.contact, said.message, said.sent, said.form, said.address, asked, now)
    for admitted in store.admit([event]):
        addresses.append(said.address, confirm.grant(admitted, asked, said.form))
        metric("SubscriptionsConfirmed")
        store.insert_admitted([admitted])


def _ask(asked: Entry, sending: Sending | None, form: Form | None, words: Words) -> Answer:
    return render.choice(
        words("confirm-title"),
        words("confirm"),
        [(CONFIRM, words("confirm-button"))],
        done=False,
        sending=sending,
        form=form,
        quoted=[change.wording for change in confirm.asked_in(asked)],
        quoted_in=asked.language,
        words=words,
    )


def _thanks(request: Request, sending: Sending | None, form: Form | None, words: Words) -> Answer:
    own = form.double_opt_in.thanks if form and form.double_opt_in else ""
    if not request.wants_html:
        return json_answer(200, {"success": True})
    site, name = (sending.business.site, sending.business.name) if sending else ("", "")
    return render.message(
        200,
        words("confirmed-title"),
        own or words("confirmed"),
        sending=sending,
        form=form,
        link=site,
        link_text=words("back", business=name),
        words=words,
    )
