"""The compiled tier: functions as machine code, together with their derivatives."""

from adjoint.compile.jitted import Jitted, as_jitted, snapshot

__all__ = ["Jitted", "as_jitted", "snapshot"]
