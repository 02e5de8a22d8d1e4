"""What the phones page is made of, checked without a browser."""

import re
from pathlib import Path
from string import Formatter

import pytest

import bot.web.phones.routes as routes
from bot.web.phones.words import WORDS, choose_language

HERE = Path(routes.__file__).parent
STYLES = sorted((HERE / "static").glob("*.css"))
SERVED = sorted([*(HERE / "static").iterdir(), *(HERE / "templates").iterdir()])
PHYSICAL = re.compile(
    r"(?<![-\w])(?:(?:margin|padding|border|inset)-)?(?:left|right|top|bottom)\s*:"
    r"|(?<![-\w])(?:min-|max-)?(?:width|height)\s*:"
    r"|text-align\s*:\s*(?:left|right)"
    r"|(?<![-\w])(?:margin|padding|inset)\s*:(?:\s+[^\s;]+){4}\s*;"
)
MEDIA_QUERY = re.compile(r"@media[^{]*")


def sides(css: str) -> list[str]:
    """The declarations of `css` that name a side of the page; conditions on the window's width are none."""
    return PHYSICAL.findall(MEDIA_QUERY.sub("", css))


@pytest.mark.parametrize("style", STYLES, ids=lambda path: path.name)
def test_a_stylesheet_names_no_side_of_the_page(style):
    assert sides(style.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("css", ["a{left:0}", "a { margin-left: 1px }", "a{text-align: right}", "a{ width: 3px; }"])
def test_that_check_sees_a_physical_property(css):
    assert sides(css)


@pytest.mark.parametrize("file", SERVED, ids=lambda path: path.name)
def test_the_page_loads_nothing_from_elsewhere(file):
    text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
    assert re.findall(r"""(?:src|href)=["'](?:https?:)?//|@import|url\(|import\(|from ["']http""", text) == []


@pytest.mark.parametrize("language", ["ar", "fr"])
def test_each_language_fills_in_the_same_values(language):
    def values(texts: dict[str, str]) -> dict[str, set]:
        plural = re.compile(r"_(one|two|few|many)$")
        return {
            key: {name for _, name, _, _ in Formatter().parse(text) if name}
            for key, text in texts.items()
            if not plural.search(key)
        }

    assert values(WORDS[language].script_words) == values(WORDS["en"].script_words)


@pytest.mark.parametrize(
    ("wanted", "accept", "language"),
    [
        pytest.param("ar", "fr-FR,fr;q=0.9", "ar", id="the switch wins"),
        pytest.param("", "fr-MA,fr;q=0.9,en;q=0.8", "fr", id="else the browser's language"),
        pytest.param("", "zgh, ar-MA;q=0.9", "ar", id="else the first that the page has"),
        pytest.param("xx", "de", "en", id="else English"),
    ],
)
def test_the_page_chooses_its_language(wanted, accept, language):
    assert choose_language(wanted, accept) == language
