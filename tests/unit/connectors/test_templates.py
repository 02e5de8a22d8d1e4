"""The approved texts: what Meta would refuse is refused here, and the ones we have are whole."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from connectors.templates import load_templates

TEXTS = {"ar": "ملفك {{1}} جاهز.", "fr": "Le dossier {{1}} est prêt.", "ary": "الملف {{1}} واجد."}


def loaded(tmp_path: Path, name: str = "one", **changes: object) -> object:
    path = tmp_path / "templates.yaml"
    path.write_text(yaml.safe_dump({name: {"category": "utility", "texts": TEXTS, **changes}}, allow_unicode=True))
    return load_templates(path)[name]


def test_the_stored_templates_are_those_that_dalil_sends() -> None:
    templates = load_templates()

    sent = {"reply_waiting": 0, "status_changed": 1, "appointment_reminder": 3}
    assert {name: one.variables for name, one in templates.items()} == sent
    assert (
        templates["status_changed"].fill("fr", ["PA-2026-004217"]).startswith("L'état de votre dossier PA-2026-004217")
    )


@pytest.mark.parametrize("language", ["ar", "fr", "ary"])
def test_no_placeholder_is_left_in_a_filled_text(language: str) -> None:
    for one in load_templates().values():
        assert "{{" not in one.fill(language, ["x"] * one.variables)


def test_a_value_is_filled_in_as_it_is(tmp_path: Path) -> None:
    assert loaded(tmp_path).fill("fr", [r"{{1}} \1"]) == r"Le dossier {{1}} \1 est prêt."


@pytest.mark.parametrize("variables", [[], ["a", "b"]])
def test_another_number_of_values_is_refused(tmp_path: Path, variables: list[str]) -> None:
    with pytest.raises(ValueError, match="1 variables are due"):
        loaded(tmp_path).fill("fr", variables)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        pytest.param({"texts": {**TEXTS, "fr": "Prêt."}}, "different numbers of placeholders", id="one too few"),
        pytest.param({"texts": {**TEXTS, "fr": "Le {{2}} est {{1}} là."}}, "in the order of the text", id="order"),
        pytest.param({"texts": {**TEXTS, "fr": "{{1}} est prêt."}}, "at the beginning", id="at the beginning"),
        pytest.param({"texts": {**TEXTS, "fr": "Voici {{1}}."}}, "at the end", id="at the end"),
        pytest.param({"texts": {**TEXTS, "fr": "Le {{1}}{{2}} est là."}}, "beside another", id="side by side"),
        pytest.param({"texts": {**TEXTS, "fr": "a" * 1020 + "{{1}} b b b"}}, "longer than 1024", id="too long"),
        pytest.param({"texts": {"fr": TEXTS["fr"]}}, "ar, fr and ary", id="a language is missing"),
        pytest.param({"category": "marketing"}, "utility", id="another category"),
        pytest.param({"name": "Réponse"}, "small letters", id="a name that Meta does not take"),
    ],
)
def test_what_meta_would_not_approve_is_refused(tmp_path: Path, changes: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        loaded(tmp_path, **changes)
