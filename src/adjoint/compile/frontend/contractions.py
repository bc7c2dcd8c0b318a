"""Sums of products of arrays of any rank, as products of matrices: `einsum` and its kin.

Letters name axes. Two arrays are brought into the form of matrices, or of stacks of them, by views
and one copy; several are multiplied from the left to the right.
"""

import operator
import string
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint.compile import operations
from adjoint.compile.conversion import converted
from adjoint.compile.frontend import arrays, iteration, shaping
from adjoint.compile.frontend.calls import inline_function
from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.values import Handle, Static, TupleValue, Value
from adjoint.compile.frontend.written_shapes import diagonal
from adjoint.compile.ir.nodes import Atom, Const

Named = tuple[Atom, str]
"""An array, and a letter for each of its axes."""


def stacks_multiplied(a: Any, b: Any) -> Any:
    """The products of matrices of two stacks, in the compiled language."""
    out = np.zeros((a.shape[0], a.shape[1], b.shape[2]), dtype=a.dtype)
    for i in range(a.shape[0]):
        out[i] = np.dot(a[i], b[i])
    return out


def moved(lower: Lowerer, array: Atom, order: list[int]) -> Atom:
    """A view with the axes in this order."""
    if order == list(range(len(order))):
        return array
    return lower.emit(np.transpose, array, keywords=(("axes", tuple(order)),))


def grouped(lower: Lowerer, named: Named, groups: tuple[str, ...]) -> Atom:
    """The axes of each group as one; those of an empty one have the length 1."""
    array, letters = named
    found = moved(lower, array, [letters.index(x) for group in groups for x in group])
    if all(len(group) == 1 for group in groups):
        return found
    dims = [length_of(lower, named, group) for group in groups]
    return lower.emit(operations.reshape, lower.emit(operations.copy, found), *dims)


def length_of(lower: Lowerer, named: Named, group: str) -> Atom:
    lengths = dict(zip(named[1], arrays.shape(lower, named[0]), strict=True))
    size: Atom = Const(1)
    for letter in group:
        first = isinstance(size, Const)
        size = lengths[letter] if first else lower.emit(operator.mul, size, lengths[letter])
    return size


def require_equal(lower: Lowerer, a: Named, b: Named, shared: str) -> None:
    for letter in shared:
        same = lower.emit(operator.eq, length_of(lower, a, letter), length_of(lower, b, letter))
        lower.check(same, ValueError, "the arrays have axes of different lengths that are one")


def multiplied(lower: Lowerer, a: Named, b: Named, kept: str) -> Named:
    """The sum of products over the axes of both that are not kept."""
    a, b = summed_out(lower, a, b[1] + kept), summed_out(lower, b, a[1] + kept)
    batch = "".join(x for x in a[1] if x in b[1] and x in kept)
    inner = "".join(x for x in a[1] if x in b[1] and x not in kept)
    left = "".join(x for x in a[1] if x not in b[1])
    right = "".join(x for x in b[1] if x not in a[1])
    require_equal(lower, a, b, batch + inner)
    if not inner:
        letters = batch + left + right
        return lower.emit(
            operator.mul, spread(lower, a, letters), spread(lower, b, letters)
        ), letters
    if not batch and len(inner) == 1 and len(left) <= 1 and len(right) <= 1:
        first = moved(lower, a[0], [a[1].index(x) for x in left + inner])
        second = moved(lower, b[0], [b[1].index(x) for x in inner + right])
        return lower.atom(shaping.product(lower, first, second)), left + right
    dims = [length_of(lower, a, x) for x in batch + left] + [length_of(lower, b, x) for x in right]
    if batch:
        first = grouped(lower, a, (batch, left, inner))
        second = grouped(lower, b, (batch, inner, right))
        dtype = arrays.common_dtype([first, second])
        both = [converted(lower.emit, x, dtype) for x in (first, second)]
        found = inline_function(lower, stacks_multiplied, both, {})
    else:
        first, second = grouped(lower, a, (left, inner)), grouped(lower, b, (inner, right))
        found = shaping.product(lower, first, second)
    if not dims:
        return lower.atom(arrays.load(lower, found, TupleValue((Const(0), Const(0))))), ""
    return lower.emit(operations.reshape, lower.atom(found), *dims), batch + left + right


def spread(lower: Lowerer, named: Named, letters: str) -> Atom:
    """A view that broadcasts against arrays with these axes."""
    array, own = named
    if not own:
        return array
    array = moved(lower, array, [own.index(x) for x in letters if x in own])
    entries = tuple(shaping.ALL if x in own else "newaxis" for x in letters)
    return shaping.loaded(lower, array, entries)


def summed_out(lower: Lowerer, named: Named, kept: str) -> Named:
    """Without the axes that nobody else has."""
    array, letters = named
    gone = [i for i, x in enumerate(letters) if x not in kept]
    if not gone:
        return named
    axes = TupleValue(tuple(map(Const, gone)))
    return (
        lower.atom(shaping.summed(lower, array, axes)),
        "".join(x for x in letters if x in kept),
    )


def without_repeats(lower: Lowerer, named: Named) -> Named:
    """The diagonals of axes that have one letter."""
    array, letters = named
    for letter in dict.fromkeys(letters):
        while letters.count(letter) > 1:
            first = letters.index(letter)
            second = letters.index(letter, first + 1)
            axes = [Const(0), Const(first), Const(second)]
            array = lower.atom(inline_function(lower, diagonal, [array, *axes], {}))
            letters = "".join(x for i, x in enumerate(letters) if i not in (first, second)) + letter
    return array, letters


def contracted(lower: Lowerer, factors: list[Named], result: str) -> Value:
    """The sum of products over all axes that the result does not have.

    Of one array that is only turned, it is a view, as NumPy's.
    """
    factors = [without_repeats(lower, factor) for factor in factors]
    total = factors[0]
    for position, factor in enumerate(factors[1:], 1):
        later = "".join(letters for _, letters in factors[position + 1 :])
        total = multiplied(lower, total, factor, result + later)
    array, letters = summed_out(lower, total, result)
    return moved(lower, array, [letters.index(x) for x in result]) if result else array


def einsum(
    lower: Lowerer, subscripts: Value, *operands: Value, optimize: Value | None = None
) -> Value:
    text = getattr(subscripts, "value", None)
    if not isinstance(text, str):
        raise lower.refuse(
            "einsum without a text of subscripts", instead='np.einsum("ij,jk", a, b)'
        )
    inputs, arrow, result = text.replace(" ", "").partition("->")
    terms = inputs.split(",")
    found = [lower.atom(shaping.whole(lower, operand)) for operand in operands]
    if len(terms) != len(found):
        raise lower.refuse("einsum of more or fewer arrays than terms", instead="name each array")
    free = [x for x in string.ascii_letters if x not in text]
    ranks = [a.type.ndim - len(t.replace("...", "")) for a, t in zip(found, terms, strict=True)]
    longest = max((n for n, t in zip(ranks, terms, strict=True) if "..." in t), default=0)
    if not arrow:
        named = "".join(terms).replace(".", "")
        once = "".join(sorted(x for x in set(named) if named.count(x) == 1))
        result = "..." * ("..." in inputs) + once
    rest = "".join(free[:longest])
    terms = [t.replace("...", rest[longest - n :]) for n, t in zip(ranks, terms, strict=True)]
    for array, term in zip(found, terms, strict=True):
        if array.type.ndim != len(term):
            raise lower.refuse(
                f"the subscripts {term!r} of an array of {array.type.ndim} axes",
                instead="name each axis with one letter",
            )
    return contracted(lower, list(zip(found, terms, strict=True)), result.replace("...", rest))


def tensordot(lower: Lowerer, a: Value, b: Value, axes: Value = Const(2)) -> Value:  # noqa: B008
    first, second = shaping.whole(lower, a), shaping.whole(lower, b)
    ranks = first.type.ndim, second.type.ndim
    if isinstance(axes, TupleValue | Handle):
        parts = iteration.items(lower, axes)
        pairs = [
            [shaping.known_int(lower, i, "axis") % rank for i in numbers(lower, part)]
            for part, rank in zip(parts, ranks, strict=True)
        ]
    else:
        count = shaping.known_int(lower, axes, "number of axes")
        pairs = [list(range(ranks[0] - count, ranks[0])), list(range(count))]
    left = list(string.ascii_lowercase[: ranks[0]])
    right = list(string.ascii_uppercase[: ranks[1]])
    for i, j in zip(*pairs, strict=True):
        right[j] = left[i]
    kept = "".join(x for x in left + right if not (x in left and x in right))
    return contracted(lower, [(first, "".join(left)), (second, "".join(right))], kept)


def numbers(lower: Lowerer, value: Value) -> tuple[Value, ...]:
    is_several = isinstance(value, TupleValue | Handle)
    return iteration.items(lower, value) if is_several else (value,)


def dot(lower: Lowerer, a: Value, b: Value) -> Value:
    left, right = arrays.as_array(lower, a), arrays.as_array(lower, b)
    if max(left.type.ndim, right.type.ndim) <= 2 or min(left.type.ndim, right.type.ndim) == 0:
        return shaping.product(lower, left, right)
    along = Const(-2 if right.type.ndim > 1 else -1)
    return tensordot(lower, left, right, TupleValue((Const(-1), along)))


def matmul(lower: Lowerer, a: Value, b: Value) -> Value:
    left, right = arrays.as_array(lower, a), arrays.as_array(lower, b)
    ranks = left.type.ndim, right.type.ndim
    if max(ranks) <= 2:
        return shaping.product(lower, left, right)
    if 0 in ranks:
        raise lower.refuse("a matrix product with a number", instead="multiply with *")
    letters = string.ascii_lowercase[: max(ranks) - 2]
    first = letters[len(letters) - max(ranks[0] - 2, 0) :] + ("I" if ranks[0] > 1 else "") + "K"
    second = letters[len(letters) - max(ranks[1] - 2, 0) :] + "K" + ("J" if ranks[1] > 1 else "")
    if min(ranks) > 2:
        left, right = broadcast(lower, left, right), broadcast(lower, right, left)
    result = letters + "I" * (ranks[0] > 1) + "J" * (ranks[1] > 1)
    return contracted(lower, [(left, first), (right, second)], result)


def broadcast(lower: Lowerer, stack: Atom, other: Atom) -> Atom:
    """A stack of matrices, as often as there are matrices in the other."""
    dims = (*arrays.shape(lower, other)[:-2], Const(1), Const(1))
    dtype = stack.type.dtype if stack.type.is_float else "float"
    return lower.emit(operator.add, stack, arrays.zeros(lower, dims, dtype, "zeros"))


def of_stacks(text: str) -> Callable:
    """A product along the last axes, for stacks of what it multiplies."""
    return lambda lower, x1, x2: einsum(lower, Static(text), x1, x2)


def of_conjugates(text: str) -> Callable:
    """As `of_stacks`, with the conjugate of the first."""

    def handler(lower: Lowerer, x1: Value, x2: Value) -> Value:
        return einsum(lower, Static(text), shaping.conjugate(lower, x1), x2)

    return handler


def vecdot(lower: Lowerer, x1: Value, x2: Value, *, axis: Value = Const(-1)) -> Value:  # noqa: B008
    last = Const(-1)
    first, second = (
        lower.invoke_object(lower, np.moveaxis, [shaping.whole(lower, x), axis, last], {})
        for x in (x1, x2)
    )
    return of_conjugates("...i,...i->...")(lower, first, second)


def outer(lower: Lowerer, a: Value, b: Value) -> Value:
    left, right = shaping.whole(lower, a), shaping.whole(lower, b)
    vectors = [x if x.type.ndim == 1 else shaping.raveled(lower, x) for x in (left, right)]
    return shaping.outer(lower, *vectors)


def multi_dot(lower: Lowerer, arrays_: Value) -> Value:
    found, *others = iteration.items(lower, arrays_)
    for other in others:
        found = shaping.product(lower, found, other)
    return found


def block(lower: Lowerer, arrays_: Value) -> Value:
    """Rows of blocks, or one row."""
    parts = iteration.items(lower, arrays_)
    if not all(isinstance(part, TupleValue | Handle) for part in parts):
        return shaping.hstacked(lower, arrays_)
    rows = [shaping.concatenated(lower, with_rows(lower, part), Const(1)) for part in parts]
    return shaping.concatenated(lower, TupleValue(tuple(rows)))


def with_rows(lower: Lowerer, parts: Value) -> TupleValue:
    """Vectors among blocks as matrices of one row."""
    found = [shaping.whole(lower, item) for item in iteration.items(lower, parts)]
    return TupleValue(
        tuple(x if x.type.ndim > 1 else shaping.with_axis(lower, x, 0) for x in found)
    )


PRODUCTS: dict[Any, Callable] = {
    np.einsum: einsum,
    np.tensordot: tensordot,
    np.linalg.tensordot: tensordot,
    np.dot: dot,
    np.matmul: matmul,
    np.linalg.matmul: matmul,
    np.vecdot: vecdot,
    np.linalg.vecdot: vecdot,
    np.outer: outer,
    np.linalg.outer: outer,
    np.linalg.multi_dot: multi_dot,
    np.block: block,
}
"""Functions that multiply arrays, or put them beside each other."""

if hasattr(np, "matvec"):  # since NumPy 2.2
    PRODUCTS[np.matvec] = of_stacks("...ij,...j->...i")
    PRODUCTS[np.vecmat] = of_conjugates("...i,...ij->...j")
