"""A search made from the one before answers exactly as one made anew, whatever was changed, added or removed."""

from __future__ import annotations

import random

import numpy as np
import pytest

from knowledge.embedding import Vectors
from knowledge.faq import FaqEntry
from knowledge.loader import Catalogue
from knowledge.procedures import Country, Phrases, Procedure
from knowledge.search import Search, SearchResult
from knowledge.settings import load_settings, load_words
from tests.fakes import TrigramEmbedder

SIZE = 24  # sheets to begin with, of which a quarter are questions
STEPS = 6
SETTINGS, WORDS = load_settings(), load_words()
ASKED = (
    "ch7al f casier judiciaire w fin n9dmo",
    "renouveler passeport",
    "reouveler pasport",  # letters are missing
    "njdd lpassport l wldi",
    "كم مدة صلاحية جواز السفر؟",
    "شنو خاصني باش نجدد لاكارط",
    "certificat",
    "et pour mon fils ?",
    "timbre",
    "zzz qqq",
    "",
)


class CountingEmbedder(TrigramEmbedder):
    """Remembers how many texts it was given."""

    def __init__(self) -> None:
        self.texts = 0

    def encode(self, texts: list[str]) -> Vectors:
        self.texts += len(texts)
        return super().encode(texts)


def anew(sheets: list[Procedure]) -> Search:
    return Search(Catalogue.of(tuple(sheets)), TrigramEmbedder(), SETTINGS, WORDS)


def found(result: SearchResult) -> tuple[object, ...]:
    """All that a search found, without the time that it took."""
    return (
        [(hit.procedure, hit.score, hit.lexical, hit.dense) for hit in result.hits],
        [(hit.procedure, hit.score, hit.lexical, hit.dense) for hit in result.rejected],
    )


def assert_alike(one: Search, other: Search, texts: list[str]) -> None:
    """Both give every text the same scores for every sheet, to the last bit."""
    assert list(one.catalogue) == list(other.catalogue)
    for text in texts:
        for of_one, of_other in ((one._lexical, other._lexical), (one._lexical_of_all, other._lexical_of_all)):
            np.testing.assert_array_equal(of_one.score(text), of_other.score(text))
            np.testing.assert_array_equal(of_one.whole_name(text), of_other.whole_name(text))
        np.testing.assert_array_equal(one._dense.score(text), other._dense.score(text))
        assert one.names_nothing(text) == other.names_nothing(text)
        for country in Country:
            assert found(one.search(text, country)) == found(other.search(text, country))
    for sheet in one.catalogue:
        assert one.generality(sheet) == other.generality(sheet)
        assert one.variant_of(sheet, "pour mon fils mineur") == other.variant_of(sheet, "pour mon fils mineur")


def asked_about(sheets: list[Procedure], chance: random.Random) -> list[str]:
    """Fixed questions, and some in the words of the sheets: as written, and with a letter left out."""
    said = [chance.choice([*sheet.aliases.all(), *sheet.questions.all()]) for sheet in chance.sample(sheets, 8)]
    return [*ASKED, *said, *(text[:3] + text[4:] for text in said)]


def edited(sheet: Procedure, others: list[Procedure], chance: random.Random) -> Procedure:
    """`sheet` with words of another one, or with new ones that nobody else has, or with fewer."""
    other = chance.choice(others)
    kept = sheet.aliases.fr[: chance.randrange(len(sheet.aliases.fr) + 1)]
    changes = (
        {"title": other.title},
        {"short_title": sheet.short_title.model_copy(update={"fr": f"Mot{chance.randrange(1000)}neuf"})},
        {"questions": other.questions},
        {"aliases": Phrases.model_validate(sheet.aliases.model_dump(by_alias=True) | {"fr": kept})},
        {"aliases": Phrases()},
        {"related": (other.id,)},
        {},  # the same words, read anew
    )
    return sheet.model_copy(update=chance.choice(changes))


def next_version(sheets: list[Procedure], spare: list[Procedure], chance: random.Random) -> list[Procedure]:
    """The sheets after an editor's day: some edited, some gone, some new, the rest the same objects."""
    kept = [sheet for sheet in sheets if chance.random() > 0.1]
    after = [edited(sheet, sheets, chance) if chance.random() < 0.15 else sheet for sheet in kept]
    ids = {sheet.id for sheet in after}
    return [*after, *(sheet for sheet in chance.sample(spare, 2) if sheet.id not in ids)]


@pytest.mark.parametrize("seed", range(4))
def test_after_any_changes_every_score_is_that_of_a_new_search(seed: int, catalogue: Catalogue) -> None:
    chance = random.Random(seed)
    questions = [sheet for sheet in catalogue if isinstance(sheet, FaqEntry)]
    procedures = [sheet for sheet in catalogue if not isinstance(sheet, FaqEntry)]
    sheets = [*chance.sample(procedures, SIZE - SIZE // 4), *chance.sample(questions, SIZE // 4)]
    search = anew(sheets)
    for _ in range(STEPS):
        sheets = next_version(sheets, [*procedures, *questions], chance)
        search = search.with_catalogue(Catalogue.of(tuple(sheets)))

        assert_alike(search, anew(sheets), asked_about(sheets, chance))


@pytest.mark.parametrize("left", [0, 1])
def test_all_sheets_but_one_or_none_may_go_and_come_back(left: int, catalogue: Catalogue) -> None:
    sheets = list(catalogue)[:8]
    search = anew(sheets).with_catalogue(Catalogue.of(tuple(sheets[:left])))

    assert_alike(search, anew(sheets[:left]), list(ASKED))
    assert_alike(search.with_catalogue(Catalogue.of(tuple(sheets))), anew(sheets), list(ASKED))


def test_the_old_search_goes_on_as_before(catalogue: Catalogue) -> None:
    sheets, chance = list(catalogue)[:SIZE], random.Random(5)
    texts = asked_about(sheets, chance)
    search = anew(sheets)
    before = [found(search.search(text, Country.MA)) for text in texts]

    search.with_catalogue(Catalogue.of(tuple(next_version(sheets, list(catalogue), chance))))

    assert [found(search.search(text, Country.MA)) for text in texts] == before
    assert_alike(search, anew(sheets), texts)


def test_only_the_changed_sheet_is_read_again(catalogue: Catalogue) -> None:
    sheets, embedder = list(catalogue)[:SIZE], CountingEmbedder()
    search = Search(catalogue.of(tuple(sheets)), embedder, SETTINGS, WORDS)
    sheets[3] = sheets[3].model_copy(update={"questions": sheets[4].questions})
    embedder.texts = 0

    changed = search.with_catalogue(Catalogue.of(tuple(sheets)))

    assert 0 < embedder.texts == len(changed._dense.vectors_of(sheets[3]))
    assert changed._read[sheets[4].id] is search._read[sheets[4].id]
