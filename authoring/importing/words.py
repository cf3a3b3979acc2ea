"""What people write in files, in English, Turkish, German, Polish and Russian: headers, yes and no, statuses."""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from functions.core.consent import BOUNCE, COMPLAINT

UNSUBSCRIBED: Final = "unsubscribed"
SUBSCRIBED: Final = ""


def folded(text: str) -> str:
    """Letters and digits alone, in one letter case: how headers and words are compared."""
    plain = unicodedata.normalize("NFC", text).replace("İ", "i").casefold().replace("ı", "i")
    return re.sub(r"[\W_]+", "", plain)


def _by_word(table: Mapping[str, str]) -> dict[str, str]:
    return {folded(word): meaning for meaning, words in table.items() for word in words.split(", ")}


HEADERS: Final = _by_word(
    {
        "email": "email, e-mail, mail, email address, e-mail address, your email, eposta, e-posta adresi, mail adresi, "
        "e-mail-adresse, mailadresse, adres email, adres e-mail, электронная почта, почта, имейл, эл. почта, "
        "адрес электронной почты, primary email",
        "user_id": "user id, userid, customer id, customer number, client id, müşteri no, müşteri numarası, "
        "müşteri id, kullanıcı id, kundennummer, kunden-nr, kundennr, nr klienta, numer klienta, id klienta, "
        "id клиента, номер клиента, код клиента",
        "phone": "phone, phone number, mobile, mobile phone, mobile phone number, cell, cell phone, telephone, "
        "telefon, telefon no, telefon numarası, cep, cep telefonu, gsm, tel, telefonnummer, handy, handynummer, "
        "mobilnummer, mobil, numer telefonu, nr telefonu, komórka, телефон, номер телефона, мобильный, "
        "мобильный телефон, sms",
        "first_name": "first name, firstname, fname, given name, ad, adı, isim, vorname, imię, имя",
        "last_name": "last name, lastname, lname, surname, family name, soyad, soyadı, soyisim, nachname, "
        "familienname, nazwisko, фамилия",
        "name": "name, full name, ad soyad, adı soyadı, isim soyisim, vollständiger name, imię i nazwisko, фио, "
        "полное имя",
        "birthday": "birthday, birthdate, birth date, date of birth, dob, doğum tarihi, doğum günü, geburtstag, "
        "geburtsdatum, data urodzenia, urodziny, день рождения, дата рождения",
        "company": "company, company name, organization, organisation, şirket, firma, firma adı, unternehmen, "
        "компания, организация",
        "city": "city, town, şehir, il, stadt, ort, miasto, город",
        "country": "country, ülke, land, kraj, страна",
        "postcode": "zip, zip code, postcode, postal code, posta kodu, plz, postleitzahl, kod pocztowy, индекс, "
        "почтовый индекс",
        "address": "address, adres, adresse, anschrift, адрес",
        "gender": "gender, sex, cinsiyet, geschlecht, płeć, пол",
        "language": "language, dil, sprache, język, язык",
        "title": "job title, unvan, ünvan, stanowisko, должность",
        "website": "website, web site, url, web sitesi, webseite, strona www, сайт",
        "created_at": "created, created at, create date, creation date, registered, registration date, signup date, "
        "sign-up date, kayıt tarihi, üyelik tarihi, erstellt am, registriert am, data utworzenia, data rejestracji, "
        "дата создания, дата регистрации",
        "tags": "tags, tag, labels, etiket, etiketler, schlagworte, tagi, etykiety, теги, метки",
        "unsubscribed": "unsubscribed, opted out, opt out, email opt out, unsubscribed from all email, "
        "abonelikten çıktı, abmeldung, abgemeldet, wypisany, wypisana, отписан, отписался",
        "ignore": "samovar line, samovar code, samovar reason",
    }
)
"""What a column means, by its header."""

_YES: Final = ("yes", "y", "true", "on", "evet", "var", "doğru", "ja", "wahr", "tak", "prawda", "да", "истина")
_NO: Final = ("no", "n", "false", "off", "hayır", "yok", "yanlış", "nein", "falsch", "nie", "fałsz", "нет", "ложь")
YES_NO: Final = {folded(word): word in _YES for word in (*_YES, *_NO)}
DIGITS: Final = {"1": True, "0": False}
"""What also is yes and no where a column is known to say one of the two."""

STATUSES: Final = _by_word(
    {
        UNSUBSCRIBED: "unsubscribed, unsubscribe, opted out, opt-out, optout, opted-out, inactive, "
        "abonelikten çıktı, çıktı, ret, abgemeldet, wypisany, wypisana, отписан, отписался, all, global unsubscribe",
        BOUNCE: "cleaned, bounced, bounce, hard bounce, hardbounced, invalid, geri döndü, unzustellbar, "
        "niedostarczony, недоставлено",
        COMPLAINT: "complained, complaint, spam, spam report, marked as spam, abuse, şikayet, beschwerde, "
        "skarga, жалоба",
        "subscribed": "subscribed, subscriber, active, confirmed, onay, abone, angemeldet, zapisany, подписан, none, "
        "non-subscribed, nonsubscribed, unconfirmed, pending, archived, transactional, marketing contact, "
        "non-marketing contact",
    }
)
"""What a status means for what may be sent. None of them agrees to anything: only a proof does."""

ROLES: Final = frozenset(
    (
        *("info", "contact", "hello", "office", "sales", "support", "admin", "administrator", "team", "mail", "shop"),
        *("billing", "accounting", "marketing", "press", "hr", "jobs", "service", "postmaster", "webmaster"),
        *("noreply", "no-reply", "iletisim", "bilgi", "destek", "satis", "muhasebe", "kontakt", "buero", "vertrieb"),
        *("buchhaltung", "biuro", "sklep", "sprzedaz"),
    )
)
"""What stands before the @ of mailboxes that several people read."""
