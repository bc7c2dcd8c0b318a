"""Rules of hypergeometric functions to their variable (DLMF 13.3, 15.5, 16.3)."""

import scipy.special as sc

from adjoint.rules.scipy.special.parameters import with_parameters

with_parameters(sc.hyp0f1, "v", lambda v, z, out: sc.hyp0f1(v + 1.0, z) / v)
with_parameters(sc.hyp1f1, "a", "b", lambda a, b, z, out: a / b * sc.hyp1f1(a + 1.0, b + 1.0, z))
with_parameters(
    sc.hyp2f1,
    "a",
    "b",
    "c",
    lambda a, b, c, z, out: a * b / c * sc.hyp2f1(a + 1.0, b + 1.0, c + 1.0, z),
)
with_parameters(sc.hyperu, "a", "b", lambda a, b, z, out: -a * sc.hyperu(a + 1.0, b + 1.0, z))
