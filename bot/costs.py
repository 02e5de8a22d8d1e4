"""What `dalil costs` prints."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from bot.ports import Spent

UNKNOWN = "unknown"


def cost_table(rows: Sequence[tuple[str, str, Spent]], currency: str) -> Table:
    """Day, country and what was spent; the last row is the sum."""
    table = Table("day (UTC)", "country")
    for title in ("segments", f"cost ({currency})", "without a price"):
        table.add_column(title, justify="right")
    for day, country, spent in rows:
        table.add_row(day, country or "other", *_cells(spent))
    table.add_section()
    table.add_row("all", "", *_cells(total([spent for *_, spent in rows])))
    return table


def total(rows: Sequence[Spent]) -> Spent:
    return Spent(*(sum(column) for column in zip(*((r.segments, r.micros, r.unpriced) for r in rows), strict=True)))


def _cells(spent: Spent) -> tuple[str, str, str]:
    """A cost that is known only in part is a lower bound, and says so."""
    cost = f"{spent.micros / 1_000_000:.4f}"
    if spent.unpriced:
        cost = UNKNOWN if spent.unpriced == spent.segments else f"≥ {cost}"
    return str(spent.segments), cost, str(spent.unpriced)
