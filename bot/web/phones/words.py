"""What the page itself says, in its three languages. What Dalil says comes from the bot, in the citizen's language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

PageLanguage = Literal["ar", "fr", "en"]


@dataclass(frozen=True, slots=True)
class Words:
    """The page's wording. `script_words` are those that the scripts need; `{…}` is filled in there."""

    own_name: str  # of the language
    title: str
    tagline: str
    welcome: str
    try_these: str
    send_to: str
    all_three: str
    carried_by: str
    carried_hint: str
    status_label: str
    status_hint: str
    status_question: str
    more_files: str
    page_language: str
    skip: str
    conversation: str
    write: str
    send: str
    attach: str
    location: str
    photo: str
    sticker: str
    block: str
    blocked: str
    unblock: str
    start: str
    country: str
    countries: dict[str, str]
    new_citizen: str
    citizen: str
    online: str
    empty: str
    close: str
    noscript: str
    script_words: dict[str, str]


@dataclass(frozen=True, slots=True)
class Example:
    """A question as a citizen writes it. `lang` is its BCP 47 tag; `label` names the variety in each page language."""

    text: str
    lang: str
    label: dict[PageLanguage, str]


EXAMPLES: tuple[Example, ...] = (
    Example("شنو خاصني باش نجدد لاكارط؟", "ary", {"ar": "الدارجة", "fr": "darija", "en": "Darija"}),
    Example("combien coute le passeport", "fr", {"ar": "الفرنسية", "fr": "français", "en": "French"}),
    Example(
        "ch7al f casier judiciaire w fin n9dmo",
        "ary-Latn",
        {"ar": "الدارجة بالحروف اللاتينية", "fr": "darija en lettres latines", "en": "Darija in Latin letters"},
    ),
    Example("كم مدة صلاحية جواز السفر؟", "ar", {"ar": "العربية", "fr": "arabe", "en": "Arabic"}),
)

CARRIERS: dict[str, str] = {"twilio": "Twilio", "whatsapp": "Meta"}

PHONES: dict[str, str] = {"whatsapp": "WhatsApp", "sms": "SMS", "telegram": "Telegram"}

WORDS: dict[PageLanguage, Words] = {
    "ar": Words(
        own_name="العربية",
        title="دليل: جرّبه على ثلاثة هواتف",
        tagline="دليلك إلى الخدمات الإدارية",
        welcome="اسأل «دليل» عن الوثائق والثمن والأجل والمكان، بالعربية أو الفرنسية أو الدارجة، كما تتكلم. "
        "الهواتف هنا محاكاة، أما المساعد فحقيقي: جرّب سؤالًا أو اكتب سؤالك.",
        try_these="جرّب هذه الأسئلة",
        send_to="أرسل المثال إلى",
        all_three="الثلاثة",
        carried_by="واتساب عبر",
        carried_hint="من ينقل رسائله؛ وتغييره يبدأ محادثة جديدة.",
        status_label="ملف خيالي",
        status_hint="تاريخ الميلاد لملف {file}، إذا سألك «دليل» عنه:",
        status_question="أين وصل ملفي رقم {file}؟",
        more_files="ملفات خيالية أخرى",
        page_language="لغة الصفحة",
        skip="انتقل إلى الهواتف",
        conversation="محادثة {phone}",
        write="اكتب رسالة",
        send="إرسال",
        attach="إرفاق",
        location="موقع",
        photo="صورة",
        sticker="ملصق",
        block="حظر دليل",
        blocked="لقد حظرت دليل على هذا الهاتف.",
        unblock="إلغاء الحظر",
        start="ابدأ",
        country="بلد المواطن",
        countries={"ma": "المغرب", "dz": "الجزائر", "mr": "موريتانيا"},
        new_citizen="مواطن جديد",
        citizen="مواطن خيالي",
        online="متصل",
        empty="اكتب إلى دليل كما يكتب أي مواطن.",
        close="إغلاق",
        noscript="تحتاج الهواتف المحاكاة إلى JavaScript.",
        script_words={
            "pending": "قيد الإرسال",
            "sent": "أُرسلت",
            "delivered": "وصلت",
            "failed": "لم تصل",
            "typing": "يكتب…",
            "you": "أنت",
            "dalil": "دليل",
            "segments_one": "رسالة واحدة",
            "segments_two": "رسالتان",
            "segments_few": "{n} رسائل",
            "segments_many": "{n} رسالة",
            "segments_other": "{n} رسالة",
            "characters": "{used} من {room} حرفًا",
            "location": "موقع: وسط الرباط",
            "photo": "صورة",
            "sticker": "ملصق",
            "down": "الهواتف المحاكاة لا تجيب. شغّلها بالأمر make run؛ ستتصل الصفحة من جديد وحدها.",
            "refused": "تعذّر ذلك على هذا الهاتف.",
            "today": "اليوم",
        },
    ),
    "fr": Words(
        own_name="Français",
        title="Dalil : essayez-le sur trois téléphones",
        tagline="Votre guide des démarches",
        welcome="Pièces, prix, délais, guichets : demandez à Dalil comme vous parlez, en arabe, en français "
        "ou en darija. Les téléphones sont simulés, l’assistant est le vrai. Touchez un exemple ou écrivez.",
        try_these="Quelques questions",
        send_to="Envoyer l’exemple à",
        all_three="Tous",
        carried_by="WhatsApp passe par",
        carried_hint="Qui porte ses messages ; on repart à zéro.",
        status_label="dossier inventé",
        status_hint="Date de naissance pour {file}, si Dalil la demande :",
        status_question="Où en est mon dossier {file} ?",
        more_files="Autres dossiers inventés",
        page_language="Langue de la page",
        skip="Aller aux téléphones",
        conversation="Conversation {phone}",
        write="Message",
        send="Envoyer",
        attach="Joindre",
        location="Position",
        photo="Photo",
        sticker="Autocollant",
        block="Bloquer Dalil",
        blocked="Vous avez bloqué Dalil sur ce téléphone.",
        unblock="Débloquer",
        start="Démarrer",
        country="Pays du citoyen",
        countries={"ma": "Maroc", "dz": "Algérie", "mr": "Mauritanie"},
        new_citizen="Nouveau citoyen",
        citizen="Citoyen inventé",
        online="en ligne",
        empty="Écrivez à Dalil comme un citoyen.",
        close="Fermer",
        noscript="Les téléphones simulés ont besoin de JavaScript.",
        script_words={
            "pending": "en cours d’envoi",
            "sent": "envoyé",
            "delivered": "remis",
            "failed": "non remis",
            "typing": "écrit…",
            "you": "Vous",
            "dalil": "Dalil",
            "segments_one": "1 SMS",
            "segments_other": "{n} SMS",
            "characters": "{used}/{room} caractères",
            "location": "Position : centre de Rabat",
            "photo": "Photo",
            "sticker": "Autocollant",
            "down": "Les téléphones simulés ne répondent pas. Lancez-les avec make run ; la page se reconnecte seule.",
            "refused": "Ce téléphone ne peut pas faire cela.",
            "today": "Aujourd’hui",
        },
    ),
    "en": Words(
        own_name="English",
        title="Dalil: try it on three phones",
        tagline="Your guide to public services",
        welcome="Papers, prices, delays, offices: ask Dalil the way you speak, in Arabic, French or Darija. "
        "The phones are simulated, the assistant is the real one. Tap an example or write.",
        try_these="A few questions",
        send_to="Send the example to",
        all_three="All",
        carried_by="WhatsApp goes through",
        carried_hint="Who carries its messages; a change starts afresh.",
        status_label="invented file, in French",
        status_hint="Date of birth for {file}, if Dalil asks:",
        status_question="Où en est mon dossier {file} ?",
        more_files="More invented files",
        page_language="Language of the page",
        skip="Skip to the phones",
        conversation="{phone} conversation",
        write="Message",
        send="Send",
        attach="Attach",
        location="Location",
        photo="Photo",
        sticker="Sticker",
        block="Block Dalil",
        blocked="You blocked Dalil on this phone.",
        unblock="Unblock",
        start="Start",
        country="Country of the citizen",
        countries={"ma": "Morocco", "dz": "Algeria", "mr": "Mauritania"},
        new_citizen="New citizen",
        citizen="Invented citizen",
        online="online",
        empty="Write to Dalil as a citizen would.",
        close="Close",
        noscript="The simulated phones need JavaScript.",
        script_words={
            "pending": "sending",
            "sent": "sent",
            "delivered": "delivered",
            "failed": "not delivered",
            "typing": "typing…",
            "you": "You",
            "dalil": "Dalil",
            "segments_one": "1 segment",
            "segments_other": "{n} segments",
            "characters": "{used}/{room} characters",
            "location": "Location: centre of Rabat",
            "photo": "Photo",
            "sticker": "Sticker",
            "down": "The simulated phones do not answer. Start them with make run; this page reconnects by itself.",
            "refused": "This phone cannot do that.",
            "today": "Today",
        },
    ),
}


def choose_language(wanted: str, accept_language: str) -> PageLanguage:
    """The page's language: asked for by the switch, else the browser's first that we have, else English."""
    known: tuple[PageLanguage, ...] = get_args(PageLanguage)
    tags = [wanted, *(part.partition(";")[0] for part in accept_language.split(","))]
    for tag in tags:
        for language in known:
            if tag.strip().lower().partition("-")[0] == language:
                return language
    return "en"
