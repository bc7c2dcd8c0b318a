"""Programs with series and frames: the values of a plain call, and their derivatives."""

import warnings

import numpy as np
import pytest

import adjoint as ad
from adjoint.errors import MissingRule
from adjoint.testing import check_grads

pd = pytest.importorskip("pandas")


def frame(x):
    return pd.DataFrame({"k": ["u", "v", "u", "v"], "a": [1.0, x, 3.0 * x, 0.5], "b": [x, 1, 2, 4]})


def series(x):
    return pd.Series([1.0, x, 3.0, x * x])


def arithmetic(x):
    s = pd.Series(np.array([0.1, x, -0.2]), index=list("abc"))
    return float((1 + s).prod() + s.mean() * s.std() + s["b"] * s.iloc[2] + np.exp(s).sum())


def aligned(x):
    a, b = pd.Series([1.0, x], index=["x", "y"]), pd.Series([x, 2.0, 3.0], index=["y", "x", "z"])
    both = pd.concat([a, b]).sum() + b.sort_values().iloc[0] + b.reindex(["z", "y"]).iloc[1]
    return (a + b).dropna().sum() + a.add(b, fill_value=0).sum() * both


def columns(x):
    d = frame(x)
    d["c"] = d.a * d.b
    d.loc[d.a > 2.5, "b"] = d.a * x
    d.at[0, "b"] = x**2
    total = d.assign(e=lambda d: d.a * d.c).drop(columns="k").values.sum()
    return total + d.loc[1, "a"] * d.iloc[2]["b"] + d.query("a > @x").b.sum()


def rows(x):
    total = 0.0
    for _, row in frame(x).iterrows():
        total += row["a"] * row.b
    for row in frame(x).itertuples():
        total += row.a**2
    return total + frame(x).apply(lambda row: row.a * row.b, axis=1).sum()


def moving(x):
    s = series(x)
    means = s.rolling(2).mean().sum() + s.rolling(3).std().sum() + s.ewm(alpha=0.3).mean().sum()
    return means + s.shift(1).iloc[2] + s.pct_change().sum() + s.diff().iloc[2] + s.cumsum().iloc[2]


def missing(x):
    s = pd.Series([1.0, np.nan, x, np.nan, 5.0 * x])
    filled = s.fillna(x).sum() + s.ffill().iloc[1] + s.bfill().sum() + s.interpolate().sum()
    return filled + s.quantile(0.4) + s.median() + s.map(lambda v: v * x).sum()


def groups(x):
    g = frame(x).groupby("k")
    spread = g.a.std()["u"] + g.a.var()["v"] + g.a.sem()["u"]
    means = g.a.transform("mean").sum() + g[["a", "b"]].sum().values.sum() + g.a.max()["u"]
    return spread + means + g.a.apply(lambda s: (s**2).sum()).sum() + sum(d.a.sum() for _, d in g)


def joined(x):
    a = pd.DataFrame({"k": [1, 2], "a": [x, 1.0]})
    b = pd.DataFrame({"k": [2, 1], "b": [x * x, 3.0]})
    both = a.merge(b, on="k")
    wide = frame(x).iloc[:2].melt(id_vars="k").value.sum()
    return (both.a * both.b).sum() + wide + both[["a", "b"]].cov().iloc[0, 1]


def in_time(x):
    times = pd.date_range("2024-01-01", periods=4, freq="12h")
    s = pd.Series(np.sin(np.arange(4.0) * x), index=times)
    return s.resample("D").mean().sum() + s.loc["2024-01-01 12:00"] ** 2


PROGRAMS = [arithmetic, aligned, columns, rows, moving, missing, groups, joined, in_time]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)
def test_series_and_frames(program):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = program(1.3)
        value, _ = ad.value_and_grad(program)(1.3)
        assert value == pytest.approx(expected, rel=1e-13)
        check_grads(program, (1.3,))


def test_what_native_code_computes_is_refused():
    with pytest.raises(MissingRule):
        ad.grad(lambda x: series(x).rolling(2).skew().sum())(1.3)
    with pytest.raises(MissingRule):
        ad.grad(lambda x: frame(x).groupby("k").a.cumsum().sum())(1.3)
