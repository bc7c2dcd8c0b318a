"""Each public callable of NumPy and SciPy that is called by a row has the right derivative.

`make rules` writes the outcome of all of them to docs/rules.md.
"""

import re
from pathlib import Path

import numpy as np
import pytest
from callables.__main__ import TARGET
from callables.judging import judge
from callables.public import Public, public
from callables.rows import Through
from callables.tables import rows_of

ENTRIES = [entry for entries in public().values() for entry in entries]
CALLED = [entry for entry in ENTRIES if not isinstance(rows_of(entry), str) and rows_of(entry)]
DISTRIBUTIONS = [entry for entry in CALLED if entry.module == "scipy.stats"]
LONG = {
    *("scipy.integrate.dblquad", "scipy.integrate.tplquad", "scipy.integrate.nsum"),
    *("scipy.integrate.solve_bvp", "scipy.integrate.odeint", "scipy.integrate.qmc_quad"),
    *("scipy.optimize.fmin_cobyla", "scipy.optimize.differential_evolution"),
    *("scipy.linalg.fractional_matrix_power", "scipy.linalg.expm_cond", "scipy.linalg.logm"),
}
OTHERS = [
    pytest.param(entry, marks=[pytest.mark.slow] if f"{entry.module}.{entry.name}" in LONG else [])
    for entry in CALLED
    if entry.module != "scipy.stats"
]


def name_of(entry):
    return f"{entry.module}.{entry.name}"


@pytest.mark.parametrize("entry", OTHERS, ids=name_of)
def test_right_or_missing(entry):
    verdict = judge(entry, rows_of(entry))
    assert verdict.kind != "wrong", verdict.detail


@pytest.mark.slow
@pytest.mark.parametrize("entry", DISTRIBUTIONS, ids=name_of)
def test_distribution(entry):
    verdict = judge(entry, rows_of(entry))
    assert verdict.kind != "wrong", verdict.detail


def test_page_names_every_callable():
    """Of the versions that it was written with."""
    page = TARGET.read_text(encoding="utf-8")
    if f"NumPy {np.__version__}," not in page:
        pytest.skip("the page was written with another version")
    sections = dict(re.findall(r"\n## (\S+)\n(.*?)(?=\n## |\Z)", page, re.S))
    absent = [name_of(e) for e in ENTRIES if f"| `{e.name}` |" not in sections.get(e.module, "")]
    assert absent == []


def test_nothing_wrong_is_on_the_page():
    assert "| wrong |" not in Path(TARGET).read_text(encoding="utf-8").partition("## math")[2]


def test_a_wrong_derivative_is_found():
    entry = Public("numpy", "floor", np.floor)

    def steep(x):
        return np.floor(1e6 * x) / 1e6  # changes, but its derivative is zero

    assert judge(entry, [Through(steep, (np.array([0.3, 0.7]),))]).kind == "wrong"


def test_a_callable_without_row_is_missing():
    assert judge(Public("numpy", "frombuffer", np.frombuffer), []).kind == "missing"
