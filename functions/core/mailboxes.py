"""At which provider a mailbox is, as deliverability is told apart. Pure.

Only providers where many have mailboxes are told by name. A domain of one's own may be somebody's name, and what is
counted outlives whom it was counted of: all of those are OTHERS.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

OTHERS: Final = "others"

_DOMAINS: Final[Mapping[str, str]] = {
    "gmail.com": "googlemail.com",
    "outlook.com": (
        "hotmail.com hotmail.be hotmail.ca hotmail.ch hotmail.co.jp hotmail.co.th hotmail.co.uk "
        "hotmail.com.ar hotmail.com.br hotmail.com.tr hotmail.de hotmail.es hotmail.fr hotmail.gr hotmail.it "
        "hotmail.nl hotmail.no hotmail.se live.at live.be live.ca live.cl live.cn live.co.uk live.com live.com.ar "
        "live.com.au live.com.mx live.com.pt live.de live.dk live.fr live.ie live.in live.it live.jp live.nl "
        "live.no live.ru live.se msn.com outlook.at outlook.be outlook.co.id outlook.co.th outlook.com.ar "
        "outlook.com.au outlook.com.br outlook.com.tr outlook.cz outlook.de outlook.dk outlook.es outlook.fr "
        "outlook.ie outlook.in outlook.it outlook.jp outlook.kr outlook.my outlook.ph outlook.pt outlook.sa "
        "outlook.sg passport.com windowslive.com"
    ),
    "yahoo.com": (
        "myyahoo.com rocketmail.com yahoo.at yahoo.be yahoo.ca yahoo.ch yahoo.cl yahoo.co.id yahoo.co.il yahoo.co.in "
        "yahoo.co.kr yahoo.co.nz yahoo.co.th yahoo.co.uk yahoo.co.za yahoo.com.ar yahoo.com.au yahoo.com.br "
        "yahoo.com.cn yahoo.com.co yahoo.com.hk yahoo.com.mx yahoo.com.my yahoo.com.pe yahoo.com.ph yahoo.com.sg "
        "yahoo.com.tr yahoo.com.tw yahoo.com.ve yahoo.com.vn yahoo.cz yahoo.de yahoo.dk yahoo.es yahoo.fi yahoo.fr "
        "yahoo.gr yahoo.hu yahoo.ie yahoo.in yahoo.it yahoo.nl yahoo.no yahoo.pl yahoo.pt yahoo.ro yahoo.se ymail.com"
    ),
    "yahoo.co.jp": "ybb.ne.jp",
    "aol.com": "aim.com aol.co.uk aol.de aol.fr aol.it",
    "icloud.com": "mac.com me.com",
    "proton.me": "pm.me protonmail.ch protonmail.com",
    "yandex.com": "ya.ru yandex.by yandex.com.tr yandex.fr yandex.kz yandex.ru yandex.ua yandex.uz",
    "mail.ru": "bk.ru inbox.ru internet.ru list.ru xmail.ru",
    "rambler.ru": "autorambler.ru lenta.ru myrambler.ru ro.ru",
    "gmx.net": "gmx.at gmx.ch gmx.co.uk gmx.com gmx.de gmx.es gmx.eu gmx.fr gmx.info gmx.org gmx.us",
    "mail.com": "email.com",
    "web.de": "",
    "t-online.de": "magenta.de",
    "freenet.de": "",
    "arcor.de": "vodafone.de vodafonemail.de",
    "posteo.de": "posteo.at posteo.ch posteo.eu posteo.net",
    "mailbox.org": "",
    "orange.fr": "wanadoo.fr",
    "free.fr": "aliceadsl.fr",
    "sfr.fr": "club-internet.fr neuf.fr numericable.fr",
    "laposte.net": "",
    "bbox.fr": "",
    "libero.it": "blu.it giallo.it inwind.it iol.it",
    "virgilio.it": "alice.it tim.it tin.it",
    "tiscali.it": "",
    "bluewin.ch": "",
    "telenet.be": "",
    "skynet.be": "proximus.be",
    "ziggo.nl": "casema.nl chello.nl home.nl upcmail.nl",
    "kpnmail.nl": "hetnet.nl planet.nl",
    "xs4all.nl": "",
    "btinternet.com": "btopenworld.com",
    "sky.com": "",
    "virginmedia.com": "blueyonder.co.uk ntlworld.com virgin.net",
    "talktalk.net": "tiscali.co.uk",
    "wp.pl": "",
    "o2.pl": "tlen.pl",
    "onet.pl": "onet.eu op.pl poczta.onet.pl vp.pl",
    "interia.pl": "interia.eu poczta.fm",
    "gazeta.pl": "",
    "seznam.cz": "email.cz post.cz",
    "centrum.cz": "atlas.cz volny.cz",
    "azet.sk": "centrum.sk zoznam.sk",
    "abv.bg": "",
    "freemail.hu": "citromail.hu",
    "ukr.net": "i.ua",
    "mynet.com": "",
    "ttmail.com": "ttnet.net.tr",
    "superonline.com": "",
    "walla.co.il": "walla.com",
    "comcast.net": "",
    "att.net": "bellsouth.net sbcglobal.net",
    "verizon.net": "",
    "cox.net": "",
    "charter.net": "",
    "bell.net": "sympatico.ca",
    "rogers.com": "",
    "shaw.ca": "",
    "videotron.ca": "",
    "bigpond.com": "bigpond.net.au",
    "optusnet.com.au": "",
    "xtra.co.nz": "",
    "uol.com.br": "bol.com.br",
    "terra.com.br": "",
    "ig.com.br": "",
    "qq.com": "foxmail.com vip.qq.com",
    "163.com": "126.com yeah.net",
    "sina.com": "sina.cn",
    "naver.com": "",
    "daum.net": "hanmail.net kakao.com",
    "docomo.ne.jp": "",
    "au.com": "ezweb.ne.jp",
    "softbank.ne.jp": "i.softbank.jp",
    "rediffmail.com": "",
    "fastmail.com": "fastmail.fm",
    "hey.com": "",
    "tuta.com": "tuta.io tutamail.com tutanota.com tutanota.de",
    "zoho.com": "zohomail.com zohomail.eu",
}
PROVIDERS: Final[Mapping[str, str]] = MappingProxyType(
    {domain: provider for provider, others in _DOMAINS.items() for domain in (provider, *others.split())}
)
"""The domains at which so many have mailboxes that they name nobody, each with the provider that it belongs to."""


def provider_of(mailbox: str) -> str:
    """The provider of a mailbox, as counted: one of PROVIDERS, or OTHERS."""
    return PROVIDERS.get(mailbox.rpartition("@")[2].rstrip(".").lower(), OTHERS)
