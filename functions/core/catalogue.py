"""What is stored, in the words of those about whom it is: the one list behind the transparency page.

A test holds that every kind of row in functions/tables is here, so that nothing is kept unsaid.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from functions.core.definition import spell_duration
from functions.core.release import Release

LANGUAGES: Final = ("en", "tr")


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of record. `keys` are beginnings of its keys; `until` names a setting of privacy.yaml's
    retention or one of ENDS. Titles and reasons are by language."""

    keys: tuple[str, ...]
    title: Mapping[str, str]
    why: Mapping[str, str]
    until: tuple[str, ...]
    public: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the page."""

    title: str
    why: str
    until: str


ENDS: Final[Mapping[str, Mapping[str, str]]] = {
    "erased": {"en": "until you ask us to erase you", "tr": "silinmeyi isteyene kadar"},
    "withdrawal": {
        "en": "as long as we may write to you; a withdrawal stays, as a scrambled number, so that we keep to it",
        "tr": "size yazabildiğimiz sürece; geri çekme, uyabilmemiz için karıştırılmış bir sayı olarak kalır",
    },
    "two days": {"en": "two days after you left", "tr": "ayrıldıktan iki gün sonra silinir"},
    "link": {"en": "until the link has ended", "tr": "bağlantının süresi dolana kadar"},
    "wait": {"en": "until the wait is over", "tr": "bekleme bitene kadar"},
    "ever": {"en": "for good; it names nobody", "tr": "sürekli; kimsenin adını içermez"},
    "400 days": {"en": "400 days", "tr": "400 gün"},
    "half a day": {"en": "half a day", "tr": "yarım gün"},
    "14 days": {"en": "14 days", "tr": "14 gün"},
    "800 days": {"en": "800 days", "tr": "800 gün"},
}

CATALOGUE: Final = (
    Kept(
        ("u#", "e#", "p#", "a#", "c#", "V#"),
        {
            "en": "What you did: pages you looked at, forms you sent, mails you opened, orders we were told of",
            "tr": "Yaptıklarınız: baktığınız sayfalar, gönderdiğiniz formlar, açtığınız e-postalar, siparişleriniz",
        },
        {
            "en": "To answer you, and to write only about what interests you. Without your network address",
            "tr": "Size yanıt vermek ve yalnızca ilginizi çeken konularda yazmak için. Ağ adresiniz saklanmaz",
        },
        ("visitors", "contacts"),
    ),
    Kept(
        ("C# P",),
        {
            "en": "What you told us of yourself, such as your name and address",
            "tr": "Ad ve adres gibi kendiniz hakkında söyledikleriniz",
        },
        {"en": "To address you by name and to reach you", "tr": "Size adınızla hitap etmek ve ulaşmak için"},
        ("erased",),
    ),
    Kept(
        ("C# S", "C# Q"),
        {
            "en": "Counts of what you did, and what they amount to: points of interest, groups you belong to",
            "tr": "Yaptıklarınızın sayıları ve sonuçları: ilgi puanları, dahil olduğunuz gruplar",
        },
        {"en": "To decide what is worth writing to you", "tr": "Size ne yazmaya değeceğine karar vermek için"},
        ("erased",),
    ),
    Kept(
        ("I#",),
        {
            "en": "Scrambled numbers of your address, phone, account and browsers",
            "tr": "Adresinizin, telefonunuzun, hesabınızın ve tarayıcılarınızın karıştırılmış sayıları",
        },
        {
            "en": "To know you again. After you are erased they stay, so that nothing of you is stored again",
            "tr": "Sizi yeniden tanımak için. Silindikten sonra da kalır ki hakkınızda yeniden bir şey saklanmasın",
        },
        ("ever",),
    ),
    Kept(
        ("A# P", "T#"),
        {
            "en": "Where your browser takes notifications, if you wanted them; when we last answered your text",
            "tr": "İstediyseniz tarayıcınızın bildirim adresi; kısa mesajınıza en son ne zaman yanıt verdiğimiz",
        },
        {
            "en": "To show you notifications, and to answer you no more often than you ask",
            "tr": "Size bildirim göstermek ve sorduğunuzdan sık yanıt vermemek için",
        },
        ("erased",),
    ),
    Kept(
        ("A#",),
        {
            "en": "What you agreed to hear about, with the exact words, when, and where; and when you withdrew it",
            "tr": "Neyi almayı kabul ettiğiniz, tam sözleriyle, ne zaman ve nerede; ve ne zaman geri çektiğiniz",
        },
        {"en": "The law asks us to prove it", "tr": "Yasa bunu kanıtlamamızı ister"},
        ("withdrawal",),
    ),
    Kept(
        ("C# M#", "C# K", "C# K#"),
        {"en": "Which messages went to you, or why they did not", "tr": "Size giden iletiler ya da neden gitmedikleri"},
        {
            "en": "So that you get none twice, and not too many",
            "tr": "Hiçbirini iki kez ve çok sık almamanız için",
        },
        ("messages",),
    ),
    Kept(
        ("D#",),
        {
            "en": "In how many kinds of browser the link to a file was opened that we mailed you",
            "tr": "Size gönderdiğimiz bir dosya bağlantısının kaç tür tarayıcıda açıldığı",
        },
        {
            "en": "To see whether the link was passed on. It names nobody",
            "tr": "Bağlantının başkasına iletilip iletilmediğini görmek için. Kimsenin adını içermez",
        },
        ("link",),
    ),
    Kept(
        ("C# D#",),
        {
            "en": "When you became more or less interested, by our count",
            "tr": "Hesabımıza göre ilginizin ne zaman arttığı ya da azaldığı",
        },
        {"en": "To see why you were written to", "tr": "Size neden yazıldığını görmek için"},
        ("decisions",),
    ),
    Kept(
        ("C# J#", "C# H#"),
        {
            "en": "Which series of messages you are in, and how far",
            "tr": "Hangi ileti dizisinde olduğunuz ve neresinde",
        },
        {"en": "So that each begins once and ends", "tr": "Her birinin bir kez başlayıp bitmesi için"},
        ("erased", "runs"),
    ),
    Kept(
        ("C# L#", "L#"),
        {
            "en": "That our sales staff were asked to look at you, and why",
            "tr": "Satış ekibimizden sizinle ilgilenmesinin istendiği ve nedeni",
        },
        {
            "en": "So that somebody answers you, and sees what it is about",
            "tr": "Birinin size yanıt vermesi ve konuyu görmesi için",
        },
        ("erased",),
    ),
    Kept(
        ("C# W#",),
        {"en": "That such a series waits, and for what", "tr": "Böyle bir dizinin neyi beklediği"},
        {"en": "To go on when the time has come", "tr": "Zamanı gelince sürdürmek için"},
        ("wait",),
    ),
    Kept(
        ("G#",),
        {"en": "Lists of who belongs to a group", "tr": "Bir gruba kimlerin dahil olduğunun listeleri"},
        {"en": "To write to those whom it concerns", "tr": "İlgililere yazmak için"},
        ("erased", "two days"),
    ),
    Kept(
        ("Y#",),
        {
            "en": "Lists of people for our staff, by name and by interest",
            "tr": "Çalışanlarımızın ada ve ilgiye göre kişi listeleri",
        },
        {"en": "To find you when you write or call", "tr": "Yazdığınızda ya da aradığınızda sizi bulmak için"},
        ("erased",),
    ),
    Kept(
        ("B# R#", "campaigns"),
        {
            "en": "For which of our campaigns you were on the list, as a number that names nobody",
            "tr": "Hangi kampanyalarımızın listesinde olduğunuz, kimsenin adını içermeyen bir numara olarak",
        },
        {
            "en": "So that everybody on it gets the message once",
            "tr": "Listedeki herkes iletiyi bir kez alsın diye",
        },
        ("400 days",),
    ),
    Kept(
        ("V#",),
        {
            "en": "Which version of a page a browser saw that we try in several, and whether its form was sent, "
            "under a number that means nothing elsewhere",
            "tr": "Birkaç sürümünü denediğimiz bir sayfanın hangi sürümünü bir tarayıcının gördüğü ve formun "
            "gönderilip gönderilmediği, başka yerde anlamı olmayan bir numara altında",
        },
        {"en": "To show the version that serves people better", "tr": "İnsanlara daha iyi gelen sürümü göstermek için"},
        ("erased", "400 days"),
    ),
    Kept(
        ("aside",),
        {"en": "Records that we could not make sense of", "tr": "Anlamlandıramadığımız kayıtlar"},
        {"en": "To find out what went wrong", "tr": "Neyin yanlış gittiğini bulmak için"},
        ("14 days",),
    ),
    Kept(
        ("N#",),
        {
            "en": "What is in our statistics already, under a number that names nobody",
            "tr": "İstatistiklerimize nelerin girdiği, kimsenin adını içermeyen bir numara altında",
        },
        {"en": "So that nothing is counted twice", "tr": "Hiçbir şey iki kez sayılmasın diye"},
        ("800 days",),
    ),
    Kept(
        ("R#",),
        {
            "en": "Statistics: how many messages, visits and orders there were on a day",
            "tr": "İstatistikler: bir günde kaç ileti, ziyaret ve sipariş olduğu",
        },
        {"en": "To see what serves people", "tr": "İnsanlara neyin yaradığını görmek için"},
        ("ever",),
    ),
    Kept(
        ("U#",),
        {"en": "Who of our staff is signed in", "tr": "Çalışanlarımızdan kimin oturum açtığı"},
        {"en": "So that nobody else sees what is kept of you", "tr": "Sizinle ilgili kayıtları başkası görmesin diye"},
        ("half a day",),
        public=False,
    ),
    Kept(
        ("X#",),
        {
            "en": "Our own settings, and notes of erasures and of files that came in",
            "tr": "Ayarlarımız, silme notları ve gelen dosyaların notları",
        },
        {"en": "To run this service", "tr": "Bu hizmeti işletmek için"},
        ("ever",),
        public=False,
    ),
)


def spoken(language: str) -> str:
    """Which of our languages the page speaks for one such as "tr-TR"; English where we have no words in it."""
    base = language.partition("-")[0].lower()
    return base if base in LANGUAGES else "en"


def lines(release: Release, language: str) -> list[Line]:
    """The page's lines in a language, English where we have no words in it."""
    language = spoken(language)
    return [
        Line(one.title[language], one.why[language], "; ".join(_until(release, name, language) for name in one.until))
        for one in CATALOGUE
        if one.public
    ]


def _until(release: Release, name: str, language: str) -> str:
    if name in ENDS:
        return ENDS[name][language]
    span = _spelled(getattr(release.privacy.retention, name), language)
    return _SPANS[language].get(name, "{}").format(span)


def _spelled(seconds: int, language: str) -> str:
    years, rest = divmod(seconds, 365 * 86_400)
    words = f"{years} year{'s' * (years > 1)}" if years and not rest else spell_duration(seconds)
    if language == "tr":
        number, unit = words.split(" ")
        return f"{number} {_UNITS_TR[unit.rstrip('s')]}"
    return words


_UNITS_TR: Final = {
    "second": "saniye",
    "minute": "dakika",
    "hour": "saat",
    "day": "gün",
    "week": "hafta",
    "year": "yıl",
}
_SPANS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "visitors": "{} while we don't know who you are",
        "contacts": "{} once you told us",
        "runs": "earlier ones {}",
    },
    "tr": {
        "visitors": "kim olduğunuzu bilmediğimiz sürece {}",
        "contacts": "bize söyledikten sonra {}",
        "runs": "öncekiler {}",
    },
}

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "title": "What we keep, and why",
        "intro": "This page is made from the settings that our programs follow, so it says what they do.",
        "until": "How long",
        "shared": "Who else sees it",
        "aws": "Amazon Web Services keeps it and delivers our mail, on our behalf.",
        "nobody": "Nobody else. It is never sold.",
        "rights": "Your rights",
        "ask": "Write to us and we show you everything that we keep of you, correct it, or erase it:",
        "later": "What is erased is gone from our records within minutes. Copies that let us repair a disaster last "
        "35 days more; technical logs, in which nobody is named, 30 days; records of waits, in which nobody is named, "
        "90 days after a wait's end.",
        "unsubscribe": "Every mail has a link to stop it at once.",
    },
    "tr": {
        "title": "Ne saklıyoruz ve neden",
        "intro": "Bu sayfa programlarımızın uyduğu ayarlardan üretilir; ne yapıldığını olduğu gibi söyler.",
        "until": "Ne kadar süre",
        "shared": "Başka kim görür",
        "aws": "Amazon Web Services bizim adımıza saklar ve e-postalarımızı iletir.",
        "nobody": "Başka hiç kimse. Asla satılmaz.",
        "rights": "Haklarınız",
        "ask": "Bize yazın; sakladığımız her şeyi gösterelim, düzeltelim ya da silelim:",
        "later": "Silinen, kayıtlarımızdan dakikalar içinde çıkar. Felaket onarımı için kopyalar 35 gün, kimsenin "
        "adının geçmediği teknik kayıtlar 30 gün, bekleme kayıtları bitişinden 90 gün sonrasına kadar durur.",
        "unsubscribe": "Her e-postada hemen durdurma bağlantısı vardır.",
    },
}
