"""The rules of `scipy.fft`, by subject."""

from adjoint.rules.scipy import fft, hankel

__all__ = ["fft", "hankel"]
