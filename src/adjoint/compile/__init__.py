"""The compiled tier: functions as machine code, together with their derivatives."""

from adjoint.compile.jitted import Jitted
from adjoint.compile.recognition import as_jitted

__all__ = ["Jitted", "as_jitted"]
