"""The rows of all rules again: other layouts, precisions, fields, sizes, keywords, orders.

A random part in every run, all of them in the slow one.
"""

import warnings

import numpy as np
import pytest
from all_rows import CASES
from variant_checks import (
    REFUSED,
    RIGHT,
    SKIPPED,
    UNDECIDED,
    differentiated,
    of_any_size,
    of_half_precision,
    of_second_order,
    outcome,
)
from variants import Row, Variant, emptied, fields, keywords, layouts, stacks

from adjoint.testing.verdict import InconclusiveCheck

ACCEPTED = {RIGHT, REFUSED, UNDECIDED, SKIPPED}
ROWS = [
    row
    for function, rows in CASES.items()
    for raw in rows[:3]
    if (row := Row.of(function, raw)) is not None
    and function is not np.arange
    and not str(getattr(function, "__module__", "")).endswith(
        "noncentral_slopes"
    )  # sums that take milliseconds each
]
LOST_BY_SCIPY = {  # shapes that the plain call takes by chance
    ("solve_sylvester", "first empty"),
    ("convolve", "no axes"),
    ("eigh", "half precision"),  # the signs of vectors, which the precision decides
    ("vecmat", "order='F'"),  # NumPy 2.4 gives other values
}
ENDLESS = ("obl_", "pro_")  # SciPy 1.17 does not return from some of them in single precision
GROUPS = {
    "layouts": (layouts, differentiated),
    "fields": (fields, differentiated),
    "stacks": (stacks, differentiated),
    "keywords": (keywords, differentiated),
    "sizes": (emptied, of_any_size),
}
WHOLE_ROWS = {"half precision": of_half_precision, "second order": of_second_order}
IN_EVERY_RUN = 40


def wrong_of(group, rows, most=None):
    """What is wrong with the variants of one kind; of `most` of them, chosen by chance."""
    if group in WHOLE_ROWS:
        kept = [row for row in rows if not row.function.__name__.startswith(ENDLESS)]
        cases = [(row, group, WHOLE_ROWS[group], row) for row in kept]
    else:
        vary, check = GROUPS[group]
        cases = [(row, variant.label, check, variant) for row in rows for variant in vary(row)]
    if most is not None:
        chosen = np.random.default_rng(11).permutation(len(cases))[:most]
        cases = [cases[place] for place in chosen]
    found = []
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", InconclusiveCheck)
        for row, label, check, given in cases:
            word = outcome(check, given)
            if word not in ACCEPTED and (row.function.__name__, label) not in LOST_BY_SCIPY:
                found.append(f"{row.function.__name__} {label}: {word[:200]}")
    return found


@pytest.mark.parametrize("group", [*GROUPS, *WHOLE_ROWS])
def test_some_variants(group):
    assert wrong_of(group, ROWS, IN_EVERY_RUN) == []


@pytest.mark.slow
@pytest.mark.parametrize("group", [*GROUPS, *WHOLE_ROWS])
def test_all_variants(group):
    assert wrong_of(group, ROWS) == []


def test_a_lost_derivative_is_found():
    def rounding(x):
        return np.round(x, 9)

    variant = Variant("", rounding, (np.array([0.3, 0.7]),))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert outcome(differentiated, variant) not in ACCEPTED - {UNDECIDED}


def test_wrong_types_are_found():
    row = Row.of(np.sum, (np.array([0.3, 0.7]),))

    class Wide(Row):
        def program(self, change=None, **kwargs):
            return lambda x: x.astype(np.float64) * 2.0 + (x.dtype == np.float32) * x

    assert "wrong" in outcome(of_half_precision, Wide(row.function, row.given, {}, row.places))


@pytest.mark.parametrize(
    "call",
    [
        lambda x, y: np.divide(x, y, out=np.zeros(3), where=np.array([True, False, True])),
        lambda x, y: np.where([True, False, True], np.log(x * y, where=[True, False, True]), x),
        lambda x, y: np.divmod(x, y, out=(np.empty(3), np.empty(3)))[1],
        lambda x, y: np.modf(x * y, out=(None, np.empty(3)))[0],
        lambda x, y: np.arcsin(4.0 + x * y, dtype=complex),
        lambda x, y: np.clip(x, y, None, order="F", casting="same_kind"),
        lambda x, y: np.einsum("i,j->ij", x, y, order="F", dtype=np.complex128),
        lambda x, y: np.ravel(np.outer(x, y)[::-1, ::2], "K") ** 2,
        lambda x, y: np.outer(x, y).T[::2].flatten("K") ** 2,
    ],
)
def test_keywords_of_ufuncs_and_orders(call):
    x, y = np.array([1.3, 0.4, 2.2]), np.array([0.7, 1.9, 0.6])
    with warnings.catch_warnings():  # NumPy 2.4 warns of `where` without `out`
        warnings.simplefilter("ignore", UserWarning)
        assert outcome(differentiated, Variant("", call, (x, y))) == RIGHT
