"""One sample of every stored shape: the object, how this version stores it, and how it reads it.

`tests/fixtures/v<n>/` holds what version n stored. `python -m tests.stored` writes the fixtures that
are missing; existing ones are never rewritten, because somewhere they are still stored.
"""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from functions import passes
from functions import releases as live_releases
from functions.aws.attributes import decode, encode
from functions.core import alarm
from functions.core.ads import Ad, Landed
from functions.core.alarm import Alarm
from functions.core.conditions import EventMatch
from functions.core.consent import Change, Entry, folded
from functions.core.contact import (
    Closed,
    ConsentFacts,
    Decision,
    Facts,
    MessageFacts,
    Moment,
    Profile,
    Rank,
    Standing,
    State,
    Touch,
)
from functions.core.counted import Counted
from functions.core.counted import Place as PlaceOfNumbers
from functions.core.counters import Counter, Kept, counter_id, kept_from
from functions.core.directory import Place as PlaceInList
from functions.core.effects import HandOff, NoteRun, ReachGoal, Record, SendMessage, StartClock, Unwatch
from functions.core.enrollment import Enrollment, Passage, Place, Turns, Waiting
from functions.core.erasure import Mark
from functions.core.event import EMAIL_CLICKED, FORM, SYSTEM, Event
from functions.core.experiments import Standing as ExperimentEpoch
from functions.core.experiments import Test
from functions.core.former import Former, former_from
from functions.core.keys import PUBLIC, SECRET, VapidKey, WriteKey
from functions.core.message import Message
from functions.core.ownership import Run
from functions.core.pauses import MARKETING, Pause, Pauses
from functions.core.policy import Recent, Sent
from functions.core.push import Subscription
from functions.core.release import Release, canonical, load
from functions.core.reputation import Counts
from functions.core.retention import Keep
from functions.core.roles import Role
from functions.core.runs import Run as CampaignRun
from functions.core.schedules import Slot
from functions.core.staff import Member, Session
from functions.core.verdicts import BY_HAND, Ruling
from functions.people import erasing
from functions.publish import keyring
from functions.send import queue
from functions.tables import (
    addresses,
    ads,
    audiences,
    audit,
    browsers,
    campaigns,
    caps,
    closed,
    contacts,
    counts,
    decisions,
    directory,
    duplicates,
    enrollments,
    events,
    experiments,
    identities,
    imports,
    leads,
    messages,
    pauses,
    proposals,
    rates,
    releases,
    reputation,
    revoked,
    rulings,
    schedules,
    sessions,
    subscriptions,
    tokens,
    tombstones,
)
from functions.tables.audiences import Piece
from functions.tables.campaigns import Plan
from functions.tables.identities import Identity
from functions.tables.imports import Imported
from functions.tokens import (
    CLICK,
    CONFIRM,
    OPEN,
    PREFER,
    UNSUBSCRIBE,
    Clicked,
    Confirming,
    Opened,
    Preferring,
    Unsubscribing,
    payload,
    read_click,
    read_confirm,
    sign,
)
from functions.work import jobs
from functions.work import queue as work_queue
from tests.generate import release

FIXTURES = Path(__file__).parent / "fixtures"
CURRENT = "v5"
NOW = 1_790_000_000_000
CONTACT = "k7kqm3k5w2yvld4c6gq7mzabcd"
RUN = "enr3k5w2yvld4c6gq7mzabcdef"
MESSAGE = "msg3k5w2yvld4c6gq7mzabcdef"
KEY = b"a signing key of the fixtures"


@dataclass(frozen=True, slots=True)
class Sample:
    """`stored` is JSON; `read` gives the object back."""

    object: Any
    stored: Any
    read: Callable[[Any], Any]


def _row(item: Mapping[str, Any]) -> Any:
    """An item as DynamoDB holds it, in JSON."""
    return json.loads(
        json.dumps(
            {key: encode(value) for key, value in item.items()}, default=lambda raw: base64.b64encode(raw).decode()
        )
    )


def _plain(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {key: decode(value) for key, value in stored.items()}


STATE = State(
    contact=CONTACT,
    version=7,
    release=3,
    spec="specspec1234",
    facts=Facts(
        counters={"abcd2345": {20_700: 2, 20_717: 1}},
        newest={"bcde3456": (Moment(NOW - 5, 7), Moment(NOW, 12))},
        tags={"welcomed": (Moment(NOW, 1), True), "çay": (Moment(NOW, 2), False)},
        messages={MESSAGE: MessageFacts(NOW - 9, None, NOW - 3)},
        consents={"tips": ConsentFacts(NOW - 8, NOW - 2)},
        first=NOW - 99,
        last=NOW,
        skew=(-7, 7_200_000),
    ),
    positions={"e#hash": (111222333444555666777, NOW)},
    fence=NOW - 50,
    standing=Standing("warm", NOW - 4, {"keen": NOW - 4}),
    due=NOW + 86_400_000,
    watching=frozenset({RUN}),
)
STANDING = replace(
    STATE,
    facts=replace(STATE.facts, earliest={"cdef4567": Moment(NOW - 9, 3)}),
    standing=Standing("warm", NOW - 4, {"keen": NOW - 4}, "A", "desire", {"attention": NOW - 9, "desire": NOW - 2}),
)
AT_LINES = replace(STATE, standing=replace(STATE.standing, journeys={"win-back": NOW - 3, "çay-saati": NOW - 1}))
PLANNED_START = schedules.Plan("harvest", Slot("20270308t0900", NOW + 86_400_000))
IN_LISTS = replace(STATE, listed="k7kqm3k5w2yv")
LEFT = replace(STATE, standing=Standing(stage="", stages={"attention": NOW - 9}))
OLD_DAYS = Closed(5, {"abcd2345": {20_300: 1, 20_400: 300, 20_700: 1}, "sums2345": {20_400: -12 * 10**20}})
SPLIT = replace(
    STATE,
    facts=replace(STATE.facts, counters={"abcd2345": {20_400: 300, 20_700: 2, 20_717: 1}}),
    closed=OLD_DAYS,
)
SHARING = replace(STATE, shared={"a#hash": 2})
PROFILE = Profile(
    CONTACT,
    4,
    {"email": (Rank(False, Moment(NOW, 3)), "İpek@çay.example"), "n": (Rank(False, Moment(NOW, 4)), 5)},
    ("a#hash", "e#hash"),
)
KNOWN = replace(PROFILE, traits={"city": (Rank(True, Moment(NOW, 3)), "Łódź")})
TOUCHED = Profile(
    CONTACT,
    4,
    {"email": (Rank(False, Moment(NOW, 3)), "İpek@çay.example")},
    ("a#hash", "e#hash"),
    Touch(Moment(NOW - 9, 5), {"source": "ад", "gclid": "Cj0", "landing": "https://çay.example/"}),
)
LAST_TOUCHED = replace(STATE, last_touch=Touch(Moment(NOW - 2, 6), {"referrer": "search.example", "source": "ад"}))
EVENT = Event(
    source="e#hash",
    id="form-1",
    stamp=NOW - 5,
    at=NOW - 3,
    received=NOW,
    kind=FORM,
    name="Form Submitted",
    properties={"form": "hello", "consents": ["tips"]},
    traits={"email": "İpek@çay.example", "city": "Łódź"},
    context={"locale": "tr-TR", "campaign": {"source": "ад"}},
    identities=("a#hash",),
    cause="import",
)
VOUCHED = replace(EVENT, proved=True, held=True, cause="live")
SHARED = Identity(
    "a#hash",
    CONTACT,
    runs=(Run(Moment(NOW - 9, 3), "other3k5w2yvld4c6gq7mzabcd"), Run(Moment(NOW, 5), CONTACT)),
    version=2,
)
PAIR = duplicates.Pair(duplicates.PLUS_TAG, "e#hash", "e#hush", NOW, "e#hash#1790000000000#form-1")
RUNNING = Enrollment(
    id=RUN,
    contact=CONTACT,
    journey="welcome",
    release="0123456789abcdef0123456789abcdef",
    cause="e#hash#1790000000000#form-1",
    entered=NOW - 3,
    version=5,
    turn=2,
    waiting=Waiting("clicked", NOW, NOW + 9_000, NOW + 8_000),
    clock=1,
    messages={"hello": MESSAGE},
    path=(Passage("hello", NOW, "sent"),),
    declined=("other3k5w2yvld4c6gq7mzabcd",),
    todo=(
        SendMessage(MESSAGE, "hello", "welcome", "tips", NOW),
        Record("tagevent", "mark", "Tag Added", NOW, {"tag": "welcomed"}),
        StartClock(1),
        ReachGoal("goalid", NOW),
        Unwatch(),
    ),
)
SIDE_BY_SIDE = replace(
    RUNNING,
    key="3k5w2yvld4c6g",
    turns={"weekly": Turns(7, 2, NOW - 2)},
    place=Place("weekly", past=True),
    corrected="c3k5w2yvld4c6gq7mzabcdefgh",
    todo=(
        SendMessage("notice", "tell", "tell", "tips", NOW, "staff"),
        Record("traits", "know", "Traits Changed", NOW, traits={"plan": "gold", "trial": None, "İl": "Łódź 茶"}),
        HandOff("lead", "sales", "shop", "Wants 40 kg of tea", NOW),
    ),
)
NOTED_RUN = replace(RUNNING, begun=NOW - 1, todo=(NoteRun("entered"), NoteRun("ended")))
LETTER = Message(
    id=MESSAGE,
    contact=CONTACT,
    journey="welcome",
    step="hello",
    template="welcome",
    topic="tips",
    release="0123456789abcdef0123456789abcdef",
    created=NOW,
    enrollment=RUN,
    since=NOW - 3,
    state="bounced",
    attempts=1,
    reason="permanent",
    detail="smtp; 550",
    provider_id="ses-1",
    address="hash",
    times={"intended": NOW, "sending": NOW + 1, "bounced": NOW + 9},
    due=NOW + 5,
    version=3,
)
WARMING = replace(LETTER, state="intended", reason="warm-up", due=NOW + 9, warm_up_day="2026-12-05")
FORMER = Former("campaign", "winter", "winter-sale", "Kış 😀", "0f9d", NOW)
KEPT_LETTER = replace(LETTER, kept_until=NOW // 1000 + 86_400)
LINKED = replace(LETTER, links=2)
AT_PROVIDER = replace(LETTER, mailbox="gmail.com")
CONSENT = Entry(
    "e#hash#1790000000000#form-1",
    NOW - 3,
    NOW,
    "form:hello",
    (
        Change("grant", "tips", "Evet, çay ipuçları gönderin"),
        Change("withdrawal", "*"),
        Change("suppression", "bounce"),
    ),
)
ASKED = Entry(
    "e#hash#1790000000000#form-2",
    NOW,
    NOW,
    "form:wholesale",
    (Change("request", "offers", "Evet, fiyat listesi gönderin"), Change("request", "@mail")),
    language="tr",
    release="0123456789abcdef0123456789abcdef",
    page="https://çay.example/toptan",
)
ASKING = replace(
    LETTER, journey="confirm--wholesale", step="ask", topic="confirm--wholesale", cause="e#hash#1790000000000#form-2"
)
WITH_FORMS = Release.model_validate(
    {
        "sending": {
            "business": {"name": "Çay", "language": "tr", "country": "TR"},
            "from": {"name": "Çay", "email": "hello@tea.example"},
            "topics": [{"id": "offers", "title": "Fiyatlar"}],
            "words": {"send": "Yolla"},
        },
        "forms": {
            "wholesale": {
                "title": "Toptan",
                "fields": [
                    {"name": "email", "label": "E-posta", "type": "email", "required": True},
                    {"name": "house", "label": "Ne?", "type": "radio", "options": ["a", {"value": "b", "label": "B!"}]},
                    {
                        "name": "rooms",
                        "label": "Kaç?",
                        "type": "number",
                        "min": 1,
                        "show_when": {"field": "house", "is": "b"},
                    },
                    {"name": "source", "type": "hidden", "prefill": True},
                ],
                "consents": [{"topic": "offers", "label": "Evet"}],
                "double_opt_in": {"within": "2 days"},
                "protect": {"minimum_time": "2 seconds", "disposable": "flag"},
            }
        },
    }
)
WITH_FUNNEL = Release.model_validate(
    {
        "sending": {
            "business": {"name": "Çay", "language": "tr", "country": "TR"},
            "from": {"name": "Çay", "email": "hello@tea.example"},
            "topics": [{"id": "offers", "title": "Fiyatlar"}],
        },
        "scoring": {
            "scores": {
                "wholesale": {
                    "rules": [
                        {"id": "asked", "when": {"event": "Form Submitted", "form": "a"}, "points": 40, "once": True},
                        {
                            "id": "prices",
                            "when": {"event": "Page Viewed", "where": {"path": "/çay"}},
                            "points": 5,
                            "at_most_per_week": 2,
                            "at_most_per_month": 4,
                        },
                    ]
                }
            },
            "grade": {
                "rules": [{"id": "shop", "when": {"trait": "house", "is": "dükkân"}, "points": 30}],
                "a": 60,
                "b": 30,
                "c": 10,
            },
            "tags": [
                {"id": "topic", "when": {"event": "Page Viewed"}, "from": "topic"},
                {"id": "reader", "when": {"event": "E-Book Downloaded"}, "tag": "okur"},
            ],
        },
        "funnel": {
            "title": "Huni",
            "forward_only": True,
            "stages": [
                {"id": "desire", "title": "İstek", "when": {"score": "wholesale", "at_least": 20}, "owner": "satış"},
                {"id": "action", "when": {"event": "Order Completed"}, "target": {"within": "30 days", "go_on": 20}},
            ],
        },
    }
)

FILE_OF_FORM = passes.OfForm("book", "book", "e#hash", "s3k5w2yvld4c6gq7mzabcd", "b1", NOW, NOW + 9_000)
FILE_OF_MAIL = passes.OfMail("book", CONTACT, MESSAGE, NOW, "asset--book/give", "book", "hash", NOW + 9_000)
ANSWER_BY_MAIL = passes.RateByMail("taste", "4", CONTACT, MESSAGE, NOW, "welcome/hello", "welcome", NOW + 9_000)
SIGNED_IN = Session(Member("7c1f", "ada@example.com", frozenset({Role.OWNER, Role.SALES})), NOW, NOW + 5)
SURVEY_OF_ONE = passes.RateOnPage("taste", "your-shelf", CONTACT, NOW + 9_000)
PAGE_OF = passes.PageOf("your-shelf", CONTACT, "hash", NOW, NOW + 9_000, MESSAGE, "welcome/offer", "first-offer")
PAGE_BY_HAND = passes.PageOf("your-shelf", CONTACT, "hash", NOW, NOW + 9_000)
SURVEY_ON_PAGE = passes.RateOnPage("taste", "çay")
LANDED = Landed(Ad("google", "cpc", "İlk sürgün", "çay", "mavi"), "spring", "", date(2026, 9, 21))
LANDED_ELSEWHERE = Landed(Ad(click="gclid"), "", "tea.example/çay", date(2026, 9, 21))
TRIED = Test("spring", ("as-written", "loud"), ("headline",))
EPOCH = ExperimentEpoch(3, {"as-written": 0.25, "loud": 0.75}, NOW)
COUNTED_EPOCH = replace(EPOCH, counts={"as-written": (240, 12), "loud": (255, 31)}, best="loud")
WITH_PAGES = Release.model_validate(
    {
        "sending": {
            "business": {"name": "Çay", "address": "1 Kettle Lane", "site": "https://tea.example"},
            "from": {"name": "Tea", "email": "hello@tea.example"},
            "topics": [{"id": "tips", "title": "Tips"}],
        },
        "forms": {"hello": {"title": "Hello", "fields": [{"name": "email", "label": "E-mail", "type": "email"}]}},
        "pages": {
            "spring": {
                "title": "Spring",
                "blocks": [
                    {
                        "hero": {"headline": "For you", "button": {"text": "Pour", "to": "form"}},
                        "came_with": {"utm_campaign": ["spring", "may"]},
                        "otherwise": [{"hero": {"headline": "Tea", "variants": {"headline": {"loud": "TEA"}}}}],
                    },
                    {"text": "Only for **Ankara**.", "when": {"trait": "city", "is": "Ankara"}},
                    {"faq": [{"question": "Why?", "answer": "See [this](https://tea.example)."}]},
                    {"form": "hello"},
                ],
            }
        },
        "popups": {
            "letter": {
                "title": "Çay?",
                "form": "hello",
                "style": "slide-in",
                "on": ["/", "/*"],
                "except": ["/wholesale"],
                "trigger": "leaving",
                "at_most": "once per 7 days",
                "not_after": ["submitted", "dismissed"],
                "when": {"not": {"consent": "tips"}},
            }
        },
    }
)
WITH_FILES = Release.model_validate(
    {
        "sending": {
            "business": {"name": "Tea"},
            "from": {"name": "Tea", "email": "hello@tea.example"},
            "topics": [{"id": "tips", "title": "Tips"}],
        },
        "assets": {
            "book": {
                "title": "Çay",
                "topic": "Brewing",
                "file": "Çay.pdf",
                "form": "book",
                "email": "book",
                "within": "14 days",
                "content": "ab" * 32,
                "size": 2350,
                "type": "application/pdf",
            }
        },
        "surveys": {
            "taste": {"question": "?", "scale": "0-10", "ends": {"lowest": "No"}, "trait": "taste", "comment": "Why?"},
            "tea": {"question": "?", "answers": ["Black", {"value": "none", "label": "Coffee"}], "was": ["drink"]},
        },
    }
)
WITH_LANGUAGES = Release.model_validate(
    {
        "sending": {
            "business": {"name": "Tea"},
            "from": {"name": "Tea", "email": "hello@tea.example"},
            "topics": [{"id": "tips", "title": "Tips"}],
            "brand": {"primary": "#3b2414"},
        },
        "products": [{"id": "sencha", "title": "Sencha", "price": {"EUR": "12.50"}, "tags": ["green"]}],
        "emails": {
            "welcome": {
                "subject": "Hi",
                "html": "<p>Hi</p>",
                "text": "Hi",
                "language": "en",
                "languages": {"tr": {"subject": "Hoş geldin", "html": "x", "text": "x", "defaults": {"name": "dost"}}},
                "variables": {"name": {"default": "friend"}, "order.id": {"required": True}},
                "blocks": {"green": {"when": {"trait": "favourite", "is": "Green"}}},
            }
        },
    }
)
PARKED = tokens.Parked("AQB8…token", Alarm(CONTACT, RUN, "welcome", 2, 0, NOW, 4, 1))
KEYED_PARKED = tokens.Parked(PARKED.token, replace(PARKED.alarm, key="3k5w2yvld4c6g"))
JOB = jobs.Job("j1", "refold", NOW, ("C#x", "S"), 500, 2, {"changed": 1}, None)
PLANNED = Plan("harvest", "r" * 32, "20261201t0900", NOW + 9_000, NOW + 8_000, NOW)
PLAIN_PLAN = Plan("harvest", "r" * 32)
PIECE = Piece({NOW: [CONTACT], NOW + 9_000: ["b" * 26]}, {"people": 2, "allow": 1, "defer paused": 1}, ("3", CONTACT))
COUNTING = CampaignRun("harvest", "20261201t0900", "r" * 32, NOW, NOW, "samovar", due=NOW + 9)
SENDING = replace(
    COUNTING,
    state="sending",
    held_until=NOW + 5,
    counts={"people": 2, "allow": 2},
    parts={str(NOW): 2},
    chunks=1,
    seconds=7,
    sending=NOW + 5,
    version=3,
)
OVER = replace(SENDING, state="expired", intended=1, missed=1, ended=NOW + 9, why="ş", due=None)
WITH_CAMPAIGNS = Release.model_validate(
    {
        "sending": {
            "business": {"name": "Çay", "time_zone": "Europe/Istanbul"},
            "from": {"name": "Çay", "email": "hello@tea.example"},
            "topics": [{"id": "offers", "title": "Fiyatlar"}],
        },
        "segments": {"keen": {"when": {"consent": "offers"}}},
        "campaigns": {
            "asked": {"topic": "offers", "send": "harvest", "to": "keen"},
            "once": {
                "title": "Hasat geldi ☕",
                "topic": "offers",
                "send": "harvest",
                "to": "keen",
                "except": ["keen"],
                "when": {"on": "2026-12-01", "at": "09:00", "in": "contact's time zone"},
                "hold": "none",
                "rate": "600 a minute",
                "expires": "1 day",
            },
            "monthly": {
                "topic": "offers",
                "send": "harvest",
                "to": "keen",
                "when": {"every": "month", "day": 31, "at": "17:30"},
                "rate": "30 an hour",
            },
        },
    }
)
LANE = jobs.Job("backfill-7-1", "backfill", NOW, None, 500, 2, {"contacts": 9}, None, {}, 1, 2, 7, 1, stopped=NOW + 9)
MANY = [(CONTACT, MESSAGE), (CONTACT, MESSAGE[::-1])]
NEXT, SLICE = work_queue.NextSlice("j1"), work_queue.NextSlice("j1", 3)
COUNTED = work_queue.Recount(CONTACT, "time")
ERASING = jobs.Job("j1", "forget", NOW, ("2", ""), 7, 3, {"events": 7}, None, erasing.about(CONTACT, "e#hash"))
CLOSED, BACK = Mark(NOW), Mark(NOW, CONTACT, NOW + 9)
STUB = {"pk": f"C#{CONTACT}", "sk": "S", "v": contacts.VERSION, "n": 8, "into": ""}
NOTED = audit.Noted("forget", "e#hash", NOW, "j1")
LISTED = audit.Noted("import", "", NOW, "k7kqm3k5w2yv", "ada", 1200)
BROUGHT = Imported(
    "k7kqm3k5w2yv", NOW, "müşteriler.csv", "hash", "ada", 1200, "running", "people", 400, {"imported": 390}, 2048
)
TAKEN_BACK = replace(BROUGHT, state="undone", ended=NOW + 5)
HELD = Event(
    source=f"c#{CONTACT}",
    id="click3k5w2yvld4c6gq7mzabcd",
    stamp=NOW - 4_000,
    at=NOW,
    received=NOW,
    kind=SYSTEM,
    name=EMAIL_CLICKED,
    properties={"message": MESSAGE, "sent": NOW - 9, "url": "https://çay.example/?q=1"},
    context={"userAgent": "Mozilla/5.0 (X11; Linux x86_64)", "automation": "prefetch"},
    held=True,
)
RULING = Ruling(HELD.source, HELD.sort_key, NOW + 9, "person", BY_HAND, "Ada rief an: это я 🫖")
JUDGED = work_queue.Asked(CONTACT, MESSAGE, NOW)
ENTERED = Decision("dec2", "stage", "stage", NOW, "time", "", "desire")
WENT_ON = Decision("dec4", "stage", "stage", NOW, "time", "desire", "action", NOW - 86_400_000)
GRADED = Decision("dec3", "grade", "grade", NOW, "e#hash#1790000000000#form-1", "D", "A")
DECISION = Decision("dec1", "temperature", "temperature", NOW, "e#hash#1790000000000#form-1", "cold", "warm")
CLICKED = Clicked(CONTACT, MESSAGE, NOW, "welcome/hello", "welcome", "https://çay.example/?q=1")
OPENED = Opened(CONTACT, MESSAGE, NOW, "welcome/hello", "welcome")
LEAVING = Unsubscribing(CONTACT, MESSAGE, NOW, "tips", "hash")
WITH_HOURS = Release.model_validate(
    {
        "sending": {
            "business": {"name": "Çay"},
            "from": {"name": "Çay", "email": "hello@tea.example"},
            "topics": [{"id": "tips", "title": "İpuçları"}, {"id": "orders", "title": "Orders", "transactional": True}],
            "caps": [
                {"at_most": 4, "within": "1 week"},
                {"channel": "email", "topics": ["tips"], "at_most": 1, "within": "1 day", "then": "wait"},
                {"transactional": True, "at_most": 9, "within": "1 day"},
            ],
            "hours": [
                {"quiet": {"from": "21:00", "to": "09:00"}, "transactional": True},
                {"channel": "email", "only": {"on": ["monday", "friday"], "between": ["09:00", "18:00"]}},
            ],
        }
    }
)
PREFERRING = Preferring(CONTACT, MESSAGE, NOW, "hash")
COUNTED_SENDS = Recent(4, {MESSAGE: Sent(NOW, "email", "tips"), "other": Sent(NOW - 9, "sms", "offers")})
OF_A_JOURNEY = replace(COUNTED_SENDS, sends={**COUNTED_SENDS.sends, "mine": Sent(NOW, "email", "tips", "welcome")})
PUT = replace(STATE, facts=replace(STATE.facts, stage_set=(Moment(NOW - 2, 5), "desire")))
TALLIED = Counted(
    4,
    {PlaceOfNumbers("journey/welcome", "2026-12-05", "hello", "sent"): 1},
    {PlaceOfNumbers("journey/welcome", "0", "hello", "here"): 1},
)
LEAD = leads.Lead("lead3k5w2yvld4c6gq7mzabcde", CONTACT, "shop", "Teklif istedi ☕", "welcome", "hand", RUN, NOW)
LIFTED = Entry("by-hand-1", NOW + 9, NOW + 9, "console", (Change("lift", "by-hand"),))
WISHES = Entry(
    "c#k7k#1790000000000#prefer",
    NOW + 5,
    NOW + 5,
    "preference-page",
    (
        Change("grant", "tips", "Çay ipuçları, e-posta ile 🫖"),
        Change("withdrawal", "offers"),
        Change("pause", str(NOW + 2_592_000_000)),
        Change("frequency", "weekly"),
    ),
    language="tr",
    release="0123456789abcdef0123456789abcdef",
    page="preferences",
)
CONFIRMING = Confirming(CONTACT, MESSAGE, NOW, "wholesale", "hash", "e#hash#1790000000000#form-2", NOW + 9)
CLOCK = Alarm(CONTACT, RUN, "welcome", 2, 259_200, NOW, 0, 1)


KEYED_CLOCK = replace(CLOCK, key="3k5w2yvld4c6g")
BROWSER = WriteKey("first", PUBLIC, "wk_browser", at=NOW)
SHOP = WriteKey("shop", PUBLIC, "wk_shop", ("https://xn--ay-3ia.example", "https://*.tea.example"), 600, NOW)
SERVER = WriteKey("server", SECRET, "k7kqm3k5w2yvld4c6gq7mzabcd", at=NOW)
KEYS = live_releases.Keyring(b"pepper", (b"new", b"old"), (BROWSER,))
MORE_KEYS = live_releases.Keyring(b"pepper", (b"new",), (SHOP, SERVER))
CHANNEL_KEYS = replace(
    KEYS,
    vapid=(VapidKey("BCVxsr7N", b"-----BEGIN PRIVATE KEY-----\n", NOW),),
    webhooks={"crm": ("whsec_bmV3", "whsec_b2xk"), "default": ("whsec_b25l",)},
)
SUBSCRIPTION = Subscription("https://push.example/send/abc", "BCVxsr7N", "BTBZ", "a#hash", CONTACT, NOW)
CLICKED_PUSH = replace(CLICKED, template="kettle", channel="push")
WITH_CHANNELS = Release.model_validate(
    {
        **json.loads(canonical(release())),
        "templates": {
            "sms": {"reminder": {"text": {"en": "Tea. STOP to end", "tr": "Çay. DUR"}, "plain": True, "at_most": 1}},
            "push": {"kettle": {"title": "Kettle ☕", "body": {"ru": "Привет"}, "urgency": "low"}},
            "webhook": {"crm": {"url": "https://crm.example/x", "secret": "crm", "payload": {"n": 3, "ad": "İ"}}},
        },
    }
)
SCRIPT = '{"consent":"required"}'
KEEPING_KEYS = replace(KEYS, keep=Keep(86_400, 172_800))
PROPOSED = proposals.Proposal("0123456789abcdef0123456789abcdef", "ada", NOW, "arn:aws:iam::1:user/ada", "fedc", "tea")
MOVE = releases.Entry(3, "0123456789abcdef0123456789abcdef", NOW, "ada", None, "first flush")
_MATCH = EventMatch(event="Page Viewed", where={"path": "/çay"})
KEPT = Kept(Counter(counter_id(_MATCH), _MATCH, 300, 2), NOW)
_COMPARED = EventMatch.model_validate({"event": "Order Completed", "where": {"cart.size": {"at_least": 2}}})
KEPT_SUM = Kept(Counter(counter_id(_COMPARED, "toplam"), _COMPARED, 30, 0, True, "toplam"), NOW)


SENT = Counts(sent=200, delivered=186, bounced=9, soft=3, complained=1, rejected=1, delayed=4, excused_bounced=2)
PAUSES = Pauses(
    version=4,
    held={
        MARKETING: Pause(NOW, "12 of 200 mails bounced for good", "samovar"),
        "campaign--spring/2026-12-01": Pause(NOW + 1, "the price was wrong · yanlış fiyat", "ada", NOW + 3_600_000),
    },
    cancelled=frozenset({"campaign--winter/2026-11-01"}),
    resumed=NOW - 5,
    excused={"2026-09-21": SENT},
    told=NOW,
)
STOPPED = audit.Noted("pause", MARKETING, NOW, by="ada", why="the price was wrong")


def _state_row(state: State = STATE) -> dict[str, Any]:
    return contacts.state_row(state, [DECISION]) | {"w": set(state.watching), "n": state.version}


def _read_token(kind: str) -> Callable[[Any], Any]:
    from functions import tokens as links

    readers: dict[str, Callable[..., Any]] = {
        OPEN: links.read_open,
        CLICK: read_click,
        UNSUBSCRIBE: links.read_unsubscribe,
        PREFER: links.read_preferring,
    }
    return lambda text: readers[kind]([KEY], text)


def samples() -> dict[str, Sample]:
    """Every stored shape by name."""
    row_of_release = canonical(release()).decode()
    return {
        "ad": Sample(LANDED, _row(ads.to_row(LANDED)), lambda row: ads.from_row(_plain(row))),
        "ad-that-leads-elsewhere": Sample(
            LANDED_ELSEWHERE, _row(ads.to_row(LANDED_ELSEWHERE)), lambda row: ads.from_row(_plain(row))
        ),
        "event": Sample(EVENT, _row(events.to_row(EVENT)), lambda row: events.from_row(_plain(row))),
        "event-held": Sample(HELD, _row(events.to_row(HELD)), lambda row: events.from_row(_plain(row))),
        "ruling": Sample(RULING, _row(rulings.to_row(RULING)), lambda row: rulings.from_row(_plain(row))),
        "state": Sample(STATE, _row(_state_row()), lambda row: contacts.state_from(_plain(row))),
        "closed-days": Sample(
            OLD_DAYS,
            _row(closed.to_row(contacts.partition(CONTACT), OLD_DAYS)),
            lambda row: closed.from_row(_plain(row)),
        ),
        "state-with-closed-days": Sample(
            SPLIT,
            _row(_state_row(SPLIT)),
            lambda row: contacts.state_from(_plain(row), closed.to_row(contacts.partition(CONTACT), OLD_DAYS)),
        ),
        "outbox": Sample([DECISION], _row(_state_row()), lambda row: contacts.decisions_of(_plain(row))),
        "profile": Sample(
            PROFILE, _row(contacts.profile_row(PROFILE, 4)), lambda row: contacts.profile_from(_plain(row))
        ),
        "profile-touched": Sample(
            TOUCHED, _row(contacts.profile_row(TOUCHED, 4)), lambda row: contacts.profile_from(_plain(row))
        ),
        "state-touched": Sample(
            LAST_TOUCHED, _row(_state_row(LAST_TOUCHED)), lambda row: contacts.state_from(_plain(row))
        ),
        "decision": Sample(
            DECISION, _row(decisions.to_row(CONTACT, DECISION)), lambda row: contacts.decision_from(_plain(row))
        ),
        "state-standing": Sample(STANDING, _row(_state_row(STANDING)), lambda row: contacts.state_from(_plain(row))),
        "state-at-the-lines-of-journeys": Sample(
            AT_LINES, _row(_state_row(AT_LINES)), lambda row: contacts.state_from(_plain(row))
        ),
        "journey-plan": Sample(
            PLANNED_START,
            _row(schedules.plan_row(PLANNED_START)),
            lambda row: schedules.plan_from(_plain(row)),
        ),
        "state-in-lists": Sample(IN_LISTS, _row(_state_row(IN_LISTS)), lambda row: contacts.state_from(_plain(row))),
        "place-in-a-list": Sample(
            directory.Listed(f"79283#{CONTACT}", "Y#b#hot#3", 7),
            _row(directory.to_row(PlaceInList("Y#b#hot#3", f"79283#{CONTACT}"), 7)),
            lambda row: directory.from_row(_plain(row)),
        ),
        "state-after-the-funnel": Sample(LEFT, _row(_state_row(LEFT)), lambda row: contacts.state_from(_plain(row))),
        "decision-stage-left": Sample(
            WENT_ON, _row(decisions.to_row(CONTACT, WENT_ON)), lambda row: contacts.decision_from(_plain(row))
        ),
        "decision-stage": Sample(
            ENTERED, _row(decisions.to_row(CONTACT, ENTERED)), lambda row: contacts.decision_from(_plain(row))
        ),
        "outbox-standing": Sample(
            [GRADED, ENTERED],
            _row(contacts.state_row(STANDING, [GRADED, ENTERED])),
            lambda row: contacts.decisions_of(_plain(row)),
        ),
        "enrollment-side-by-side": Sample(
            SIDE_BY_SIDE, _row(enrollments.to_row(SIDE_BY_SIDE, NOW)), lambda row: enrollments.from_row(_plain(row))
        ),
        "enrollment-noted": Sample(
            NOTED_RUN, _row(enrollments.to_row(NOTED_RUN, NOW)), lambda row: enrollments.from_row(_plain(row))
        ),
        "enrollment": Sample(
            RUNNING, _row(enrollments.to_row(RUNNING, NOW)), lambda row: enrollments.from_row(_plain(row))
        ),
        "message": Sample(LETTER, _row(messages.to_item(LETTER)), lambda row: messages.from_item(_plain(row))),
        "message-at-a-provider": Sample(
            AT_PROVIDER, _row(messages.to_item(AT_PROVIDER)), lambda row: messages.from_item(_plain(row))
        ),
        "message-with-links": Sample(
            LINKED, _row(messages.to_item(LINKED)), lambda row: messages.from_item(_plain(row))
        ),
        "consent-entry": Sample(
            CONSENT, _row(addresses.entry_item("hash", CONSENT)), lambda row: addresses.entry_from(_plain(row))
        ),
        "message-that-asks": Sample(
            ASKING, _row(messages.to_item(ASKING)), lambda row: messages.from_item(_plain(row))
        ),
        "consent-asked": Sample(
            ASKED, _row(addresses.entry_item("hash", ASKED)), lambda row: addresses.entry_from(_plain(row))
        ),
        "consent-head-asked": Sample(
            folded([CONSENT, ASKED]),
            _row(addresses.head_item("hash", folded([CONSENT, ASKED]))),
            lambda row: addresses.head_from(_plain(row)),
        ),
        "consent-head": Sample(
            folded([CONSENT]),
            _row(addresses.head_item("hash", folded([CONSENT]))),
            lambda row: addresses.head_from(_plain(row)),
        ),
        "caps": Sample(
            Recent(3, {MESSAGE: Sent(NOW)}),
            _row(caps.to_item(CONTACT, Recent(3, {MESSAGE: Sent(NOW)}))),
            lambda row: caps.from_item(_plain(row)),
        ),
        "caps-of-channels": Sample(
            COUNTED_SENDS, _row(caps.to_item(CONTACT, COUNTED_SENDS)), lambda row: caps.from_item(_plain(row))
        ),
        "caps-of-a-journey": Sample(
            OF_A_JOURNEY, _row(caps.to_item(CONTACT, OF_A_JOURNEY)), lambda row: caps.from_item(_plain(row))
        ),
        "state-put-at-a-stage": Sample(PUT, _row(_state_row(PUT)), lambda row: contacts.state_from(_plain(row))),
        "counted-unit": Sample(
            TALLIED,
            _row(counts.to_row("unit3k5w2yvld4c6gq7mzabcde", TALLIED, 3, NOW)),
            lambda row: counts.from_row(_plain(row)),
        ),
        "lead": Sample(LEAD, _row(leads.to_row(LEAD)), lambda row: leads.from_row(_plain(row))),
        "consent-entry-wishes": Sample(
            WISHES, _row(addresses.entry_item("hash", WISHES)), lambda row: addresses.entry_from(_plain(row))
        ),
        "consent-head-wishes": Sample(
            folded([CONSENT, WISHES]),
            _row(addresses.head_item("hash", folded([CONSENT, WISHES]))),
            lambda row: addresses.head_from(_plain(row)),
        ),
        "consent-entry-lifted": Sample(
            LIFTED, _row(addresses.entry_item("hash", LIFTED)), lambda row: addresses.entry_from(_plain(row))
        ),
        "consent-head-lifted": Sample(
            folded([CONSENT, LIFTED]),
            _row(addresses.head_item("hash", folded([CONSENT, LIFTED]))),
            lambda row: addresses.head_from(_plain(row)),
        ),
        "epoch-of-a-test": Sample(
            EPOCH,
            _row(experiments.to_row(TRIED, EPOCH)),
            lambda row: experiments.from_row(_plain(row)),
        ),
        "counted-epoch-of-a-test": Sample(
            COUNTED_EPOCH,
            _row(experiments.to_row(TRIED, COUNTED_EPOCH)),
            lambda row: experiments.from_row(_plain(row)),
        ),
        "release-with-pages-and-popups": Sample(
            WITH_PAGES, canonical(WITH_PAGES).decode(), lambda text: load(text.encode())
        ),
        "session-of-the-staff": Sample(
            SIGNED_IN,
            _row(sessions.to_row("secret3k5w2yvld4c6gq7mzabcd", SIGNED_IN)),
            lambda row: sessions.from_row(_plain(row)),
        ),
        "revoked-links": Sample(
            {"your-shelf": NOW, "*": NOW + 1},
            _row(revoked.to_row("hash", {"your-shelf": NOW, "*": NOW + 1})),
            lambda row: revoked.from_row(_plain(row)),
        ),
        "browsers-of-a-link": Sample(
            ["b1", "b2"],
            _row(browsers.to_row("link3k5w2yvld4c6gq7mzabcd", ["b1", "b2"], NOW // 1000)),
            lambda row: browsers.from_row(_plain(row)),
        ),
        **{
            f"link-{name}": Sample(said, sign([KEY], said), partial(read, [KEY]))
            for name, said, sign, read in (
                ("file-of-a-form", FILE_OF_FORM, passes.sign, passes.read),
                ("file-of-a-mail", FILE_OF_MAIL, passes.sign, passes.read),
                ("answer-by-mail", ANSWER_BY_MAIL, passes.sign_rate, passes.read_rate),
                ("survey-on-a-page", SURVEY_ON_PAGE, passes.sign_rate, passes.read_rate),
                ("survey-on-a-personal-page", SURVEY_OF_ONE, passes.sign_rate, passes.read_rate),
                ("personal-page", PAGE_OF, passes.sign_page, passes.read_page),
                ("personal-page-by-hand", PAGE_BY_HAND, passes.sign_page, passes.read_page),
            )
        },
        "release-with-files-and-surveys": Sample(
            WITH_FILES, canonical(WITH_FILES).decode(), lambda text: load(text.encode())
        ),
        "token": Sample(PARKED, _row(tokens.to_row(PARKED)), lambda row: tokens.from_row(_plain(row))),
        "token-of-a-key": Sample(
            KEYED_PARKED, _row(tokens.to_row(KEYED_PARKED)), lambda row: tokens.from_row(_plain(row))
        ),
        "identity": Sample(
            Identity("e#hash", CONTACT),
            _row(identities.to_row(Identity("e#hash", CONTACT))),
            lambda row: identities.from_row(_plain(row)),
        ),
        "shared-browser": Sample(SHARED, _row(identities.to_row(SHARED)), lambda row: identities.from_row(_plain(row))),
        "duplicate": Sample(PAIR, _row(duplicates.to_row(PAIR)), lambda row: duplicates.from_row(_plain(row))),
        "event-vouched-for": Sample(VOUCHED, _row(events.to_row(VOUCHED)), lambda row: events.from_row(_plain(row))),
        "profile-vouched-for": Sample(
            KNOWN, _row(contacts.profile_row(KNOWN, 4)), lambda row: contacts.profile_from(_plain(row))
        ),
        "state-of-a-shared-browser": Sample(
            replace(STATE, shared={"a#hash": 2}),
            _row(
                contacts.state_row(replace(STATE, shared={"a#hash": 2}), [DECISION])
                | {"w": set(STATE.watching), "n": 7}
            ),
            lambda row: contacts.state_from(_plain(row)),
        ),
        "keyring": Sample(KEYS, _row(keyring.to_row(KEYS, NOW)), lambda row: live_releases.keyring_from(_plain(row))),
        "keyring-with-channels": Sample(
            CHANNEL_KEYS,
            _row(keyring.to_row(CHANNEL_KEYS, NOW)),
            lambda row: live_releases.keyring_from(_plain(row)),
        ),
        "subscription": Sample(
            SUBSCRIPTION,
            _row(subscriptions.to_item("hash", SUBSCRIPTION)),
            lambda row: subscriptions.from_item(_plain(row)),
        ),
        "link-click-in-a-notification": Sample(
            CLICKED_PUSH, sign([KEY], CLICK, payload(CLICKED_PUSH)), _read_token(CLICK)
        ),
        "release-with-channels": Sample(
            WITH_CHANNELS, canonical(WITH_CHANNELS).decode(), lambda text: load(text.encode())
        ),
        "write-keys": Sample(
            MORE_KEYS, _row(keyring.to_row(MORE_KEYS, NOW)), lambda row: live_releases.keyring_from(_plain(row))
        ),
        "pauses": Sample(PAUSES, _row(pauses.to_item(PAUSES)), lambda row: pauses.from_item(_plain(row))),
        "sent-of-a-day": Sample(
            SENT,
            _row(reputation.to_item("2026-09-21", "mail.example", SENT)),
            lambda row: reputation.from_item(_plain(row)),
        ),
        "audit-of-a-pause": Sample(STOPPED, _row(audit.to_row(STOPPED)), lambda row: audit.from_row(_plain(row))),
        "rate": Sample(
            {"m": NOW // 60_000, "n": 1200},
            _row(rates.to_row("shop", NOW // 60_000, 1200)),
            lambda row: {name: _plain(row)[name] for name in ("m", "n")},
        ),
        "release-pointer": Sample(
            live_releases.Live(MOVE.seq, MOVE.release),
            _row(releases.to_rows(MOVE)[1]),
            lambda row: live_releases.live_from(_plain(row)),
        ),
        "release-pointer-script": Sample(
            live_releases.Live(MOVE.seq, MOVE.release, SCRIPT),
            _row(releases.to_rows(MOVE, SCRIPT)[1]),
            lambda row: live_releases.live_from(_plain(row)),
        ),
        "proposal": Sample(PROPOSED, _row(proposals.to_row(PROPOSED)), lambda row: proposals.from_row(_plain(row))),
        "release-move": Sample(MOVE, _row(releases.to_rows(MOVE)[0]), lambda row: releases.entry_from(_plain(row))),
        "kept-counter": Sample(KEPT, KEPT.to_plain(), kept_from),
        "kept-sum": Sample(KEPT_SUM, KEPT_SUM.to_plain(), kept_from),
        "former": Sample(FORMER, FORMER.to_plain(), former_from),
        "job": Sample(JOB, _row(jobs.to_row(JOB)), lambda row: jobs.from_row("j1", _plain(row))),
        "message-of-a-warm-up": Sample(
            WARMING, _row(messages.to_item(WARMING)), lambda row: messages.from_item(_plain(row))
        ),
        "message-for-a-time": Sample(
            KEPT_LETTER, _row(messages.to_item(KEPT_LETTER)), lambda row: messages.from_item(_plain(row))
        ),
        "keyring-with-retention": Sample(
            KEEPING_KEYS,
            _row(keyring.to_row(KEEPING_KEYS, NOW)),
            lambda row: live_releases.keyring_from(_plain(row)),
        ),
        "erasing": Sample(ERASING, _row(jobs.to_row(ERASING)), lambda row: jobs.from_row("j1", _plain(row))),
        "closed-identity": Sample(
            CLOSED, _row(tombstones.to_row("e#hash", CLOSED)), lambda row: tombstones.mark_from(_plain(row))
        ),
        "opened-identity": Sample(
            BACK, _row(tombstones.to_row("e#hash", BACK)), lambda row: tombstones.mark_from(_plain(row))
        ),
        "erased-state": Sample(
            State(CONTACT, 8, merged_into=""), _row(STUB), lambda row: contacts.state_from(_plain(row))
        ),
        "audit-of-many": Sample(LISTED, _row(audit.to_row(LISTED)), lambda row: audit.from_row(_plain(row))),
        "import": Sample(BROUGHT, _row(imports.to_row(BROUGHT)), lambda row: imports.from_row(_plain(row))),
        "import-undone": Sample(
            TAKEN_BACK, _row(imports.to_row(TAKEN_BACK)), lambda row: imports.from_row(_plain(row))
        ),
        "audit": Sample(NOTED, _row(audit.to_row(NOTED)), lambda row: audit.from_row(_plain(row))),
        "machine-input": Sample(CLOCK, alarm.to_plain(CLOCK), alarm.from_plain),
        "machine-input-of-a-key": Sample(KEYED_CLOCK, alarm.to_plain(KEYED_CLOCK), alarm.from_plain),
        "send-queue": Sample([(CONTACT, MESSAGE)], queue.body_of([(CONTACT, MESSAGE)]), queue.parse),
        "send-queue-of-many": Sample(MANY, queue.body_of(MANY), queue.parse),
        "work-queue": Sample(NEXT, work_queue.body_of(NEXT), work_queue.parse),
        "work-queue-slice": Sample(SLICE, work_queue.body_of(SLICE), work_queue.parse),
        "job-of-a-lane": Sample(LANE, _row(jobs.to_row(LANE)), lambda row: jobs.from_row(LANE.id, _plain(row))),
        "work-queue-recount": Sample(COUNTED, work_queue.body_of(COUNTED), work_queue.parse),
        "work-queue-judge": Sample(JUDGED, work_queue.body_of(JUDGED), work_queue.parse),
        "link-click": Sample(CLICKED, sign([KEY], CLICK, payload(CLICKED)), _read_token(CLICK)),
        "link-click-to-own-site": Sample(
            replace(CLICKED, address="hash"),
            sign([KEY], CLICK, payload(replace(CLICKED, address="hash"))),
            _read_token(CLICK),
        ),
        "link-open": Sample(OPENED, sign([KEY], OPEN, payload(OPENED)), _read_token(OPEN)),
        "link-unsubscribe": Sample(LEAVING, sign([KEY], UNSUBSCRIBE, payload(LEAVING)), _read_token(UNSUBSCRIBE)),
        "link-preferences": Sample(PREFERRING, sign([KEY], PREFER, payload(PREFERRING)), _read_token(PREFER)),
        "link-confirm": Sample(
            CONFIRMING, sign([KEY], CONFIRM, payload(CONFIRMING)), lambda text: read_confirm([KEY], text, NOW)
        ),
        "campaign-plan": Sample(
            PLANNED, _row(campaigns.plan_row(PLANNED)), lambda row: campaigns.plan_from(_plain(row))
        ),
        "campaign-without-plan": Sample(
            PLAIN_PLAN, _row(campaigns.plan_row(PLAIN_PLAN)), lambda row: campaigns.plan_from(_plain(row))
        ),
        "campaign-run-counting": Sample(
            COUNTING, _row(campaigns.run_row(COUNTING)), lambda row: campaigns.run_from(_plain(row))
        ),
        "campaign-run-sending": Sample(
            SENDING, _row(campaigns.run_row(SENDING)), lambda row: campaigns.run_from(_plain(row))
        ),
        "campaign-run-over": Sample(OVER, _row(campaigns.run_row(OVER)), lambda row: campaigns.run_from(_plain(row))),
        "campaign-audience": Sample(
            PIECE, audiences.to_bytes(PIECE).decode(), lambda text: audiences.from_bytes(text.encode())
        ),
        "release-with-campaigns": Sample(
            WITH_CAMPAIGNS,
            canonical(WITH_CAMPAIGNS).decode(),
            lambda text: load(text.encode()),
        ),
        "release-with-forms": Sample(
            WITH_FORMS,
            canonical(WITH_FORMS).decode(),
            lambda text: load(text.encode()),
        ),
        "release-with-funnel": Sample(
            WITH_FUNNEL,
            canonical(WITH_FUNNEL).decode(),
            lambda text: load(text.encode()),
        ),
        "release-with-hours": Sample(
            WITH_HOURS,
            canonical(WITH_HOURS).decode(),
            lambda text: load(text.encode()),
        ),
        "release-with-languages": Sample(
            WITH_LANGUAGES,
            canonical(WITH_LANGUAGES).decode(),
            lambda text: load(text.encode()),
        ),
        "release": Sample(release(), row_of_release, lambda text: load(text.encode())),
    }


def main() -> None:
    """Write the fixtures of this version that do not exist yet."""
    folder = FIXTURES / CURRENT
    folder.mkdir(parents=True, exist_ok=True)
    for name, sample in samples().items():
        path = folder / f"{name}.json"
        if not path.exists():
            path.write_text(json.dumps(sample.stored, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
