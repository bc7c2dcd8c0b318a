"""Loops over the items of arrays, in which statements about whole arrays are about one item."""

import operator
from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from adjoint.compile import operations
from adjoint.compile.codegen.itemwise import converted, item_type, written_item
from adjoint.compile.codegen.shapes import ONE, Axis, Fixed, Length, Less, Shape, Shapes
from adjoint.compile.codegen.views import View, Views
from adjoint.compile.ir.nodes import (
    FLOAT,
    INT,
    Apply,
    Atom,
    Block,
    Builder,
    Const,
    For,
    Statement,
    Store,
    Subscript,
    Type,
    Var,
)


@dataclass(eq=False)
class Cluster:
    """Statements about arrays of one shape, of which there will be one loop.

    Attributes
    ----------
    made : the arrays that they make.
    sums : the sums that they make, over all items or along an axis.
    reads : the views that they read of each memory, by what stands for that.
    stored : the memory that they store into.
    """

    shape: Shape
    statements: list[Apply | Store] = field(default_factory=list)
    made: set[Var] = field(default_factory=set)
    sums: set[Var] = field(default_factory=set)
    reads: dict[Var, set[View]] = field(default_factory=dict)
    stored: set[Var] = field(default_factory=set)


class Loop:
    """The loop of a cluster.

    Attributes
    ----------
    shapes, views, count : of the function, and how often it reads each variable.
    there : what reads or writes items, which are there.
    """

    def __init__(self, cluster: Cluster, shapes: Shapes, views: Views, count: Counter[Var]):
        self.cluster = cluster
        self.shapes = shapes
        self.views = views
        self.count = count
        self.there: set[Statement] = set()
        self.place = next((s.place for s in cluster.statements if s.place), None)
        self.rank = len(cluster.shape)
        self.index = tuple(Var("ijklmn"[axis % 6], INT) for axis in range(self.rank))
        self.inner = Builder(place=self.place)
        self.items: dict[Var, Atom] = {}
        self.loaded: dict[tuple, Var] = {}
        self.shifted: dict[tuple[int, int], Var] = {}
        self.totals: dict[Var, tuple[Var, Atom]] = {}
        self.rows: dict[Var, tuple[Var, Atom]] = {}  # sums along the last axis

    def statements(self) -> list[Statement]:
        before = Builder(place=self.place)
        lengths = [written_length(length, before) for length in self.cluster.shape]
        kept = self.kept()
        for out in kept:
            keywords = (("dtype", out.type.dtype),)
            before.add(Apply(out, operations.empty, tuple(lengths), keywords, self.place))
        for s in self.cluster.statements:
            if isinstance(s, Apply) and (axis := axis_of_sum(s)) is not None:
                self.along(s, axis, lengths, before)
            else:
                self.statement(s, isinstance(s, Apply) and s.out in kept)
        return [*before.statements, *self.nest(lengths)]

    def kept(self) -> list[Var]:
        """The arrays that others read."""
        inside = Counter(a for s in self.cluster.statements for a in operands(s))
        made = [s.out for s in self.cluster.statements if isinstance(s, Apply)]
        return [v for v in made if v in self.cluster.made and self.count[v] > inside[v]]

    def statement(self, s: Apply | Store, is_kept: bool) -> None:
        self.inner.place = s.place or self.inner.place
        if isinstance(s, Store):
            self.store(s)
            return
        if s.function is np.outer:
            items = [self.item(a, axis) for axis, a in enumerate(s.args)]
            found: Atom = Var(s.out.name, item_type(s.out.type))
            self.inner.add(Apply(found, operator.mul, tuple(items), (), s.place))
        elif is_total(s):
            self.total(s)
            return
        else:
            found = written_item(s, [self.item(a) for a in s.args], self.inner)
        self.items[s.out] = found
        if is_kept:
            whole = Subscript(("at",) * self.rank)
            self.add(Store(s.out, whole, self.index, found, False, s.place))

    def add(self, s: Statement) -> None:
        """A statement that reads or writes an item, which is there."""
        self.inner.add(s)
        self.there.add(s)

    def item(self, atom: Atom, shift: int | None = None) -> Atom:
        """The item of an operand in this turn.

        `shift` : the axis of the loop that the only axis of the operand is, if not the last.
        """
        if not isinstance(atom, Var) or not atom.type.is_array:
            return atom
        if atom in self.items:
            return self.items[atom]
        view = self.views.view(atom)
        first = self.rank - atom.type.ndim if shift is None else shift
        index = self.place_in(view, self.shapes.of[atom], first)
        key = (view.base, index)
        if key not in self.loaded:
            type_ = view.base.type
            found = Var("item", item_type(type_))
            keywords = (("subscript", Subscript(("at",) * type_.ndim)),)
            self.add(Apply(found, operations.load, (view.base, *index), keywords, self.inner.place))
            self.loaded[key] = found
        return self.loaded[key]

    def place_in(self, view: View, shape: Shape | None, first: int) -> tuple[Atom, ...]:
        """The place of an item in the array of which the operand is a part.

        `first` : the axis of the loop that is the first axis of the operand.
        """
        index: list[Atom] = [Const(0)] * view.base.type.ndim
        for axis, found in enumerate(view.axes):
            if found is None:
                continue
            base_axis, offset = found
            is_one = shape is not None and self.shapes.found(shape[axis]) == ONE
            if is_one and self.cluster.shape[first + axis] != ONE:
                index[base_axis] = Const(offset)
            else:
                index[base_axis] = self.shift(first + axis, offset)
        return tuple(index)

    def shift(self, axis: int, offset: int) -> Var:
        """The number of the turn, and so many more."""
        if offset == 0:
            return self.index[axis]
        if (axis, offset) not in self.shifted:
            found = self.shifted[axis, offset] = Var("at", INT)
            given = (self.index[axis], Const(offset))
            self.inner.add(Apply(found, operator.add, given, (), self.inner.place))
        return self.shifted[axis, offset]

    def store(self, s: Store) -> None:
        value = converted(self.item(s.value), item_type(s.array.type), self.inner)
        view = self.views.target(s)
        assert view is not None
        index = self.place_in(view, None, 0)
        whole = Subscript(("at",) * view.base.type.ndim)
        self.add(Store(view.base, whole, index, value, s.adds, s.place))

    def total(self, s: Apply) -> None:
        """A sum over all items, which the turns carry."""
        items = [self.item(a) for a in s.args]
        item = items[0]
        if len(items) == 2:
            item = Var("product", FLOAT)
            self.inner.add(Apply(item, operator.mul, tuple(items), (), s.place))
        self.totals[s.out] = self.added_up(s, item)

    def added_up(self, s: Apply, item: Atom) -> tuple[Var, Var]:
        """A number that the turns carry, before and after an item was added to it."""
        before, after = Var(s.out.name, FLOAT), Var(s.out.name, FLOAT)
        self.inner.add(Apply(after, operations.plus, (before, item), (), s.place))
        return before, after

    def along(self, s: Apply, axis: int, lengths: list[Atom], before: Builder) -> None:
        """Sums along an axis: each in its place, or in the last axis in a number first."""
        left = tuple(length for at, length in enumerate(lengths) if at != axis)
        is_last = axis == self.rank - 1
        maker = operations.empty if is_last else operations.zeros
        before.add(Apply(s.out, maker, left, (("dtype", "float"),), s.place))
        item = self.item(s.args[0])
        if is_last:
            self.rows[s.out] = self.added_up(s, item)
        else:
            self.add(self.stored(s.out, axis, item, adds=True))

    def stored(self, out: Var, axis: int, item: Atom, *, adds: bool) -> Store:
        """The store of a sum along an axis."""
        index = tuple(at for number, at in enumerate(self.index) if number != axis)
        return Store(out, Subscript(("at",) * len(index)), index, item, adds, self.place)

    def nest(self, lengths: list[Atom]) -> list[Statement]:
        """The loops over all axes, the last one innermost."""
        carried = [*self.totals.values(), *self.rows.values()]
        params = tuple(before for before, _ in carried)
        block = self.inner.block(tuple(after for _, after in carried))
        for axis in reversed(range(self.rank)):
            before = tuple(Var(v.name, FLOAT) for v in self.totals)
            outs = tuple(self.totals) if axis == 0 else tuple(Var(v.name, FLOAT) for v in before)
            rows = tuple(Var(v.name, FLOAT) for v in params[len(outs) :])
            inits: tuple[Atom, ...] = (Const(0.0),) * len(outs) if axis == 0 else before
            inits += (Const(0.0),) * len(rows)
            bounds = (Const(0), lengths[axis], Const(1))
            held = (*outs, *rows)
            loop = For(self.index[axis], *bounds, params, inits, block, held, self.place)
            stores = [
                self.stored(out, axis, row, adds=False)
                for out, row in zip(self.rows, rows, strict=False)
            ]
            self.there.update(stores)
            params, block = before, Block((loop, *stores), outs)
        return list(block.statements)


def operands(s: Apply | Store) -> list[Var]:
    """The arrays of which a statement reads items, as often as it does."""
    atoms = (s.value,) if isinstance(s, Store) else s.args
    return [a for a in atoms if isinstance(a, Var) and a.type.is_array]


def is_total(s: Apply) -> bool:
    """True for a sum over all items, of floats."""
    if s.out.type != FLOAT or s.keywords:
        return False
    if s.function is np.sum:
        return len(s.args) == 1 and s.args[0].type.is_array and s.args[0].type.dtype == "float"
    return s.function is np.dot and len(s.args) == 2 and all(a.type == VECTOR for a in s.args)


VECTOR = Type("float", 1)


def axis_of_sum(s: Apply) -> int | None:
    """The axis along which floats are added up; None for what makes no array of such sums."""
    keywords = dict(s.keywords)
    known = s.function is np.sum and set(keywords) == {"axis"} and s.out.type.is_array
    if not known or not isinstance(keywords["axis"], int) or s.out.type.dtype != "float":
        return None
    (array,) = s.args
    return keywords["axis"] % array.type.ndim if array.type.dtype == "float" else None


def written_length(length: Length, builder: Builder) -> Atom:
    """The statements that find out a length."""
    match length:
        case Fixed():
            return Const(length.length)
        case Axis(var, None):
            return var
        case Axis(var, axis):
            found = Var("n", INT)
            builder.add(Apply(found, operations.dim, (var,), (("axis", axis),), builder.place))
            return found
        case Less():
            whole = written_length(length.whole, builder)
            rest, found = Var("rest", INT), Var("n", INT)
            left_out = Const(length.left_out)
            builder.add(Apply(rest, operator.sub, (whole, left_out), (), builder.place))
            builder.add(Apply(found, operations.larger, (rest, Const(0)), (), builder.place))
            return found
    raise AssertionError(length)
