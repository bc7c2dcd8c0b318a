"""The rules: one formula per operation, read by both tiers.

Importing this package enters every rule into `ruleset.RULES`.
"""

from adjoint.rules import arithmetic, elementary
from adjoint.rules.numpy import elementwise

__all__ = ["arithmetic", "elementary", "elementwise"]
