"""Rules of `scipy.signal`: linear filters. Other functions are SciPy's own programs of these."""

import numpy as np
import scipy.signal as sg

from adjoint.errors import MissingRule
from adjoint.rules.forms import conjugated
from adjoint.rules.ruleset import by_argument, covers, definition, jvp, none, vjp


def reversed_filter(b, a, ct, axis):
    """The transpose of a filter: the same filter, backwards in time."""
    return np.flip(sg.lfilter(conjugated(b), conjugated(a), np.flip(ct, axis), axis), axis)


def delayed(values, steps, axis):
    """`values` moved forward along `axis`, with zeros before."""
    count = np.shape(values)[axis]
    kept = np.take(values, np.arange(max(count - steps, 0)), axis=axis)
    widths = [(0, 0)] * np.ndim(values)
    widths[axis] = (count - np.shape(kept)[axis], 0)
    return np.pad(kept, widths)


def by_coefficients(weights, values, count, axis):
    """For every coefficient the inner product of `weights` with the delayed `values`."""
    return np.stack([np.sum(weights * conjugated(delayed(values, k, axis))) for k in range(count)])


@vjp(sg.lfilter)
def lfilter_vjp(ct, out, b, a, x, axis=-1):
    """With ``A(z) y = B(z) x``: everything passes through the filter ``1 / A`` backwards."""
    b, a = np.atleast_1d(b), np.atleast_1d(a)
    inner = reversed_filter(np.ones(1), a, ct, axis)
    return (
        by_coefficients(inner, x, len(b), axis),
        -by_coefficients(inner, out, len(a), axis),
        reversed_filter(b, a, ct, axis),
    )


@jvp(sg.lfilter)
def lfilter_jvp(tangents, out, b, a, x, axis=-1):
    d_b, d_a, d_x = (*tangents, None)[:3]
    source = np.zeros(np.shape(out))
    if d_b is not None:
        source = source + sg.lfilter(np.atleast_1d(d_b), np.ones(1), x, axis)
    if d_a is not None:
        source = source - sg.lfilter(np.atleast_1d(d_a), np.ones(1), out, axis)
    pushed = sg.lfilter(np.ones(1), np.atleast_1d(a), source, axis)
    return pushed if d_x is None else pushed + sg.lfilter(b, a, d_x, axis)


@covers(sg.lfilter)
def starts_at_rest(b, a, x, axis=-1, zi=None):
    return zi is None


@definition(sg.lfilter)
def lfilter(b, a, x, axis=-1, zi=None):
    """With an initial state, which is added to the first values of ``B(z) x``."""
    b, a, x = np.atleast_1d(b), np.atleast_1d(a), np.asarray(x)
    order = max(len(a), len(b)) - 1
    b = np.concatenate((b, np.zeros(order + 1 - len(b), b.dtype))) / a[0]
    a = np.concatenate((a, np.zeros(order + 1 - len(a), a.dtype))) / a[0]
    values = np.moveaxis(x, axis, -1)
    state = np.broadcast_to(np.moveaxis(np.asarray(zi), axis, -1), (*values.shape[:-1], order))
    count = values.shape[-1]
    if count < order:
        raise MissingRule(
            "scipy.signal.lfilter with an initial state longer than the signal has no rule",
            instead="filter the signal in longer parts",
        )
    started = np.pad(state, [(0, 0)] * (values.ndim - 1) + [(0, count - order)])
    source = sg.lfilter(b, np.ones(1, b.dtype), values) + started
    out = sg.lfilter(np.ones(1, a.dtype), a, source)
    return np.moveaxis(out, -1, axis), np.moveaxis(final_state(b, a, values, out), -1, axis)


def final_state(b, a, values, out):
    """What the filter would add to the values after the last one."""
    order, found = len(b) - 1, []
    for k in range(order):
        total = 0.0
        for j in range(order - k):
            here = values.shape[-1] - 1 - j
            total = total + b[k + 1 + j] * values[..., here] - a[k + 1 + j] * out[..., here]
        found.append(total)
    return np.stack(found, axis=-1) if found else np.zeros((*values.shape[:-1], 0), out.dtype)


@definition(sg.sosfilt)
def sosfilt(sos, x, axis=-1, zi=None):
    """One section after the other."""
    sections, values, ends = np.asarray(sos), np.asarray(x), []
    for place in range(len(sections)):
        b, a = sections[place, :3], sections[place, 3:]
        if zi is None:
            values = sg.lfilter(b, a, values, axis)
        else:
            values, end = sg.lfilter(b, a, values, axis, zi[place])
            ends.append(end)
    return values if zi is None else (values, np.stack(ends))


MODES = {"fill": "constant", "symm": "symmetric", "wrap": "wrap"}


def two_dimensional(first, second, mode, boundary, fillvalue, same):
    """The convolution of two images: a sum of shifted copies of the first.

    Of the whole, `mode` "same" is what begins at `same`, of two numbers.
    """
    first, second = np.asarray(first), np.asarray(second)
    rows, columns = second.shape
    widths = ((rows - 1, rows - 1), (columns - 1, columns - 1))
    options = {"constant_values": fillvalue} if boundary == "fill" else {}
    padded = np.pad(first, widths, MODES[boundary], **options)
    height, width = first.shape[0] + rows - 1, first.shape[1] + columns - 1
    total = 0.0
    for i in range(rows):
        for j in range(columns):
            top, left = rows - 1 - i, columns - 1 - j
            total = total + second[i, j] * padded[top : top + height, left : left + width]
    if mode == "full":
        return total
    if mode == "same":
        size, start = first.shape, same
    else:
        size, start = (
            (first.shape[0] - rows + 1, first.shape[1] - columns + 1),
            (rows - 1, columns - 1),
        )
    return np.copy(total[start[0] : start[0] + size[0], start[1] : start[1] + size[1]], order="C")


def is_within(first, second):
    """True if the first of two images is smaller than the second."""
    return np.shape(first)[0] < np.shape(second)[0] or np.shape(first)[1] < np.shape(second)[1]


@definition(sg.convolve2d)
def convolve2d(in1, in2, mode="full", boundary="fill", fillvalue=0):
    if mode == "valid" and is_within(in1, in2):
        in1, in2 = in2, in1
    same = [(n - 1) // 2 for n in np.shape(in2)]
    return two_dimensional(in1, in2, mode, boundary, fillvalue, same)


@definition(sg.correlate2d)
def correlate2d(in1, in2, mode="full", boundary="fill", fillvalue=0):
    is_exchanged = mode == "valid" and is_within(in1, in2)
    if is_exchanged:
        in1, in2 = in2, in1
    same = [n // 2 for n in np.shape(in2)]
    found = two_dimensional(in1, np.flip(np.conj(in2)), mode, boundary, fillvalue, same)
    return np.flip(found) if is_exchanged else found


def in_whole(ct, mode, first, second):
    """The cotangent of the whole convolution, of which `mode` kept the middle."""
    if mode == "full":
        return ct
    other = second if mode == "same" else [min(pair) for pair in zip(first, second, strict=True)]
    before = [(n - 1) // 2 if mode == "same" else n - 1 for n in other]
    whole = [n + m - 1 for n, m in zip(first, second, strict=True)]
    sizes = zip(before, whole, np.shape(ct), strict=True)
    return np.pad(ct, [(start, total - start - kept) for start, total, kept in sizes])


@vjp(sg.convolve)
def convolve_vjp(ct, out, in1, in2, mode="full", method="auto"):
    whole = in_whole(ct, mode, np.shape(in1), np.shape(in2))
    return sg.correlate(whole, in2, "valid", method), sg.correlate(whole, in1, "valid", method)


def pushed_by(function):
    """The pushforward of a function that is linear in each of two arguments."""

    def pushforward(tangents, out, in1, in2, mode="full", method="auto"):
        left, right = tangents[:2]
        pushed = 0.0 if left is None else function(left, in2, mode, method)
        return pushed if right is None else pushed + function(in1, right, mode, method)

    return pushforward


@vjp(sg.correlate)
def correlate_vjp(ct, out, in1, in2, mode="full", method="auto"):
    turned = np.flip(np.conj(in2))
    first, flipped = convolve_vjp(ct, out, in1, turned, mode, method)
    return first, np.conj(np.flip(flipped))


jvp(sg.convolve)(pushed_by(sg.convolve))
jvp(sg.correlate)(pushed_by(sg.correlate))


@covers(sg.convolve, sg.correlate)
def has_products(in1, in2, mode="full", method="auto"):
    return np.ndim(in1) > 0 and np.ndim(in1) == np.ndim(in2) and np.size(in1) > 0 < np.size(in2)


@definition(sg.medfilt2d)
def medfilt2d(input, kernel_size=3):
    return sg.medfilt(input, kernel_size)


def effects_of_taps(size, count):
    """What each of `count` taps does to a column of that size: a matrix for each."""
    one, whole = np.ones(1), np.eye(size)
    return np.stack([sg.sepfir2d(whole, one, taps) for taps in np.eye(count)])


none(effects_of_taps)


@definition(sg.sepfir2d)
def sepfir2d(input, hrow, hcol):
    """Along the rows and along the columns: linear in the image and in each filter."""
    image, by_row, by_column = (np.asarray(given) for given in (input, hrow, hcol))
    rows, columns = image.shape
    left = np.tensordot(by_column, effects_of_taps(rows, len(by_column)), 1)
    right = np.tensordot(by_row, effects_of_taps(columns, len(by_row)), 1)
    return left @ image @ np.transpose(right)


@definition(sg.lfilter_zi)
def lfilter_zi(b, a):
    """The state in which the answer to a constant signal is constant."""
    b, a = np.atleast_1d(b), np.atleast_1d(a)
    while len(a) > 1 and a[0] == 0.0:
        a = a[1:]
    order = max(len(a), len(b)) - 1
    b = np.concatenate((b, np.zeros(order + 1 - len(b), b.dtype))) / a[0]
    a = np.concatenate((a, np.zeros(order + 1 - len(a), a.dtype))) / a[0]
    system = np.eye(order, dtype=a.dtype) - np.eye(order, k=1, dtype=a.dtype)
    first = np.arange(order) == 0
    return np.linalg.solve(system + np.reshape(a[1:], (-1, 1)) * first, b[1:] - a[1:] * b[0])


@definition(sg.upfirdn)
def upfirdn(h, x, up=1, down=1, axis=-1, mode="constant", cval=0):
    """Zeros between the values, a filter, and every `down`-th value of the result."""
    values = np.moveaxis(np.asarray(x), axis, -1)
    if mode != "constant" or isinstance(cval, float) or cval != 0:
        found = extended_filter(np.asarray(h), values, up, down, mode, cval)
        return np.moveaxis(found, -1, axis)
    kind = values.dtype if values.dtype.kind in "fc" else float
    spread = np.zeros((*values.shape[:-1], max(values.shape[-1] - 1, 0) * up + 1), kind)
    spread[..., ::up] = values
    spread = np.pad(spread, [(0, 0)] * (values.ndim - 1) + [(0, len(h) - 1)])
    return np.moveaxis(sg.lfilter(h, np.ones(1, kind), spread)[..., ::down], -1, axis)


def extended_filter(h, x, up, down, mode, cval):
    """`upfirdn` along the last axis of a signal that goes on beyond its ends."""
    return sg.upfirdn(h, x, up, down, -1, mode, cval)


def extended_filter_of_signal(ct, out, h, x, up, down, mode, cval):
    by_value = extended_filter(h, np.eye(np.shape(x)[-1]), up, down, mode, 0.0)
    return ct @ np.transpose(conjugated(by_value))


def extended_filter_of_weights(ct, out, h, x, up, down, mode, cval):
    each = [extended_filter(unit, x, up, down, mode, cval) for unit in np.eye(len(h))]
    return np.stack([np.sum(ct * conjugated(one)) for one in each])


def extended_filter_of_background(ct, out, h, x, up, down, mode, cval):
    return np.sum(ct * conjugated(extended_filter(h, np.zeros_like(x), up, down, mode, 1.0)))


FILTER_FORMULAS = (
    extended_filter_of_weights,
    extended_filter_of_signal,
    *(lambda ct, out, *args: None,) * 3,  # settings
    extended_filter_of_background,
)


@vjp(extended_filter)
def extended_filter_vjp(ct, out, *args):
    return tuple(formula(ct, out, *args) for formula in FILTER_FORMULAS)


@jvp(extended_filter)
def extended_filter_jvp(tangents, out, h, x, up, down, mode, cval):
    dh, dx, d_cval = tangents[0], tangents[1], tangents[5]
    pushed = np.zeros(np.shape(out))
    if dh is not None:
        pushed = pushed + extended_filter(dh, x, up, down, mode, cval)
    if dx is not None:
        pushed = pushed + extended_filter(h, dx, up, down, mode, 0.0)
    if d_cval is not None:
        pushed = pushed + extended_filter(h, np.zeros_like(x), up, down, mode, d_cval)
    return pushed


by_argument(extended_filter, formulas=FILTER_FORMULAS)


def symmetric_filter(function):
    """State the rule of a recursive filter with mirror images at both ends, along the last axis.

    It is linear in the signal.
    """

    def of_signal(ct, out, signal, first, second, precision=-1.0):
        by_value = function(np.eye(np.shape(signal)[-1]), first, second, precision)
        return ct @ np.transpose(by_value)

    def of_coefficient(*_args, **_options):
        raise MissingRule(
            f"scipy.signal.{function.__name__} has a rule for its signal only",
            instead="pass adjoint.stop_gradient of the coefficients",
        )

    @vjp(function)
    def pullback(ct, out, signal, first, second, precision=-1.0):
        return of_signal(ct, out, signal, first, second, precision), of_coefficient()

    @jvp(function)
    def pushforward(tangents, out, signal, first, second, precision=-1.0):
        if any(moved is not None for moved in tangents[1:]):
            of_coefficient()
        return function(tangents[0], first, second, precision)

    by_argument(function, formulas=(of_signal, of_coefficient, of_coefficient))


symmetric_filter(sg.symiirorder1)
symmetric_filter(sg.symiirorder2)
