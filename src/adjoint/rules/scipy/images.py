"""The rules of `scipy.ndimage`, by subject."""

from adjoint.rules.scipy import ndimage, ranks, resampling, windows

__all__ = ["ndimage", "ranks", "resampling", "windows"]
