"""A name that a version of a library lacks costs its own rule only."""

import subprocess
import sys

import pytest

from adjoint.rules.absent import ABSENT, Native, present
from adjoint.rules.ruleset import HOLDERS, REPLACED, RULES, definition, followed_as, holds, none

LOST = """
import sys
import numpy as np
{imports}
import adjoint as ad
from adjoint.errors import MissingRule
from adjoint.rules.ruleset import load_met
hidden = module.{name}
del module.{name}
load_met()
module.{name} = hidden  # a function that the rules do not know
x = np.array([1.0, 4.0, 9.0, 2.0, 7.0])
ad.testing.check_grads(lambda x: {kept}, (x,))
try:
    ad.grad(lambda x: {lost})(x)
except MissingRule:
    print("missing")
"""
PANDAS = {
    "imports": "import pandas as pd, pandas._libs.algos as module",
    "name": "nancorr",
    "kept": "pd.Series(x).rolling(2).mean().iloc[-1]",
    "lost": "pd.DataFrame({'a': x, 'b': x**2}).corr().iloc[0, 1]",
}
SPECIAL = {
    "imports": "import scipy.special as sc, scipy.special._ufuncs as module, scipy.stats",
    "name": "_landau_cdf",
    "kept": "sc.gammainc(2.5, x)",
    "lost": "scipy.stats.landau.cdf(x).sum()",
}


@pytest.mark.parametrize("case", [PANDAS, SPECIAL], ids=["pandas", "special"])
def test_other_rules_stay(case, tmp_path):
    script = tmp_path / "lost.py"
    script.write_text(LOST.format(**case), encoding="utf-8")
    run = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert run.stdout.strip() == "missing", run.stderr[-2000:]


def test_what_is_absent_enters_nothing():
    counts = len(RULES), len(REPLACED), len(HOLDERS)
    gone = Native("scipy.no_such_module")
    assert gone.anything is ABSENT and gone.anything.further is ABSENT
    assert Native("math").no_such_function is ABSENT
    assert Native("math").sin(0.0) == 0.0
    assert present(gone.anything, len) == [len]
    none(gone.anything)
    holds(gone.anything, "values")
    definition(gone.anything)(len)
    assert followed_as(gone.anything)(len) is len
    assert (len(RULES), len(REPLACED), len(HOLDERS)) == counts
