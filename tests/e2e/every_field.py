"""A form with every kind of field, in the words of several languages; and the stores and servers to show it."""

from typing import Any

from functions.core.release import Release

TOPICS = [{"id": "tips", "title": "Brewing tips"}, {"id": "offers", "title": "Offers"}]


def every_field(language: str, labels: dict[str, str], **more: Any) -> dict[str, Any]:
    """The form. `labels` by field name."""

    def field(name: str, type: str, **keys: Any) -> dict[str, Any]:
        return {"name": name, "label": labels.get(name, name), "type": type, **keys}

    choices = [{"value": value, "label": labels[value]} for value in ("cafe", "hotel", "shop")]
    return {
        "title": labels["title"],
        "intro": labels["intro"],
        "language": language,
        "fields": [
            field("email", "email", required=True),
            field("name", "text", required=True, max_length=80),
            field("house", "radio", required=True, options=choices),
            field("rooms", "number", required=True, decimals=0, min=1, show_when={"field": "house", "is": "hotel"}),
            field("favourite", "select", options=choices),
            field("teas", "checkboxes", required=True, options=choices),
            field("kilos", "number", help=labels["kilos_help"], min=0.5),
            field("visit", "checkbox"),
            field("day", "date", required=True, min="today", show_when={"field": "visit", "is": True}),
            field("phone", "phone", required=True, show_when={"field": "visit", "is": True}),
            field("site", "url", placeholder="www.example.com"),
            field("note", "textarea"),
            {"name": "source", "type": "hidden", "prefill": True},
        ],
        "consents": [{"topic": "tips", "label": labels["consent"], "required": True}],
        **more,
    }


ENGLISH = {
    "title": "Tea for your house",
    "intro": "Tell us what you pour, and we send samples that fit.",
    "email": "Your e-mail",
    "name": "Your name",
    "house": "What kind of house is it?",
    "cafe": "A café or restaurant",
    "hotel": "A hotel or guest house",
    "shop": "A shop",
    "rooms": "How many rooms?",
    "favourite": "Which of these do you like best?",
    "teas": "Which would you like to visit?",
    "kilos": "How much tea do you need a month, in kilos?",
    "kilos_help": "A rough guess is fine. A cup takes about two grams.",
    "visit": "Please come by with a samovar",
    "day": "Which day suits you?",
    "phone": "A number where we reach you that day",
    "site": "Your web site",
    "note": "Anything else?",
    "consent": "Yes, send me brewing tips by e-mail. I can stop them at any time.",
}
GERMAN = {
    "title": "Großhandelsanfrage für Teespezialitätenfachgeschäfte",
    "intro": "Sagen Sie uns, was Sie ausschenken, und wir schicken Ihnen passende Teeproben samt Preisliste.",
    "email": "Ihre geschäftliche E-Mail-Adresse",
    "name": "Ihr Vor- und Nachname",
    "house": "Um welche Art von Betrieb handelt es sich?",
    "cafe": "Ein Café, Restaurant oder eine Konditoreigaststätte",
    "hotel": "Ein Hotel, Gasthof oder Beherbergungsbetrieb",
    "shop": "Ein Lebensmitteleinzelhandelsgeschäft",
    "rooms": "Wie viele Gästezimmer haben Sie?",
    "favourite": "Was davon mögen Sie am liebsten?",
    "teas": "Welche davon möchten Sie besuchen?",
    "kilos": "Wie viel Tee brauchen Sie im Monat, in Kilogramm?",
    "kilos_help": "Eine grobe Schätzung genügt. Eine Tasse braucht etwa zwei Gramm.",
    "visit": "Bitte kommen Sie mit einem Samovar vorbei",
    "day": "Welcher Tag passt Ihnen?",
    "phone": "Eine Telefonnummer, unter der wir Sie an diesem Tag erreichen",
    "site": "Ihre Internetseite",
    "note": "Möchten Sie uns sonst noch etwas mitteilen?",
    "consent": "Ja, senden Sie mir Zubereitungstipps per E-Mail. Ich kann sie jederzeit wieder abbestellen.",
}
TURKISH = ENGLISH | {
    "title": "Evinize çay",
    "kilos": "Ayda kaç gram çay lazım?",
    "name": "Adınız",
    "email": "E-postanız",
}
PERSIAN = {
    "title": "چای برای خانهٔ شما",
    "intro": "به ما بگویید چه چایی می‌نوشید تا نمونه‌های مناسب بفرستیم.",
    "email": "ایمیل شما",
    "name": "نام شما",
    "house": "چه نوع جایی است؟",
    "cafe": "کافه یا رستوران",
    "hotel": "هتل یا مهمان‌خانه",
    "shop": "فروشگاه",
    "rooms": "چند اتاق؟",
    "favourite": "کدام را بیشتر دوست دارید؟",
    "teas": "از کدام‌ها دیدن می‌کنید؟",
    "kilos": "ماهانه چند کیلو چای لازم دارید؟",
    "kilos_help": "تخمین هم کافی است.",
    "visit": "لطفاً با سماور بیایید",
    "day": "کدام روز مناسب است؟",
    "phone": "شماره تلفن",
    "site": "وب‌سایت شما",
    "note": "چیز دیگری هست؟",
    "consent": "بله، نکته‌های دم‌کردن چای را برایم ایمیل کنید.",
}
PERSIAN_WORDS = {
    "optional": "(اختیاری)",
    "choose": "انتخاب کنید",
    "send": "فرستادن",
    "check": "لطفاً آنچه نوشته‌اید را بررسی کنید",
    "missing-field": "لطفاً این را پر کنید.",
    "missing-choice": "لطفاً یکی را انتخاب کنید.",
    "missing-consent": "لطفاً این خانه را علامت بزنید.",
}


def release() -> Release:
    """A business with these forms: every, german, turkish, persian, and one that says where to go."""
    short = [{"name": "email", "label": "Your e-mail", "type": "email", "required": True}]
    return Release.model_validate(
        {
            "sending": {
                "business": {
                    "name": "Yellow Samovar Tea",
                    "address": "Çaycı Sokağı 12, Karaköy, İstanbul",
                    "time_zone": "Europe/Istanbul",
                },
                "from": {"name": "Tea", "email": "hello@tea.example"},
                "topics": TOPICS,
            },
            "forms": {
                "every": every_field("en", ENGLISH, thanks="The samples are on their way."),
                "german": every_field("de", GERMAN),
                "turkish": every_field("tr", TURKISH),
                "persian": every_field("fa", PERSIAN, words=PERSIAN_WORDS),
                "framed": {"title": "Framed", "fields": short, "framed_by": ["http://127.0.0.1:*"]},
            },
        }
    )
