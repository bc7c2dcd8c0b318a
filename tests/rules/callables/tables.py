"""The rows of every public callable: those of its rule, or those of the tables of this package."""

from typing import Any

from all_rows import CASES

from callables import (
    analysis_calls,
    distribution_calls,
    linear_algebra_calls,
    numpy_calls,
    signal_calls,
    sparse_calls,
    special_calls,
)
from callables.public import Public
from callables.rows import Elsewhere

MOST_ROWS = 3  # of a rule; the others are those of tests/rules/test_table.py
MODULES = [
    analysis_calls,
    distribution_calls,
    linear_algebra_calls,
    numpy_calls,
    signal_calls,
    sparse_calls,
    special_calls,
]
TABLES: dict[str, dict[str, Any]] = {
    name: table for module in MODULES for name, table in module.TABLES.items()
}


def rows_of(entry: Public) -> Any:
    """A list of rows; or the reason why there is no derivative."""
    listed = TABLES.get(entry.module, {}).get(entry.name)
    return listed if listed is not None else ruled_rows(entry.function)


def ruled_rows(function: Any) -> list:
    try:
        return CASES.get(function, [])[:MOST_ROWS]
    except TypeError:  # unhashable
        return []


def test_of(entry: Public) -> str:
    """The file with the call that shows the derivative."""
    rows = rows_of(entry)
    if isinstance(rows, Elsewhere):
        return f"`{rows.test}`"
    for module in MODULES:
        if entry.name in module.TABLES.get(entry.module, {}):
            return f"`{module.__name__.replace('.', '/')}.py`"
    return "`test_table.py`"
