"""The rules of `scipy.interpolate`, by subject."""

from adjoint.rules.scipy import fitpack, grids, interpolate, piecewise, scattered

__all__ = ["fitpack", "grids", "interpolate", "piecewise", "scattered"]
