"""What the panel "behind the counter" says, in the page's three languages. What the systems say is theirs."""

from __future__ import annotations

from dataclasses import dataclass

from bot.web.phones.words import PageLanguage

# The protocol that each system speaks: a proper name in every language.
PROTOCOLS: dict[str, str] = {
    "registration": "GovStack Registration",
    "workflow": "GovStack Workflow",
    "registries": "GovStack Digital Registries",
    "permits": "REST, YAML",
    "benefits": "REST, OpenID Connect",
    "open311": "Open311",
    "scheduler": "GovStack Scheduler",
    "xroad": "X-Road",
}


@dataclass(frozen=True, slots=True)
class CounterWords:
    """`{…}` is filled in by the template. Keys of the dictionaries: connectors/sandbox/counter/api.py."""

    link: str
    title: str
    hint: str
    applications: str
    complaints: str
    appointments: str
    nothing: str
    ask: str
    copy: str
    moves: dict[str, str]
    states: dict[str, str]
    systems: dict[str, str]
    faults_title: str
    faults_hint: str
    faults: dict[str, str]
    calls: str
    columns: tuple[str, str, str, str]
    waiting: str
    no_answer: str
    later: str
    reset: str
    failed: str


COUNTER_WORDS: dict[PageLanguage, CounterWords] = {
    "ar": CounterWords(
        link="ما وراء الشباك",
        title="ما وراء الشباك",
        hint="هنا عمل الإدارة: اختر ملفًا، واسأل عنه على الهاتف، ثم انقله واسأل من جديد. كل شيء هنا خيالي.",
        applications="الملفات",
        complaints="الشكايات",
        appointments="المواعيد",
        nothing="لا شيء بعد.",
        ask="اسأل على الهاتف",
        copy="انسخ {value} إلى الهاتف",
        moves={"next": "المرحلة التالية", "send_back": "إرجاع", "refuse": "رفض", "cancel": "إلغاء"},
        states={
            "open": "قيد المعالجة",
            "returned": "ينتظر تكملة",
            "approved": "مقبول",
            "refused": "مرفوض",
            "closed": "مغلق",
            "other": "رمز غير معروف",
        },
        systems={
            "registration": "البطائق والحالة المدنية",
            "workflow": "تتبع المراحل",
            "registries": "السجلات",
            "permits": "التعمير",
            "benefits": "الإعانات العائلية",
            "open311": "الشكايات",
            "scheduler": "المواعيد",
            "xroad": "التبادل",
        },
        faults_title="أعطال عند الطلب",
        faults_hint="ماذا يُقال للمواطن حين يتعطل خادم الإدارة؟ اختر عطلًا ثم اسأل على الهاتف.",
        faults={
            "none": "عادي",
            "hang": "لا يجيب",
            "error": "خطأ 500",
            "throttled": "مزدحم 429",
            "maintenance": "صيانة",
            "malformed": "جواب مشوّه",
            "other": "عطل آخر",
        },
        calls="الاتصالات بالأنظمة",
        columns=("الوقت", "النظام", "الطلب", "الجواب"),
        waiting="ينتظر…",
        no_answer="بلا جواب",
        later="دع 20 دقيقة تمر",
        reset="ابدأ من جديد",
        failed="تعذّر ذلك: لقد تغيّر الملف في هذه الأثناء.",
    ),
    "fr": CounterWords(
        link="Derrière le guichet",
        title="Derrière le guichet",
        hint="Le côté de l’administration : choisissez un dossier, demandez où il en est sur un téléphone, "
        "faites-le avancer, demandez encore. Tout est inventé.",
        applications="Dossiers",
        complaints="Réclamations",
        appointments="Rendez-vous",
        nothing="Rien pour l’instant.",
        ask="Demander au téléphone",
        copy="Copier {value} dans le téléphone",
        moves={"next": "Étape suivante", "send_back": "Renvoyer", "refuse": "Refuser", "cancel": "Annuler"},
        states={
            "open": "en cours",
            "returned": "à compléter",
            "approved": "accepté",
            "refused": "refusé",
            "closed": "clos",
            "other": "code inconnu",
        },
        systems={
            "registration": "Titres et état civil",
            "workflow": "Suivi des étapes",
            "registries": "Registres",
            "permits": "Urbanisme",
            "benefits": "Allocations",
            "open311": "Réclamations",
            "scheduler": "Rendez-vous",
            "xroad": "Échange",
        },
        faults_title="Pannes à la demande",
        faults_hint="Que dit-on au citoyen quand un ministère ne répond plus ? Choisissez une panne, puis demandez.",
        faults={
            "none": "Normal",
            "hang": "Muet",
            "error": "Erreur 500",
            "throttled": "Saturé 429",
            "maintenance": "Maintenance",
            "malformed": "Réponse abîmée",
            "other": "Autre panne",
        },
        calls="Appels reçus",
        columns=("Heure", "Système", "Appel", "Réponse"),
        waiting="attend…",
        no_answer="sans réponse",
        later="Laisser passer 20 minutes",
        reset="Tout remettre à zéro",
        failed="Impossible : le dossier a changé entre-temps.",
    ),
    "en": CounterWords(
        link="Behind the counter",
        title="Behind the counter",
        hint="The administration’s side: pick a file, ask about it on a phone, move it, ask again. "
        "Everything here is invented.",
        applications="Files",
        complaints="Complaints",
        appointments="Appointments",
        nothing="Nothing yet.",
        ask="Ask on the phone",
        copy="Copy {value} into the phone",
        moves={"next": "Next state", "send_back": "Send back", "refuse": "Refuse", "cancel": "Cancel"},
        states={
            "open": "in progress",
            "returned": "to be completed",
            "approved": "approved",
            "refused": "refused",
            "closed": "closed",
            "other": "unknown code",
        },
        systems={
            "registration": "Papers and civil status",
            "workflow": "Case steps",
            "registries": "Registries",
            "permits": "Town planning",
            "benefits": "Benefits",
            "open311": "Complaints",
            "scheduler": "Appointments",
            "xroad": "Exchange",
        },
        faults_title="Faults on demand",
        faults_hint="What is a citizen told when a ministry’s server is down? Choose a fault, then ask on a phone.",
        faults={
            "none": "Normal",
            "hang": "Silent",
            "error": "Error 500",
            "throttled": "Busy 429",
            "maintenance": "Maintenance",
            "malformed": "Garbled",
            "other": "Another fault",
        },
        calls="Calls received",
        columns=("Time", "System", "Call", "Answer"),
        waiting="waiting…",
        no_answer="no answer",
        later="Let 20 minutes pass",
        reset="Start again",
        failed="That cannot be done: the file has changed meanwhile.",
    ),
}
