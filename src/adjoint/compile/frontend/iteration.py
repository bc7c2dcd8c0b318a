"""Iterating: over what is known now (unrolled), over ranges and arrays (loops)."""

import ast
import operator
from collections.abc import Callable

from adjoint.compile import operations
from adjoint.compile.frontend import arrays, grids
from adjoint.compile.frontend.lowering import LoopMark, Lowerer, kind_of
from adjoint.compile.frontend.values import (
    Frame,
    Handle,
    IterationValue,
    RangeValue,
    Rows,
    Static,
    TupleValue,
    Value,
    all_same,
    is_atom,
    same,
    wrap,
)
from adjoint.compile.ir.nodes import Atom, Const


def items(lower: Lowerer, value: Value) -> tuple[Value, ...]:
    """The items of something whose length is known now."""
    found = known_items(lower, value)
    if found is None:
        raise lower.refuse(
            f"the number of items of {kind_of(value)} is not known when the function is compiled",
            instead="use a for loop, or an array",
        )
    return found


def known_items(lower: Lowerer, value: Value) -> tuple[Value, ...] | None:
    match value:
        case TupleValue():
            return value.items
        case Handle(kind="object"):
            return None
        case Handle():
            contents = lower.usable(lower.cells[value], "the container")
            if isinstance(contents, Rows):
                return None
            if isinstance(contents, dict):
                return tuple(wrap_key(key) for key in contents)
            return contents.items
        case Static(value=str() | tuple() | list() | range() | dict()):
            return tuple(wrap(item) for item in value.value)
        case RangeValue():
            parts = (value.start, value.stop, value.step)
            if all(isinstance(p, Const) for p in parts):
                return tuple(Const(i) for i in range(*(p.value for p in parts)))
        case IterationValue():
            return known_iteration(lower, value)
    return None


def wrap_key(key: object) -> Value:
    return TupleValue(tuple(map(wrap_key, key))) if type(key) is tuple else wrap(key)


def known_iteration(lower: Lowerer, value: IterationValue) -> tuple[Value, ...] | None:
    if value.kind in VIEWS:
        contents = lower.usable(lower.cells[value.parts[0]], "the dict")
        return tuple(VIEWS[value.kind](key, item) for key, item in contents.items())
    parts = [known_items(lower, part) for part in value.parts]
    if grids.is_grid(value) or any(part is None for part in parts):
        return None
    if value.kind == "generator":
        return parts[0]
    if value.kind == "reversed":
        return parts[0][::-1]
    if value.kind == "enumerate":
        starts = range(len(parts[0]))
        return tuple(
            TupleValue((lower.emit(operator.add, value.start, Const(i)), item))
            for i, item in zip(starts, parts[0], strict=True)
        )
    return tuple(TupleValue(row) for row in zip(*parts, strict=False))


VIEWS: dict[str, Callable] = {
    "keys": lambda key, item: wrap_key(key),
    "values": lambda key, item: item,
    "items": lambda key, item: TupleValue((wrap_key(key), item)),
}


def refuse_kept(lower: Lowerer, value: Value) -> None:
    """Refuse an iterator where it could be used later, or twice: Python's remembers its place."""
    if isinstance(value, IterationValue) and value.kind not in VIEWS:
        raise lower.refuse(
            "an iterator is kept for later, which cannot be compiled",
            instead="make a list of it: list(...)",
        )


def is_lazy(value: Value) -> bool:
    """True where Python would compute the items one by one, between the turns of a loop."""
    return isinstance(value, IterationValue) and (
        value.kind == "generator" or any(map(is_lazy, value.parts))
    )


def containers(value: Value) -> list[Handle]:
    """The lists and dicts an iteration goes over."""
    if isinstance(value, Handle):
        return [value]
    parts = value.parts if isinstance(value, IterationValue) else ()
    return [handle for part in parts for handle in containers(part)]


def remaining(lower: Lowerer, value: Value, turn: int) -> tuple:
    """What an iteration that reads its containers as it goes has yet to read after a turn."""
    if isinstance(value, Handle):
        contents = lower.cells[value]
        if isinstance(contents, TupleValue):
            return contents.items[turn + 1 :]
        return tuple(map(wrap_key, contents)) if isinstance(contents, dict) else (contents,)
    if not isinstance(value, IterationValue):
        return ()
    if value.kind in VIEWS:
        contents = lower.cells[value.parts[0]]
        if not isinstance(contents, dict):
            return (contents,)
        later = () if value.kind == "keys" else tuple(contents.values())[turn + 1 :]
        return (*map(wrap_key, contents), *later)
    if value.kind == "reversed" and isinstance(value.parts[0], Handle):
        contents = lower.cells[value.parts[0]]
        if isinstance(contents, TupleValue):
            return contents.items[: max(0, len(contents.items) - 1 - turn)]
        return (contents,)
    return tuple(item for part in value.parts for item in remaining(lower, part, turn))


def watched(lower: Lowerer, value: Value, turns: list[Callable]) -> list[Callable]:
    """The turns of an unrolled loop, which refuse to change what the loop has yet to read."""
    handles = containers(value)
    if not handles:
        return turns

    def checked(number: int) -> None:
        held, ahead = [lower.cells[h] for h in handles], remaining(lower, value, number)
        turns[number]()
        if all(lower.cells[h] is was for h, was in zip(handles, held, strict=True)):
            return
        if not all_same(remaining(lower, value, number), ahead):
            raise lower.refuse(
                "a loop changes what it goes over, which cannot be compiled",
                instead="loop over a copy: list(...)",
            )

    return [lambda number=number: checked(number) for number in range(len(turns))]


def is_loop(value: Value) -> bool:
    """True for a range that is better run as a loop, though its length is known."""
    return isinstance(value, RangeValue) or (
        isinstance(value, IterationValue) and any(map(is_loop, value.parts))
    )


def is_rows(lower: Lowerer, value: Value) -> bool:
    """True for a list whose length is not known now."""
    return isinstance(value, Handle) and isinstance(lower.cells.get(value), Rows)


def length(lower: Lowerer, value: Value) -> Atom:
    """How many items an iteration has."""
    if is_atom(value) and value.type.is_array:
        return lower.emit(operations.dim, value, keywords=(("axis", 0),))
    if isinstance(value, RangeValue):
        if same(value.start, Const(0)) and same(value.step, Const(1)):
            return lower.emit(operations.larger, value.stop, Const(0))
        return lower.emit(operations.trips, value.start, value.stop, value.step)
    if grids.is_grid(value):
        return grids.length(lower, value)
    if is_rows(lower, value):
        return lower.length_of(lower, value)
    if isinstance(value, IterationValue):
        sizes = [length(lower, part) for part in value.parts]
        smallest = sizes[0]
        for size in sizes[1:]:
            smallest = lower.emit(operations.smaller, smallest, size)
        return smallest
    return Const(len(items(lower, value)))


def item_at(lower: Lowerer, value: Value, position: Atom) -> Value:
    """The item number `position` of an iteration."""
    if is_atom(value):
        return arrays.load(lower, value, position)
    if isinstance(value, RangeValue):
        if same(value.step, Const(1)) and same(value.start, Const(0)):
            return position
        offset = lower.emit(operator.mul, position, value.step)
        return lower.emit(operator.add, value.start, offset)
    if grids.is_grid(value):
        return grids.item_at(lower, value, position)
    if is_rows(lower, value):
        return lower.item_of_rows(lower, value, position)
    if isinstance(value, IterationValue):
        if value.kind == "reversed":
            last = lower.emit(operator.sub, length(lower, value.parts[0]), Const(1))
            return item_at(lower, value.parts[0], lower.emit(operator.sub, last, position))
        found = tuple(item_at(lower, part, position) for part in value.parts)
        if value.kind == "enumerate":
            return TupleValue((lower.emit(operator.add, value.start, position), found[0]))
        return TupleValue(found)
    return chosen_item(lower, items(lower, value), position)


def chosen_item(lower: Lowerer, items: tuple[Value, ...], index: Atom) -> Value:
    """``items[index]`` with an index that is not known now: a cascade of comparisons."""
    size = Const(len(items))
    negative = lower.emit(operator.lt, index, Const(0))
    index = lower.emit(operations.select, negative, lower.emit(operator.add, index, size), index)
    below, above = (lower.emit(operator.ge, index, Const(0)), lower.emit(operator.lt, index, size))
    lower.check(lower.emit(operations.both, below, above), IndexError, "list index out of range")

    def pick(low: int) -> Value:
        if low == len(items) - 1:
            return items[low]
        test = lower.emit(operator.eq, index, Const(low))
        return lower.branch(test, lambda: items[low], lambda: pick(low + 1))

    return lower.usable(pick(0), "the item")


def for_each(
    lower: Lowerer, value: Value, body: Callable[[Value], None], *, leaves: bool
) -> LoopMark:
    """Run `body` of every item; `leaves` says whether the body has `break` or `return`."""
    mark = LoopMark()
    known = None if is_loop(value) else known_items(lower, value)
    if (isinstance(value, Static) and known is None) or is_scalar(value):
        raise lower.refuse(f"{kind_of(value)} cannot be iterated over", instead="use a range")
    if is_lazy(value):
        raise lower.refuse(
            "a loop over a generator or `map` cannot be compiled",
            instead="make a list of it first: list(...)",
        )

    def turn(item: Value) -> None:
        lower.loops[-1].append(mark)
        lower.cells[mark, "<continued>"] = Const(False)
        lower.assume_live()
        body(item)
        lower.cells.pop((mark, "<continued>"), None)
        lower.loops[-1].pop()

    grown = [handle for handle in containers(value) if is_rows(lower, handle)]
    held = [lower.cells[handle] for handle in grown]
    lower.cells[mark, "<broken>"] = Const(False)
    if known is not None:
        turns = [lambda item=item: turn(item) for item in known]
        unrolled(lower, mark, watched(lower, value, turns))
    elif leaves or lower.handlers:
        leaving_loop(lower, mark, value, turn)
    elif grids.is_grid(value):
        grids.each(lower, value, turn)
    elif isinstance(value, RangeValue):
        lower.count(value.start, value.stop, value.step, turn)
    else:
        lower.count(
            Const(0), length(lower, value), Const(1), lambda i: turn(item_at(lower, value, i))
        )
    if not all(same(lower.cells[h], was) for h, was in zip(grown, held, strict=True)):
        raise lower.refuse(
            "a loop changes the length of the list that it goes over, which cannot be compiled",
            instead="loop over a copy: list(...)",
        )
    return mark


def is_scalar(value: Value) -> bool:
    return is_atom(value) and not value.type.is_array


def unrolled(lower: Lowerer, mark: LoopMark, turns: list[Callable]) -> None:
    lower.loops[-1].append(mark)
    lower.guarded(turns)
    lower.loops[-1].pop()


def leaving_loop(lower: Lowerer, mark: LoopMark, value: Value, turn: Callable) -> None:
    """A counted loop with `break` or `return` inside: a `While` that counts by itself."""
    size = length(lower, value)
    key = (mark, "position")
    lower.cells[key] = Const(0)

    def test() -> Atom:
        below = lower.emit(operator.lt, lower.cells[key], size)
        going = staying(lower, mark)
        return below if isinstance(going, Const) else lower.emit(operations.both, going, below)

    def body() -> None:
        position = lower.cells[key]
        turn(item_at(lower, value, position))
        lower.cells[key] = lower.emit(operator.add, position, Const(1))

    lower.repeat(test, body)
    del lower.cells[key]


def staying(lower: Lowerer, mark: LoopMark) -> Atom:
    """Whether a loop has been left neither by `break` nor by `return`."""
    lower.loops[-1].append(mark)
    live = lower.live()
    lower.loops[-1].pop()
    return live


def comprehend(
    lower: Lowerer, generators: list, add: Callable, assign: Callable, *, seen: bool
) -> None:
    """Run the generators of a comprehension, all unrolled.

    `seen` : whether a function is made inside, which sees its variables afterwards.
    """
    first, *others = generators
    frame = lower.frame
    inner = Frame(
        frame.name,
        frame.filename,
        frame.module_globals,
        frame.closure,
        frozenset(n.id for n in ast.walk(first.target) if isinstance(n, ast.Name)),
        frame,
        formula=frame.formula,
    )
    source = lower.expression(first.iter)
    known = items(lower, source)
    lower.frames.append(inner)

    def turn(item: Value) -> None:
        assign(lower, first.target, item)
        if all(known_truth(lower, test) for test in first.ifs):
            if others:
                comprehend(lower, others, add, assign, seen=seen)
            else:
                add()

    for run in watched(lower, source, [lambda item=item: turn(item) for item in known]):
        run()
    lower.frames.pop()
    if not seen:
        for name in inner.names:  # a loop around would carry them
            lower.cells.pop((inner, name), None)


def known_truth(lower: Lowerer, test: ast.expr) -> bool:
    found = lower.truth(lower.expression(test))
    if isinstance(found, Const):
        return bool(found.value)
    raise lower.refuse(
        "the filter of a comprehension must be known when the function is compiled",
        instead="use a for loop with `if`",
    )
