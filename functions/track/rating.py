"""Answers to surveys: /rate/{token}. A link in a mail answers by being opened; on the page the answer can be changed,
and a comment be given, by buttons.

Guarantees. What a link notes is held and judged as any click is, and HEAD is a look: machines answer nothing. What a
button sends is a person's, and one showing of the page sends each answer once. The last answer by its time holds, in
whichever order they are stored.
"""

import re
from typing import Any, Final

from functions import clock, passes, releases, settings, visitors
from functions.core import submission, surveys
from functions.core.errors import Refused
from functions.core.event import EMAIL_CLICKED, EMAIL_LOOKED, SURVEY_ANSWERED, SURVEY_COMMENTED, SYSTEM, Event
from functions.core.identity import ANONYMOUS, identity_ref, own_ref
from functions.core.ids import digest
from functions.core.intake import trim_context
from functions.core.release import Release
from functions.core.submission import Typed
from functions.core.surveys import LONGEST, Survey
from functions.core.words import Words
from functions.http import Answer, Request, json_answer
from functions.observability import metric
from functions.pages import render
from functions.pages.surveys import ANSWER, COMMENT
from functions.passes import RateByMail, RateOnPage
from functions.texts import catalogue
from functions.track import forms, shown, store
from functions.track.links import about, is_stored, look, wait_a_moment

WINDOW_MS: Final = 5_000
"""Within such a time the same browser opening the same answer is one answer: clients repeat requests."""
_SHOWN: Final = re.compile(r"\d{13}", re.ASCII)


def follow(request: Request, token: str) -> Answer:
    """Note an answer or a comment, and show what stands."""
    now, live = clock.now_ms(), releases.live()
    release = live.release
    try:
        said = passes.read_rate(releases.keyring().signing, token)
        survey = _survey(said, release, now)
        typed = forms.read_body(request) if request.method == "POST" else {}
    except Refused as reason:
        metric("TokensRefused")
        if reason.code == "bad-token":
            reason = Refused(reason.code, reason.message, status=404)
        return render.refused(request, reason, release.sending)
    words = _words(request, said, survey, release)
    if request.method == "POST":
        return _posted(request, said, survey, typed, release, words, now)
    value = survey.value(said.answer) if isinstance(said, RateByMail) else None
    if value is None or not isinstance(said, RateByMail):
        # Whoever looks at a page of ours has answered nothing yet.
        return render.survey(survey, words, release.sending, shown=now, typed={})
    link = {"url": f"{settings.public_url()}/rate/{said.survey}/{said.answer}"}
    if request.method != "GET":
        look(_event(request, said, EMAIL_LOOKED, link, now))
        return render.survey(survey, words, release.sending, shown=now, typed={})
    answered, traits = surveys.said(said.survey, survey, value)
    told = [
        _event(request, said, EMAIL_CLICKED, link, now),
        _event(request, said, SURVEY_ANSWERED, answered, now, traits=traits),
    ]
    if not is_stored(told, "answer"):
        return wait_a_moment(release.sending.business.site)
    metric("SurveysAnswered")
    return render.survey(survey, words, release.sending, shown=now, typed={}, answer=said.answer)


def _back(said: RateByMail | RateOnPage, release: Release) -> str:
    """The page of ours on which it was asked, "" where it was in a mail."""
    if isinstance(said, RateByMail) or said.page not in release.pages:
        return ""
    return f"../page/{release.present_name('page', said.page)}"


def _survey(said: RateByMail | RateOnPage, release: Release, now: int) -> Survey:
    """The survey as it stands in the live release. Raises Refused where it is over."""
    survey = release.surveys.get(said.survey)
    if survey is None or (said.until and now > said.until):
        raise Refused("survey-over", "This question is closed.", status=410)
    return survey


def _words(request: Request, said: RateByMail | RateOnPage, survey: Survey, release: Release) -> Words:
    if survey.language:
        return catalogue.words_in(survey.language, release.sending)
    if said.contact:
        return shown.words_of(said.contact, release.sending)
    offered = catalogue.offered(release.sending, None)
    return catalogue.words_in(visitors.language_of(request, "", offered), release.sending)


def _posted(
    request: Request,
    said: RateByMail | RateOnPage,
    survey: Survey,
    typed: Typed,
    release: Release,
    words: Words,
    now: int,
) -> Answer:
    answer = submission.last(typed, ANSWER)
    value, comment = survey.value(answer), submission.last(typed, COMMENT).strip()[:LONGEST]
    told: list[Event] = []
    if comment and survey.comment:
        given = {} if value is None else {"answer": value}
        more = {"survey": said.survey, **given, "comment": comment}
        told = [_event(request, said, SURVEY_COMMENTED, more, now, typed=typed)]
    elif value is not None:
        answered, traits = surveys.said(said.survey, survey, value)
        told = [_event(request, said, SURVEY_ANSWERED, answered, now, traits=traits, typed=typed)]
    store.insert(told)
    if told:
        metric("SurveysAnswered")
    if not request.wants_html:
        return json_answer(200, {"success": True})
    known = answer if value is not None else ""
    commented = bool(told) and told[0].name == SURVEY_COMMENTED
    return render.survey(
        survey,
        words,
        release.sending,
        shown=now,
        typed=typed,
        answer=known,
        commented=commented,
        said=bool(told),
        back=_back(said, release),
    )


def _event(
    request: Request,
    said: RateByMail | RateOnPage,
    name: str,
    more: dict[str, Any],
    now: int,
    *,
    traits: dict[str, Any] | None = None,
    typed: Typed | None = None,
) -> Event:
    """`typed` is what a button sent; without it a link was opened."""
    by_button = typed is not None
    link = said.message if isinstance(said, RateByMail) else said.page
    if typed is not None:
        was = submission.last(typed, submission.NONCE)
        # What was shown once sends each answer once, however often it is repeated.
        stamp = min(int(was), now) if _SHOWN.fullmatch(was) else now - now % WINDOW_MS
        told = (*map(repr, more.values()),)
    else:
        stamp, told = now - now % WINDOW_MS, (*map(repr, more.values()), request.user_agent, str(request.is_ahead))
    source, proved = _who(request, said, typed or {}, stamp)
    return Event(
        source=source,
        id=digest(name, link, said.survey, "button" if by_button else "link", *told),
        stamp=stamp,
        at=now,
        received=now,
        kind=SYSTEM,
        name=name,
        properties={**({"page": said.page} if isinstance(said, RateOnPage) else about(said)), **more},
        traits=traits or {},
        context=trim_context({"userAgent": request.user_agent}, ahead=request.is_ahead),
        proved=proved and name == SURVEY_ANSWERED,
        held=not by_button and name != EMAIL_LOOKED,
    )


def _who(request: Request, said: RateByMail | RateOnPage, typed: Typed, stamp: int) -> tuple[str, bool]:
    """Whose answer it is, as a reference, and whether a signed link says so."""
    if isinstance(said, RateByMail) or said.contact:
        return own_ref(said.contact), True
    proof = visitors.proof_in(submission.last(typed, submission.PROOF))
    if proof is not None:
        return own_ref(proof.contact), True
    pepper = releases.keyring().pepper
    browser = identity_ref(ANONYMOUS, submission.last(typed, submission.ANONYMOUS_ID), pepper)
    # Whoever says nothing of themselves is somebody nonetheless.
    visitor = digest("visitor", said.survey, said.page, str(stamp), request.user_agent, pepper=pepper)
    return browser or f"{ANONYMOUS}#{visitor}", False
