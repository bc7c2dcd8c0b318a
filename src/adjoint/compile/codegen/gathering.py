"""Operations on whole arrays as loops over their items.

What follows one another and makes arrays of one shape becomes one loop: what is between is a number
then, no array. Machine code is written for such a loop directly, where Numba would compile a
function for each operation. Nothing changes in what is computed but the order of sums.
"""

import operator
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from adjoint.compile import operations
from adjoint.compile.codegen.item_loops import (
    Cluster,
    Loop,
    axis_of_sum,
    is_total,
    operands,
    written_length,
)
from adjoint.compile.codegen.itemwise import DTYPES, is_of_items
from adjoint.compile.codegen.shapes import Shape, Shapes
from adjoint.compile.codegen.sources import from_sources
from adjoint.compile.codegen.stretches import counted, is_of_numbers
from adjoint.compile.codegen.views import Views, view_of
from adjoint.compile.ir.copying import with_statements
from adjoint.compile.ir.nodes import (
    BOOL,
    Apply,
    Block,
    Builder,
    For,
    Function,
    If,
    Raise,
    Statement,
    Store,
    Var,
    While,
    blocks,
    reads,
)
from adjoint.compile.transform.sharing import Sharers


class OtherShapes(Exception):
    """Arguments have shapes for which machine code was not written."""


class Gathered(NamedTuple):
    """A function with loops for operations on arrays, and what reads or writes items in them."""

    function: Function
    there: frozenset[Statement]


def in_loops(function: Function, arguments: Sequence[Any] | None) -> Gathered:
    """An equal function that works on items of arrays where it worked on arrays.

    Where that needs equal shapes of parameters, it raises `OtherShapes` unless they are.

    Parameters
    ----------
    arguments : of a call at hand, whose equal shapes are taken for granted; None if nothing is.
    """
    shapes = Shapes(function, arguments)
    known = from_sources(function, shapes)
    gatherer = Gatherer(known, shapes)
    body = gatherer.block(known.body)
    first = Builder()
    for one, other in shapes.granted:
        differ = Var("differ", BOOL)
        lengths = (written_length(one, first), written_length(other, first))
        first.add(Apply(differ, operator.ne, lengths))
        refused = Block((Raise(OtherShapes, None),))
        first.add(If(differ, refused, Block(())))
    whole = Block((*first.statements, *body.statements), body.yields)
    return Gathered(replace(function, body=without_unread(whole)), frozenset(gatherer.there))


class Gatherer:
    """Rewrites the blocks of a function."""

    def __init__(self, function: Function, shapes: Shapes):
        self.shapes = shapes
        self.sharers = Sharers(function)
        self.count = counted(function.body)
        self.views = Views(function)
        self.there: set[Statement] = set()
        self.open: list[Cluster] = []
        self.out: list[Statement] = []

    def block(self, block: Block) -> Block:
        kept, self.open, self.out = (self.open, self.out), [], []
        for s in block.statements:
            shape = self.shape_of(s)
            if shape is not None and isinstance(s, Apply | Store):
                self.join(s, shape)
            else:
                self.other(s)
        self.close(self.open)
        made = Block(tuple(self.out), block.yields)
        self.open, self.out = kept
        return made

    # Which statements become loops.

    def shape_of(self, s: Statement) -> Shape | None:
        """The shape over which a statement would be a loop; None if it is to stay as it is."""
        match s:
            case Store():
                return self.shape_of_store(s)
            case Apply():
                found = self.shape_of_result(s)
                return None if found is None else self.shapes.all(found)
        return None

    def shape_of_store(self, s: Store) -> Shape | None:
        value = s.value
        if s.array.type.dtype not in DTYPES or not self.fits(value.type.dtype, s.array.type.dtype):
            return None
        view = self.views.target(s)
        if view is None or (s.adds and s.array.type.dtype == "bool"):
            return None
        place = self.shapes.part(s.array, s.subscript, s.index)
        if place is None or not place:
            return None
        place = self.shapes.all(place)
        if isinstance(value, Var) and value.type.is_array:
            if (
                self.sharers.root(value) is self.sharers.root(s.array)
                and self.views.view(value) != view
            ):
                return None  # what is stored may be read after it
            shape = self.shapes.broadcast((place, self.shapes.of[value]))
            return place if shape is not None and self.shapes.all(shape) == place else None
        return place

    @staticmethod
    def fits(dtype: str, wanted: str) -> bool:
        return dtype == wanted or (dtype == "int" and wanted == "float")

    def shape_of_result(self, s: Apply) -> Shape | None:
        arrays = [a for a in s.args if isinstance(a, Var) and a.type.is_array]
        if is_total(s) or axis_of_sum(s) is not None:
            shapes = [self.shapes.all(self.shapes.of[a]) for a in arrays]
            return shapes[0] if all(shape == shapes[0] for shape in shapes) else None
        if not s.out.type.is_array or s.out.type.dtype not in DTYPES:
            return None
        if any(a.type.dtype not in DTYPES for a in s.args):
            return None
        found = self.shapes.all(self.shapes.of[s.out])
        if s.function is np.outer:
            return (
                found
                if all(a.type.ndim == 1 and a.type == arrays[0].type for a in s.args)
                else None
            )
        if not is_of_items(s):
            return None
        shape = self.shapes.broadcast([found, *(self.shapes.of[a] for a in arrays)])
        return found if shape is not None and self.shapes.all(shape) == found else None

    def join(self, s: Apply | Store, shape: Shape) -> None:
        """Put a statement into the loop of its shape, after those that must be before it."""
        own = next((c for c in self.open if c.shape == shape), None)
        if own is not None and self.must_close(own, s, own=True):
            self.close([own])
            own = None
        self.close([c for c in self.open if c is not own and self.must_close(c, s, own=False)])
        if own is None:
            own = Cluster(shape)
            self.open.append(own)
        for array in operands(s):
            if array not in own.made:
                view = self.views.view(array)
                own.reads.setdefault(self.sharers.root(view.base), set()).add(view)
        own.statements.append(s)
        if isinstance(s, Store):
            own.stored.add(self.sharers.root(s.array))
        elif is_total(s) or axis_of_sum(s) is not None:
            own.sums.add(s.out)
        else:
            own.made.add(s.out)

    def must_close(self, cluster: Cluster, s: Apply | Store, own: bool) -> bool:
        """True if a loop must be over before a statement that becomes part of one."""
        for atom in reads(s):
            if not isinstance(atom, Var):
                continue
            if atom in cluster.sums or (atom in cluster.made and not own):
                return True
            if not atom.type.is_array:
                continue
            base = self.views.view(atom).base
            if base in cluster.sums or (base in cluster.made and base is not atom):
                return True
            if atom in operands(s) and self.sharers.root(atom) in cluster.stored:
                return True
        if isinstance(s, Store):
            root = self.sharers.root(s.array)
            if root in cluster.stored:
                return True
            found = cluster.reads.get(root, set())
            return bool(found) and not (own and found == {self.views.target(s)})
        return False

    def other(self, s: Statement) -> None:
        """A statement that stays as it is."""
        if blocks(s) or isinstance(s, Raise):
            self.close(self.open)
        else:
            self.close([c for c in self.open if self.is_met(c, s)])
        match s:
            case If():
                s = replace(s, then=self.block(s.then), orelse=self.block(s.orelse))
            case For():
                s = replace(s, body=self.block(s.body))
            case While():
                s = replace(s, test=self.block(s.test), body=self.block(s.body))
        self.out.append(s)

    def is_met(self, cluster: Cluster, s: Statement) -> bool:
        """True if a loop must be over before a statement that is in none."""
        found = [a for a in reads(s) if isinstance(a, Var)]
        if any(a in cluster.made or a in cluster.sums for a in found):
            return True
        if isinstance(s, Apply) and is_about_shape(s):
            return False
        if cluster.stored:
            return True  # also because `s` may raise
        if isinstance(s, Store):
            return self.sharers.root(s.array) in cluster.reads
        return False

    # Loops.

    def close(self, clusters: list[Cluster]) -> None:
        """Write the loops of some clusters."""
        for cluster in list(clusters):
            self.open.remove(cluster)
            loop = Loop(cluster, self.shapes, self.views, self.count)
            self.out += loop.statements()
            self.there |= loop.there


def is_about_shape(s: Apply) -> bool:
    """True for what reads no items of arrays and raises nothing."""
    if s.function in (operations.dim, np.transpose):
        return True
    if s.function is operations.load:
        return view_of(s) is not None
    return is_of_numbers(s) and s.function in SAFE


SAFE = frozenset(
    (operator.add, operator.sub, operator.mul, operator.neg, operations.plus, operations.larger)
)


def without_unread(block: Block) -> Block:
    """A block without the views and lengths that nobody reads any more."""
    while True:
        count = counted(block)

        def read(s: Statement, count: Counter[Var] = count) -> Statement | None:
            unread = isinstance(s, Apply) and not count[s.out] and is_about_shape(s)
            return None if unread else s

        smaller = with_statements(block, read)
        if smaller is block:
            return block
        block = smaller
