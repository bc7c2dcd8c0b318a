"""The rules of `scipy.ndimage`, by subject."""

from adjoint.rules.scipy import ndimage, ranks, resampling

__all__ = ["ndimage", "ranks", "resampling"]
