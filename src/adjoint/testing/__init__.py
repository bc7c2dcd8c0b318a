"""Checks of derivatives by independent means: finite differences, and reverse against forward."""

from adjoint.testing.auditing import Audit, Finding, audit
from adjoint.testing.finite_difference import (
    Difference,
    finite_difference_jacobian,
    finite_difference_jvp,
    richardson,
)
from adjoint.testing.gradients import check_grads
from adjoint.testing.rules import check_rule
from adjoint.testing.verdict import InconclusiveCheck

__all__ = [
    "Audit",
    "Difference",
    "Finding",
    "InconclusiveCheck",
    "audit",
    "check_grads",
    "check_rule",
    "finite_difference_jacobian",
    "finite_difference_jvp",
    "richardson",
]
