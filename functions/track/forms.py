"""Form posts: POST /f/{form}, from our own page or any other, by a browser or a program."""

from collections.abc import Sequence
from dataclasses import replace
from email.parser import BytesParser
from email.policy import HTTP
from functools import partial
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from functions import clock, passes, releases, settings, visitors
from functions.core import assets, confirm, confirm_by_text, experiments, landing, submission
from functions.core.answers import Terms
from functions.core.errors import Refused
from functions.core.event import Event
from functions.core.forms import ConsentBox
from functions.core.identity import EMAIL, hash_of, kind_of
from functions.core.submission import Submission, Typed
from functions.core.views import day_of
from functions.core.wire import MAX_BATCH, clean, read_object
from functions.http import Answer, Request, json_answer, redirect
from functions.observability import metric
from functions.pages import render
from functions.pages.render import Showing
from functions.passes import PASS_PARAMETER, OfForm
from functions.releases import Live
from functions.tables import addresses
from functions.texts import catalogue, places
from functions.tokens import Proof
from functions.track import asking, store

MAX_FIELDS: Final = 200
EMBEDDED: Final = "_embedded"
"""What our script posts besides the fields: it wants the next piece of HTML."""
_ANYWHERE: Final = {"access-control-allow-origin": "*"}
"""Forms are posted from any site, without cookies; API Gateway says the same."""


def submit(request: Request, id: str) -> Answer:
    """Keep what was typed, or say what is wrong beside the field."""
    received = clock.now_ms()
    live = releases.live()
    id = live.release.first_name("form", id)
    form = live.release.forms.get(id)
    if request.method != "POST" or form is None:
        unknown = Refused("unknown-form", "There is no such form.", status=404)
        return render.refused(request, unknown, live.release.sending)
    typed = read_body(request)
    if submission.is_trap_sprung(form, typed):
        metric("FormsTrapped")
        return _thanks(request, id, live, typed, None)
    proof = visitors.proof_in(submission.last(typed, submission.PROOF))
    said, problems, flags = _read(id, live, typed, received, proof)
    flags |= _landed(typed, live)
    if problems:
        metric("FormsRefused")
        return _again(request, id, live, typed, problems, proof)
    event = submission.to_event(
        said,
        form,
        typed,
        received=received,
        pepper=releases.keyring().pepper,
        page=_page_of(request, typed),
        user_agent=request.user_agent,
        proved=visitors.address_of(proof),
        flags=flags,
    )
    if kind_of(event.source) == EMAIL and assets.given_by(id, live.release.assets):
        event = event.with_properties({assets.GIVES: True})
    # Consent stands before the event can start a journey that needs it, and both bear a repetition.
    page = _page_of(request, typed)
    for admitted in store.admit([event]):
        kept, to_ask = _with_consent(admitted, said, live, page)
        store.insert_admitted([kept])
        if to_ask:
            asking.send(asking.of(kept), to_ask, form, live.release, catalogue.words(live.release.sending, form))
    return _thanks(request, id, live, typed, event)


def _read(
    id: str, live: Live, typed: Typed, received: int, proof: Proof | None
) -> tuple[Submission, list[Refused], dict[str, Any]]:
    """What was said, all that is wrong with it, and what should be noted about it."""
    sending, form = live.release.sending, live.release.forms[id]
    words = catalogue.words(sending, form)
    today = day_of(received, sending.business.time_zone)
    terms = Terms(words, places.place(sending, form), today, proved=proof is not None)
    said, problems = submission.read(id, form, typed, terms)
    flags: dict[str, Any] = {}
    field = submission.address_field(said, form)
    if field is not None and form.protect.disposable != "allow" and places.is_disposable(str(said.values[field])):
        if form.protect.disposable == "refuse":
            problems.append(Refused("disposable-address", words("disposable-address"), field=field, status=422))
        flags["disposable"] = True
    if not problems and (hasty := submission.too_fast(form, typed, received, words)):
        problems.append(hasty)
    return said, problems, flags


def _landed(typed: Typed, live: Live) -> dict[str, str]:
    """The landing page that the form stood in, if it is one, its variant, and in which epoch of which test."""
    page, marked = submission.last(typed, submission.LANDING), submission.last(typed, submission.VARIANT)
    if page not in live.release.pages:
        return {}
    varying = landing.varying(live.release.pages[page]) if marked else None
    known = varying and experiments.read(experiments.trying(page, varying[1]), marked)
    return {"landing": page, **(experiments.properties(marked) if known else {})}


def _page_of(request: Request, typed: Typed) -> str:
    return next(iter(typed.get(submission.PAGE, ())), "") or request.headers.get("referer", "")


def _with_consent(event: Event, said: Submission, live: Live, page: str) -> tuple[Event, Sequence[ConsentBox]]:
    """The event as it is to be stored, once what it agrees to, or asks, stands in the address's ledger; and what
    is to be asked by a text.

    A box left unticked says nothing: submitting again never takes consent back.
    """
    form = live.release.forms[said.form]
    to_ask: Sequence[ConsentBox] = ()
    about = (catalogue.language_of(live.release.sending, form), live.id, page[:400])
    number = asking.of(event)
    for ref in event.all_identities:
        asks = confirm.Asks(
            mail=partial(_shall_mail, hash_of(ref), event),
            text=partial(asking.requested, ref, number, release=live.release, now=event.received),
        )
        event, entry, boxes = confirm.taken(event, ref, said.form, form, said.consents, asks, about)
        if entry is not None and addresses.append(hash_of(ref), entry) and confirm_by_text.asked_in(entry):
            to_ask = boxes
    return event, to_ask


def _shall_mail(address: str, event: Event, topics: Sequence[str]) -> bool:
    """Whether a mail shall ask for confirmation: something is unconfirmed, and none was sent a while ago."""
    head = addresses.head(address)
    if not confirm.is_pending(head, topics):
        return False
    if confirm.may_mail(head, event.received):
        return True
    # Perhaps it was this very submission that asked, and its event was not stored then.
    earlier = addresses.entry(address, event.ref)
    return earlier is not None and confirm.is_mailed(earlier)


def read_body(request: Request) -> Typed:
    """What was typed, whichever of the three ways it was posted. Raises Refused."""
    body = request.body
    if len(body) > MAX_BATCH:
        raise Refused("body-too-large", "This is more than a form can hold.", status=413)
    kind = request.headers.get("content-type", "")
    if body.lstrip()[:1] == b"{":
        return submission.typed_json(read_object(body))
    pairs = _multipart(kind, body) if kind.lower().startswith("multipart/") else _urlencoded(body)
    typed: dict[str, list[str]] = {}
    for name, value in pairs:
        typed.setdefault(clean(name), []).append(clean(value))
    return typed


def _urlencoded(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except UnicodeDecodeError as error:
        raise Refused("invalid-utf-8", "The form is not valid UTF-8.") from error
    except ValueError as error:
        raise Refused("too-many-fields", f"A form may have {MAX_FIELDS} fields.") from error


def _multipart(kind: str, body: bytes) -> list[tuple[str, str]]:
    head = b"content-type: " + kind.encode("latin-1", "replace").replace(b"\n", b"").replace(b"\r", b"") + b"\r\n\r\n"
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    pairs: list[tuple[str, str]] = []
    for part in message.iter_parts() if message.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        if not isinstance(name, str) or part.get_filename() is not None:
            continue
        content = part.get_payload(decode=True)
        try:
            pairs.append((name, content.decode() if isinstance(content, bytes) else ""))
        except UnicodeDecodeError as error:
            raise Refused("invalid-utf-8", "The form is not valid UTF-8.") from error
    if len(pairs) > MAX_FIELDS:
        raise Refused("too-many-fields", f"A form may have {MAX_FIELDS} fields.")
    if not pairs:
        raise Refused("invalid-body", "The form can't be read.")
    return pairs


def _thanks(request: Request, id: str, live: Live, typed: Typed, event: Event | None) -> Answer:
    """What is said after sending; of `event`, the submission, with the links to what the form gives."""
    sending, form = live.release.sending, live.release.forms[id]
    passed = _passes(request, id, live, event) if event and not form.redirect else {}
    if request.wants_html:
        given = f"?{urlencode([(PASS_PARAMETER, token) for token in passed.values()])}" if passed else ""
        # Relative, so that it holds behind any domain or base path.
        return redirect(form.redirect or f"../thanks/{id}{given}", 303)
    said: dict[str, Any] = {"success": True, "thanks": render.thanks(form, catalogue.words(sending, form))}
    if form.redirect:
        said["redirect"] = form.redirect
    links = {asset: f"{settings.public_url()}/get/{token}" for asset, token in passed.items()}
    if links:
        said["assets"] = links
    if EMBEDDED in typed:
        said["html"] = render.done(form, sending, [(live.release.assets[one].title, url) for one, url in links.items()])
    return json_answer(200, said, _ANYWHERE)


def _passes(request: Request, id: str, live: Live, event: Event) -> dict[str, str]:
    """Tokens of the links to the files that a form gives, by their ids."""
    from functions.track.getting import browser_of

    keys, browser = releases.keyring().signing, browser_of(request.user_agent, event.id)
    return {
        asset: passes.sign(
            keys,
            OfForm(asset, id, event.source, event.id, browser, event.received, event.received + given.within * 1000),
        )
        for asset, given in assets.given_by(id, live.release.assets).items()
    }


def _again(request: Request, id: str, live: Live, typed: Typed, problems: list[Refused], proof: Proof | None) -> Answer:
    form = live.release.forms[id]
    showing = Showing(typed, problems, live.release.sending)
    if request.wants_html:
        return render.form(id, form, replace(showing, known=visitors.known_of(proof)))
    details = [problem.body()["error"] for problem in problems]
    said: dict[str, Any] = {"error": {**details[0], "problems": details}}
    if EMBEDDED in typed:
        said["html"] = render.fragment(id, form, showing)
    return json_answer(422, said, _ANYWHERE)
