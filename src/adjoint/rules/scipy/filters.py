"""The rules of `scipy.signal`, by subject."""

from adjoint.rules.scipy import peaks, signal

__all__ = ["peaks", "signal"]
