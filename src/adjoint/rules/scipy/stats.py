"""The rules of `scipy.stats`; most of it is Python, which is followed."""

from adjoint.rules.scipy import bessel_densities, circular, densities

__all__ = ["bessel_densities", "circular", "densities"]
