"""Rules of `scipy.signal` for peaks: their places are integers, their heights and widths move.

What SciPy's native code chooses (peaks, their bases, the samples between which a signal crosses a
height) is constant.
"""

import numpy as np

from adjoint.rules.absent import Native, present
from adjoint.rules.ruleset import definition, none

NATIVE = Native("scipy.signal._peak_finding_utils")
WIDTHS, PROMINENCES, *CHOOSING = [
    getattr(NATIVE, name)
    for name in (
        *("_peak_widths", "_peak_prominences"),
        *("_local_maxima_1d", "_select_by_peak_distance"),
    )
]

none(*present(*CHOOSING))


def bases(x, peaks, wlen):
    return PROMINENCES(x, peaks, wlen)[1:]


def crossings(x, peaks, rel_height, prominences, left_bases, right_bases):
    """The samples before and after which the signal crosses the height of each width."""
    found = WIDTHS(x, peaks, rel_height, prominences, left_bases, right_bases)
    return np.floor(found[2]).astype(int), np.ceil(found[3]).astype(int)


none(bases, crossings)


@definition(PROMINENCES)
def peak_prominences(x, peaks, wlen):
    """How high a peak stands over the higher one of its bases."""
    left, right = bases(x, peaks, wlen)
    return x[peaks] - np.maximum(x[left], x[right]), left, right


@definition(WIDTHS)
def peak_widths(x, peaks, rel_height, prominences, left_bases, right_bases):
    """Between the places where the signal, interpolated linearly, crosses a height."""
    known = crossings(x, peaks, rel_height, prominences, left_bases, right_bases)
    heights = x[peaks] - prominences * rel_height
    ends = []
    for samples, step in zip(known, (1, -1), strict=True):
        outside = x[samples] < heights
        inner = np.clip(samples + step, 0, len(x) - 1)
        rise = np.where(outside, x[inner] - x[samples], 1.0)
        share = np.where(outside, (heights - x[samples]) / rise, 0.0)
        ends.append(samples + step * share)
    left, right = ends
    return right - left, heights, left, right
