"""What operators are given fits the code: dashboard, alert rules and documentation name the metrics that exist."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import yaml

from bot.metrics import Metrics
from bot.settings import PROJECT


@cache
def metrics() -> dict[str, frozenset[str]]:
    """Every name that a query may use, with its labels."""
    names: dict[str, frozenset[str]] = {}
    for one in Metrics().registry._collector_to_names:
        labels = frozenset(one._labelnames)
        match one._type:
            case "counter":
                names[f"{one._name}_total"] = labels
            case "histogram":
                names |= {f"{one._name}_{part}": labels | {"le"} for part in ("bucket", "sum", "count")}
            case _:
                names[one._name] = labels
    return names


def families() -> set[str]:
    """The names as documents write them."""
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in metrics()}


@cache
def dashboard() -> dict[str, Any]:
    board: dict[str, Any] = json.loads((PROJECT / "deploy/grafana/dalil.json").read_text())
    return board


def panels() -> list[dict[str, Any]]:
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


@cache
def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((PROJECT / "deploy/prometheus/alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def queries() -> Iterator[tuple[str, str]]:
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"]
    for rule in rules():
        yield rule["alert"], rule["expr"]


@pytest.mark.parametrize(("where", "query"), list(queries()))
def test_every_query_names_metrics_and_labels_that_exist(where: str, query: str) -> None:
    names = set(re.findall(r"\bdalil_\w+", query))
    assert names
    assert names - set(metrics()) == set()

    for name, chosen in re.findall(r"(dalil_\w+)\{([^}]*)\}", query):
        assert set(re.findall(r"(\w+)\s*[=!]", chosen)) - metrics()[name] == set()
    given = set.union(*({*metrics()[name], "instance"} for name in names))
    for grouped in re.findall(r"by \(([^)]*)\)", query):
        assert {label.strip() for label in grouped.split(",")} - given == set()


@pytest.mark.parametrize(("where", "query"), list(queries()))
def test_every_query_is_whole(where: str, query: str) -> None:
    """Not a parser of PromQL: brackets close, rates have a range, gauges have none, counters always have one."""
    for opened, closed in ("()", "{}", "[]"):
        assert query.count(opened) == query.count(closed)
    for name in re.findall(r"\bdalil_\w+", query):
        counts = name.endswith(("_total", "_bucket"))
        ranged = re.search(rf"(rate|increase)\({name}(\{{[^}}]*\}})?\[[$\w]+\]", query)
        assert bool(ranged) == counts, name


def test_the_legend_of_a_panel_names_labels_that_its_query_keeps() -> None:
    for panel in panels():
        for target in panel["targets"]:
            kept = {
                label.strip() for found in re.findall(r"by \(([^)]*)\)", target["expr"]) for label in found.split(",")
            }
            assert set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) <= kept, panel["title"]


def test_the_dashboard_shows_every_metric() -> None:
    shown = {name for panel in panels() for t in panel["targets"] for name in re.findall(r"\bdalil_\w+", t["expr"])}

    assert families() - {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown} == set()


def test_the_dashboard_is_one_that_grafana_imports() -> None:
    board = dashboard()

    assert {"title", "uid", "schemaVersion", "panels", "templating", "time"} <= set(board)
    ids = [panel["id"] for panel in board["panels"]]
    assert len(ids) == len(set(ids))
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not taken & cells, panel["title"]
        taken |= cells
    for panel in panels():
        assert panel["datasource"]["uid"] == "${datasource}"
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"])


def test_every_alert_says_how_urgent_it_is_and_what_it_means() -> None:
    names = [rule["alert"] for rule in rules()]

    assert len(names) == len(set(names))
    for rule in rules():
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"]


@pytest.mark.parametrize("alert", [rule["alert"] for rule in rules()])
def test_every_alert_has_a_line_in_the_runbook(alert: str) -> None:
    assert f"| `{alert}` |" in (PROJECT / "docs/operations.md").read_text()


def documented() -> dict[str, set[str]]:
    """Metrics with their labels, from docs/metrics.md."""
    rows = re.findall(r"^\| `(dalil_\w+)` \|([^|]*)\|", (PROJECT / "docs/metrics.md").read_text(), re.MULTILINE)
    return {name: set(re.findall(r"`(\w+)`", labels)) for name, labels in rows}


def test_every_metric_is_documented_with_its_labels_and_nothing_else_is() -> None:
    ours = {name: set(metrics().get(name, metrics().get(f"{name}_count", frozenset()))) - {"le"} for name in families()}

    assert documented() == ours


def test_documents_name_no_metric_that_does_not_exist() -> None:
    pages = [*(PROJECT / "docs").glob("*.md"), *(PROJECT / "deploy").glob("**/*.md")]
    named = {name for page in pages for name in re.findall(r"`(dalil_\w+)[`{]", page.read_text())}

    assert named - set(metrics()) - families() == set()


def test_no_label_can_carry_a_person() -> None:
    """A label that is new here must be looked at: its values must be few, and nobody's own."""
    closed = {"channel", "result", "reason", "outcome", "step", "how", "queue", "code", "state", "country", "currency"}
    closed |= {"system", "operation"}  # names of the operator's own systems, and of our methods

    assert {label for labels in metrics().values() for label in labels} == closed | {"priority", "budget", "le"}
