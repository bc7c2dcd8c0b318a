"""The rules of `scipy.spatial`, by subject."""

from adjoint.rules.scipy import hulls, spatial

__all__ = ["hulls", "spatial"]
