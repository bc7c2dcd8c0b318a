"""Numbers and arrays side by side in one array, which is what a recursive operation returns."""

import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from adjoint.compile import operations
from adjoint.compile.ir.nodes import (
    INT,
    Apply,
    Atom,
    Builder,
    Const,
    Store,
    Subscript,
    Type,
    Var,
)

PACKED = Type("float", 1)
AT = Subscript(("at",))
SLICE = Subscript(((True, True, False),))
FIRST = Const(0)
Dims = tuple[Atom, ...]


class Packing:
    """Writes into a block how numbers and arrays are put together, and taken apart again."""

    def __init__(self, builder: Builder):
        self.builder = builder

    def apply(self, function: Callable, *args: Atom, type_: Type = INT, **named: Any) -> Var:
        out = Var("n" if type_ == INT else "part", type_)
        keywords = tuple(named.items())
        self.builder.add(Apply(out, function, args, keywords, self.builder.place))
        return out

    def dims(self, atom: Atom) -> Dims:
        """The lengths of the axes of an array; none of a number."""
        return tuple(self.apply(operations.dim, atom, axis=k) for k in range(atom.type.ndim))

    def after(self, offset: Atom, dims: Dims) -> Atom:
        """The place after an array of these lengths, or after a number."""
        size: Atom = Const(1)
        for n in dims:
            size = n if isinstance(size, Const) else self.apply(operator.mul, size, n)
        if isinstance(offset, Const) and isinstance(size, Const):
            return Const(offset.value + size.value)
        is_first = isinstance(offset, Const) and offset.value == 0
        return size if is_first else self.apply(operator.add, offset, size)

    def packed(self, atoms: Sequence[Atom]) -> Var:
        """An array of all these numbers and items of arrays."""
        places: list[Atom] = [FIRST]
        for atom in atoms:
            places.append(self.after(places[-1], self.dims(atom)))
        found = self.apply(operations.zeros, places[-1], type_=PACKED)
        for atom, start, stop in zip(atoms, places, places[1:], strict=False):
            if not atom.type.is_array:
                self.store(found, AT, (start,), atom)
                continue
            size = self.apply(operator.sub, stop, start)
            flat = atom if atom.type.ndim == 1 else self.reshaped(atom, (size,))
            self.store(found, SLICE, (start, stop), flat)
        return found

    def store(self, array: Var, subscript: Subscript, index: tuple, value: Atom) -> None:
        self.builder.add(Store(array, subscript, index, value, False, self.builder.place))

    def reshaped(self, array: Atom, dims: Dims) -> Var:
        copied = self.apply(operations.copy, array, type_=array.type)
        return self.apply(operations.reshape, copied, *dims, type_=Type("float", len(dims)))

    def unpack(self, found: Atom, parts: Iterable[tuple[Var, Dims]], offset: Atom = FIRST) -> None:
        """Set variables, with the lengths of their axes, to what was put together from a place."""
        for out, dims in parts:
            stop = self.after(offset, dims)
            if not dims:
                keywords = (("subscript", AT),)
                self.define(out, operations.load, (found, offset), keywords)
            else:
                items = self.apply(
                    operations.load, found, offset, stop, type_=PACKED, subscript=SLICE
                )
                if len(dims) == 1:
                    self.define(out, operations.copy, (items,))
                else:
                    copied = self.apply(operations.copy, items, type_=PACKED)
                    self.define(out, operations.reshape, (copied, *dims))
            offset = stop

    def define(self, out: Var, function: Callable, args: tuple, keywords: tuple = ()) -> None:
        self.builder.add(Apply(out, function, args, keywords, self.builder.place))

    def halves(self, found: Atom) -> tuple[Var, Var]:
        """The two halves of an array."""
        size = self.apply(operations.dim, found, axis=0)
        middle = self.apply(operator.floordiv, size, Const(2))
        outs = Var("found", PACKED), Var("found_dot", PACKED)
        for out, start, stop in zip(outs, (Const(0), middle), (middle, size), strict=True):
            items = self.apply(operations.load, found, start, stop, type_=PACKED, subscript=SLICE)
            self.define(out, operations.copy, (items,))
        return outs
