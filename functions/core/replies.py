"""What people answer to text messages: words that stop, start and ask who is there."""

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from functions.core.consent import EVERYTHING
from functions.core.event import SMS_RECEIVED, SMS_UNSUBSCRIBED, SYSTEM, Event
from functions.core.identity import PHONE, fold, identity_ref
from functions.core.ids import digest
from functions.core.wire import clean

Kind = Literal["stop", "start", "help", "other"]

_STOP: Final = frozenset(
    {
        *("stop", "stopall", "stop all", "unsubscribe", "cancel", "end", "quit", "optout", "opt out", "opt-out"),
        *("revoke", "remove", "arret", "arrêt", "arreter", "arrêter", "desabonner", "désabonner", "baja", "alto"),
        *("cancelar", "parar", "sair", "stopp", "abmelden", "abbestellen", "annulla", "disiscriviti", "afmelden"),
        *("dur", "durdur", "iptal", "ret", "çık", "cik", "rezygnuję", "rezygnuje", "wypisz", "koniec"),
        *("стоп", "отписаться", "отписка", "відписатись", "σταμάτα", "διακοπη", "توقف", "إلغاء", "הסר", "停止", "退订"),
        *("退訂", "수신거부", "中止"),
    }
)
_START: Final = frozenset(
    {
        *(
            "start",
            "unstop",
            "yes",
            "y",
            "başlat",
            "baslat",
            "evet",
            "старт",
            "да",
            "так",
            "ja",
            "tak",
            "oui",
            "si",
            "sí",
        ),
        *("sì", "sim"),
    }
)
_HELP: Final = frozenset({"help", "info", "aide", "ayuda", "hilfe", "yardim", "bilgi", "ajuda", "pomoc", "помощь"})
LONGEST: Final = 480
"""Characters kept of what somebody wrote."""
_MARKS: Final = " \t\r\n.,;:!?\"'“”‘’«»()[]{}<>*-–—_"


def _plain(text: str) -> str:
    return " ".join(fold(unicodedata.normalize("NFKC", text)).strip(_MARKS).split())


_STOP_WORDS: Final = frozenset(map(_plain, _STOP))
_START_WORDS: Final = frozenset(map(_plain, _START))
_HELP_WORDS: Final = frozenset(map(_plain, _HELP))


def is_stop_word(word: str) -> bool:
    """Whether whoever answers this word wants no more."""
    return _plain(word) in _STOP_WORDS


def is_start_word(word: str) -> bool:
    """Whether whoever answers this word agrees to what was asked."""
    return _plain(word) in _START_WORDS


def names_one(text: str, is_one: Callable[[str], bool]) -> bool:
    """Whether any word of a text of ours is one to answer with."""
    return any(is_one(word) for word in text.split())


def kind_of_text(text: str) -> Kind:
    """What an answer asks for. Only the whole answer counts, or its first word where that stops:
    "STOP please" stops, and "Don't stop" is a text like any other."""
    said = _plain(text)
    first = said.split(" ", 1)[0].strip(_MARKS)
    if said in _STOP_WORDS or (first in {"stop", "stopall", "unsubscribe", "dur", "iptal", "стоп"}):
        return "stop"
    if said in _HELP_WORDS:
        return "help"
    return "start" if said in _START_WORDS else "other"


@dataclass(frozen=True, slots=True)
class Reply:
    """A text that somebody sent. `ref` is the identity of their number, `number` the number itself in E.164: to
    answer to, never to be kept or logged. `to` is the number of ours that they wrote to."""

    id: str
    ref: str
    number: str
    to: str
    text: str
    kind: Kind
    previous: str = ""


def is_reply(said: Any) -> bool:
    """Whether a notification is what AWS End User Messaging says of a text that came in."""
    return isinstance(said, Mapping) and "originationNumber" in said and "messageBody" in said


def read(said: Mapping[str, Any], pepper: bytes) -> Reply:
    """The reply in a notification. Raises ValueError or KeyError for what is none.

    https://docs.aws.amazon.com/sms-voice/latest/userguide/phone-numbers-two-way-sms-payload.html
    """
    number = str(said["originationNumber"])
    ref = identity_ref(PHONE, number if number.startswith("+") else f"+{number}", pepper)
    if ref is None:
        raise ValueError("a reply from no telephone number")
    text = clean(str(said["messageBody"]))
    id = str(said.get("inboundMessageId") or digest("inbound", ref, text))
    previous = said.get("previousPublishedMessageId")
    return Reply(
        id=id,
        ref=ref,
        number=number if number.startswith("+") else f"+{number}",
        to=str(said.get("destinationNumber", "")),
        text=text,
        kind=kind_of_text(text),
        previous=str(previous) if previous else "",
    )


def to_event(reply: Reply, received: int, at: int) -> Event:
    """The event of a reply: "SMS Unsubscribed" of a stop, "SMS Received" of all else, with the text cut short."""
    if reply.kind == "stop":
        name, said = SMS_UNSUBSCRIBED, {"topic": EVERYTHING}
    else:
        name, said = SMS_RECEIVED, {"text": reply.text[:LONGEST], "asks": reply.kind}
    return Event(
        source=reply.ref,
        id=digest("sms-reply", reply.id),
        stamp=at,
        at=min(at, received),
        received=received,
        kind=SYSTEM,
        name=name,
        properties=said,
    )


def help_text(own: str, business: str, site: str) -> str:
    """What HELP is answered with."""
    return own or " ".join(filter(None, (f"{business}.", site, "STOP to end.")))
