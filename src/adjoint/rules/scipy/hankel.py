"""Rules of `scipy.fft` for the fast Hankel transform on a logarithmic grid, by its own algorithm.

The transform is linear in the values, and smooth in the step, the order, the offset and the bias
(A. J. S. Hamilton, MNRAS 312, 257, 2000).
"""

import numpy as np
import scipy.fft as sf
import scipy.special

from adjoint.rules.ruleset import definition, none


def coefficients(count, dln, mu, offset, bias):
    """The Mellin transform of the Bessel function at the frequencies of the grid."""
    frequencies = np.arange(count // 2 + 1) * (np.pi / (count * dln))
    above, below = 0.5 * (mu + 1.0 + bias), 0.5 * (mu + 1.0 - bias)
    low = scipy.special.loggamma(below + 1j * frequencies[1:])
    high = scipy.special.loggamma(above + 1j * frequencies[1:])
    size = np.real(high) - np.real(low) + np.log(2.0) * bias
    turn = np.imag(low) + np.imag(high) + frequencies[1:] * (2.0 * (np.log(2.0) - offset))
    first = 2.0**bias * scipy.special.poch(below, bias) + 0j
    waves = np.exp(size + 1j * turn)
    if count % 2 == 0:
        waves = np.concatenate([waves[:-1], np.real(waves[-1:])])
    return first, waves


def said(transform, *given):
    """SciPy's warning, if it has one."""
    transform(np.ones(given[0]), *given[1:])


none(said)


def weighted(values, count, dln, offset, bias):
    steps = np.arange(count) - 0.5 * (count - 1)
    return values * np.exp(bias * (steps * dln + offset))


@definition(sf.fht)
def fht(a, dln, mu, offset=0.0, bias=0.0):
    values = np.asarray(a)
    count = values.shape[-1]
    said(sf.fht, count, dln, mu, offset, bias)
    first, waves = coefficients(count, dln, mu, offset, bias)
    first = first if np.isfinite(first) else 0.0j
    spectrum = np.fft.rfft(weighted(values, count, dln, 0.0, -bias))
    spectrum = spectrum * np.concatenate([np.reshape(first, (1,)), waves])
    found = np.flip(np.fft.irfft(spectrum, count), -1)
    return weighted(found, count, dln, offset, -bias)


@definition(sf.ifht)
def ifht(A, dln, mu, offset=0.0, bias=0.0):
    values = np.asarray(A)
    count = values.shape[-1]
    said(sf.ifht, count, dln, mu, offset, bias)
    first, waves = coefficients(count, dln, mu, offset, bias)
    first = 1.0 / first if first != 0.0 and np.isfinite(first) else 0.0j
    spectrum = np.fft.rfft(weighted(values, count, dln, offset, bias))
    spectrum = spectrum * np.concatenate([np.reshape(first, (1,)), 1.0 / np.conj(waves)])
    found = np.flip(np.fft.irfft(spectrum, count), -1)
    return weighted(found, count, dln, 0.0, bias)
