"""`sorted`, `min` and `max` by a key, and the products and pairs of `itertools`.

The order of equal items is Python's; an item that is chosen has its derivative, the order has none.
"""

import itertools
import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from adjoint.compile import operations
from adjoint.compile.frontend import arrays, iteration, lists
from adjoint.compile.frontend.calls import inline_function, invoke, invoke_object
from adjoint.compile.frontend.joining import form_of, row_form
from adjoint.compile.frontend.lowering import Lowerer
from adjoint.compile.frontend.values import (
    NONE,
    Handle,
    IterationValue,
    RangeValue,
    Rows,
    SliceValue,
    TupleValue,
    Value,
    is_atom,
    same,
)
from adjoint.compile.frontend.written_axes import room
from adjoint.compile.ir.nodes import Atom, Const

MOST = 4096  # combinations that are written out


def keys_of(items: Any, key: Any) -> Any:
    """The key of each number, in the compiled language."""
    first = key(items[0]) if len(items) > 0 else 0.0
    out = np.zeros(len(items), dtype=room(first))
    for i in range(len(items)):
        out[i] = key(items[i])
    return out


def sorted_(
    lower: Lowerer,
    items: Value,
    *,
    key: Value = NONE,
    reverse: Value = Const(False),  # noqa: B008
) -> Value:
    if not isinstance(reverse, Const):
        raise lower.refuse("`reverse` is not known when the function is compiled", instead="True")
    is_known = not isinstance(items, RangeValue)
    known = iteration.known_items(lower, items) if is_known else None
    if known is None:
        return sorted_rows(lower, items, key, is_reversed=bool(reverse.value))
    if len(known) < 2:
        return new_list(lower, known)
    keys = known if same(key, NONE) else tuple(invoke(lower, key, [i], {}) for i in known)
    form = form_of([*map(row_form, known)])
    if form is None:
        raise lower.refuse("items of several forms are sorted", instead="sort numbers or tuples")
    order = order_of(lower, arrays.as_array(lower, TupleValue(keys)), bool(reverse.value))
    rows = Rows(lists.rows_for(lower, known, form))
    places = [arrays.load(lower, order, Const(n)) for n in range(len(known))]
    return new_list(lower, tuple(lists.item(lower, rows, place) for place in places))


def sorted_rows(lower: Lowerer, items: Value, key: Value, *, is_reversed: bool) -> Value:
    """A list whose length is not known: of the numbers of an array, a list or a range."""
    if isinstance(items, RangeValue):
        items = invoke_object(lower, np.arange, [items.start, items.stop, items.step], {})
    rows = lists.rows_of(lower, items)
    columns = rows.columns if rows is not None else items
    if not is_atom(columns) or columns.type.ndim != 1:
        raise lower.refuse("this is sorted", instead="sort numbers, or a list of known length")
    keys = columns
    if not same(key, NONE):
        keys = lower.atom(inline_function(lower, keys_of, [columns, key], {}))
    order = order_of(lower, keys, is_reversed)
    return lists.made(lower, arrays.load(lower, columns, order))


def order_of(lower: Lowerer, keys: Atom, is_reversed: bool) -> Atom:
    if keys.type.ndim != 1 or keys.type.is_complex or keys.type.dtype == "bool":
        raise lower.refuse("items are sorted by these keys", instead="sort by one number each")
    if is_reversed:
        keys = lower.emit(operator.neg, keys)
    return lower.emit(operations.order, keys)


def new_list(lower: Lowerer, items: tuple[Value, ...]) -> Handle:
    made = Handle("list")
    lower.cells[made] = TupleValue(items)
    return made


def least_by(items: Any, key: Any) -> Any:
    """``min(items, key=key)``, in the compiled language: the first of equal ones."""
    count = 0
    best = 0
    low = 0
    for item in items:
        value = key(item)
        if count == 0 or value < low:
            best = item
            low = value
        count = 1
    if count == 0:
        raise ValueError("min() iterable argument is empty")
    return best


def greatest_by(items: Any, key: Any) -> Any:
    count = 0
    best = 0
    high = 0
    for item in items:
        value = key(item)
        if count == 0 or value > high:
            best = item
            high = value
        count = 1
    if count == 0:
        raise ValueError("max() iterable argument is empty")
    return best


def chosen(lower: Lowerer, function: Callable, args: tuple[Value, ...], key: Value) -> Value:
    """``min`` or ``max`` by a key."""
    is_least = function is operations.smaller
    source: Value = args[0] if len(args) == 1 else TupleValue(args)
    known = None if iteration.is_loop(source) else iteration.known_items(lower, source)
    if not known:
        program = least_by if is_least else greatest_by
        return inline_function(lower, program, [source, key], {})
    best: Any = TupleValue((known[0], invoke(lower, key, [known[0]], {})))
    compare = operator.lt if is_least else operator.gt
    for item in known[1:]:
        value = lower.atom(invoke(lower, key, [item], {}))
        test = lower.truth(lower.emit(compare, value, lower.atom(best.items[1])))
        better, kept = TupleValue((item, value)), best
        if isinstance(test, Const):
            best = better if test.value else kept
        else:
            best = lower.branch(test, lambda it=better: it, lambda it=kept: it)
    return lower.usable(best.items[0], "the item")


def combined(function: Callable) -> Callable:
    """A function of `itertools` that puts items together, of items that are known now."""

    def handler(lower: Lowerer, *parts: Value, **keywords: Value) -> Value:
        given: list[Any] = []
        for part in parts:
            is_count = isinstance(part, Const)
            given.append(part.value if is_count else iteration.items(lower, part))
        named = {name: getattr(value, "value", None) for name, value in keywords.items()}
        found = list(itertools.islice(function(*given, **named), MOST + 1))
        if len(found) > MOST:
            raise lower.refuse("too many combinations to write out", instead="use for loops")
        return TupleValue(tuple(TupleValue(tuple(row)) for row in found))

    return handler


def chain(lower: Lowerer, *parts: Value) -> Value:
    return TupleValue(tuple(item for part in parts for item in iteration.items(lower, part)))


def pairwise(lower: Lowerer, items: Value) -> Value:
    if is_atom(items) and items.type.is_array:
        first = arrays.load(lower, items, SliceValue(None, Const(-1), None))
        return IterationValue(
            "zip", (first, arrays.load(lower, items, SliceValue(Const(1), None, None)))
        )
    known = iteration.items(lower, items)
    return TupleValue(tuple(map(TupleValue, itertools.pairwise(known))))


ORDERING: dict[Any, Callable] = {
    sorted: sorted_,
    itertools.product: combined(itertools.product),
    itertools.combinations: combined(itertools.combinations),
    itertools.permutations: combined(itertools.permutations),
    itertools.chain: chain,
    itertools.pairwise: pairwise,
}
