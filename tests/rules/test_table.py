"""One row per rule: forward mode against finite differences, reverse mode against forward mode."""

import builtins
import math
import operator

import numpy as np
import pytest
from complex_rows import COMPLEX_FUNCTIONS
from drawing import C, P, R, U
from filter_rows import FILTERS
from fourier_rows import FOURIER
from linear_algebra_rows import LINEAR_ALGEBRA
from scipy_linalg_rows import SCIPY_LINEAR_ALGEBRA
from special_rows import SPECIAL

from adjoint import spaces, transforms
from adjoint.rules.methods import METHODS
from adjoint.rules.numpy.linear_algebra import invertible
from adjoint.rules.numpy.selection import mean_of_equals
from adjoint.rules.numpy.shape import scatter_add
from adjoint.rules.ruleset import OVERLOADS, RULES, Form
from adjoint.testing import check_rule, richardson

MASK = np.array([[True, False, True], [False, True, True]])

UNARY = {
    "any": [
        "positive",
        "negative",
        "absolute",
        "exp",
        "exp2",
        "expm1",
        "sin",
        "cos",
        "tan",
        "arctan",
        "sinh",
        "cosh",
        "tanh",
        "arcsinh",
        "square",
        "reciprocal",
        "cbrt",
        "sinc",
        "degrees",
        "radians",
        "rad2deg",
        "deg2rad",
        "fabs",
        "sign",
        "nan_to_num",
    ],
    "positive": ["log", "log2", "log10", "log1p", "sqrt"],
    "inside": ["arcsin", "arccos", "arctanh"],
    "complex": [
        "positive",
        "negative",
        "absolute",
        "exp",
        "exp2",
        "expm1",
        "sin",
        "cos",
        "tan",
        "arctan",
        "sinh",
        "cosh",
        "tanh",
        "arcsinh",
        "square",
        "reciprocal",
        "sinc",
        "log",
        "log2",
        "log10",
        "log1p",
        "sqrt",
        "arcsin",
        "arccos",
        "arctanh",
        "arccosh",
        "conjugate",
        "real",
        "imag",
        "angle",
        "sign",
    ],
}
MATH_UNARY = {
    "any": [
        "exp",
        "exp2",
        "expm1",
        "sin",
        "cos",
        "tan",
        "atan",
        "sinh",
        "cosh",
        "tanh",
        "asinh",
        "cbrt",
        "degrees",
        "radians",
        "fabs",
        "erf",
        "erfc",
        "gamma",
        "lgamma",
    ],
    "positive": ["log", "log2", "log10", "log1p", "sqrt"],
    "inside": ["asin", "acos", "atanh"],
}
DRAW = {"any": R, "positive": P, "inside": U, "complex": C}

# Far from the jumps of the quotient.
DIVIDED, DIVISOR = np.array([7.3, -7.3, 5.1]), np.array([[2.1], [-3.2]])

CASES = {
    operator.pos: [(R(),)],
    operator.neg: [(R(),)],
    abs: [(R(),), (C(),)],
    operator.abs: [(R(),), (R(3),), (C(3),)],
    operator.add: [(R(), R()), (R(3), R(2, 3)), (C(3), R(3))],
    operator.sub: [(R(), R()), (R(2, 1), R(1, 3))],
    operator.mul: [(R(), R()), (R(3), R(2, 3)), (C(3), R(3)), (C(3), C(3))],
    operator.truediv: [(R(), R()), (R(2, 1), R(1, 3)), (C(3), C(3))],
    operator.pow: [
        (P(), R()),
        (P(3), R(2, 3)),
        (-1.7, 2),
        (-1.7, 3),
        (R(3), -2),
        (C(3), C(3)),
        (2, R()),
    ],
    operator.mod: [(7.3, 2.1), (-7.3, 2.1), (DIVIDED, DIVISOR)],
    operator.floordiv: [(7.3, 2.1)],
    operator.matmul: [(R(2, 3), R(3, 4))],
    operator.getitem: [(R(4), slice(1, None)), (R(4, 3), np.array([0, 2, 0])), (R(4), -1)],
    np.add: [(R(3), R(2, 3))],
    np.subtract: [(R(3), R(2, 3))],
    np.multiply: [(R(3), R(2, 3)), (R(2, 1), R(1, 3))],
    np.divide: [(R(3), R(2, 3))],
    np.power: [(P(3), R(2, 3)), (R(3), 2)],
    np.float_power: [(P(3), R(2, 3))],
    np.remainder: [(DIVIDED, DIVISOR)],
    np.fmod: [(DIVIDED, DIVISOR)],
    np.floor_divide: [(DIVIDED, DIVISOR)],
    np.divmod: [(DIVIDED, DIVISOR)],
    np.modf: [(R(3),)],
    np.frexp: [(R(3),)],
    np.hypot: [(R(3), R(2, 3))],
    np.arctan2: [(R(3), R(2, 3))],
    np.copysign: [(R(3), R(2, 3))],
    np.ldexp: [(R(3), np.array([1, -2, 3]))],
    np.nextafter: [],  # finite differences cannot see the shift; see test_nextafter
    np.maximum: [(R(3), R(2, 3))],
    np.minimum: [(R(3), R(2, 3))],
    np.fmax: [(R(3), R(2, 3))],
    np.fmin: [(R(3), R(2, 3))],
    np.logaddexp: [(R(3), R(2, 3))],
    np.logaddexp2: [(R(3), R(2, 3))],
    np.where: [(np.array([True, False, True]), R(3), R(2, 3)), (True, R(), R())],
    np.arccosh: [(1.0 + P(3),), (C(3),)],
    math.acosh: [(1.0 + P(),)],
    math.pow: [(P(), R()), (-1.3, 3)],
    math.fmod: [(7.3, 2.1), (-7.3, 2.1)],
    math.remainder: [(7.3, 2.1), (-7.3, 2.1)],
    math.atan2: [(R(), R())],
    math.hypot: [(R(), R()), (R(), R(), R())],
    math.copysign: [(R(), R())],
    math.ldexp: [(R(), 3)],
    math.nextafter: [],
    math.modf: [(R(),)],
    math.frexp: [(R(),)],
    math.log: [(P(),), (P(), 2.5)],
    math.fsum: [([R(), R(), R()],)],
    math.prod: [([R(), R(), R()],), ([R(), 0.0, R()],), ((R(), R()), {"start": 2.0})],
    math.dist: [([R(), R()], (R(), R()))],
    builtins.pow: [(P(), R())],
    builtins.divmod: [(7.3, 2.1)],
    builtins.sum: [([R(), R()],), ([R(), R()], R())],
    builtins.max: [(R(), R()), ([R(), R(), R()],)],
    builtins.min: [(R(), R()), ([R(), R(), R()],)],
    float: [(R(),)],
    complex: [(R(),), (C(),), (R(), R())],
    np.float64: [(R(),)],
    np.float32: [],  # rounds: finite differences see steps
    np.float16: [],
    np.complex128: [(C(),)],
    np.complex64: [],
    np.sum: [
        (R(2, 3), {"axis": 1, "where": MASK, "initial": 2.0}),
        (R(2, 3), 0),
        (R(2, 3), {"axis": (0, 1), "keepdims": True}),
        (R(3),),
        (C(3),),
        (R(2, 3), {"where": np.array([True, False, True])}),
    ],
    np.nansum: [(np.array([1.0, np.nan, 2.0]),)],
    np.bincount: [(np.array([0, 1, 1, 3]), R(4)), (np.array([0, 2]), R(2), 5)],
    np.mean: [
        (R(2, 3), {"axis": 1, "where": MASK}),
        (R(2, 3), {"where": MASK}),
        (R(2, 3), {"axis": 1}),
        (R(2, 3),),
        (R(2, 3, 2), {"axis": (0, -1)}),
    ],
    np.nanmean: [(np.array([[1.0, np.nan, 2.0], [1.0, 2.0, 4.0]]), {"axis": 1})],
    np.prod: [
        (R(2, 3), {"axis": 1, "where": MASK, "initial": 3.0}),
        (R(2, 3), {"axis": 1}),
        (R(2, 3),),
        (np.array([2.0, 0.0, 3.0]),),
        (np.array([0.0, 0.0, 3.0]),),
        (R(2, 3, 2), {"axis": (0, 2), "keepdims": True}),
        (C(3),),
    ],
    np.cumsum: [(R(4),), (R(2, 3), {"axis": 1}), (R(2, 3),)],
    np.cumprod: [
        (R(4),),
        (R(2, 3), {"axis": 1}),
        (np.array([2.0, 0.0, 3.0, 0.0]),),
        (R(2, 2),),
        (C(3),),
    ],
    np.var: [
        (R(2, 3), {"axis": 1, "where": MASK}),
        (R(5),),
        (R(2, 3), {"axis": 1, "ddof": 1}),
        (C(4),),
    ],
    np.std: [
        (R(2, 3), {"axis": 1, "where": MASK}),
        (R(5),),
        (R(2, 3), {"axis": 0, "ddof": 1, "keepdims": True}),
    ],
    np.max: [
        (R(2, 3), {"axis": 1, "where": MASK, "initial": -9.0}),
        (R(5),),
        (R(2, 3), {"axis": 1}),
    ],
    np.amax: [(R(5),)],
    np.amin: [(R(5),)],
    np.min: [(R(5),), (R(2, 3), {"axis": (0, 1)})],
    np.nanmax: [(np.array([1.0, np.nan, 2.0]),)],
    np.nanmin: [(np.array([1.0, np.nan, 2.0]),)],
    np.ptp: [(R(5),), (R(2, 3), {"axis": 1})],
    np.quantile: [
        (R(5), 0.3),
        (R(2, 3), 0.6, 1),
        (R(2, 3), 0.7, {"keepdims": True}),
        (R(2, 3, 2), 0.2, (0, 2)),
    ],
    np.percentile: [(R(5), 30.0), (R(4), 97.0)],
    np.median: [
        (R(5),),
        (R(4),),
        (R(2, 3), {"axis": 1}),
        (R(2, 3, 2), {"axis": (0, 2), "keepdims": True}),
    ],
    np.matmul: [
        (R(3), R(3)),
        (R(3), R(3, 2)),
        (R(2, 3), R(3)),
        (R(2, 3), R(3, 2)),
        (R(4, 2, 3), R(3, 2)),
        (R(3), R(4, 3, 2)),
        (R(4, 2, 3), R(3)),
        (R(5, 1, 2, 3), R(4, 3, 2)),
        (C(2, 3), C(3, 2)),
        (C(3), C(3, 2)),
        (C(2, 3), C(3)),
        (C(3), R(3)),
    ],
    np.dot: [
        (R(), R()),
        (R(), R(3)),
        (R(2, 3), R()),
        (R(3), R(3)),
        (R(2, 3), R(3)),
        (R(2, 3), R(3, 2)),
        (R(2, 2, 3), R(4, 3, 2)),
        (R(2, 2, 3), R(3)),
        (R(3), R(2, 3, 4)),
        (C(2, 3), C(3, 2)),
    ],
    np.inner: [(R(3), R(3)), (R(2, 3), R(4, 3)), (R(), R(3))],
    np.outer: [(R(3), R(2)), (R(2, 2), R(3)), (C(2), C(3))],
    np.vdot: [(R(3), R(3)), (C(2, 2), C(2, 2))],
    np.tensordot: [
        (R(2, 3, 4), R(3, 4, 5)),
        (R(2, 3, 4), R(4, 5, 2), ([0, 2], [2, 0])),
        (R(2), R(3), 0),
        (R(2, 3, 4), R(4, 5, 3), ([2, 1], [0, 2])),
        (C(2, 3), C(3, 2), 1),
    ],
    np.kron: [(R(2, 2), R(3, 2)), (R(2), R(3)), (R(2), R(3, 2))],
    np.einsum: [
        ("ij,jk->ik", R(2, 3), R(3, 4)),
        ("ii", R(3, 3)),
        ("ii->i", R(3, 3)),
        ("ij->j", R(2, 3)),
        ("...ij,...jk->...ik", R(4, 2, 3), R(3, 2)),
        ("i,i,i", R(3), R(3), R(3)),
        ("ij,kl", R(2, 2), R(3, 2)),
        ("ij,jk", C(2, 3), C(3, 2)),
        ("iij,j->i", R(2, 2, 3), R(3)),
        ("i...,i...", R(3, 2), R(3, 1)),
    ],
    np.trace: [(R(3, 3),), (R(3, 4), 1), (R(2, 3, 3), {"axis1": 1, "axis2": 2})],
    np.reshape: [(R(2, 3), (3, 2)), (R(2, 3), -1, "F"), (R(3, 2).T, -1, "A")],
    np.ravel: [(R(2, 3),), (R(2, 3), "F"), (np.asfortranarray(R(2, 3)), "K")],
    np.expand_dims: [(R(2, 3), 1), (R(2), (0, 2))],
    np.squeeze: [(R(2, 1, 3),), (R(1, 2, 1), {"axis": 0})],
    np.atleast_1d: [(R(),), (R(3),)],
    np.atleast_2d: [(R(3),)],
    np.atleast_3d: [(R(3),), (R(2, 3),)],
    np.transpose: [(R(2, 3),), (R(2, 3, 4), (1, 2, 0)), (R(2, 3, 4), (-1, 0, 1))],
    np.matrix_transpose: [(R(2, 3, 4),)],
    np.swapaxes: [(R(2, 3, 4), 0, 2)],
    np.moveaxis: [(R(2, 3, 4), 0, -1), (R(2, 3, 4), (0, 1), (1, 2))],
    np.rollaxis: [(R(2, 3, 4), 2), (R(2, 3, 4), 0, 3)],
    np.flip: [(R(2, 3),), (R(2, 3), 1), (R(2, 3), (0, 1))],
    np.fliplr: [(R(2, 3),)],
    np.flipud: [(R(2, 3),)],
    np.rot90: [(R(2, 3),), (R(2, 3), 2), (R(2, 3, 2), {"k": 3, "axes": (2, 0)})],
    np.roll: [(R(4), 1), (R(2, 3), 2, 1), (R(2, 3), (1, 2), (0, 1))],
    np.broadcast_to: [(R(3), (2, 3)), (R(2, 1), (2, 3)), (R(), (2,))],
    np.broadcast_arrays: [(R(3), R(2, 1))],
    np.tile: [(R(3), 2), (R(2, 3), (2, 1)), (R(2), (2, 2)), (R(2, 3), 2)],
    np.diag: [(R(3),), (R(3), 1), (R(3, 4),), (R(4, 3), -1), (R(3, 4), 2)],
    np.diagflat: [(R(3),), (R(2, 2), 1)],
    np.diagonal: [
        (R(3, 3),),
        (R(2, 3, 4), 1, 1, 2),
        (R(3, 4, 2), -1, 0, 1),
        (R(3, 2, 3), {"axis1": 2, "axis2": 0}),
    ],
    np.tril: [(R(3, 3),), (R(2, 3, 4), 1)],
    np.triu: [(R(3, 3),), (R(3, 3), -1)],
    np.pad: [
        (R(3), 2),
        (R(2, 3), ((1, 0), (0, 2))),
        (R(4), (1, 2), "edge"),
        (R(2, 4), 1, "reflect"),
        (R(4), 2, "wrap"),
        (R(4), 2, "symmetric"),
        (R(3), 1, {"constant_values": 5.0}),
    ],
    np.take: [
        (R(4), np.array([0, 2, 0])),
        (R(3, 4), np.array([[0, 1], [-1, 1]]), 1),
        (R(3, 2), 4),
        (R(3, 4), 1, 0),
        (R(4), np.array([5, -1]), {"mode": "wrap"}),
        (R(4), np.array([5, -1]), {"mode": "clip"}),
    ],
    np.take_along_axis: [
        (R(3, 4), np.array([[0, 0], [1, 3], [2, 2]]), 1),
        (R(4), np.array([0, 0, 2]), 0),
    ],
    np.repeat: [(R(3), 2), (R(2, 3), 2, 1), (R(3), np.array([1, 0, 2])), (R(2, 2), 2)],
    np.copy: [(R(3),)],
    np.ascontiguousarray: [(R(3),)],
    np.asfortranarray: [(R(2, 3),)],
    np.asarray_chkfinite: [(R(3),)],
    scatter_add: [(R(3), np.array([0, 2, 0]), (4,))],
    np.concatenate: [([R(2), R(3)],), ((R(2, 2), R(2, 1)), 1), ([R(2, 2), R(3)], {"axis": None})],
    np.stack: [([R(3), R(3)],), ((R(2, 3), R(2, 3)), -1)],
    np.hstack: [([R(2), R(3)],), ([R(2, 2), R(2, 1)],), ([R(), R(2)],)],
    np.vstack: [([R(3), R(3)],), ([R(2, 3), R(3)],)],
    np.dstack: [([R(3), R(3)],)],
    np.column_stack: [([R(3), R(3)],), ([R(3), R(3, 2)],)],
    np.split: [(R(6), 3), (R(2, 5), [1, 3], 1)],
    np.array_split: [(R(5), 3)],
    np.vsplit: [(R(4, 2), 2)],
    np.hsplit: [(R(4, 2), 2), (R(4), 2)],
    np.dsplit: [(R(2, 2, 4), 2)],
    np.append: [(R(3), R(2)), (R(2, 2), R(2, 1), 1), (R(2), R())],
    np.array: [
        (R(3),),
        ([R(), R()],),
        ([[R(), 1.0], [R(), R()]],),
        (([R(2), R(2)]),),
        (R(),),
        (R(3), {"ndmin": 2}),
    ],
    np.asarray: [(R(3),), ([R(), R()],)],
    np.asanyarray: [(R(3),)],
    np.full: [((2, 3), R()), ((2, 3), R(3))],
    np.full_like: [(np.zeros((2, 3)), R())],
    np.linspace: [
        (R(), R(), 5),
        (R(2), R(2), 4),
        (R(), R(), {"num": 3, "endpoint": False}),
        (R(2), R(2), {"num": 3, "axis": 1}),
    ],
    np.arange: [(0.5, 3.4, 0.7), (0.5, 3.2)],
    np.clip: [
        (R(5), -0.5, 1.0),
        (R(5), None, 1.0),
        (R(5), R(), None),
        (R(2, 3), -P(3), P(3)),
        (R(5), {"min": -0.5}),
    ],
    np.sort: [(R(5),), (R(2, 3), 0), (R(2, 3), None)],
    mean_of_equals: [
        (R(4), np.array([1, 1, 2, 3]), 0),
        (R(3, 2), np.array([[1, 1], [1, 2], [2, 2]]), 0),
    ],
    np.diff: [(R(5),), (R(2, 4), {"n": 2}), (R(4, 2), 1, 0)],
    np.ediff1d: [(R(4),), (R(2, 2),)],
    np.unwrap: [(np.array([0.1, 3.0, -3.1, 0.5]),)],
    np.interp: [
        (np.array([0.1, 1.7, -1.0, 9.0]), np.array([0.0, 1.0, 2.5]), R(3)),
        (0.7, np.array([0.0, 1.0, 2.5]), R(3)),
        (np.array([0.1, 1.7, -1.0, 9.0]), np.array([0.0, 1.0, 2.5]), R(3), 5.0, 6.0),
    ],
    np.select: [
        ([np.array([True, False, False]), np.array([True, True, False])], [R(3), R(3)], R()),
        ([np.array([True, False])], [R(2)]),
    ],
    np.convolve: [
        (R(5), R(3)),
        (R(5), R(3), "same"),
        (R(5), R(3), "valid"),
        (R(3), R(5), "same"),
        (R(4), R(4), "same"),
        (R(3), R(5), "valid"),
        (C(3), C(4)),
        (R(5), R(2), "same"),
    ],
    np.correlate: [
        (R(5), R(3)),
        (R(5), R(3), "same"),
        (R(5), R(2), "full"),
        (R(3), R(5)),
        (R(2), R(5), "same"),
        (C(4), C(3), "full"),
        (C(3), C(4)),
    ],
    np.trapezoid: [
        (R(4),),
        (R(4), R(4)),
        (R(2, 4), R(4)),
        (R(4, 2), {"axis": 0}),
        (R(2, 3), R(2, 3), 1.0, 0),
        (R(4), None, R()),
    ],
    np.cross: [(R(3), R(3)), (R(2, 3), R(3))],
    np.meshgrid: [(R(3), R(2)), (R(3), R(2), {"indexing": "ij"}), (R(2), R(3), R(4))],
    METHODS["reshape"]: [(R(2, 3), 3, 2), (R(2, 3), (3, 2)), (R(2, 3), -1)],
    METHODS["transpose"]: [(R(2, 3),), (R(2, 3, 4), 1, 2, 0), (R(2, 3, 4), (1, 2, 0))],
    METHODS["flatten"]: [(R(2, 3),), (R(2, 3), "F"), (np.asfortranarray(R(2, 3)), "A")],
    METHODS["astype"]: [(R(3), np.float64), (R(3), np.complex128)],
    METHODS["item"]: [(R(1),), (R(2, 3), 4), (R(2, 3), 1, 2), (R(2, 3), -1), (R(2, 3), (1, 0))],
    METHODS["tolist"]: [(R(3),), (R(2, 2),)],
}

for kind, names in UNARY.items():
    for name in names:
        rows = [(DRAW[kind](3),)] if kind == "complex" else [(DRAW[kind](3),), (DRAW[kind](2, 1),)]
        CASES.setdefault(getattr(np, name), []).extend(rows)
for kind, names in MATH_UNARY.items():
    for name in names:
        CASES.setdefault(getattr(math, name), []).append((DRAW[kind](),))
CASES[math.gamma] = [(R(),), (3.7,), (-2.3,), (0.2,)]
CASES[math.lgamma] = [(R(),), (13.7,), (-2.3,)]
if hasattr(math, "sumprod"):
    CASES[math.sumprod] = [([R(), R()], [R(), R()])]
if hasattr(math, "fma"):
    CASES[math.fma] = [(R(), R(), R())]
if hasattr(np, "unstack"):
    CASES[np.unstack] = [(R(2, 3),), (R(2, 3), {"axis": 1})]

CASES |= LINEAR_ALGEBRA | COMPLEX_FUNCTIONS | SPECIAL | SCIPY_LINEAR_ALGEBRA | FOURIER | FILTERS
ROWS = [(function, row) for function, rows in CASES.items() for row in rows]
SMOOTH_FORMS = (Form.ELEMENTWISE, Form.STRUCTURED)


def row_id(pair):
    function, row = pair
    shapes = ",".join(str(np.shape(a)) if isinstance(a, np.ndarray) else repr(a)[:12] for a in row)
    return f"{getattr(function, '__module__', '')}.{function.__name__}[{shapes}]"


def split(row):
    if isinstance(row[-1], dict):
        return row[:-1], row[-1]
    return row, {}


@pytest.mark.parametrize("pair", ROWS, ids=map(row_id, ROWS))
def test_rule(pair):
    function, row = pair
    args, kwargs = split(row)
    check_rule(function, args, kwargs)


def test_no_rule_lacks_a_row():
    stated = {function for function, rule in RULES.items() if rule.form in SMOOTH_FORMS}
    stated |= {function for function, _ in OVERLOADS}  # a definition is tested by its programs
    assert stated - set(CASES) == set()


def test_every_rule_has_both_modes():
    halves = [f for f, rule in RULES.items() if (rule.vjp is None) != (rule.jvp is None)]
    assert halves == []


STEPS = {
    np.floor: (R(3),), np.ceil: (R(3),), np.trunc: (R(3),), np.rint: (R(3),),
    np.heaviside: (R(3), R(3)), np.floor_divide: (DIVIDED, DIVISOR), operator.floordiv: (7.3, 2.1),
    builtins.round: (R(), 1), np.round: (R(3), 1), np.zeros_like: (R(3),), np.ones_like: (R(3),),
    math.ulp: (R(),), np.spacing: (R(3),),
    math.floor: (R(),), np.argmax: (R(3),), np.isnan: (R(3),), np.shape: (R(3),), np.size: (R(3),),
    invertible: (R(3, 3),), np.less: (R(3), R(3)), operator.lt: (R(), R()),
    bool: (R(),), int: (R(),),
}  # fmt: skip


@pytest.mark.parametrize("function", STEPS, ids=lambda f: f.__name__)
def test_flat_rule(function):
    if function is np.heaviside:
        return check_rule(function, (STEPS[function][0], 0.5))
    check_rule(function, STEPS[function])


SECOND = [(function, rows[0]) for function, rows in CASES.items() if rows]


@pytest.mark.parametrize("pair", SECOND, ids=map(row_id, SECOND))
def test_second_derivative(pair):
    """What a vjp computes is differentiable in turn: its operations have rules too."""
    function, row = pair
    args, kwargs = split(row)
    chosen = [p for p, arg in enumerate(args) if spaces.is_differentiable(arg)]
    if not chosen or function is np.arange:
        pytest.skip("containers, or an output whose length changes")
    rng = np.random.default_rng(1)
    cotangent = spaces.random(function(*args, **kwargs), rng)

    def call(*values):
        given = list(args)
        for position, value in zip(chosen, values, strict=True):
            given[position] = value
        return function(*given, **kwargs)

    def pulled(*values):
        return transforms.vjp(call, *values)[1](cotangent)

    active = tuple(args[p] for p in chosen)
    tangents = spaces.random(active, rng)
    wanted = richardson(pulled, active, tangents)
    got = transforms.jvp(pulled, active, tangents)[1]
    for a, b in zip(spaces.flatten(got)[0], spaces.flatten(wanted.tangent)[0], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6 + 20 * max(wanted.errors))
