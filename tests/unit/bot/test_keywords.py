"""The words that work whatever the NLU thinks: data, so the data is what is tested."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot.keywords import Keyword, keyword_in, load_keywords

VARIETIES = {"fr", "ar", "ary", "ary-Latn"}
EVALUATION = sorted((Path(__file__).parents[2] / "evaluation").glob("*.jsonl"))

SAID = {
    Keyword.STOP: """
        STOP | stop! | /stop | Stop svp | stop stop stop | stooop | ARRET | arrêt | Arrêtez. | arrêtez de m'écrire
        arrête de m'envoyer des messages stp | arrêtez tous ces sms | ne m'écrivez plus | ne m’envoyez plus rien
        je ne veux plus recevoir de messages | je veux plus vos messages | désabonnez-moi | se désabonner | unsubscribe
        laissez-moi tranquille | merci d'arrêter les messages
        توقف | قف | أوقف | أوقفوا | توقفوا من فضلكم | أوقفوا الرسائل | لا أريد رسائلكم | لا أريد تلقي الرسائل بعد الآن
        لا تراسلوني أبدا | إلغاء الاشتراك | لا ترسلوا لي أي رسالة
        حبس | حبسو | حبسوا الرسائل | وقف | وقفو هاد الميساجات | باركا من الرسائل | ما بقيتش باغي الرسائل
        مابقيتش باغية هاد الميساجات | ما تبقاوش تصيفطو ليا | صافي حبسو عليا هاد الرسائل | عافاك حبس
        احبس | ما تبعثوليش رسايل | ماني حاب رسايل | بركاو | ما عدتش نحب هذ الرسائل | خليوني هاني
        ماني باغي الرسائل | لا ترسلولي شي | ما نبغي رسائلكم
        7bess | 7bes | 7abess | 7bs | hbess | habes | 7bso 3liya les messages | wa9ef | w9ef | wa9fo had les msg
        mab9itch baghi messages | ma bqitch baghi les messages | matb9awch tsifto liya | ma tb3atouliche messages
        baraka mn les sms | khelliwni f ti9ar | safi 7bess
        S T O P | s.t.o.p. | S-T-O-P !! | s_t_o_p | S T O P svp | stop!! | **stop** | STOP… | «stop» | ST0P
        st0p!! | 5top | ＳＴＯＰ | SToP | 🛑 | 🛑🛑🛑 | ⛔ | 🚫!! | ⛔️ 🛑 | 🛑 stop | stop 🛑🛑
        ح ب س | ت و ق ف | ت.و.ق.ف | حـــبس | تـوقـف! | ستوب | سطووووب
    """,
    Keyword.NO_MORE: "ma bqitch baghi | mab9itch baghi | ما بقيتش باغي | مابقيتش بغيت",
    Keyword.START: """
        START | /start | start svp | unstop | reprendre | réactiver | je veux reprendre
        ابدأ | استئناف | إعادة الاشتراك | بدا | رجع | رجع ليا الرسائل | بغيت نرجع | bda | rje3 | bghit nrje3
    """,
    Keyword.MORE: "suite | la suite | plus | encore | المزيد | التتمة | زيد | للباقي | zid | kemel",
    Keyword.FORGET: """
        SUPPRIMER | supprime | supprimez mes données | effacer mes données svp | effacez tout ce que vous avez sur moi
        je veux supprimer mes données | oubliez-moi | delete my data | droit à l'oubli | comment supprimer mes données ?
        احذف | واحذف | احذفوا بياناتي | حذف جميع بياناتي | أريد حذف معلوماتي | امسحوا كل ما لديكم عني
        مسح | مسح ليا كلشي | مسحو ليا المعلومات ديالي | حيدو المعلومات ديالي عافاكم | بغيت نمسح المعلومات ديالي
        امحيو كلش | نحي المعلومات تاعي | فاصيو ليا المعلومات تاعي | امسح معلوماتي
        mse7 | mse7 lma3lomat dyali | 7aydo liya lma3lomat dyali | bghit nmse7 lma3lomat dyali | nahi l ma3loumat ta3i
        supprimi ldata dyali | faci lma3loumat nta3i
    """,
    Keyword.KEPT: """
        VIE PRIVEE | vie privée | confidentialité | RGPD | mes données personnelles | que gardez-vous sur moi ?
        qu'est-ce que vous savez de moi | vous gardez quoi sur moi | quelles données avez-vous sur moi
        qui gère ce service ? | my data
        الخصوصية | سياسة الخصوصية | ماذا تحفظون عني؟ | ماذا تعرف عني | ما هي البيانات التي تحفظونها عني | حماية المعطيات
        من المسؤول عن هذه الخدمة
        شنو كتخبيو عليا | شنو عندكم عليا؟ | شنو كتعرفو عليا | المعلومات ديالي | وش عندكم عليا | واش تعرفو عليا
        شنهو اللي تعرفو عني | شكون مول هاد السيرفيس
        chno katkhebbiw 3liya | chno 3ndkom 3lia | chnou kat3rfo 3liya | wach 3andkoum 3liya | data dyali
    """,
    Keyword.EXPORT: """
        export my data | export | donne-moi mes données | envoyez-moi toutes mes données svp | exporter mes données
        je veux une copie de mes données personnelles | je veux récupérer mes données | droit d'accès
        أرسل لي بياناتي | أعطوني معلوماتي من فضلكم | أريد نسخة من بياناتي | تصدير بياناتي | أرسل لي كل ما لديكم عني
        عطيني المعلومات ديالي | صيفطو ليا كاع المعلومات ديالي عافاكم | ابعثلي المعلومات تاعي | بغيت نشوف المعلومات ديالي
        عطيني معلوماتي | عطيني كلشي اللي عندكم عليا
        3tini lma3lomat dyali | 3afak sift liya lma3lomat dyali | bghit nchouf lma3lomat dyali | b3atli lma3loumat ta3i
    """,
    Keyword.FOLLOWED: """
        quels dossiers suivez-vous ? | quels dossiers est-ce que vous suivez pour moi | mes suivis
        which files do you follow
        ما هي الملفات التي تتابعها لي؟ | أي ملفات تتابع | ملفاتي المتابعة | شنو كتتبع ليا | أشمن ملفات كتتبع ليا ؟
        شنو هما الملفات اللي كتتبع | chno kattba3 liya | achmn dossiers kattba3 liya ?
    """,
    Keyword.UNFOLLOW: """
        ne me suis plus | Ne me suivez plus svp | arrêtez de suivre mon dossier | arrête le suivi | ne me prévenez plus
        je ne veux plus être prévenu | unfollow | لا تتابع ملفي | أوقف متابعة الملف | إيقاف المتابعة
        لا تخبرني بعد الآن
        ما تبقاش تتبع | ما تبقاش تتبع الملف ديالي | ماتتبعش الملف ديالي | حبس التتبع عافاك
        matb9ach ttba3 dossier dyali
        ma tb9ach ttba3 | 7bess suivi
    """,
}

NOT_SAID = """
    où s'arrête le tram ? | où faut-il arrêter la voiture pour la vignette
    arrêt de travail | attestation d'arrêt maladie
    comment supprimer une mention du casier judiciaire | effacer une condamnation du casier | arrêt de bus
    envoyez-moi les documents du passeport | je veux une copie de l'acte de naissance | donne-moi mes papiers
    عطيني المعلومات على الباسبور | أريد نسخة من عقد الازدياد | 3tini lma3lomat 3la lacarte | bghit nskha mn lakt
    je veux arrêter mon activité d'auto-entrepreneur | données du recensement | protection sociale
    شنو خاصني باش نزور الحبس | عندي خويا فالحبس | واش الحبس كيبان فالسجل العدلي | كيفاش نوقف الكريدي | توقف العمل
    حذف اسم من الحالة المدنية | كيفاش نمسح السوابق من السجل | وقف التنفيذ | قف للشرطة كم الغرامة
    où est le panneau stop 🛑 | j'ai brûlé un stop ⛔ quelle amende | 🛑 c'est quoi le prix du permis ?
    stop ou encore combien coûte la carte | A B C D | permis A B C | S T A R | t o p | 0 | 50 | st0ck | 🙂 | 👍
    ✋ | 🚗 | 🛑🙂 | ما معنى قف في رخصة السياقة | 7bs f casier
    suivi de mon dossier | je veux suivre mon dossier | متابعة ملفي | بغيت نتبع الملف ديالي | fin wsel dossier dyali
    khoya f l7bess | kifach nms7 sawabi9 | wa9ef 3la lwra9 | merci | salam | ok | svp | 3afak | 2 | 0 | ?
"""


def each(lines: str) -> list[str]:
    return [phrase.strip() for line in lines.strip().splitlines() for phrase in line.split("|")]


@pytest.mark.parametrize(("keyword", "phrase"), [(k, phrase) for k, lines in SAID.items() for phrase in each(lines)])
def test_what_citizens_write_is_understood(keyword: Keyword, phrase: str) -> None:
    assert keyword is keyword_in(phrase)


@pytest.mark.parametrize("phrase", each(NOT_SAID))
def test_the_same_words_inside_a_question_mean_nothing(phrase: str) -> None:
    assert keyword_in(phrase) is None


@pytest.mark.parametrize("word", ["oui", "نعم", "اه", "واه", "wah", "iyeh", "oui supprimez tout", "je confirme"])
def test_a_yes_is_known_for_the_one_question_that_needs_it(word: str) -> None:
    assert keyword_in(word) is Keyword.CONFIRM


def test_no_labelled_question_is_taken_for_a_keyword() -> None:
    """Of 2,000 messages only those that are labelled as a stop, a yes or no, or small talk may be one."""
    harmless = {Keyword.STOP: {"stop"}, Keyword.NO_MORE: {"stop", "deny"}, Keyword.CONFIRM: {"affirm"}}
    rows = [json.loads(line) for path in EVALUATION for line in path.read_text("utf-8").splitlines()]

    taken = {
        (keyword, row["text"])
        for row in rows
        if (keyword := keyword_in(row["text"])) and row["intent"] not in harmless.get(keyword, set())
    }

    assert len(rows) > 1_000
    assert set() == taken


@pytest.mark.parametrize("keyword", [k for k in Keyword if k is not Keyword.NO_MORE])
def test_every_keyword_has_words_in_every_variety(keyword: Keyword) -> None:
    assert {v for v, patterns in load_keywords().patterns(keyword).items() if patterns} >= VARIETIES


@pytest.mark.parametrize("keyword", Keyword)
def test_every_pattern_is_read_as_its_own_keyword(keyword: Keyword) -> None:
    """Twenty random phrases of each pattern: none belongs to two lists, and none is longer than a keyword may be."""
    chance = random.Random(7)
    for patterns in load_keywords().patterns(keyword).values():
        for pattern in patterns:
            for _ in range(20):
                words = (word.removesuffix("?").split("|") + [""] * word.endswith("?") for word in pattern.split())
                phrase = " ".join(filter(None, map(chance.choice, words)))
                assert keyword is keyword_in(phrase), (pattern, phrase)


def test_a_list_that_is_misspelt_is_named(tmp_path: Path) -> None:
    file = tmp_path / "keywords.yaml"
    file.write_text("longest: 9\naround: []\nstpo: {}\n")

    with pytest.raises(ValidationError, match="stpo"):
        load_keywords(file)
