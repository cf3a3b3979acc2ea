"""Form posts: POST /f/{form}, from our own page or any other, by a browser or a program."""

from email.parser import BytesParser
from email.policy import HTTP
from typing import Final
from urllib.parse import parse_qsl

from functions import clock, releases
from functions.core import submission
from functions.core.errors import Refused
from functions.core.forms import Form
from functions.core.release import Release
from functions.core.submission import Typed
from functions.core.wire import MAX_BATCH, clean, read_object
from functions.http import Answer, Request, json_answer, redirect
from functions.observability import metric
from functions.pages import render
from functions.tables import addresses
from functions.track import store

MAX_FIELDS: Final = 200


def submit(request: Request, id: str) -> Answer:
    """Keep what was typed, or say what is wrong beside the field."""
    received = clock.now_ms()
    release = releases.live().release
    form = release.forms.get(id)
    if request.method != "POST" or form is None:
        return render.refused(request, Refused("unknown-form", "There is no such form.", status=404))
    typed = read_body(request)
    if submission.is_trap_sprung(form, typed):
        metric("FormsTrapped")
        return _thanks(request, id, form)
    said, problems = submission.read(id, form, typed)
    if problems:
        metric("FormsRefused")
        return _again(request, id, release, typed, problems)
    event = submission.to_event(
        said,
        form,
        typed,
        received=received,
        pepper=releases.keyring().pepper,
        page=next(iter(typed.get(submission.PAGE, ())), "") or request.headers.get("referer", ""),
        user_agent=request.user_agent,
    )
    # Consent stands before the event can start a journey that needs it, and both bear a repetition.
    for admitted in store.admit([event]):
        if entry := submission.to_entry(said, form, admitted):
            addresses.append(*entry)
        store.insert_admitted([admitted])
    return _thanks(request, id, form)


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


def _thanks(request: Request, id: str, form: Form) -> Answer:
    if request.wants_html:
        # Relative, so that it holds behind any domain or base path.
        return redirect(form.redirect or f"../thanks/{id}", 303)
    return json_answer(200, {"success": True, "thanks": form.thanks})


def _again(request: Request, id: str, release: Release, typed: Typed, problems: list[Refused]) -> Answer:
    if request.wants_html:
        return render.form(id, release.forms[id], typed, problems, sending=release.sending)
    details = [problem.body()["error"] for problem in problems]
    return json_answer(422, {"error": {**details[0], "problems": details}})
