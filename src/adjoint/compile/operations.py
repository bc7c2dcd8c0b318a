"""The operations that the compiler itself introduces, as plain Python functions.

Each runs in plain Python on numbers and arrays; the printer knows how to write it as source.
"""

import math
from collections.abc import Callable

import numpy as np

from adjoint.compile import matrix_operations
from adjoint.compile.ir.nodes import SCALARS, Subscript
from adjoint.compile.matrix_operations import (
    eigen,
    eigenvalues,
    fourier,
    orthogonal,
    pseudo_inverse,
    singular,
    singular_full,
    singular_values,
    spectrum,
    spectrum_values,
)

__all__ = [
    "eigen",
    "eigenvalues",
    "fourier",
    "orthogonal",
    "pseudo_inverse",
    "singular",
    "singular_full",
    "singular_values",
    "spectrum",
    "spectrum_values",
]
MODULES = (__name__, matrix_operations.__name__)
"""Where the operations are that the compiler itself introduces."""


def load(array: np.ndarray, *index, subscript: Subscript):
    """``array[subscript]``: a number or a view."""
    return array[subscript.fill(index)]


def take(array: np.ndarray, *index, subscript: Subscript):
    """A copy of ``array[subscript]``."""
    return np.copy(array[subscript.fill(index)])


def dim(array: np.ndarray, *, axis: int) -> int:
    """The length of one axis."""
    return array.shape[axis]


def select(condition, chosen, other):
    """One of two values, both of which exist."""
    return chosen if condition else other


def divide(x, y):
    """The quotient of IEEE 754: infinite or nan where Python would raise."""
    return np.divide(x, y)


def times(ct, partial):
    """``ct * partial``, and zero where either is, whatever the other (strong zero)."""
    return np.where((ct == 0.0) | (partial == 0.0), 0.0, ct * partial)[()]


def times_of_numbers(ct, partial):
    return ct * partial if ct != 0.0 and partial != 0.0 else 0.0


def times_of_singles(ct, partial):
    """As `times`, for arrays of single precision."""
    return times(ct, partial)


def times_of_two_singles(ct, partial):
    return ct * partial if ct != 0.0 and partial != 0.0 else np.float32(0.0)


def where(test, chosen, other):
    """One of two items at each place."""
    return np.where(test, chosen, other)


def item_where(test, chosen, other):
    return chosen if test else other


OF_ITEMS = {
    times: times_of_numbers,
    times_of_singles: times_of_two_singles,
    where: item_where,
}
"""For operations on arrays that compiled code does item by item: what is done to the items."""


def copy(array: np.ndarray) -> np.ndarray:
    return array.copy()


def as_item(array: np.ndarray) -> np.ndarray:
    """An array as the item of a list: a copy, where Python keeps the array itself."""
    return array.copy()


def zeros(*dims: int, dtype: str = "float") -> np.ndarray:
    return np.zeros(dims, dtype=SCALARS[dtype])


def empty(*dims: int, dtype: str = "float") -> np.ndarray:
    return np.zeros(dims, dtype=SCALARS[dtype])


def full(value, *dims: int) -> np.ndarray:
    return np.full(dims, value)


def reshape(array: np.ndarray, *dims: int) -> np.ndarray:
    """A new array of the given shape (a copy, so that it never aliases)."""
    return array.copy().reshape(dims)


def array_of(*items, shape: tuple[int, ...]) -> np.ndarray:
    """The array literal of numbers ``[[a, b], [c, d]]``."""
    return np.array(items).reshape(shape)


def several(*items) -> np.ndarray:
    """The floats that a function which calls itself returns together; printed as a tuple."""
    return np.array(items)


def part(found, *, position: int):
    """One of `several`."""
    return found[position]


def trips(start: int, stop: int, step: int) -> int:
    """How often a counted loop runs."""
    return len(range(start, stop, step))


def sum_1_to_1(ct: np.ndarray, n: int) -> np.ndarray:
    """`ct` summed over the axes along which an array of the given shape was broadcast to it."""
    if len(ct) == n:
        return ct.copy()
    return np.full(n, np.sum(ct), ct.dtype)


def sum_2_to_1(ct: np.ndarray, n: int) -> np.ndarray:
    """As `sum_1_to_1`, from a matrix to a vector."""
    total = np.zeros(n, ct.dtype)
    step = 0 if n == 1 else 1
    for i in range(ct.shape[0]):
        for j in range(ct.shape[1]):
            total[j * step] += ct[i, j]
    return total


def sum_2_to_2(ct: np.ndarray, n: int, m: int) -> np.ndarray:
    """As `sum_1_to_1`, from a matrix to a matrix."""
    total = np.zeros((n, m), ct.dtype)
    down, across = 0 if n == 1 else 1, 0 if m == 1 else 1
    for i in range(ct.shape[0]):
        for j in range(ct.shape[1]):
            total[i * down, j * across] += ct[i, j]
    return total


def sum_3_to_3(ct: np.ndarray, n: int, m: int, k: int) -> np.ndarray:
    """As `sum_1_to_1`, for arrays of three axes."""
    total = np.zeros((n, m, k), ct.dtype)
    first, second, third = 0 if n == 1 else 1, 0 if m == 1 else 1, 0 if k == 1 else 1
    for i in range(ct.shape[0]):
        for j in range(ct.shape[1]):
            for at in range(ct.shape[2]):
                total[i * first, j * second, at * third] += ct[i, j, at]
    return total


def sum_to(ct: np.ndarray, *dims: int) -> np.ndarray:
    """As `sum_1_to_1`, for arrays of any ranks."""
    total = np.zeros(dims, ct.dtype)
    shift = ct.ndim - len(dims)
    for at, value in np.ndenumerate(ct):
        place = 0
        for axis in range(len(dims)):
            place = place * dims[axis] + at[axis + shift] % dims[axis]
        total.ravel()[place] += value
    return total


# Sums along one axis, and stores of arrays. Numba's own take seconds to
# compile, because they can tell in an error what the shapes were, and its sums are slower.


def sum_first(array: np.ndarray) -> np.ndarray:
    """The sum along the first of two or three axes."""
    total = np.zeros(array.shape[1:], array.dtype)
    if array.ndim == 2:
        for i in range(array.shape[0]):
            for j in range(array.shape[1]):
                total[j] += array[i, j]
    else:
        for i in range(array.shape[0]):
            for j in range(array.shape[1]):
                for k in range(array.shape[2]):
                    total[j, k] += array[i, j, k]
    return total


def sum_last(array: np.ndarray) -> np.ndarray:
    """The sum along the last of two or three axes."""
    total = np.zeros(array.shape[:-1], array.dtype)
    if array.ndim == 2:
        for i in range(array.shape[0]):
            part = array.dtype.type(0.0)
            for j in range(array.shape[1]):
                part += array[i, j]
            total[i] = part
    else:
        for i in range(array.shape[0]):
            for j in range(array.shape[1]):
                part = array.dtype.type(0.0)
                for k in range(array.shape[2]):
                    part += array[i, j, k]
                total[i, j] = part
    return total


def sum_middle(array: np.ndarray) -> np.ndarray:
    """The sum along the second of three axes."""
    total = np.zeros((array.shape[0], array.shape[2]), array.dtype)
    for i in range(array.shape[0]):
        for j in range(array.shape[1]):
            for k in range(array.shape[2]):
                total[i, k] += array[i, j, k]
    return total


SUMS_ALONG = {
    (2, 0): sum_first,
    (2, 1): sum_last,
    (3, 0): sum_first,
    (3, 1): sum_middle,
    (3, 2): sum_last,
}
"""By the rank of an array and the axis."""


def put(place: np.ndarray, values: np.ndarray) -> None:
    """``place[:] = values``, for arrays of one rank, from 1 to 3, that share no memory."""
    if place.ndim == 1:
        n = len(values)
        if n not in (1, len(place)):
            raise ValueError("the values do not have the shape of their place")
        step = 0 if n == 1 else 1
        for i in range(len(place)):
            place[i] = values[i * step]
    elif place.ndim == 2:
        n, m = values.shape
        if n not in (1, place.shape[0]) or m not in (1, place.shape[1]):
            raise ValueError("the values do not have the shape of their place")
        down, across = 0 if n == 1 else 1, 0 if m == 1 else 1
        for i in range(place.shape[0]):
            for j in range(place.shape[1]):
                place[i, j] = values[i * down, j * across]
    else:
        n, m, k = values.shape
        if (
            n not in (1, place.shape[0])
            or m not in (1, place.shape[1])
            or k not in (1, place.shape[2])
        ):
            raise ValueError("the values do not have the shape of their place")
        first, second, third = 0 if n == 1 else 1, 0 if m == 1 else 1, 0 if k == 1 else 1
        for i in range(place.shape[0]):
            for j in range(place.shape[1]):
                for at in range(place.shape[2]):
                    place[i, j, at] = values[i * first, j * second, at * third]


def put_more(place: np.ndarray, values: np.ndarray) -> None:
    """``place[:] += values``, as `put`."""
    if place.ndim == 1:
        n = len(values)
        if n not in (1, len(place)):
            raise ValueError("the values do not have the shape of their place")
        step = 0 if n == 1 else 1
        for i in range(len(place)):
            place[i] += values[i * step]
    elif place.ndim == 2:
        n, m = values.shape
        if n not in (1, place.shape[0]) or m not in (1, place.shape[1]):
            raise ValueError("the values do not have the shape of their place")
        down, across = 0 if n == 1 else 1, 0 if m == 1 else 1
        for i in range(place.shape[0]):
            for j in range(place.shape[1]):
                place[i, j] += values[i * down, j * across]
    else:
        n, m, k = values.shape
        if (
            n not in (1, place.shape[0])
            or m not in (1, place.shape[1])
            or k not in (1, place.shape[2])
        ):
            raise ValueError("the values do not have the shape of their place")
        first, second, third = 0 if n == 1 else 1, 0 if m == 1 else 1, 0 if k == 1 else 1
        for i in range(place.shape[0]):
            for j in range(place.shape[1]):
                for at in range(place.shape[2]):
                    place[i, j, at] += values[i * first, j * second, at * third]


# Lists whose length is not known: arrays with an item in each row.


def appended(items: np.ndarray, item) -> np.ndarray:
    """Numbers, and one more."""
    count = len(items)
    out = np.empty(count + 1, items.dtype)
    for i in range(count):
        out[i] = items[i]
    out[count] = item
    return out


def appended_array(items: np.ndarray, item: np.ndarray) -> np.ndarray:
    """Arrays of one shape, and one more."""
    count = len(items)
    if count > 0 and items.shape[1:] != item.shape:
        raise ValueError("arrays of several shapes in one list cannot be compiled")
    out = np.empty((count + 1, *item.shape), items.dtype)
    for i in range(count):
        out[i] = items[i]
    out[count] = item
    return out


def lengthened(items: np.ndarray) -> np.ndarray:
    """With a row of zeros behind."""
    out = np.zeros((len(items) + 1, *items.shape[1:]), items.dtype)
    for i in range(len(items)):
        out[i] = items[i]
    return out


def shortened(items: np.ndarray) -> np.ndarray:
    """Without the last row."""
    return np.copy(items[:-1])


def order(array: np.ndarray) -> np.ndarray:
    """The places of a vector's items in ascending order; equal items keep theirs."""
    return np.argsort(array, kind="stable")


def places(mask: np.ndarray) -> np.ndarray:
    """Where a vector of bools is True."""
    return np.flatnonzero(mask)


def either(a: bool, b: bool) -> bool:
    return a or b


def both(a: bool, b: bool) -> bool:
    return a and b


def negation(a: bool) -> bool:
    return not a


def differs(a, b) -> bool:
    return a != b


def larger(*items):
    """``max(...)`` of numbers, as Python chooses it."""
    return max(items)


def smaller(*items):
    """``min(...)`` of numbers, as Python chooses it."""
    return min(items)


def held(x):
    """`x`, without its derivative."""
    return x


def grown(stack: np.ndarray, needed: int) -> np.ndarray:
    """A stack of at least twice the size, with the same contents."""
    larger_stack = np.empty(max(2 * len(stack), needed), stack.dtype)
    for at in range(len(stack)):
        larger_stack[at] = stack[at]
    return larger_stack


def add_at(array: np.ndarray, index: np.ndarray, values) -> None:
    """``array[index] += values`` along the first axis, where equal indices add up."""
    for position in range(len(index)):
        array[index[position]] += values[position]


def add_at_pairs(array: np.ndarray, rows: np.ndarray, columns: np.ndarray, values) -> None:
    """``array[rows, columns] += values``, where equal pairs add up; one serves for all."""
    count = max(len(rows), len(columns), len(values))
    for given in (len(rows), len(columns), len(values)):
        if given not in (1, count):
            raise ValueError("indices and values of several lengths")
    down, across = int(len(rows) > 1), int(len(columns) > 1)
    along = int(len(values) > 1)
    for at in range(count):
        array[rows[at * down], columns[at * across]] += values[at * along]


def add_at_grid(array: np.ndarray, rows: np.ndarray, columns: np.ndarray, values) -> None:
    """As `add_at_pairs`, for indices and values of any shapes."""
    shape = np.broadcast_shapes(rows.shape, columns.shape, values.shape)
    all_rows = np.broadcast_to(rows, shape)
    all_columns = np.broadcast_to(columns, shape)
    all_values = np.broadcast_to(values, shape)
    for at in np.ndindex(shape):
        array[all_rows[at], all_columns[at]] += all_values[at]


def rows(stack: np.ndarray, start: int, *dims: int) -> np.ndarray:
    """An array in the memory of a stack."""
    return stack[start : start + math.prod(dims)].reshape(dims)


def plus(a, b):
    """``a + b`` of derivatives, in which the sign of a zero means nothing."""
    return a + b


# Whether an int fits into 64 bits; where floats compute that, rounding is on the safe side.

SMALLEST, LARGEST = -(2**63), 2**63 - 1


def sum_fits(a: int, b: int) -> bool:
    return a <= LARGEST - b if b >= 0 else a >= SMALLEST - b


def difference_fits(a: int, b: int) -> bool:
    return a >= SMALLEST + b if b >= 0 else a <= LARGEST + b


def product_fits(a: int, b: int) -> bool:
    return abs(float(a) * float(b)) < 9.2233720368547e18


def power_fits(a: int, b: int) -> bool:
    return abs(a) < 2 or (b < 64 and abs(float(a)) ** b < 9.2233720368547e18)


def shift_fits(a: int, b: int) -> bool:
    return a == 0 or (b < 64 and abs(float(a)) * 2.0**b < 9.2233720368547e18)


def int_fits(x: float) -> bool:
    """False for nan."""
    return abs(x) < 9.2233720368547e18


def as_float(array: np.ndarray) -> np.ndarray:
    """A copy of an array, as floats."""
    return array.astype(np.float64)


def as_single(array: np.ndarray) -> np.ndarray:
    """A copy of an array, in single precision."""
    return array.astype(np.float32)


def as_complex(array: np.ndarray) -> np.ndarray:
    """A copy of an array, as complex numbers."""
    return array.astype(np.complex128)


def single(x: float) -> np.float32:
    return np.float32(x)


def double(x: np.float32) -> float:
    return float(x)


def cartesian(x: float, y: float) -> complex:
    return complex(x, y)


def real_part(z: complex) -> float:
    return z.real


def imaginary_part(z: complex) -> float:
    return z.imag


def as_real(array: np.ndarray) -> np.ndarray:
    """A copy of an array, without the imaginary parts."""
    return np.copy(array.real)


def real_parts(array: np.ndarray) -> np.ndarray:
    """A copy, where NumPy has a view."""
    return np.copy(array.real)


def imaginary_parts(array: np.ndarray) -> np.ndarray:
    """A copy, where NumPy has a view."""
    return np.copy(array.imag)


def sum_of_singles(array: np.ndarray) -> np.float32:
    """The sum of an array of single precision, rounded once."""
    total = 0.0
    for item in array.flat:
        total += item
    return np.float32(total)


def as_int(array: np.ndarray) -> np.ndarray:
    """A copy of an array, as ints: floats towards zero."""
    return array.astype(np.int64)


OF_SCALARS: dict[Callable, Callable] = {
    np.sin: math.sin,
    np.cos: math.cos,
    np.tan: math.tan,
    np.sinh: math.sinh,
    np.cosh: math.cosh,
    np.tanh: math.tanh,
    np.arctan: math.atan,
    np.hypot: math.hypot,
}
"""For formulas on numbers: the function of `math` that gives what NumPy's gives, everywhere."""
