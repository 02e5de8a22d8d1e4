"""The repository tests itself: what is written is done, what is done is written, and the house rules hold."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import typer
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from actions.registry import build_actions
from bot.bootstrap import open_knowledge
from bot.cli import app
from bot.settings import PROJECT, Settings
from connectors.channels.telegram import TelegramConfig
from connectors.channels.twilio import TwilioConfig
from connectors.channels.webchat import WebChatConfig
from connectors.channels.whatsapp import WhatsAppConfig
from connectors.registry import build_channels
from tests.contracts.channel_cases import CASES
from tests.contracts.channel_subjects import SUBJECTS, nowhere
from tests.fakes import InMemoryAttempts

MAX_LINES = 400
STEPS = "①②③④⑤⑥⑦⑧"

# ---- reading the repository ----------------------------------------------------------------------------------------


@cache
def tracked() -> tuple[str, ...]:
    """Every file that git keeps or would keep: nothing that .gitignore names, deleted files left out."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True).stdout.decode().split("\0")
    return tuple(sorted(name for name in set(names) if name and (PROJECT / name).is_file()))


@cache
def text_of(name: str) -> str:
    """A tracked file's text; "" where it is no text."""
    try:
        return (PROJECT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def files(suffix: str) -> list[str]:
    return [name for name in tracked() if name.endswith(suffix)]


@cache
def documentation() -> str:
    """README, CONTRIBUTING and everything under docs/ and deploy/."""
    pages = [name for name in files(".md") if "/" not in name or name.startswith(("docs/", "deploy/"))]
    return "\n".join(text_of(name) for name in pages)


@cache
def domain() -> dict[str, list[str | dict[str, object]]]:
    return yaml.safe_load(text_of("domain.yml"))


def names_in(section: str) -> list[str]:
    """The names in a list of domain.yml: an entry is a name, or a name with its options."""
    return [name for entry in domain()[section] for name in ([entry] if isinstance(entry, str) else entry)]


# ---- settings ------------------------------------------------------------------------------------------------------


def settings_of(model: type[BaseModel], prefix: str = "DALIL_") -> Iterator[tuple[str, str]]:
    """Every setting with its default as docs/configuration.md writes it."""
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from settings_of(field.annotation, f"{prefix}{name.upper()}__")
        else:
            yield prefix + name.upper(), written_default(field)


def written_default(field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True)
    if default is None or default in ("", (), {}):
        return "–"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, Path):
        return f"`{default.relative_to(PROJECT)}`"
    return f"`{default}`"


def documented_settings() -> dict[str, str]:
    rows = re.findall(r"^\| `(DALIL_[A-Z_]+)` \| ([^|]+) \|", text_of("docs/configuration.md"), re.MULTILINE)
    return {name: default.strip() for name, default in rows}


def test_every_setting_is_documented_with_its_default_and_nothing_else_is() -> None:
    assert documented_settings() == dict(settings_of(Settings))


def test_no_file_names_a_setting_that_does_not_exist() -> None:
    for_rasa = set(re.findall(r"\$\{(DALIL_[A-Z_]+)\}", text_of("endpoints.yml")))
    of_tests = set(re.findall(r"`(DALIL_[A-Z_]+)`", text_of("CONTRIBUTING.md")))
    known = set(dict(settings_of(Settings))) | for_rasa | of_tests
    groups = {name[: name.index("__") + 2] for name in known if "__" in name}

    named = {
        (name, setting)
        for name in tracked()
        for setting in re.findall(r"\bDALIL_[A-Z][A-Z_]*\b", text_of(name))
        if setting not in known | groups and name != "tests/test_project.py"
    }

    assert named == set()


# ---- Rasa and actions ----------------------------------------------------------------------------------------------


def test_the_domain_lists_exactly_the_actions_that_are_implemented() -> None:
    actions = build_actions(
        knowledge=open_knowledge(Settings()),
        cases=None,
        attempts=InMemoryAttempts(),
        clock=lambda: pytest.fail("asked"),
    )

    assert sorted(names_in("actions")) == sorted(action.name() for action in actions)


def test_every_intent_of_the_domain_has_examples_and_no_other_intent_has() -> None:
    given_by_rasa = {"nlu_fallback"}
    intents = set(names_in("intents"))
    data = [yaml.safe_load(text_of(name)) for name in files(".yml") if name.startswith("nlu_data/")]
    with_examples = {entry["intent"] for file in data for entry in file.get("nlu", ()) if "intent" in entry}

    assert with_examples == intents - given_by_rasa


def test_every_intent_of_the_domain_starts_a_rule() -> None:
    rules = yaml.safe_load(text_of("nlu_data/rules.yml"))["rules"]
    first = {rule["steps"][0].get("intent") for rule in rules}

    assert set(names_in("intents")) <= first


# ---- channels ------------------------------------------------------------------------------------------------------


def channel_names() -> list[str]:
    channels = build_channels(
        twilio=TwilioConfig(account_sid="AC" + "0" * 32, auth_tokens=("t",), public_url="https://dalil.example"),
        telegram=TelegramConfig(token="1:t", secret_token="s"),
        whatsapp=WhatsAppConfig(phone_number_id="1", access_token="a", app_secrets=("s",), verify_token="v"),
        webchat=(WebChatConfig(secrets=("s",), origins=()), nowhere),
        console=str,
    )
    return sorted(channels)


def test_every_channel_module_is_in_the_registry() -> None:
    modules = [name for name in files(".py") if name.startswith("connectors/channels/")]
    named = [match[1] for name in modules if (match := re.search(r'^NAME = "(\w+)"', text_of(name), re.MULTILINE))]

    assert sorted(named) == channel_names()


@pytest.mark.parametrize("name", channel_names())
def test_every_channel_is_documented(name: str) -> None:
    assert re.search(rf"\b{name}\b", documentation() + text_of("connectors/ADDING_A_CHANNEL.md"), re.IGNORECASE)


@pytest.mark.parametrize("name", [name for name in channel_names() if name != "console"])  # it has no webhook
def test_every_channel_has_a_contract_subject_and_cases(name: str) -> None:
    assert name in {subject.name for subject in SUBJECTS}
    assert name in {case.subject.name for case in CASES}


# ---- documentation -------------------------------------------------------------------------------------------------


def make_targets() -> list[str]:
    return text_of("Makefile").partition(".PHONY:")[2].partition("\n")[0].split()


@pytest.mark.parametrize("target", make_targets())
def test_every_make_target_is_documented(target: str) -> None:
    assert f"make {target}" in documentation()


@pytest.mark.parametrize("command", sorted(typer.main.get_command(app).commands))
def test_every_dalil_command_is_documented(command: str) -> None:
    assert f"`dalil {command}" in documentation()


def test_no_document_names_a_command_or_target_that_does_not_exist() -> None:
    commands = set(re.findall(r"`(?:\.venv/bin/)?dalil ([a-z-]+)", documentation()))
    targets = set(re.findall(r"`make ([a-z-]+)`", documentation()))

    assert commands - set(typer.main.get_command(app).commands) == set()
    assert targets - set(make_targets()) == set()


def anchors(name: str) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    headings = re.findall(r"^#+ (.+)$", text_of(name), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", files(".md"))
def test_every_relative_link_leads_somewhere(page: str) -> None:
    prose = re.sub(r"^```.*?^```", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = ((PROJECT / page).parent / path).resolve() if path else PROJECT / page
        known = target.is_file() and str(target.relative_to(PROJECT)) in tracked()
        if not (known or target.is_dir()) or (anchor and anchor not in anchors(str(target.relative_to(PROJECT)))):
            broken.append(link)

    assert broken == []


@pytest.mark.parametrize("page", ["README.md", "docs/architecture.md"])
def test_the_eight_steps_name_files_that_exist_and_say_so_themselves(page: str) -> None:
    rows = dict(re.findall(rf"^\| ([{STEPS}]) \| \[([^\]]+)\]\(", text_of(page), re.MULTILINE))

    assert "".join(rows) == STEPS
    assert {step: name for step, name in rows.items() if name not in tracked()} == {}


def test_a_file_that_numbers_itself_has_the_number_of_the_readme() -> None:
    rows = dict(re.findall(rf"^\| ([{STEPS}]) \| \[([^\]]+)\]\(", text_of("README.md"), re.MULTILINE))
    own = {name: match[1] for name in files(".py") if (match := re.match(rf'"""([{STEPS}]) ', text_of(name)))}

    assert {step: name for step, name in rows.items() if own.get(name, step) != step} == {}
    assert set(own.values()) >= set("①②③④⑤⑧")


def adrs() -> list[str]:
    return [name for name in files(".md") if re.match(r"docs/adr/\d{4}-", name)]


def test_the_decisions_are_numbered_without_a_gap_and_listed() -> None:
    assert [int(Path(name).name[:4]) for name in adrs()] == list(range(1, len(adrs()) + 1))
    assert [name for name in adrs() if Path(name).name not in text_of("docs/adr/README.md")] == []
    assert [name for name in adrs() if Path(name).name not in text_of("docs/architecture.md")] == []


@pytest.mark.parametrize("page", adrs())
def test_every_decision_has_context_decision_status_and_consequences(page: str) -> None:
    assert re.findall(r"^## (.+)$", text_of(page), re.MULTILINE) == ["Context", "Decision", "Status", "Consequences"]
    assert text_of(page).startswith(f"# {Path(page).name[:4]} ")


def test_the_glossary_has_every_term_in_three_languages_and_in_order() -> None:
    rows = [line.strip("|").split("|") for line in text_of("docs/glossary.md").splitlines() if line.startswith("| ")]
    terms = [[cell.strip() for cell in row] for row in rows[1:]]

    assert [term for term in terms if len(term) != 4 or not all(term)] == []
    assert [term[0] for term in terms if not re.search(r"[ء-ي]", term[3])] == []
    assert [term[0].lower() for term in terms] == sorted(term[0].lower() for term in terms)


# ---- house rules ---------------------------------------------------------------------------------------------------


def test_no_python_file_is_longer_than_the_limit() -> None:
    lengths = {name: len(text_of(name).splitlines()) for name in files(".py")}

    assert {name: lines for name, lines in lengths.items() if lines > MAX_LINES} == {}


def test_package_files_are_empty_so_that_rasa_can_import_through_them() -> None:
    assert (PROJECT / "bot/__init__.py").read_bytes() == b""
    assert [name for name in files("/__init__.py") if text_of(name)] == []


# Written in pieces, so that this file does not name what it looks for.
LOCAL_PATH = re.compile(r"(?<![\w.:/}$-])/(?:" + "|".join(["home", "root", "work", "Users"]) + r")/\w")
PACKAGE_INDEX = re.compile("|".join([r"(?:pypi|test\.pypi)\." + "org/simple", "files.pythonhosted" + r"\.org"]))
INDEX_OPTION = re.compile(r"--(?:extra-)?index-" + r"url[= ]\s*[\w\"'$]|--find-" + r"links[= ]\s*[\w\"'$/.]")


@pytest.mark.parametrize(
    "pattern",
    [LOCAL_PATH, PACKAGE_INDEX, INDEX_OPTION],
    ids=["a developer's path", "a package index", "an index option"],
)
def test_no_file_names(pattern: re.Pattern[str]) -> None:
    found = {f"{name}: {match[0]}" for name in tracked() for match in pattern.finditer(text_of(name))}

    assert found == set()


READS_ENVIRONMENT = {
    "bot/settings.py": "pydantic-settings does, for everybody",
    "bot/cli.py": "sets the default of DALIL_SANDBOX before the settings are read",
    "bot/processes.py": "passes the environment on to the child processes",
}


def test_only_settings_reads_the_environment() -> None:
    def reads(name: str) -> bool:
        return any(
            (isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.environb", "os.getenv"})
            or (isinstance(node, ast.ImportFrom) and node.module == "os" and "env" in ast.unparse(node))
            for node in ast.walk(ast.parse(text_of(name)))
        )

    ours = [name for name in files(".py") if name.split("/")[0] in {"bot", "actions", "connectors", "knowledge"}]

    assert {name for name in ours if reads(name)} <= set(READS_ENVIRONMENT)


def test_every_exception_from_a_lint_rule_says_why() -> None:
    """One line may carry the reason for those directly below it."""
    bare = []
    for name in files(".py"):
        explained = ""
        for number, line in enumerate(text_of(name).splitlines(), 1):
            exception = re.search(r"# (?:noqa: (?P<rule>[A-Z]+\d+)|type: ignore\[)(?P<reason>.*)$", line)
            blanket = re.search(r"# (?:noqa|type: ignore)\s*$", line)
            if blanket or (
                exception and exception["rule"] and not exception["reason"] and exception["rule"] != explained
            ):
                bare.append(f"{name}:{number}")
            explained = exception["rule"] or "" if exception else ""

    assert bare == []
