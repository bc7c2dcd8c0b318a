"""Formulas as machine code give what NumPy gives, to the last bit."""

import numpy as np
import pytest

from adjoint.trace.machine_loops import BLOCK, BY_ROW, DENSE, STRIDED, Loop, compiled
from adjoint.trace.memory import address_of
from adjoint.trace.symbols import Graph, Inexpressible

RNG = np.random.default_rng(3)
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, np.inf, -np.inf, np.nan, 5e-324, 1e308, 2.5, -2.5]

FORMULAS = [
    lambda x, y: x + y,
    lambda x, y: x - y * 2.0,
    lambda x, y: 3 / x - y / 7.0,
    lambda x, y: -x * +y,
    lambda x, y: np.sqrt(x) + np.square(y) - np.reciprocal(x),
    lambda x, y: np.absolute(x) + np.fabs(y),
    lambda x, y: np.floor(x) + 10.0 * np.ceil(y),
    lambda x, y: np.trunc(x) + 10.0 * np.rint(y),
    lambda x, y: np.sign(x) + 3.0 * np.sign(y),
    lambda x, y: np.where(x < y, x, y) + np.where(x <= y, 1.0, -0.0),
    lambda x, y: np.where(x > y, x, y) + np.where(x >= y, 1.0, 2.0),
    lambda x, y: np.where(x == y, 0.5, np.where(x != y, y, 3.0)),
    lambda x, y: np.where((x > 0.0) & (y > 0.0), x, np.where((x < 0.0) | (y < 0.0), y, 7.0)),
    lambda x, y: np.where(np.logical_and(x > 0.0, y > 0.0), x, y),
    lambda x, y: np.where(np.logical_or(x > 0.0, y > 0.0), x, y),
    lambda x, y: -0.0,
    lambda x, y: x * -0.0 + 0.0,
]


def line(graph, **parts):
    """A loop over arrays that are dense."""
    given = {"outputs": (), "added": (), "begun": 0, "sums": (), "uniforms": ()} | parts
    return Loop(graph, (DENSE,) * 2, 0, 0, **given)


@pytest.mark.parametrize("index", range(len(FORMULAS)))
def test_formulas(index):
    formula = FORMULAS[index]
    graph = Graph()
    node = graph.formula(formula, [graph.node("array", 0), graph.node("array", 1)])
    x, y = (np.ravel(a) for a in np.meshgrid(SPECIAL, SPECIAL))
    x, y = (np.concatenate([a, RNG.normal(size=700)]) for a in (x, y))
    out, found = np.empty(x.size), np.empty(0)
    call = compiled(line(graph, outputs=((node, None),)))
    call(*map(address_of, (x, y, out, found)), 1, x.size)
    with np.errstate(all="ignore"):
        expected = np.broadcast_to(formula(x, y), x.shape)
    np.testing.assert_array_equal(out, expected)
    is_number = expected == expected
    np.testing.assert_array_equal(np.signbit(out)[is_number], np.signbit(expected)[is_number])


@pytest.mark.parametrize(
    "formula",
    [
        lambda x, y: np.exp(x),
        lambda x, y: x**y,
        lambda x, y: (x > y) * 2.0,
        lambda x, y: (x > y) & 1,
        lambda x, y: np.where(x, x, y),
        lambda x, y: np.where(x > y, x > 0.0, y),
        lambda x, y: np.where(x > y, True, y),
        lambda x, y: x if x > y else y,
        lambda x, y: x and y,
        lambda x, y: np.add.reduce(x),
        lambda x, y: np.add(x, y, dtype=np.float32),
        lambda x, y: np.clip(x, 0.0, 1.0),
        lambda x, y: np.where(x > y),
        lambda x, y: x.shape,
        lambda x, y: float(x),
        lambda x, y: None,
        lambda x, y: x > y if False else "text",
        lambda x, y: np.float32(3.0),
    ],
)
def test_what_is_no_arithmetic_is_refused(formula):
    graph = Graph()
    with pytest.raises(Inexpressible):
        graph.formula(formula, [graph.node("array", 0), graph.node("array", 1)])


def test_what_is_not_read_cannot_be():
    graph = Graph()
    with pytest.raises(Inexpressible):
        graph.formula(lambda x, y: x + y, [graph.node("array", 0), None])


def test_equal_nodes_are_one():
    graph = Graph()
    x = graph.node("array", 0)
    assert graph.formula(lambda x: x * x, [x]) == graph.formula(lambda x: np.square(x), [x])
    assert graph.constant(0.0) != graph.constant(-0.0)
    assert graph.product(x, graph.constant(1.0)) == graph.product(graph.constant(1.0), x) == x


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("columns", [1, 7, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
def test_layouts(rows, columns):
    """Windows of one buffer, a column, a row, and sums of all, in one loop."""
    wide = RNG.normal(size=(rows, columns + 4))
    table, window = wide[:, 2:-2].copy(), wide[:, 1:-3]
    column, flags = RNG.normal(size=(rows, 1)), RNG.normal(size=(rows, columns)) > 0.0
    into, into_column, into_row = np.zeros_like(wide), np.ones((rows, 1)), np.ones(columns)
    graph = Graph()
    t, w, c = (graph.node("array", k) for k in range(3))
    product = graph.node("fmul", t, w)
    chosen = graph.node("select", graph.node("flags", 0), product, c)
    scaled = graph.node("fmul", chosen, graph.node("number", 0))
    fixed = graph.node("fmul", graph.node("number", 0), graph.constant(4.0))
    loop = Loop(
        graph,
        (DENSE, STRIDED, BY_ROW),
        flags=1,
        numbers=1,
        outputs=((scaled, None), (product, 0)),
        added=(
            (scaled, STRIDED),
            (scaled, STRIDED),
            (scaled, BY_ROW),
            (scaled, STRIDED),
        ),
        begun=1 if rows == 1 else 0,
        sums=(scaled, product),
        uniforms=(fixed,),
    )
    out, found = np.empty_like(table), np.empty(3)
    expected_product = table * window
    expected = np.where(flags, expected_product, column) * 2.5
    targets = (into[:, 3:-1], into[:, 2:-2], into_column, into_row)
    if loop.begun:
        targets[0][...] = np.nan
    arrays = (table, window, column, flags, out, *targets, found)
    steps = (columns + 4, 1, columns + 4, columns + 4, 1, 0)
    compiled(loop)(*map(address_of, arrays), *steps, 2.5, rows, columns)
    np.testing.assert_array_equal(out, expected)
    np.testing.assert_array_equal(table, expected_product)
    both = np.zeros_like(wide)
    both[:, 2:-2] += expected
    both[:, 3:-1] += expected
    np.testing.assert_allclose(into, both, rtol=1e-14, atol=1e-14)
    np.testing.assert_allclose(into_column, 1.0 + expected.sum(axis=1, keepdims=True), rtol=1e-12)
    np.testing.assert_allclose(into_row, 1.0 + expected.sum(axis=0), rtol=1e-12, atol=1e-12)
    sums = [expected.sum(), expected_product.sum(), 10.0]
    np.testing.assert_allclose(found, sums, rtol=1e-12, atol=1e-12)
