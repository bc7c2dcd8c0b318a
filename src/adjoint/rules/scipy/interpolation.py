"""The rules of `scipy.interpolate`, by subject."""

from adjoint.rules.scipy import (
    fitpack,
    fitpack_in_c,
    grids,
    interpolate,
    piecewise,
    scattered,
)

__all__ = ["fitpack", "fitpack_in_c", "grids", "interpolate", "piecewise", "scattered"]
