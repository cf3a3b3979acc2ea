"""What a person may ask for: everything that is kept of them, and to be erased."""

import json

from functions import clock
from functions.console import places
from functions.console.acting import whole
from functions.console.jobs import said
from functions.console.people import of
from functions.console.routes import Asked, Shown
from functions.core.contact import Contact
from functions.core.erasure import STAGE_NAMES
from functions.core.errors import Refused
from functions.core.identity import normal_email, own_ref
from functions.core.person_name import name_of
from functions.http import Answer, answer, json_answer, redirect
from functions.people import erasing, everything, whom
from functions.people.whom import Found
from functions.tables import audit
from functions.tables.audit import Noted
from functions.work import jobs


def export(asked: Asked) -> Answer:
    """Everything that is kept of somebody, as a file."""
    contact = of(asked)
    found = everything.everything(contact.id)
    audit.note(Noted("export", own_ref(contact.id), clock.now_ms(), by=asked.who.member.email))
    text = json.dumps(found, indent=2, ensure_ascii=False, default=dict) + "\n"
    named = {"content-disposition": f'attachment; filename="person-{contact.id[:12]}.json"'}
    return answer(200, text, "application/json; charset=utf-8", named)


def ask(asked: Asked) -> Shown:
    """Ask once more before somebody is erased."""
    return _asking(of(asked))


def forget(asked: Asked) -> Answer | Shown:
    """Begin to erase somebody whose address was typed."""
    contact = of(asked)
    found = _meant(contact, whole(asked, "typed"))
    if found is None:
        if not asked.request.wants_html:
            raise Refused("not-this-person", "What was typed is not what this person is known by.", status=422)
        shown = _asking(contact)
        return Shown(shown.template, {**shown.values, "wrong": True}, 422)
    job = erasing.begin(found, clock.now_ms(), asked.who.member.email)
    if asked.request.wants_html:
        return redirect(places.path("erasures", job.id), 303)
    return json_answer(202, {"job": job.id})


def progress(asked: Asked) -> Shown:
    """How far an erasure is."""
    job = jobs.get(asked.named["job"])
    if job is None or job.kind != erasing.KIND:
        raise Refused("unknown-job", "There is no such erasure.", status=404)
    stage = int(job.start[0]) if job.start else 0
    values = said(job) | {
        "stage": len(STAGE_NAMES) if job.finished else stage,
        "stages": len(STAGE_NAMES),
        "doing": None if job.finished else STAGE_NAMES[stage],
        "erased": {what: many for what, many in sorted(job.notes.items()) if many and not what.startswith("searched")},
    }
    return Shown("job.html", values)


def _asking(contact: Contact) -> Shown:
    email = contact.profile.email
    values = {
        "contact": contact.id,
        "called": name_of(contact.profile),
        "by_address": email is not None,
        "to_type": email or contact.id,
        "wrong": False,
    }
    return Shown("forget.html", values)


def _meant(contact: Contact, written: str) -> Found | None:
    """The identity that was typed, if it is the person's: the address, where they have one."""
    email = contact.profile.email
    if not written or (email is not None and normal_email(written) != normal_email(email)):
        return None
    try:
        found = whom.find(written)
    except whom.UnknownPerson:
        return None
    return found if found.contact == contact.id else None
