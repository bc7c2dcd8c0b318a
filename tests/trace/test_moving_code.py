"""Code without source is run as it is if its instructions only move objects."""

import numpy as np
import pytest
from scipy import stats

import adjoint as ad
from adjoint.trace.moving_code import moves_arguments

RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=12), RNG.normal(size=12)


def code_of(text):
    scope: dict = {}
    exec(text, scope)
    return scope["f"].__code__


@pytest.mark.parametrize(
    "text",
    [
        "def f(a, b): return (b, a)",
        "def f(self, a, **more):\n for key, value in more.items():\n  self.__dict__[key] = value",
        "def f(self, a):\n if 'a' not in self._fields:\n  raise TypeError(f'no {self.__class__}')",
    ],
)
def test_what_moves(text):
    assert moves_arguments(code_of(text))


@pytest.mark.parametrize(
    "text",
    [
        "def f(a, b): return a + b",
        "def f(a): return -a",
        "def f(a): return float(a)",
        "def f(self, a): return self.made(a)",
        "def f(a):\n if a > 1:\n  return a",
        "def f(a): return [x for x in a]",
        "def f(a): return a[0]",
    ],
)
def test_what_may_compute(text):
    assert not moves_arguments(code_of(text))


@pytest.mark.parametrize(
    "program",
    [
        lambda x: stats.pearsonr(x, Y).statistic,
        lambda x: stats.ttest_ind(x, Y)[0],
        lambda x: stats.linregress(x, Y).slope,
        lambda x: stats.spearmanr(x * x, Y)[0] * x[0],
    ],
)
def test_results_of_classes_made_from_text(program):
    ad.testing.check_grads(program, (X,), order=1)
