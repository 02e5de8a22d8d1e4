"""Content is read whole or every mistake is named by file and line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from knowledge.content_yaml import Mistake
from knowledge.loader import Catalogue, ContentError, Remembered, check_content, load_content, main
from knowledge.procedures import Confidence, Country, State

_TABLE = yaml.safe_load((Path(__file__).parent / "data" / "mistakes.yaml").read_text("utf-8"))
_CASES = list(zip(_TABLE[::2], _TABLE[1::2], strict=True))

_SHORT = "short_title: {ar: شهادة ثانية, fr: Attestation 2, ary: شهادة 2}"


def _changed(text: str, change: dict[str, Any]) -> str:
    assert text.count(change["find"]) == 1, "the case changes exactly one place"
    text = text.replace(change["find"], change["put"])
    return _changed(text, change["also"]) if "also" in change else text


def _neighbour(exemple: str) -> str:
    """Another sheet, ma.second, with the example's names: it says so."""
    text = exemple.replace("ma.exemple", "ma.second").replace("official_link:", "related: [ma.exemple]\nofficial_link:")
    return text.replace("short_title: {ar: شهادة المثال, fr: Attestation exemple, ary: شهادة المثال}", _SHORT)


@pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in _CASES])
def test_mistakes(case: dict[str, Any], exemple: str, write: Any) -> None:
    content = write("ma/exemple.yaml", _changed(exemple, case))

    with pytest.raises(ContentError) as caught:
        load_content(content)

    assert [str(m) for m in caught.value.mistakes] == [f"content/ma/exemple.yaml:{line}" for line in case["says"]]


def test_a_sound_sheet_is_read_with_its_types(exemple: str, write: Any) -> None:
    catalogue = load_content(write("ma/exemple.yaml", exemple))

    sheet = catalogue.get("ma.exemple")
    assert sheet is not None
    assert (sheet.country, sheet.fees.items[0].amount, sheet.aliases.ary_latn) == (Country.MA, 20, ("chahadat lmital",))
    assert (catalogue.published, catalogue.drafts, len(catalogue)) == ((sheet,), (), 1)


def test_words_that_yaml_would_turn_into_something_else_stay_text(exemple: str, write: Any) -> None:
    text = exemple.replace("attestation d'exemple, exemple]", "no, 1e3, 0610]")

    sheet = load_content(write("ma/exemple.yaml", text)).get("ma.exemple")

    assert sheet is not None
    assert sheet.aliases.fr == ("no", "1e3", "0610")


def test_one_name_for_two_sheets_is_a_mistake_unless_they_are_neighbours(exemple: str, write: Any) -> None:
    write("ma/exemple.yaml", exemple)
    other = exemple.replace("ma.exemple", "ma.second").replace("fr: [attestation d'exemple, exemple]", "fr: [x]")
    other = other.replace("short_title: {ar: شهادة المثال, fr: Attestation exemple, ary: شهادة المثال}", _SHORT)
    content = write("ma/second.yaml", other)

    _, mistakes = check_content(content)
    assert [(m.path, m.line) for m in mistakes] == [("content/ma/second.yaml", line) for line in (9, 12)]
    assert "is also an alias of ma.exemple" in mistakes[0].message

    write("ma/second.yaml", other.replace("official_link:", "related: [ma.exemple]\nofficial_link:"))
    assert len(load_content(content)) == 2


def test_a_neighbour_with_mistakes_of_its_own_is_not_called_missing(exemple: str, write: Any) -> None:
    write("ma/exemple.yaml", exemple.replace("official_link:", "related: [ma.second]\nofficial_link:"))
    content = write("ma/second.yaml", "id: ma.second\n")

    _, mistakes = check_content(content)

    assert {m.path for m in mistakes} == {"content/ma/second.yaml"}


def test_bad_utf8_is_named_by_line(exemple: str, write: Any) -> None:
    content = write("ma/exemple.yaml", exemple)
    file = content / "ma" / "exemple.yaml"
    file.write_bytes(exemple.encode().replace("Siège".encode(), "Siège".encode("latin-1")))

    assert check_content(content)[1] == (Mistake("content/ma/exemple.yaml", 35, "not UTF-8; save the file as UTF-8"),)


@pytest.mark.parametrize("name", ["exemple.yaml", "fr/exemple.yaml", "ma/old/exemple.yaml", "ma/exemple.yml"])
def test_a_sheet_in_the_wrong_place_is_named(name: str, exemple: str, write: Any) -> None:
    content = write(name, exemple)

    assert [str(m) for m in check_content(content)[1]] == [
        f"content/{name}:1: a sheet lives in content/<ma|dz|mr|faq>/<id>.yaml; move the file"
    ]


def test_an_empty_file_is_named(write: Any) -> None:
    content = write("ma/vide.yaml", "# nothing yet\n")

    assert [str(m) for m in check_content(content)[1]] == [
        "content/ma/vide.yaml:1: the file is empty; write the sheet or delete the file"
    ]


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no content folder"):
        load_content(tmp_path / "nowhere")


def test_only_files_that_changed_are_read_again(exemple: str, write: Any) -> None:
    remembered: Remembered = {}
    folder = write("ma/exemple.yaml", exemple)
    before = load_content(folder, remembered)
    write("ma/second.yaml", _neighbour(exemple))

    after = load_content(folder, remembered)

    assert after.by_id["ma.exemple"] is before.by_id["ma.exemple"]
    assert set(after.by_id) == {"ma.exemple", "ma.second"}
    assert set(remembered) == {folder / "ma" / "exemple.yaml", folder / "ma" / "second.yaml"}

    write("ma/exemple.yaml", exemple.replace("confidence: medium", "confidence: high"))

    assert load_content(folder, remembered).by_id["ma.exemple"].confidence is Confidence.HIGH


def test_a_sheet_read_before_is_still_named_by_line_when_a_new_one_takes_its_name(exemple: str, write: Any) -> None:
    remembered: Remembered = {}
    folder = write("ma/exemple.yaml", exemple)
    load_content(folder, remembered)
    write("ma/aaa.yaml", exemple.replace("ma.exemple", "ma.aaa"))

    _, mistakes = check_content(folder, remembered)

    assert mistakes == check_content(folder)[1] == check_content(folder, remembered)[1]
    assert {(mistake.path, mistake.line) for mistake in mistakes} == {
        ("content/ma/exemple.yaml", line) for line in (7, 9, 10, 12)
    }


def test_hidden_files_are_no_sheets(exemple: str, write: Any) -> None:
    write("ma/.#exemple.yaml", "an editor's lock")

    assert set(load_content(write("ma/exemple.yaml", exemple)).by_id) == {"ma.exemple"}


def test_the_command_lists_the_mistakes(exemple: str, write: Any, capsys: pytest.CaptureFixture[str]) -> None:
    content = write("ma/exemple.yaml", exemple)
    assert (main([str(content)]), capsys.readouterr().out) == (0, "OK: 1 published, 0 drafts\n")

    write("ma/exemple.yaml", exemple.replace("id: ma.exemple", "id: ma.autre"))
    assert main([str(content)]) == 1
    assert capsys.readouterr().out.startswith("content/ma/exemple.yaml:1: the id 'ma.autre'")


def test_the_shipped_content_is_sound(catalogue: Catalogue) -> None:
    assert len(catalogue.published) >= 16
    assert all(procedure.state in State for procedure in catalogue)
