"""The rules of `scipy.stats`; most of it is Python, which is followed."""

from adjoint.rules.scipy import circular, densities

__all__ = ["circular", "densities"]
